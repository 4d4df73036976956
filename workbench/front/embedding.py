"""An explorer inside another page: the very component of the notebooks, in a frame of its own."""

from __future__ import annotations

import html

from widgets.explorer import Explorer
from widgets.panel import Panel

_TELL = """<style>body { padding: 2px; }</style>
<script>
new ResizeObserver(() => {
  const height = document.body.scrollHeight;
  parent.postMessage({ workbenchFrame: height }, "*");
}).observe(document.body);
</script>
</body>"""

HEAD = """<script>
addEventListener("message", (told) => {
  const height = told.data?.workbenchFrame;
  if (typeof height !== "number") return;
  for (const frame of document.querySelectorAll("iframe[data-workbench]")) {
    if (frame.contentWindow === told.source) frame.style.height = `${Math.min(height + 8, 4000)}px`;
  }
});
</script>"""
"""For the head of the page around: frames become as high as what they hold."""


def embedded(view: Explorer | Panel, title: str) -> str:
    """HTML with a frame that holds the explorer's whole page.

    The frame may run the page's own scripts and nothing else: no forms, no navigation, no access
    to the page around it, which it only tells its height.
    """
    page = view.to_html(title=title).replace("</body>", _TELL)
    return (
        f'<iframe data-workbench title="{html.escape(title)}" sandbox="allow-scripts" '
        f'srcdoc="{html.escape(page)}" style="width:100%;height:720px;border:0"></iframe>'
    )
