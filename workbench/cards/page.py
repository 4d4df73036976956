"""A run card as one web page: no script, no network, readable by eye and by ear, printable."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from widgets.document import document
from workbench.cards.curves import curves_of, drawing
from workbench.cards.facts import RunCard
from workbench.cards.sections import Section, lead, sections

if TYPE_CHECKING:
    import pandas


def page(card: RunCard, numbers: pandas.DataFrame) -> str:
    """The card as an HTML document; ``numbers`` is the run's ``frame()``, for the curves."""
    name, style = html.escape(card.name), (Path(__file__).parent / "page.css").read_text("utf-8")
    body = [_section(section) for section in sections(card)]
    last = max([card.steps_asked, *(int(step) for step in numbers.index[-1:])])
    drawn = "".join(drawing(curve, float(last)) for curve in curves_of(numbers))
    if drawn:
        place = next((i for i, b in enumerate(body) if 'id="losses"' in b), 0)
        note = (
            "Thick: smoothed. Dots: held-out data."
            if 'class="dot"' in drawn
            else "Thick: smoothed."
        )
        body.insert(
            place,
            f'<section class="wide" aria-labelledby="curves"><h2 id="curves">Curves</h2>'
            f'<div class="curves">{drawn}</div><p class="note">{note}</p></section>',
        )
    if card.links:
        links = "".join(
            f'<li><a href="{html.escape(one, True)}">{html.escape(one)}</a></li>'
            for one in card.links
        )
        body.append(_box("files", "Files", f"<ul>{links}</ul>"))
    head = f"""<header class="wide"><p class="kind">Run card</p>
<h1>{name} <span class="state" data-state="{card.state}">{card.state}</span></h1>
<p class="lead">{html.escape(lead(card))}</p></header>"""
    return document(f"Run card: {card.name}", style, "\n".join([head, *body]))


def _section(section: Section) -> str:
    parts = [_table(section)] if section.rows else []
    parts += [
        f"<p class='for'>{html.escape(purpose.capitalize())}:</p>"
        f"<pre tabindex='0'><code>{html.escape(code)}</code></pre>"
        for purpose, code in section.code.items()
    ]
    if section.folded:
        parts = [
            f"<details><summary>{len(section.rows)} values</summary>{''.join(parts)}</details>"
        ]
    name = "-".join(section.title.lower().split())
    return _box(name, section.title, "".join(parts), section.wide)


def _box(name: str, title: str, inner: str, wide: bool = True) -> str:
    kind = ' class="wide"' if wide else ""
    return (
        f'<section{kind} aria-labelledby="{name}"><h2 id="{name}">{html.escape(title)}</h2>'
        f"{inner}</section>"
    )


def _table(section: Section) -> str:
    head = ""
    if section.header:
        cells = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in section.header)
        head = f"<thead><tr>{cells}</tr></thead>"
    rows = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in section.rows
    )
    kind = "facts" if not section.header else "columns"
    return f'<div class="frame"><table class="{kind}">{head}<tbody>{rows}</tbody></table></div>'
