from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from workbench.vision import coco
from workbench.vision.extractor import (
    DetectedRegions,
    Extractor,
    GivenBoxes,
    GridRegions,
)

BOXES = torch.tensor([[0.25, 0.15, 0.7, 0.65], [0.0, 0.0, 1.0, 1.0], [0.9, 0.9, 1.0, 1.0]])


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return load_sample_image("flower.jpg")


@pytest.mark.parametrize(
    ("extractor", "boxes", "count"),
    [
        (DetectedRegions(), None, None),
        (DetectedRegions(), BOXES, 3),
        (GivenBoxes(), BOXES, 3),
        (GridRegions(), None, 20),
        (GridRegions(rows=2, columns=3), BOXES, 3),
    ],
)
def test_every_extractor_answers_in_one_schema(extractor, boxes, count, picture):
    assert isinstance(extractor, Extractor)
    found = extractor.extract(picture, boxes)
    rows = len(found.features)
    assert rows == count or (count is None and 10 <= rows <= 36)
    assert found.features.shape == (rows, extractor.feature_size) == (rows, 1280)
    assert found.classes.shape == (rows, extractor.classes) == (rows, 91)
    assert found.boxes.shape == (rows, 4)
    assert found.confidence.shape == (rows,)
    assert found.sizes.tolist() == [[640.0, 427.0]]
    assert found.offsets.lengths.tolist() == [rows]
    assert torch.allclose(found.classes.sum(-1), torch.ones(rows), atol=1e-4)
    assert found.boxes.min() >= 0 and found.boxes.max() <= 1
    assert found.features.isfinite().all() and found.features.std() > 0
    if boxes is not None:
        assert torch.equal(found.boxes, boxes)


def test_both_at_once_equals_each_alone(picture):
    given, detected = DetectedRegions().extract_both(picture, BOXES)
    for one, other in (
        (given, GivenBoxes().extract(picture, BOXES)),
        (detected, DetectedRegions().extract(picture)),
    ):
        assert torch.equal(one.features, other.features)
        assert torch.equal(one.boxes, other.boxes)
        assert torch.equal(one.classes, other.classes)


def test_no_boxes_give_no_regions(picture):
    found = GivenBoxes().extract(picture, torch.zeros(0, 4))
    assert len(found) == 1 and found.offsets.rows == 0
    assert found.features.shape == (0, 1280) and found.classes.shape == (0, 91)


def test_given_boxes_without_boxes_say_what_to_do(picture):
    with pytest.raises(ValueError, match="pass boxes="):
        GivenBoxes().extract(picture)


@pytest.mark.parametrize(
    "bad",
    [[10.0, 20.0, 200.0, 100.0], [0.5, 0.5, 0.2, 0.9], [0.1, float("nan"), 0.2, 0.3]],
    ids=["pixels", "inverted", "nan"],
)
def test_boxes_that_are_not_fractions_are_refused_by_row(picture, bad):
    with pytest.raises(ValueError, match=r"box 1 is .*expected x1, y1, x2, y2"):
        DetectedRegions().extract(picture, torch.tensor([[0.1, 0.1, 0.2, 0.2], bad]))


@pytest.mark.parametrize("shape", [(3, 5), (900, 40)], ids=["tiny", "long"])
def test_odd_shapes_are_read(shape):
    picture = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    found = DetectedRegions().extract(picture)
    assert found.features.isfinite().all()
    assert found.sizes.tolist() == [[shape[1], shape[0]]]


def test_labels_name_the_likeliest_thing(picture):
    found = DetectedRegions().extract(picture)
    assert len(coco.NAMES) == 91 and sum(bool(n) for n in coco.NAMES) == 81
    names = coco.labels(found)
    assert names[0] == "orange"
    assert len(names) == len(found.features)
    assert not {"", "background"} & set(names)
