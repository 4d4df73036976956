"""The view layer: explorers for notebooks, web pages and saved pictures, made from plain arrays.

Letters of every shape here: L layers, H heads, W words (sub-words), N regions, S = W + N.
Nothing in this package imports torch or the workbench: it reads arrays and run folders only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widgets.attention_arrays import grid_boxes as grid_boxes
    from widgets.attention_arrays import joint_attention as joint_attention
    from widgets.attention_change import AttentionChange as AttentionChange
    from widgets.attention_record import AttentionRecord as AttentionRecord
    from widgets.attention_view import AttentionView as AttentionView
    from widgets.attribution_record import AttributionRecord as AttributionRecord
    from widgets.attribution_view import AttributionView as AttributionView
    from widgets.comparison import Comparison as Comparison
    from widgets.comparison import compare as compare
    from widgets.embedding_record import EmbeddingTable as EmbeddingTable
    from widgets.gallery_of_images import image_gallery as image_gallery
    from widgets.gallery_of_texts import text_gallery as text_gallery
    from widgets.guess_record import GuessRecord as GuessRecord
    from widgets.guess_view import GuessView as GuessView
    from widgets.launcher import Launcher as Launcher
    from widgets.live_attention import LiveAttention as LiveAttention
    from widgets.live_curve import LiveCurve as LiveCurve
    from widgets.neighbour_figure import figure_four as figure_four
    from widgets.neighbourhoods import Neighbourhoods as Neighbourhoods
    from widgets.panel import Panel as Panel
    from widgets.picture_gallery import gallery as gallery
    from widgets.probe_record import guesses_over_probes as guesses_over_probes
    from widgets.retrieval_record import RetrievalRun as RetrievalRun
    from widgets.retrieval_view import RetrievalView as RetrievalView
    from widgets.session import Session as Session
    from widgets.single_stream_arrays import single_stream_attention as single_stream_attention
    from widgets.thumbnails import thumbnails_of as thumbnails_of

_HOMES = {
    "AttentionChange": "widgets.attention_change",
    "AttentionRecord": "widgets.attention_record",
    "AttentionView": "widgets.attention_view",
    "AttributionRecord": "widgets.attribution_record",
    "AttributionView": "widgets.attribution_view",
    "compare": "widgets.comparison",
    "Comparison": "widgets.comparison",
    "EmbeddingTable": "widgets.embedding_record",
    "figure_four": "widgets.neighbour_figure",
    "gallery": "widgets.picture_gallery",
    "grid_boxes": "widgets.attention_arrays",
    "guesses_over_probes": "widgets.probe_record",
    "GuessRecord": "widgets.guess_record",
    "GuessView": "widgets.guess_view",
    "image_gallery": "widgets.gallery_of_images",
    "joint_attention": "widgets.attention_arrays",
    "Launcher": "widgets.launcher",
    "LiveAttention": "widgets.live_attention",
    "LiveCurve": "widgets.live_curve",
    "Neighbourhoods": "widgets.neighbourhoods",
    "Panel": "widgets.panel",
    "RetrievalRun": "widgets.retrieval_record",
    "RetrievalView": "widgets.retrieval_view",
    "Session": "widgets.session",
    "single_stream_attention": "widgets.single_stream_arrays",
    "text_gallery": "widgets.gallery_of_texts",
    "thumbnails_of": "widgets.thumbnails",
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
