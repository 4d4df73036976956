"""Blocks of code may say how the tests run them (``fails``, ``not_run``); readers see the title."""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

FENCE = re.compile(r"^(\s*```+\w+)[ ]+(\S.*)$", re.MULTILINE)
TITLE = re.compile(r"title=\"[^\"]*\"")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave of every opening fence the language and the title."""

    def opened(found: re.Match[str]) -> str:
        title = TITLE.search(found[2])
        return f"{found[1]} {title[0]}" if title else found[1]

    return FENCE.sub(opened, markdown)
