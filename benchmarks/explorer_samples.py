"""Made-up records of full size, and the same numbers drawn by plotly, as pages and as cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.widgets import widget_samples as small_samples
from tests.widgets.attribution_sample import attribution_record
from tests.widgets.guess_samples import guess_record
from tests.widgets.neighbourhood_sample import many
from tests.widgets.retrieval_sample import retrieval_run
from widgets import AttentionRecord, AttentionView
from widgets.neighbours.embedding_table import EmbeddingTable

LAYERS, HEADS, WORDS, REGIONS = 12, 12, 40, 100
PREPARE = """import numpy as np, plotly.graph_objects as graph
from widgets import AttentionRecord, AttentionView, Neighbourhoods
from widgets.neighbours.embedding_table import EmbeddingTable
record, table = AttentionRecord.load("attention.npz"), EmbeddingTable.load("points.npz")"""
SHOWN = (
    "AttentionView(record)",
    "Neighbourhoods(table)",
    f"graph.FigureWidget(graph.Heatmap(z=record.attention[-1, 0, :{WORDS}, {WORDS}:]))",
)
"""The cells whose pictures are waited for in a notebook: two explorers, and a peer."""


def attention_record(seed: int = 0) -> AttentionRecord:
    """12 layers of 12 heads over 40 words and 100 regions."""
    rng = np.random.default_rng(seed)
    size = WORDS + REGIONS
    scores = np.exp(2 * rng.standard_normal((LAYERS, HEADS, size, size), dtype=np.float32))
    low = rng.uniform(0, 0.7, (REGIONS, 2))
    boxes = np.concatenate([low, low + rng.uniform(0.08, 0.3, (REGIONS, 2))], axis=1)
    words = ("[CLS]", *(f"word{i}" for i in range(WORDS - 2)), "[SEP]")
    weights = scores / scores.sum(-1, keepdims=True)
    return AttentionRecord.from_arrays(words, weights, boxes, small_samples.scene())


def table() -> EmbeddingTable:
    """20,000 points."""
    return many()[0]


def attention_page(folder: Path) -> Path:
    """The attention explorer as a saved page."""
    path = folder / "attention.html"
    AttentionView(attention_record(), layer=LAYERS - 1).to_html(path)
    return path


def neighbourhoods_page(folder: Path) -> Path:
    """20,000 points as a saved page."""
    from widgets import Neighbourhoods

    path = folder / "neighbourhoods.html"
    Neighbourhoods(table()).to_html(path)
    return path


def six(folder: Path) -> list[str]:
    """The cells of a notebook that shows one of each; what they read lies in ``folder``."""
    small_samples.attention_record().save(folder / "attention.npz")
    table().save(folder / "points.npz")
    guess_record().save(folder / "guesses.npz")
    retrieval_run().save(folder / "retrieval.npz")
    attribution_record().save(folder / "attribution.npz")
    small_samples.write_run(folder / "run", 1200)
    files = {
        "AttentionView": "attention.npz",
        "Neighbourhoods": "points.npz",
        "GuessView": "guesses.npz",
        "RetrievalView": "retrieval.npz",
        "AttributionView": "attribution.npz",
        "LiveCurve": "run",
    }
    return ["import widgets", *(f"widgets.{name}({file!r})" for name, file in files.items())]


def plotly_heat_page(folder: Path) -> Path:
    """A plotly heat map of one head's words by regions; ``window.heads`` holds those of a layer."""
    import plotly.graph_objects as graph

    heads = attention_record().attention[-1, :, :WORDS, WORDS:]
    figure = graph.Figure(graph.Heatmap(z=heads[0]))
    numbers = json.dumps(np.round(heads.astype(float), 6).tolist())
    return _page(figure, folder / "plotly_heat.html", f"window.heads = {numbers};")


def plotly_scatter_page(folder: Path) -> Path:
    """The first two numbers of every point in plotly's scattergl, to be panned."""
    import plotly.graph_objects as graph

    x, y = table().vectors[0, :, :2].T
    figure = graph.Figure(graph.Scattergl(x=x, y=y, mode="markers", marker={"size": 4}))
    figure.update_layout(dragmode="pan")
    return _page(figure, folder / "plotly_scatter.html")


def _page(figure: Any, path: Path, script: str = "") -> Path:
    figure.update_layout(width=1000, height=700)
    figure.write_html(path, include_plotlyjs=True, post_script=script or None)
    return path
