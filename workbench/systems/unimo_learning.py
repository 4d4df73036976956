"""What one step of UNIMO's pre-training learns from pictures, sentences and pairs (M19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.objectives.by_kind import ByKind
from workbench.objectives.mixing import Alternate, Apart, Members, Part, Together, by_own_name
from workbench.objectives.objective import Objective
from workbench.pairs import LossSum, PairBatch


class UnimoLearning(Members):
    """Visual learning, language learning and what ties them: loss = v + l + across (M19).

    Pictures are asked for their hidden ``regions``; sentences for what one ``language`` objective
    took from them, drawn evenly (M17); pairs for both in one pass (M11), and ``across`` says in
    passes of its own which picture belongs to which sentence (M4, M30).  With ``together`` the
    last is asked in the first pass instead, of masked pairs (X7).
    """

    def __init__(
        self,
        language: Sequence[nn.Module],
        regions: Sequence[nn.Module],
        across: nn.Module,
        *,
        per: Literal["step", "sample"] = "step",
        together: bool = False,
    ) -> None:
        members = by_own_name([*language, *regions, across])
        super().__init__(members, [1.0] * len(members))
        self._language = frozenset(cast(Objective, one).name for one in language)
        even = [1.0] * len(language)
        also = [across] if together else []
        seen = Alternate([Together([one, *regions, *also]) for one in language], even, per=per)
        pairs = seen if together else Apart([seen, across])
        read = Alternate(language, even, per=per)
        # in a tuple, so that every weight has one name: that of its objective above
        self._kinds = (ByKind(pairs=pairs, images=Together(regions), texts=read),)

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """The forward passes for each kind of example that the batch holds."""
        return self._kinds[0].plan(batch, rng, common)

    def total(self, losses: Mapping[str, LossSum]) -> Float[Tensor, ""]:
        """The sum of the means; language objectives share one mean over all their tokens."""
        said = [loss for name, loss in losses.items() if name in self._language]
        means = [loss.mean() for name, loss in losses.items() if name not in self._language]
        if said:
            means.append(sum(said[1:], start=said[0]).mean())
        return torch.stack(means).sum()
