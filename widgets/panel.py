"""Several widgets as one, which keeps its picture in a saved notebook."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
from PIL import Image

from widgets.explorer import Explorer
from widgets.page import page
from widgets.saved_picture import png_bytes

_GAP = 12


class Panel(ipywidgets.GridBox):
    """Widgets in ``columns`` side by side; the explorers among them make its picture and its page.

    A plain ``ipywidgets.VBox`` leaves nothing but its name where no kernel runs.
    """

    def __init__(self, *widgets: ipywidgets.DOMWidget, columns: int = 1) -> None:
        if not widgets or columns < 1:
            raise ValueError(f"a panel needs a widget and a column; got {len(widgets)}, {columns}")
        self.columns = columns
        layout = ipywidgets.Layout(
            grid_template_columns=f"repeat({columns}, minmax(0, 1fr))", grid_gap=f"{_GAP}px"
        )
        super().__init__(widgets, layout=layout)

    @property
    def explorers(self) -> list[Explorer]:
        """The children that have a picture of their own."""
        return [child for child in self.children if isinstance(child, Explorer)]

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The explorers' pictures, ``columns`` side by side, each at least as wide as it needs.

        Raises ``ValueError`` for a panel without explorers.
        """
        if not self.explorers:
            raise ValueError("this panel has no explorer, so there is no picture of it")
        each = max(600, (width - _GAP * (self.columns - 1)) // self.columns)
        pictures = [explorer.to_image(each, scale) for explorer in self.explorers]
        rows = [pictures[at : at + self.columns] for at in range(0, len(pictures), self.columns)]
        gap = round(_GAP * scale)
        whole = max(sum(p.width for p in row) + gap * (len(row) - 1) for row in rows)
        heights = [max(p.height for p in row) for row in rows]
        sheet = Image.new("RGB", (whole, sum(heights) + gap * (len(rows) - 1)), (255, 255, 255))
        top = 0
        for row, height in zip(rows, heights, strict=True):
            left = 0
            for picture in row:
                sheet.paste(picture, (left, top))
                left += picture.width + gap
            top += height + gap
        return sheet

    def sentence(self) -> str:
        """What the explorers show, one sentence each."""
        return " ".join(explorer.sentence() for explorer in self.explorers)

    def to_html(self, path: str | PathLike[str] | None = None, title: str = "") -> str:
        """A self-contained page with every explorer, also written to ``path`` if given."""
        text = page(title or "Panel", [explorer.page_part() for explorer in self.explorers])
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data = super()._repr_mimebundle_(**kwargs)
        if data is None or not self.explorers:
            return data
        exact = [colour for explorer in self.explorers for colour in explorer._exact]
        png = png_bytes(self.to_image(), list(dict.fromkeys(exact)))
        return {**data, "image/png": png, "text/plain": self.sentence()}
