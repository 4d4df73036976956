"""Streams over regions that were extracted before: the stamps, and anybody's own pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench import places
from workbench.data.datasets.stamps import Stamps
from workbench.data.example import Example
from workbench.data.readers.captions import captions_in
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.vision import folder as extraction
from workbench.vision.extractor import DetectedRegions

CAPTIONS = "captions.jsonl"
"""Beside the regions: a line {"image": KEY, "sentence": TEXT} for every pair."""

MOST_TOKENS = 60
"""Longer sentences are cut, so that they fit the tiny systems' 64 positions."""


def own_stream(
    *, folder: str, words: str | None = None, budget: int = 1024, seed: int = 0
) -> PairStream:
    """The pairs of a region store's folder that also holds ``captions.jsonl``.

    Its vocabulary is that of its sentences, or of those of the folder ``words``: held-out pairs
    are read with the vocabulary of the pairs that were trained on.  Sentences of pictures without
    regions are left out.  Raises ``StoreError`` for a damaged store or a line that is no pair,
    ``ValueError`` when no pair is left.
    """
    place = Path(folder).expanduser()
    spelt = captions_in(Path(words).expanduser() / CAPTIONS) if words else None
    return _stream(
        RegionStore.open(place), captions_in(place / CAPTIONS), budget, seed, spelt=spelt
    )


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


def _stream(
    store: RegionStore,
    examples: Sequence[Example],
    budget: int,
    seed: int,
    *,
    spelt: Sequence[Example] | None = None,
) -> PairStream:
    known = [example for example in examples if example.image in store]
    words = wordpiece().restricted_to([e.sentence for e in (known if spelt is None else spelt)])
    return PairStream(store, known, words, budget, seed, max_tokens=MOST_TOKENS, truncate=True)
