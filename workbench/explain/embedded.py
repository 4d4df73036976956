"""An encoder run from given input rows, so that gradients can follow a path between two of them."""

from __future__ import annotations

import dataclasses
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.encoders.encoding import Encoder
from workbench.encoders.inputs import InputRows
from workbench.explain.attention import PairRows
from workbench.explain.questions import Question
from workbench.explain.shown import Shown
from workbench.explain.visibility import input_rows
from workbench.patterns import BIDIRECTIONAL


class Embedded(nn.Module):
    """The answer to a question as a function of the rows that enter the blocks of an encoder.

    The rows that an encoder adds for itself (the whole picture, a separator) are rows like the
    others; ``rows`` says where they stand.  Every pair reads in both directions.
    """

    def __init__(self, encoder: nn.Module, question: Question) -> None:
        super().__init__()
        self.encoder = encoder
        self.question = question
        self.rows = PairRows.of(self._given(question.shown))

    def rows_of(self, shown: Shown) -> tuple[Float[Tensor, "1 T D"], Float[Tensor, "1 R Dv"]]:
        """The input rows of the question's pair, or of the same pair with something hidden."""
        given = self._given(shown)
        return given.text[None], given.regions[None]

    def forward(
        self,
        text: Float[Tensor, "n T D"],
        regions: Float[Tensor, "n R Dv"],
        trace: dict[str, Tensor] | None = None,
    ) -> Float[Tensor, "n"]:
        """The score of n versions of the pair, each from its own rows."""
        one = self.question.shown.batch
        copies = one.select(torch.zeros(len(text), dtype=torch.int64, device=one.matched.device))

        def exchange(module: nn.Module, asked: tuple[object, ...], given: InputRows) -> InputRows:
            flat = text.flatten(0, 1), regions.flatten(0, 1)
            return dataclasses.replace(given, text=flat[0], regions=flat[1])

        hook = cast(nn.Module, self.encoder.inputs).register_forward_hook(exchange)
        try:
            encoding = cast(Encoder, self.encoder)(copies, BIDIRECTIONAL, trace)
        finally:
            hook.remove()
        # what no score reads still has a gradient, and it is zero
        unread = text.flatten(1).sum(1) + regions.flatten(1).sum(1)
        return self.question.score(encoding) + 0.0 * unread

    def in_order(self, text: Float[Tensor, "T"], regions: Float[Tensor, "R"]) -> Tensor:
        """One number a row, words first, the whole picture last: the order of a record."""
        return torch.cat([text, regions.roll(-self.rows.leads)])

    def _given(self, shown: Shown) -> InputRows:
        with torch.no_grad():
            return input_rows(self.encoder, shown.batch, BIDIRECTIONAL)
