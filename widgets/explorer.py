"""What every explorer offers: a picture for saved notebooks, a page for everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import anywidget
from PIL import Image

from widgets.core.colour import Colour
from widgets.page import PagePart, page
from widgets.saved_picture import png_bytes

if TYPE_CHECKING:
    import pandas

_WIDTH = 900  # what a notebook on GitHub has room for


class Explorer(anywidget.AnyWidget):
    """Base of the explorers; each brings ``to_image``, ``sentence``, ``table``, ``page_values``.

    ``_choices`` names the traits that say what is looked at; ``_exact`` are the colours that stand
    for numbers in its pictures.
    """

    _esm: ClassVar[str]
    _css: ClassVar[str]
    _exact: ClassVar[tuple[Colour, ...]] = ()
    _choices: ClassVar[tuple[str, ...]] = ()

    def to_image(self, width: int = _WIDTH, scale: float = 1) -> Image.Image:
        """The present view as a picture ``width`` units wide, ``scale`` pixels a unit."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What is shown, in one sentence."""
        raise NotImplementedError

    def table(self) -> pandas.DataFrame:
        """The numbers shown, one row each."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Exactly what is looked at, as plain values for JSON or a link."""
        return {name: getattr(self, name) for name in self._choices}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any) -> Self:
        """The explorer that ``state`` describes, of what is ``given`` (a record, runs).

        Raises ``ValueError`` for entries that such a state does not have.
        """
        refuse_unknown(cls, state, cls._choices)
        return cls(*given, **state)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Look at what ``state`` describes, all at once.

        Raises ``ValueError`` for entries that such a state does not have, and
        ``traitlets.TraitError`` for what is not there to be looked at; nothing then has changed.
        """
        refuse_unknown(type(self), state, self._choices)
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in state.items():
                setattr(self, name, value)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        raise NotImplementedError

    def page_part(self) -> PagePart:
        """This widget as a part of a saved page."""
        return PagePart(str(self._esm), str(self._css), self.page_values(), self.sentence())

    def to_html(self, path: str | PathLike[str] | None = None, title: str = "") -> str:
        """A self-contained interactive page, also written to ``path`` if given."""
        text = page(title or type(self).__name__, [self.page_part()])
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        png = png_bytes(self.to_image(), self._exact)
        return {**data, "image/png": png, "text/plain": self.sentence()}, metadata


def refuse_unknown(cls: type, state: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raises ``ValueError`` for entries that the state of such a widget does not have."""
    unknown = sorted(set(state) - set(known))
    if unknown:
        raise ValueError(
            f"the state of {cls.__name__} has no {', '.join(unknown)}; it has {', '.join(known)}"
        )
