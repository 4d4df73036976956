"""Flash attention on packed rows equals plain arithmetic, with and without dropout."""

from __future__ import annotations

import pytest
import torch

from workbench.layers.attention import attend, flashes
from workbench.pairs import Offsets
from workbench.patterns import Read

pytestmark = pytest.mark.gpu

NOTHING_DROPPED = 1e-7
"""A chance so small that the operator with dropout is taken and drops nothing."""


def drawn(queries: Offsets, keys: Offsets, width: int = 64) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(3)
    return [torch.randn(o.rows, 2, width, generator=rng) for o in (queries, keys, keys)]


def plain(given: list[torch.Tensor], read: Read) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The answer and the gradients of the padded path in float32 on the CPU."""
    leaves = [one.clone().requires_grad_() for one in given]
    answer = attend(*leaves, read)
    answer.square().sum().backward()
    return answer.detach(), [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("dropout", [0.0, NOTHING_DROPPED])
@pytest.mark.parametrize("causal", [False, True])
def test_answers_and_gradients_equal_plain_arithmetic(causal, dropout):
    queries, keys = Offsets.from_lengths([2, 3, 0, 1]), Offsets.from_lengths([4, 3, 2, 5])
    given = drawn(queries, keys)
    answer, gradients = plain(given, Read(None, queries, None, keys, causal))
    leaves = [one.to("cuda", torch.bfloat16).requires_grad_() for one in given]
    assert flashes(leaves[0])
    read = Read(None, queries.to("cuda"), None, keys.to("cuda"), causal)
    ours = attend(*leaves, read, dropout)
    ours.float().square().sum().backward()
    torch.testing.assert_close(ours.float().cpu(), answer, atol=3e-2, rtol=3e-2)
    for leaf, gradient in zip(leaves, gradients, strict=True):
        torch.testing.assert_close(leaf.grad.float().cpu(), gradient, atol=8e-2, rtol=5e-2)


def test_a_query_that_may_see_nothing_gets_zeros():
    queries, keys = Offsets.from_lengths([2, 1]), Offsets.from_lengths([0, 2])
    given = [one.to("cuda", torch.bfloat16) for one in drawn(queries, keys)]
    read = Read(None, queries.to("cuda"), None, keys.to("cuda"))
    for dropout in (0.0, NOTHING_DROPPED):
        mixed = attend(*given, read, dropout)
        assert mixed[:2].eq(0).all() and mixed[2].ne(0).any()


def test_dropout_drops_and_keeps_the_mean():
    lengths = Offsets.from_lengths([60] * 40)
    query, key, _ = (one.to("cuda", torch.bfloat16) for one in drawn(lengths, lengths))
    where = lengths.to("cuda")
    mixed = attend(query, key, torch.ones_like(key), Read(None, where, None, where), 0.5).float()
    assert mixed.std() > 0.05
    assert abs(float(mixed.mean()) - 1) < 0.02


@pytest.mark.parametrize("width", [4, 12])
def test_widths_that_flash_does_not_take_are_padded(width):
    lengths = Offsets.from_lengths([3, 2])
    given = drawn(lengths, lengths, width)
    answer, _ = plain(given, Read(None, lengths, None, lengths))
    where = lengths.to("cuda")
    halves = [one.to("cuda", torch.bfloat16) for one in given]
    assert not flashes(halves[0])
    ours = attend(*halves, Read(None, where, None, where))
    torch.testing.assert_close(ours.float().cpu(), answer, atol=3e-2, rtol=3e-2)
