"""Views that go together: what is chosen in one is chosen in all."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.widgets import widget_samples as samples
from widgets import AttentionView, Panel, compare


def test_two_records_and_what_lies_between() -> None:
    first, second = samples.attention_record(), samples.attention_record(seed=4)
    pair = compare(first, second, names=("early", "late"), layer=2, word=8)
    assert pair.difference is not None
    between = pair.second.weights() - pair.first.weights()
    np.testing.assert_allclose(pair.difference.weights(), between, atol=1e-9)
    assert (pair.second.layer, pair.difference.word) == (2, 8)
    pair.first.word, pair.second.head = 3, 1
    assert [(view.word, view.head) for view in (pair.second, pair.difference)] == [(3, 1)] * 2
    assert "late − early" in pair.difference.choice().subtitle()
    assert pair.to_image().size[0] == 1212


def test_what_a_browser_chose_is_handed_on_there() -> None:
    pair = compare(samples.attention_record(), samples.attention_record(seed=4))
    before = pair.second.word
    pair.first.set_state({"word": 11})
    assert (pair.first.word, pair.second.word) == (11, before)
    linked = {tuple(sorted((link.source[1], link.target[1]))) for link in pair._links}
    assert ("hover_word", "hover_word") in linked and ("threshold", "threshold") in linked


def test_only_what_both_have_goes_together() -> None:
    small, large = samples.attention_record(), samples.attention_record(layers=6, heads=2)
    pair = compare(small, large)
    assert pair.difference is None and len(pair.explorers) == 2
    names = [name for name, _ in pair.links]
    assert "layer" not in names and "head" not in names and "direction" in names
    pair.second.layer = 5
    assert pair.first.layer == 3
    with pytest.raises(ValueError, match="16 words and 10 regions, 16 words and 12 regions"):
        compare(small, samples.attention_record(extra_regions=2))


def test_a_panel_links_what_its_explorers_share() -> None:
    record = samples.attention_record()
    views = AttentionView(record, word=8), AttentionView(record)
    panel = Panel(*views, linked=("word", "nothing"))
    assert [name for name, _ in panel.links] == ["word", "hover_word"]
    assert [view.word for view in views] == [8, 8]
    script = re.search(r"linkModels\((\[.*\])\);", panel.to_html())
    assert script is not None
    assert json.loads(script[1]) == [
        {"name": name, "widgets": ["widget-0", "widget-1"]} for name in ("word", "hover_word")
    ]
    assert "linkModels" not in Panel(AttentionView(record)).to_html()
