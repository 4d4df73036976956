"""One selection for several explorers: the same pair, word, region, layer and head in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

import traitlets
from PIL import Image

from widgets.attention.change import AttentionChange, Rerun
from widgets.attention.record import AttentionRecord
from widgets.attention.view import AttentionView
from widgets.attribution.record import AttributionRecord
from widgets.attribution.view import AttributionView
from widgets.core.text import readable_pieces
from widgets.explorer import Explorer, refuse_unknown
from widgets.guesses.record import GuessRecord
from widgets.guesses.view import GuessView
from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.neighbourhoods import Neighbourhoods
from widgets.panel import Panel
from widgets.retrieval.record import RetrievalRun
from widgets.retrieval.view import RetrievalView

if TYPE_CHECKING:
    import pandas

EXPLORERS = ("retrieval", "attention", "attribution", "guesses", "neighbours")


class Look(Protocol):
    """What a session asks; one that cannot answer something just lacks that method.

    A pair is sentence ``i`` beside picture ``j``, numbered as in ``retrieval()``.
    """

    def attention(self, sentence: int, picture: int) -> AttentionRecord:
        """Every attention weight of a pair."""
        ...

    def rerun(self, sentence: int, picture: int) -> Rerun:
        """Runs the model again on that pair, changed."""
        ...

    def attribution(self, sentence: int, picture: int) -> AttributionRecord:
        """What an answer about a pair rests on."""
        ...

    def guesses(self, sentence: int, picture: int) -> GuessRecord:
        """What is guessed for hidden words and regions of a pair."""
        ...

    def retrieval(self) -> RetrievalRun:
        """Every sentence against every picture."""
        ...

    def embeddings(self) -> EmbeddingTable:
        """Words and regions of the pairs as points."""
        ...


class Session(traitlets.HasTraits):
    """Explorers of one model that go together: what is chosen in one is chosen in all.

    .. image:: ../docs/pictures/session.png

    ``look`` answers what they show (see ``Look``); ``pair`` is [sentence, picture].  An explorer
    is made when it is first asked for, each once: show them in cells of their own, or together
    with ``panel``.  Opening a pair in the retrieval browser brings it into the others; a word that
    is chosen becomes the centre of its neighbourhood.  ``other`` is a second model's look at the
    same pairs, for the retrieval browser.
    Raises ``LookupError`` for an explorer whose question the look cannot answer.
    """

    pair = traitlets.List(traitlets.Int(), default_value=[0, 0], minlen=2, maxlen=2)

    def __init__(self, look: Any, other: Any = None, pair: tuple[int, int] = (0, 0)) -> None:
        super().__init__(pair=list(pair))
        self.look, self.other = look, other
        self.made: dict[str, Explorer] = {}
        self._bond: Panel | None = None
        self._panels: list[Panel] = []
        self.observe(lambda change: self._open(), "pair")

    @cached_property
    def attention(self) -> AttentionView:
        """Who looks at whom in the pair; words, regions and heads can be taken away."""
        again = self._again if hasattr(self.look, "rerun") else None
        view = AttentionView(self._asked("attention")(*self.pair), again)
        view.observe(lambda change: self._centre_on_word(), ["word", "words"])
        return self._joined("attention", view)

    @cached_property
    def attribution(self) -> AttributionView:
        """What the model's answer about the pair rests on."""
        view = AttributionView(self._asked("attribution")(*self.pair))
        return self._joined("attribution", view)

    @cached_property
    def guesses(self) -> GuessView:
        """What is guessed for each word of the pair, with and without the picture."""
        return self._joined("guesses", GuessView(self._asked("guesses")(*self.pair)))

    @cached_property
    def retrieval(self) -> RetrievalView:
        """Which picture a sentence finds; a click on a pair opens it everywhere."""
        other = None if self.other is None else self.other.retrieval()
        view = RetrievalView(self._asked("retrieval")(), other, opened=self.pair)
        traitlets.link((self, "pair"), (view, "opened"), (list, lambda pair: pair or self.pair))
        return self._joined("retrieval", view)

    @cached_property
    def neighbours(self) -> Neighbourhoods:
        """What stands near the chosen word, in the model's space."""
        view = self._joined("neighbours", Neighbourhoods(self._asked("embeddings")()))
        self._centre_on_word()
        return view

    def panel(self, *names: str, columns: int = 1) -> Panel:
        """Explorers together, linked in the browser too; by default those made so far.

        Raises ``ValueError`` for a name that is none of ``EXPLORERS``.
        """
        unknown = [name for name in names if name not in EXPLORERS]
        if unknown:
            raise ValueError(f"a session has no {unknown[0]!r}; it has {', '.join(EXPLORERS)}")
        chosen = [getattr(self, name) for name in names or tuple(self.made) or ("attention",)]
        alike = self._alike([one for one in chosen if isinstance(one, _OF_A_PAIR)])
        panel = Panel(*chosen, columns=columns, linked=("word", "region") if alike else ())
        self._panels.append(panel)
        return panel

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The explorers made so far, one under the other."""
        return self._still().to_image(width, scale)

    def to_html(self, path: str | PathLike[str] | None = None, title: str = "Session") -> str:
        """A self-contained page of the explorers made so far, also written to ``path`` if given."""
        return self._still().to_html(path, title)

    def sentence(self) -> str:
        """What the explorers made so far show, one sentence each."""
        return self._still().sentence()

    def table(self) -> pandas.DataFrame:
        """The tables of the explorers made so far, one under the other."""
        return self._still().table()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.panel()._repr_mimebundle_(**kwargs)

    def state(self) -> dict[str, Any]:
        """Exactly what is looked at, as plain values for JSON."""
        looks = {name: explorer.state() for name, explorer in self.made.items()}
        return {"pair": list(self.pair), "explorers": looks}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], look: Any, other: Any = None) -> Session:
        """The session that ``state`` describes; raises ``ValueError`` for unknown entries."""
        refuse_unknown(cls, state, ("pair", "explorers"))
        session = cls(look, other, tuple(state["pair"]))
        states = state.get("explorers", {})
        refuse_unknown(cls, states, EXPLORERS)
        for name, own in states.items():
            getattr(session, name).restore(own)
        return session

    def _asked(self, question: str) -> Callable[..., Any]:
        if not hasattr(self.look, question):
            raise LookupError(
                f"{type(self.look).__name__} cannot be asked for {question}: give it a method "
                f"{question}, see widgets.session.Look"
            )
        return getattr(self.look, question)

    def _again(self, change: AttentionChange) -> AttentionRecord:
        return self.look.rerun(*self.pair)(change)

    def _joined(self, name: str, view: Any) -> Any:
        self.made[name] = view
        self._unlink()
        self._link()
        return view

    def _still(self) -> Panel:
        """The explorers made so far as they are now, not followed to another pair."""
        panel = self.panel()
        self._panels.remove(panel)
        panel.unlink()
        return panel

    def _alike(self, explorers: Sequence[Any]) -> bool:
        """Whether explorers number the words of the pair alike.

        Guesses do not count rows that an encoder adds to the words.
        """
        return len({len(one.record.words) for one in explorers}) < 2

    def _link(self) -> None:
        """Words and regions go together in explorers that are shown in cells of their own, too."""
        pairs = [one for one in self.made.values() if isinstance(one, _OF_A_PAIR)]
        same = [one for one in pairs if self._alike([pairs[0], one])]
        if len(same) > 1:
            self._bond = Panel(*same, linked=("word", "region"))  # never shown: it only links

    def _unlink(self) -> None:
        if self._bond is not None:
            self._bond.unlink()
            self._bond = None

    def _open(self) -> None:
        """Bring the pair into every explorer made so far, the quickest first."""
        self._unlink()  # a word of the next sentence need not be one of the last
        for panel in self._panels:
            panel.unlink()
        try:
            for name in ("attention", "guesses", "attribution"):
                if name in self.made:
                    self.made[name].show(self._asked(name)(*self.pair))  # type: ignore[attr-defined]
        finally:
            self._link()
            for panel in self._panels:
                panel.link()

    def _centre_on_word(self) -> None:
        view, seen = self.made.get("neighbours"), self.made.get("attention")
        if not isinstance(view, Neighbourhoods) or not isinstance(seen, AttentionView):
            return
        if 0 <= seen.word < len(seen.words):
            word = readable_pieces(seen.words)[seen.word][0]
            try:
                view.centre = view.find(word)
            except ValueError:
                return  # a piece, or a mark: no point of its own


_OF_A_PAIR = (AttentionView, AttributionView, GuessView)
