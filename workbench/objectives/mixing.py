"""Which objectives a step trains: one of several, several at once, or by what a pair holds.

A mix plans a step as ``Part``s, one forward pass each, and says how their losses make one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.moving import moved
from workbench.objectives.objective import Corrupted, Objective
from workbench.pairs import LossSum, PairBatch
from workbench.patterns import AttentionPattern


@dataclass(frozen=True)
class Part:
    """One forward pass: a broken batch under a pattern, and what each objective hid in it."""

    batch: PairBatch
    pattern: AttentionPattern
    asked: tuple[tuple[Objective, Corrupted], ...]

    def to(self, device: torch.device | str) -> Part:
        """The same pass on another device."""
        return moved(self, device)


@runtime_checkable
class Mix(Protocol):
    """Several objectives and when to train which; every mix is an ``nn.Module``."""

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """The forward passes of one step.

        ``common`` is the chance that all pieces of a step's batch share, where it is cut into
        several: what is drawn once a step is drawn from it.
        """
        ...

    def total(self, losses: Mapping[str, LossSum]) -> Float[Tensor, ""]:
        """The number to minimise, from the losses of all parts by objective name."""
        ...

    def found(self) -> dict[str, Objective]:
        """Every objective in this mix and in the mixes in it, by its own name."""
        ...

    def __getitem__(self, name: str) -> Objective:
        """The objective called ``name``; raises ``KeyError`` naming those there are."""
        ...


class Members(nn.Module):
    """Objectives or mixes by name, with a weight each: what every mix is made of."""

    def __init__(self, members: Mapping[str, nn.Module], weights: Sequence[float]) -> None:
        super().__init__()
        if len(members) != len(weights) or not members:
            raise ValueError(
                f"{len(members)} objectives were given {len(weights)} weights; give each one"
            )
        if min(weights) < 0 or sum(weights) == 0:
            raise ValueError(f"weights must be zero or more with a sum above zero, got {weights}")
        self.by_name = nn.ModuleDict(dict(members))
        self.weights = tuple(float(weight) for weight in weights)

    @property
    def name(self) -> str:
        """The members' names, joined."""
        return "+".join(self.by_name)

    @property
    def objectives(self) -> list[nn.Module]:
        """The members in the order of their weights."""
        return list(self.by_name.values())

    def total(self, losses: Mapping[str, LossSum]) -> Float[Tensor, ""]:
        """The sum of the mean losses, each as heavy as the mix that holds it says."""
        return torch.stack([self.factor(name) * loss.mean() for name, loss in losses.items()]).sum()

    def factor(self, name: str) -> float:
        """How heavy the mean loss of this objective is in the total."""
        inner = (member for member in self.objectives if isinstance(member, Members))
        return next((member.factor(name) for member in inner if name in member.found()), 1.0)

    def found(self) -> dict[str, Objective]:
        """Every objective in this mix and in the mixes in it, by its own name."""
        objectives: dict[str, Objective] = {}
        for member in self.objectives:
            if isinstance(member, Members):
                objectives |= member.found()
            else:
                objectives[cast(Objective, member).name] = cast(Objective, member)
        return objectives

    def __getitem__(self, name: str) -> Objective:
        """The objective called ``name``; raises ``KeyError`` naming those there are."""
        found = self.found()
        if name not in found:
            raise KeyError(f"no objective {name!r}; there are {list(found)}")
        return found[name]


def by_own_name(members: Sequence[nn.Module]) -> dict[str, nn.Module]:
    """Objectives or mixes under their names; raises ``ValueError`` where two have the same."""
    names = [cast(Objective, member).name for member in members]
    if len(set(names)) != len(names):
        raise ValueError(f"objectives of a mix need different names, got {names}")
    return dict(zip(names, members, strict=True))


def parts_of(
    member: nn.Module,
    batch: PairBatch,
    rng: torch.Generator,
    common: torch.Generator | None = None,
) -> tuple[Part, ...]:
    """The forward passes of one member: a mix plans its own, an objective needs one."""
    if isinstance(member, Members):
        return cast(Mix, member).plan(batch, rng, common)
    objective = cast(Objective, member)
    broken = objective.corrupt(batch, rng)
    return (Part(broken.batch, broken.pattern, ((objective, broken),)),)


class Alternate(Members):
    """One member a step, or one for every pair, drawn in proportion to its weight (U13, P8, M17).

    ``per="sample"`` draws for each pair: the pairs of each member make one forward pass, and all
    their rows count alike, as in one loss over the whole batch.
    """

    def __init__(
        self,
        objectives: Sequence[nn.Module],
        weights: Sequence[float],
        *,
        per: Literal["step", "sample"] = "step",
    ) -> None:
        super().__init__(by_own_name(objectives), weights)
        self.per = per

    def draw(self, count: int, rng: torch.Generator) -> list[int]:
        """``count`` independent draws of a member's number."""
        weights = torch.tensor(self.weights, device=rng.device)
        return torch.multinomial(weights, count, replacement=True, generator=rng).tolist()

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """One member's parts of the whole batch, or every member's of the pairs it drew."""
        if self.per == "step":
            drawn = self.draw(1, rng if common is None else common)
            return parts_of(self.objectives[drawn[0]], batch, rng, common)
        each = torch.tensor(self.draw(len(batch), rng), device=batch.matched.device)
        parts: list[Part] = []
        for number, member in enumerate(self.objectives):
            chosen = (each == number).nonzero().squeeze(1)
            if len(chosen):
                parts += parts_of(member, batch.select(chosen), rng, common)
        return tuple(parts)

    def total(self, losses: Mapping[str, LossSum]) -> Float[Tensor, ""]:
        """The mean loss; with ``per="sample"`` over the rows of all objectives together."""
        if self.per == "step":
            return super().total(losses)
        first, *others = losses.values()
        return sum(others, start=first).mean()


class Apart(Members):
    """Every member in forward passes of its own, over the same whole batch (M19).

    Losses are added, or weighted as the mixes among the members say.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__(by_own_name(members), [1.0] * len(members))

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """The parts of all members, in their order."""
        return tuple(
            part for member in self.objectives for part in parts_of(member, batch, rng, common)
        )


class Together(Members):
    """All objectives in one forward pass: each breaks what the ones before it left (V11, M19).

    Give first what moves pictures or sentences (matching), then what hides rows.  Losses are
    weighted and added (V11: equally).
    """

    def __init__(
        self, objectives: Sequence[nn.Module], weights: Sequence[float] | None = None
    ) -> None:
        super().__init__(by_own_name(objectives), weights or [1.0] * len(objectives))
        mixes = [member.name for member in objectives if isinstance(member, Members)]
        if mixes:
            raise ValueError(f"Together takes objectives, not the mixes {mixes}; mix it instead")

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """One part; raises ``ValueError`` when two objectives ask for different patterns."""
        asked: list[tuple[Objective, Corrupted]] = []
        for member in self.objectives:
            objective = cast(Objective, member)
            broken = objective.corrupt(batch, rng)
            if asked and not _same_rows(broken.batch, batch):
                raise ValueError(
                    f"{objective.name!r} changes the rows of a batch in which others have already "
                    "hidden some; name it first"
                )
            batch = broken.batch
            asked.append((objective, broken))
        return (Part(batch, _common_pattern(asked), tuple(asked)),)

    def factor(self, name: str) -> float:
        """The weight that it was given."""
        return dict(zip(self.by_name, self.weights, strict=True))[name]


def _common_pattern(asked: Sequence[tuple[Objective, Corrupted]]) -> AttentionPattern:
    """The pattern that all objectives can work under."""
    firm = [(objective.name, broken) for objective, broken in asked if not broken.flexible]
    if not firm:
        return asked[0][1].pattern
    (first, chosen), *others = firm
    for name, broken in others:
        if not _same(broken.pattern, chosen.pattern):
            raise ValueError(
                f"{first!r} and {name!r} ask for different attention patterns and cannot share a "
                "forward pass; put them into an Alternate"
            )
    return chosen.pattern


def _same(one: AttentionPattern, other: AttentionPattern) -> bool:
    if one.source is None or other.source is None:
        return one.source is other.source
    return torch.equal(one.source, other.source)


def _same_rows(one: PairBatch, other: PairBatch) -> bool:
    return (
        (one.names, one.images) == (other.names, other.images)
        and torch.equal(one.text.offsets.starts, other.text.offsets.starts)
        and torch.equal(one.regions.offsets.starts, other.regions.offsets.starts)
    )
