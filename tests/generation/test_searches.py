"""Greedy search, sampling and both beam rules, against plain enumeration."""

import itertools

import pytest
import torch

from tests.generation.stories import END, Storyteller, pictures
from workbench.generation.additive_length import AdditiveLength
from workbench.generation.beam import Beam
from workbench.generation.constraints import Constraints
from workbench.generation.divided_length import DividedLength
from workbench.generation.forbidden import Forbidden
from workbench.generation.frames import Frames
from workbench.generation.greedy import Greedy
from workbench.generation.minimum_length import MinimumLength
from workbench.generation.sampling import Sampled, only_likeliest, only_nucleus

torch.set_num_threads(1)


def every_text(vocabulary: int, longest: int) -> list[tuple[int, ...]]:
    """Every text that ends, or is as long as can be."""
    words = [w for w in range(vocabulary) if w != END]
    ended = [
        (*text, END)
        for length in range(longest)
        for text in itertools.product(words, repeat=length)
    ]
    return ended + list(itertools.product(words, repeat=longest))


@pytest.mark.parametrize("per_token", [0.0, 1.0, -1.0])
def test_a_wide_beam_finds_the_best_of_all_texts_under_an_additive_bonus(per_token):
    writer, prefix = Storyteller(), pictures(6)
    # as many beams as words, two tokens: nothing is pruned
    found = Beam(5, 2, AdditiveLength(per_token))(writer, prefix)
    for name, text in zip(prefix.names, found, strict=True):
        totals = {t: writer.log_probability(name, t) + per_token * len(t) for t in every_text(5, 2)}
        best = max(totals, key=lambda t: totals[t])
        assert text.ids + ((END,) if text.ended else ()) == best
        assert text.score == pytest.approx(totals[best], abs=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 3.0])
def test_a_wide_beam_finds_the_best_of_all_texts_under_a_divided_length(alpha):
    writer, prefix = Storyteller(), pictures(6)
    rule = DividedLength(alpha)
    found = Beam(5, 2, rule)(writer, prefix)
    for name, text in zip(prefix.names, found, strict=True):
        totals = {
            t: writer.log_probability(name, t) / ((5 + len(t)) / 6) ** alpha
            for t in every_text(5, 2)
        }
        best = max(totals, key=lambda t: totals[t])
        assert text.ids + ((END,) if text.ended else ()) == best
        assert text.score == pytest.approx(totals[best], abs=1e-5)


@pytest.mark.parametrize("rule", [AdditiveLength(0.3), DividedLength(0.9)], ids=["add", "divide"])
def test_scores_are_those_of_the_texts_and_no_batch_mate_matters(rule):
    writer, prefix = Storyteller(9, bias_to_end=1.0), pictures(5)
    search = Beam(3, 8, rule)
    together = search(writer, prefix)
    assert {text.ended for text in together} == {True} or len({t.ids for t in together}) > 1
    for number, (name, text) in enumerate(zip(prefix.names, together, strict=True)):
        assert search(writer, prefix.select(torch.tensor([number]))) == [text]
        tokens = text.ids + ((END,) if text.ended else ())
        total = writer.log_probability(name, tokens)
        if isinstance(rule, AdditiveLength):
            expected = total + 0.3 * len(tokens)
        else:
            expected = total / ((5 + len(tokens)) / 6) ** 0.9
        assert text.score == pytest.approx(expected, abs=1e-5)


def test_an_ended_draft_keeps_its_place_and_score_or_leaves():
    writer, prefix = Storyteller(6, bias_to_end=0.5), pictures(8)
    frozen = Beam(4, 6, DividedLength(0.6)).frames(writer, prefix)
    carried = 0
    for picture, frame, beam in itertools.product(range(8), range(1, 6), range(4)):
        parent = frozen.parents[picture, frame, beam]
        if frozen.tokens[picture, frame - 1, parent] == END:
            carried += 1
            assert frozen.tokens[picture, frame, beam] == END
            before = frozen.scores[picture, frame - 1, parent]
            assert frozen.scores[picture, frame, beam] == before
    assert carried > 20
    dying = Beam(4, 6, AdditiveLength()).frames(writer, prefix)
    for picture, frame, beam in itertools.product(range(8), range(1, 6), range(4)):
        parent = dying.parents[picture, frame, beam]
        if dying.tokens[picture, frame - 1, parent] == END:
            assert dying.scores[picture, frame, beam] < -9000


def test_the_last_frame_is_the_first_in_which_all_end_and_the_first_of_equals_wins():
    tokens = torch.tensor([[[4, END], [END, END], [4, 4]]])
    scores = torch.tensor([[[-1.0, -3.0], [-2.0, -2.0], [-0.1, -0.1]]])
    frames = Frames(tokens, torch.zeros_like(tokens), scores)
    assert AdditiveLength().best(frames, 0, END) == (1, 0, -2.0)
    assert AdditiveLength(-2.0).best(frames, 0, END) == (0, 1, -5.0)


def test_greedy_is_a_beam_of_one_and_may_go_on_behind_the_end():
    writer, prefix = Storyteller(7, bias_to_end=0.5), pictures(6)
    texts = Greedy(10)(writer, prefix)
    assert len({len(text.ids) for text in texts}) > 1
    for one, two in zip(texts, Beam(1, 10)(writer, prefix), strict=True):
        assert (one.ids, one.ended) == (two.ids, two.ended)
        assert one.score == pytest.approx(two.score, abs=1e-5)
    short, whole = (Greedy(30).steps(writer, prefix, all_steps=every) for every in (False, True))
    assert short.tokens.shape[1] < 30 and whole.tokens.shape[1] == 30
    assert short.written(END) == whole.written(END)
    first = torch.stack([writer.logits(name, ()) for name in prefix.names])
    assert torch.equal(whole.logits[:, 0], first.max(1).values)


def test_the_same_seed_samples_the_same_texts_and_another_seed_others():
    writer, prefix = Storyteller(20), pictures(6)
    texts = Sampled(8, seed=3)(writer, prefix)
    assert texts == Sampled(8, seed=3)(writer, prefix)
    assert texts != Sampled(8, seed=4)(writer, prefix)
    tokens = texts[0].ids + ((END,) if texts[0].ended else ())
    expected = writer.log_probability(prefix.names[0], tokens)
    assert texts[0].score == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("narrow", [{"temperature": 1e-3}, {"top_k": 1}, {"top_p": 1e-6}])
def test_sampling_from_almost_nothing_is_greedy(narrow):
    writer, prefix = Storyteller(20), pictures(6)
    ids = [text.ids for text in Greedy(8)(writer, prefix)]
    assert [text.ids for text in Sampled(8, **narrow)(writer, prefix)] == ids


def test_samples_come_as_often_as_they_are_likely():
    writer, prefix = Storyteller(6), pictures(1)
    shares = (writer.logits("pair-0", ()) / 0.7).softmax(0)
    many = prefix.select(torch.zeros(4000, dtype=torch.int64))
    firsts = [t.ids[0] if t.ids else END for t in Sampled(1, temperature=0.7)(writer, many)]
    counts = torch.bincount(torch.tensor(firsts), minlength=6) / 4000
    torch.testing.assert_close(counts, shares, atol=0.03, rtol=0.0)


def test_top_k_and_top_p_keep_the_likeliest():
    scores = torch.tensor([[0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5]]).log()
    infinite = -torch.inf
    assert only_likeliest(scores, 2)[0].tolist() == [*scores[0, :2].tolist(), infinite, infinite]
    assert only_likeliest(scores, 9).equal(scores)
    for share, kept in ((0.4, 1), (0.5, 1), (0.6, 2), (0.96, 4), (1.0, 4)):
        assert only_nucleus(scores, share).isfinite().sum(1).tolist() == [kept, kept], share
    assert only_nucleus(scores, 0.6)[1].isfinite().tolist() == [False, False, True, True]


def test_constraints_hold_in_every_search():
    writer, prefix = Storyteller(7, bias_to_end=3.0), pictures(6)
    rules = Constraints(logits=(MinimumLength(4, END), Forbidden((3, 5))))
    for search in (Greedy(9, rules), Sampled(9, constraints=rules), Beam(3, 9, constraints=rules)):
        texts = search(writer, prefix)
        assert all(len(text.ids) >= 4 and not {3, 5} & set(text.ids) for text in texts)
        assert any(text.ended for text in texts)


def test_bad_searches_are_refused():
    with pytest.raises(ValueError, match=r"9 beams .* vocabulary has 5"):
        Beam(9)(Storyteller(5), pictures(1))
    with pytest.raises(ValueError, match="beams=0"):
        Beam(0)
    with pytest.raises(ValueError, match="use Greedy"):
        Sampled(temperature=0.0)
    with pytest.raises(ValueError, match=r"top_k .* got 0"):
        Sampled(top_k=0)
    with pytest.raises(ValueError, match=r"top_p .* got 1\.5"):
        Sampled(top_p=1.5)
