"""What a page of documentation holds: fenced blocks that say how they are run, links, anchors.

A fence is ``python`` or ``sh``, which run, or anything else, which does not.  One with
``title="FILE"`` is a file that the reader writes.  A comment above it, which no reader sees, says
more: ``fails`` means that the message of the ``text`` block behind it comes (… for any words),
``not run: WHY`` that it does not run.  (More words on the fence itself unmake it on the site.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUNNABLE = ("python", "sh")

_FENCE = re.compile(
    r"(?:^<!-- (fails|not run: [^\n]*?) -->\n\n)?"
    r'^```([\w-]*)(?:[ \t]+title="([^"\n]*)")?[ \t]*([^\n]*)\n(.*?)^```[ \t]*$',
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fence: its language, its text and the line on which that begins, and what is said of it.

    ``strange`` is what else stands on the fence.
    """

    language: str
    text: str
    line: int
    title: str = ""
    fails: bool = False
    not_run: str = ""
    strange: str = ""

    @property
    def runs(self) -> bool:
        """Whether it claims to run."""
        return self.language in RUNNABLE and not self.not_run


def blocks_of(text: str) -> list[Block]:
    """Every fence of a page, in order."""
    found = []
    for match in _FENCE.finditer(text):
        said, language, title, strange, inside = (part or "" for part in match.groups())
        line = text.count("\n", 0, match.start(5)) + 1
        why = said.removeprefix("not run: ") if said.startswith("not run") else ""
        found.append(Block(language, inside, line, title, said == "fails", why, strange))
    return found


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
