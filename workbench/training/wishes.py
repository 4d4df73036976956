"""What is asked of a run between two steps, agreed on by all its processes, and how it is met."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import get_args

from workbench.training import control
from workbench.training.control import Request
from workbench.training.events import Event
from workbench.training.interruption import Interruption
from workbench.training.session import Session

REQUESTS: tuple[str, ...] = get_args(Request)

PAUSED_LOOK = 0.1
"""Seconds between two looks of a paused process at what is asked of it."""


@dataclass(frozen=True)
class Wish:
    """A request if there is one, why to end if that is asked, and what had to be warned of."""

    request: str | None = None
    message: str | None = None
    warnings: tuple[Event, ...] = ()


def obey(
    session: Session,
    signals: Interruption,
    began: float | None,
    guard: AbstractContextManager[object],
    renew: Callable[[], None],
) -> Generator[Event, None, str | None]:
    """Does what is asked; answers why to end, if that is asked.

    A checkpoint is written inside ``guard``; a paused process calls ``renew`` while it waits, and
    stays asked to pause until it goes on, so that one started in its place waits too.
    """
    heard = wish(session, signals, began)
    yield from heard.warnings
    if heard.request in ("checkpoint", "pause") and session.saved_step != session.step:
        with guard:
            saved = session.save()
        yield from saved
    if heard.request == "pause":
        yield session.events.write("pause", session.step)
        while heard.request not in ("continue", "stop") and heard.message is None:
            time.sleep(PAUSED_LOOK)
            renew()
            heard = wish(session, signals, began)
            yield from heard.warnings
        yield session.events.write("continue", session.step)
        answer(session, "pause")
    if heard.request in ("checkpoint", "continue"):
        answer(session, heard.request)
    return heard.message


def answer(session: Session, request: str) -> None:
    """Takes a request away, now that its event is written."""
    if session.world.first:
        control.answered(session.folder, request)


def wish(session: Session, signals: Interruption, began: float | None) -> Wish:
    """What the control file, a signal or the time limit ask for; the same in every process.

    ``began`` is when this attempt's steps did, by the monotonic clock; None before the first.
    """
    world, limit = session.world, session.recipe.time_limit_seconds
    found = control.pending(session.folder) if world.first else None
    warnings: tuple[Event, ...] = ()
    if found is not None and found not in REQUESTS:
        known = ", ".join(repr(name) for name in REQUESTS)
        text = f"control.json asks for {found!r}; {known} are understood"
        warnings = (session.events.write("warning", session.step, message=text),)
        control.answered(session.folder, found)
        found = None
    passed = 0.0 if began is None else time.monotonic() - began
    late = world.first and limit is not None and began is not None and passed >= limit
    code, signalled, over = world.sum(
        [0 if found is None else REQUESTS.index(found) + 1, signals.requested, late]
    )
    request = REQUESTS[round(code) - 1] if code else None
    if request == "stop":
        return Wish(request, "asked to stop", warnings)
    if signalled:
        return Wish(request, "interrupted by a signal", warnings)
    return Wish(request, f"the time limit of {limit:g} s is over" if over else None, warnings)
