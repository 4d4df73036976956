"""Which hidden place of a guess record is looked at, when, and the exact numbers of that look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from widgets.core.guesses import guess_sentence, rank_text, riddle, total_surprise, word_groups
from widgets.core.text import readable_pieces, region_name
from widgets.guesses.record import CLASS, GuessRecord

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class GuessChoice:
    """A place (its number among those hidden) and a moment (the number of a step of the record)."""

    record: GuessRecord
    place: int = 0
    moment: int = -1
    kept_back: bool = False

    @property
    def is_word(self) -> bool:
        """Whether a word (else a region) is asked about."""
        return self.record.is_word(self.place)

    @cached_property
    def groups(self) -> list[list[int]]:
        """All places by the word that they are pieces of."""
        return place_groups(self.record)

    @property
    def group(self) -> list[int]:
        """The places of the word that this one is a piece of."""
        return next(group for group in self.groups if self.place in group)

    @property
    def together(self) -> list[int]:
        """The places that were hidden together with this one, itself among them."""
        turns = self.record.turns
        return [place for place in range(len(turns)) if turns[place] == turns[self.place]]

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the two conditions are called here."""
        return self.record.conditions if self.is_word else self.record.region_conditions

    def bits(self, group: list[int]) -> tuple[float, float]:
        """How surprising a word or region is under both conditions, in bits."""
        chances = self.record.truth_chance[self.moment][:, group]
        return total_surprise(chances[0].tolist()), total_surprise(chances[1].tolist())

    def helped(self, group: list[int]) -> float:
        """By how many bits the other modality lessens the surprise."""
        seeing, blind = self.bits(group)
        return blind - seeing

    def name(self, place: int) -> str:
        """What is hidden at a place: the piece, or the region with its label."""
        record = self.record
        row = int(record.places[place])
        if record.is_word(place):
            return readable_pieces(record.words)[row][0]
        region = row - len(record.words)
        return region_name(region, record.labels[region])

    def group_name(self, group: list[int]) -> str:
        """The whole word, or the region."""
        return "".join(self.name(place) for place in group)

    def sentence(self) -> str:
        """What is guessed, how surely, and how much the other modality helps."""
        if self.kept_back:
            return riddle(self.is_word)
        record, name = self.record, self.name(self.place)
        best, chance = record.top[self.moment, :, self.place, 0], record.chance[self.moment]
        return guess_sentence(
            f"“{name}”" if self.is_word else name.replace("region", "Region", 1),
            self.is_word,
            [guess_text(guess) for guess in best.tolist()],
            chance[:, self.place, 0].tolist(),
            self.helped(self.group),
        )

    def rank_text(self, side: int) -> str:
        """Where the truth stands under one condition (0: the other modality is seen)."""
        record, at = self.record, (self.moment, side, self.place)
        detected = record.truth[self.place] if record.kinds[self.place] == CLASS else ""
        return rank_text(detected, int(record.truth_rank[at]), float(record.truth_chance[at]))

    def subtitle(self) -> str:
        """When, and of what."""
        record = self.record
        step = f"Step {record.steps[self.moment]:,}" if len(record.steps) > 1 else ""
        return " · ".join(filter(None, [step, record.title]))

    def table(self) -> pandas.DataFrame:
        """Every guess at this step, one row each; the ``truth_`` columns tell of what was there.

        row, kind, truth, condition, rank, guess, chance, truth_rank, truth_chance.
        """
        import pandas

        record, rows = self.record, []
        for place, truth in enumerate(record.truth):
            names = record.conditions if record.is_word(place) else record.region_conditions
            for side, condition in enumerate(names):
                at = (self.moment, side, place)
                asked = (int(record.places[place]), record.kinds[place], truth, condition)
                its = (int(record.truth_rank[at]), float(record.truth_chance[at]))
                guesses = zip(record.top[at].tolist(), record.chance[at].tolist(), strict=True)
                for rank, (guess, chance) in enumerate(guesses, 1):
                    if guess:
                        rows.append((*asked, rank, guess, chance, *its))
        names = ["row", "kind", "truth", "condition", "rank", "guess", "chance"]
        return pandas.DataFrame(rows, columns=[*names, "truth_rank", "truth_chance"])

    def helps(self) -> pandas.DataFrame:
        """How surprising each word and region is, in bits, and how much the other modality helps.

        hidden, rows, kind, surprise with and without the other modality, helps.
        """
        import pandas

        rows = []
        for group in self.groups:
            seeing, blind = self.bits(group)
            places = [int(self.record.places[place]) for place in group]
            kind = "word" if self.record.is_word(group[0]) else "region"
            rows.append((self.group_name(group), places, kind, seeing, blind, blind - seeing))
        names = ["hidden", "rows", "kind", "surprise_with", "surprise_without", "helps"]
        return pandas.DataFrame(rows, columns=names)


def guess_text(guess: str) -> str:
    """A guess as people read it, without the mark of a piece."""
    return readable_pieces([guess])[0][0] if guess else guess


def place_groups(record: GuessRecord) -> list[list[int]]:
    """All places of a record by the word that they are pieces of; each region by itself."""
    pieces, length = readable_pieces(record.words), len(record.words)
    joined = [bool(row < length and pieces[row][1]) for row in record.places]
    return word_groups(record.places.tolist(), joined, record.turns.tolist())


def first_place(record: GuessRecord) -> int:
    """A place worth opening with: the word that the picture helps most, in the end."""
    choice = GuessChoice(record)
    groups = [group for group in choice.groups if record.is_word(group[0])] or choice.groups
    return max(groups, key=choice.helped)[0]
