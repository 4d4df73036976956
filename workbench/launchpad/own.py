"""Pictures and captions of one's own, made ready for training: a folder that any run can name."""

from __future__ import annotations

from pathlib import Path

from workbench.data.manifest import DESCRIPTION, StoreError
from workbench.data.readers.captions import captions_in, write_captions
from workbench.data.store import RegionStore
from workbench.launchpad.stored import CAPTIONS
from workbench.vision import folder as extraction
from workbench.vision.extractor import DetectedRegions, Extractor


def prepare_own(
    pictures: Path | str,
    captions: Path | str,
    folder: Path | str,
    *,
    extractor: Extractor = DetectedRegions(),  # noqa: B008
    workers: int = 2,
    progress: bool = True,
) -> extraction.Summary:
    """Extracts the regions of every captioned picture into ``folder``, with what is said of them.

    ``captions`` (see ``captions_in``) names pictures by their paths below ``pictures``.  The
    folder can then be trained on: ``Choice(data=str(folder))``.  A second call extracts what is
    missing.  Pictures that cannot be opened are left out with their sentences and named in the
    summary; raises ``StoreError`` when none is left, or when the folder holds something else.
    """
    pictures, folder = Path(pictures), Path(folder)
    examples = captions_in(captions)
    jobs = [extraction.Job(key, pictures / key) for key in dict.fromkeys(e.image for e in examples)]
    if (folder / DESCRIPTION).is_file():
        store = RegionStore.open(folder, append=True)
    else:
        store = RegionStore.create(folder, extractor.feature_size, extractor.classes)
    with store:
        _refuse_others(store, extractor)
        done = extraction.extract_jobs(jobs, store, extractor, workers, progress)
        kept = [example for example in examples if example.image in store]
    if not kept:
        first, why = next(iter(done.failed.items()))
        raise StoreError(
            f"none of the {len(jobs)} pictures of {captions} could be read below {pictures}; "
            f"{first!r}: {why}"
        )
    write_captions(folder / CAPTIONS, kept)
    return done


def _refuse_others(store: RegionStore, extractor: Extractor) -> None:
    """Regions of another extractor are no data for the same model."""
    there = store.feature_size, store.classes
    now = extractor.feature_size, extractor.classes
    if there != now:
        raise StoreError(
            f"{store.folder} holds regions of {there[0]} features and {there[1]} classes, and "
            f"{type(extractor).__name__} makes {now[0]} and {now[1]}: name a new folder"
        )
