"""Many pictures into region stores: in parallel, resumable, one bad picture never stops the rest.

Workers are threads: the networks and the decoders leave Python's lock while they work, each
thread has its own detector, and a notebook needs no importable main module.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from workbench.pairs import Regions
from workbench.vision.extractor import DetectedRegions, Extractor
from workbench.vision.pictures import SUFFIXES, open_picture


@runtime_checkable
class Store(Protocol):
    """Where regions go; the native region store is one."""

    def __contains__(self, key: str) -> bool:
        """Whether this picture is already there."""
        ...

    def append(self, key: str, regions: Regions) -> None:
        """Keep one picture; raises ``ValueError`` for regions that cannot be kept."""
        ...


@dataclass(frozen=True)
class Job:
    """One picture to read: a path, a file's bytes, RGB pixels, or a function that makes them."""

    key: str
    picture: Path | str | bytes | np.ndarray | Callable[[], np.ndarray]
    boxes: Float[Tensor, "n 4"] | None = None

    def open(self) -> np.ndarray:
        """The pixels, uint8 [height, width, 3]; raises ``PictureError`` naming the key."""
        if isinstance(self.picture, np.ndarray):
            return self.picture
        if callable(self.picture):
            return self.picture()
        return open_picture(self.picture, self.key)


@dataclass(frozen=True)
class Summary:
    """What came of a batch: pictures done now, already there before, and failed by name."""

    done: int
    already: int
    failed: dict[str, str]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.done} pictures in {self.seconds:.0f} s, {self.already} were there before"]
        if self.failed:
            lines.append(f"{len(self.failed)} left out:")
            lines += [f"  {key}: {reason}" for key, reason in self.failed.items()]
        return "\n".join(lines)


def pictures_in(folder: Path | str) -> list[Job]:
    """Every picture below a folder, by its path inside it; raises ``ValueError`` when none."""
    folder = Path(folder)
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise ValueError(f"no pictures below {folder}: expected files ending in {SUFFIXES}")
    return [Job(file.relative_to(folder).as_posix(), file) for file in files]


def extract_folder(
    folder: Path | str,
    store: Store,
    extractor: Extractor | None = None,
    workers: int = 2,
    progress: bool = True,
) -> Summary:
    """Regions of every picture below a folder, by the extractor's own proposals by default."""
    return extract_jobs(pictures_in(folder), store, extractor, workers, progress)


def extract_jobs(
    jobs: Iterable[Job],
    store: Store,
    extractor: Extractor | None = None,
    workers: int = 2,
    progress: bool = True,
) -> Summary:
    """Regions of each job into a store: for its boxes, or the extractor's own where it has none."""
    extractor = DetectedRegions() if extractor is None else extractor
    return _run(
        jobs, [store], lambda job: (extractor.extract(job.open(), job.boxes),), workers, progress
    )


def extract_both(
    jobs: Iterable[Job],
    given: Store,
    detected: Store,
    extractor: DetectedRegions | None = None,
    workers: int = 2,
    progress: bool = True,
) -> Summary:
    """Regions for each job's boxes into one store, detected ones into another, seen once."""
    extractor = DetectedRegions() if extractor is None else extractor

    def read(job: Job) -> tuple[Regions, Regions]:
        if job.boxes is None:
            raise ValueError("no boxes were given for this picture: pass Job(key, picture, boxes)")
        return extractor.extract_both(job.open(), job.boxes)

    return _run(jobs, [given, detected], read, workers, progress)


def _run(
    jobs: Iterable[Job],
    stores: Sequence[Store],
    read: Callable[[Job], tuple[Regions, ...]],
    workers: int,
    progress: bool,
) -> Summary:
    """Read every job that some store lacks and append the answers in the jobs' order."""
    started, done, already, failed = time.monotonic(), 0, 0, {}
    jobs = list(jobs)
    missing = [job for job in jobs if not all(job.key in store for store in stores)]
    already = len(jobs) - len(missing)
    pace = 0.1 if sys.stderr.isatty() else 15  # seconds: a log file needs fewer lines
    bar = tqdm(
        total=len(missing), desc="regions", unit="picture", mininterval=pace, disable=not progress
    )
    with bar, _single_threaded_networks(), _answers(missing, read, workers) as answers:
        for job, answer in answers:
            try:
                for store, regions in zip(stores, answer.result(), strict=True):
                    if job.key not in store:
                        store.append(job.key, regions)
                done += 1
            except (ValueError, cv2.error) as error:
                failed[job.key] = str(error)
                bar.write(f"left out {job.key}: {error}")
            bar.update()
    return Summary(done, already, failed, time.monotonic() - started)


@contextlib.contextmanager
def _answers(
    jobs: Sequence[Job], read: Callable[[Job], tuple[Regions, ...]], workers: int
) -> Iterator[Iterator[tuple[Job, Future]]]:
    """Jobs with their answers in order, a few ahead of the reader and never all in memory."""
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))

    def walk() -> Iterator[tuple[Job, Future]]:
        ahead: deque[tuple[Job, Future]] = deque()
        for job in jobs:
            ahead.append((job, pool.submit(read, job)))
            if len(ahead) > 4 * workers:
                yield ahead.popleft()
        yield from ahead

    try:
        yield walk()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _single_threaded_networks() -> Iterator[None]:
    """One core per worker while the batch runs; the caller's own settings come back after it.

    The appending thread too: its small tensors would otherwise wait for cores the workers hold.
    """
    before = (cv2.getNumThreads(), torch.get_num_threads())
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])
