"""Marked spans of one object that lie next to each other are one phrase."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workbench.data.example import Example, Span
from workbench.data.phrases import PhraseRows, phrases
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.pairs import Offsets, Regions

SENTENCE = "a red owl and a pear lie here"
SPANS = (
    Span(0, 1, "article", 0),
    Span(2, 5, "attribute", 0),
    Span(6, 9, "name", 0),
    Span(14, 15, "article", 1),
    Span(16, 20, "name", 1),
)
MARKED = Example("marked", "p0", SENTENCE, spans=SPANS)
BARE = Example("bare", "p0", "an owl lies here")


@pytest.fixture(scope="module")
def tokenizer():
    return wordpiece()


def words(example: Example) -> list[str]:
    return [example.sentence[span.start : span.end] for span in phrases(example)]


def test_neighbouring_spans_of_one_object_are_put_together():
    assert words(MARKED) == ["a red owl", "a pear"]
    assert words(BARE) == []
    apart = Example("e", "p", "owl, owl and left", spans=(
        Span(0, 3, "name", 0), Span(5, 8, "name", 0), Span(13, 17, "relation"),
    ))  # fmt: skip
    assert words(apart) == ["owl", "owl", "left"]
    nobody = Example("e", "p", "far left", spans=(Span(0, 3, "place"), Span(4, 8, "place")))
    assert words(nobody) == ["far", "left"], "spans that speak of no object stay apart"
    inside = Example("e", "p", "red owl", spans=(Span(0, 7, "name", 0), Span(0, 3, "attribute", 0)))
    assert words(inside) == ["red owl"]


def test_rows_of_phrases_are_found_when_asked_for(tokenizer):
    ids, _, lengths = tokenizer.encode_arrays([SENTENCE, BARE.sentence])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = PhraseRows([MARKED, BARE], tokenizer, starts)
    found = rows.of(np.array([1, 0]), np.arange(len(ids)))
    assert found[: lengths[0]].tolist() == [-1, 0, 0, 0, -1, 1, 1, -1, -1, -1]
    assert (found[lengths[0] :] == -1).all()


def test_batches_of_marked_sentences_carry_their_phrases(tokenizer, tmp_path):
    with RegionStore.create(tmp_path / "store", 4, 3) as store:
        store.append("p0", Regions(
            torch.zeros(1, 4), torch.tensor([[0.1, 0.1, 0.5, 0.5]]), torch.ones(1),
            torch.full((1, 3), 1 / 3), torch.tensor([[10.0, 10.0]]), Offsets.from_lengths([1]),
        ))  # fmt: skip
    store = RegionStore.open(tmp_path / "store")
    marked = PairStream(store, [BARE, MARKED], tokenizer, 60, 0)
    text = marked.take([1, 0]).text
    assert text.phrases[:10].tolist() == [-1, 0, 0, 0, -1, 1, 1, -1, -1, -1]
    assert (text.phrases[10:] == -1).all()
    again = marked.take([0, 1]).text.select(torch.tensor([1, 0]))
    assert torch.equal(again.phrases, text.phrases)
    short = PairStream(store, [MARKED], tokenizer, 60, 0, max_tokens=7, truncate=True)
    assert short.take([0]).text.phrases.tolist() == [-1, 0, 0, 0, -1, 1, -1]
    assert PairStream(store, [BARE], tokenizer, 60, 0).take([0]).text.phrases is None
