"""Tutorials: every notebook as a page, with the outputs that are committed; nothing is executed."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
DRESS = re.compile(r"<style.*?</style>|\s*\n\s*| (?:border|class|style)=\"[^\"]*\"", re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and its pictures."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        text, pictures = as_page(json.loads(path.read_text("utf-8")), path.stem)
        files.append(File.generated(config, f"tutorials/{path.stem}.md", content=text))
        for name, content in pictures.items():
            files.append(File.generated(config, f"tutorials/{name}", content=content))
    return files


def as_page(notebook: dict, stem: str) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, and the pictures of its outputs by their names beside the page."""
    blocks: list[str] = []
    pictures: dict[str, bytes] = {}
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            blocks.append(source)
        elif source.strip():
            blocks.append(fenced(source, "python"))
            for place, output in enumerate(cell["outputs"]):
                png = output.get("data", {}).get("image/png")
                if png:
                    name = f"{stem}/{number}-{place}.png"
                    pictures[name] = base64.b64decode("".join(png))
                    blocks.append(f"![{said_of(output)}]({name})")
                else:
                    blocks.append(as_text(output))
    where = f"*This is `notebooks/{stem}.ipynb`; in JupyterLab its pictures are alive.*"
    return "\n\n".join([blocks[0], where, *filter(None, blocks[1:])]) + "\n", pictures


def said_of(output: dict) -> str:
    """A picture in words: the sentence that an explorer says, where it has one."""
    said = "".join(output["data"].get("text/plain", ""))
    return "A picture, as the text says" if said[:1] in "<" else " ".join(said.split())


def as_text(output: dict) -> str:
    """A table or a text that a cell has given."""
    table = "".join(output.get("data", {}).get("text/html", ""))
    if "<table" in table and "<script" not in table:
        return DRESS.sub("", table)
    said = output.get("text") or output.get("data", {}).get("text/plain") or ""
    said = COLOURS.sub("", "".join(said)).rstrip()
    return fenced(said.split("\r")[-1], "text") if said else ""


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"````{language}\n{text.rstrip()}\n````"
