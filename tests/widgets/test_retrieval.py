"""The retrieval record, what its browser says of it, and its galleries, without a browser."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from tests.widgets.retrieval_sample import picture, retrieval_run
from widgets import RetrievalRun, RetrievalView, image_gallery, text_gallery, thumbnails_of
from widgets.core.retrieval import DIRECTIONS
from widgets.retrieval import message
from widgets.retrieval.gallery import telling
from widgets.retrieval.marked_text import MISSED, RIGHT, WRONG
from widgets.retrieval.thumbnails import boxes_on_thumbnails

TEXT, IMAGE = DIRECTIONS


@pytest.fixture(scope="module")
def run() -> RetrievalRun:
    return retrieval_run()


@pytest.fixture(scope="module")
def other() -> RetrievalRun:
    return retrieval_run("smaller", seed=3, skill=0.9)


def small(scores, owner, **more) -> RetrievalRun:
    scores = np.array(scores, dtype=np.float32)
    texts = tuple(f"text {i}" for i in range(scores.shape[0]))
    pictures = tuple(f"picture {i}" for i in range(scores.shape[1]))
    return RetrievalRun("m", texts, pictures, np.array(owner), scores, **more)


def test_a_run_comes_back_from_its_file(run, tmp_path) -> None:
    run.save(tmp_path / "run.npz")
    again = RetrievalRun.load(tmp_path / "run.npz")
    for name, value in run.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], value)
    assert again.texts == run.texts and again.seconds == run.seconds


def test_ranks_by_hand_with_ties_counted_against() -> None:
    run = small([[3, 3, 1], [5, 2, 1], [0, 1, 9], [2, 0, 9]], [0, 1, 2, 2])
    assert run.text_ranks.tolist() == [2, 2, 1, 1]
    assert run.picture_ranks.tolist() == [2, 2, 1], "own sentences do not count against each other"
    assert run.recall(1) == 0.5 and run.recall(1, IMAGE) == pytest.approx(1 / 3)
    assert run.hits().tolist() == [2, 3] and run.misses(IMAGE).tolist() == [0, 1]


def test_a_picture_without_a_sentence_asks_for_none() -> None:
    run = small([[1, 5], [2, 0]], [0, 0])
    assert run.picture_ranks.tolist() == [1, 0]
    assert run.recall(1, IMAGE) == 1 and run.texts_of == ((0, 1), ())
    assert "has no sentence of its own" in RetrievalView(run, direction=IMAGE, query=1).sentence()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": np.zeros((3, 3))}, r"scores must be \[15, 10\]"),
        ({"owner": np.full(15, 10)}, "owner must lie in 0 to 9, got 10 to 10"),
        ({"owner": np.zeros(3)}, "owner must hold 15 places"),
        ({"texts": ()}, "0 texts and 10 pictures"),
        ({"thumbnails": np.zeros((10, 400, 400, 3), np.uint8)}, "at most 160 on a side"),
        ({"thumbnails": np.zeros((10, 4, 4, 3))}, "uint8"),
        ({"boxes": np.full((20, 4), 30.0)}, "divide pixels by the size"),
        ({"boxes": np.zeros((3, 4))}, r"boxes must be \[20, 4\]"),
        ({"label_owner": np.zeros(3)}, "label_owner must hold 20"),
        ({"lacking": np.zeros((2, 2), bool)}, r"lacking must be \[30, 10\]"),
        ({"details": np.zeros((30, 2))}, r"details must be \[M, 3\]"),
        ({"probe_kinds": ("name",)}, "8 probes need as many kinds"),
        ({"probe_scores": np.full(8, np.nan)}, "probe_scores must be finite"),
    ],
)
def test_what_does_not_fit_is_explained(run, change, said) -> None:
    with pytest.raises(ValueError, match=said):
        replace(run, **change)


def test_scores_that_are_no_numbers_are_placed(run) -> None:
    broken = run.scores.copy()
    broken[4, 7] = np.nan
    with pytest.raises(ValueError, match="text 4 with picture 7 is not"):
        replace(run, scores=broken)


def test_anybody_fills_it_by_plain_arrays() -> None:
    given = SimpleNamespace(
        model="theirs", texts=["a", "b"], pictures=["x", "y"], owner=[1, 0],
        scores=[[0.1, 0.9], [0.2, 0.3]],
    )  # fmt: skip
    view = RetrievalView(given)
    assert view.query == 1 and view.run.text_ranks.tolist() == [1, 2]
    assert "rank 2 of 2; first is y." in view.sentence()
    assert view.to_image().width == 900


def test_it_opens_on_a_miss_and_says_what_is_missing(run) -> None:
    view = RetrievalView(run)
    assert view.query == 0 and run.text_ranks[0] > 1
    first = int(run.scores[0].argmax())
    missing = run.texts[0][slice(*run.lacks(0, first)[0])]
    assert view.sentence() == (
        f"“{run.texts[0]}” finds its own picture at rank {run.text_ranks[0]} of 10; "
        f"first is {run.pictures[first]}, which lacks “{missing}”."
    )
    assert missing not in run.labels_of[first]


def test_details_that_stand_together_are_one() -> None:
    run = small([[1, 2]], [0], details=np.array([[0, 0, 4], [0, 5, 6]]),
                lacking=np.array([[False, True], [False, True]]))  # fmt: skip
    assert run.lacks(0, 1) == ((0, 6),) and run.lacks(0, 0) == ()


def test_candidates_stand_in_their_order_with_the_right_one_behind_its_ties(run) -> None:
    choice = RetrievalView(run).choice()
    found = choice.candidates(run, 10)
    assert [one.rank for one in found] == list(range(1, 11))
    assert [one.score for one in found] == sorted(run.scores[0].tolist(), reverse=True)
    for query in range(len(run.texts)):
        choice = RetrievalView(run, query=query).choice()
        [own] = [one for one in choice.candidates(run, 10) if one.own]
        assert own.rank == run.text_ranks[query]
    far = int(run.text_ranks.argmax())
    choice, rank = RetrievalView(run, query=far).choice(), int(run.text_ranks[far])
    shown = choice.candidates(run, rank - 1)
    assert len(shown) == rank - 1 and shown[-1].own and shown[-1].rank == rank
    assert choice.first(run).rank == 1 and not choice.first(run).own


def test_filters_and_search_choose_questions(run, other) -> None:
    ranks, theirs = run.text_ranks, other.text_ranks
    expected = {
        "all": ranks > 0, "hits": ranks == 1, "misses": ranks > 1,
        "near_misses": (ranks > 1) & (ranks <= 5), "below_ten": ranks > 10,
        "first_only": (ranks == 1) & (theirs > 1), "second_only": (ranks > 1) & (theirs == 1),
    }  # fmt: skip
    for name, chosen in expected.items():
        shown = RetrievalView(run, other, filter=name).choice().shown
        assert shown == np.flatnonzero(chosen).tolist(), name
    assert expected["first_only"].any()
    found = RetrievalView(run, search="Ball SUN").choice().shown
    assert found and all("ball" in run.texts[i] and "sun" in run.texts[i] for i in found)
    by_name = RetrievalView(run, direction=IMAGE, search="picture-004").choice().shown
    assert by_name == [4]


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("query", 15, "this run has sentences 0 to 14"),
        ("query", -1, "query -1"),
        ("opened", [0], r"\[sentence, picture\] with 0 to 14 and 0 to 9"),
        ("opened", [0, 10], "got \\[0, 10\\]"),
        ("filter", "first_only", "give other=, a second run"),
        ("filter", "best", "filter"),
        ("direction", "sideways", "direction"),
    ],
)
def test_choices_the_run_does_not_have_are_refused(run, trait, value, said) -> None:
    view = RetrievalView(run)
    with pytest.raises(TraitError, match=said):
        view.set_state({trait: value})
    with pytest.raises(TraitError, match=said):
        RetrievalView(run, **{trait: value})
    assert view.sentence()


def test_turning_keeps_the_question_within_the_run(run) -> None:
    view = RetrievalView(run, query=14)
    view.direction = IMAGE
    assert view.query == 0 and view.sentence().startswith("Picture picture-000")
    view.set_state({"direction": TEXT, "query": 12})
    assert view.query == 12


def test_runs_on_other_pairs_are_not_compared(run) -> None:
    with pytest.raises(ValueError, match="score the same pairs"):
        RetrievalView(run, retrieval_run(copies=2))


def test_state_survives_json_and_the_open_pair_is_said(run, other) -> None:
    view = RetrievalView(run, other, direction=IMAGE, query=3, opened=[4, 3], search="a")
    again = RetrievalView.from_state(json.loads(json.dumps(view.state())), run, other)
    assert again.state() == view.state() and again.sentence() == view.sentence()
    assert f"Open: “{run.texts[4][:-1]}” with picture-003" in view.sentence()
    assert f"smaller has it at rank {other.picture_ranks[3]}." in view.sentence()


def test_the_table_holds_both_models_ranks(run, other) -> None:
    table = RetrievalView(run, other, filter="misses").table()
    assert table["rank"].tolist() == [rank for rank in run.text_ranks if rank > 1]
    assert table["rank (smaller)"].tolist() == other.text_ranks[table["query"]].tolist()
    best = run.scores.argmax(1)[table["query"]]
    assert table["first"].tolist() == [run.pictures[i] for i in best]
    first = table.iloc[0]
    pair = int(first["query"]), int(best[0])
    assert first["lacks"] == ", ".join(run.texts[pair[0]][a:b] for a, b in run.lacks(*pair)) != ""


def test_probes_tell_who_wins(run) -> None:
    own = run.scores[run.probe_owner, run.owner[run.probe_owner]]
    np.testing.assert_array_equal(run.probe_wins, own > run.probe_scores)
    shares = run.probe_shares()
    names = np.array(run.probe_kinds) == "name"
    assert shares["name"] == (pytest.approx(run.probe_wins[names].mean()), int(names.sum()))
    [probe] = RetrievalView(run, query=2).choice().probes(run)
    assert run.texts[2][slice(*probe.before)] != probe.sentence[slice(*probe.after)]
    assert probe.text == 2 and probe.original == run.scores[2, run.owner[2]]


def test_the_browser_s_bytes_are_the_scores(run, other) -> None:
    view = RetrievalView(run, other)
    sent = np.frombuffer(view.scores, "<f4").reshape(2, *run.scores.shape)
    np.testing.assert_array_equal(sent[0], run.scores)
    np.testing.assert_array_equal(sent[1], other.scores)
    bits = np.unpackbits(np.frombuffer(view.lacking, np.uint8).reshape(30, 2), axis=1)[:, :10]
    np.testing.assert_array_equal(bits.astype(bool), run.lacking)
    last = Image.open(io.BytesIO(view.thumbnails[view.thumbnail_ends[-2] :]))
    assert last.size == (160, 128)


def test_a_large_run_sends_the_first_answers_and_the_right_one(monkeypatch) -> None:
    large = retrieval_run(copies=12, skill=0.3)
    monkeypatch.setattr(message, "MOST_SCORES", 1000)
    view = RetrievalView(large)
    texts, pictures = large.scores.shape
    assert not view.whole and len(view.scores) == 8 * (texts * 100 + pictures * 100)
    kept = np.frombuffer(view.scores, "<u4", texts * 100).reshape(texts, 100)
    scores = np.frombuffer(view.scores, "<f4", texts * 100, texts * 400).reshape(texts, 100)
    np.testing.assert_array_equal(np.take_along_axis(large.scores, kept.astype(int), 1), scores)
    assert (kept == large.owner[:, None]).any(1).all()
    assert (large.text_ranks > 100).any(), "a right answer further down must be among them"


def test_thumbnails_of_different_shapes_lie_on_a_mat() -> None:
    wide, high = np.full((40, 80, 3), 9, np.uint8), np.full((80, 40, 3), 9, np.uint8)
    made = thumbnails_of([wide, high], 16)
    assert made.shape == (2, 16, 16, 3)
    assert (made[0, 4:12] == 9).all() and (made[0, :4] > 200).all()
    whole = np.array([[0.0, 0.0, 1.0, 1.0]])
    boxes = boxes_on_thumbnails([whole, whole], [wide, high], 16)
    np.testing.assert_allclose(boxes[0], [[0, 0.25, 1, 0.75]])
    np.testing.assert_allclose(boxes[1], [[0.25, 0, 0.75, 1]])
    assert thumbnails_of([picture(("ball", "sun"))], 80).shape == (1, 64, 80, 3)


def has(image: Image.Image, colour) -> bool:
    off = np.abs(np.asarray(image.convert("RGB")).astype(int) - colour).max(-1)
    return bool((off <= 14).sum() >= 12)  # thin lines are smoothed


def test_still_pictures_mark_right_wrong_and_missed(run, other) -> None:
    miss = RetrievalView(run, query=0).to_image()
    assert miss.width == 900 and has(miss, RIGHT) and has(miss, WRONG) and has(miss, MISSED)
    hit = RetrievalView(replace(run, probes=(), probe_owner=[], probe_kinds=(), probe_scores=[],
                                probe_spans=np.empty((0, 4))),
                        query=int(run.hits()[0])).to_image()  # fmt: skip
    assert has(hit, RIGHT) and not has(hit, WRONG)
    both = RetrievalView(run, other, direction=IMAGE).to_image(700)
    assert both.width == 700 and both.height > miss.height * 0.7
    with pytest.raises(ValueError, match="600 or more"):
        RetrievalView(run).to_image(300)
    for image in (miss, both):
        pixels = np.asarray(image)
        assert (pixels[-5:] == 255).all() and (pixels[:, -5:] == 255).all()


def test_galleries_show_where_the_models_differ(run, other) -> None:
    chosen = telling(run, other, TEXT, 4)
    first = (run.text_ranks[chosen] == 1) & (other.text_ranks[chosen] > 1)
    assert first[0] and len(set(chosen)) == 4
    assert telling(run, None, TEXT, 100) == [*run.misses(), *run.hits()]
    images = image_gallery(run, other, count=4)
    assert has(images, RIGHT) and has(images, WRONG) and has(images, MISSED)
    texts = text_gallery(run, pictures=[int(run.misses(IMAGE)[0])], columns=1, width=400)
    assert texts.width == 400 and has(texts, WRONG)
    right = text_gallery(run, pictures=[int(run.hits(IMAGE)[0])], columns=1, width=400)
    assert has(right, RIGHT) and not has(right, WRONG)
    with pytest.raises(ValueError, match="question 99"):
        text_gallery(run, pictures=[99])
    with pytest.raises(ValueError, match="score the same pairs"):
        image_gallery(run, retrieval_run(copies=2))


def test_saved_notebooks_get_a_picture(run) -> None:
    bundle = RetrievalView(run)._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]
    assert Image.open(io.BytesIO(data["image/png"])).size[0] == 900
    assert len(data["image/png"]) < 120_000 and data["text/plain"].startswith("“a ")


def test_untrusted_words_cannot_become_markup(run) -> None:
    evil = '</script><img src=x onerror="alert(1)">'
    html = RetrievalView(replace(run, model=evil, texts=(evil, *run.texts[1:]))).to_html(title=evil)
    assert "<img" not in html
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert state is not None
    values = json.loads(state[1])
    assert values["values"]["texts"][0] == evil
    assert len(base64.b64decode(values["bytes"]["scores"])) == 4 * run.scores.size
