"""The card of a run as files in its folder."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.cards.facts import RunCard, card_of
from workbench.cards.markdown import markdown
from workbench.cards.page import page
from workbench.training.errors import writing
from workbench.training.folder import replace_file
from workbench.training.run import Run


def write_card(run: Run, folder: str | Path | None = None) -> RunCard:
    """Writes card.html, card.md and card.json into the run's folder, or another one.

    Raises ``RunError`` where they cannot be written.
    """
    card = card_of(run)
    place = run.path if folder is None else Path(folder)
    save(place / "card.json", as_text(card))
    save(place / "card.md", markdown(card))
    save(place / "card.html", page(card, run.frame()))
    return card


def as_text(card: RunCard) -> str:
    """The card as JSON; numbers that are not finite become null."""
    return json.dumps(_finite(card.as_json()), indent=2, allow_nan=False) + "\n"


def save(path: Path, text: str) -> None:
    """A whole new file of this text; raises ``RunError`` where it cannot be written."""
    with writing(path):
        replace_file(path, lambda file: file.write(text.encode()))


def _finite(value):
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value
