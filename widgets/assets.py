"""JavaScript and styles of a widget as one text each: no bundler, no network, nothing to commit.

A view imports what it needs by relative path.  Here those imports are followed and every file is
laid end to end once, its ``import`` lines and ``export`` words taken off.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_ANY_IMPORT = re.compile(r"^\s*import\b.*$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|class|async)", re.MULTILINE)


def module(view: str) -> str:
    """The ES module of the view file with this name, everything it imports laid before it.

    Raises ``ValueError`` for an import this joining does not understand (renames, packages).
    """
    parts: list[str] = []
    _collect(FOLDER / view, parts, [])
    text = "\n".join(parts)
    if re.search(r"</script|<!--", text, re.IGNORECASE):
        raise ValueError(f"{view} or a file it imports holds text that would end a <script>")
    return text


def style(name: str) -> str:
    """The shared theme followed by the style of one widget."""
    return "\n".join((FOLDER / file).read_text("utf-8") for file in ("theme.css", name))


def _collect(path: Path, parts: list[str], seen: list[Path]) -> None:
    path = path.resolve()
    if path in seen:
        return
    seen.append(path)
    text = path.read_text("utf-8")
    for relative in _IMPORT.findall(text):
        _collect(path.parent / relative, parts, seen)
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    left = _ANY_IMPORT.search(body)
    if left:
        raise ValueError(
            f"{path.name}: {left.group().strip()!r} cannot be joined; "
            'write imports as: import { name } from "./file.js";'
        )
    parts.append(f"// ---- {path.name}\n{body}")
