"""Multi-head attention over packed rows; the only place of the workbench that may pad.

Three paths give the same numbers (tests/layers/test_attention.py holds them equal):

1. CUDA, half precision, nobody watching: flash attention on the packed rows as they are
   (``torch.nn.attention.varlen``; with dropout the operator below it, which also takes that);
2. anywhere: pad inside the call, attend, take the padding away again;
3. with a ``trace``: an explicit softmax, so that the weights can be seen.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from workbench.pairs import Offsets
from workbench.patterns import Read

Trace = dict[str, list]


def pad(rows: Shaped[Tensor, "rows *rest"], offsets: Offsets) -> Shaped[Tensor, "P longest *rest"]:
    """Packed rows as one padded block per pair; the filler is zero."""
    padded = rows.new_zeros(len(offsets), offsets.longest, *rows.shape[1:])
    padded[offsets.owner, offsets.within] = rows
    return padded


def unpad(
    padded: Shaped[Tensor, "P longest *rest"], offsets: Offsets
) -> Shaped[Tensor, "rows *rest"]:
    """The packed rows of a padded block; undoes ``pad``."""
    return padded[offsets.owner, offsets.within]


def attend(
    query: Float[Tensor, "q H E"],
    key: Float[Tensor, "k H E"],
    value: Float[Tensor, "k H E"],
    read: Read,
    dropout: float = 0.0,
    weights: list | None = None,
) -> Float[Tensor, "q H E"]:
    """Each query's mix of the values it may see; appends [P, H, q, k] weights when asked.

    Scores are scaled by 1/sqrt(E) (the papers' BERT attention).  A query that may see nothing
    gets zeros.
    """
    if not len(query):
        return query
    if weights is None and flashes(query):
        return _flash(query, key, value, read, dropout)
    query = pad(query, read.query_offsets).transpose(1, 2)
    key = pad(key, read.key_offsets).transpose(1, 2)
    value = pad(value, read.key_offsets).transpose(1, 2)
    hidden = None if read.hidden is None else read.hidden[:, None]
    if weights is None and query.dtype not in _HALF:
        visible = None if hidden is None else ~hidden
        mixed = F.scaled_dot_product_attention(query, key, value, visible, dropout)
    else:
        mixed = _explicit(query, key, value, hidden, dropout, weights)
    return unpad(mixed.transpose(1, 2), read.query_offsets)


_HALF = (torch.bfloat16, torch.float16)


def _explicit(query, key, value, hidden, dropout, weights):
    """Matrix product, softmax, matrix product: visible, and the faster one in bf16 on a CPU."""
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if hidden is not None:
        scores = scores.masked_fill(hidden, -torch.inf)
    shares = scores.softmax(-1)
    if hidden is not None:
        shares = shares.masked_fill(hidden, 0.0)  # a row that sees nothing is zero, not NaN
    if weights is not None:
        weights.append(shares)
    return F.dropout(shares, dropout) @ value if dropout else shares @ value


def flashes(query: Float[Tensor, "q H E"]) -> bool:
    """Whether flash attention takes these queries: half precision, widths of 8, an A100 or later.

    On older cards (a T4 has compute capability 7.5) the padded path is taken.
    """
    return (
        query.is_cuda
        and query.dtype in _HALF
        and query.shape[-1] % 8 == 0
        and _capability(query.get_device()) >= 8
    )


def _capability(device: int) -> int:
    return torch.cuda.get_device_capability(device)[0]


# What torch.compiler.assume_constant_result does, which would load the compiler (70 MB) for all.
_capability._dynamo_marked_constant = True  # type: ignore[attr-defined]


def _flash(query, key, value, read, dropout):
    queries, keys = read.query_offsets, read.key_offsets
    starts = queries.starts.int(), keys.starts.int()
    longest = queries.longest, keys.longest
    # Everything, or up to the own place counted from the last key; is_causal counts from the first.
    left, right = (-1, 0) if read.causal else (-1, -1)
    if dropout:
        # varlen_attn has no dropout; measured on an H100, padding instead takes twice as long.
        return torch.ops.aten._flash_attention_forward(
            query,
            key,
            value,
            *starts,
            *longest,
            dropout,
            False,
            False,
            window_size_left=left,
            window_size_right=right,
        )[0]
    from torch.nn.attention.varlen import varlen_attn

    mixed = varlen_attn(query, key, value, *starts, *longest, window_size=(left, right))
    assert isinstance(mixed, Tensor)
    return mixed


class Attention(nn.Module):
    """Multi-head attention from rows of one width to rows of another (or the same)."""

    def __init__(
        self,
        width: int,
        heads: int,
        dropout: float = 0.1,
        *,
        key_width: int | None = None,
        inner_width: int | None = None,
    ) -> None:
        super().__init__()
        inner = inner_width or width
        if inner % heads:
            raise ValueError(f"{heads} heads do not divide the attention width {inner}")
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, inner)
        self.key = nn.Linear(key_width or width, inner)
        self.value = nn.Linear(key_width or width, inner)
        self.output = nn.Linear(inner, width)

    def forward(
        self,
        rows: Float[Tensor, "n D"],
        reads: tuple[Read, ...],
        source: Float[Tensor, "k Dk"] | None = None,
        weights: list | None = None,
        scales: tuple[Float[Tensor, "n I"], Float[Tensor, "k I"]] | None = None,
    ) -> Float[Tensor, "n D"]:
        """Every row's projected mix over the reads; key rows come from ``source`` if given.

        ``scales`` multiply the projected queries and keys, unit by unit (X1).
        """
        source = rows if source is None else source
        query, key, value = self.query(rows), self.key(source), self.value(source)
        if scales is not None:
            query, key = query * scales[0], key * scales[1]
        query, key, value = (given.unflatten(-1, (self.heads, -1)) for given in (query, key, value))
        dropout = self.dropout if self.training else 0.0
        mixed = torch.zeros_like(query)
        for read in reads:
            part = attend(
                query if read.queries is None else query[read.queries],
                key if read.keys is None else key[read.keys],
                value if read.keys is None else value[read.keys],
                read,
                dropout,
                weights,
            )
            mixed = part if read.queries is None else mixed.index_copy(0, read.queries, part)
        return self.output(mixed.flatten(-2))
