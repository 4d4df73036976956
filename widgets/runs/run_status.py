"""What a run is doing now, and for how long still."""

from __future__ import annotations

import math
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from widgets.core.curves import format_duration, format_number, smooth
from widgets.runs.run_points import Point
from widgets.runs.run_reader import RunReader, pending, read_json

_SILENCE = 300.0  # seconds without a heartbeat after which an unseen process counts as dead
_RECENT = 200  # points the speed is measured on
_LONG = 30.0  # times the usual: a step that took longer was paused
_MANY = 4000  # points the present losses are looked for in
_STATES = {"finished": "finished", "stopped": "stopped", "error": "failed"}


@dataclass(frozen=True)
class RunStatus:
    """One run at one moment.

    ``state`` is "waiting" (nothing written yet), "running", "paused" (its process waits),
    "finished", "stopped", "failed" or "dead" (its process is gone and it did not say why);
    ``request`` is what it was asked and has not yet done; ``losses`` are smoothed, speeds the
    middle of the last 50.
    """

    name: str
    state: str
    step: int
    steps: int
    seconds_left: float | None
    pairs_per_second: float | None
    tokens_per_second: float | None
    waiting: float | None
    request: str
    message: str
    losses: dict[str, float]

    def sentence(self) -> str:
        """The state of the run as one sentence."""
        if self.state == "waiting":
            return f"{self.name} has not written anything yet."
        done = f"step {self.step:,} of {self.steps:,}" if self.steps else f"step {self.step:,}"
        words = {"running": "is running", "paused": "is paused", "dead": "ended without a word"}
        text = f"{self.name} {words.get(self.state, self.state)}, {done}"
        if self.state == "running" and self.seconds_left is not None:
            text += f", {format_duration(self.seconds_left)} left"
        losses = [f"{readable(name)} {format_number(loss)}" for name, loss in self.losses.items()]
        if losses:
            text += f"; losses: {', '.join(losses)}"
        return f"{text}."

    def facts(self) -> list[str]:
        """How far it is and how fast, in a few words each."""
        facts = [f"step {self.step:,}" + (f" of {self.steps:,}" if self.steps else "")]
        if self.seconds_left is not None:
            facts.append(f"{format_duration(self.seconds_left)} left")
        if self.pairs_per_second is not None:
            facts.append(f"{format_number(self.pairs_per_second)} pairs/s")
        if self.tokens_per_second is not None:
            facts.append(f"{format_number(self.tokens_per_second)} tokens/s")
        if self.waiting is not None:
            facts.append(f"{math.floor(self.waiting + 0.5)} % waiting for data")
        return facts


def status_of(reader: RunReader, smoothing: float) -> RunStatus:
    """The status of a run as far as its reader has polled it."""
    points = reader.points()
    state = _state(reader)
    latest = points[-1] if points else None
    message = ""
    if state == "failed" and reader.stop is not None:
        message = str(reader.stop.get("message", ""))
    elif state in ("running", "paused", "dead"):
        message = reader.warning
    return RunStatus(
        name=reader.folder.name,
        state=state,
        step=latest.step if latest else 0,
        steps=reader.steps,
        seconds_left=_seconds_left(points, reader.steps) if state == "running" else None,
        pairs_per_second=_middle([p.pairs_per_second for p in points[-50:]]),
        tokens_per_second=_middle([p.tokens_per_second for p in points[-50:]]),
        waiting=_middle([p.waiting for p in points[-50:]]),
        request=_request(reader.folder, state),
        message=message[:300],
        losses=_losses(points[-_MANY:], reader.series, smoothing),
    )


def readable(name: str) -> str:
    """An identifier as words."""
    return name.replace("_", " ")


def _request(folder: Path, state: str) -> str:
    """What it is asked and does not do yet; a pause stays in the file while it lasts."""
    done = {"paused": "pause", "running": "continue"}
    request = pending(folder) if state in done else ""
    return "" if request == done.get(state) else request


def _state(reader: RunReader) -> str:
    lease = read_json(reader.folder / "lease.json")
    if lease is not None and lease_is_live(lease):
        return "paused" if reader.paused and reader.attempt == lease.get("attempt") else "running"
    ended = reader.stop
    if lease is not None and reader.attempt < lease.get("attempt", 0):
        ended = None
    if ended is not None:
        return _STATES.get(str(ended.get("reason")), "stopped")
    return "dead" if lease is not None or reader.attempt else "waiting"


def lease_is_live(lease: dict[str, Any]) -> bool:
    """Whether the process that holds a lease still runs: known on Linux, else by its heartbeat."""
    pid, beat = lease.get("pid"), lease.get("heartbeat")
    if lease.get("host") == socket.gethostname() and sys.platform == "linux":
        return isinstance(pid, int) and _same_process(pid, lease.get("process"))
    return isinstance(beat, int | float) and abs(time.time() - beat) < _SILENCE


def _same_process(pid: int, identity: object) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return False
    if fields[0] in "ZX":  # a zombie has ended; only its parent has not looked yet
        return False
    # A number is used again by later processes: only the start time tells them apart.
    return identity is None or identity == f"{boot}/{fields[19]}"


def _seconds_left(points: Sequence[Point], steps: int) -> float | None:
    recent = [point for point in points[-_RECENT:] if point.attempt == points[-1].attempt]
    if len(recent) < 2 or recent[-1].step <= recent[0].step:
        return None
    pairs = [(b.time - a.time, b.step - a.step) for a, b in pairwise(recent) if b.step > a.step]
    usual = _middle([seconds / steps for seconds, steps in pairs]) or 0.0
    # a pause between two steps says nothing about their pace
    pairs = [(seconds, steps) for seconds, steps in pairs if seconds <= _LONG * usual * steps + 1]
    if not pairs:
        return None
    pace = sum(seconds for seconds, _ in pairs) / sum(steps for _, steps in pairs)
    left = pace * (steps - recent[-1].step)
    return left if math.isfinite(left) and left >= 0 else None


def _middle(values: Sequence[float]) -> float | None:
    finite = sorted(value for value in values if math.isfinite(value))
    return finite[len(finite) // 2] if finite else None


def _losses(points: Sequence[Point], series: Sequence[str], smoothing: float) -> dict[str, float]:
    losses = {}
    for index, name in enumerate(series):
        finite = [p.loss for p in points if p.series == index and math.isfinite(p.loss)]
        if finite:
            losses[name] = smooth(finite[-_RECENT:], smoothing)[-1]
    return losses
