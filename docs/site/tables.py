"""Tables: the empty corner above the names of the rows is a cell and no heading."""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

CORNER = re.compile(r"<th[^>]*></th>")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Those who listen to a page are not told of headings that say nothing."""
    return CORNER.sub("<td></td>", html)
