"""Minimum length, n-grams and word trigrams, against rules written out plainly."""

import pytest
import torch

from tests.properties.batches import seeded
from workbench.generation.constraints import Constraints
from workbench.generation.forbidden import Forbidden
from workbench.generation.minimum_length import MinimumLength
from workbench.generation.ngrams import NgramBlocking
from workbench.generation.word_trigrams import WordTrigramBlocking, last_trigram_repeats, words


def drafts_of(length, seed=0, vocabulary=4):
    return torch.randint(0, vocabulary, (3, 2, length), generator=seeded(seed))


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_the_end_is_ruled_out_while_a_draft_is_short(written):
    scores, rule = torch.randn(3, 2, 6, generator=seeded(1)), MinimumLength(2, 5, -10000.0)
    held = rule(scores, drafts_of(written))
    expected = scores.clone()
    if written < 2:
        expected[..., 5] = -10000.0
    assert torch.equal(held, expected)


def test_where_a_rule_stands_decides_what_the_others_get():
    logits, drafts = torch.randn(3, 2, 6, generator=seeded(2)), drafts_of(0)
    plain = logits.log_softmax(-1)
    _, before = Constraints(logits=(MinimumLength(1, 5),)).held(logits, drafts)
    _, after = Constraints(log_probabilities=(MinimumLength(1, 5, -1e4),)).held(logits, drafts)
    torch.testing.assert_close(before[..., :5].exp().sum(-1), torch.ones(3, 2))
    assert torch.equal(after[..., :5], plain[..., :5]) and (after[..., 5] == -1e4).all()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_allowed_token_repeats_an_ngram_and_every_other_is_free(size):
    scores, drafts = torch.zeros(3, 2, 4), drafts_of(9)
    held = NgramBlocking(size)(scores, drafts)
    for picture, draft in ((p, d) for p in range(3) for d in range(2)):
        tokens = drafts[picture, draft].tolist()
        held_grams = [tokens[i : i + size] for i in range(len(tokens) - size + 1)]
        for token in range(4):
            repeats = [*tokens, token][-size:] in held_grams
            assert held[picture, draft, token] == (-10000.0 if repeats else 0.0)
    assert held.any() and not scores.any()


def test_ignored_tokens_neither_are_blocked_nor_block():
    rule = NgramBlocking(2, frozenset({7}))
    assert rule.repeating([1, 2, 1]) == {2}
    assert rule.repeating([1, 7, 1]) == set()
    assert rule.repeating([7, 2, 7]) == set()
    assert NgramBlocking(2).repeating([7, 2, 7]) == {2}
    assert NgramBlocking(3).repeating([1, 2]) == set()
    with pytest.raises(ValueError, match="size=0"):
        NgramBlocking(0)


BEGINS = torch.tensor([False, True, True, True, False, False])
"""Tokens 1, 2, 3 begin words; 0 (the start), 4 and 5 go on with one."""


def test_words_are_put_together_from_pieces():
    assert words([0, 4, 1, 5, 4, 2], BEGINS.tolist()) == [(0, 4), (1, 5, 4), (2,)]
    assert words([], BEGINS.tolist()) == []


def test_a_trigram_repeats_only_whole():
    a, b, c, d = ((i,) for i in range(1, 5))
    assert last_trigram_repeats([a, b, c, d, a, b, c])
    assert last_trigram_repeats([a, a, a, a])
    assert not last_trigram_repeats([a, a, a])
    assert not last_trigram_repeats([a, b, c, d, a, b])
    assert not last_trigram_repeats([a, b, (3, 9), d, a, b, c])


def test_candidates_that_repeat_a_word_trigram_are_lowered():
    # start 4 | 1 | 2 5 | 3 | 1 | 2: with 5 next the last words are 3, 1, 2-5
    drafts = torch.tensor([[[4, 1, 2, 5, 3, 1, 2]]])
    candidates = torch.tensor([[[5, 3, 1]]])
    rule, scores = WordTrigramBlocking(BEGINS, start_id=0), torch.full((1, 1, 3), -1.0)
    assert rule(scores, candidates, drafts).tolist() == [[[-1.0, -1.0, -1.0]]]
    drafts = torch.tensor([[[4, 1, 2, 5, 3, 1, 2, 5]]])
    assert rule(scores, candidates, drafts).tolist() == [[[-1.0, -65001.0, -1.0]]]
    # the start counts as a word: start | 1 | 2 | 0 goes on with 2
    drafts = torch.tensor([[[1, 2, 1, 1]]])
    assert rule(scores, torch.tensor([[[2, 1, 3]]]), drafts).tolist() == [[[-1.0] * 3]]
    without = WordTrigramBlocking(BEGINS)
    drafts = torch.tensor([[[4, 1, 2, 4, 1]]])
    assert not without(scores, torch.tensor([[[2, 1, 3]]]), drafts).lt(-2).any()


def test_forbidden_tokens_are_impossible():
    held = Forbidden((1, 3))(torch.zeros(3, 2, 4), drafts_of(2))
    assert held.isinf()[..., [1, 3]].all() and (held[..., [0, 2]] == 0).all()
