"""Several reads' attention weights as one block, as a trace shows them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.layers.attention import pad, unpad
from workbench.pairs import Offsets
from workbench.patterns import Read


def laid_together(
    weights: Sequence[Float[Tensor, "P H _q _k"]],
    reads: Sequence[Read],
    queries: Offsets,
    keys: Offsets,
) -> Float[Tensor, "P H q k"] | None:
    """What one layer's ``reads`` made of padded rows, zero where a query sees nothing.

    ``queries`` and ``keys`` tell the pairs' runs among all rows that the reads choose from.  Each
    query row belongs to one read.  One read of everything is handed on as it is, so that its
    gradient can be asked for; None where there was nothing to read, which no read weighs.
    """
    made = [read for read in reads if read.query_offsets.rows]
    if not made:
        return None
    if len(made) == 1 and made[0].queries is None and made[0].keys is None:
        return weights[0]
    whole = weights[0].new_zeros(len(queries), queries.longest, weights[0].shape[1], keys.longest)
    for found, read in zip(weights, made, strict=True):
        rows = _chosen(read.queries, queries)
        columns = keys.within[_chosen(read.keys, keys)]
        places = pad(columns, read.key_offsets)[read.query_offsets.owner]  # filler adds its zeros
        seen = unpad(found.transpose(1, 2), read.query_offsets)
        wide = seen.new_zeros(*seen.shape[:2], keys.longest)
        wide = wide.scatter_add(-1, places[:, None].expand_as(seen), seen)
        whole = whole.index_put((queries.owner[rows], queries.within[rows]), wide)
    return whole.transpose(1, 2)


def _chosen(rows: Tensor | None, everything: Offsets) -> Tensor:
    if rows is not None:
        return rows
    return torch.arange(everything.rows, device=everything.starts.device)
