"""The view layer: explorers for notebooks, web pages and saved pictures, made from plain arrays.

Letters of every shape here: L layers, H heads, W words (sub-words), N regions, S = W + N.
Nothing in this package imports torch or the workbench: it reads arrays and run folders only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widgets.attention.arrays import grid_boxes as grid_boxes
    from widgets.attention.arrays import joint_attention as joint_attention
    from widgets.attention.change import AttentionChange as AttentionChange
    from widgets.attention.comparison import Comparison as Comparison
    from widgets.attention.comparison import compare as compare
    from widgets.attention.record import AttentionRecord as AttentionRecord
    from widgets.attention.single_stream_arrays import (
        single_stream_attention as single_stream_attention,
    )
    from widgets.attention.view import AttentionView as AttentionView
    from widgets.attribution.record import AttributionRecord as AttributionRecord
    from widgets.attribution.view import AttributionView as AttributionView
    from widgets.guesses.record import GuessRecord as GuessRecord
    from widgets.guesses.view import GuessView as GuessView
    from widgets.neighbours.embedding_table import EmbeddingTable as EmbeddingTable
    from widgets.neighbours.figure import figure_four as figure_four
    from widgets.neighbours.neighbourhoods import Neighbourhoods as Neighbourhoods
    from widgets.panel import Panel as Panel
    from widgets.picture_gallery import gallery as gallery
    from widgets.retrieval.gallery_of_images import image_gallery as image_gallery
    from widgets.retrieval.gallery_of_texts import text_gallery as text_gallery
    from widgets.retrieval.record import RetrievalRun as RetrievalRun
    from widgets.retrieval.thumbnails import thumbnails_of as thumbnails_of
    from widgets.retrieval.view import RetrievalView as RetrievalView
    from widgets.runs.launcher import Launcher as Launcher
    from widgets.runs.live_attention import LiveAttention as LiveAttention
    from widgets.runs.live_curve import LiveCurve as LiveCurve
    from widgets.runs.probe_record import guesses_over_probes as guesses_over_probes
    from widgets.session import Session as Session

_HOMES = {
    "AttentionChange": "widgets.attention.change",
    "AttentionRecord": "widgets.attention.record",
    "AttentionView": "widgets.attention.view",
    "AttributionRecord": "widgets.attribution.record",
    "AttributionView": "widgets.attribution.view",
    "compare": "widgets.attention.comparison",
    "Comparison": "widgets.attention.comparison",
    "EmbeddingTable": "widgets.neighbours.embedding_table",
    "figure_four": "widgets.neighbours.figure",
    "gallery": "widgets.picture_gallery",
    "grid_boxes": "widgets.attention.arrays",
    "guesses_over_probes": "widgets.runs.probe_record",
    "GuessRecord": "widgets.guesses.record",
    "GuessView": "widgets.guesses.view",
    "image_gallery": "widgets.retrieval.gallery_of_images",
    "joint_attention": "widgets.attention.arrays",
    "Launcher": "widgets.runs.launcher",
    "LiveAttention": "widgets.runs.live_attention",
    "LiveCurve": "widgets.runs.live_curve",
    "Neighbourhoods": "widgets.neighbours.neighbourhoods",
    "Panel": "widgets.panel",
    "RetrievalRun": "widgets.retrieval.record",
    "RetrievalView": "widgets.retrieval.view",
    "Session": "widgets.session",
    "single_stream_attention": "widgets.attention.single_stream_arrays",
    "text_gallery": "widgets.retrieval.gallery_of_texts",
    "thumbnails_of": "widgets.retrieval.thumbnails",
}

__all__ = [
    "AttentionChange",
    "AttentionRecord",
    "AttentionView",
    "AttributionRecord",
    "AttributionView",
    "Comparison",
    "EmbeddingTable",
    "GuessRecord",
    "GuessView",
    "Launcher",
    "LiveAttention",
    "LiveCurve",
    "Neighbourhoods",
    "Panel",
    "RetrievalRun",
    "RetrievalView",
    "Session",
    "compare",
    "figure_four",
    "gallery",
    "grid_boxes",
    "guesses_over_probes",
    "image_gallery",
    "joint_attention",
    "single_stream_attention",
    "text_gallery",
    "thumbnails_of",
]


def __getattr__(name: str) -> Any:
    """Import a widget when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"widgets has no {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
