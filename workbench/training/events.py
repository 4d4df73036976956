"""What happens in a run, as lines of JSON: one file per attempt and rank, only ever appended to."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.training.errors import RunError, unwritable, writing
from workbench.training.folder import RunFolder

_TAIL = 65536  # bytes; nearly every line is far shorter
_FILE_NAME = re.compile(r"attempt-(\d+)\.rank-(\d+)\.jsonl")


@dataclass(frozen=True)
class Event:
    """One line: when (Unix seconds), after how many steps, what kind, and its facts.

    ``attempt``, ``rank`` and ``line`` say where it is written: they come from the file.
    """

    time: float
    step: int
    kind: str
    facts: Mapping[str, Any]
    attempt: int = 1
    rank: int = 0
    line: int = field(default=0, compare=False)

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    def as_json(self) -> dict[str, Any]:
        """Everything as one flat record."""
        place = {"attempt": self.attempt} | ({"rank": self.rank} if self.rank else {})
        return {"time": self.time, "step": self.step, "kind": self.kind, **place, **self.facts}


class EventWriter:
    """Appends events, each by one system call, so that a killed process loses none.

    Raises ``RunError`` when the file cannot be written.
    """

    def __init__(self, folder: RunFolder, attempt: int, rank: int = 0) -> None:
        self.path = folder.events_file(attempt, rank)
        self.attempt = attempt
        self.rank = rank
        self.last: Event | None = None
        self._lines = 0
        self._torn = False
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, kind: str, step: int, **facts: Any) -> Event:
        """Appends one event and returns it; numbers that are not finite become null."""
        facts = {name: _finite(value) for name, value in facts.items()}
        event = Event(
            round(time.time(), 3), step, kind, facts, self.attempt, self.rank, self._lines
        )
        record = {"time": event.time, "step": step, "kind": kind, **facts}
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        # A line that a full disk cut short is ended first, so that it spoils no other.
        line = b"\n" + line if self._torn else line
        try:
            written = os.write(self._file, line)
        except OSError as problem:
            raise unwritable(self.path, problem) from problem
        self._torn = written < len(line)
        if self._torn:
            raise RunError(f"cannot write {self.path}: the disk is full; free some space, resume")
        self._lines += 1
        self.last = event
        return event

    def sync(self) -> None:
        """Makes everything written so far survive a power cut."""
        with writing(self.path):
            os.fsync(self._file)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class EventReader:
    """Reads what was appended since the last look; an unfinished last line waits for its end.

    The first process speaks for the run; ``rank`` asks for another one's events, None for all.
    """

    def __init__(self, folder: RunFolder, rank: int | None = 0) -> None:
        self.folder = folder
        self.rank = rank
        self._read: dict[Path, tuple[int, int]] = {}

    def read(self) -> list[Event]:
        """New events of every attempt, in the order of their files and lines."""
        found: list[Event] = []
        for attempt, rank, path in _files(self.folder):
            if self.rank not in (None, rank):
                continue
            offset, number = self._read.get(path, (0, 0))
            with open(path, "rb") as file:
                file.seek(offset)
                whole, end, _ = file.read().rpartition(b"\n")
            lines = (whole + end).splitlines(keepends=True)
            for place, line in enumerate(lines, number):
                event = _parse(line, attempt, rank, place)
                if event is not None:
                    found.append(event)
            self._read[path] = (offset + len(whole + end), number + len(lines))
        return found


def read_events(folder: RunFolder, since: Event | None = None, rank: int | None = 0) -> list[Event]:
    """The effective events by step, or only those written after ``since`` was.

    ``rank`` as for ``EventReader``.
    """
    events = effective(EventReader(folder, rank).read())
    if since is None:
        return events
    return [e for e in events if (e.attempt, e.line) > (since.attempt, since.line)]


def effective(events: Iterable[Event]) -> list[Event]:
    """By step, without what a later attempt did again: of each step the highest attempt counts.

    The starts, stops and warnings of every attempt stay.
    """
    kept: dict[tuple[Any, ...], Event] = {}
    for event in sorted(events, key=lambda e: (e.attempt, e.rank, e.line)):
        once = event.kind in ("start", "stop", "warning")
        key = (event.attempt, event.line) if once else (event.kind, event.step)
        kept[(event.rank, *key)] = event
    return sorted(kept.values(), key=lambda e: (e.step, e.attempt, e.line, e.rank))


def last_event(folder: RunFolder, rank: int = 0) -> Event | None:
    """The last whole line of this process in its newest attempt."""
    newest = [entry for entry in _files(folder) if entry[1] == rank][-1:]
    return next((_last_of(*entry) for entry in newest), None)


def _last_of(attempt: int, rank: int, path: Path) -> Event | None:
    size, window = path.stat().st_size, _TAIL
    while True:
        with open(path, "rb") as file:
            file.seek(max(0, size - window))
            whole = file.read().rpartition(b"\n")[0]
        for line in reversed(whole.splitlines()):
            event = _parse(line, attempt, rank, 0)
            if event is not None:
                return event
        if window >= size:
            return None
        window *= 16


def attempts(folder: RunFolder) -> list[int]:
    """The attempts that have written events, in order."""
    return sorted({attempt for attempt, _, _ in _files(folder)})


def _files(folder: RunFolder) -> list[tuple[int, int, Path]]:
    names = [(_FILE_NAME.fullmatch(path.name), path) for path in folder.events.glob("*.jsonl")]
    return sorted((int(match[1]), int(match[2]), path) for match, path in names if match)


def _parse(line: bytes, attempt: int, rank: int, number: int) -> Event | None:
    """The event of a line; None for a line that was cut short or is none of ours."""
    try:
        facts = json.loads(line)
        when, step, kind = (facts.pop(name) for name in ("time", "step", "kind"))
        return Event(float(when), int(step), str(kind), facts, attempt, rank, number)
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError):
        return None


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
