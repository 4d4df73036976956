"""What the retrieval browser is asked: a question, its candidates, and what it says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from widgets.core.curves import format_number
from widgets.core.retrieval import (
    DIRECTIONS,
    candidate_order,
    holds_words,
    passes,
    retrieval_sentence,
)
from widgets.retrieval.record import RetrievalRun

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Candidate:
    """An answer: which picture or sentence, its rank and score, whether it is a right one."""

    index: int
    rank: int
    score: float
    own: bool


@dataclass(frozen=True)
class Probe:
    """A rewritten caption beside its own picture; spans are (start, end) of the changed words.

    ``text`` numbers the sentence that was rewritten.
    """

    text: int
    kind: str
    sentence: str
    before: tuple[int, int]
    after: tuple[int, int]
    original: float
    rewritten: float

    @property
    def wins(self) -> bool:
        """Whether the original scores more."""
        return self.original > self.rewritten


@dataclass(frozen=True, eq=False)
class RetrievalChoice:
    """A question to a run, and to another one of the same pairs where one is given.

    ``query`` numbers the sentences for "text_to_image", the pictures for "image_to_text";
    ``opened`` is a pair (sentence, picture), or nothing.
    """

    run: RetrievalRun
    other: RetrievalRun | None = None
    direction: str = DIRECTIONS[0]
    query: int = 0
    filter: str = "all"
    search: str = ""
    opened: tuple[int, ...] = ()

    @property
    def from_text(self) -> bool:
        """Whether a sentence asks for pictures."""
        return self.direction == DIRECTIONS[0]

    @property
    def runs(self) -> tuple[RetrievalRun, ...]:
        """The run, and the other one where there is one."""
        return (self.run,) if self.other is None else (self.run, self.other)

    @property
    def own(self) -> tuple[int, ...]:
        """The right answers of the question."""
        if self.from_text:
            return (int(self.run.owner[self.query]),)
        return self.run.texts_of[self.query]

    @cached_property
    def shown(self) -> list[int]:
        """The questions that the filter and the search let through."""
        ranks = self.run.ranks(self.direction).tolist()
        other = self.other.ranks(self.direction).tolist() if self.other else [0] * len(ranks)
        return [
            number
            for number, rank in enumerate(ranks)
            if passes(self.filter, rank, other[number])
            and holds_words(self.query_text(number), self.search)
        ]

    def query_text(self, number: int) -> str:
        """What a question is searched by: the sentence, or the picture's name and sentences."""
        run = self.run
        if self.from_text:
            return run.texts[number]
        about = [run.texts[sentence] for sentence in run.texts_of[number]]
        return " ".join([run.pictures[number], *about, *run.labels_of[number]])

    def candidates(self, run: RetrievalRun, count: int) -> list[Candidate]:
        """The first answers of a run; the best right one is the last at least."""
        row = run.scores[self.query] if self.from_text else run.scores[:, self.query]
        order = candidate_order(row.tolist(), self.own)
        places = list(range(min(count, len(order))))
        rank = int(run.ranks(self.direction)[self.query])
        if rank > count:
            places[-1] = rank - 1
        return [
            Candidate(order[p], p + 1, float(row[order[p]]), order[p] in self.own) for p in places
        ]

    def first(self, run: RetrievalRun) -> Candidate:
        """The first answer of a run, right or wrong."""
        return self.candidates(run, 2)[0]

    def pair(self, candidate: int) -> tuple[int, int]:
        """The sentence and the picture of the question and a candidate."""
        return (self.query, candidate) if self.from_text else (candidate, self.query)

    def lacking(self, candidate: int) -> list[str]:
        """Words of the sentence of this pair that the picture lacks."""
        sentence, picture = self.pair(candidate)
        words = self.run.texts[sentence]
        return [words[start:end] for start, end in self.run.lacks(sentence, picture)]

    def name(self, candidate: int) -> str:
        """A candidate in words."""
        run = self.run
        return run.pictures[candidate] if self.from_text else run.texts[candidate]

    def probes(self, run: RetrievalRun) -> list[Probe]:
        """The rewritten captions of the sentences that the question is about."""
        asked = (self.query,) if self.from_text else self.own
        found = []
        for number, owner in enumerate(run.probe_owner.tolist()):
            if owner in asked:
                spans = run.probe_spans[number].tolist()
                original = float(run.scores[owner, run.owner[owner]])
                found.append(
                    Probe(
                        owner,
                        run.probe_kinds[number],
                        run.probes[number],
                        (spans[0], spans[1]),
                        (spans[2], spans[3]),
                        original,
                        float(run.probe_scores[number]),
                    )
                )
        return found

    def said_by(self, run: RetrievalRun) -> str:
        """Where a run finds the answer, in one sentence."""
        first = self.first(run)
        asks = self.run.texts if self.from_text else self.run.pictures
        count = len(run.pictures if self.from_text else run.texts)
        rank = int(run.ranks(self.direction)[self.query])
        lacking = self.lacking(first.index)
        return retrieval_sentence(
            self.from_text, asks[self.query], rank, count, self.name(first.index), lacking
        )

    def sentence(self) -> str:
        """Where the question finds its own, by the other model too, and the pair that is open."""
        said = [self.said_by(self.run)]
        if self.other is not None:
            rank = int(self.other.ranks(self.direction)[self.query])
            said.append(f"{self.other.model} has it at rank {rank}." if rank else "")
        if self.opened:
            sentence, picture = self.opened
            score = format_number(float(self.run.scores[sentence, picture]))
            words, name = self.run.texts[sentence].removesuffix("."), self.run.pictures[picture]
            said.append(f"Open: “{words}” with {name}, {score}.")
        return " ".join(one for one in said if one)

    def table(self) -> pandas.DataFrame:
        """The questions shown: query, name, and of each model rank, first answer, score, lacks.

        What the first answer lacks is empty where it is the right one, or nothing is known of it.
        """
        import pandas

        rows = []
        for number in self.shown:
            asked = RetrievalChoice(self.run, self.other, self.direction, number)
            row: dict = {"query": number, "name": asked._asks(number)}
            for run in self.runs:
                first = asked.first(run)
                suffix = "" if run is self.run else f" ({run.model})"
                row[f"rank{suffix}"] = int(run.ranks(self.direction)[number])
                row[f"first{suffix}"] = asked.name(first.index)
                row[f"score of first{suffix}"] = first.score
                row[f"lacks{suffix}"] = ", ".join(asked.lacking(first.index))
            rows.append(row)
        return pandas.DataFrame(rows)

    def _asks(self, number: int) -> str:
        return (self.run.texts if self.from_text else self.run.pictures)[number]
