"""Taking words, regions and heads away, on real models, and telling what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.properties.batches import make_batch
from tests.properties.everything import MIXES, widened
from tests.widgets import widget_samples as samples
from widgets import AttentionChange, AttentionView
from workbench.explain.attention import attention_on
from workbench.explain.rerun import rerun
from workbench.explain.shown import Shown
from workbench.training.model import Pretraining

torch.set_num_threads(1)
WORDS = ("[CLS]", "a", "red", "ball", "lies", "[SEP]")


@pytest.fixture(scope="module", params=["uniter", "vilbert"])
def looked(request):
    """A record and how to look again, of a model with random weights."""
    model = cast(Pretraining, widened(MIXES[request.param]()))
    pair = Shown(make_batch([6], [3]), WORDS, samples.scene(60, 40), ("sun", "ball", "tree"))
    return attention_on(model, pair), rerun(model, pair)


def test_what_differs_is_after_less_before(looked) -> None:
    record, again = looked
    view = AttentionView(record, again, word=3)
    assert view.after is None and view.sentence().startswith("“ball” ")
    view.set_state({"change": {"words": [2], "regions": [0], "heads": []}})  # as a browser does
    after = again(AttentionChange((2,), (0,)))
    for direction in ("word_to_region", "word_to_word", "region_to_word", "region_to_region"):
        for layer in range(record.layers):
            view.layer, view.direction, view.shown = layer, direction, "difference"
            difference = view.weights()
            view.shown = "before"
            before = view.weights()
            np.testing.assert_array_equal(before, AttentionView(
                record, layer=layer, direction=direction).weights())  # fmt: skip
            view.shown = "after"
            np.testing.assert_allclose(view.weights() - before, difference, atol=1e-9)
            np.testing.assert_array_equal(view.weights(), AttentionView(
                after, layer=layer, direction=direction).weights())  # fmt: skip
    assert view.changed == view.change and view.problem == "" and not view.busy


def test_the_sentence_says_what_is_gone_and_what_differs(looked) -> None:
    record, again = looked
    change = AttentionChange((2,), (), ((0, 1),))
    view = AttentionView(record, again, change=change, word=3)
    assert view.sentence().startswith("Without “red” and ")
    assert view.sentence().endswith("%.") or "Nothing differs" in view.sentence()
    table = view.table()
    np.testing.assert_allclose(table["after"] - table["before"], table["weight"], atol=1e-9)
    view.shown = "before"
    assert not view.sentence().startswith("Without")
    view.change = {}
    assert view.after is None and view.changed == {} and view.after_codes == b""


def test_what_a_model_refuses_is_told_and_nothing_is_lost(looked) -> None:
    record, _ = looked

    def moody(change):
        if change.regions:
            raise RuntimeError("no such luck")
        return record if change.words else replace(record, attention=record.attention[:, :1])

    view = AttentionView(record, moody)
    view.change = {"words": [1]}
    kept = view.after
    view.change = {"words": [1], "regions": [2]}
    assert view.problem == "Looking again failed. RuntimeError: no such luck"
    assert view.after is kept and view.changed["regions"] == [] and not view.busy
    view.change = {"heads": [[0, 0]]}
    assert "another look needs weights" in view.problem
    view.change = {}
    assert view.problem == "" and view.after is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": [6]}, "word 6 cannot be taken away: this record has words 0 to"),
        ({"regions": [-1]}, "region -1"),
        ({"heads": [[99, 0]]}, "layer 99"),
        ({"heads": [[0, 99]]}, "head 99"),
        ({"colours": [1]}, "takes away words, regions, heads; colours was given"),
    ],
)
def test_changes_that_cannot_be_are_refused(looked, change, message) -> None:
    record, again = looked
    view = AttentionView(record, again)
    with pytest.raises(TraitError, match=message):
        view.set_state({"change": change})


def test_a_state_with_a_change_needs_the_model(looked) -> None:
    record, again = looked
    view = AttentionView(record, again, change={"regions": [1]})
    state = json.loads(json.dumps(view.state()))
    same = AttentionView.from_state(state, record, again)
    np.testing.assert_array_equal(same.weights(), view.weights())
    without = AttentionView.from_state(state, record)
    assert "AttentionView(record, rerun)" in without.problem
    assert without.change == view.change and without.changed == {}


def test_a_page_keeps_the_last_difference(looked) -> None:
    record, again = looked
    view = AttentionView(record, again, change={"regions": [1]})
    values = view.page_values()
    assert values["live"] is False and values["rerunnable"] is True
    assert len(values["after_codes"]) == 2 * record.attention.size
    assert values["changed"]["regions"] == [1]


def test_another_record_forgets_the_change() -> None:
    record = samples.attention_record()
    view = AttentionView(record, after=samples.attention_record(seed=2), threshold=0.2, layer=1)
    assert view.after is not None
    view.show(samples.attention_record(seed=5))
    assert (
        view.after is None and view.after_codes == b"" and (view.layer, view.threshold) == (1, 0.2)
    )
    with pytest.raises(ValueError, match="rerun changes one record"):
        AttentionView([("a", record), ("b", record)], lambda change: record)


def test_signs_are_in_the_picture_s_numbers() -> None:
    record = samples.attention_record()
    view = AttentionView(record, after=samples.attention_record(seed=4), word=3)
    plain, signed = AttentionView(record, word=3).to_image(), view.to_image()
    assert signed.size[0] == plain.size[0] == 900
    blue = np.asarray(signed).astype(int)[80:, 450:]
    assert (blue[..., 2] > blue[..., 0] + 60).any(), "less is blue"
    ember = np.asarray(plain).astype(int)[80:, 450:]
    assert not (ember[..., 2] > ember[..., 0] + 60).any()
