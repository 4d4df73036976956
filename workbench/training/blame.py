"""What really went wrong, where one process of several only met the echo of it."""

from __future__ import annotations

from workbench.training.errors import PeerFailed, PeerLost
from workbench.training.events import last_event
from workbench.training.folder import RunFolder


def cause_of(
    problem: BaseException, folder: RunFolder, attempt: int, processes: int
) -> BaseException:
    """The problem itself, but for ``PeerLost`` what the lost process wrote of its own end.

    A process writes its last event before it falls silent.  One that wrote none was killed, and
    the run is not over: then it stays ``PeerLost``.
    """
    if isinstance(problem, PeerLost):
        for rank in range(processes):
            last = last_event(folder, rank)
            if last is None or (last.attempt, last.kind) != (attempt, "stop"):
                continue
            # What names a process is itself an echo.
            if last["reason"] == "error" and "process" not in last.facts:
                return PeerFailed(rank, last["message"])
    return problem
