"""Who trains in a run folder: one process at a time, told by ``lease.json``.

A lease is judged and replaced only under a file lock, which the system drops when its holder dies,
so that of two processes that want a dead one's place exactly one gets it.  One that was granted by
``launch`` carries a token; whoever is told the token acts for its holder: the workers that a keeper
starts again, and the process on another machine that takes the lease over.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from workbench.training.errors import RunBusy, RunError, writing
from workbench.training.events import attempts
from workbench.training.folder import RunFolder, replace_json
from workbench.training.lock import locked
from workbench.training.parentage import keeper, launcher
from workbench.training.process import identity

RENEW_EVERY = 10.0
"""Seconds between two heartbeats."""

SILENCE = 300.0
"""Seconds without a heartbeat after which a process on another machine counts as dead."""

MENDED = 3 * RENEW_EVERY
"""Seconds after which a damaged lease has no holder: one that lives writes it anew before."""

_NOBODY, _UNREADABLE = 2**31 - 1, "?"  # not 0: a signal to that number reaches whoever sends it


@dataclass(frozen=True)
class Lease:
    """The process that trains or keeps others training, where, and in which attempt.

    Times are Unix seconds.  Without a ``token`` the holder trains by itself and nobody acts for it.
    """

    pid: int
    host: str
    attempt: int
    started: float
    heartbeat: float
    process: str
    token: str = ""

    @property
    def alive(self) -> bool:
        """Whether its holder still runs: exactly known on this machine, by heartbeat elsewhere."""
        if self.host == socket.gethostname():
            return identity(self.pid) == self.process
        return abs(time.time() - self.heartbeat) < (MENDED if self.damaged else SILENCE)

    @property
    def damaged(self) -> bool:
        """Whether the file could not be read; its heartbeat is then the file's own age."""
        return self.host == _UNREADABLE


def read_lease(folder: RunFolder) -> Lease | None:
    """The lease as written, of a live process or a dead one; None where there is none.

    Leases are replaced whole: one that cannot be read was damaged, not half written.
    """
    try:
        written, text = folder.lease.stat().st_mtime, folder.lease.read_bytes()
    except FileNotFoundError:
        return None
    try:
        values = json.loads(text)
        if all(isinstance(values[name], kind) for name, kind in _KINDS.items()):
            return Lease(**values)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    newest = max(attempts(folder), default=0)
    return Lease(_NOBODY, _UNREADABLE, newest, written, written, "")


_KINDS = {
    "pid": int, "host": str, "attempt": int, "started": float, "heartbeat": float, "process": str,
}  # fmt: skip


def launch(folder: RunFolder, start_process: Callable[[str], int]) -> Lease:
    """Starts a process and gives it the lease before it can look; raises ``RunBusy``.

    ``start_process`` is given the lease's token, for the environment (``LAUNCHER``) of whoever
    trains for the process that it starts, and returns that process's number.
    """
    with locked(folder):
        _refuse_if_held(folder)
        attempt = _next_attempt(folder)
        # What was asked of a process that has ended is not asked of the next one.
        folder.control.unlink(missing_ok=True)
        token = secrets.token_hex(8)
        return _grant(folder, start_process(token), attempt, token)


def take_over(folder: RunFolder, token: str) -> Lease:
    """Makes this process the holder of a lease granted elsewhere; raises ``RunBusy`` once it is
    gone."""
    with locked(folder):
        current = read_lease(folder)
        if current is None or current.token != token:
            raise RunBusy(
                f"the run in {folder.path} is no longer waiting for this process: its start was "
                "given up, or another one trains it; resume it where it should train"
            )
        return _grant(folder, os.getpid(), current.attempt, token)


def beat(folder: RunFolder, token: str) -> bool:
    """A heartbeat for the lease of this token; whether it is still the lease."""
    with locked(folder):
        current = read_lease(folder)
        if current is None or current.token != token:
            return False
        _write(folder, dataclasses.replace(current, heartbeat=time.time()))
        return True


def release(folder: RunFolder, token: str, *, started: bool = True) -> None:
    """Gives the lease of this token back, if it is still the lease and can be.

    Where something was ``started`` under it that never wrote an event, it stays as that of a
    process that has ended, which is all that tells of this attempt.
    """
    with contextlib.suppress(RunError, OSError), locked(folder):
        current = read_lease(folder)
        if current is None or (current.token != token and not current.damaged):
            return
        if started and not folder.events_file(current.attempt).exists():
            _write(folder, dataclasses.replace(current, heartbeat=0.0, process="ended"))
        else:
            folder.lease.unlink(missing_ok=True)


@contextlib.contextmanager
def unheld(folder: RunFolder) -> Iterator[None]:
    """Where nobody trains in a folder and nobody can begin to; raises ``RunBusy`` if one does."""
    with locked(folder):
        _refuse_if_held(folder)
        yield


def hold(folder: RunFolder) -> Lease:
    """The lease of this process's launcher, or a new one; raises ``RunBusy``."""
    with locked(folder):
        current, token = read_lease(folder), launcher()
        if current is not None and token and current.token == token:
            if not folder.events_file(current.attempt).exists():
                return current
            # The launcher has started a worker again: the next attempt of the same tenure.
            again = dataclasses.replace(current, attempt=_next_attempt(folder))
            _write(folder, again)
            return again
        lost = current is None or current.damaged
        if lost and token and (holder := keeper()) and identity(holder) is not None:
            # It was never written, or is no more, but who holds it for this process still lives.
            return _grant(folder, holder, _next_attempt(folder), token)
        _refuse_if_held(folder)
        folder.control.unlink(missing_ok=True)
        return _grant(folder, os.getpid(), _next_attempt(folder))


class Tenure:
    """The time in which this process holds the lease; raises ``RunBusy`` when another one does."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.lease = hold(folder)
        self._renewed = time.monotonic()

    @property
    def attempt(self) -> int:
        """Which attempt of the run this is, from 1."""
        return self.lease.attempt

    def renew_when_due(self) -> None:
        """A heartbeat every ten seconds; raises ``RunBusy`` when the lease was taken over."""
        if time.monotonic() - self._renewed < RENEW_EVERY:
            return
        with locked(self.folder):
            _refuse_if_lost(self.folder, self.attempt)
            self.lease = dataclasses.replace(self.lease, heartbeat=time.time())
            _write(self.folder, self.lease)
        self._renewed = time.monotonic()

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Where the lease is surely this attempt's and stays so; raises ``RunBusy`` if it is not.

        For moments only: whoever wants the lease waits.
        """
        with locked(self.folder):
            _refuse_if_lost(self.folder, self.attempt)
            yield

    def __enter__(self) -> Tenure:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.lease.token:
            # Its launcher gives it back, when it has seen that nothing is to be started again.
            return
        with contextlib.suppress(RunError, OSError), locked(self.folder):
            current = read_lease(self.folder)
            if current is not None and current.attempt == self.attempt:
                self.folder.lease.unlink(missing_ok=True)


def _grant(folder: RunFolder, pid: int, attempt: int, token: str = "") -> Lease:
    now = time.time()
    lease = Lease(pid, socket.gethostname(), attempt, now, now, identity(pid) or "ended", token)
    _write(folder, lease)
    return lease


def _write(folder: RunFolder, lease: Lease) -> None:
    with writing(folder.lease):
        replace_json(folder.lease, dataclasses.asdict(lease))


def _next_attempt(folder: RunFolder) -> int:
    stale = read_lease(folder)
    return max([*attempts(folder), 0 if stale is None else stale.attempt], default=0) + 1


def _refuse_if_held(folder: RunFolder) -> None:
    current = read_lease(folder)
    if current is not None and current.alive:
        raise _busy(folder, current)


def _refuse_if_lost(folder: RunFolder, attempt: int) -> None:
    if not folder.recipe.exists():
        raise RunError(f"{folder.path} holds no run any more: it was removed or moved meanwhile")
    current = read_lease(folder)
    if current is not None and current.attempt != attempt:
        raise _busy(folder, current)
    newest = max(attempts(folder), default=0)
    if newest > attempt:
        raise RunBusy(
            f"attempt {newest} has trained in {folder.path} while this one, {attempt}, was not "
            "heard of; what this one did since then is done again there, so it ends"
        )


def _busy(folder: RunFolder, lease: Lease) -> RunBusy:
    if lease.damaged:
        return RunBusy(
            f"{folder.lease} cannot be read: a process that trains there writes it anew within "
            f"{RENEW_EVERY:.0f} s; look again, and resume in {MENDED:.0f} s if none does"
        )
    return RunBusy(
        f"process {lease.pid} on {lease.host} is training in {folder.path} (attempt "
        f"{lease.attempt}); follow it, stop it first, or start a run in another folder"
    )
