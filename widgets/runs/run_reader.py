"""Reading a training run from its folder while it is being written: plain JSON, no training code.

A line that is still being written waits for its end, a line that is none is skipped, and of each
step the highest attempt counts.  Of several processes only the first one's events are read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from widgets.core.curves import Steps, keep_point, kept_points
from widgets.runs.run_points import (
    Measure,
    Point,
    is_number,
    losses_of,
    measures_of,
    number,
    point_of,
)

REQUESTS = ("stop", "pause", "checkpoint", "continue")
"""What a run understands."""

_EVENTS = re.compile(r"attempt-(\d+)\.rank-0\.jsonl")


@dataclass
class RunReader:
    """Follows the events of one run folder; ``poll`` answers only what is new.

    ``series`` holds the objectives' names in the order of their appearance, ``measures`` those of
    the numbers that are not of every step; both may be shared by the readers of several runs, so
    that one name means one index.
    """

    folder: Path
    series: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    steps: int = 0
    stop: dict[str, Any] | None = None
    paused: bool = False
    warning: str = ""
    attempt: int = 0
    _points: Steps = field(default_factory=dict, repr=False)
    _offsets: dict[Path, int] = field(default_factory=dict, repr=False)
    _ordered: list[Point] = field(default_factory=list, repr=False)
    _measured: Steps = field(default_factory=dict, repr=False)
    _new_measures: list[Measure] = field(default_factory=list, repr=False)

    def poll(self) -> list[Point]:
        """Points written since the last call that count, in the order they were written."""
        events = self._new_events()
        new = [point for event, attempt in events for point in self._take(event, attempt)]
        if all(_follows(a, b) for a, b in pairwise([*self._ordered[-1:], *new])):
            self._ordered += new
        else:  # a later attempt went over steps again
            self._ordered = [row for row in kept_points(self._points) if isinstance(row, Point)]
        return new

    def points(self) -> list[Point]:
        """Every point that counts, by step."""
        return self._ordered

    def new_measures(self) -> list[Measure]:
        """The measures that ``poll`` found since the last call of this."""
        new, self._new_measures = self._new_measures, []
        return new

    def measured(self) -> list[Measure]:
        """Every measure that counts, by step."""
        return [row for row in kept_points(self._measured) if isinstance(row, Measure)]

    def _new_events(self) -> Iterator[tuple[dict[str, Any], int]]:
        for attempt, path in _event_files(self.folder):
            offset = self._offsets.get(path, 0)
            try:
                with open(path, "rb") as file:
                    file.seek(offset)
                    whole, end, _ = file.read().rpartition(b"\n")
            except OSError:  # deleted between the listing and the look
                continue
            self._offsets[path] = offset + len(whole) + len(end)
            for line in whole.splitlines():
                event = _parsed(line)
                if event is not None:
                    yield event, attempt

    def _take(self, event: dict[str, Any], attempt: int) -> list[Point]:
        """Notes what an event says of the run; its points, if it is a step that counts."""
        if attempt > self.attempt:
            self.attempt, self.stop, self.warning = attempt, None, ""
        kind = event.get("kind")
        if attempt == self.attempt:
            self.paused = kind == "pause"
        if kind == "start":
            self.steps = int(number(event.get("steps"), self.steps))
        elif kind == "stop" and attempt == self.attempt:
            self.stop = event
        elif kind == "warning" and attempt == self.attempt:
            self.warning = str(event.get("message", ""))
        elif kind == "step":
            points = self._points_of(event, attempt)
            return [point for point in points if keep_point(self._points, point)]
        elif kind in ("validation", "machine") and is_number(event.get("step")):
            self._measure(event, attempt)
        return []

    def _points_of(self, event: dict[str, Any], attempt: int) -> list[Point]:
        """A point for every objective that the step trained, by series."""
        losses = losses_of(event).items()
        points = [
            point_of(event, attempt, _index(self.series, name), loss) for name, loss in losses
        ]
        return sorted(points, key=lambda point: point.series)

    def _measure(self, event: dict[str, Any], attempt: int) -> None:
        for name, value in measures_of(event).items():
            index = _index(self.measures, name)
            measure = Measure(int(event["step"]), attempt, index, value)
            if keep_point(self._measured, measure):
                self._new_measures.append(measure)


def ask(folder: Path, request: str) -> None:
    """Leave one of the ``REQUESTS`` for the run.

    A stop is never taken back, a pause not by a wish for a checkpoint (a pause writes one anyway).
    Raises ``ValueError`` for any other request, ``OSError`` where the folder cannot be written.
    """
    if request not in REQUESTS:
        known = ", ".join(repr(name) for name in REQUESTS)
        raise ValueError(f"a run understands {known}, not {request!r}")
    waiting = pending(folder)
    if waiting == "stop" or (waiting == "pause" and request == "checkpoint"):
        return
    control = folder / "control.json"
    temporary = folder / f".control.json.{os.getpid()}"
    temporary.write_text(json.dumps({"request": request}) + "\n", "utf-8")
    os.replace(temporary, control)


def pending(folder: Path) -> str:
    """The request the run has not taken yet, or ""."""
    return str((read_json(folder / "control.json") or {}).get("request", ""))


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None where there is none or it is being replaced."""
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return None


def _index(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _follows(last: Point, point: Point) -> bool:
    """Whether a point stands behind ``last``: at a later step, or a later series of the same."""
    if last.step == point.step:
        return last.attempt == point.attempt and last.series < point.series
    return last.step < point.step


def _event_files(folder: Path) -> list[tuple[int, Path]]:
    names = [(_EVENTS.fullmatch(path.name), path) for path in (folder / "events").glob("*.jsonl")]
    return sorted((int(match[1]), path) for match, path in names if match)


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return value if value.get("kind") != "step" or is_number(value.get("step")) else None
