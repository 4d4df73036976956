"""Choosers: what they hide together, how much of it, and what they never touch."""

import dataclasses

import pytest
import torch

from tests.properties.batches import VOCABULARY, make_batch, seeded
from workbench.objectives.masking import Counted, GeometricSpans, Phrases, Tokens, WholeWords
from workbench.objectives.spans import geometric_lengths
from workbench.objectives.units import phrase_of_row, rank_in_run
from workbench.pairs import Offsets, TextTokens

torch.set_num_threads(1)


def text_of(lengths, phrases=False) -> TextTokens:
    """Sentences of two sub-words to a word; with ``phrases``, words 1 and 2 of 5 are a phrase."""
    text = make_batch(lengths, [1] * len(lengths)).text
    if not phrases:
        return text
    inside = (text.words >= 0) & ((text.words % 5 == 1) | (text.words % 5 == 2))
    return dataclasses.replace(text, phrases=torch.where(inside, text.words // 5, -1))


CHOOSERS = {
    "tokens": Tokens(0.3),
    "tokens or none": Tokens(0.3, at_least_one=False),
    "by vocabulary": Tokens(torch.full((VOCABULARY,), 0.3)),
    "words": WholeWords(0.3),
    "phrases": Phrases(0.3),
    "spans": GeometricSpans(0.3),
    "counted": Counted(0.3, most=5, last_special=False),
}


@pytest.mark.parametrize("name", CHOOSERS)
def test_choosers_hide_words_only_and_depend_on_the_seed_alone(name):
    text = text_of([12, 0, 2, 30, 5], phrases=True)
    choose = CHOOSERS[name]
    hidden = choose(text, seeded(1))
    assert torch.equal(hidden, choose(text, seeded(1)))
    assert any(not torch.equal(hidden, choose(text, seeded(seed))) for seed in range(2, 8))
    assert hidden.shape == text.ids.shape and (text.words[hidden] >= 0).all()


@pytest.mark.parametrize("name", ["tokens", "words", "phrases", "spans", "counted"])
def test_every_sentence_with_words_hides_one(name):
    text = text_of([3, 4] * 40, phrases=True)
    hidden = CHOOSERS[name](text, seeded(0))
    assert len(text.offsets.owner[hidden].unique()) == 80


def test_at_least_one_can_be_switched_off():
    text = text_of([3] * 200)
    hidden = Tokens(0.15, at_least_one=False)(text, seeded(0))
    assert hidden.sum() / 200 == pytest.approx(0.15, abs=0.06)
    assert Tokens(0.15)(text, seeded(0)).sum() == 200


@pytest.mark.parametrize("choose", [Tokens(), WholeWords(), Phrases(), GeometricSpans()])
def test_shares_are_those_of_the_papers(choose):
    text = text_of([102] * 100, phrases=True)
    share = choose(text, seeded(0)).sum() / (text.words >= 0).sum()
    # a span ends with the unit that spends the budget: here at most 3 of 100 tokens too many
    over = 0.02 if isinstance(choose, GeometricSpans) else 0.0
    assert share == pytest.approx(0.15 + over / 2, abs=0.01 + over / 2)


def test_words_and_phrases_are_hidden_whole():
    text = text_of([42] * 40, phrases=True)
    units = phrase_of_row(text)
    for choose in (Phrases(), GeometricSpans()):
        hidden = choose(text, seeded(0))
        for unit in units.unique():
            assert len(hidden[units == unit].unique()) == 1
    # 40 tokens are 20 words, and of every 5 words two are one phrase
    assert len(units.unique()) == 40 * (20 - 4 + 2)


def test_phrases_of_neighbours_stay_apart():
    text = text_of([6, 6])
    same = dataclasses.replace(text, phrases=torch.tensor([-1, 0, 0, 0, 0, -1] * 2))
    assert phrase_of_row(same).tolist() == [0, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 5]
    with pytest.raises(ValueError, match=r"needs TextTokens\.phrases"):
        Phrases()(text, seeded(0))


def test_span_lengths_are_geometric():
    lengths = geometric_lengths(torch.rand(40_000, generator=seeded(0)), 0.2, 10)
    assert lengths.min() == 1 and lengths.max() == 10
    expected = torch.tensor([0.2 * 0.8**k for k in range(10)])
    shares = torch.bincount(lengths, minlength=11)[1:] / len(lengths)
    torch.testing.assert_close(shares, expected / expected.sum(), atol=0.01, rtol=0.0)
    assert lengths.float().mean().item() == pytest.approx(3.8, abs=0.05)
    with pytest.raises(ValueError, match="0 < p < 1"):
        GeometricSpans(p=1.0)


def test_spans_are_longer_than_chance():
    text = make_batch([202] * 30, [1] * 30).text
    text = dataclasses.replace(text, words=torch.where(text.words < 0, -1, text.offsets.within))
    for choose, longer in ((GeometricSpans(), 2.5), (Tokens(), 1.0)):
        hidden = choose(text, seeded(0))
        starts = (hidden[1:] & ~hidden[:-1]).sum()
        length = hidden.sum() / starts
        assert length > longer if longer > 1 else length < 1.4


def test_counted_is_the_released_count():
    lengths = [3, 8, 12, 14, 19, 22, 42]
    text = text_of(lengths)
    for last in (False, True):
        hidden = Counted(last_special=last)(text, seeded(0))
        counts = torch.bincount(text.offsets.owner[hidden], minlength=len(lengths)).tolist()
        # Python's rounding, halves to even, of 15 % of the words: 1.5 becomes 2
        expected = [min(3, max(1, round(0.15 * (length - 2)))) for length in lengths]
        assert counts == expected == [1, 1, 2, 2, 3, 3, 3]


def test_counted_may_hide_the_end_but_never_the_start():
    text = text_of([4] * 300)
    hidden = Counted()(text, seeded(0)).view(300, 4)
    assert not hidden[:, 0].any()
    # one of two words and an end
    assert hidden[:, 3].float().mean() == pytest.approx(1 / 3, abs=0.08)
    assert not Counted(last_special=False)(text, seeded(0)).view(300, 4)[:, 3].any()


def test_ranks_are_places_in_each_run():
    offsets = Offsets.from_lengths([3, 0, 2])
    ranks = rank_in_run(torch.tensor([0.5, 0.1, 0.9, 0.4, 0.3]), offsets)
    assert ranks.tolist() == [1, 0, 2, 1, 0]
