"""The front: from pictures to texts, with models that have learned some."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.generation.models import CLS, FEEDINGS, SEP, make_model, make_prefix, sizes
from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from workbench.encoders.incremental import followed
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.generation.beam import Beam
from workbench.generation.constraints import Constraints
from workbench.generation.divided_length import DividedLength
from workbench.generation.feeding import LeftToRight, MaskAppended
from workbench.generation.generate import generate
from workbench.generation.greedy import Greedy
from workbench.generation.minimum_length import MinimumLength
from workbench.generation.ngrams import NgramBlocking
from workbench.generation.prefixes import beside
from workbench.generation.sampling import Sampled
from workbench.layers.heads import TiedHead
from workbench.objectives.masking import Tokens
from workbench.objectives.next_token import NextToken
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.systems import unimo, vilbert, vlp

torch.set_num_threads(1)
CAPTIONS = ((11, 12, 13, 14), (11, 12, 20), (30, 12, 13, 14, 15, 16))
REGIONS = [3, 5, 2]


def test_a_model_that_learned_captions_by_masked_words_writes_them():
    """[MASK]-appended writing is what the seq2seq objective trains (P6, P13)."""
    torch.manual_seed(0)
    small = dataclasses.replace(sizes(6), layers=2, dropout=0.0, attention_dropout=0.0)
    choose = vlp.OrTheEnd(Tokens(0.4), 0.5)
    model = vlp.pretraining(small, MASK, SEP, (5, VOCABULARY), seq2seq=1.0, choose=choose)
    pictures = make_prefix([1, 1, 1], REGIONS)
    batch, rng = with_targets(pictures, [[*caption, SEP] for caption in CAPTIONS], 1), seeded(0)
    batch = batch.select(torch.arange(3).repeat(8))  # eight ways of hiding words a step
    learn(model.parameters(), lambda: model(batch, rng).total, 70)
    head = model.mix.by_name["seq2seq"].head
    for search in (Greedy(10), Beam(3, 10)):
        found = generate(model.encoder, head, pictures, MaskAppended(MASK, SEP), search, decode=str)
        assert [text.ids for text in found] == list(CAPTIONS)
        assert all(text.ended and text.text == str(text.ids) for text in found)
        assert [text.name for text in found] == list(pictures.names)
        assert all(-5.0 < text.score < 0.0 for text in found)
    assert model.encoder.training  # as it was


def test_a_model_that_learned_captions_left_to_right_writes_them():
    """Writing from the start token is what next-token prediction trains (M16, M24)."""
    torch.manual_seed(0)
    small = dataclasses.replace(sizes(0), layers=2, dropout=0.0, attention_dropout=0.0)
    encoder = unimo.encoder(small)
    objective = NextToken(unimo.language_head(encoder))
    pictures = make_prefix([0, 0, 0], REGIONS)
    batch = with_targets(pictures, [[CLS, *caption, SEP] for caption in CAPTIONS], 0)
    given = objective.corrupt(batch, seeded(0))

    def loss():
        return objective.loss(encoder(given.batch, given.pattern), given).mean()

    learn({*encoder.parameters(), *objective.parameters()}, loss, 60)
    search = Beam(5, 10, DividedLength(0.6))
    found = generate(encoder, objective.head, pictures, LeftToRight(CLS, SEP), search)
    assert [text.ids for text in found] == list(CAPTIONS)
    assert all(text.text is None for text in found)


def learn(parameters, loss, steps: int) -> None:
    optimiser = torch.optim.Adam(parameters, lr=5e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()


def with_targets(prefix: PairBatch, targets: list[list[int]], position: int) -> PairBatch:
    """Prefixes and the texts that a model shall learn to write behind them."""
    ids = torch.tensor([token for target in targets for token in target])
    offsets = Offsets.from_lengths([len(target) for target in targets])
    words = torch.where((ids == SEP) | (ids == CLS), -1, offsets.within)
    text = TextTokens(ids, torch.zeros_like(ids), offsets.within + position, words, offsets)
    return dataclasses.replace(prefix, text=followed(prefix.text, text))


@pytest.mark.parametrize("feeding", FEEDINGS.values(), ids=FEEDINGS)
def test_with_and_without_kept_states_the_same_is_written(feeding):
    encoder, head = make_model("uniter", seed=1)
    prefix = make_prefix([2, 1, 3, 1], [4, 7, 0, 2])
    rules = Constraints(log_probabilities=(NgramBlocking(1),))  # no word twice
    beam = Beam(4, 6, DividedLength(1.0), rules)
    for search in (Greedy(6, rules), beam, Sampled(6, constraints=rules)):
        kept = generate(encoder, head, prefix, feeding, search)
        anew = generate(encoder, head, prefix, feeding, search, cached=False)
        for one, two in zip(kept, anew, strict=True):
            assert one.ids == two.ids
            assert one.score == pytest.approx(two.score, abs=1e-4)
    assert len({text.ids for text in kept}) > 1


def test_two_streams_write_too_by_encoding_anew():
    torch.manual_seed(0)
    two = TwoStreamSizes("TCVT", 24, 3, 48, 18, 3, 36, 12, 3, VOCABULARY, 40, FEATURES, CLASSES)
    encoder = vilbert.encoder(two)
    head = TiedHead(encoder.inputs.text.word.weight)
    prefix = make_prefix([1, 2], [3, 4])
    found = generate(encoder, head, prefix, MaskAppended(MASK, SEP), Greedy(4))
    assert found == generate(encoder, head, prefix, MaskAppended(MASK, SEP), Greedy(4))
    assert all(len(text.ids) <= 4 for text in found)


def test_what_is_missing_is_said():
    encoder, head = make_model("uniter")
    prefix = make_prefix([1, 2], [3, 4])
    with pytest.raises(ValueError, match=r"end_id=50 is no entry .* tokenizer has"):
        generate(encoder, head, prefix, MaskAppended(MASK, VOCABULARY))
    with pytest.raises(ValueError, match=r"start_id=-1 is no entry of a vocabulary of 50"):
        generate(encoder, head, prefix, LeftToRight(-1, SEP))
    with pytest.raises(ValueError, match=r"60 beams .* vocabulary has 50"):
        generate(encoder, head, prefix, LeftToRight(CLS, SEP), Beam(60))
    with pytest.raises(ValueError, match=r"'pair-0' has no source text .* \[CLS\]"):
        generate(encoder, head, make_batch([0, 2], [3, 4]), MaskAppended(MASK, SEP))
    with pytest.raises(ValueError, match="only 40 positions"):
        generate(encoder, head, prefix, LeftToRight(CLS, SEP), Beam(2, 60))


def test_pictures_stand_beside_the_same_tokens_or_none():
    regions = make_prefix([1, 2], [3, 4]).regions
    prefix = beside(regions, [CLS, 9])
    assert prefix.text.ids.tolist() == [CLS, 9, CLS, 9]
    assert prefix.text.positions.tolist() == [0, 1, 0, 1]
    assert prefix.names == ("0", "1")
    assert beside(regions, names=["a", "b"]).text.offsets.lengths.tolist() == [0, 0]
    with pytest.raises(ValueError, match="as many pictures as"):
        beside(regions, [CLS], ["only one"])


def test_half_precision_writes_nearly_the_same_scores():
    encoder, head = make_model("unimo")
    prefix, feeding = make_prefix([0, 2], [3, 4]), FEEDINGS["left to right"]
    search = Beam(2, 1, DividedLength(0.6), Constraints(logits=(MinimumLength(1, SEP),)))
    exact = generate(encoder, head, prefix, feeding, search)
    regions = dataclasses.replace(
        prefix.regions,
        features=prefix.regions.features.bfloat16(),
        boxes=prefix.regions.boxes.bfloat16(),
    )
    halved = dataclasses.replace(prefix, regions=regions)
    rough = generate(encoder.bfloat16(), head.bfloat16(), halved, feeding, search)
    for one, two in zip(exact, rough, strict=True):
        assert two.score == pytest.approx(one.score, abs=0.3)
        assert two.score != one.score
