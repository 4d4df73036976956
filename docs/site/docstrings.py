"""Docstrings as Markdown: plain sentences with a few marks of reStructuredText."""

from __future__ import annotations

import re
from typing import Any

import griffe

LITERAL = re.compile(r"``(.+?)``", re.DOTALL)
IMAGE = re.compile(r"^\.\. image:: \S*docs/(\S+)$", re.MULTILINE)
EXAMPLE = re.compile(r"::\n(?=\n[ ]{4})")
BRACKETS = re.compile(r"(`[^`]*`)|\](?=\s?\[)")


def as_markdown(text: str, name: str) -> str:
    """A docstring whose literals, pictures and examples a Markdown reader understands.

    Pictures are looked for beside the folder of the page, as all of the reference are.
    """
    text = LITERAL.sub(r"`\1`", text)
    text = IMAGE.sub(rf"![What {name} draws](../\1)", text)
    text = EXAMPLE.sub(":\n", text)
    return BRACKETS.sub(lambda found: found[1] or "\\]", text)  # [CLS][SEP] is no link


class Markdown(griffe.Extension):
    """Rewrites every docstring that mkdocstrings is going to show."""

    def on_object(self, *, obj: griffe.Object, loader: griffe.GriffeLoader, **kwargs: Any) -> None:
        """One object that was read from the source."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value, obj.name)
