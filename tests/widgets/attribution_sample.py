"""A drawn, seeded stand-in for what explaining an answer writes."""

from __future__ import annotations

import numpy as np

from tests.widgets import widget_samples as samples
from widgets.attribution.record import AttributionRecord

METHODS = (
    *("integrated gradients", "occlusion", "input × gradient", "gradient relevance"),
    "last-layer attention",
)


def attribution_record(seed: int = 0, extra_regions: int = 0) -> AttributionRecord:
    """Made-up values that agree on the ball and the house, with a sink in the attention."""
    rng = np.random.default_rng(seed)
    seen = samples.attention_record(extra_regions=extra_regions)
    words, size = len(seen.words), len(seen.words) + len(seen.boxes)
    truth = rng.normal(0, 0.05, size)
    for row, value in {3: 0.82, 2: 0.35, 8: 0.5, 5: 0.2, words: 0.7, words + 7: 0.3}.items():
        truth[row] = value
    truth[[11, 12, words + 2]] = -0.41, -0.28, -0.33
    fixed = np.zeros(size, dtype=np.bool_)
    fixed[[0, words - 1]] = True
    truth[fixed] = 0.0
    noise = [0.02, 0.1, 0.3]
    values = [truth + rng.normal(0, level, size) * ~fixed for level in noise]
    attention = np.abs(truth) / 4 + rng.uniform(0, 0.04, size)
    attention[words - 1] = 0.5
    values += [
        np.clip(truth, 0, None) * 0.1 + rng.uniform(0, 0.01, size),
        attention / attention.sum(),
    ]
    values = np.array(values)
    shares = np.linspace(0, 1, 21)
    fall = np.array([4.0, 3.2, 2.0, 2.6, 1.8, 1.0])[:, None]
    curve = (1 - np.exp(-fall * shares)) / (1 - np.exp(-fall))
    flow = np.linspace(0, 1, 5)[:, None]
    layers = truth * (1 - flow) ** 2
    layers[:, 0] = truth.sum() * (1 - (1 - flow[:, 0]) ** 2)
    return AttributionRecord(
        seen.words,
        seen.boxes,
        seen.picture,
        "Do they belong together?",
        "logits",
        2.3,
        METHODS,
        values,
        np.array([0.004, *[np.nan] * 4]),
        -0.7,
        seen.labels,
        "drawn landscape, made-up values",
        fixed,
        shares,
        2.3 - 3 * curve,
        3 * curve - 0.7,
        layers,
        ("input", "block 1", "block 2", "block 3", "block 4"),
    )
