"""What a page of documentation holds: fenced blocks that say how they are run, links, anchors.

A fence is ``python`` or ``sh``, which run, or anything else, which does not.  Its options:
``title="FILE"`` is a file that the reader writes; ``fails`` means that the message of the ``text``
block behind it comes (… for any words); ``not_run="WHY"`` is not run, and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUNNABLE = ("python", "sh")

_FENCE = re.compile(r"^```([\w-]*)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r'(\w+)(?:="([^"]*)")?')
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fence: its language, its options, its text, and the line on which that begins."""

    language: str
    options: dict[str, str]
    text: str
    line: int

    @property
    def runs(self) -> bool:
        """Whether it claims to run."""
        return self.language in RUNNABLE and "not_run" not in self.options


def blocks_of(text: str) -> list[Block]:
    """Every fence of a page, in order."""
    return [
        Block(
            match[1],
            dict(_OPTION.findall(match[2])),
            match[3],
            text.count("\n", 0, match.start()) + 2,
        )
        for match in _FENCE.finditer(text)
    ]


def without_code(text: str) -> str:
    """The prose of a page."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def links_of(text: str) -> list[str]:
    """Where the links and pictures of a page lead, outside of code."""
    return _LINK.findall(without_code(text))


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub gives to a page's headings, and those that the page sets itself."""
    found: set[str] = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        said = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", said).replace(" ", "-")
        number = 1
        while slug in found:
            slug = f"{slug.removesuffix(f'-{number - 1}')}-{number}"
            number += 1
        found.add(slug)
    return found
