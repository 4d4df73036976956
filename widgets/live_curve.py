"""The curves of a training run while it trains, and after: losses, speed, learning rate, state."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets
from jaxtyping import Float32
from PIL import Image

from widgets import assets
from widgets.core.colour import SERIES_LIGHT, Colour
from widgets.core.curves import thin
from widgets.curve_picture import draw
from widgets.explorer import Explorer
from widgets.run_reader import Point, RunReader, ask
from widgets.run_status import RunStatus, status_of

if TYPE_CHECKING:
    import pandas

_SHORTEST_PAUSE = 0.2
_IDLE_PAUSE = 2.0  # seconds between looks at runs that have ended: one may be resumed
_KEPT = 2000  # points of one curve that the browser gets at once
_PAGE_TRAITS = ("names", "statuses", "series", "smoothing", "logarithmic", "identifier")


class LiveCurve(Explorer):
    """The losses of one run or several, one small chart an objective, drawn while they train.

    A step that trained several objectives at once adds a point to each of their charts.
    ``runs`` is a run folder, anything with a ``path`` to one, or several of them; a folder may
    still be empty.  A thread reads what is new every ``interval`` seconds (0.2 or more) and sends
    only that.  ``smoothing`` 0..0.99 is the weight of the past in the thick line.
    """

    _esm: ClassVar[str] = assets.module("live_curve.js")
    _css: ClassVar[str] = assets.style("live_curve.css")
    _exact: ClassVar[tuple[Colour, ...]] = SERIES_LIGHT

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    statuses = traitlets.List(traitlets.Dict()).tag(sync=True)
    series = traitlets.List(traitlets.Unicode()).tag(sync=True)
    smoothing = traitlets.Float(0.9, min=0, max=0.99).tag(sync=True)
    logarithmic = traitlets.Bool(False).tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    identifier = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Bytes().tag(sync=True)
    snapshot_count = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        runs: Any,
        *,
        smoothing: float = 0.9,
        logarithmic: bool = False,
        interval: float = 0.5,
    ) -> None:
        self._ended = threading.Event()  # first: an object that was never finished is closed too
        if interval < _SHORTEST_PAUSE:
            raise ValueError(f"interval must be {_SHORTEST_PAUSE} s or more, got {interval}")
        self.folders = _folders(runs)
        self._interval = interval
        self._series: list[str] = []
        self._readers = [RunReader(folder, self._series) for folder in self.folders]
        self._sent = sum(len(reader.poll()) for reader in self._readers)
        self._lock = threading.RLock()
        super().__init__(
            names=[folder.name for folder in self.folders],
            smoothing=smoothing,
            logarithmic=logarithmic,
            identifier=uuid.uuid4().hex,
        )
        self._describe()
        self.on_msg(self._hear)
        threading.Thread(target=self._follow, name="live-curve", daemon=True).start()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> LiveCurve:
        """The curves that ``state`` describes, read again from their folders."""
        unknown = sorted(set(state) - {"runs", "smoothing", "logarithmic"})
        if unknown:
            raise ValueError(
                f"a live curve's state has no {', '.join(unknown)}; "
                "it has runs, smoothing, logarithmic"
            )
        return cls(**state)

    def state(self) -> dict[str, Any]:
        """Which runs are shown and how, as plain values for JSON."""
        return {
            "runs": [str(folder) for folder in self.folders],
            "smoothing": self.smoothing,
            "logarithmic": self.logarithmic,
        }

    def stop(self, run: int = 0) -> None:
        """Ask a run to write a checkpoint and end."""
        self._ask(run, "stop")

    def checkpoint_now(self, run: int = 0) -> None:
        """Ask a run for a checkpoint after the step in hand."""
        self._ask(run, "checkpoint")

    def update(self) -> None:
        """Read what is new now, without waiting for the thread."""
        with self._lock:
            news = [reader.poll() for reader in self._readers]
            count = sum(len(points) for points in news)
            self._describe()
            if count:
                content = {"kind": "points", "start": self._sent}
                self._sent += count
                self.send(content, buffers=[self._packed(news)])

    def run_statuses(self) -> list[RunStatus]:
        """The state of every run."""
        return [status_of(reader, self.smoothing) for reader in self._readers]

    def sentence(self) -> str:
        """The state of every run, one sentence each."""
        return " ".join(status.sentence() for status in self.run_statuses())

    def table(self) -> pandas.DataFrame:
        """Every point: run, step, attempt, objective, loss, rate, pairs per second, time."""
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
        statuses = self.run_statuses()
        return draw(statuses, self._series, points, self.smoothing, self.logarithmic, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, with every curve as it is now."""
        values = {name: getattr(self, name) for name in _PAGE_TRAITS}
        history = {"snapshot": self._history(), "snapshot_count": self._sent}
        return {**values, **history, "live": False, "problem": ""}

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits for the browser; one that joins late gets every curve as it is now."""
        state = super().get_state(key, drop_defaults)
        if "snapshot" in state:
            with self._lock:
                state.update(snapshot=self._history(), snapshot_count=self._sent)
        return state

    def close(self) -> None:
        """Stop following and take the view away."""
        self._ended.set()
        super().close()

    def _follow(self) -> None:
        while not self._ended.wait(self._pause()):
            self.update()

    def _pause(self) -> float:
        active = any(status["state"] in ("running", "waiting") for status in self.statuses)
        return self._interval if active else max(self._interval, _IDLE_PAUSE)

    def _describe(self) -> None:
        # names before points: the browser must know an objective before its first loss
        self.series = list(self._series)
        self.statuses = [
            {**asdict(status), "sentence": status.sentence()} for status in self.run_statuses()
        ]

    def _hear(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        request = content.get("request")
        if request == "history":
            with self._lock:
                answer = {"kind": "history", "start": self._sent}
                self.send(answer, buffers=[self._history()])
        elif request in ("stop", "checkpoint"):
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

    def _history(self) -> bytes:
        count = len(self._series)
        return self._packed([_thinned(reader.points(), count) for reader in self._readers])

    def _packed(self, points: Sequence[Sequence[Point]]) -> bytes:
        """Rows of 8 float32: run and then a point, its time in seconds since the run began."""
        rows = [
            (run, *point[:6], point.time - self._readers[run].points()[0].time)
            for run, some in enumerate(points)
            for point in some
        ]
        packed: Float32[np.ndarray, "points 8"] = np.array(rows, dtype="<f4").reshape(-1, 8)
        return packed.tobytes()


def _thinned(points: Sequence[Point], series: int) -> list[Point]:
    kept: list[Point] = []
    for index in range(series):
        own = [point for point in points if point.series == index]
        kept.extend(own[place] for place in thin([point.loss for point in own], _KEPT))
    return sorted(kept, key=lambda point: point.step)


def _folders(runs: Any) -> list[Path]:
    several = runs if isinstance(runs, list | tuple) else [runs]
    folders = [Path(getattr(run, "path", run)) for run in several if _is_run(run)]
    if not folders or len(folders) < len(several):
        raise ValueError(f"give a run folder or a list of them, got {runs!r}")
    return folders


def _is_run(run: Any) -> bool:
    return isinstance(getattr(run, "path", run), str | PathLike)
