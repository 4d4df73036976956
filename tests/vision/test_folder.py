from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from workbench.data.store import RegionStore
from workbench.pairs import Offsets, Regions
from workbench.vision.folder import Job, extract_both, extract_folder, extract_jobs, pictures_in

BOX = torch.tensor([[0.1, 0.1, 0.6, 0.7]])


class Kept(dict):
    """A store that is a dictionary."""

    def append(self, key: str, regions: Regions) -> None:
        assert key not in self
        self[key] = regions


class Brightness:
    """An extractor that needs no network: one region, its feature the mean brightness."""

    feature_size = 1
    classes = 2

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.threads: set[str] = set()

    def extract(self, picture, boxes=None) -> Regions:
        self.seen.append(int(picture[0, 0, 0]))
        self.threads.add(threading.current_thread().name)
        boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0]]) if boxes is None else boxes
        return Regions(
            torch.full((len(boxes), 1), float(picture.mean())),
            boxes,
            torch.ones(len(boxes)),
            torch.full((len(boxes), 2), 0.5),
            torch.tensor([[float(picture.shape[1]), float(picture.shape[0])]]),
            Offsets.from_lengths([len(boxes)]),
        )


@pytest.fixture
def folder(tmp_path) -> Path:
    """Nine pictures of brightness 10, 20, .. 90 in two folders, one of them cut short."""
    for i in range(1, 10):
        file = tmp_path / ("a" if i < 5 else "b/c") / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((12, 16, 3), 10 * i, np.uint8)).save(file)
    bad = tmp_path / "a/3.png"
    bad.write_bytes(bad.read_bytes()[:40])
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_folder_goes_into_the_store_in_order_and_the_bad_one_is_named(folder, capsys):
    store, extractor = Kept(), Brightness()
    summary = extract_folder(folder, store, extractor, workers=2)
    assert list(store) == [f"a/{i}.png" for i in (1, 2, 4)] + [f"b/c/{i}.png" for i in range(5, 10)]
    assert [r.features.item() for r in store.values()] == [10, 20, 40, 50, 60, 70, 80, 90]
    assert (summary.done, summary.already, list(summary.failed)) == (8, 0, ["a/3.png"])
    assert "a/3.png: not a readable picture" in summary.failed["a/3.png"]
    assert "8 pictures" in str(summary) and "1 left out:\n  a/3.png" in str(summary)
    told = capsys.readouterr()
    assert "left out a/3.png" in told.out + told.err


def test_second_run_reads_only_what_is_missing(folder):
    store, extractor = Kept(), Brightness()
    extract_folder(folder, store, extractor, progress=False)
    for key in ("a/2.png", "b/c/9.png"):
        del store[key]
    extractor.seen.clear()
    summary = extract_folder(folder, store, extractor, progress=False)
    assert sorted(extractor.seen) == [20, 90]
    assert (summary.done, summary.already, len(summary.failed)) == (2, 6, 1)
    assert list(store)[-2:] == ["a/2.png", "b/c/9.png"]


def test_an_interrupted_batch_goes_on_where_the_native_store_ends(folder, tmp_path):
    class Interrupted(Brightness):
        def extract(self, picture, boxes=None):
            if picture[0, 0, 0] == 70:
                raise KeyboardInterrupt
            return super().extract(picture, boxes)

    place = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt), RegionStore.create(place, 1, 2) as store:
        extract_folder(folder, store, Interrupted(), progress=False)
    assert RegionStore.open(place).keys == (
        "a/1.png",
        "a/2.png",
        "a/4.png",
        "b/c/5.png",
        "b/c/6.png",
    )
    with RegionStore.open(place, append=True) as store:
        summary = extract_folder(folder, store, Brightness(), progress=False)
    assert (summary.done, summary.already, list(summary.failed)) == (3, 5, ["a/3.png"])
    found = RegionStore.open(place).read(["b/c/9.png", "a/1.png"])
    assert found.features.flatten().tolist() == [90, 10]


def test_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(ValueError, match="no pictures below"):
        pictures_in(tmp_path)


def test_jobs_may_be_pixels_bytes_paths_or_functions(folder):
    file = folder / "a/1.png"
    pixels = np.full((12, 16, 3), 10, np.uint8)
    jobs = [
        Job("pixels", pixels, BOX),
        Job("bytes", file.read_bytes(), BOX),
        Job("path", file),
        Job("function", lambda: pixels),
    ]
    store = Kept()
    extract_jobs(jobs, store, Brightness(), progress=False)
    assert [r.features.item() for r in store.values()] == [10.0] * 4
    assert torch.equal(store["bytes"].boxes, BOX)
    assert torch.equal(store["path"].boxes, torch.tensor([[0.0, 0.0, 1.0, 1.0]]))


def test_regions_that_the_store_refuses_are_left_out_by_name():
    class Picky(Kept):
        def append(self, key, regions):
            if key == "k1":
                raise ValueError("features are not finite")
            super().append(key, regions)

    jobs = [Job(f"k{i}", np.zeros((4, 4, 3), np.uint8)) for i in range(3)]
    summary = extract_jobs(jobs, store := Picky(), Brightness(), progress=False)
    assert list(store) == ["k0", "k2"]
    assert summary.failed == {"k1": "features are not finite"}


def test_a_full_disk_stops_the_batch():
    class Full(Kept):
        def append(self, key, regions):
            raise OSError("no space left")

    jobs = [Job(f"k{i}", np.zeros((4, 4, 3), np.uint8)) for i in range(50)]
    extractor = Brightness()
    with pytest.raises(OSError, match="no space left"):
        extract_jobs(jobs, Full(), extractor, progress=False)
    assert len(extractor.seen) < 50


def test_pictures_are_not_read_far_ahead():
    made = []

    def make(i: int) -> np.ndarray:
        made.append(i)
        return np.zeros((4, 4, 3), np.uint8)

    class Slow(Kept):
        def append(self, key, regions):
            assert max(made) <= int(key) + 8 + 1
            super().append(key, regions)

    jobs = [Job(str(i), lambda i=i: make(i)) for i in range(60)]
    extract_jobs(jobs, store := Slow(), extractor := Brightness(), workers=2, progress=False)
    assert len(store) == 60
    assert 1 <= len(extractor.threads) <= 2


def test_thread_settings_come_back():
    before = (cv2.getNumThreads(), torch.get_num_threads())
    extract_jobs([Job("k", np.zeros((4, 4, 3), np.uint8))], Kept(), Brightness(), progress=False)
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before


def test_both_kinds_of_regions_with_the_real_networks():
    pixels = np.random.default_rng(0).integers(0, 255, (3, 64, 80, 3), dtype=np.uint8)
    jobs = [Job(f"k{i}", pixels[i], BOX) for i in range(3)] + [Job("boxless", pixels[0])]
    given, detected = Kept(), Kept()
    summary = extract_both(jobs, given, detected, workers=2, progress=False)
    assert list(given) == list(detected) == ["k0", "k1", "k2"]
    assert "no boxes were given" in summary.failed["boxless"]
    assert all(torch.equal(r.boxes, BOX) for r in given.values())
    assert all(len(r.boxes) >= 3 for r in detected.values())
    del detected["k1"]
    again = extract_both(jobs[:3], given, detected, workers=1, progress=False)
    assert (again.done, again.already) == (1, 2)
    assert sorted(detected) == ["k0", "k1", "k2"]
