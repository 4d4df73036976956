"""Answers as HTML in the page's own colours; what visitors write stands in it as text."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import gradio as gr

STYLE = """
color: var(--body-text-color); line-height: 1.45;
.cards { display: grid; gap: 12px; margin: 0 0 12px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 230px), 1fr)); }
.card { padding: 10px 14px 12px; border: 1px solid var(--border-color-primary);
  border-radius: 8px; background: var(--background-fill-secondary); min-width: 0; }
h4 { margin: 0 0 6px; font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0 0 10px; overflow-wrap: anywhere; }
.lead { font-size: 19px; font-weight: 600; }
.quiet { font-size: 14px; color: color-mix(in srgb, var(--body-text-color) 74%, transparent); }
.warn { padding: 6px 12px; border-left: 4px solid var(--color-accent);
  background: var(--background-fill-secondary); }
table { width: 100%; margin: 0; border: 0; border-collapse: collapse;
  font-variant-numeric: tabular-nums; }
thead, tbody, tr { border: 0; background: none; }
th, td { padding: 3px 8px 3px 0; text-align: left; vertical-align: top; font-weight: 400;
  overflow-wrap: anywhere; border: 0; }
thead th { font-size: 13px; font-weight: 600; overflow-wrap: break-word; }
.lined { margin: 0 0 12px; }
.lined td, .lined th { padding: 7px 10px 7px 0;
  border-bottom: 1px solid var(--border-color-primary); }
.bar { display: block; height: 8px; margin: 7px 0 0; min-width: 40px; border-radius: 4px;
  background: var(--border-color-primary); overflow: hidden; }
.bar > span { display: block; height: 100%; background: var(--color-accent); }
.number { width: 1%; white-space: nowrap; text-align: right; }
.track { width: 45%; }
"""


def told_here() -> gr.HTML:
    """Where an answer appears."""
    return gr.HTML(css_template=STYLE, padding=False, label="Answer")


def numbers_here() -> gr.JSON:
    """The same answer as exact numbers, folded away; programs read these."""
    with gr.Accordion("The same as numbers", open=False):
        return gr.JSON(label="Numbers", show_label=False)


def text(said: object) -> str:
    """Anything, as text that no browser takes for HTML."""
    return html.escape(str(said))


def paragraph(said: str, kind: str = "") -> str:
    """A paragraph of plain text; ``kind`` is one of the classes of ``STYLE``."""
    return f'<p class="{kind}">{text(said)}</p>' if said else ""


def unknown(words: Sequence[str], model: str = "this model") -> str:
    """Which words of the visitor's a model's vocabulary does not have; nothing where it has all."""
    if not words:
        return ""
    named = ", ".join(f"“{word}”" for word in dict.fromkeys(w.strip(".,;:!?") for w in words))
    return paragraph(f"Not in the vocabulary of {model}, which reads [UNK]: {named}", "warn")


def card(title: str, inside: str) -> str:
    """A titled box around HTML; the title is plain text."""
    return f'<section class="card"><h4>{text(title)}</h4>{inside}</section>'


def cards(boxes: Iterable[str]) -> str:
    """Boxes side by side, below each other where there is no room."""
    return f'<div class="cards">{"".join(boxes)}</div>'


def bar(share: float) -> str:
    """A bar filled to a share between 0 and 1."""
    filled = 100 * min(max(share, 0), 1)
    return f'<span class="bar"><span style="width:{filled:.1f}%"></span></span>'


def bars(rows: Iterable[tuple[str, float, str]]) -> str:
    """A table of (what, share between 0 and 1, the number as it is told)."""
    lines = (
        f'<tr><th scope="row">{text(what)}</th><td class="track">{bar(share)}</td>'
        f'<td class="number">{text(number)}</td></tr>'
        for what, share, number in rows
    )
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text; the first column names the rows."""
    top = "".join(f'<th scope="col">{text(head)}</th>' for head in heads)
    lines = (
        f'<tr><th scope="row">{text(first)}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<table class="lined"><thead><tr>{top}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
    )


def percent(share: float) -> str:
    """A probability for readers: never 0 % or 100 % of what is not certain."""
    if 0 < share < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"
