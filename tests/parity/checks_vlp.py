"""Our Unified VLP equals the released one: encoder, losses, gradients, loader (goldens/vlp)."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.parity.originals import Golden
from tests.parity.vlp_cases import (
    batch_of,
    close,
    in_our_order,
    joint_rows,
    lengths_in,
    pair_up,
    pattern_of,
    pictures,
    released,
    seen_in,
    text_of,
)
from workbench.data.readers.detections import regions_of_detections
from workbench.data.tokenizers import wordpiece
from workbench.layers.geometry import geometry6_and_classes
from workbench.objectives.language_losses import smoothed_divergence
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masking import Counted
from workbench.objectives.objective import Corrupted
from workbench.pairs import PairBatch, Regions, TextTokens
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.systems import vlp
from workbench.systems.vlp_head import BIDIRECTIONAL_TASK, SEQ2SEQ_TASK
from workbench.systems.vlp_inputs import PrefixedInputs, causal
from workbench.systems.vlp_names import ORIGINAL_NAMES
from workbench.systems.vlp_pretext import RegionPretext
from workbench.training.model import Pretraining


def check_layout(
    inputs: PrefixedInputs, batch: PairBatch, pattern: AttentionPattern, given: dict[str, Tensor]
) -> None:
    """Ours and theirs agree on segments and on who sees whom."""
    lengths, regions = lengths_in(given["input_mask"]), batch.regions.offsets.longest
    with torch.no_grad():
        rows = inputs(batch, pattern)
    masks = seen_in(rows.pattern.reads(rows.layout), rows.layout.joint)
    theirs = in_our_order(given["input_mask"], lengths, regions)
    for ours, mask in zip(masks, theirs, strict=True):
        inside = in_our_order(mask.T[None], torch.tensor([len(mask)]), regions)[0].T
        assert torch.equal(ours, inside > 0)
        assert not mask[:, len(mask) :].any(), "a real row looks at filler"
    of_regions, of_text = inputs.segments(batch, pattern)
    joint = joint_rows(rows.layout, of_regions, of_text)
    assert torch.equal(joint, torch.cat(in_our_order(given["segment_ids"], lengths, regions)))


def check_encoder(golden: Golden) -> None:
    """Embeddings, every layer and the pooler, in both modes."""
    model = released(golden)
    encoder, regions = model.encoder, golden.tensors["input/img"].shape[1]
    for mode in ("s2s", "bi"):
        given, expected = golden.group(f"input/{mode}"), golden.group(f"output/{mode}")
        batch = batch_of(golden, given)
        pattern = pattern_of([mode] * len(batch), batch.text)
        check_layout(encoder.inputs, batch, pattern, given)
        trace: dict[str, Tensor] = {}
        with torch.no_grad():
            encoding, plain = encoder(batch, pattern, trace), encoder(batch, pattern)
        lengths = lengths_in(given["input_mask"])
        names = {"embeddings": "embedding_output"}
        names |= {f"blocks.{i}": f"layer_{i}" for i in range(len(encoder.blocks))}
        for ours, theirs in names.items():
            rows = torch.cat(in_our_order(expected[theirs], lengths, regions))
            close(trace[f"{ours}.rows"], rows, f"{mode} {theirs}")
        last = expected[f"layer_{len(encoder.blocks) - 1}"]
        close(plain.regions, last[:, 1 : regions + 1].flatten(0, 1), f"{mode} regions")
        pairs = zip(last, lengths.tolist(), strict=True)
        words = [torch.cat([rows[:1], rows[regions + 2 : n]]) for rows, n in pairs]
        close(plain.text, torch.cat(words), f"{mode} text")
        close(encoding.pair, last[:, 0] * last[:, regions + 1], f"{mode} pair")
        close(encoding.text_summary, expected["pooled_output"], f"{mode} pooler")
    seen = pictures(golden.tensors["input/img"], golden.tensors["input/vis_pe"])
    with torch.no_grad():
        features, places = (
            encoder.inputs.regions.features(seen),
            encoder.inputs.regions.places(seen),
        )
    close(features, golden.tensors["output/vis_embed"].flatten(0, 1), "vis_embed")
    close(places, golden.tensors["output/vis_pe_embed"].flatten(0, 1), "vis_pe_embed")


class ByMode(nn.Module):
    """The head of each row's own mode, for a batch that mixes them."""

    def __init__(self, model: Pretraining, unmixed: Tensor) -> None:
        super().__init__()
        self.seq2seq, self.both_ways = model.mix["seq2seq"].head, model.mix["mlm"].head
        self.unmixed = unmixed

    def forward(self, rows: Tensor) -> Tensor:
        return torch.where(self.unmixed[:, None], self.seq2seq(rows), self.both_ways(rows))


def check_pretrain(golden: Golden) -> None:
    """Scores, losses and gradients of every variant, over a batch of both modes."""
    for variant in golden.facts["variants"]:
        check_variant(golden, variant)


def check_variant(golden: Golden, variant: dict) -> None:
    name, hiding = variant["name"], variant["vis_mask_prob"] > 0
    # variants that differ in the loss alone have their input under the first one's name
    given = golden.group(f"input/{name}") or golden.group("input/plain")
    expected, modes = golden.group(f"output/{name}"), golden.facts["modes"]
    model = released(golden)
    batch = batch_of(golden, given)
    pattern = pattern_of(modes, batch.text)
    check_layout(model.encoder.inputs, batch, pattern, given)
    count = batch.regions.offsets.longest
    tasks = torch.where(causal(batch, pattern), SEQ2SEQ_TASK, BIDIRECTIONAL_TASK)
    assert torch.equal(tasks, given["task_idx"])
    if hiding:
        hidden = torch.zeros(len(batch), count, dtype=torch.bool)
        hidden = hidden.scatter(1, given["vis_masked_pos"] - 1, True).flatten()
        batch = dataclasses.replace(
            batch, regions=dataclasses.replace(batch.regions, hidden=hidden)
        )

    encoding = model.encoder(batch, pattern)
    starts = batch.text.offsets.starts[:-1, None]
    places = starts + (given["masked_pos"] - count - 1).clamp(min=0)
    owner = batch.text.offsets.owner
    unmixed = causal(batch, pattern)
    every = places.flatten()
    scores = ByMode(model, unmixed[owner[every]])(encoding.text[every]).detach()
    close(scores, expected["prediction_scores"].flatten(0, 1), f"{name} scores")

    scored = given["masked_weights"] > 0
    rows = places[scored]
    words = MaskedLanguage(
        ByMode(model, unmixed[owner[rows]]),
        golden.facts["special_ids"]["MASK"],
        (0, golden.config["vocab_size"]),
        smoothing=golden.config["label_smoothing"] or 0.0,
        smoothed=smoothed_divergence,
        drop_worst=variant["drop_worst_ratio"],
    )
    asked = Corrupted(batch, rows, given["masked_ids"][scored], pattern)
    loss = words.loss(encoding, asked).mean()
    close(loss.detach(), expected["masked_lm_loss"].squeeze(), f"{name} words")
    if hiding:
        pretext = RegionPretext(model.encoder.inputs.regions, lambda text: pattern)
        rows = batch.regions.hidden.nonzero().squeeze(1)
        regions_loss = pretext.loss(encoding, Corrupted(batch, rows, rows, pattern)).mean()
        close(regions_loss.detach(), expected["vis_pretext_loss"].squeeze(), f"{name} regions")
        loss = loss + regions_loss
    loss.backward()
    check_gradients(golden, model, f"output/{name}")


def check_gradients(golden: Golden, model: Pretraining, group: str) -> None:
    parameters = dict(model.named_parameters(remove_duplicate=False))
    ours = {
        theirs: parameters[mine].grad
        for theirs, mine in ORIGINAL_NAMES.expanded(len(model.encoder.blocks))
    }
    for theirs, gradient in golden.group(f"{group}/grad").items():
        close(ours[theirs], gradient, f"{group} gradient of {theirs}")
    norms = [p.grad.norm() for p in model.parameters() if p.grad is not None]
    close(torch.stack(norms).norm()[None], golden.tensors[f"{group}/grad_norm"], f"{group} norm")


def tokenised(golden: Golden) -> TextTokens:
    """The case's sentences by our tokenizer with the case's vocabulary, cut as the loader cuts."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vocab.txt").write_text("\n".join(golden.facts["vocab"]) + "\n")
        settings = json.dumps({"do_lower_case": False})
        Path(folder, "tokenizer_config.json").write_text(settings)
        tokenizer = wordpiece(folder)
    longest = golden.facts["dims"]["max_len_b"]
    whole = tokenizer.encode(golden.facts["sentences"])
    runs = itertools.pairwise(whole.offsets.starts.tolist())
    for pieces, (a, b) in zip(golden.facts["tokens"], runs, strict=True):
        assert tokenizer.pieces(whole.ids[a + 1 : b - 1]) == pieces
    return tokenizer.encode(golden.facts["sentences"], longest + 2, truncate=True)


def check_loader(golden: Golden) -> None:
    """What the released loaders make of sentences and detections, ours makes too."""
    dims, options = golden.facts["dims"], golden.facts["params_loader"]
    boxes, classes = golden.tensors["input/raw_bbox"], golden.tensors["input/raw_cls"]
    features = torch.zeros(*boxes.shape[:2], dims["region_feature_dim"])
    regions = regions_of_detections(features, classes, boxes)
    text = tokenised(golden)
    batch = pair_up(regions, text)
    inputs = loader_inputs(golden)
    for code in (inputs.regions.code, geometry6_and_classes):
        for group in ("output/vis_pe", "output/decode/vis_pe"):
            close(code(regions), golden.tensors[group].flatten(0, 1), group)

    for mode, words in ((m, w) for m in ("s2s", "bi") for w in (m, f"{m}_vismask")):
        given = golden.group(f"output/{words}")
        pattern = pattern_of([mode] * len(batch), text)
        check_layout(inputs, batch, pattern, given)
        task = SEQ2SEQ_TASK if mode == "s2s" else BIDIRECTIONAL_TASK
        assert (given["task_idx"] == task).all()
        check_words(given, batch, Counted(options["mask_prob"], options["max_pred"]))
        if "vis_masked_pos" in given:
            chosen = given["vis_masked_pos"]
            share = options["vis_mask_prob_variant"]
            pretext = RegionPretext(inputs.regions, lambda text: BIDIRECTIONAL, share=share)
            broken = pretext.corrupt(batch, torch.Generator().manual_seed(golden.facts["seed"]))
            hidden = broken.batch.regions.hidden.view(len(batch), -1)
            assert (hidden.sum(1) == chosen.shape[1]).all()
            assert all(len(set(row)) == len(row) for row in chosen.tolist())
            assert chosen.min() >= 1 and chosen.max() <= hidden.shape[1]
    check_decoding(golden, inputs, regions)


def loader_inputs(golden: Golden) -> PrefixedInputs:
    dims, ids = golden.facts["dims"], golden.facts["special_ids"]
    segments = 6 if golden.facts["params_loader"]["new_segment_ids"] else 2
    sizes = dataclasses.replace(
        vlp.tiny(len(golden.facts["vocab"]), dims["region_feature_dim"], dims["detector_classes"]),
        width=8,
        positions=dims["max_seq_length"],
        segments=segments,
    )
    return vlp.encoder(sizes, ids["SEP"]).eval().inputs


def check_words(given: dict[str, Tensor], batch: PairBatch, choose: Counted) -> None:
    """The words that were there, and how many of which are hidden."""
    text, regions = batch.text, batch.regions.offsets.longest
    lengths = lengths_in(given["input_mask"])
    assert torch.equal(lengths, text.offsets.lengths + regions + 1)
    restored = given["input_ids"].clone()
    scored = given["masked_weights"] > 0
    pairs = torch.arange(len(batch))[:, None].expand_as(scored)[scored]
    restored[pairs, given["masked_pos"][scored]] = given["masked_ids"][scored]
    assert torch.equal(text_of(restored, lengths, regions).ids, text.ids)
    hidden = text.offsets.starts[pairs] + given["masked_pos"][scored] - regions - 1
    last = text.offsets.within == text.offsets.lengths[text.offsets.owner] - 1
    assert ((text.words >= 0) | last)[hidden].all() and len(set(hidden.tolist())) == len(hidden)
    ours = choose(text, torch.Generator().manual_seed(0))
    counts = torch.zeros_like(lengths).index_add(0, text.offsets.owner, ours.long())
    assert torch.equal(counts, scored.sum(1))


def check_decoding(golden: Golden, inputs: PrefixedInputs, regions: Regions) -> None:
    """The frame in which a caption is written, word after word."""
    given, ids = golden.group("output/decode"), golden.facts["special_ids"]
    count = regions.offsets.longest
    rows = given["token_type_ids"].shape[1]
    whole = torch.full((len(regions), rows), ids["MASK"])
    whole[:, : count + 2] = given["input_ids"]
    text = text_of(whole, torch.full((len(regions),), rows), count)
    batch = pair_up(regions, text)
    pattern = pattern_of(["s2s"] * len(batch), text)
    check_layout(inputs, batch, pattern, given | {"segment_ids": given["token_type_ids"]})
    ours = inputs.positions(batch).view(len(batch), -1)
    theirs = given["position_ids"]
    assert torch.equal(ours, torch.cat([theirs[:, :1], theirs[:, count + 1 :]], 1))
    expected = torch.tensor([ids["CLS"], *[ids["UNK"]] * count, ids["SEP"]])
    assert (given["input_ids"] == expected).all()
    assert math.prod(given["input_mask"].shape) == len(batch) * rows * rows


CHECKS: dict[str, Callable[[Golden], None]] = {
    "encoder": check_encoder,
    "pretrain": check_pretrain,
    "pretrain_relax": check_pretrain,
    "pretrain_smooth": check_pretrain,
    "loader": check_loader,
}
