"""The attention record, its choice of numbers, and the explorer without a browser."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from tests.widgets import widget_samples as samples
from widgets import AttentionRecord, AttentionView
from widgets.attention.picture import lit
from widgets.core.attention import decode


@pytest.fixture(scope="module")
def record() -> AttentionRecord:
    return samples.attention_record()


def test_a_record_comes_back_from_its_file(record: AttentionRecord, tmp_path: Path) -> None:
    record.save(tmp_path / "probe.npz")
    again = AttentionRecord.load(tmp_path / "probe.npz")
    assert again.words == record.words and again.labels == record.labels
    assert again.title == record.title
    np.testing.assert_array_equal(again.attention, record.attention)
    np.testing.assert_array_equal(again.picture, record.picture)


def test_a_foreign_file_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", words=np.array(["a"]), weights=np.zeros(3))
    with pytest.raises(ValueError, match=r"lacks boxes, picture, .*holds words, weights"):
        AttentionRecord.load(tmp_path / "other.npz")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    fields = ("boxes", "picture", "attention", "labels", "title")
    np.savez(tmp_path / "evil.npz", words=np.array([{}]), **{name: np.zeros(1) for name in fields})
    with pytest.raises(ValueError, match="allow_pickle"):
        AttentionRecord.load(tmp_path / "evil.npz")


def test_anything_with_the_fields_is_a_record(record: AttentionRecord) -> None:
    arrays = SimpleNamespace(
        words=np.array(record.words), labels=np.array(record.labels), boxes=record.boxes,
        picture=record.picture, attention=record.attention, title="from elsewhere",
    )  # fmt: skip
    view = AttentionView(arrays)
    assert view.title == "from elsewhere"
    with pytest.raises(TypeError, match="got SimpleNamespace without boxes"):
        AttentionView(SimpleNamespace(words=("a",)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: {"attention": a[:, :, :-1]}, r"attention must be \[layers, heads, 26, 26\]"),
        (lambda a: {"attention": a * 2}, r"word 0 of layer 0, head 0 sums to 2\.0000"),
        (lambda a: {"attention": a - 1}, "0 or more"),
        (lambda a: {"words": ()}, "0 words and 10 regions"),
        (lambda a: {"labels": ("x",)}, "1 labels were given for 10 regions"),
        (lambda a: {"picture": np.zeros((4, 4), np.uint8)}, r"uint8 \[height, width, 3\]"),
        (lambda a: {"picture": np.zeros((4, 4, 3))}, "got float64"),
        (lambda a: {"boxes": np.full((10, 4), 300.0)}, "divide pixels by the size"),
        (lambda a: {"boxes": np.full((10, 4), np.nan)}, "from nan to nan"),
        (lambda a: {"boxes": np.tile([0.5, 0, 0.2, 1], (10, 1))}, "ends before it begins"),
        (lambda a: {"boxes": np.zeros((10, 5))}, r"boxes must be \[N, 4\], got \[10, 5\]"),
    ],
)
def test_what_cannot_be_drawn_is_explained(record, change, message) -> None:
    with pytest.raises(ValueError, match=message):
        replace(record, **change(record.attention))


def test_nan_is_found_and_placed(record: AttentionRecord) -> None:
    broken = record.attention.copy()
    broken[2, 1, 18, 3] = np.nan
    with pytest.raises(ValueError, match="layer 2, head 1, region 2"):
        replace(record, attention=broken)


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("layer", 4, "layer 4 was given, but this record has layers 0 to 3"),
        ("layer", -1, "layer -1"),
        ("head", 4, r"heads 0 to 3 \(-1: all heads\)"),
        ("head", -2, "head -2"),
        ("word", 16, "words 0 to 15"),
        ("region", 10, r"regions 0 to 9 \(-1: none\)"),
        ("head_weights", [1.0], "4 numbers of 0 or more"),
        ("head_weights", [0.0, 0, 0, 0], "one above 0"),
        ("head_weights", [1.0, -1, 1, 1], "0 or more"),
        ("direction", "sideways", "direction"),
    ],
)
def test_choices_the_record_does_not_have_are_refused(record, trait, value, message) -> None:
    view = AttentionView(record)
    with pytest.raises(TraitError, match=message):
        view.set_state({trait: value})  # what a browser sends
    with pytest.raises(TraitError, match=message):
        AttentionView(record, **{trait: value})
    assert view.sentence()


def test_weights_are_the_record_s_own_to_the_last_digit(record: AttentionRecord) -> None:
    view = AttentionView(record, layer=2, head=1)
    np.testing.assert_array_equal(view.weights(), record.attention[2, 1, :16, 16:])
    view.set_state({"direction": "region_to_word"})
    np.testing.assert_array_equal(view.weights(), record.attention[2, 1, 16:, :16].T)
    view.set_state({"head": -1, "direction": "word_to_region"})
    mean = record.attention[2].mean(axis=0)[:16, 16:]
    np.testing.assert_allclose(view.weights(), mean, atol=1e-7)
    view.set_state({"head_weights": [1, 3, 0, 0]})
    mixed = 0.25 * record.attention[2, 0] + 0.75 * record.attention[2, 1]
    np.testing.assert_allclose(view.weights(), mixed[:16, 16:], atol=1e-7)


def test_hidden_special_tokens_leave_rows_that_sum_to_one(record: AttentionRecord) -> None:
    view = AttentionView(record, head=0, hide_special=True)
    full = record.attention[3, 0].astype(float)
    kept = full[3].copy()
    kept[[0, 15]] = 0
    np.testing.assert_allclose(view.weights()[3], (kept / kept.sum())[16:], atol=1e-9)
    assert (view.weights()[[0, 15]] == 0).all()
    assert set(view.table()["word"]) == set(samples.WORDS) - {"[CLS]", "[SEP]"}


def test_the_sentence_says_what_the_numbers_say(record: AttentionRecord) -> None:
    view = AttentionView(record, word=3, head=1)
    weights = record.attention[3, 1, 3, 16:]
    assert weights.argmax() == 0
    share = int(np.floor(weights[0] * 100 + 0.5))
    assert view.sentence() == f"“ball” attends most to region 0 (ball), {share} %."
    view.set_state({"region": 1})
    best = samples.WORDS[int(record.attention[3, 1, :16, 17].argmax())]
    assert view.sentence().startswith(f"Region 1 (house) is attended to most by “{best}”, ")
    view.set_state({"direction": "region_to_word"})
    assert view.sentence().startswith("Region 1 (house) attends most to “")


def test_it_opens_on_a_word_that_names_a_region(record: AttentionRecord) -> None:
    assert AttentionView(record).word == samples.WORDS.index("ball")
    unnamed = replace(record, labels=("",) * 10)
    assert AttentionView(unnamed).word in (2, 3, 8, 11, 12, 13)


def test_the_table_holds_every_shown_weight(record: AttentionRecord) -> None:
    table = AttentionView(record, head=2).table()
    assert list(table.columns) == ["word_index", "word", "region", "label", "weight"]
    assert len(table) == 16 * 10
    row = table[(table.word_index == 8) & (table.region == 1)].iloc[0]
    assert row.word == "house" and row.label == "house"
    assert row.weight == record.attention[3, 2, 8, 17]


def test_state_survives_json(record: AttentionRecord) -> None:
    view = AttentionView(record, layer=1, head=2, word=8, hide_special=True)
    again = AttentionView.from_state(json.loads(json.dumps(view.state())), record)
    assert again.state() == view.state()
    np.testing.assert_array_equal(again.weights(), view.weights())
    with pytest.raises(ValueError, match="has no zoom"):
        AttentionView.from_state({"zoom": 2}, record)


def test_the_browser_s_bytes_stand_for_the_weights(record: AttentionRecord) -> None:
    view = AttentionView(record)
    codes = np.frombuffer(view.codes, "<u2").reshape(record.attention.shape)
    scales = np.frombuffer(view.scales, "<f4").reshape(4, 4)
    assert np.abs(decode(codes, scales) - record.attention).max() < 2e-5


def test_the_picture_is_lit_where_the_strongest_region_is(record: AttentionRecord) -> None:
    shares = np.zeros(10)
    shares[[0, 1]] = 1.0, 0.5
    shown = lit(record.picture, record.boxes, shares).astype(int)
    picture = record.picture.astype(int)
    in_ball, in_house, outside = (180, 70), (150, 170), (20, 20)
    np.testing.assert_array_equal(shown[in_ball], picture[in_ball])
    assert shown[outside].sum() < 0.55 * picture[outside].sum()
    ratio = shown[in_house].sum() / picture[in_house].sum()
    assert 0.6 < ratio < 0.85


def test_the_still_picture_changes_with_the_word(record: AttentionRecord) -> None:
    one, other = (
        np.asarray(AttentionView(record, word=word, head=1).to_image()) for word in (3, 8)
    )
    assert one.shape == other.shape and one.shape[1] == 900
    assert (one != other).any()
    assert (one[-5:] == 255).all() and (one[:, -5:] == 255).all(), "something touches the edge"
    with pytest.raises(ValueError, match="600 or more"):
        AttentionView(record).to_image(300)


def test_saved_notebooks_get_a_picture(record: AttentionRecord) -> None:
    data, _ = AttentionView(record)._repr_mimebundle_()
    assert Image.open(io.BytesIO(data["image/png"])).size[0] == 900
    assert len(data["image/png"]) < 120_000
    assert data["text/plain"].startswith("“ball” attends most")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_untrusted_words_cannot_become_markup(record: AttentionRecord) -> None:
    evil = '</script><img src=x onerror="alert(1)">'
    words = (evil, *record.words[1:])
    html = AttentionView(replace(record, words=words, title=evil), word=0).to_html(title=evil)
    assert "<img" not in html
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert state is not None
    values = json.loads(state[1])
    assert values["values"]["words"][0] == evil
    assert len(base64.b64decode(values["bytes"]["codes"])) == 2 * record.attention.size


def test_the_saved_picture_keeps_the_colours_of_numbers(record: AttentionRecord) -> None:
    view = AttentionView(record)
    exact = np.asarray(view.to_image()).astype(int)
    saved = Image.open(io.BytesIO(view._repr_mimebundle_()[0]["image/png"])).convert("RGB")
    off = np.abs(np.asarray(saved).astype(int) - exact).max(axis=2)
    assert np.quantile(off[140:430, 530:870], 0.95) <= 4, "cells of the heat map changed colour"
    assert off.mean() < 2
