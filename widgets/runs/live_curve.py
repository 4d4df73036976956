"""The curves of a training run while it trains, and after: losses, speed, learning rate, state."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import traitlets
from PIL import Image

from widgets import assets
from widgets.core.colour import SERIES_LIGHT, Colour
from widgets.explorer import Explorer, refuse_unknown
from widgets.runs.curve_charts import charts_of
from widgets.runs.curve_messages import packed_measures, packed_points, thinned
from widgets.runs.curve_picture import draw
from widgets.runs.run_points import Measure, Point
from widgets.runs.run_reader import REQUESTS, RunReader, ask
from widgets.runs.run_status import RunStatus, status_of

if TYPE_CHECKING:
    import pandas

_SHORTEST_PAUSE = 0.2
_IDLE_PAUSE = 2.0  # seconds between looks at runs that have ended: one may be resumed
_PAGE_TRAITS = ("names", "statuses", "series", "measures", "identifier")


class LiveCurve(Explorer):
    """The losses of one run or several, one small chart an objective, drawn while they train.

    .. image:: ../../docs/pictures/live-curve.png

    A step that trained several objectives at once adds a point to each of their charts.
    ``runs`` is a run folder, anything with a ``path`` to one, or several of them; a folder may
    still be empty.  A thread reads what is new every ``interval`` seconds (0.2 or more) and sends
    only that.  ``smoothing`` 0..0.99 is the weight of the past in the thick line; ``details`` adds
    charts of tokens, padding, waiting, gradient norm and the machine; ``buttons`` are those that
    ask a run to pause, write a checkpoint or stop.
    """

    _esm: ClassVar[str] = assets.module("runs/live_curve.js")
    _css: ClassVar[str] = assets.style("runs/live_curve.css")
    _exact: ClassVar[tuple[Colour, ...]] = SERIES_LIGHT
    _choices: ClassVar[tuple[str, ...]] = ("smoothing", "logarithmic", "details")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    statuses = traitlets.List(traitlets.Dict()).tag(sync=True)
    series = traitlets.List(traitlets.Unicode()).tag(sync=True)
    measures = traitlets.List(traitlets.Unicode()).tag(sync=True)
    smoothing = traitlets.Float(0.9, min=0, max=0.99).tag(sync=True)
    logarithmic = traitlets.Bool(False).tag(sync=True)
    details = traitlets.Bool(False).tag(sync=True)
    buttons = traitlets.Bool(True).tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    identifier = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Bytes().tag(sync=True)
    measured = traitlets.Bytes().tag(sync=True)
    snapshot_count = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        runs: Any,
        *,
        smoothing: float = 0.9,
        logarithmic: bool = False,
        details: bool = False,
        buttons: bool = True,
        interval: float = 0.5,
    ) -> None:
        self._ended = threading.Event()  # first: an object that was never finished is closed too
        if interval < _SHORTEST_PAUSE:
            raise ValueError(f"interval must be {_SHORTEST_PAUSE} s or more, got {interval}")
        self.folders = _folders(runs)
        self._interval = interval
        self._series: list[str] = []
        self._measures: list[str] = []
        self._readers = [RunReader(f, self._series, self._measures) for f in self.folders]
        self._sent = sum(len(some) for news in self._news() for some in news)
        self._lock = threading.RLock()
        super().__init__(
            names=[folder.name for folder in self.folders],
            smoothing=smoothing,
            logarithmic=logarithmic,
            details=details,
            buttons=buttons,
            identifier=uuid.uuid4().hex,
        )
        self._describe()
        self.on_msg(self._hear)
        threading.Thread(target=self._follow, name="live-curve", daemon=True).start()

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any) -> Self:
        """The curves that ``state`` describes, read from its folders, or from the ``given`` runs.

        Raises ``ValueError`` for entries that such a state does not have.
        """
        refuse_unknown(cls, state, ("runs", *cls._choices))
        choices = {name: value for name, value in state.items() if name != "runs"}
        return cls(*(given or (state["runs"],)), **choices)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show these runs as ``state`` describes; whose they were is passed over."""
        super().restore({name: value for name, value in state.items() if name != "runs"})

    def state(self) -> dict[str, Any]:
        """Which runs are shown and how, as plain values for JSON."""
        return {"runs": [str(folder) for folder in self.folders], **super().state()}

    def stop(self, run: int = 0) -> None:
        """Ask a run to write a checkpoint and end."""
        self._ask(run, "stop")

    def pause(self, run: int = 0) -> None:
        """Ask a run to write a checkpoint and wait, process and all."""
        self._ask(run, "pause")

    def go_on(self, run: int = 0) -> None:
        """Ask a paused run to go on."""
        self._ask(run, "continue")

    def checkpoint_now(self, run: int = 0) -> None:
        """Ask a run for a checkpoint after the step in hand."""
        self._ask(run, "checkpoint")

    def update(self) -> None:
        """Read what is new now, without waiting for the thread."""
        with self._lock:
            news = self._news()
            count = sum(len(some) for both in news for some in both)
            self._describe()
            if count:
                content = {"kind": "points", "start": self._sent}
                self._sent += count
                points, measures = zip(*news, strict=True)
                self.send(content, [self._packed(points), packed_measures(measures)])

    def run_statuses(self) -> list[RunStatus]:
        """The state of every run."""
        return [status_of(reader, self.smoothing) for reader in self._readers]

    def sentence(self) -> str:
        """The state of every run, one sentence each."""
        return " ".join(status.sentence() for status in self.run_statuses())

    def table(self) -> pandas.DataFrame:
        """Every point: run, step, attempt, objective, loss and what else is known of its step."""
        import pandas

        rows = [
            {"run": reader.folder.name, **point._asdict()}
            for reader in self._readers
            for point in reader.points()
        ]
        columns = ["run", *Point._fields]
        frame = pandas.DataFrame(rows, columns=columns)
        frame["series"] = [self._series[index] for index in frame["series"]]
        return frame.rename(columns={"series": "objective"})

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """Every chart as a still picture, at least 500 wide."""
        if width < 500:
            raise ValueError(f"a picture of curves needs a width of 500 or more, got {width}")
        points = [reader.points() for reader in self._readers]
        measured = [reader.measured() for reader in self._readers]
        charts = charts_of(self._series, points, self._measures, measured, self.details)
        return draw(self.run_statuses(), charts, self.smoothing, self.logarithmic, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, with every curve as it is now."""
        values = {name: getattr(self, name) for name in (*_PAGE_TRAITS, *self._choices)}
        return {**values, **self._history(), "live": False, "buttons": False, "problem": ""}

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits for the browser; one that joins late gets every curve as it is now."""
        state = super().get_state(key, drop_defaults)
        if "snapshot" in state:
            with self._lock:
                state.update(self._history())
        return state

    def close(self) -> None:
        """Stop following and take the view away."""
        self._ended.set()
        super().close()

    def _follow(self) -> None:
        while not self._ended.wait(self._pause()):
            self.update()

    def _pause(self) -> float:
        active = any(s["state"] in ("running", "paused", "waiting") for s in self.statuses)
        return self._interval if active else max(self._interval, _IDLE_PAUSE)

    def _describe(self) -> None:
        # names before points: the browser must know an objective before its first loss
        self.series, self.measures = list(self._series), list(self._measures)
        self.statuses = [
            {**asdict(status), "sentence": status.sentence(), "facts": status.facts()}
            for status in self.run_statuses()
        ]

    def _hear(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        request = content.get("request")
        if request == "history":
            with self._lock:
                answer, history = {"kind": "history", "start": self._sent}, self._history()
                self.send(answer, [history["snapshot"], history["measured"]])
        elif request in REQUESTS:
            self._ask(int(content.get("run", 0)), request)

    def _ask(self, run: int, request: str) -> None:
        if not 0 <= run < len(self.folders):
            raise ValueError(f"run {run} was given; there are runs 0 to {len(self.folders) - 1}")
        try:
            ask(self.folders[run], request)
            self.problem = ""
        except OSError as problem:
            self.problem = f"cannot ask {self.names[run]} to {request}: {problem}"
        self.update()

    def _news(self) -> list[tuple[list[Point], list[Measure]]]:
        """What is new of every run."""
        return [(reader.poll(), reader.new_measures()) for reader in self._readers]

    def _history(self) -> dict[str, Any]:
        """Every curve as it is now, and how much had been sent then."""
        count = len(self._series)
        points = [thinned(reader.points(), count) for reader in self._readers]
        measured = packed_measures([reader.measured() for reader in self._readers])
        return {
            "snapshot": self._packed(points),
            "measured": measured,
            "snapshot_count": self._sent,
        }

    def _packed(self, points: Sequence[Sequence[Point]]) -> bytes:
        began = [reader.points()[0].time if reader.points() else 0.0 for reader in self._readers]
        return packed_points(points, began)


def _folders(runs: Any) -> list[Path]:
    several = runs if isinstance(runs, list | tuple) else [runs]
    folders = [Path(getattr(run, "path", run)) for run in several if _is_run(run)]
    if not folders or len(folders) < len(several):
        raise ValueError(f"give a run folder or a list of them, got {runs!r}")
    return folders


def _is_run(run: Any) -> bool:
    return isinstance(getattr(run, "path", run), str | PathLike)
