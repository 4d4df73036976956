"""Several widgets as one, which keeps its picture in a saved notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import ipywidgets
from PIL import Image

from widgets.explorer import Explorer, refuse_unknown
from widgets.page import page
from widgets.saved_picture import png_bytes

if TYPE_CHECKING:
    import pandas

_GAP = 12


class Panel(ipywidgets.GridBox):
    """Widgets in ``columns`` side by side; the explorers among them make its picture and its page.

    .. image:: ../docs/pictures/panel.png

    ``linked`` names what the explorers that have it share ("word", "region", "layer"): chosen in
    one, it is chosen in all, in the browser and without the kernel; with a word or a region go the
    ones under the pointer.  A plain ``ipywidgets.VBox`` leaves nothing but its name where no kernel
    runs.
    """

    def __init__(
        self, *widgets: ipywidgets.DOMWidget, columns: int = 1, linked: Sequence[str] = ()
    ) -> None:
        if not widgets or columns < 1:
            raise ValueError(f"a panel needs a widget and a column; got {len(widgets)}, {columns}")
        self.columns, self.linked = columns, tuple(linked)
        layout = ipywidgets.Layout(
            grid_template_columns=f"repeat({columns}, minmax(0, 1fr))", grid_gap=f"{_GAP}px"
        )
        super().__init__(widgets, layout=layout)
        self._links: list[Any] = []
        self.link()

    @property
    def explorers(self) -> list[Explorer]:
        """The children that have a picture of their own."""
        return [child for child in self.children if isinstance(child, Explorer)]

    @property
    def links(self) -> list[tuple[str, list[Explorer]]]:
        """What goes together, by name, and the explorers that share it."""
        hovered = [f"hover_{name}" for name in self.linked if name in ("word", "region")]
        sharing = {
            name: [explorer for explorer in self.explorers if explorer.has_trait(name)]
            for name in (*self.linked, *hovered)
        }
        return [(name, explorers) for name, explorers in sharing.items() if len(explorers) > 1]

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The explorers' pictures, ``columns`` side by side, each at least as wide as it needs.

        A last one alone is as wide as all.  Raises ``ValueError`` for a panel without explorers.
        """
        if not self.explorers:
            raise ValueError("this panel has no explorer, so there is no picture of it")
        each = max(600, (width - _GAP * (self.columns - 1)) // self.columns)
        whole = each * self.columns + _GAP * (self.columns - 1)
        alone = len(self.explorers) % self.columns == 1 and len(self.explorers) > 1
        wide = [each] * (len(self.explorers) - 1) + [whole if alone else each]
        pictures = [
            explorer.to_image(room, scale)
            for explorer, room in zip(self.explorers, wide, strict=True)
        ]
        rows = [pictures[at : at + self.columns] for at in range(0, len(pictures), self.columns)]
        gap = round(_GAP * scale)
        widest = max(sum(p.width for p in row) + gap * (len(row) - 1) for row in rows)
        heights = [max(p.height for p in row) for row in rows]
        sheet = Image.new("RGB", (widest, sum(heights) + gap * (len(rows) - 1)), (255, 255, 255))
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

    def table(self) -> pandas.DataFrame:
        """What the explorers show, one table under the other, by the explorer and its own rows."""
        import pandas

        names = [f"{n} {type(one).__name__}" for n, one in enumerate(self.explorers, 1)]
        tables = [explorer.table() for explorer in self.explorers]
        return pandas.concat(tables, keys=names, names=["explorer", "row"])

    def state(self) -> dict[str, Any]:
        """Exactly what is looked at in each explorer, as plain values for JSON."""
        return {"explorers": [explorer.state() for explorer in self.explorers]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Look at what ``state`` describes.

        Raises ``ValueError`` for a state of another number of explorers, or with other entries.
        """
        refuse_unknown(type(self), state, ("explorers",))
        states = state.get("explorers", [])
        if len(states) != len(self.explorers):
            raise ValueError(
                f"the state tells of {len(states)} explorers, but this panel has "
                f"{len(self.explorers)}: make it of as many first"
            )
        for explorer, own in zip(self.explorers, states, strict=True):
            explorer.restore(own)

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any, **named: Any) -> Self:
        """A panel made of what is ``given``, as ``cls(*given, **named)``, in this state.

        Raises as ``restore``.
        """
        panel = cls(*given, **named)
        panel.restore(state)
        return panel

    def to_html(self, path: str | PathLike[str] | None = None, title: str = "") -> str:
        """A self-contained page with every explorer, also written to ``path`` if given."""
        number = {id(explorer): place for place, explorer in enumerate(self.explorers)}
        links = [(name, [number[id(one)] for one in sharing]) for name, sharing in self.links]
        parts = [explorer.page_part() for explorer in self.explorers]
        text = page(title or type(self).__name__, parts, columns=self.columns, links=links)
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def unlink(self) -> None:
        """Let the explorers go their own ways, until they are linked again."""
        for link in self._links:
            link.unlink()
            link.close()
        for name, explorers in self.links if self._links else []:
            for explorer in explorers:
                explorer.unobserve(self._hand_on, name)
        self._links = []

    def link(self) -> None:
        """Link the explorers (again): what is chosen in the first is then chosen in all."""
        self.unlink()
        self._links = list(self._linked_pairs())

    def _linked_pairs(self) -> Iterator[Any]:
        """Links in the browser; what Python chooses is handed on here, where no browser may be."""
        for name, explorers in self.links:
            for first, second in combinations(explorers, 2):
                setattr(second, name, getattr(explorers[0], name))
                yield ipywidgets.jslink((first, name), (second, name))
            for explorer in explorers:
                explorer.observe(self._hand_on, name)

    def _hand_on(self, change: Any) -> None:
        # what a browser chose has been handed on there: an answer from here would come too late
        if change.name in change.owner._property_lock:
            return
        for explorer in dict(self.links).get(change.name, []):
            if explorer is not change.owner:
                setattr(explorer, change.name, change.new)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data = super()._repr_mimebundle_(**kwargs)
        if data is None or not self.explorers:
            return data
        exact = [colour for explorer in self.explorers for colour in explorer._exact]
        png = png_bytes(self.to_image(), list(dict.fromkeys(exact))[:200])
        return {**data, "image/png": png, "text/plain": self.sentence()}
