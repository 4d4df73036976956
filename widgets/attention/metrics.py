"""Numbers of every head that the overview of an attention view can be coloured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from widgets.attention.head_statistics import MEANINGS, statistics
from widgets.attention.record import AttentionRecord
from widgets.core.attention import at_rest, block_share, hide_and_renormalise

Metric = np.ndarray | Sequence[Any] | Callable[[AttentionRecord], np.ndarray]
"""Numbers [L, H], NaN where a head has none, or what works them out of a record."""


def metrics_of(
    record: AttentionRecord, own: Mapping[str, Metric]
) -> dict[str, Float[np.ndarray, "L H"]]:
    """The statistics of every head by name, with those of one's own.

    Raises ``ValueError`` for numbers that are not one a layer and head, or that are infinite.
    """
    found = {name.replace("_", " "): values for name, values in statistics(record).items()}
    for name, metric in own.items():
        values = np.asarray(metric(record) if callable(metric) else metric, dtype=np.float64)
        if values.shape != (record.layers, record.heads) or np.isinf(values).any():
            raise ValueError(
                f"the metric {name!r} must be finite numbers (or NaN) [{record.layers}, "
                f"{record.heads}], one a layer and head; got {list(values.shape)}"
            )
        found[name] = values
    return found


def meanings_of(names: Sequence[str]) -> list[str]:
    """What each metric says, in a sentence; empty for those of one's own."""
    known = {name.replace("_", " "): meaning for name, meaning in MEANINGS.items()}
    return [known.get(name, "") for name in names]


def block_shares(
    record: AttentionRecord, direction: str, hidden: Sequence[int] = ()
) -> Float[np.ndarray, "L H"]:
    """Each head's share of attention in a block; NaN where it has no such block or is at rest."""
    words = len(record.words)
    shares = np.full((record.layers, record.heads), np.nan)
    resting = at_rest(record.attention, words)[:, :, 0 if direction.startswith("word") else 1]
    for layer, head in np.argwhere(~resting):
        full = record.attention[layer, head]
        full = hide_and_renormalise(full, hidden) if hidden else full
        shares[layer, head] = block_share(full, words, direction, hidden)
    return shares
