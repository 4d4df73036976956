"""A self-contained web page of one or more widgets: interactive, offline, no server, no network."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from widgets.assets import FOLDER
from widgets.document import document


@dataclass(frozen=True)
class PagePart:
    """One widget on a page: module, style, values, and the words shown without scripts."""

    module: str
    style: str
    values: dict[str, Any]
    sentence: str


def page(
    title: str,
    parts: Sequence[PagePart],
    *,
    columns: int = 1,
    links: Sequence[tuple[str, Sequence[int]]] = (),
) -> str:
    """An HTML document that draws the parts and asks no other machine.

    Where there is room they stand ``columns`` side by side, a last one alone over all of them.
    ``links`` are names of values, each with the numbers of the parts in which they go together.
    """
    own_style = (FOLDER / "page.css").read_text("utf-8")
    own_style += f"\nmain {{ --wb-columns: {columns}; }}\n" if columns > 1 else ""
    styles = "\n".join([own_style, *dict.fromkeys(part.style for part in parts)])
    alone = len(parts) - 1 if columns > 1 and len(parts) % columns == 1 else -1
    bodies = [_body(f"widget-{i}", part, i == alone) for i, part in enumerate(parts)]
    if links:
        bodies.append(_linked(links))
    return document(title, styles, "\n".join(bodies), scripted=True)


def _linked(links: Sequence[tuple[str, Sequence[int]]]) -> str:
    script = (FOLDER / "page_links.js").read_text("utf-8")
    named = [{"name": name, "widgets": [f"widget-{i}" for i in which]} for name, which in links]
    return f"""<script type="module">
{script}
linkModels({json.dumps(named)});
</script>"""


def _body(identifier: str, part: PagePart, alone: bool = False) -> str:
    host = (FOLDER / "page.js").read_text("utf-8")
    module = part.module.replace("export default ", "const widget = ", 1)
    across = ' class="wb-alone"' if alone else ""
    return f"""<div id="{identifier}"{across}></div>
<noscript><p>{html.escape(part.sentence)}</p></noscript>
<script type="application/json" id="{identifier}-state">{embedded_json(part.values)}</script>
<script type="module">
{module}
{host}
mount("{identifier}");
</script>"""


def embedded_json(values: dict[str, Any]) -> str:
    """Values as JSON that cannot end the script it stands in; bytes beside them in base64."""
    plain = {name: value for name, value in values.items() if not isinstance(value, bytes)}
    coded = {
        name: base64.b64encode(value).decode("ascii")
        for name, value in values.items()
        if isinstance(value, bytes)
    }
    text = json.dumps({"values": plain, "bytes": coded}, ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
