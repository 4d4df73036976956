"""The guess record, its choice of numbers, and the viewer without a browser."""

from __future__ import annotations

import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from tests.widgets import guess_samples
from tests.widgets import widget_samples as samples
from widgets import GuessRecord, GuessView
from widgets.core.text import percent


@pytest.fixture(scope="module")
def record() -> GuessRecord:
    return guess_samples.guess_record()


def test_a_record_comes_back_from_its_file(record: GuessRecord, tmp_path: Path) -> None:
    record.save(tmp_path / "guesses.npz")
    again = GuessRecord.load(tmp_path / "guesses.npz")
    for name, value in record.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], value)
    assert again.kinds[-1] == "class" and again.words == samples.WORDS
    assert GuessView(tmp_path / "guesses.npz").sentence() == GuessView(record).sentence()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: {"places": r.places + 30}, "rows of 16 words, then 10 regions.*got row 32"),
        (lambda r: {"places": np.array([], dtype=int)}, "one or more; got none"),
        (lambda r: {"truth": ("a",)}, "truth must have one entry for each of 9 places, got 1"),
        (lambda r: {"kinds": ("word",)}, "kinds must have one entry"),
        (lambda r: {"turns": np.arange(3)}, "turns must have one entry"),
        (lambda r: {"labels": ("a",)}, "1 labels were given for 10 regions"),
        (lambda r: {"picture": r.picture.astype(float)}, "picture must be uint8"),
        (lambda r: {"top": r.top[:2]}, r"top must be \[steps, 2, places, guesses\]"),
        (lambda r: {"chance": r.chance[..., :1]}, r"chance must be .* got \[4, 2, 9, 1\]"),
        (lambda r: {"chance": r.chance * 3}, "chance must be probabilities"),
        (lambda r: {"truth_chance": r.truth_chance * np.nan}, "truth_chance must be prob"),
        (lambda r: {"truth_chance": r.truth_chance[:, 0]}, r"truth_chance must be \[steps, 2"),
        (lambda r: {"truth_rank": r.truth_rank - 1}, "counts from 1, got 0"),
        (lambda r: {"steps": np.array([0, 400, 400, 800])}, "steps must rise"),
    ],
)
def test_what_cannot_be_drawn_is_explained(record, change, message) -> None:
    with pytest.raises(ValueError, match=message):
        replace(record, **change(record))


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("place", 9, "place 9 was given, but this record has places 0 to 8"),
        ("place", -1, "place -1"),
        ("step", 401, "step 401 was given, but this record has the steps 0, 400, 800, 1200"),
        ("word", 16, r"words 0 to 15 \(-1: none\)"),
        ("region", 10, r"regions 0 to 9 \(-1: none\)"),
        ("revealed", [0, 9], "place 9"),
    ],
)
def test_choices_the_record_does_not_have_are_refused(record, trait, value, message) -> None:
    view = GuessView(record)
    with pytest.raises(TraitError, match=message):
        view.set_state({trait: value})
    if trait not in ("word", "region"):
        with pytest.raises(TraitError, match=message):
            GuessView(record, **{trait: value})
    assert view.sentence()


def test_it_opens_on_the_word_that_the_picture_helps_most(record: GuessRecord) -> None:
    view = GuessView(record)
    lost = -np.log2(record.truth_chance[-1])
    helped = lost[1] - lost[0]
    helped[5] += helped[6]  # two pieces of one word
    assert view.place == int(helped[:6].argmax()) == 5
    assert view.choice().group == [5, 6] and view.step == 1200


def test_the_sentence_says_what_the_numbers_say(record: GuessRecord) -> None:
    view = GuessView(record, place=1, step=800)
    seeing, blind = record.truth_chance[2, :, 1]
    bits = math.log2(seeing / blind)
    best, chance = record.top[2, :, 1, 0], record.chance[2, :, 1, 0]
    assert best[0] == "ball" and bits > 0.1
    assert view.sentence() == (
        f"“ball” is hidden. With the picture the model guesses “ball” ({percent(chance[0])}), "
        f"without it “{best[1]}” ({percent(chance[1])}): the picture helps by {bits:.1f} bits."
    )
    view.place = 7
    assert view.sentence().startswith("Region 0 (ball) is hidden. With the words the model")
    assert view.choice().rank_text(0).startswith("The detector’s “sports ball” is guess ")
    view.hide_answers = True
    assert view.sentence() == (
        "What is hidden in this region? Guess before you look at the answer."
    )
    view.revealed = [7]
    assert view.sentence().startswith("Region 0 (ball)")


def test_places_words_and_regions_follow_each_other(record: GuessRecord) -> None:
    view = GuessView(record, place=0)
    assert (view.word, view.region) == (2, -1)
    view.place = 8
    assert (view.word, view.region) == (-1, 2)
    view.set_state({"word": 8, "region": -1})  # as a linked explorer does
    assert view.place == 3
    view.set_state({"word": 0})
    assert view.place == 3, "[CLS] is hidden nowhere here, so nothing follows"
    view.set_state({"region": 0})
    assert view.place == 7 and view.word == -1


def test_the_table_holds_every_guess(record: GuessRecord) -> None:
    view = GuessView(record, step=400)
    table = view.table()
    assert len(table) == 9 * 2 * 4
    one = table[(table.row == 8) & (table.condition == "without the picture")]
    assert one.guess.tolist() == record.top[1, 1, 3].tolist()
    np.testing.assert_array_equal(one.chance, record.chance[1, 1, 3])
    assert set(one.truth) == {"house"} and set(one.truth_rank) == {record.truth_rank[1, 1, 3]}
    assert set(table[table.kind == "class"].condition) == set(record.region_conditions)


def test_how_much_the_picture_helps_each_word(record: GuessRecord) -> None:
    table = GuessView(record, step=800).helps()
    assert table.hidden.tolist()[4:7] == ["yellow", "sunshine", "region 0 (ball)"]
    assert table.rows.tolist()[5] == [12, 13] and table.kind.tolist()[5:7] == ["word", "region"]
    lost = -np.log2(record.truth_chance[2])
    np.testing.assert_allclose(table.surprise_with[5], lost[0, 5] + lost[0, 6], atol=1e-9)
    np.testing.assert_allclose(table.helps[1], lost[1, 1] - lost[0, 1], atol=1e-9)


def test_state_survives_json(record: GuessRecord) -> None:
    view = GuessView(record, place=4, step=400, hide_answers=True, revealed=[4, 5])
    again = GuessView.from_state(json.loads(json.dumps(view.state())), record)
    assert again.state() == view.state() and again.sentence() == view.sentence()
    with pytest.raises(ValueError, match="has no zoom"):
        GuessView.from_state({"zoom": 2}, record)


def test_another_record_can_be_shown(record: GuessRecord) -> None:
    view = GuessView(record, place=8, step=400, hide_answers=True, revealed=[8])
    few = replace(
        record, places=record.places[:2], truth=record.truth[:2], turns=record.turns[:2],
        kinds=record.kinds[:2], steps=record.steps[:1] + 7, top=record.top[:1, :, :2],
        chance=record.chance[:1, :, :2], truth_chance=record.truth_chance[:1, :, :2],
        truth_rank=record.truth_rank[:1, :, :2],
    )  # fmt: skip
    view.show(few)
    assert (view.step, view.revealed, view.steps) == (7, [], [7]) and view.place in (0, 1)
    assert view.word == record.places[view.place] and view.region == -1
    assert len(view.table()) == 2 * 2 * 4
    view.show(record)
    assert view.choice().moment == 3 and view.sentence()


def test_the_browser_s_bytes_stand_for_the_record(record: GuessRecord) -> None:
    view = GuessView(record)
    codes = np.frombuffer(view.top, "<u4").reshape(record.top.shape)
    np.testing.assert_array_equal(np.array(view.guesses)[codes], record.top)
    chance = np.frombuffer(view.truth_chance, "<f4").reshape(record.truth_chance.shape)
    np.testing.assert_allclose(chance, record.truth_chance, atol=1e-7)
    assert view.groups == [[0], [1], [2], [3], [4], [5, 6], [7], [8]]


def test_the_still_picture_keeps_answers_back(record: GuessRecord) -> None:
    told, kept = (
        np.asarray(GuessView(record, place=7, hide_answers=hide).to_image())
        for hide in (False, True)
    )
    assert told.shape[1] == kept.shape[1] == 900 and kept.shape[0] < told.shape[0]
    assert (told[-5:] == 255).all() and (told[:, -5:] == 255).all(), "something touches the edge"
    bundle = GuessView(record, hide_answers=True, place=3)._repr_mimebundle_()
    assert bundle is not None
    data, _ = bundle
    assert "house" not in data["text/plain"]
    assert Image.open(io.BytesIO(data["image/png"])).size[0] == 900
    with pytest.raises(ValueError, match="600 or more"):
        GuessView(record).to_image(300)
    narrow = GuessView(replace(record, labels=("",) * 10), place=8).to_image(600)
    assert narrow.size[0] == 600


def test_one_step_and_fewer_guesses_than_columns(record: GuessRecord) -> None:
    top, chance = record.top[-1:].copy(), record.chance[-1:].copy()
    top[:, :, 7:, 2:], chance[:, :, 7:, 2:] = "", 0
    few = replace(
        record, steps=[0], top=top, chance=chance,
        truth_chance=record.truth_chance[-1:], truth_rank=record.truth_rank[-1:],
    )  # fmt: skip
    view = GuessView(few, place=7)
    assert view.to_image().size[1] < GuessView(record, place=7).to_image().size[1], "no course"
    assert len(view.table()) == 7 * 2 * 4 + 2 * 2 * 2
    assert view.choice().subtitle() == record.title


def test_untrusted_words_cannot_become_markup(record: GuessRecord) -> None:
    evil = '</script><img src=x onerror="alert(1)">'
    top = record.top.astype("<U60")
    top[..., 0] = evil
    page = GuessView(replace(record, top=top, title=evil)).to_html(title=evil)
    assert "<img" not in page
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert state is not None and evil in json.loads(state[1])["values"]["guesses"]
