"""The vocabulary: what a picture, a sentence and a batch of both are.

One legend of shape letters serves every signature of the workbench:

    P   pairs (one picture beside one sentence)      F   size of a region's feature vector
    T   packed text rows                             C   classes of the region detector
    R   packed region rows                           m   chosen rows (masked, scored, ...)
    S   joint rows, S = R + T                        H   attention heads
    D   text width (and the joint width)             E   width of one head
    Dv  region width (equal to D in one stream)      K   width of a summary

Rows of all pairs lie end to end without padding; an ``Offsets`` says where each pair's run
begins.  A run of length 0 is legal and means that the modality is absent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.moving import moved


@dataclass(frozen=True)
class Offsets:
    """Where runs laid end to end begin: pair ``i`` owns rows ``starts[i]:starts[i + 1]``."""

    starts: Int[Tensor, "_"]
    longest: int

    @classmethod
    def from_lengths(cls, lengths: Sequence[int] | Int[Tensor, "P"]) -> Offsets:
        """Offsets of runs with these lengths, in rows; raises ``ValueError`` below zero."""
        counts = torch.as_tensor(lengths, dtype=torch.int64)
        if counts.numel() and int(counts.min()) < 0:
            raise ValueError(f"run lengths must be zero or more, got {int(counts.min())}")
        starts = torch.zeros(len(counts) + 1, dtype=torch.int64, device=counts.device)
        torch.cumsum(counts, 0, out=starts[1:])
        return cls(starts, int(counts.max()) if counts.numel() else 0)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def rows(self) -> int:
        """How many rows there are in all runs together."""
        return int(self.starts[-1])

    @cached_property
    def lengths(self) -> Int[Tensor, "P"]:
        """Rows of each run."""
        return self.starts[1:] - self.starts[:-1]

    @cached_property
    def owner(self) -> Int[Tensor, "rows"]:
        """For each row the pair it belongs to."""
        pairs = torch.arange(len(self), device=self.starts.device)
        return torch.repeat_interleave(pairs, self.lengths, output_size=self.rows)

    @cached_property
    def within(self) -> Int[Tensor, "rows"]:
        """For each row its place inside its own run, from 0."""
        return torch.arange(self.rows, device=self.starts.device) - self.starts[self.owner]

    def select(self, order: Int[Tensor, "n"]) -> tuple[Int[Tensor, "chosen"], Offsets]:
        """The rows of the runs named by ``order``, end to end, and the offsets they then have."""
        taken = Offsets.from_lengths(self.lengths[order])
        return self.starts[order][taken.owner] + taken.within, taken

    def to(self, device: torch.device | str) -> Offsets:
        """The same offsets on another device."""
        return moved(self, device)


@dataclass(frozen=True)
class Regions:
    """Pictures as bags of regions.

    ``boxes`` are x1, y1, x2, y2 as fractions of the picture (0 to 1); ``classes`` are the
    detector's probabilities, column 0 = background; ``sizes`` are width and height in pixels;
    ``hidden`` marks rows that an objective has masked (None where none is); ``segments`` are the
    rows' segment numbers where a task needs its own (None: the model's number for pictures);
    ``whole`` is the feature of the whole picture where it is not the mean of the regions'.
    """

    features: Float[Tensor, "R F"]
    boxes: Float[Tensor, "R 4"]
    confidence: Float[Tensor, "R"]
    classes: Float[Tensor, "R C"]
    sizes: Float[Tensor, "P 2"]
    offsets: Offsets
    hidden: Bool[Tensor, "R"] | None = None
    segments: Int[Tensor, "R"] | None = None
    whole: Float[Tensor, "P F"] | None = None

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.sizes) or self.offsets.rows != len(self.features):
            raise ValueError(
                f"regions do not fit their offsets: {len(self.offsets)} runs of "
                f"{self.offsets.rows} rows, but {len(self.sizes)} pictures and "
                f"{len(self.features)} feature rows were given"
            )

    def __len__(self) -> int:
        return len(self.sizes)

    def select(self, order: Int[Tensor, "n"]) -> Regions:
        """The pictures named by ``order`` (any length, repeats allowed), as a new bag."""
        rows, offsets = self.offsets.select(order)
        return Regions(
            self.features[rows],
            self.boxes[rows],
            self.confidence[rows],
            self.classes[rows],
            self.sizes[order],
            offsets,
            None if self.hidden is None else self.hidden[rows],
            None if self.segments is None else self.segments[rows],
            None if self.whole is None else self.whole[order],
        )

    @classmethod
    def join(cls, parts: Iterable[Regions]) -> Regions:
        """Several bags laid end to end; raises ``ValueError`` when there is none."""
        parts = list(parts)
        if not parts:
            raise ValueError("Regions.join needs at least one bag of regions, got none")
        if any(x is not None for p in parts for x in (p.hidden, p.segments, p.whole)):
            raise ValueError("join pictures before an objective or a task marks their regions")
        return cls(
            torch.cat([p.features for p in parts]),
            torch.cat([p.boxes for p in parts]),
            torch.cat([p.confidence for p in parts]),
            torch.cat([p.classes for p in parts]),
            torch.cat([p.sizes for p in parts]),
            Offsets.from_lengths(torch.cat([p.offsets.lengths for p in parts])),
        )

    def only(self, kept: Bool[Tensor, "R"]) -> Regions:
        """The same pictures with just these regions; a picture may be left with none."""
        counts = torch.zeros_like(self.offsets.lengths)
        return Regions(
            self.features[kept],
            self.boxes[kept],
            self.confidence[kept],
            self.classes[kept],
            self.sizes,
            Offsets.from_lengths(counts.index_add(0, self.offsets.owner, kept.long())),
            None if self.hidden is None else self.hidden[kept],
            None if self.segments is None else self.segments[kept],
            self.whole,
        )

    def to(self, device: torch.device | str) -> Regions:
        """The same regions on another device."""
        return moved(self, device)


@dataclass(frozen=True)
class TextTokens:
    """Sentences as rows of tokens; ``words`` numbers the word of each sub-word, −1 = special.

    ``phrases`` numbers, within its sentence, the phrase that a row belongs to, −1 = none (None
    where nobody looked for phrases).
    """

    ids: Int[Tensor, "T"]
    segments: Int[Tensor, "T"]
    positions: Int[Tensor, "T"]
    words: Int[Tensor, "T"]
    offsets: Offsets
    phrases: Int[Tensor, "T"] | None = None

    def __post_init__(self) -> None:
        if self.offsets.rows != len(self.ids):
            raise ValueError(
                f"text does not fit its offsets: {self.offsets.rows} rows expected, "
                f"{len(self.ids)} ids given"
            )

    def __len__(self) -> int:
        return len(self.offsets)

    def select(self, order: Int[Tensor, "n"]) -> TextTokens:
        """The sentences named by ``order`` (any length, repeats allowed), as a new row."""
        rows, offsets = self.offsets.select(order)
        return TextTokens(
            self.ids[rows],
            self.segments[rows],
            self.positions[rows],
            self.words[rows],
            offsets,
            None if self.phrases is None else self.phrases[rows],
        )

    def only(self, kept: Bool[Tensor, "T"]) -> TextTokens:
        """The same sentences with just these rows; a sentence may be left with none."""
        counts = torch.zeros_like(self.offsets.lengths)
        counts = counts.index_add(0, self.offsets.owner, kept.long())
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        rows = {name: value[kept] for name, value in fields.items() if isinstance(value, Tensor)}
        return dataclasses.replace(self, **rows, offsets=Offsets.from_lengths(counts))

    def to(self, device: torch.device | str) -> TextTokens:
        """The same tokens on another device."""
        return moved(self, device)


@dataclass(frozen=True)
class PairBatch:
    """A batch: picture ``i`` beside sentence ``i``; ``matched[i]`` says whether they belong.

    ``names`` are the pairs' names, ``images`` the pictures' (several pairs may share a picture);
    where ``images`` is left empty every pair has a picture of its own, called as the pair.
    """

    regions: Regions
    text: TextTokens
    matched: Bool[Tensor, "P"]
    names: tuple[str, ...]
    images: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.images:
            object.__setattr__(self, "images", self.names)
        counts = [
            len(part) for part in (self.regions, self.text, self.matched, self.names, self.images)
        ]
        if len(set(counts)) != 1:
            raise ValueError(
                "a batch needs as many pictures as sentences, matches, names and image names, got "
                + ", ".join(str(count) for count in counts)
            )

    def __len__(self) -> int:
        return len(self.names)

    def beside(self, order: Int[Tensor, "P"]) -> PairBatch:
        """Each sentence beside picture ``order[i]``; beside another one it no longer matches."""
        images = tuple(self.images[i] for i in order.tolist())
        same = [new == old for new, old in zip(images, self.images, strict=True)]
        return dataclasses.replace(
            self,
            regions=self.regions.select(order),
            matched=self.matched & torch.tensor(same, device=self.matched.device),
            images=images,
        )

    def select(self, order: Int[Tensor, "n"]) -> PairBatch:
        """The pairs named by ``order`` as a new batch."""
        return PairBatch(
            self.regions.select(order),
            self.text.select(order),
            self.matched[order],
            tuple(self.names[i] for i in order.tolist()),
            tuple(self.images[i] for i in order.tolist()),
        )

    def without_regions(self) -> PairBatch:
        """The same sentences with nothing to look at."""
        rows = self.regions.offsets.rows
        nothing = torch.zeros(rows, dtype=torch.bool, device=self.regions.boxes.device)
        return dataclasses.replace(self, regions=self.regions.only(nothing))

    def without_text(self) -> PairBatch:
        """The same pictures with nothing said of them."""
        nothing = torch.zeros_like(self.text.ids, dtype=torch.bool)
        return dataclasses.replace(self, text=self.text.only(nothing))

    def to(self, device: torch.device | str) -> PairBatch:
        """The same batch on another device."""
        return moved(self, device)


@dataclass(frozen=True)
class LossSum:
    """A loss as a sum and a count, so that micro-batches and ranks add up exactly."""

    sum: Float[Tensor, ""]
    count: int

    def __add__(self, other: LossSum) -> LossSum:
        return LossSum(self.sum + other.sum, self.count + other.count)

    def mean(self) -> Float[Tensor, ""]:
        """Sum over count; zero, still differentiable, when nothing was counted."""
        return self.sum / max(self.count, 1)
