"""Attention records of every kind of encoder: rows sum to 1, and every weight is in its place."""

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from widgets import AttentionRecord
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.explain.attention import WHOLE_PICTURE, attention_of
from workbench.systems import unimo, uniter, vilbert, vlp

torch.set_num_threads(1)
WORDS = ["[CLS]", "a", "red", "ball", "[SEP]"]
PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)
ONE = (24, 2, 3, 48, VOCABULARY, 32, FEATURES, CLASSES)


def two_stream(order: str, text_heads: int = 2, region_heads: int = 2):
    stream = (24, text_heads, 32, 20, region_heads, 24, 16, 2)
    return vilbert.encoder(TwoStreamSizes(order, *stream, VOCABULARY, 32, FEATURES, CLASSES))


def record_of(encoder, seed: int = 0) -> tuple[AttentionRecord, dict[str, torch.Tensor]]:
    """The record and what the encoder traced, on weights wide enough to tell rows apart."""
    torch.manual_seed(seed)
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    batch, trace = make_batch([len(WORDS)], [3]), {}
    record = attention_of(encoder, batch, WORDS, PICTURE, ["sun", "ball", "tree"], "a title")
    with torch.no_grad():
        encoder.eval()(batch, trace=trace)
    sums = record.attention.sum(-1)
    np.testing.assert_allclose(sums, np.ones_like(sums), atol=1e-5)
    assert record.attention.shape[-1] == len(record.words) + len(record.boxes) == len(record.added)
    assert len(record.layer_names) == len(record.attention)
    return record, {name: value[0].numpy() for name, value in trace.items() if value.ndim == 4}


def at_rest(block: np.ndarray) -> bool:
    return bool((block == np.eye(block.shape[-1])).all())


def test_one_stream_shows_words_first():
    record, trace = record_of(uniter.encoder(SingleStreamSizes(*ONE)))
    assert list(record.words) == WORDS and list(record.labels) == ["sun", "ball", "tree"]
    assert list(record.layer_names) == ["block 1", "block 2"]
    assert not record.added.any() and list(record.own_rows) == list(range(8))
    for layer in range(2):
        theirs = trace[f"blocks.{layer}.attention"]
        np.testing.assert_allclose(record.attention[layer, :, 0, 5:], theirs[:, 3, :3])
        np.testing.assert_allclose(record.attention[layer, :, 5:, :5], theirs[:, :3, 3:])


def test_the_whole_picture_is_the_last_region():
    sizes = SingleStreamSizes(*ONE, segments=0)
    record, trace = record_of(unimo.encoder(sizes))
    assert list(record.labels) == ["sun", "ball", "tree", WHOLE_PICTURE]
    assert list(record.boxes[-1]) == [0, 0, 1, 1]
    assert list(record.added) == [False] * 8 + [True]
    assert list(record.own_rows) == list(range(8))
    theirs = trace["blocks.1.attention"]
    np.testing.assert_allclose(record.attention[1, :, 3, 8], theirs[:, 4 + 3, 0])
    np.testing.assert_allclose(record.attention[1, :, 8, 5], theirs[:, 0, 1])
    np.testing.assert_allclose(record.attention[1, :, 6, 7], theirs[:, 2, 3])


def test_an_added_text_row_is_a_word_at_its_place():
    sizes = SingleStreamSizes(*ONE, segments=6, eps=1e-5)
    record, trace = record_of(vlp.encoder(sizes, separator_id=3))
    assert list(record.words) == ["[CLS]", "[SEP]", "a", "red", "ball", "[SEP]"]
    assert list(record.added) == [False, True] + [False] * 7
    assert list(record.own_rows) == [0, 2, 3, 4, 5, 6, 7, 8]
    theirs = trace["blocks.0.attention"]
    np.testing.assert_allclose(record.attention[0, :, 2, 1], theirs[:, 3 + 2, 3 + 1])
    np.testing.assert_allclose(record.attention[0, :, 6, 1], theirs[:, 0, 3 + 1])


def test_two_streams_have_a_map_per_step():
    record, trace = record_of(two_stream("TTCVTCVT"))
    assert list(record.layer_names) == [
        "text 1",
        "text 2",
        "co-attention 1",
        "regions 1 · text 3",
        "co-attention 2",
        "regions 2 · text 4",
    ]
    text, both, crossed = record.attention[0], record.attention[3], record.attention[2]
    np.testing.assert_allclose(text[:, :5, :5], trace["text.0.attention"])
    assert at_rest(text[:, 5:, 5:]) and not text[:, :5, 5:].any()
    np.testing.assert_allclose(both[:, :5, :5], trace["text.2.attention"])
    turned = [1, 2, 3, 0]  # the whole picture leads in the stream and is last in the record
    np.testing.assert_allclose(
        both[:, 5:, 5:], trace["regions.0.attention"][:, turned][..., turned]
    )
    assert not both[:, :5, 5:].any() and not both[:, 5:, :5].any()
    np.testing.assert_allclose(crossed[:, :5, 5:], trace["cross.0.text_to_regions"][..., turned])
    np.testing.assert_allclose(crossed[:, 5:, :5], trace["cross.0.regions_to_text"][:, turned])
    assert not crossed[:, :5, :5].any() and not crossed[:, 5:, 5:].any()


@pytest.mark.parametrize(("text_heads", "region_heads"), [(4, 2), (2, 4)])
def test_heads_that_a_block_lacks_are_at_rest(text_heads, region_heads):
    record, trace = record_of(two_stream("TCVT", text_heads, region_heads))
    assert record.attention.shape[:2] == (3, 4)
    side_by_side = record.attention[2]
    np.testing.assert_allclose(side_by_side[:text_heads, :5, :5], trace["text.1.attention"])
    assert at_rest(side_by_side[text_heads:, :5, :5])
    assert at_rest(side_by_side[region_heads:, 5:, 5:])
    assert not at_rest(side_by_side[region_heads - 1 : region_heads, 5:, 5:])
    assert at_rest(record.attention[1, 2:]) and not at_rest(record.attention[1, :2])


def test_pairs_without_regions_and_records_that_do_not_fit():
    encoder = two_stream("TCVT")
    blind = make_batch([5], [3]).without_regions()
    record = attention_of(encoder, blind, WORDS, PICTURE)
    assert record.attention.shape[-1] == 5 and str(record.layer_names[0]) == "text 1"
    np.testing.assert_allclose(record.attention.sum(-1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="fit its 5 tokens; got 1 pairs and 2 words"):
        attention_of(encoder, blind, WORDS[:2], PICTURE)
    with pytest.raises(ValueError, match="got 2 pairs"):
        attention_of(encoder, make_batch([2, 3], [1, 1]), WORDS, PICTURE)


def test_records_are_saved_without_pickle_and_widgets_read_them(tmp_path):
    import widgets

    record, _ = record_of(two_stream("TCVT"))
    record.save(tmp_path / "record.npz")
    again = AttentionRecord.load(tmp_path / "record.npz")
    assert list(again.layer_names) == list(record.layer_names)
    assert list(again.added) == list(record.added) and again.title == "a title"
    read = widgets.AttentionRecord.load(tmp_path / "record.npz")
    assert read.labels[-1] == WHOLE_PICTURE and read.layers == 3
    assert widgets.AttentionRecord.of(record).words == tuple(WORDS)


def test_training_mode_is_left_as_it_was():
    encoder = two_stream("TCVT").train()
    attention_of(encoder, make_batch([5], [3]), WORDS, PICTURE)
    assert encoder.training
