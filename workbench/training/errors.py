"""What can go wrong with a run that its user can put right."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path


class RecipeError(ValueError):
    """A recipe that no separate process could carry out; says which part and what to do."""


class RunError(RuntimeError):
    """A run that cannot be started, continued or read; says what to do."""


class RunExists(RunError):
    """The folder already holds a run."""


class RunBusy(RunError):
    """Another process is training in the folder."""


class PeerLost(RunError):
    """Another process of the run has ended without a word, and this one cannot go on alone.

    It is no end of the run: whoever started the processes starts them again.
    """


class PeerFailed(RunError):
    """Another process of the run, number ``rank``, has met an error and ended the run with it."""

    def __init__(self, rank: int, message: str) -> None:
        super().__init__(f"process {rank}: {message}")
        self.rank = rank


_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space or raise the quota",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f)",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder on a writable disk",
    errno.ENOTDIR: "choose another folder: a part of this path is a file",
    errno.ENOLCK: "choose a folder on a disk that knows file locks",
    errno.ENOSYS: "choose a folder on a disk that knows file locks",
    errno.ENOTSUP: "choose a folder on a disk that knows file locks",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "choose another folder: a part of this path is a file",
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an ``OSError`` met inside into a ``RunError`` naming the path, reason and remedy."""
    try:
        yield
    except OSError as problem:
        raise unwritable(path, problem) from problem


def unwritable(path: Path, problem: OSError) -> RunError:
    """The error to raise when ``problem`` was met while writing ``path``."""
    remedy = _REMEDIES.get(problem.errno or 0, "check the disk")
    reason = problem.strerror or str(problem)
    return RunError(f"cannot write {path}: {reason}; {remedy}, then resume or start again")
