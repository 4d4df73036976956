"""Our captions equal those of the released VLP: kept states, greedy and beam search."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from tests.parity import originals
from tests.parity.originals import Golden
from workbench.encoders.incremental import encode_prefix, fed_rows, prefix_rows
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.generation.additive_length import AdditiveLength
from workbench.generation.beam import Beam
from workbench.generation.constraints import Constraints
from workbench.generation.feeding import MaskAppended
from workbench.generation.greedy import Greedy
from workbench.generation.minimum_length import MinimumLength
from workbench.generation.ngrams import NgramBlocking
from workbench.generation.prefixes import beside
from workbench.generation.writing import CachedWriter, Drafts
from workbench.pairs import Offsets, PairBatch, Regions
from workbench.systems import vlp
from workbench.systems.vlp_names import ORIGINAL_NAMES

GEOMETRY = 6


def close(ours: Tensor, theirs: Tensor, name: str) -> None:
    originals.close(ours, theirs, name, originals.LOOSE)


class GivenCode(nn.Module):
    """The case gives boxes and classes already normalised, in place of the classes."""

    def forward(self, regions: Regions) -> Tensor:
        return regions.classes


def writer_of(golden: Golden) -> CachedWriter:
    """The released model of a case, ready to write captions."""
    config, params, special = golden.config, golden.group("param"), golden.facts["special_ids"]
    sizes = SingleStreamSizes(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
        golden.group("input")["img"].shape[-1],
        golden.group("input")["vis_pe"].shape[-1] - GEOMETRY,
        segments=config["type_vocab_size"],
        eps=vlp.EPS,
    )
    model = vlp.pretraining(
        sizes,
        special["MASK"],
        special["SEP"],
        activation=golden.activation,
        task_parts=bool(config["relax_projection"]),
    ).eval()
    model.load_state_dict(ORIGINAL_NAMES.read(params, model.state_dict(), sizes.layers))
    encoder = model.encoder
    assert isinstance(encoder, SingleStream)
    encoder.inputs.regions.code = GivenCode()
    head = model.mix.by_name["seq2seq"].head
    return CachedWriter(encoder, head, MaskAppended(special["MASK"], special["SEP"]))


def pictures(golden: Golden) -> PairBatch:
    """The case's pictures, each beside the [CLS] that begins a caption."""
    given, special = golden.group("input"), golden.facts["special_ids"]
    count, regions = given["img"].shape[:2]
    # [CLS], a row for every region, the [SEP] that our encoder sets itself
    assert given["input_ids"][:, 0].eq(special["CLS"]).all()
    assert given["input_ids"][:, regions + 1 :].eq(special["SEP"]).all()
    rows = count * regions
    return beside(
        Regions(
            given["img"].flatten(0, 1),
            torch.zeros(rows, 4),
            torch.ones(rows),
            given["vis_pe"].flatten(0, 1),
            torch.ones(count, 2),
            Offsets.from_lengths([regions] * count),
        ),
        [special["CLS"]],
    )


def incremental(golden: Golden) -> None:
    """Embeddings, states and scores of every step, tokens being given."""
    writer, prefix = writer_of(golden), pictures(golden)
    forced, expected = golden.group("input")["forced_tokens"], golden.group("output")
    regions = prefix.regions.offsets.longest
    steps = len({name.split("/")[0] for name in expected})
    assert steps == forced.shape[1]
    seen: list[Tensor] = []
    head = writer.head

    def watched(rows: Tensor) -> Tensor:
        seen.append(rows)
        return head(rows)

    writer = dataclasses.replace(writer, head=watched)
    parents = torch.zeros(len(prefix), 1, dtype=torch.int64)
    with torch.no_grad():
        joint, _ = prefix_rows(writer.encoder, prefix)
        joint = joint.unflatten(0, (len(prefix), regions + 2))
        rows = [joint[:, regions : regions + 1], joint[:, :regions], joint[:, regions + 1 :]]
        first = torch.cat([*rows, embedded(writer, prefix, forced[:, :0], 1)], 1)
        close(first, expected["step_0/embedding"], "embeddings of the prefix and a [MASK]")
        drafts: Drafts | None = None
        for step in range(steps):
            if drafts is None:
                drafts = writer.begin(prefix)
            else:
                drafts = writer.go_on(drafts, parents, forced[:, step - 1 : step])
                fed = embedded(writer, prefix, forced[:, :step], 2)
                close(fed, expected[f"step_{step}/embedding"], f"embeddings of step {step}")
            close(seen[-1], expected[f"step_{step}/last_hidden"], f"state of step {step}")
            close(drafts.logits[:, 0], expected[f"step_{step}/scores"], f"scores of step {step}")


def embedded(writer: CachedWriter, prefix: PairBatch, tokens: Tensor, last: int) -> Tensor:
    """The embedded last rows of the target after these tokens."""
    text = writer.feeding.target(tokens)
    begins = writer.feeding.first_position(prefix)[text.offsets.owner]
    text = dataclasses.replace(text, positions=text.positions + begins)
    return fed_rows(writer.encoder, encode_prefix(writer.encoder, prefix), text)[:, 0, -last:]


def decode(golden: Golden) -> None:
    """Greedy choices and their raw scores; every frame of every beam; the captions taken."""
    writer, prefix = writer_of(golden), pictures(golden)
    for name, settings in golden.facts["variants"].items():
        expected = golden.group(f"output/{name}")
        if "ids" in expected:
            steps = Greedy(expected["ids"].shape[1]).steps(writer, prefix, all_steps=True)
            assert torch.equal(steps.tokens, expected["ids"]), name
            close(steps.logits, expected["scores"], name)
        else:
            beams(writer, prefix, name, settings, expected)


def beams(
    writer: CachedWriter,
    prefix: PairBatch,
    name: str,
    settings: dict[str, Any],
    expected: dict[str, Tensor],
) -> None:
    end = writer.feeding.end_id
    rules = []
    if settings.get("forbid_duplicate_ngrams"):
        ignored = frozenset(settings.get("forbid_ignore_set") or ())
        rules.append(NgramBlocking(settings["ngram_size"], ignored))
    if settings.get("min_len"):  # after the n-grams: it sets a value, they subtract one
        rules.append(MinimumLength(settings["min_len"], end, -10000.0))
    search = Beam(
        settings["search_beam_size"],
        expected["wids"].shape[1],
        AdditiveLength(float(settings.get("length_penalty", 0.0))),
        Constraints(log_probabilities=tuple(rules)),
    )
    found = search.frames(writer, prefix)
    for picture in range(len(prefix)):
        # behind the first frame in which every beam ends the order is noise (A11.10)
        over = (expected["wids"][picture] == end).all(1).nonzero().flatten().tolist()
        until = over[0] + 1 if over else expected["wids"].shape[1]
        what = f"{name}, picture {picture}"
        for ours, theirs in ((found.tokens, "wids"), (found.parents, "ptrs")):
            assert torch.equal(ours[picture, :until], expected[theirs][picture, :until]), what
        close(found.scores[picture, :until], expected["scores"][picture, :until], what)
    for text, padded in zip(search(writer, prefix), expected["pred_seq"], strict=True):
        ids = [*text.ids, end] if text.ended else [*text.ids]
        assert ids + [0] * (len(padded) - len(ids)) == padded.tolist(), name


CHECKS = {"incremental": incremental, "decode": decode}
"""The check of every kind of case about writing captions."""
