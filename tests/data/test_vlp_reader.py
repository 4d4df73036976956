"""Detections as the released caption loader stores them become regions."""

import pytest
import torch

from workbench.data.readers.detections import regions_of_detections
from workbench.layers.geometry import geometry6


def arrays(pictures=2, count=3):
    rng = torch.Generator().manual_seed(0)
    low = torch.rand(pictures, count, 2, generator=rng) * 100
    boxes = torch.cat([low, low + 1 + 50 * torch.rand(pictures, count, 2, generator=rng)], -1)
    rest = torch.rand(pictures, count, 2, generator=rng)
    features = torch.randn(pictures, count, 4, generator=rng)
    return features, torch.rand(pictures, count, 5, generator=rng), torch.cat([boxes, rest], -1)


def test_boxes_become_fractions_of_the_largest_coordinates():
    features, classes, boxes = arrays()
    regions = regions_of_detections(features, classes, boxes)
    assert regions.offsets.lengths.tolist() == [3, 3]
    assert torch.equal(regions.features[3:], features[1])
    assert torch.equal(regions.classes[:3], classes[0])
    assert torch.equal(regions.confidence, boxes[..., 5].flatten())
    torch.testing.assert_close(regions.sizes, boxes[..., 2:4].amax(1))
    pixels = regions.boxes * regions.sizes[regions.offsets.owner].repeat(1, 2)
    torch.testing.assert_close(pixels, boxes[..., :4].flatten(0, 1))


def test_known_sizes_change_the_fractions_but_not_the_released_code():
    features, classes, boxes = arrays()
    sizes = torch.tensor([[300.0, 200.0], [640.0, 480.0]])
    without, given = (regions_of_detections(features, classes, boxes, s) for s in (None, sizes))
    torch.testing.assert_close(given.boxes[0], boxes[0, 0, :4] / sizes[0].repeat(2))
    torch.testing.assert_close(geometry6(given), geometry6(without))


def test_a_picture_of_empty_boxes_has_a_size():
    features, classes, boxes = arrays()
    boxes[0, :, :4] = 0
    assert regions_of_detections(features, classes, boxes).boxes[:3].eq(0).all()


def test_arrays_that_do_not_fit_are_refused():
    features, classes, boxes = arrays()
    with pytest.raises(ValueError, match=r"got \(2, 3\), \(2, 2\), \(2, 3\)"):
        regions_of_detections(features, classes[:, :2], boxes)
    with pytest.raises(ValueError, match=r"got \(1, 3\), \(2, 3\), \(2, 3\)"):
        regions_of_detections(features[:1], classes, boxes)
