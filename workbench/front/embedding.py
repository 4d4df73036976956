"""An explorer inside another page: the very component of the notebooks, in a frame of its own."""

from __future__ import annotations

import html

from widgets.explorer import Explorer


def embedded(view: Explorer, title: str, height: int = 720) -> str:
    """HTML with a frame (``height`` in pixels) that holds the explorer's whole page.

    The frame may run the page's own scripts and nothing else: no forms, no navigation, no access
    to the page around it.
    """
    page = html.escape(view.to_html(title=title), quote=True)
    return (
        f'<iframe title="{html.escape(title, quote=True)}" sandbox="allow-scripts" '
        f'srcdoc="{page}" style="width:100%;height:{height}px;border:0"></iframe>'
    )
