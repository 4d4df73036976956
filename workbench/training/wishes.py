"""What is asked of a run between two steps, agreed on by all its processes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import get_args

from workbench.training import control
from workbench.training.control import Request
from workbench.training.events import Event
from workbench.training.interruption import Interruption
from workbench.training.session import Session

REQUESTS: tuple[str, ...] = get_args(Request)


@dataclass(frozen=True)
class Wish:
    """A request if there is one, why to end if that is asked, and what had to be warned of."""

    request: str | None = None
    message: str | None = None
    warnings: tuple[Event, ...] = ()


def wish(session: Session, signals: Interruption, began: float) -> Wish:
    """What the control file, a signal or the time limit ask for; the same in every process.

    ``began`` is when this attempt's steps did, by the monotonic clock.
    """
    world, limit = session.world, session.recipe.time_limit_seconds
    found = control.take_request(session.folder) if world.first else None
    warnings: tuple[Event, ...] = ()
    if found is not None and found not in REQUESTS:
        known = ", ".join(repr(name) for name in REQUESTS)
        text = f"control.json asks for {found!r}; {known} are understood"
        warnings = (session.events.write("warning", session.step, message=text),)
        found = None
    late = world.first and limit is not None and time.monotonic() - began >= limit
    code, signalled, over = world.sum(
        [0 if found is None else REQUESTS.index(found) + 1, signals.requested, late]
    )
    request = REQUESTS[round(code) - 1] if code else None
    if request == "stop":
        return Wish(request, "asked to stop", warnings)
    if signalled:
        return Wish(request, "interrupted by a signal", warnings)
    return Wish(request, f"the time limit of {limit:g} s is over" if over else None, warnings)
