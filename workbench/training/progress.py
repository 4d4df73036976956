"""A run in one line of text: how far, how well, how fast, how much longer."""

from __future__ import annotations

import io
import sys
import time
from collections import deque
from collections.abc import Iterable

from workbench.training.events import Event

SMOOTHING = 0.9
"""Weight of the past in the shown losses."""


class Progress:
    """What the events seen so far say about a run."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.step = 0
        self.losses: dict[str, float] = {}
        self._recent: deque[Event] = deque(maxlen=50)

    def note(self, event: Event) -> None:
        """Takes an event into account."""
        self.step = max(self.step, event.step)
        if event.kind == "start":
            self._recent.clear()
        if event.kind == "step" and event["loss"] is not None:
            for name, loss in losses_of(event).items():
                past = self.losses.setdefault(name, loss)
                self.losses[name] = SMOOTHING * past + (1 - SMOOTHING) * loss
            self._recent.append(event)

    @property
    def pairs_per_second(self) -> float | None:
        """Over the last fifty steps logged, from their own clock; None before the first."""
        seconds = sum(event["seconds"] for event in self._recent)
        return sum(event["pairs"] for event in self._recent) / seconds if seconds else None

    @property
    def seconds_left(self) -> float | None:
        """By the wall clock of the last fifty steps logged; None before the second."""
        if len(self._recent) < 2:
            return None
        first, last = self._recent[0], self._recent[-1]
        done = last.step - first.step
        passed = last.time - first.time
        # Both can fail to be above zero: steps are done again on resuming, clocks are set back.
        return passed / done * (self.steps - self.step) if min(done, passed) > 0 else None

    def line(self) -> str:
        """``step 120/1000  12 %  mlm 3.21  itm 0.66  410 pairs/s  1:12 left``."""
        parts = [f"step {self.step}/{self.steps}", f"{100 * self.step // self.steps} %"]
        parts += [f"{name} {loss:.3g}" for name, loss in sorted(self.losses.items())]
        if self.pairs_per_second is not None:
            parts.append(f"{self.pairs_per_second:.0f} pairs/s")
        if self.seconds_left is not None and self.step < self.steps:
            parts.append(f"{clock(self.seconds_left)} left")
        return "  ".join(parts)


def losses_of(event: Event) -> dict[str, float]:
    """The loss of every objective that a step trained; an old event knows their total only."""
    losses = event.facts.get("losses") or {event["objective"]: event["loss"]}
    return {name: float(loss) for name, loss in losses.items()}


def clock(seconds: float) -> str:
    """Seconds as ``1:05`` or ``2:00:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def show(events: Iterable[Event], steps: int, stream: io.TextIOBase | None = None) -> Event | None:
    """Prints events as they come and returns the last: on a terminal one line that changes, else a
    line now and then; starts, checkpoints, warnings and stops on lines of their own."""
    out = sys.stdout if stream is None else stream
    terminal, every = out.isatty(), 0.2
    progress, shown, last = Progress(steps), 0.0, None
    for event in events:
        progress.note(event)
        last = event
        said = _announcement(event)
        now = time.monotonic()
        if said is not None:
            out.write(("\r\x1b[K" if terminal else "") + said + "\n")
        if event.kind == "step" and (now - shown >= every or event.step == steps):
            shown, every = now, 0.2 if terminal else 5.0
            out.write(f"\r\x1b[K{progress.line()}" if terminal else f"{progress.line()}\n")
        out.flush()
    return last


def _announcement(event: Event) -> str | None:
    if event.kind == "start":
        return (
            f"attempt {event['attempt']} of {event['recipe']} from step {event.step}: "
            f"{event['parameters']:,} parameters, {event['device']}, {event['precision']}"
        )
    if event.kind == "checkpoint":
        return f"step {event.step}: checkpoint {event['path']}"
    if event.kind == "warning":
        return f"step {event.step}: warning: {event['message']}"
    if event.kind == "stop":
        message = event.facts.get("message")
        return f"step {event.step}: {event['reason']}" + (f": {message}" if message else "")
    return None
