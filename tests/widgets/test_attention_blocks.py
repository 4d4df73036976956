"""The four blocks of a map, layers that lack one, thresholds, mixes and the numbers of heads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from traitlets import TraitError

from tests.widgets import widget_samples as samples
from widgets import AttentionRecord, AttentionView
from widgets.attention.choice import AttentionChoice
from widgets.attention.head_statistics import statistics
from widgets.attention.metrics import block_shares, metrics_of
from widgets.core.attention import DIRECTIONS

WORDS = len(samples.WORDS)


@pytest.fixture(scope="module")
def record() -> AttentionRecord:
    return samples.attention_record()


def two_streams(record: AttentionRecord) -> AttentionRecord:
    """A text layer in which regions rest and which has two heads of four, and a co-attention."""
    attention, size = record.attention[:2].copy(), record.attention.shape[-1]
    attention[0] = np.eye(size)
    attention[0, :2, :WORDS, :WORDS] = np.random.default_rng(0).dirichlet(
        np.ones(WORDS), (2, WORDS)
    )
    attention[1, :, :WORDS, :WORDS] = 0
    attention[1, :, WORDS:, WORDS:] = 0
    attention[1] /= attention[1].sum(-1, keepdims=True)
    added = np.zeros(size, dtype=bool)
    added[[WORDS - 1, size - 1]] = True
    names = ("text 1", "co-attention 1")
    return replace(record, attention=attention, layer_names=names, added=added)


def test_every_block_is_the_record_s_own_to_the_last_digit(record: AttentionRecord) -> None:
    one = record.attention[2, 1]
    blocks = (one[:WORDS, WORDS:], one[WORDS:, :WORDS].T, one[:WORDS, :WORDS], one[WORDS:, WORDS:])
    for direction, block in zip(DIRECTIONS, blocks, strict=True):
        view = AttentionView(record, layer=2, head=1, direction=direction)
        np.testing.assert_array_equal(view.weights(), block)


def test_what_a_row_sees_in_both_its_blocks_sums_to_one(record: AttentionRecord) -> None:
    for hide in (False, True):
        halves = [
            AttentionView(record, direction=way, hide_special=hide).weights().sum(1)
            for way in ("word_to_region", "word_to_word")
        ]
        np.testing.assert_allclose((halves[0] + halves[1])[1:-1], 1, atol=1e-6)


def test_the_focus_stays_within_its_kind(record: AttentionRecord) -> None:
    words = AttentionView(record, direction="word_to_word", word=8, region=3)
    best = int(words.weights()[8].argmax())
    assert words.sentence().startswith(f"“house” attends most to “{samples.WORDS[best]}”, ")
    regions = AttentionView(record, direction="region_to_region", word=8, region=3)
    best = int(regions.weights()[3].argmax())
    assert regions.sentence().startswith(
        f"Region 3 (tree) attends most to region {best} ({samples.LABELS[best]}), "
    )
    regions.region = -1
    assert regions.sentence().startswith("Region 0 (ball) attends most to")
    nothing_chosen = AttentionView(record, word=-1, hide_special=True)
    assert nothing_chosen.sentence().startswith("“a” "), "the first word that is shown"


def test_tables_name_both_ends(record: AttentionRecord) -> None:
    table = AttentionView(record, head=2, direction="word_to_word", hide_special=True).table()
    assert list(table.columns) == ["from_index", "from", "to_index", "to", "weight"]
    assert len(table) == (WORDS - 2) ** 2 and "[SEP]" not in set(table["to"])
    regions = AttentionView(record, head=2, direction="region_to_region").table()
    row = regions[(regions.from_index == 4) & (regions.to_index == 1)].iloc[0]
    assert (row["from"], row["to"]) == ("roof", "house")
    assert row.weight == record.attention[3, 2, WORDS + 4, WORDS + 1]


@pytest.mark.parametrize(
    ("layer", "direction", "sentence"),
    [
        (0, "region_to_region", "In text 1 the regions are at rest: they pass unchanged, "
         "nothing is looked at."),
        (0, "region_to_word", "In text 1 the regions are at rest: they pass unchanged, "
         "nothing is looked at."),
        (0, "word_to_region", "In text 1 words do not look at regions."),
        (1, "word_to_word", "In co-attention 1 words do not look at each other."),
        (1, "region_to_region", "In co-attention 1 regions do not look at each other."),
    ],
)  # fmt: skip
def test_blocks_that_a_layer_lacks_are_told_and_not_drawn(
    record, layer, direction, sentence
) -> None:
    view = AttentionView(two_streams(record), layer=layer, direction=direction)
    assert view.sentence() == sentence
    assert not view.weights().any(), "an identity is no attention"
    assert np.isnan(block_shares(view.record, direction)[layer]).all()
    assert "(text 1)" in view.choice().subtitle() or "(co-attention 1)" in view.choice().subtitle()


def test_heads_at_rest_do_not_thin_the_mean(record: AttentionRecord) -> None:
    streams = two_streams(record)
    view = AttentionView(streams, layer=0, direction="word_to_word")
    two = streams.attention[0, :2, :WORDS, :WORDS].mean(0)
    np.testing.assert_allclose(view.weights(), two, atol=1e-7)
    assert "mean of 2 heads" in view.choice().subtitle()
    view.head = 3
    assert view.sentence() == (
        "In text 1, head 3, the words are at rest: they pass unchanged, nothing is looked at."
    )


def test_below_the_threshold_nothing_is_shown(record: AttentionRecord) -> None:
    view = AttentionView(record, word=3, head=1, threshold=0.1)
    all_of_them = record.attention[3, 1, :WORDS, WORDS:]
    kept = all_of_them >= 0.1 * all_of_them.max()
    np.testing.assert_array_equal(view.weights() > 0, kept)
    np.testing.assert_array_equal(view.weights()[kept], all_of_them[kept])
    count = int(kept[3].sum())
    verb = "is" if count == 1 else "are"
    assert view.sentence().endswith(f" {count} of 10 regions {verb} above the threshold.")
    with pytest.raises(TraitError, match=r"0 to 1; got 1\.5"):
        view.threshold = 1.5


def test_one_head_of_a_mix_is_that_head_in_every_layer(record: AttentionRecord) -> None:
    view = AttentionView(record, head_weights=[0, 0, 1, 0])
    for layer in range(4):
        view.layer = layer
        np.testing.assert_array_equal(view.weights(), record.attention[layer, 2, :WORDS, WORDS:])
    assert "only head 2" in view.choice().subtitle()


def test_the_statistics_and_one_s_own_stand_side_by_side(record: AttentionRecord) -> None:
    own = np.arange(16.0).reshape(4, 4)
    own[0, 0] = np.nan
    view = AttentionView(
        record, metrics={"mine": own, "largest": lambda r: r.attention.max((2, 3))}, metric="mine"
    )
    names = [name.replace("_", " ") for name in statistics(record)]
    assert view.metric_names == [*names, "mine", "largest"]
    sent = np.frombuffer(view.metric_values, "<f4").reshape(len(names) + 2, 1, 4, 4)
    np.testing.assert_array_equal(sent[-2, 0], own)
    np.testing.assert_allclose(sent[0, 0], statistics(record)["entropy"], rtol=1e-6)
    heads = view.heads()
    assert list(heads.columns[:3]) == ["layer", "name", "head"] and len(heads) == 16
    assert heads["largest"].iloc[9] == record.attention[2, 1].max()
    view.metric = "word_distance"
    assert view.metric == "word distance"
    with pytest.raises(TraitError, match="known are 'entropy', "):
        view.metric = "height"
    with pytest.raises(ValueError, match=r"'odd' must be finite numbers \(or NaN\) \[4, 4\]"):
        metrics_of(record, {"odd": np.zeros((4, 3))})
    with pytest.raises(ValueError, match="'odd' must be finite"):
        metrics_of(record, {"odd": np.full((4, 4), np.inf)})


def test_a_head_s_share_counts_shown_words_only(record: AttentionRecord) -> None:
    shares = block_shares(record, "word_to_region", [0, WORDS - 1])
    hidden = AttentionChoice(record, 3, 1, hide_special=True).weights
    assert shares[3, 1] == pytest.approx(hidden[1:-1].sum(1).mean())


def test_records_one_after_the_other_are_one_view(record: AttentionRecord) -> None:
    later = samples.attention_record(seed=7)
    view = AttentionView.over([("early", record), ("late", later)], layer=2, head=1, word=8)
    np.testing.assert_array_equal(view.weights(), record.attention[2, 1, :WORDS, WORDS:])
    view.frame = 1
    np.testing.assert_array_equal(view.weights(), later.attention[2, 1, :WORDS, WORDS:])
    assert (view.layer, view.head, view.word) == (2, 1, 8)
    assert view.frame_labels == ["early", "late"]
    assert len(view.codes) == 2 * 2 * record.attention.size
    with pytest.raises(TraitError, match="frames 0 to 1"):
        view.frame = 2
    with pytest.raises(ValueError, match=r"'early' has \[4, 4, 26, 26\], 'other' \[2, 4, 26, 26\]"):
        AttentionView.over([("early", record), ("other", samples.attention_record(layers=2))])
    with pytest.raises(ValueError, match="no record was given"):
        AttentionView.over([])


def test_too_many_records_are_thinned_to_the_ends_and_between(record, monkeypatch) -> None:
    monkeypatch.setattr("widgets.attention.frames.MOST_BYTES", 3 * 2 * record.attention.size)
    view = AttentionView.over([(f"step {i}", record) for i in range(9)])
    assert view.frame_labels == ["step 0", "step 4", "step 8"] and view.frames_offered == 9


def test_the_still_picture_shows_the_chosen_metric(record: AttentionRecord) -> None:
    own = np.full((4, 4), np.nan)
    own[2, 1] = 7.0
    for after in (None, samples.attention_record(seed=3)):
        view = AttentionView(record, after=after, metrics={"mine": own})
        pictures = []
        for metric in ("", "entropy", "mine"):
            view.metric = metric
            pictures.append(np.asarray(view.to_image(700)))
        assert all((a != b).any() for a, b in pairwise(pictures))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_block_has_a_picture_of_its_own(record: AttentionRecord, direction) -> None:
    streams = two_streams(record)
    for one, layer in ((record, 3), (streams, 0), (streams, 1)):
        picture = np.asarray(AttentionView(one, layer=layer, direction=direction).to_image(700))
        assert picture.shape[1] == 700
        assert (picture[-5:] == 255).all() and (picture[:, -5:] == 255).all(), "over the edge"
    lit = np.asarray(AttentionView(record, direction=direction, region=3).to_image())
    other = np.asarray(AttentionView(record, direction=direction, region=3, word=8).to_image())
    same = lit.shape == other.shape and (lit == other).all()
    assert same == (direction != "word_to_word"), "only words by words asks about the word here"
