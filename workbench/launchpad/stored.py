"""Streams over regions that were extracted before: the stamps, and anybody's own pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from workbench import places
from workbench.data.datasets.stamps import Stamps
from workbench.data.example import Example
from workbench.data.manifest import StoreError
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.vision import folder as extraction
from workbench.vision.extractor import DetectedRegions

CAPTIONS = "captions.jsonl"
"""Beside the regions: a line {"image": KEY, "sentence": TEXT} for every pair."""

MOST_TOKENS = 60
"""Longer sentences are cut, so that they fit the tiny systems' 64 positions."""


def own_stream(*, folder: str, budget: int = 1024, seed: int = 0) -> PairStream:
    """The pairs of a region store's folder that also holds ``captions.jsonl``.

    Raises ``StoreError`` for a damaged store, ``ValueError`` for a line that is no pair and for
    a picture without regions.
    """
    place = Path(folder).expanduser()
    return _stream(RegionStore.open(place), captions(place / CAPTIONS), budget, seed)


def captions(file: Path) -> list[Example]:
    """The pairs that a file tells; raises ``StoreError`` where there is none, naming the line."""
    if not file.is_file():
        raise StoreError(
            f"{file} is missing: write a line "
            '{"image": KEY, "sentence": TEXT} for every pair, KEY as in the region store'
        )
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            said = json.loads(line)
            found.append(Example(f"{file.stem}-{number}", said["image"], said["sentence"]))
        except (ValueError, KeyError, TypeError) as problem:
            raise StoreError(
                f"{file}, line {number}: expected image and sentence as JSON, got {line[:60]!r} "
                f"({type(problem).__name__})"
            ) from problem
    return found


def stamps_stream(*, split: str = "train", budget: int = 1024, seed: int = 0) -> PairStream:
    """Stamps with their makers' sentences; raises ``FileNotFoundError`` before ``prepare_stamps``.

    Regions are what the detector proposes in each picture.
    """
    folder = stamps_folder(split)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the regions of the stamps were not extracted yet (no {folder.name!r} store); run "
            "`workbench prepare stamps`"
        )
    return _stream(RegionStore.open(folder), Stamps(split).examples(), budget, seed)


def stamps_folder(split: str) -> Path:
    """Where the stamps' regions are kept."""
    return places.cache() / "stamps-regions" / split


def prepare_stamps(split: str = "train", *, progress: bool = True) -> extraction.Summary:
    """Extracts the regions of the stamps that are still missing.

    Raises ``debian.PackageUnavailable`` where the pictures cannot be had.
    """
    stamps, folder = Stamps(split), stamps_folder(split)
    jobs = [
        extraction.Job(scene.key, lambda scene=scene: stamps.picture(scene))
        for scene in stamps.scenes()
    ]
    made = DetectedRegions()
    if folder.is_dir():
        store = RegionStore.open(folder, append=True)
    else:
        store = RegionStore.create(folder, made.feature_size, made.classes)
    with store:
        return extraction.extract_jobs(jobs, store, made, progress=progress)


def _stream(store: RegionStore, examples: Sequence[Example], budget: int, seed: int) -> PairStream:
    known = [example for example in examples if example.image in store]
    words = wordpiece().restricted_to([example.sentence for example in known])
    return PairStream(store, known, words, budget, seed, max_tokens=MOST_TOKENS, truncate=True)
