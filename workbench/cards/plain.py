"""Values as they may be shown to anybody: without the places of one machine, and flat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"(?<![\w.:/~}>-])(?:/[\w.+@ -]*[\w.+@-])+/?(?=$|[\s'\",;:)\]}])")
LONGEST, MOST = 8, 40
"""Entries of a list or mapping that are shown, or laid flat; of more only how many there are."""


def without_places(value: Any) -> Any:
    """The value with every absolute path in it cut down to its last part, as ``…/name``."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: "…/" + found[0].rstrip("/").rpartition("/")[2], value)
    if isinstance(value, Mapping):
        return {name: without_places(item) for name, item in value.items()}
    return [without_places(item) for item in value] if isinstance(value, list | tuple) else value


def flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Every inner value by its dotted name; empty and long mappings stay as they are."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, Mapping) and 0 < len(item) <= MOST:
            found |= flat(item, f"{before}{name}.")
        else:
            found[before + name] = item
    return found


def said(value: Any) -> str:
    """A value in a table: numbers as they are, long lists by their length, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        if len(value) > LONGEST:
            return f"{len(value)} entries"
        return ", ".join(f"{name}: {said(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        if len(value) > LONGEST:
            return f"{len(value)} entries"
        return ", ".join(said(item) for item in value) or "none"
    return str(value)
