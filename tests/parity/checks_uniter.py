"""Our UNITER equals the released one, row by row: encoder, heads, losses, transport, gradients."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.parity.originals import Golden, batch_of, close, joint_to_packed, lengths_of, pack
from workbench.encoders.encoding import Encoding
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.objectives.objective import Corrupted
from workbench.objectives.transport import cosine_cost, transport_distance, transport_plan
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.systems import uniter
from workbench.training.model import Pretraining

NAMES = {"mlm": "mlm", "itm": "itm", "mrfr": "mrfr", "mrc": "mrc", "mrc-kl": "mrckl"}
"""Our objectives' names and theirs."""
SCORES = {"mlm": "mlm/scores", "mrfr": "mrfr/pred", "mrc": "mrc/scores", "itm": "itm/scores"}


def sizes_of(golden: Golden, classes: int = 3) -> SingleStreamSizes:
    config = golden.config
    return SingleStreamSizes(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
        golden.facts["constructor_args"]["img_dim"],
        classes,
        segments=config["type_vocab_size"],
    )


def encoder_of(golden: Golden) -> SingleStream:
    """The encoder with a case's weights, which it also gives back as they were."""
    encoder = uniter.encoder(sizes_of(golden), activation=golden.activation).eval()
    table, params = uniter.ORIGINAL_ENCODER_NAMES, golden.group("param")
    encoder.load_state_dict(table.read(params, encoder.state_dict(), len(encoder.blocks)))
    written = table.write(encoder.state_dict(), len(encoder.blocks))
    assert written.keys() == params.keys()
    for name, tensor in params.items():
        assert torch.equal(written[name], tensor), name
    return encoder


def pretraining_of(golden: Golden, transport: float = 0.0) -> Pretraining:
    """The released pre-training model with a case's weights, which it also gives back."""
    params = golden.group("param")
    sizes = dataclasses.replace(
        sizes_of(golden, golden.facts["constructor_args"]["img_label_dim"]),
        vocabulary=len(params["uniter.embeddings.word_embeddings.weight"]),
        segments=len(params["uniter.embeddings.token_type_embeddings.weight"]),
    )
    variant = dataclasses.replace(uniter.RELEASED, transport=transport)
    model = uniter.pretraining(
        sizes, 1, (2, 4), variant=variant, activation=golden.activation
    ).eval()
    layers = len(model.encoder.blocks)
    model.load_state_dict(uniter.ORIGINAL_NAMES.read(params, model.state_dict(), layers))
    written = uniter.ORIGINAL_NAMES.write(model.state_dict(), layers)
    assert written.keys() == params.keys()
    for name, tensor in params.items():
        assert torch.equal(written[name], tensor), name
    return model


@torch.no_grad()
def check_encoder(golden: Golden) -> None:
    encoder, given, expected = encoder_of(golden), golden.group("input"), golden.group("output")
    batch, (text, regions) = batch_of(given), lengths_of(given)
    trace: dict[str, Tensor] = {}
    encoding = encoder(batch, trace=trace)
    _states_equal(encoding, expected["sequence_output"], text, regions)
    close(encoding.pair, expected["pooled_output"], "pooled")
    layers = {"embeddings": expected["joint_embeddings"]} | {
        f"blocks.{i}": expected[f"encoded_layers/{i}"] for i in range(len(encoder.blocks))
    }
    joint = Offsets.from_lengths(text + regions)
    for name, theirs in layers.items():
        rows = pack(theirs, text + regions)
        close(trace[f"{name}.rows"], rows[_ours_in_theirs(text, regions, joint)], name)
    for layer in range(len(encoder.blocks)):
        theirs = expected[f"attention_probs/{layer}"]
        for pair, (t, r) in enumerate(zip(text.tolist(), regions.tolist(), strict=True)):
            order = [*range(t, t + r), *range(t)]
            ours = trace[f"blocks.{layer}.attention"][pair, :, : t + r, : t + r]
            close(ours, theirs[pair][:, order][:, :, order], f"attention {layer}")
    _check_variations(encoder, golden, batch)


def _ours_in_theirs(text: Tensor, regions: Tensor, joint: Offsets) -> Tensor:
    """Where our rows [regions | text] of each pair stand among theirs [text | regions]."""
    rows: list[int] = []
    for start, t, r in zip(joint.starts.tolist(), text.tolist(), regions.tolist(), strict=False):
        rows += [*range(start + t, start + t + r), *range(start, start + t)]
    return torch.tensor(rows)


def _check_variations(encoder: SingleStream, golden: Golden, batch: PairBatch) -> None:
    """Hidden regions, given segments, text alone, pictures alone."""
    given, expected = golden.group("input"), golden.group("output")
    text, regions = lengths_of(given)
    if "masked/sequence_output" in expected:
        encoding = encoder(batch_of(given | golden.group("input/masked")))
        _states_equal(encoding, expected["masked/sequence_output"], text, regions)
        close(encoding.pair, expected["masked/pooled_output"], "masked, pooled")
    if "types/sequence_output" in expected:
        segments = given["types/txt_type_ids"], given["types/img_type_ids"]
        encoding = encoder(batch_of(given, segments=segments))
        _states_equal(encoding, expected["types/sequence_output"], text, regions)
    if "text_only/sequence_output" in expected:
        encoding = encoder(batch.without_regions())
        close(encoding.text, pack(expected["text_only/sequence_output"], text), "text alone")
        close(encoding.pair, expected["text_only/pooled_output"], "text alone, pooled")
    if "image_only/sequence_output" in expected:
        nothing = batch.text.ids[:0]
        silent = TextTokens(
            nothing, nothing, nothing, nothing, Offsets.from_lengths([0] * len(batch))
        )
        encoding = encoder(dataclasses.replace(batch, text=silent))
        theirs = pack(expected["image_only/sequence_output"], regions)
        close(encoding.regions, theirs, "pictures alone")
        close(encoding.pair, expected["image_only/pooled_output"], "pictures alone, pooled")


def _states_equal(encoding: Encoding, theirs: Tensor, text: Tensor, regions: Tensor) -> None:
    their_text, their_regions = joint_to_packed(theirs, text, regions)
    close(encoding.text, their_text, "text")
    close(encoding.regions, their_regions, "regions")


def corruption(golden: Golden, objective: str) -> Corrupted:
    """The original's own corrupted batch for one of our objectives."""
    given = golden.group("input/" + {"mlm": "mlm", "itm": "itm"}.get(objective, "mrm"))
    segments = given.get("txt_type_ids")
    if segments is not None:
        segments = segments, torch.ones(given["img_feat"].shape[:2], dtype=torch.int64)
    classes = golden.facts["constructor_args"]["img_label_dim"]
    batch = batch_of(given, classes, segments)
    if objective == "mlm":
        labels = pack(given["txt_labels"], lengths_of(given)[0])
        rows = (labels != -1).nonzero().squeeze(1)
        return Corrupted(batch, rows, labels[rows])
    if objective == "itm":
        return Corrupted(batch, torch.arange(len(batch)), given["targets"])
    assert batch.regions.hidden is not None
    rows = batch.regions.hidden.nonzero().squeeze(1)
    targets = {
        "mrfr": given["feat_targets"],
        "mrc-kl": given["label_targets"],
        "mrc": given["label_targets"][:, 1:].argmax(-1) + 1,
    }
    return Corrupted(batch, rows, targets[objective])


@torch.no_grad()
def check_pretraining(golden: Golden) -> None:
    model, expected = pretraining_of(golden), golden.group("output")
    checked = set()
    for objective, theirs in NAMES.items():
        if f"{theirs}/loss_mean" not in expected:
            continue
        broken = corruption(golden, objective)
        encoding = model.encoder(broken.batch)
        loss = model.mix[objective].loss(encoding, broken)
        close(loss.mean(), expected[f"{theirs}/loss_mean"], f"{objective} loss")
        assert loss.count == len(broken.rows)
        if objective in SCORES:
            states = {"mlm": encoding.text, "itm": encoding.pair}.get(objective, encoding.regions)
            ours = model.mix[objective].head(states[broken.rows])
            close(ours, expected[SCORES[objective]], f"{objective} scores")
        if objective == "mrc":
            assert torch.equal(broken.targets, expected["mrc/hard_labels"])
        checked.add(theirs)
    assert checked == {name.partition("/")[0] for name in expected if name.endswith("/loss_mean")}


@torch.no_grad()
def check_transport(golden: Golden) -> None:
    """The released recipes add the transport distance with weight 0.1."""
    expected, model = golden.group("output"), pretraining_of(golden, transport=0.1)
    broken = corruption(golden, "itm")
    encoding = model.encoder(broken.batch)
    close(transport_distance(encoding, broken.batch), expected["ot/dist"].flatten(), "distance")
    loss = model.mix["itm"].loss(encoding, broken)
    close(loss.mean(), expected["loss_total"], "loss")
    given = golden.group("input/ot_only")
    filler = given["txt_pad"].bool(), given["img_pad"].bool()
    cost = cosine_cost(given["txt_emb"], given["img_emb"])
    cost = cost.masked_fill(filler[0][:, :, None] | filler[1][:, None], 0)
    close(cost, expected["ot_only/cost"], "cost")
    plans = [n.split("/")[1] for n in expected if n.startswith("ot_only/") and n.endswith("/plan")]
    assert plans
    for name in plans:
        ours = transport_plan(cost, *filler, **_plan_settings(name))
        close(ours, expected[f"ot_only/{name}/plan"], name)
        distance = (cost * ours.transpose(1, 2)).sum((1, 2))
        close(distance, expected[f"ot_only/{name}/dist"].flatten(), name)


def _plan_settings(name: str) -> dict[str, Any]:
    """The settings that a case calls, for example, ``beta0.1_it10``."""
    if name == "default":
        return {}
    told = re.fullmatch(r"beta([\d.]+)_it(\d+)", name)
    assert told is not None, name
    return {"beta": float(told[1]), "iterations": int(told[2])}


def check_gradients(golden: Golden) -> None:
    """Every parameter's gradient of the sum of the five losses."""
    model = pretraining_of(golden, transport=0.1)
    expected, total = golden.group("output"), torch.zeros(())
    for objective, theirs in {**NAMES, "itm": "itm_ot"}.items():
        broken = corruption(golden, objective)
        loss = model.mix[objective].loss(model.encoder(broken.batch), broken).mean()
        close(loss.detach(), expected[f"loss/{theirs}"], theirs)
        total = total + loss
    close(total.detach(), expected["loss_total"], "total")
    total.backward()
    parameters = dict(model.named_parameters(remove_duplicate=False))
    gradients, checked = golden.group("grad"), set()
    for theirs, mine in uniter.ORIGINAL_NAMES.expanded(len(model.encoder.blocks)):
        if theirs in gradients:
            ours = parameters[mine].grad
            assert ours is not None, mine
            close(ours, gradients[theirs], theirs)
            checked.add(theirs)
    assert checked == gradients.keys()


CHECKS: dict[str, Callable[[Golden], None]] = {
    "encoder": check_encoder,
    "pretrain": check_pretraining,
    "pretrain_vcr": check_pretraining,
    "pretrain_ot": check_transport,
    "pretrain_grad": check_gradients,
}
