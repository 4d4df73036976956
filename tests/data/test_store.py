from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.data.manifest import StoreError
from workbench.data.store import RegionStore
from workbench.pairs import Offsets, Regions

F, C = 6, 3


def regions(count: int, seed: int) -> Regions:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 0.5
    size = torch.rand(count, 2, generator=generator) * 0.5
    return Regions(
        features=torch.rand(count, F, generator=generator) * 6,
        boxes=torch.cat([corner, corner + size], dim=-1),
        confidence=torch.rand(count, generator=generator),
        classes=torch.rand(count, C, generator=generator).softmax(-1),
        sizes=torch.tensor([[320.0 + seed, 256.0]]),
        offsets=Offsets.from_lengths([count]),
    )


def filled(folder, counts=(3, 0, 5, 1), shard_pictures: int = 512, first: int = 0) -> RegionStore:
    """A closed store of pictures k0, k1, ... with these numbers of regions."""
    with RegionStore.create(folder, F, C, shard_pictures) as store:
        for i, count in enumerate(counts, first):
            store.append(f"k{i}", regions(count, i))
    return RegionStore.open(folder)


def assert_same(found: Regions, expected: Regions) -> None:
    assert torch.equal(found.boxes, expected.boxes)
    assert torch.equal(found.confidence, expected.confidence)
    assert torch.equal(found.sizes, expected.sizes)
    assert torch.equal(found.offsets.starts, expected.offsets.starts)
    # Features and probabilities are stored in float16, nothing else is rounded.
    assert torch.equal(found.features, expected.features.half().float())
    assert torch.equal(found.classes, expected.classes.half().float())


def test_what_is_read_is_what_was_appended(tmp_path):
    store = filled(tmp_path / "store")
    assert store.keys == ("k0", "k1", "k2", "k3") and len(store) == 4
    assert store.counts() == [3, 0, 5, 1] and store.counts(["k2", "k1"]) == [5, 0]
    assert "k2" in store and "k9" not in store
    order = ["k2", "k1", "k0", "k2"]
    expected = Regions.join([regions(5, 2), regions(0, 1), regions(3, 0), regions(5, 2)])
    found = store.read(order)
    assert_same(found, expected)
    assert found.features.dtype == torch.float32
    assert (found.features - expected.features).abs().max() < 6 * 2**-11


def test_float16_costs_half_a_thousandth():
    feature = torch.linspace(0.01, 6, 1000)
    assert ((feature.half().float() - feature) / feature).abs().max() < 0.0005


def test_many_batches_and_shards_read_like_one(tmp_path):
    counts = [i % 7 for i in range(100)]
    store = filled(tmp_path / "store", counts, shard_pictures=13)
    assert len(list((tmp_path / "store").glob("features-*.arrow"))) > 5
    order = np.random.default_rng(0).permutation(100).tolist()
    found = store.read([f"k{i}" for i in order])
    assert_same(found, Regions.join([regions(i % 7, i) for i in order]))


def open_below(folder: Path) -> list[str]:
    """Files of this folder that this process holds open; those of earlier tests do not count."""
    targets = []
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            targets.append(os.readlink(handle))
    return [target for target in targets if target.startswith(str(folder))]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts handles in Linux's way")
def test_many_shards_keep_no_file_open(tmp_path):
    store = filled(tmp_path / "store", [1] * 40, shard_pictures=1)
    before = open_below(tmp_path)
    found = store.read(store.keys)
    assert set(open_below(tmp_path)) <= set(before)
    assert_same(found, Regions.join([regions(1, i) for i in range(40)]))


def test_pictures_without_regions_and_no_pictures(tmp_path):
    store = filled(tmp_path / "store", (0, 0))
    assert_same(store.read(["k1", "k0"]), Regions.join([regions(0, 1), regions(0, 0)]))
    none = store.read([])
    assert len(none) == 0 and none.features.shape == (0, F) and none.sizes.shape == (0, 2)


def test_an_empty_store_can_be_opened(tmp_path):
    store = filled(tmp_path / "store", ())
    assert len(store) == 0 and store.keys == () and store.counts() == []


def test_classes_can_be_left_on_disk(tmp_path):
    store = filled(tmp_path / "store")
    (tmp_path / "away").mkdir()
    for file in (tmp_path / "store").glob("features-*"):
        assert b"classes" not in file.read_bytes()
    found = store.read(["k0", "k2"], classes=False)
    assert found.classes.shape == (8, 0)
    assert torch.equal(found.features, store.read(["k0", "k2"]).features)


def test_what_was_appended_can_be_read_before_closing(tmp_path):
    with RegionStore.create(tmp_path / "store", F, C) as store:
        store.append("a", regions(2, 0))
        assert store.keys == ("a",) and "a" in store and len(store) == 1
        assert_same(store.read(["a"]), regions(2, 0))
        store.append("b", regions(3, 1))
        assert store.keys == ("a", "b")
    assert_same(store.read(["b", "a"]), Regions.join([regions(3, 1), regions(2, 0)]))


def test_reopened_store_goes_on_in_a_new_shard(tmp_path):
    folder = tmp_path / "store"
    filled(folder)
    before = {file.name: file.read_bytes() for file in folder.glob("*.arrow")}
    with RegionStore.open(folder, append=True) as store:
        store.append("k4", regions(2, 4))
    store = RegionStore.open(folder)
    assert store.keys == ("k0", "k1", "k2", "k3", "k4")
    assert_same(store.read(["k4", "k0"]), Regions.join([regions(2, 4), regions(3, 0)]))
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert (folder / "features-00001.arrow").is_file()


def test_fingerprint_knows_the_contents_and_nothing_else(tmp_path):
    one = filled(tmp_path / "one")
    parts = filled(tmp_path / "parts", shard_pictures=1)
    assert len(one.fingerprint()) == 64
    assert one.fingerprint() == parts.fingerprint()
    with RegionStore.create(tmp_path / "backwards", F, C) as backwards:
        for i, count in reversed(list(enumerate((3, 0, 5, 1)))):
            backwards.append(f"k{i}", regions(count, i))
    assert one.fingerprint() == backwards.fingerprint()
    assert one.fingerprint() != filled(tmp_path / "fewer", (3, 0, 5)).fingerprint()
    assert one.fingerprint() != filled(tmp_path / "renamed", first=1).fingerprint()
    with RegionStore.create(tmp_path / "changed", F, C) as changed:
        for i, count in enumerate((3, 0, 5, 1)):
            part = regions(count, i)
            shifted = part.boxes.clone()
            shifted[:, 0] *= 1 - 1e-6 * (i == 3)
            changed.append(f"k{i}", dataclasses.replace(part, boxes=shifted))
    assert one.fingerprint() != changed.fingerprint()


def test_an_open_store_travels_to_another_process(tmp_path):
    store = filled(tmp_path / "store")
    twin = pickle.loads(pickle.dumps(store))
    assert_same(twin.read(["k2"]), regions(5, 2))


def test_unknown_key_is_named(tmp_path):
    with pytest.raises(KeyError, match="no picture 'k9' among the 4"):
        filled(tmp_path / "store").read(["k0", "k9"])


def changed(part: Regions, **fields) -> Regions:
    return dataclasses.replace(part, **fields)


def with_value(values: torch.Tensor, row: int, column: int, value: float) -> torch.Tensor:
    values = values.clone()
    values[row, column] = value
    return values


GOOD = regions(4, 0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (changed(GOOD, features=with_value(GOOD.features, 2, 1, float("nan"))),
         r"'bad', region row 2, features: number 1 is nan"),
        (changed(GOOD, features=with_value(GOOD.features, 1, 5, 1e6)),
         r"'bad', region row 1, features: number 5 is 1000000.0; .*float16"),
        (changed(GOOD, classes=with_value(GOOD.classes, 3, 0, float("inf"))),
         r"'bad', region row 3, classes: number 0 is inf"),
        (changed(GOOD, confidence=torch.tensor([0.1, float("nan"), 0.1, 0.1])),
         r"'bad', region row 1, confidence"),
        (changed(GOOD, boxes=with_value(GOOD.boxes, 1, 2, 1.01)),
         r"'bad', region row 1, box: .*1\.01.* divide pixel boxes"),
        (changed(GOOD, boxes=with_value(GOOD.boxes, 3, 0, float("nan"))),
         r"'bad', region row 3, box: .*nan"),
        (changed(GOOD, boxes=with_value(GOOD.boxes, 2, 0, 0.999)),
         r"'bad', region row 2, box: .*x1 <= x2"),
        (changed(GOOD, features=torch.zeros(4, F + 1)),
         "'bad': expected 1 picture of 6 features and 3 classes a region, got 1 of 7 and 3"),
        (Regions.join([GOOD, GOOD]), "'bad': expected 1 picture .* got 2 of 6 and 3"),
    ],
    ids=["nan", "overflow", "inf", "confidence", "outside", "nan-box", "inverted", "sizes", "two"],
)  # fmt: skip
def test_bad_regions_are_refused_with_key_and_row(tmp_path, bad, message):
    with RegionStore.create(tmp_path / "store", F, C) as store:
        store.append("good", GOOD)
        with pytest.raises(StoreError, match=message):
            store.append("bad", bad)
        store.append("after", GOOD)
    assert RegionStore.open(tmp_path / "store").keys == ("good", "after")


def test_boxes_a_hair_outside_are_clipped(tmp_path):
    hair = changed(GOOD, boxes=with_value(with_value(GOOD.boxes, 0, 0, -5e-4), 1, 3, 1.0005))
    with RegionStore.create(tmp_path / "store", F, C) as store:
        store.append("hair", hair)
    found = store.read(["hair"]).boxes
    assert found[0, 0] == 0 and found[1, 3] == 1


def test_a_key_is_kept_once(tmp_path):
    with RegionStore.create(tmp_path / "store", F, C) as store:
        store.append("a", GOOD)
        with pytest.raises(StoreError, match="already holds a picture 'a'"):
            store.append("a", GOOD)
        store.flush()
        with pytest.raises(StoreError, match="already holds a picture 'a'"):
            store.append("a", GOOD)


def test_a_store_open_for_reading_does_not_write(tmp_path):
    with pytest.raises(StoreError, match="append=True"):
        filled(tmp_path / "store").append("new", GOOD)


@pytest.mark.parametrize("shape", [(0, 3), (4, 0)])
def test_columns_of_no_width_are_refused(tmp_path, shape):
    """Arrow would end the whole process over one."""
    with pytest.raises(StoreError, match=r"1 feature and 1 class or more, not \d and \d"):
        RegionStore.create(tmp_path / "store", *shape)
    assert not (tmp_path / "store").exists()
