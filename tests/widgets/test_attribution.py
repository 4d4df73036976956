"""The attribution record, its choice of numbers, and the explorer without a browser."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from tests.widgets.attribution_sample import METHODS, attribution_record
from widgets import AttributionRecord, AttributionView
from widgets.attribution.choice import AttributionChoice
from widgets.attribution.picture import shown_rows, tinted
from widgets.core import attribution as arithmetic
from widgets.core.colour import contrast, ink_on, luminance, signed_colour
from widgets.core.curves import format_number


@pytest.fixture(scope="module")
def record() -> AttributionRecord:
    return attribution_record()


def test_a_record_comes_back_from_its_file(record: AttributionRecord, tmp_path: Path) -> None:
    record.save(tmp_path / "why.npz")
    again = AttributionRecord.load(tmp_path / "why.npz")
    for name in ("words", "labels", "methods", "question", "unit", "score", "layer_names"):
        assert getattr(again, name) == getattr(record, name)
    for name in ("values", "deltas", "fixed", "deletion", "insertion", "shares", "layers"):
        np.testing.assert_array_equal(getattr(again, name), getattr(record, name))


def test_plain_arrays_without_curves_and_layers_are_enough(record: AttributionRecord) -> None:
    arrays = SimpleNamespace(
        words=np.array(record.words), boxes=record.boxes, picture=record.picture, score=1,
        question="Why?", unit="points", methods=["mine"], values=record.values[:1],
    )  # fmt: skip
    view = AttributionView(arrays)
    assert np.isnan(view.record.baseline) and np.isnan(view.record.deltas).all()
    assert not view.record.fixed.any() and view.choice().areas == []
    assert view.areas().empty and view.agreement().shape == (1, 1)
    assert view.to_image().size[0] == 900
    assert "Why? · 1 points" in view.choice().subtitle()
    with pytest.raises(TypeError, match="got SimpleNamespace without boxes, picture, question"):
        AttributionView(SimpleNamespace(words=("a",)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: {"values": r.values[:, 1:]}, r"values must be \[5, 26\] .*16 words and 10 reg"),
        (lambda r: {"values": r.values * np.nan}, r"values holds NaN or infinity, first at \[0, 0"),
        (lambda r: {"methods": r.methods[1:]}, r"values must be \[4, 26\]"),
        (lambda r: {"deltas": np.zeros(2)}, r"deltas must be \[5\] \(one a method\), got \[2\]"),
        (lambda r: {"fixed": np.zeros(3)}, r"fixed must be \[26\]"),
        (lambda r: {"labels": ("x",)}, "1 labels were given for 10 regions"),
        (lambda r: {"boxes": np.full((10, 4), 300.0)}, "divide pixels by the size"),
        (lambda r: {"picture": np.zeros((4, 4, 3))}, "got float64"),
        (lambda r: {"layers": r.layers[1:]}, r"layers must be \[5, 26\]"),
        (lambda r: {"deletion": r.deletion[1:]}, r"deletion must be \[6, 21\]"),
        (lambda r: {"insertion": None}, "curves need all of shares, deletion and insertion"),
    ],
)
def test_what_cannot_be_drawn_is_explained(record, change, message) -> None:
    with pytest.raises(ValueError, match=message):
        replace(record, **change(record))


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("method", 5, r"method 5 was given, but this record has 0 integrated gradients, 1 occl"),
        ("method", -1, "method -1"),
        ("word", 16, r"words 0 to 15 \(-1: none\)"),
        ("region", 10, r"regions 0 to 9 \(-1: none\)"),
        ("region", -2, "region -2"),
    ],
)
def test_choices_the_record_does_not_have_are_refused(record, trait, value, message) -> None:
    view = AttributionView(record)
    with pytest.raises(TraitError, match=message):
        view.set_state({trait: value})  # what a browser sends
    with pytest.raises(TraitError, match=message):
        AttributionView(record, **{trait: value})


def test_what_is_fixed_has_no_part_in_scale_and_rank(record: AttributionRecord) -> None:
    choice = AttributionChoice(record, method=4)
    assert record.values[4].argmax() == 15, "the sink takes most of the attention"
    assert choice.shares()[15] == 0 and choice.ranks()[15] == 0
    assert max(choice.shares()) == 1 and choice.counted == 24
    assert choice.strongest()[0] == 3
    everything = replace(choice, hide_special=False)
    assert everything.strongest()[0] == 15 and everything.counted == 26
    sink, ball = record.values[4, 15], record.values[4, 3]
    assert everything.sentence() == (
        f"By last-layer attention, “[SEP]” counts most (+{sink:.3f}), then “ball” (+{ball:.3f})."
    )


def test_all_rows_fixed_are_all_shown(record: AttributionRecord) -> None:
    choice = AttributionChoice(replace(record, fixed=np.ones(26)))
    assert choice.counted == 26


def test_the_sentence_says_what_the_numbers_say(record: AttributionRecord) -> None:
    view = AttributionView(record)
    first, second = record.values[0, 3], record.values[0, 16]
    assert view.sentence() == (
        f"By integrated gradients, “ball” counts most (+{first:.3f}), "
        f"then region 0 (ball) (+{second:.3f})."
    )
    view.set_state({"region": 2, "method": 1})
    assert view.sentence().startswith(
        f"Region 2 (sun): occlusion −{-record.values[1, 18]:.3f} (rank "
    )
    assert ", integrated gradients −" in view.sentence()
    view.set_state({"region": -1, "word": 0})
    assert view.sentence() == (
        "“[CLS]”: occlusion 0, integrated gradients 0, input × gradient 0, "
        f"gradient relevance +{record.values[3, 0]:.4f}, "
        f"last-layer attention +{record.values[4, 0]:.3f}."
    )
    zero = replace(record, values=record.values * 0)
    assert AttributionView(zero).sentence().endswith("no word and no region counts.")


def test_the_subtitle_tells_the_answer_and_what_is_missed(record: AttributionRecord) -> None:
    choice = AttributionChoice(record)
    assert choice.subtitle() == (
        "Do they belong together? · 2.30 logits · −0.700 with nothing to see · "
        f"convergence delta {format_number(float(record.deltas[0]))} · {record.title}"
    )
    assert "delta" not in replace(choice, method=1).subtitle()


def test_agreement_and_areas_are_what_scipy_and_numpy_say(record: AttributionRecord) -> None:
    stats = pytest.importorskip("scipy.stats")
    view = AttributionView(record)
    rows = np.abs(record.values[:, ~record.fixed])
    table = view.agreement()
    expected = stats.spearmanr(rows, axis=1).statistic
    np.testing.assert_allclose(table.to_numpy(), expected, atol=1e-9)
    tau = stats.kendalltau(rows[0], rows[3]).statistic
    assert view.choice().agreement[1, 0, 3] == pytest.approx(tau)
    assert list(table.columns) == list(METHODS)
    areas = view.areas()
    assert list(areas.index) == [*METHODS, "random order"]
    np.testing.assert_allclose(
        areas["deletion"], np.trapezoid(record.deletion, record.shares, axis=1), atol=1e-6
    )
    assert areas["insertion"].idxmax() == "integrated gradients"


def test_ranks_with_ties_agree_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 5, 12).tolist(), rng.integers(0, 5, 12).tolist()
        rho, tau = stats.spearmanr(a, b).statistic, stats.kendalltau(a, b).statistic
        assert arithmetic.rank_correlation(a, b) == pytest.approx(rho)
        assert arithmetic.pair_agreement(a, b) == pytest.approx(tau)


def test_the_table_holds_every_row_by_every_method(record: AttributionRecord) -> None:
    table = AttributionView(record).table()
    assert list(table.columns) == ["kind", "index", "name", "fixed", "method", "value", "rank"]
    assert len(table) == 5 * 26
    row = table[(table.kind == "region") & (table["index"] == 7) & (table.method == "occlusion")]
    assert row.iloc[0]["name"] == "ball" and row.iloc[0].value == record.values[1, 23]
    ranked = table[(table.method == "occlusion") & (table["rank"] == 1)].iloc[0]
    sizes = np.abs(record.values[1]) * ~record.fixed
    assert ranked["index"] == sizes.argmax() and ranked.kind == "word"


def test_state_survives_json(record: AttributionRecord) -> None:
    view = AttributionView(record, method=2, region=4, hide_special=False, sort=True)
    again = AttributionView.from_state(json.loads(json.dumps(view.state())), record)
    assert again.state() == view.state() and again.sentence() == view.sentence()
    with pytest.raises(ValueError, match="has no layer"):
        AttributionView.from_state({"layer": 2}, record)


def test_the_browser_s_bytes_are_the_numbers(record: AttributionRecord) -> None:
    view = AttributionView(record)
    np.testing.assert_array_equal(np.frombuffer(view.values, "<f4").reshape(5, 26), record.values)
    np.testing.assert_array_equal(np.frombuffer(view.layers, "<f4").reshape(5, 26), record.layers)
    numbers = np.frombuffer(view.numbers, "<f4")
    assert numbers[:2] == pytest.approx([2.3, -0.7]) and np.isnan(numbers[3:]).all()


def test_another_record_keeps_the_method_and_lets_the_focus_go(record) -> None:
    view = AttributionView(record, method=3, word=5)
    view.show(attribution_record(seed=2))
    assert (view.method, view.word) == (3, -1)
    one = replace(record, methods=("mine",), values=record.values[:1], deltas=np.empty(0),
                  deletion=None, insertion=None, shares=None)  # fmt: skip
    view.show(one)
    assert view.method == 0 and view.sentence().startswith("By mine")


def test_bars_stand_as_in_the_sentence_or_by_the_method(record: AttributionRecord) -> None:
    choice = AttributionChoice(record, method=1)
    standing, ranked = shown_rows(choice, False), shown_rows(choice, True)
    assert standing == [row for row in range(26) if not record.fixed[row]]
    assert sorted(ranked) == standing
    sizes = np.abs(record.values[1])[ranked]
    assert (np.diff(sizes) <= 0).all()
    many = AttributionChoice(attribution_record(extra_regions=90))
    assert len(shown_rows(many, False)) == 40 and 3 in shown_rows(many, False)


def test_boxes_are_tinted_by_sign_and_the_larger_share_stays() -> None:
    picture = np.full((40, 40, 3), 120, dtype=np.uint8)
    boxes = np.array([[0, 0, 1, 0.5], [0, 0, 0.5, 0.5], [0, 0.5, 1, 1]])
    seen = tinted(picture, boxes, np.array([0.4, -1.0, 0.0])).astype(int)
    red_less_blue = seen[:, :, 0] - seen[:, :, 2]
    assert (red_less_blue[2:18, 22:38] > 15).all(), "for the answer"
    assert (red_less_blue[2:18, 2:18] < -40).all(), "against it, and stronger"
    assert (red_less_blue[22:, :] == 0).all(), "no share, no tint"


def test_saved_notebooks_show_a_picture(record: AttributionRecord) -> None:
    view = AttributionView(record)
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    data, _ = bundle
    assert data["text/plain"] == view.sentence()
    with Image.open(io.BytesIO(base64.b64decode(base64.b64encode(data["image/png"])))) as picture:
        assert picture.width == 900
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    strongest = np.array(signed_colour(1, False))
    assert (pixels == strongest).all(1).any(), "the colour of the largest value is exact"
    assert len(data["image/png"]) < 250_000
    assert "http" not in str(view._esm)
    with pytest.raises(ValueError, match="600 or more"):
        view.to_image(width=400)


def test_signed_colours_are_as_light_on_both_sides_and_readable() -> None:
    for dark in (False, True):
        for i in range(101):
            plus, minus = signed_colour(i / 100, dark), signed_colour(-i / 100, dark)
            assert abs(luminance(plus) - luminance(minus)) < 0.06
            assert min(contrast(ink_on(plus), plus), contrast(ink_on(minus), minus)) >= 4.5
        assert signed_colour(0.0, dark) == signed_colour(-0.0, dark)
