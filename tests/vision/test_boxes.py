from __future__ import annotations

import itertools

import pytest
import torch

from workbench.vision import boxes


def some_boxes(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 0.7
    size = 0.02 + torch.rand(count, 2, generator=generator) * 0.3
    return torch.cat([corner, corner + size], dim=-1)


def overlap_of_two(a: list[float], b: list[float]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (both - width * height)


def test_overlap_is_shared_area_over_joint_area():
    left, right = some_boxes(7, 1), some_boxes(5, 2)
    found = boxes.intersection_over_union(left, right)
    for i, j in itertools.product(range(7), range(5)):
        expected = overlap_of_two(left[i].tolist(), right[j].tolist())
        assert found[i, j].item() == pytest.approx(expected, abs=1e-6)


def test_overlap_of_empty_and_inverted_boxes_is_zero():
    odd = torch.tensor([[0.2, 0.2, 0.2, 0.2], [0.8, 0.8, 0.1, 0.1]])
    assert torch.equal(boxes.intersection_over_union(odd, odd), torch.zeros(2, 2))


@pytest.mark.parametrize("overlap", [0.1, 0.3, 0.5, 0.9])
def test_suppression_equals_the_definition(overlap):
    found = some_boxes(60)
    scores = torch.rand(60, generator=torch.Generator().manual_seed(3)).round(decimals=1)
    kept: list[int] = []
    for row in sorted(range(60), key=lambda r: (-scores[r].item(), r)):
        boxed = found[row].tolist()
        if all(overlap_of_two(found[k].tolist(), boxed) <= overlap for k in kept):
            kept.append(row)
    assert boxes.suppress(found, scores, overlap).tolist() == kept
    assert len(kept) < 60 or overlap == 0.9


def test_suppression_of_nothing_is_nothing():
    assert boxes.suppress(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []


def test_conversions_undo_each_other():
    found = some_boxes(20)
    assert torch.allclose(boxes.to_corners(boxes.to_centres(found)), found, atol=1e-6)
    pixels = boxes.to_pixels(found, 320, 256)
    assert torch.allclose(pixels[:, [0, 2]], found[:, [0, 2]] * 320)
    assert torch.allclose(pixels[:, [1, 3]], found[:, [1, 3]] * 256)
    assert torch.allclose(boxes.to_fractions(pixels, 320, 256), found, atol=1e-6)


def test_clipping_keeps_what_lies_inside():
    found = boxes.clip(torch.tensor([[-0.5, 0.2, 1.5, 0.9]]))
    assert torch.equal(found, torch.tensor([[0.0, 0.2, 1.0, 0.9]]))


def test_grid_covers_the_picture_once_row_by_row():
    cells = boxes.grid(4, 5)
    assert len(cells) == 20
    assert boxes.area(cells).sum().item() == pytest.approx(1.0)
    overlaps = boxes.intersection_over_union(cells, cells) - torch.eye(20)
    assert overlaps.max() < 1e-5
    assert torch.allclose(cells[5], torch.tensor([0.0, 0.25, 0.2, 0.5]))
    with pytest.raises(ValueError, match="at least one row"):
        boxes.grid(0, 5)
