"""Our texts equal those of the released UNIMO: beam search from pictures, texts and dialogues."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from tests.parity import originals
from tests.parity.checks_unimo import Released, pairs, pictures, released, tokens, valid
from tests.parity.originals import Golden
from workbench.generation.beam import Beam
from workbench.generation.constraints import Constraints
from workbench.generation.divided_length import DividedLength
from workbench.generation.feeding import LeftToRight
from workbench.generation.minimum_length import MinimumLength
from workbench.generation.word_trigrams import WordTrigramBlocking
from workbench.generation.writing import CachedWriter
from workbench.pairs import PairBatch

PADDING = -1


def img2txt_decode(golden: Golden) -> None:
    """Captions, from pictures and the names of their objects; they end with [SEP]."""
    given = golden.group("input")
    slots = given["image_embedding"].shape[1]
    there = valid(given["input_mask"])
    regions = pictures(given["image_embedding"], given["image_loc"], there[:, :slots])
    tags = tokens(given["obj_token_ids"], given["obj_pos_ids"], there[:, slots:])
    assert_same_source(golden, there)
    write(golden, released(golden), pairs(regions, tags), "SEP")


def seq2seq_decode(golden: Golden) -> None:
    """Texts from texts; they end with [MASK]."""
    write(golden, released(golden), source_texts(golden), "MASK")


def dialog_decode(golden: Golden) -> None:
    """Answers in a dialogue: every token has a role and a turn besides; they end with [MASK].

    Role r and turn t are one segment, number r · turns + t, whose row is the sum of both.
    """
    own = ("param/role_embedding", "param/turn_embedding")
    role, turn = (golden.tensors[name] for name in own)
    others = {name: tensor for name, tensor in golden.tensors.items() if name not in own}
    model = released(dataclasses.replace(golden, tensors=others))
    both = (role[:, None] + turn[None]).flatten(0, 1)
    model.encoder.inputs.text.segment = nn.Embedding.from_pretrained(both)
    given, batch = golden.group("input"), source_texts(golden)
    segments = given["role_ids"] * len(turn) + given["turn_ids"]
    text = dataclasses.replace(batch.text, segments=segments[valid(given["input_mask"])])
    write(golden, model, dataclasses.replace(batch, text=text), "MASK")


def source_texts(golden: Golden) -> PairBatch:
    given = golden.group("input")
    there = valid(given["input_mask"])
    assert_same_source(golden, there)
    nothing = torch.zeros(*there.shape, golden.config["image_embedding_size"])
    regions = pictures(nothing, nothing[..., :5], torch.zeros_like(there))
    return pairs(regions, tokens(given["token_ids"], given["pos_ids"], there))


def assert_same_source(golden: Golden, there: Tensor) -> None:
    """What the target sees of the source is all of it."""
    seen = golden.group("input")["tgt_src_attn_bias"][:, 0] > 0
    assert torch.equal(seen, there)


def write(golden: Golden, model: Released, prefix: PairBatch, end: str) -> None:
    """Every variant's beams and the text that it takes."""
    special = golden.facts["special_ids"]
    assert model.head is not None
    feeding = LeftToRight(special["CLS"], special[end])
    writer = CachedWriter(model.encoder, model.head, feeding)
    begins_word = golden.group("input")["id2is_full_token"] > 0
    for name, settings in golden.facts["variants"].items():
        search = search_of(settings, special["CLS"], feeding.end_id, begins_word)
        compare(search, writer, prefix, golden.group(f"output/{name}"), name)


def search_of(settings: dict[str, Any], start: int, end: int, begins_word: Tensor) -> Beam:
    rules = (MinimumLength(settings["min_out_len"], end),)
    trigrams = (WordTrigramBlocking(begins_word, start),) if settings["block_trigram"] else ()
    return Beam(
        settings["beam_size"],
        settings["max_out_len"],
        DividedLength(float(settings["length_penalty"])),
        Constraints(logits=rules, candidates=trigrams),
    )


def compare(
    search: Beam, writer: CachedWriter, prefix: PairBatch, expected: dict[str, Tensor], name: str
) -> None:
    feeding = writer.feeding
    found, last = search.frames(writer, prefix), -1
    ids = torch.full_like(expected["hyp_ids"], PADDING)
    scores = torch.zeros_like(expected["hyp_scores"])
    for picture in range(len(prefix)):
        order = found.scores[picture, last].argsort(descending=True, stable=True)
        for place, beam in enumerate(order.tolist()):
            path, totals = found.path(picture, found.tokens.shape[1] - 1, beam)
            length = path.index(feeding.end_id) + 1 if feeding.end_id in path else len(path)
            written = [feeding.start_id, *path[:length]]
            ids[picture, place, : length + 1] = torch.tensor(written)
            scores[picture, place, 1 : length + 1] = torch.tensor(totals[:length])
    assert torch.equal(ids, expected["hyp_ids"]), name
    originals.close(scores, expected["hyp_scores"], name, originals.LOOSE)
    for picture, text in enumerate(search(writer, prefix)):
        taken = expected["best_ids"][picture]
        assert list(text.ids) == taken[taken != PADDING].tolist(), name
        score = torch.tensor(text.score)
        originals.close(score, expected["best_score"][picture], name, originals.LOOSE)
        index = int(expected["best_index"][picture])
        assert ids[picture, index, 1 : len(text.ids) + 1].tolist() == list(text.ids), name


CHECKS = {
    "img2txt_decode": img2txt_decode,
    "seq2seq_decode": seq2seq_decode,
    "dialog_decode": dialog_decode,
}
"""The check of every kind of case about writing texts."""
