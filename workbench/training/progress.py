"""A run in one line of text: how far, how well, how fast, how much longer."""

from __future__ import annotations

import io
import shutil
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
        """Takes an event into account; of several processes the first speaks for all."""
        if event.rank:
            return
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
        """See ``per_second``."""
        return self.per_second("pairs")

    @property
    def tokens_per_second(self) -> float | None:
        """See ``per_second``."""
        return self.per_second("tokens")

    @property
    def data_share(self) -> float | None:
        """The share of its time that it waits for data; None before the first step logged."""
        return self.per_second("data_seconds")

    def per_second(self, what: str) -> float | None:
        """Of what steps count, over the last fifty logged, from their own clock.

        None before the first step that counts it.
        """
        known = [event for event in self._recent if what in event.facts]
        seconds = sum(event["seconds"] for event in known)
        return sum(event[what] for event in known) / seconds if seconds else None

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

    def line(self, width: int | None = None) -> str:
        """``step 120/1000  12 %  mlm 3.21  410 pairs/s  9.8k tokens/s  data 3 %  1:12 left``.

        Where ``width`` characters do not hold it, waiting and speed are left out first.
        """
        begin = [f"step {self.step}/{self.steps}", f"{100 * self.step // self.steps} %"]
        begin += [f"{name} {loss:.3g}" for name, loss in sorted(self.losses.items())]
        left = self.seconds_left
        end = [f"{clock(left)} left"] if left is not None and self.step < self.steps else []
        speeds = self._speeds()
        line = "  ".join([*begin, *speeds, *end])
        while width is not None and len(line) > width and speeds:
            speeds.pop()
            line = "  ".join([*begin, *speeds, *end])
        return line[:width]

    def _speeds(self) -> list[str]:
        told = [(self.pairs_per_second, "pairs/s"), (self.tokens_per_second, "tokens/s")]
        parts = [f"{short(speed)} {unit}" for speed, unit in told if speed is not None]
        return parts if self.data_share is None else [*parts, f"data {100 * self.data_share:.0f} %"]


def losses_of(event: Event) -> dict[str, float]:
    """The loss of every objective that a step trained; an old event knows their total only."""
    losses = event.facts.get("losses") or {event["objective"]: event["loss"]}
    return {name: float(loss) for name, loss in losses.items()}


def short(number: float) -> str:
    """Three digits or so: ``41``, ``980``, ``9.8k``, ``1.2M``."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


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
        said = _announcement(event) if event.rank == 0 or event.kind == "warning" else None
        now = time.monotonic()
        if said is not None:
            out.write(("\r\x1b[K" if terminal else "") + said + "\n")
        if event.kind == "step" and (now - shown >= every or event.step == steps):
            shown, every = now, 0.2 if terminal else 5.0
            width = shutil.get_terminal_size().columns - 1 if terminal else None
            out.write(f"\r\x1b[K{progress.line(width)}" if terminal else f"{progress.line()}\n")
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
