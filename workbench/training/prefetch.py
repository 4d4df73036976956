"""Data ahead of the training: the next batches are read in threads while one is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from workbench.data.division import piece_of
from workbench.pairs import PairBatch
from workbench.training.piece import Piece


@runtime_checkable
class Stream(Protocol):
    """Batches as a pure function of the step, so that any step can be asked for at any time.

    Of one that is also ``Divisible`` only the pairs that are needed here are read.
    """

    def batch(self, step: int) -> PairBatch:
        """The batch of this step, counted from 0 over the whole run."""
        ...

    def fingerprint(self) -> str:
        """Differs when any batch would."""
        ...


class Prefetch:
    """Reads what the next steps need in the background, ``readers`` steps ahead.

    Each step's batch is cut into ``shards`` pieces, of which only ``mine`` are read; what comes out
    is what ``prepare`` makes of (step from 1, shard, piece) in the thread that read it.  How many
    threads read changes nothing but the speed.
    """

    def __init__(
        self,
        stream: Stream,
        steps: int,
        prepare: Callable[[int, int, PairBatch], Piece],
        *,
        shards: int = 1,
        mine: Sequence[int] = (0,),
        readers: int = 1,
    ) -> None:
        self._stream = stream
        self._steps = steps
        self._prepare = prepare
        self._shards, self._mine = shards, tuple(mine)
        self._readers = readers
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="prefetch")
        self._ahead: dict[int, Future[dict[int, Piece]]] = {}

    def pieces(self, step: int) -> dict[int, Piece]:
        """My pieces of this step's batch (from 0) by shard, none of them empty.

        Where all of mine are empty it is another's, the first.  A problem met while they were
        read is raised here.
        """
        self._ahead = {at: reading for at, reading in self._ahead.items() if at >= step}
        found = self._begun(step).result()
        for following in range(step + 1, min(step + 1 + self._readers, self._steps)):
            self._begun(following)
        del self._ahead[step]
        return found

    def close(self) -> None:
        """Ends the threads; batches being read are given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _begun(self, step: int) -> Future[dict[int, Piece]]:
        if step not in self._ahead:
            self._ahead[step] = self._threads.submit(self._read, step)
        return self._ahead[step]

    def _read(self, step: int) -> dict[int, Piece]:
        found = {at: piece_of(self._stream, step, at, self._shards) for at in self._mine}
        filled = {at: piece for at, piece in found.items() if len(piece)}
        filled = filled or {0: piece_of(self._stream, step, 0, self._shards)}
        return {at: self._prepare(step + 1, at, piece) for at, piece in filled.items()}
