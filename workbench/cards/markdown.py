"""A run card in Markdown, as GitHub shows it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.cards.facts import RunCard
from workbench.cards.sections import Section, lead, sections


def markdown(card: RunCard) -> str:
    """The card as one Markdown document."""
    parts = [f"# Run card: {_safe(card.name)}", _safe(lead(card))]
    parts += [_part(section) for section in sections(card)]
    if card.links:
        files = ", ".join(f"[{name}]({name})" for name in card.links)
        parts.append(f"## Files\n\n{files}")
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; cells hold any text."""
    lines = ["| " + " | ".join(map(_safe, header)) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(map(_safe, row)) + " |" for row in rows]
    return "\n".join(lines)


def _part(section: Section) -> str:
    parts = [f"## {section.title}"]
    if section.rows:
        parts.append(table(section.header or ("", ""), section.rows))
    for purpose, code in section.code.items():
        kind = "python" if "import " in code else "sh"
        parts.append(f"{purpose.capitalize()}:\n\n```{kind}\n{code}\n```")
    return "\n\n".join(parts)


def _safe(text: str) -> str:
    """Text that neither ends a cell nor is read as HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    return " ".join(text.replace("|", "\\|").split())
