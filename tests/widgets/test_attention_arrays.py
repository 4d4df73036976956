"""Other libraries' attention as joint maps: every weight in its place, every row a distribution."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from widgets import AttentionRecord, grid_boxes, joint_attention, single_stream_attention
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.explain.attention import attention_of
from workbench.systems import uniter, vilbert

torch.set_num_threads(1)
WORDS = ("[CLS]", "a", "red", "ball", "[SEP]")
PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)

RNG = np.random.default_rng(0)


def weights(*shape: int, rng: np.random.Generator = RNG) -> np.ndarray:
    """Made-up attention: the last axis sums to 1, and no two weights are the same."""
    scores = np.exp(rng.normal(0, 1, shape))
    return (scores / scores.sum(axis=-1, keepdims=True)).astype(np.float32)


def rows_sum_to_one(maps: np.ndarray) -> bool:
    return bool((maps >= 0).all()) and bool(np.allclose(maps.sum(axis=-1), 1, atol=1e-5))


def test_regions_may_come_first_and_padding_is_left_out() -> None:
    # [CLS] region region word word [SEP] [PAD]; nothing looks at the padding
    given = weights(2, 3, 7, 7)
    given[..., 6] = 0
    given /= given.sum(axis=-1, keepdims=True)
    words, regions = [0, 3, 4, 5], [1, 2]
    maps, names = single_stream_attention(given, words, regions)
    assert maps.shape == (2, 3, 6, 6) and names == ("block 1", "block 2")
    assert rows_sum_to_one(maps)
    for new_row, row in enumerate(words + regions):
        for new_column, column in enumerate(words + regions):
            np.testing.assert_array_equal(maps[..., new_row, new_column], given[..., row, column])


@pytest.mark.parametrize("seed", range(8))
def test_a_shuffled_stream_comes_back_in_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, n, heads, layers = (int(count) for count in rng.integers(1, 6, 4))
    joint = weights(layers, heads, w + n, w + n, rng=rng)
    order = rng.permutation(w + n)  # row i of theirs is row order[i] of ours
    place = np.argsort(order)
    theirs = joint[:, :, order][:, :, :, order]
    maps, _ = single_stream_attention(list(theirs), place[:w].tolist(), place[w:].tolist())
    np.testing.assert_array_equal(maps, joint)


def test_weights_on_rows_left_out_are_refused_or_shared_out() -> None:
    given = weights(1, 2, 5, 5)
    with pytest.raises(ValueError, match=r"gives \d+% of its attention to rows that are named"):
        single_stream_attention(given, [0, 1], [2, 3])
    maps, _ = single_stream_attention(given, [0, 1], [2, 3], renormalise=True)
    assert rows_sum_to_one(maps)
    shares = given[0, :, :4, :4] / given[0, :, :4, :4].sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(maps[0], shares, atol=1e-6)
    given[..., :4, 4] = 1
    given[..., :4, :4] = 0
    with pytest.raises(ValueError, match="gives 100% of its attention"):
        single_stream_attention(given, [0, 1], [2, 3], renormalise=True)


@pytest.mark.parametrize(
    ("schedule", "names"),
    [
        ("TV", ["text 1 · regions 1"]),
        ("VT", ["regions 1 · text 1"]),
        ("TTVV", ["text 1", "text 2 · regions 1", "regions 2"]),
        ("TVT", ["text 1 · regions 1", "text 2"]),
        ("TVCTV", ["text 1 · regions 1", "co-attention 1", "text 2 · regions 2"]),
        ("CC", ["co-attention 1", "co-attention 2"]),
    ],
)
def test_every_block_of_a_schedule_has_its_place(schedule: str, names: list[str]) -> None:
    w, n, text_heads, region_heads, across = 4, 3, 4, 2, 3
    text = [weights(text_heads, w, w) for _ in range(schedule.count("T"))]
    regions = [weights(region_heads, n, n) for _ in range(schedule.count("V"))]
    there = [weights(across, w, n) for _ in range(schedule.count("C"))]
    back = [weights(across, n, w) for _ in range(schedule.count("C"))]
    maps, called = joint_attention(
        schedule, text=text, regions=regions, text_to_regions=there, regions_to_text=back
    )
    assert list(called) == names and rows_sum_to_one(maps)
    rest = np.eye(w + n, dtype=np.float32)
    counts = {"text": 0, "regions": 0, "co-attention": 0}
    for joint, name in zip(maps, called, strict=True):
        expected = np.tile(rest, (maps.shape[1], 1, 1))
        for part in name.split(" · "):
            kind = part.split(" ")[0]
            i = counts[kind]
            counts[kind] += 1
            if kind == "text":
                expected[:text_heads, :w, :w] = text[i]
            elif kind == "regions":
                expected[:region_heads, w:, w:] = regions[i]
            else:
                expected[:across] = 0
                expected[:across, :w, w:] = there[i]
                expected[:across, w:, :w] = back[i]
        np.testing.assert_array_equal(joint, expected)


def traced(encoder: torch.nn.Module) -> tuple[AttentionRecord, dict[str, np.ndarray]]:
    """The workbench's own record of an encoder, and the weights that the encoder traced."""
    torch.manual_seed(0)
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    batch, trace = make_batch([len(WORDS)], [3]), {}
    record = attention_of(encoder, batch, WORDS, PICTURE)
    with torch.no_grad():
        encoder.eval()(batch, trace=trace)
    return record, {name: value[0].numpy() for name, value in trace.items() if value.ndim == 4}


@pytest.mark.parametrize("schedule", ["TTCTCV", "TVCTCV", "CTVC", "VTTC"])
def test_two_streams_are_joined_as_the_workbench_joins_its_own(schedule: str) -> None:
    stream = (24, 2, 32, 20, 4, 24, 16, 2)
    sizes = TwoStreamSizes(schedule, *stream, VOCABULARY, 32, FEATURES, CLASSES)
    record, trace = traced(vilbert.encoder(sizes))
    blocks = {"text": [], "regions": [], "text_to_regions": [], "regions_to_text": []}
    for name, weighed in trace.items():
        stream, _, what = name.split(".")
        key = what if stream == "cross" else stream
        # the row of the whole picture comes first there and is the record's last region
        rows = np.roll(weighed, -1, axis=1) if key.startswith("regions") else weighed
        blocks[key].append(np.roll(rows, -1, axis=2) if key.endswith("regions") else rows)
    maps, names = joint_attention(schedule, **blocks)
    np.testing.assert_array_equal(maps, record.attention)
    assert names == record.layer_names


def test_one_stream_is_joined_as_the_workbench_joins_its_own() -> None:
    sizes = SingleStreamSizes(24, 2, 3, 48, VOCABULARY, 32, FEATURES, CLASSES)
    record, trace = traced(uniter.encoder(sizes))
    maps, names = single_stream_attention(list(trace.values()), range(3, 8), range(3))
    np.testing.assert_array_equal(maps, record.attention)
    assert names == record.layer_names


def test_a_decoder_looks_at_patches_one_way() -> None:
    rows, columns, words = 2, 3, 4
    text = [torch.from_numpy(weights(2, words, words)).tril() for _ in range(2)]
    text = [one / one.sum(-1, keepdim=True) for one in text]
    across = [torch.from_numpy(weights(2, words, rows * columns)) for _ in range(2)]
    maps, names = joint_attention("TCTC", text=text, text_to_regions=across)
    assert names == ("text 1", "cross-attention 1", "text 2", "cross-attention 2")
    for block in range(2):
        np.testing.assert_array_equal(maps[2 * block, :, :words, :words], text[block])
        crossed = maps[2 * block + 1]
        np.testing.assert_array_equal(crossed[:, :words, words:], across[block])
        assert not crossed[:, :words, :words].any() and not crossed[:, words:, :words].any()
        for head in range(2):
            np.testing.assert_array_equal(crossed[head, words:, words:], np.eye(rows * columns))
    boxes = grid_boxes(rows, columns)
    record = AttentionRecord.from_arrays(WORDS[:4], maps, boxes, PICTURE, layer_names=names)
    assert record.layer_names == names and len(record.labels) == 6


def test_layers_may_come_as_one_array() -> None:
    there, back = weights(2, 3, W, N), weights(2, 3, N, W)
    listed = joint_attention("CC", text_to_regions=list(there), regions_to_text=list(back))
    for kind in (np.asarray, torch.from_numpy):
        maps, names = joint_attention("CC", text_to_regions=kind(there), regions_to_text=kind(back))
        np.testing.assert_array_equal(maps, listed[0])
        assert names == listed[1] == ("co-attention 1", "co-attention 2")


def test_a_grid_covers_the_picture_row_by_row() -> None:
    boxes = grid_boxes(2, 4)
    third = np.array([0.5, 0, 0.75, 0.5], dtype=np.float32)
    np.testing.assert_array_equal(boxes[2], third)
    np.testing.assert_array_equal(boxes[4], [0, 0.5, 0.25, 1])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    np.testing.assert_allclose(areas, np.full(8, 1 / 8))
    assert boxes[0, :2].tolist() == [0, 0] and boxes[-1, 2:].tolist() == [1, 1]
    with pytest.raises(ValueError, match="got 0 x 3"):
        grid_boxes(0, 3)


def test_a_record_knows_the_rows_that_a_model_adds() -> None:
    maps, names = joint_attention("TV", text=[weights(1, 2, 2)], regions=[weights(1, 1, 1)])
    boxes = np.array([[0, 0, 1, 1]], dtype=np.float32)
    record = AttentionRecord.from_arrays(
        WORDS[:2], maps, boxes, PICTURE, layer_names=names, added=[False, False, True]
    )
    assert record.own_rows.tolist() == [0, 1]
    with pytest.raises(ValueError, match="added must mark 3 rows, got 2"):
        AttentionRecord.from_arrays(WORDS[:2], maps, boxes, PICTURE, added=[False, True])


W, N = 4, 3
GOOD = {
    "text": weights(2, W, W),
    "regions": weights(2, N, N),
    "text_to_regions": weights(2, W, N),
    "regions_to_text": weights(2, N, W),
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": [None]}, r"text\[0\] is None.*attn_implementation='eager'"),
        ({"text": [GOOD["text"][None]]}, r"text\[0\] is \[1, 2, 4, 4\], with the batch"),
        ({"text": [GOOD["text"][0]]}, r"must be \[heads, queries, keys\].*got \[4, 4\]"),
        ({"regions": [np.log(GOOD["regions"])]}, "query 0 of head 0 has -.*after softmax"),
        ({"regions": [GOOD["regions"] / 0.9]}, r"sums to 1.111: .*eval\(\)"),
        ({"regions": [GOOD["regions"] * np.nan]}, "NaN or infinity, first in head 0, query 0"),
        ({"text_to_regions": [weights(2, W, 5)]}, r"must be \[heads, 4, 3\].*got \[2, 4, 5\]"),
        ({"regions_to_text": [weights(2, W, N)]}, r"must be \[heads, 3, 4\].*got \[2, 4, 3\]"),
        ({"text": []}, "has 1 T, but 0 of text were given"),
        ({"text": [GOOD["text"]] * 2}, "has 1 T, but 2 of text were given"),
        ({"text_to_regions": [], "regions_to_text": []}, "has 1 C, but 0 of text_to_regions and 0"),
        ({"text_to_regions": [GOOD["text_to_regions"]] * 2}, "2 of text_to_regions and 1 of"),
    ],
)
def test_what_is_no_attention_is_refused(changed: dict[str, list], said: str) -> None:
    given = {name: [array] for name, array in GOOD.items()} | changed
    with pytest.raises(ValueError, match=said):
        joint_attention("TVC", **given)


def test_wrong_schedules_and_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"made of T \(text\).*got 'TXC'"):
        joint_attention("TXC", text=[GOOD["text"]])
    with pytest.raises(ValueError, match="nothing given says how many rows the regions stream has"):
        joint_attention("T", text=[GOOD["text"]])
    with pytest.raises(TypeError, match=r"text\[0\] is no array of numbers .*\.detach\(\)"):
        joint_attention("T", text=[torch.ones(1, 2, 2, requires_grad=True)])
    one = weights(1, 2, 4, 4)
    with pytest.raises(ValueError, match=r"rows of 0 to 3, each once; got words \[0, 1\]"):
        single_stream_attention(one, [0, 1], [1, 2])
    with pytest.raises(ValueError, match="rows of 0 to 3, each once"):
        single_stream_attention(one, [0, 1], [2, 4])
    with pytest.raises(ValueError, match=r"with the batch dimension left in"):
        single_stream_attention([one, one], [0, 1], [2, 3])
    with pytest.raises(ValueError, match="attention holds no layer"):
        single_stream_attention([], [0, 1], [2, 3])
    with pytest.raises(ValueError, match=r"attention\[1\] must be \[heads, 4, 4\]"):
        single_stream_attention([one[0], weights(2, 5, 5)], [0, 1], [2, 3])
    with pytest.raises(ValueError, match=r"must be \[heads, 3, 3\] to fit"):
        single_stream_attention([weights(2, 4, 3)], [0], [1])
