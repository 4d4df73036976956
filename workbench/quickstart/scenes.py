"""Scenes made ready for training: composed, looked at once, their regions in two stores.

A prepared split is a folder ``.cache/scenes/SOURCE-MARK-SPLIT-COUNT`` with the stores ``truth``
(exact boxes) and ``detected`` (the detector's boxes) of the same pictures; the mark stands for
everything that decides the pictures, but not for what is said of them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from filelock import FileLock

from workbench import places
from workbench.data.datasets.scenes import Scenes
from workbench.data.manifest import StoreError
from workbench.data.store import RegionStore
from workbench.vision import folder as extraction
from workbench.vision.extractor import DetectedRegions


def folder_of(scenes: Scenes) -> Path:
    """Where the regions of these scenes are kept."""
    mixture = scenes.mixture
    told = (scenes.seed, scenes.vocabulary, scenes.size)
    made_of = (mixture.objects, mixture.repeated, mixture.scales)
    # a few scenes themselves: a changed composer or cut-out must not find old regions
    sample = [scenes.scene(index) for index in {0, scenes.count // 2, scenes.count - 1}]
    drawn_by = scenes.origin.cutouts[0].file.parent.name
    text = repr((told, made_of, sample, drawn_by, DetectedRegions()))
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    name = f"{scenes.origin.name}-{mark}-{scenes.split}-{scenes.count}"
    return places.cache() / "scenes" / name


def prepare(scenes: Scenes, *, progress: bool = True) -> extraction.Summary:
    """Extract what is still missing; a second call finds everything there.

    Where another process is preparing the same scenes, it is waited for.
    """
    folder = folder_of(scenes)
    if _whole(folder, scenes):
        return extraction.Summary(0, scenes.count, {}, 0.0)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "preparing.lock"):
        given, detected = (_store(folder / name) for name in ("truth", "detected"))
        with given, detected:
            return extraction.extract_both(_jobs(scenes), given, detected, progress=progress)


def _jobs(scenes: Scenes) -> list[extraction.Job]:
    return [
        extraction.Job(
            scene.key,
            lambda scene=scene: scenes.picture(scene),
            torch.tensor([item.box for item in scene.objects]),
        )
        for scene in scenes.scenes()
    ]


def regions(scenes: Scenes, boxes: str) -> RegionStore:
    """The prepared store of ``boxes`` ("truth" or "detected"); an error says how to make it."""
    folder = folder_of(scenes) / boxes
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the regions of {scenes.count} {scenes.split} scenes were not extracted yet "
            f"(no {folder.name!r} store); run `make start` or quickstart.scenes.prepare first"
        )
    return RegionStore.open(folder)


def _whole(folder: Path, scenes: Scenes) -> bool:
    """Whether both stores have all these scenes; only read, so that many may ask at once."""
    keys = {scene.key for scene in scenes.scenes()}
    try:
        with (
            RegionStore.open(folder / "truth") as one,
            RegionStore.open(folder / "detected") as two,
        ):
            return keys <= {*one.keys} and keys <= {*two.keys}
    except (StoreError, FileNotFoundError):
        return False


def _store(folder: Path) -> RegionStore:
    if folder.is_dir():
        return RegionStore.open(folder, append=True)
    return RegionStore.create(folder, DetectedRegions.feature_size, DetectedRegions.classes)
