"""Which models write, and that they write as their tests always did."""

from __future__ import annotations

import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, make_batch
from workbench.data.tokenizers import wordpiece
from workbench.generation.beam import Beam
from workbench.generation.feeding import LeftToRight, MaskAppended
from workbench.generation.generate import generate
from workbench.generation.greedy import Greedy
from workbench.generation.prefixes import beside
from workbench.systems.captioning import Captioner, sentence_ends
from workbench.systems.tiny import uniter_tiny
from workbench.systems.tiny_unimo import unimo_tiny
from workbench.systems.tiny_vilbert import vilbert_tiny
from workbench.systems.tiny_vlp import vlp_tiny

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def words():
    return wordpiece().restricted_to(["a small dog sits on the left of one old red house ."])


@pytest.fixture(scope="module")
def regions():
    return make_batch([4, 4, 4], [3, 5, 2]).regions


def made(builder, words, **options):
    """A model of this vocabulary whose weights lie far enough apart to prefer anything."""
    facts = {"vocabulary": words.vocabulary_size, "feature_size": FEATURES, "classes": CLASSES}
    facts |= {"mask_id": words.mask_id, "random_range": words.random_range, **options}
    torch.manual_seed(2)
    model = builder(**facts).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.25)
    return model


def vlp(words):
    return made(vlp_tiny, words)


def unimo(words):
    first, last = sentence_ends(words)
    return made(unimo_tiny, words, start_id=first, end_id=last)


def told(written):
    return [(one.name, one.ids, one.text, one.score, one.ended) for one in written]


def test_sentences_open_and_close_with_bert_s_tokens(words):
    assert words.pieces(sentence_ends(words)) == ["[CLS]", "[SEP]"]


@pytest.mark.parametrize("search", [Greedy(), Beam()], ids=["greedy", "beam"])
def test_vlp_writes_what_was_hidden_after_cls(words, regions, search):
    """[CLS] is the source, a [MASK] stands for every next word (P13)."""
    model = vlp(words)
    captioner = Captioner.of(model, words)
    assert isinstance(captioner.feeding, MaskAppended)
    first, last = sentence_ends(words)
    head, feeding = model.mix["seq2seq"].head, MaskAppended(words.mask_id, last)
    given = (beside(regions, [first]), feeding, search)
    by_hand = generate(model.encoder, head, *given, decode=words.decode)
    written = captioner.write(regions, search)
    assert told(written) == told(by_hand) and len({one.ids for one in written}) > 1


@pytest.mark.parametrize("search", [Greedy(), Beam()], ids=["greedy", "beam"])
def test_unimo_goes_on_from_an_empty_sentence(words, regions, search):
    """[CLS] [SEP] is the source, [CLS] begins what is written (M16, M24)."""
    model = unimo(words)
    captioner = Captioner.of(model, words)
    ends = sentence_ends(words)
    assert captioner.source == ends and captioner.feeding == LeftToRight(*ends)
    given = (beside(regions, ends), LeftToRight(*ends), search)
    head = model.mix["fragments"].head
    by_hand = generate(model.encoder, head, *given, decode=words.decode)
    written = captioner.write(regions, search)
    assert told(written) == told(by_hand) and len({one.ids for one in written}) > 1


@pytest.mark.parametrize("make", [vlp, unimo], ids=["vlp", "unimo"])
def test_searches_differ_as_they_should(words, regions, make):
    captioner = Captioner.of(make(words), words)
    greedy, one, five = (
        captioner.write(regions, search) for search in (Greedy(6), Beam(1, 6), Beam(5, 6))
    )
    assert [text.ids for text in one] == [text.ids for text in greedy]
    assert all(len(text.ids) <= 6 for text in (*greedy, *five))
    assert [text.ids for text in five] != [text.ids for text in greedy]


def test_each_picture_is_captioned_as_if_alone(words, regions):
    captioner = Captioner.of(vlp(words), words)
    together = captioner.write(regions, names=["first", "second", "third"])
    assert [one.name for one in together] == ["first", "second", "third"]
    for place, whole in enumerate(together):
        alone = captioner.write(regions.select(torch.tensor([place])))[0]
        assert (alone.ids, alone.text) == (whole.ids, whole.text)


def test_a_model_left_in_training_writes_the_same(words, regions):
    model = vlp(words)
    before = told(Captioner.of(model, words).write(regions))
    assert told(Captioner.of(model.train(), words).write(regions)) == before
    assert model.encoder.training


@pytest.mark.parametrize("builder", [uniter_tiny, vilbert_tiny])
def test_models_that_never_learnt_to_write_say_so(words, builder):
    with pytest.raises(ValueError, match=r"was not trained to write .* take a Unified VLP or a"):
        Captioner.of(made(builder, words), words)
