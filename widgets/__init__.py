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
    from widgets.attention_record import AttentionRecord as AttentionRecord
    from widgets.attention_view import AttentionView as AttentionView
    from widgets.attribution_record import AttributionRecord as AttributionRecord
    from widgets.launcher import Launcher as Launcher
    from widgets.live_attention import LiveAttention as LiveAttention
    from widgets.live_curve import LiveCurve as LiveCurve
    from widgets.panel import Panel as Panel
    from widgets.picture_gallery import gallery as gallery
    from widgets.single_stream_arrays import single_stream_attention as single_stream_attention

_HOMES = {
    "AttentionRecord": "widgets.attention_record",
    "AttentionView": "widgets.attention_view",
    "AttributionRecord": "widgets.attribution_record",
    "gallery": "widgets.picture_gallery",
    "grid_boxes": "widgets.attention_arrays",
    "joint_attention": "widgets.attention_arrays",
    "Launcher": "widgets.launcher",
    "LiveAttention": "widgets.live_attention",
    "LiveCurve": "widgets.live_curve",
    "Panel": "widgets.panel",
    "single_stream_attention": "widgets.single_stream_arrays",
}

__all__ = [
    "AttentionRecord",
    "AttentionView",
    "AttributionRecord",
    "Launcher",
    "LiveAttention",
    "LiveCurve",
    "Panel",
    "gallery",
    "grid_boxes",
    "joint_attention",
    "single_stream_attention",
]


def __getattr__(name: str) -> Any:
    """Import a widget when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"widgets has no {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
