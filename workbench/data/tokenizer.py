"""Sentences to tokens: WordPiece (BERT) and byte-pair (GPT-2, RoBERTa) with a word map."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int
from tokenizers import Tokenizer as Backend
from torch import Tensor

from workbench.data.example import Span
from workbench.pairs import Offsets, TextTokens

_SPECIAL = {
    "first": ("[CLS]", "<s>"),
    "last": ("[SEP]", "</s>"),
    "mask": ("[MASK]", "<mask>"),
    "padding": ("[PAD]", "<pad>"),
    "unknown": ("[UNK]", "<unk>"),
}
_FORMAT = "vl-workbench tokenizer 1"
_CHUNK = 20_000  # sentences encoded at a time: bounds the memory of the backend's records


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """A vocabulary and its rules; ``kept`` lists the backend's ids still in use (None = all).

    Row 0 of every sentence is [CLS] or <s>, the last row is [SEP] or </s>.  Ids are those of the
    backend unless the vocabulary was restricted; ``original_ids`` leads back.
    """

    name: str
    backend: Backend
    kept: Int[np.ndarray, "V"] | None = None

    def __post_init__(self) -> None:
        self.backend.no_truncation()
        self.backend.no_padding()
        for which in _SPECIAL:
            self._backend_id(which)

    @property
    def vocabulary_size(self) -> int:
        """How many ids there are."""
        return len(self.original_ids)

    @cached_property
    def original_ids(self) -> Int[np.ndarray, "V"]:
        """For each id its id in the unrestricted vocabulary: slice pretrained embeddings by it."""
        if self.kept is not None:
            return self.kept
        return np.arange(self.backend.get_vocab_size(with_added_tokens=True))

    @cached_property
    def mask_id(self) -> int:
        """[MASK] or <mask>."""
        return self._special_id("mask")

    @cached_property
    def padding_id(self) -> int:
        """[PAD] or <pad>; batches are packed, so only foreign layouts need it."""
        return self._special_id("padding")

    @cached_property
    def special_ids(self) -> tuple[int, ...]:
        """Every id that stands for no text, ascending."""
        return tuple(sorted(int(i) for i in self._renumbered(self._backend_specials)))

    @cached_property
    def random_range(self) -> tuple[int, int]:
        """Ids ``low <= id < high`` from which a random token is drawn (U6).

        UNITER draws from ``[id('!'), vocabulary)`` so that no special or unused id comes up; other
        vocabularies get their longest run of ids without a special one.
        """
        edges = np.array([-1, *self.special_ids, self.vocabulary_size])
        longest = int(np.argmax(np.diff(edges)))
        low, high = int(edges[longest]) + 1, int(edges[longest + 1])
        unused = self.backend.token_to_id("!") if self.is_wordpiece else None
        if unused is not None:
            after = np.flatnonzero(self.original_ids[low:high] >= unused)
            low += int(after[0]) if len(after) else 0
        return low, high

    @property
    def is_wordpiece(self) -> bool:
        """Whether words are cut by WordPiece (otherwise by byte pairs)."""
        return type(self.backend.model).__name__ == "WordPiece"

    def encode(
        self,
        sentences: Sequence[str],
        max_tokens: int | None = None,
        *,
        truncate: bool = False,
        names: Sequence[str] | None = None,
    ) -> TextTokens:
        """Sentences as packed rows; positions from 0, segments 0, ``words`` −1 on special tokens.

        ``max_tokens`` counts the two special tokens.  Raises ``ValueError`` for an empty sentence
        and, unless ``truncate``, for one that is longer; ``names`` are used to say which.
        """
        return text_tokens(
            *self.encode_arrays(sentences, max_tokens, truncate=truncate, names=names)
        )

    def encode_arrays(
        self,
        sentences: Sequence[str],
        max_tokens: int | None = None,
        *,
        truncate: bool = False,
        names: Sequence[str] | None = None,
    ) -> tuple[Int[np.ndarray, "T"], Int[np.ndarray, "T"], Int[np.ndarray, "P"]]:
        """Like ``encode``, as compact arrays: ids, words, and the rows of each sentence."""
        if max_tokens is not None and max_tokens < 3:
            raise ValueError(f"max_tokens must be 3 or more (two are special), got {max_tokens}")
        if isinstance(sentences, str):
            raise ValueError("encode takes a list of sentences; put this one in a list")
        for i, sentence in enumerate(sentences):
            if not sentence.strip():
                raise ValueError(
                    f"{_called(i, names)} has an empty sentence; give it words or leave it out"
                )
        room = None if max_tokens is None else max_tokens - 2
        first, last = self._backend_id("first"), self._backend_id("last")
        ids, words, lengths = [], [], []
        for begin in range(0, len(sentences), _CHUNK):
            chunk = list(sentences[begin : begin + _CHUNK])
            for i, found in enumerate(self.backend.encode_batch(chunk, add_special_tokens=False)):
                pieces, owners = found.ids, found.word_ids
                if not pieces:
                    raise ValueError(
                        f"{_called(begin + i, names)}: nothing is left of {chunk[i]!r} after "
                        "cleaning; give it words or leave it out"
                    )
                if room is not None and len(pieces) > room:
                    if not truncate:
                        raise ValueError(
                            f"{_called(begin + i, names)} has {len(pieces) + 2} tokens but at most "
                            f"{max_tokens} are allowed: {chunk[i][:80]!r}; shorten it, raise "
                            "max_tokens or pass truncate=True"
                        )
                    pieces, owners = pieces[:room], owners[:room]
                ids += (first, *pieces, last)
                words += (-1, *(-1 if w is None else w for w in owners), -1)
                lengths.append(len(pieces) + 2)
        raw = np.array(ids, np.int64)
        owner = np.array(words, np.int16)
        # A special token typed into a sentence is still special; [UNK] stands for a real word.
        typed = np.setdiff1d(self._backend_specials, [self._backend_id("unknown")])
        owner[np.isin(raw, typed)] = -1
        return self._renumbered(raw).astype(np.int32), owner, np.array(lengths, np.int64)

    def pieces(self, ids: Iterable[int] | Int[Tensor, "n"]) -> list[str]:
        """The sub-words as the vocabulary spells them ("##ing", "Ġworld")."""
        return [self.backend.id_to_token(i) or "" for i in self._originals(ids)]

    def decode(self, ids: Iterable[int] | Int[Tensor, "n"]) -> str:
        """Readable text; special tokens are left out."""
        special = set(self._backend_specials.tolist())
        return self.backend.decode([i for i in self._originals(ids) if i not in special])

    def rows_of(
        self, sentence: str, start: int, end: int, max_tokens: int | None = None
    ) -> list[int]:
        """Token rows, counted from [CLS] = 0, that hold any of the characters ``start:end``.

        Rows cut off by ``max_tokens`` are left out.
        """
        return self.spans_to_rows(sentence, [Span(start, end, "name")], max_tokens)[0]

    def spans_to_rows(
        self, sentence: str, spans: Sequence[Span], max_tokens: int | None = None
    ) -> list[list[int]]:
        """For each span its token rows, as ``rows_of``; raises ``ValueError`` outside the text."""
        offsets = self.backend.encode(sentence, add_special_tokens=False).offsets
        if max_tokens is not None:
            offsets = offsets[: max_tokens - 2]
        found = []
        for span in spans:
            if not 0 <= span.start < span.end <= len(sentence):
                raise ValueError(
                    f"span {span.start}:{span.end} does not lie in the sentence of "
                    f"{len(sentence)} characters {sentence[:80]!r}"
                )
            found.append(
                [
                    row
                    for row, (a, b) in enumerate(offsets, start=1)
                    # Byte pairs count the blank before a word as theirs: a blank alone is no hit.
                    if sentence[max(a, span.start) : min(b, span.end)].strip()
                ]
            )
        return found

    def restricted_to(self, sentences: Iterable[str]) -> Tokenizer:
        """The special tokens and the pieces of these sentences, renumbered: a small embedding.

        Words are still cut by the whole vocabulary; pieces that are no longer there become [UNK].
        Special tokens come first, padding at 0.
        """
        seen = np.unique(self.encode_arrays(list(sentences))[0])
        pieces = np.setdiff1d(self.original_ids[seen], self._backend_specials)
        padding = self._backend_id("padding")
        specials = [padding, *(i for i in self._backend_specials.tolist() if i != padding)]
        kept = np.concatenate([np.array(specials, np.int64), pieces.astype(np.int64)])
        return dataclasses.replace(self, kept=kept)

    def to_json(self) -> str:
        """Everything needed to rebuild this tokenizer without its package or the hub."""
        return json.dumps(
            {
                "format": _FORMAT,
                "name": self.name,
                "kept": None if self.kept is None else self.kept.tolist(),
                "backend": json.loads(self.backend.to_str()),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """The tokenizer written by ``to_json``; raises ``ValueError`` for anything else."""
        record = json.loads(text) if text.startswith("{") else {}
        if record.get("format") != _FORMAT:
            raise ValueError(
                f"not a saved tokenizer: expected format {_FORMAT!r}; "
                "read a tokenizer.json of others with wordpiece(folder) or byte_pair(folder)"
            )
        kept = None if record["kept"] is None else np.array(record["kept"], np.int64)
        return cls(record["name"], Backend.from_str(json.dumps(record["backend"])), kept)

    def fingerprint(self) -> str:
        """A hash of vocabulary and rules; two tokenizers with the same one give the same ids."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def _backend_id(self, which):
        for spelling in _SPECIAL[which]:
            found = self.backend.token_to_id(spelling)
            if found is not None:
                return found
        raise ValueError(
            f"the tokenizer {self.name!r} has no special token {' or '.join(_SPECIAL[which])}; "
            "a BERT- or RoBERTa-style tokenizer is needed"
        )

    def _special_id(self, which):
        return int(self._renumbered(np.array([self._backend_id(which)]))[0])

    @cached_property
    def _backend_specials(self):
        added = self.backend.get_added_tokens_decoder()
        ids = {i for i, token in added.items() if token.special}
        return np.array(sorted(ids | {self._backend_id(which) for which in _SPECIAL}), np.int64)

    def _renumbered(self, ids):
        return ids if self._lookup is None else self._lookup[ids]

    @cached_property
    def _lookup(self):
        if self.kept is None:
            return None
        unknown = int(np.flatnonzero(self.kept == self._backend_id("unknown"))[0])
        table = np.full(self.backend.get_vocab_size(with_added_tokens=True), unknown)
        table[self.kept] = np.arange(len(self.kept))
        return table

    def _originals(self, ids):
        ids = ids.tolist() if isinstance(ids, torch.Tensor | np.ndarray) else list(ids)
        return self.original_ids[np.array(ids, np.int64)].tolist()


def text_tokens(
    ids: Int[np.ndarray, "T"], words: Int[np.ndarray, "T"], lengths: Int[np.ndarray, "P"]
) -> TextTokens:
    """Packed rows from the compact arrays of ``encode_arrays``."""
    offsets = Offsets.from_lengths(torch.from_numpy(lengths))
    rows = torch.from_numpy(ids.astype(np.int64))
    return TextTokens(
        rows,
        torch.zeros_like(rows),
        offsets.within,
        torch.from_numpy(words.astype(np.int64)),
        offsets,
    )


def _called(index, names):
    return f"sentence {index}" if names is None else f"example {names[index]!r}"
