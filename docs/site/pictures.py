"""Drawings become part of their page, so that they follow its palette and not the system's."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

DRAWING = re.compile(r'<p><img alt="[^"]*" src="([^"]+\.svg)" /></p>')


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the text of each SVG file where its picture would be."""
    folder = posixpath.dirname(page.url)

    def drawn(found: re.Match[str]) -> str:
        path = Path(config.docs_dir) / posixpath.normpath(posixpath.join(folder, found[1]))
        return f'<figure class="drawing" tabindex="0">\n{path.read_text("utf-8")}</figure>'

    return DRAWING.sub(drawn, html)
