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


def page(title: str, parts: Sequence[PagePart]) -> str:
    """An HTML document that draws the parts one under the other and asks no other machine."""
    own_style = (FOLDER / "page.css").read_text("utf-8")
    styles = "\n".join([own_style, *dict.fromkeys(part.style for part in parts)])
    bodies = "\n".join(_body(f"widget-{index}", part) for index, part in enumerate(parts))
    return document(title, styles, bodies, scripted=True)


def _body(identifier: str, part: PagePart) -> str:
    host = (FOLDER / "page.js").read_text("utf-8")
    module = part.module.replace("export default ", "const widget = ", 1)
    return f"""<div id="{identifier}"></div>
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
