"""Cases of the released Unified VLP as our models, batches and patterns."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from tests.parity import originals
from tests.parity.originals import Golden
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, Layout, Read
from workbench.systems import vlp
from workbench.systems.vlp_names import ORIGINAL_NAMES
from workbench.training.model import Pretraining


def close(ours: Tensor, theirs: Tensor, name: str = "") -> None:
    originals.close(ours, theirs, name, originals.LOOSE)


class GivenCode(nn.Module):
    """The case's own place and class numbers, carried where the classes stand."""

    def forward(self, regions: Regions) -> Tensor:
        return regions.classes


def sizes_of(golden: Golden) -> SingleStreamSizes:
    config, dims = golden.config, golden.facts["dims"]
    return SingleStreamSizes(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
        dims["region_feature_dim"],
        dims["detector_classes"],
        segments=config["type_vocab_size"],
        eps=vlp.EPS,
    )


def released(golden: Golden) -> Pretraining:
    """The model of a case in evaluation mode, with the case's region codes in place of its own.

    Its weights are read strictly and written back to the bit.
    """
    ids, params = golden.facts["special_ids"], golden.group("param")
    model = vlp.pretraining(
        sizes_of(golden),
        ids["MASK"],
        ids["SEP"],
        activation=golden.activation,
        task_parts=bool(golden.config["relax_projection"]),
        smoothing=golden.config["label_smoothing"] or 0.0,
    ).eval()
    state, layers = model.state_dict(), golden.config["num_hidden_layers"]
    model.load_state_dict(ORIGINAL_NAMES.read(params, state, layers))
    kept = ORIGINAL_NAMES.left_out(params, layers)
    written = ORIGINAL_NAMES.write(model.state_dict(), layers, kept)
    assert written.keys() == params.keys()
    assert all(torch.equal(written[name], tensor) for name, tensor in params.items())
    model.encoder.inputs.regions.code = GivenCode()
    return model


def pictures(features: Tensor, codes: Tensor) -> Regions:
    """Regions that bring their code; boxes are not looked at."""
    count, each = features.shape[:2]
    return Regions(
        features.flatten(0, 1),
        torch.zeros(count * each, 4),
        torch.ones(count * each),
        codes.flatten(0, 1),
        torch.ones(count, 2),
        Offsets.from_lengths([each] * count),
    )


def text_of(ids: Tensor, lengths: Tensor, regions: int) -> TextTokens:
    """Ordinary sentences, [CLS] words [SEP], from padded rows of whole lengths ``lengths``."""
    offsets = Offsets.from_lengths(lengths - regions - 1)
    rows = zip(ids, lengths.tolist(), strict=True)
    packed = torch.cat([torch.cat([row[:1], row[regions + 2 : n]]) for row, n in rows])
    last = offsets.within == offsets.lengths[offsets.owner] - 1
    words = offsets.within.masked_fill((offsets.within == 0) | last, -1)
    return TextTokens(packed, torch.zeros_like(packed), offsets.within, words, offsets)


def lengths_in(mask: Tensor) -> Tensor:
    """How many rows of each pair are real: those that anybody looks at."""
    return (mask > 0).reshape(len(mask), -1, mask.shape[-1]).any(1).sum(-1)


def batch_of(golden: Golden, given: dict[str, Tensor]) -> PairBatch:
    features, codes = golden.tensors["input/img"], golden.tensors["input/vis_pe"]
    text = text_of(given["input_ids"], lengths_in(given["input_mask"]), features.shape[1])
    return pair_up(pictures(features, codes), text)


def pair_up(regions: Regions, text: TextTokens) -> PairBatch:
    names = tuple(str(i) for i in range(len(text)))
    return PairBatch(regions, text, torch.ones(len(text), dtype=torch.bool), names)


def pattern_of(modes: list[str], text: TextTokens) -> AttentionPattern:
    """One pattern for pairs of both modes: with all text as source a pair is bidirectional."""
    if set(modes) == {"bi"}:
        return BIDIRECTIONAL
    unmixed = torch.tensor([mode == "s2s" for mode in modes])
    return AttentionPattern("seq2seq", torch.where(unmixed, 1, text.offsets.lengths))


def in_our_order(theirs: Tensor, lengths: Tensor, regions: int) -> list[Tensor]:
    """Each pair's real rows, [CLS, regions, SEP, words] put as [regions, CLS, SEP, words]."""
    first = [*range(1, regions + 1), 0]
    return [
        rows[[*first, *range(regions + 1, n)]]
        for rows, n in zip(theirs, lengths.tolist(), strict=True)
    ]


def seen_in(reads: tuple[Read, ...], joint: Offsets) -> list[Tensor]:
    """For each pair True where a row looks at another, collected from the reads."""
    seen = torch.zeros(joint.rows, joint.rows, dtype=torch.bool)
    everything = torch.arange(joint.rows)
    for read in reads:
        queries = everything if read.queries is None else read.queries
        keys = everything if read.keys is None else read.keys
        hidden = read.hidden
        runs = zip(
            itertools.pairwise(read.query_offsets.starts.tolist()),
            itertools.pairwise(read.key_offsets.starts.tolist()),
            strict=True,
        )
        for pair, ((q0, q1), (k0, k1)) in enumerate(runs):
            shown = torch.ones(q1 - q0, k1 - k0, dtype=torch.bool)
            if hidden is not None:
                shown = ~hidden[pair, : q1 - q0, : k1 - k0]
            seen[queries[q0:q1, None], keys[None, k0:k1]] = shown
    inside = [seen[a:b, a:b] for a, b in itertools.pairwise(joint.starts.tolist())]
    assert sum(pair.sum() for pair in inside) == seen.sum(), "a pair looks at another"
    return inside


def joint_rows(layout: Layout, regions: Tensor, text: Tensor) -> Tensor:
    rows = text.new_empty(layout.joint.rows)
    return rows.index_copy(0, layout.region_rows, regions).index_copy(0, layout.text_rows, text)
