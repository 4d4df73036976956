"""Data one step ahead: the next batch is read in one thread while this one is trained on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from workbench.pairs import PairBatch


@runtime_checkable
class Stream(Protocol):
    """Batches as a pure function of the step, so that any step can be asked for at any time."""

    def batch(self, step: int) -> PairBatch:
        """The batch of this step, counted from 0 over the whole run."""
        ...

    def fingerprint(self) -> str:
        """Differs when any batch would."""
        ...


class Prefetch:
    """Reads the batch after the one just asked for in the background."""

    def __init__(self, stream: Stream, steps: int) -> None:
        self._stream = stream
        self._steps = steps
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
        self._ahead: tuple[int, Future[PairBatch]] | None = None

    def batch(self, step: int) -> PairBatch:
        """The batch of this step; a problem met while it was read is raised here."""
        if self._ahead is not None and self._ahead[0] == step:
            batch = self._ahead[1].result()
        else:
            batch = self._thread.submit(self._stream.batch, step).result()
        following = step + 1
        if following < self._steps:
            self._ahead = following, self._thread.submit(self._stream.batch, following)
        return batch

    def close(self) -> None:
        """Ends the thread; a batch being read is given up."""
        self._thread.shutdown(wait=True, cancel_futures=True)
