"""Our ViLBERT equals both released ones on their own numbers (goldens/vilbert).

The checks read nothing but a case's configuration and tensors.  They fail on a configuration field
they do not know and on an output they did not compare, so that no new case passes unread.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.parity.originals import Golden, close, pack
from workbench.encoders.encoding import Encoding
from workbench.encoders.two_stream import TwoStream, TwoStreamSizes
from workbench.objectives.objective import Corrupted
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens
from workbench.patterns import BIDIRECTIONAL, Layout
from workbench.systems import vilbert
from workbench.systems.vilbert_inputs import with_task
from workbench.systems.vilbert_names import ORIGINAL_ENCODER_NAMES, layers_of, original_names
from workbench.training.model import Pretraining
from workbench.weights.table import NameTable

ACTIVATIONS = {"gelu": F.gelu, "relu": F.relu, "swish": F.silu}

SIZES = {
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "v_hidden_size",
    "v_num_hidden_layers",
    "v_num_attention_heads",
    "v_intermediate_size",
    "bi_hidden_size",
    "bi_num_attention_heads",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
    "v_feature_size",
    "v_target_size",
    "t_biattention_id",
    "v_biattention_id",
}
OPTIONS = {
    "hidden_act",
    "v_hidden_act",
    "fusion_method",
    "predict_feature",
    "visual_target",
    "task_specific_tokens",
    "dynamic_attention",
}
INERT = {
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "v_hidden_dropout_prob",
    "v_attention_probs_dropout_prob",
    "initializer_range",
    "v_initializer_range",
    "bi_attention_type",
    "bi_intermediate_size",
    "pooling_method",
    "visualization",
}
"""Fields without a say in the numbers of evaluation mode, or that no released code reads."""
ONLY_AT = {
    "fast_mode": False,
    "in_batch_pairs": False,
    "with_coattention": True,
    "fixed_t_layer": 0,
    "fixed_v_layer": 0,
    "model": "bert",
}
"""Fields that these checks take at one value only; the first three are tried as outputs."""


def variant_of(golden: Golden) -> vilbert.VilbertVariant:
    config = golden.config
    if unknown := set(config) - SIZES - OPTIONS - INERT - ONLY_AT.keys():
        raise AssertionError(f"these checks do not know the configuration fields {unknown}")
    for field, value in ONLY_AT.items():
        assert config.get(field, value) == value, f"{field}={config[field]!r} is not covered"
    target = config.get("visual_target", 0)
    assert target in (0, 1), f"visual_target={target}: noise contrastive estimation is not built"
    end = "embeddings.task_embeddings.weight"
    tasks = next((t for name, t in golden.group("param").items() if name.endswith(end)), None)
    assert (tasks is not None) == bool(config.get("task_specific_tokens")), "task tokens"
    return vilbert.VilbertVariant(
        fusion=config.get("fusion_method", "mul"),
        region_target="mse" if target == 1 or config.get("predict_feature") else "kl",
        tasks=0 if tasks is None else len(tasks),
        text_gates=bool(config.get("dynamic_attention")),
    )


def sizes_of(golden: Golden) -> TwoStreamSizes:
    config = golden.config
    order = vilbert.schedule(
        config["num_hidden_layers"],
        config["v_num_hidden_layers"],
        config["t_biattention_id"],
        config["v_biattention_id"],
    )
    return TwoStreamSizes(
        order,
        config["hidden_size"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["v_hidden_size"],
        config["v_num_attention_heads"],
        config["v_intermediate_size"],
        config["bi_hidden_size"],
        config["bi_num_attention_heads"],
        config["vocab_size"],
        config["max_position_embeddings"],
        config["v_feature_size"],
        config["v_target_size"],
        segments=config["type_vocab_size"],
    )


def options_of(golden: Golden) -> dict:
    return {
        "variant": variant_of(golden),
        "activation": ACTIVATIONS[golden.config["hidden_act"]],
        "region_activation": ACTIVATIONS[golden.config["v_hidden_act"]],
    }


def filled(module: torch.nn.Module, table: NameTable, golden: Golden) -> None:
    """Loads a case's parameters strictly, and asserts that writing them gives them all back."""
    params, layers = golden.group("param"), layers_of(sizes_of(golden).schedule)
    module.load_state_dict(table.read(params, module.state_dict(), layers))
    kept = table.left_out(params, layers)
    written = table.write(module.state_dict(), layers, kept)
    assert written.keys() == params.keys()
    for name, tensor in params.items():
        assert torch.equal(written[name], tensor), name
    assert all(".q_dense" in name for name in kept), "more is dropped than the dead projections"


def lengths_of(mask: Tensor) -> Tensor:
    """The length of every row of a 0/1 mask; asserts that the ones stand in front."""
    lengths = mask.sum(1).long()
    front = torch.arange(mask.shape[1])[None] < lengths[:, None]
    assert torch.equal(mask.bool(), front), "a mask with holes is not covered"
    return lengths


def batch_of(golden: Golden, *, masks: bool = True) -> PairBatch:
    """A case's packed batch; without ``masks`` every row of the padding is a real one."""
    given = golden.group("input")
    ids, features, place = given["input_ids"], given["image_feat"], given["image_loc"]
    text, rows = torch.ones_like(ids), torch.ones(features.shape[:2])
    segments = torch.zeros_like(ids)
    if masks:
        text, rows = given["attention_mask"], given["image_attention_mask"]
        segments = given["token_type_ids"]
    words, regions = lengths_of(text), lengths_of(rows) - 1
    close(place[:, 0], torch.tensor([0.0, 0, 1, 1, 1]).expand(len(ids), 5), "place of [IMG]")
    boxes = pack(place[:, 1:], regions)
    close((boxes[:, 2:4] - boxes[:, :2]).prod(-1), boxes[:, 4], "areas")
    offsets = Offsets.from_lengths(words)
    count = int(regions.sum())
    classes = torch.zeros(count, golden.config["v_target_size"])
    if "image_target" in given and given["image_target"].shape[-1] == classes.shape[-1]:
        classes = pack(given["image_target"], regions)
    tokens = TextTokens(
        pack(ids, words), pack(segments, words), offsets.within, offsets.within, offsets
    )
    if "task_ids" in given:
        tokens = with_task(tokens, given["task_ids"].flatten(), golden.config["vocab_size"])
    wrong = given.get("next_sentence_label", torch.zeros(len(ids))).flatten()
    return PairBatch(
        Regions(
            pack(features[:, 1:], regions),
            boxes[:, :4],
            torch.ones(count),
            classes,
            torch.ones(len(ids), 2),
            Offsets.from_lengths(regions),
            whole=features[:, 0],
        ),
        tokens,
        wrong == 0,
        tuple(str(pair) for pair in range(len(ids))),
    )


@dataclasses.dataclass(frozen=True)
class Seen:
    """Everything an encoder said of a batch, regions with the row of the whole picture."""

    encoding: Encoding
    trace: dict[str, Tensor]
    text: Tensor
    regions: Tensor
    layout: Layout
    before: dict[int, Tensor]
    """The text states that each text block read."""


def look(encoder: TwoStream, batch: PairBatch) -> Seen:
    trace: dict[str, Tensor] = {}
    encoding = encoder(batch, trace=trace)
    counts = dict.fromkeys("TVC", 0)
    text, regions, before = trace["text.embeddings.rows"], trace["regions.embeddings.rows"], {}
    for letter in encoder.sizes.schedule:
        number = counts[letter]
        counts[letter] += 1
        if letter == "T":
            before[number], text = text, trace[f"text.{number}.rows"]
        elif letter == "V":
            regions = trace[f"regions.{number}.rows"]
        else:
            text = trace[f"cross.{number}.text.rows"]
            regions = trace[f"cross.{number}.regions.rows"]
    layout = encoder.inputs(batch, BIDIRECTIONAL).layout
    own = batch.regions.offsets
    close(encoding.regions, regions[layout.regions.starts[own.owner] + 1 + own.within], "regions")
    close(encoding.text, text, "text")
    return Seen(encoding, trace, text, regions, layout, before)


Answer = Callable[[str, Tensor], None]


def answers(seen: Seen, encoder: TwoStream) -> dict[str, Answer]:
    """For every kind of output the comparison that it asks for."""
    text, regions = seen.layout.text.lengths, seen.layout.regions.lengths

    def rows(ours: Tensor, lengths: Tensor) -> Answer:
        return lambda name, theirs: close(ours, pack(theirs, lengths), name)

    def weights(ours: Tensor, queries: Tensor, keys: Tensor) -> Answer:
        def compare(name: str, theirs: Tensor) -> None:
            for pair, (q, k) in enumerate(zip(queries.tolist(), keys.tolist(), strict=True)):
                close(ours[pair, :, :q, :k], theirs[pair, :, :q, :k], f"{name} of pair {pair}")

        return compare

    def projected(ours: Tensor, heads: int) -> Answer:
        split = ours.unflatten(-1, (heads, -1))
        return lambda name, theirs: close(split, pack(theirs.transpose(1, 2), text), name)

    trace = seen.trace
    found = {
        "embeddings": rows(trace["text.embeddings.rows"], text),
        "v_embeddings": rows(trace["regions.embeddings.rows"], regions),
        **last(seen),
    }
    for number, block in enumerate(encoder.text_blocks):
        found[f"layer/{number}"] = rows(trace[f"text.{number}.rows"], text)
        found[f"attn_t/{number}"] = weights(trace[f"text.{number}.attention"], text, text)
        read, attention = seen.before[number], block.attention
        found[f"attn_t_queries/{number}"] = projected(attention.query(read), attention.heads)
        found[f"attn_t_keys/{number}"] = projected(attention.key(read), attention.heads)
    for number in range(len(encoder.region_blocks)):
        attention = trace[f"regions.{number}.attention"]
        found[f"v_layer/{number}"] = rows(trace[f"regions.{number}.rows"], regions)
        found[f"attn_v/{number}"] = weights(attention, regions, regions)
    for number in range(len(encoder.cross_blocks)):
        ours = f"cross.{number}"
        found[f"c_layer/{number}/t"] = rows(trace[f"{ours}.text.rows"], text)
        found[f"c_layer/{number}/v"] = rows(trace[f"{ours}.regions.rows"], regions)
        there, back = trace[f"{ours}.text_to_regions"], trace[f"{ours}.regions_to_text"]
        found[f"attn_c/{number}/text_to_image"] = weights(there, text, regions)
        found[f"attn_c/{number}/image_to_text"] = weights(back, regions, text)
    return found


def last(seen: Seen, under: str = "") -> dict[str, Answer]:
    """The comparisons of the last states and of the pooled ones, under a name."""
    encoding, layout = seen.encoding, seen.layout

    def whole(ours: Tensor) -> Answer:
        return lambda name, theirs: close(ours, theirs, name)

    def rows(ours: Tensor, lengths: Tensor) -> Answer:
        return lambda name, theirs: close(ours, pack(theirs, lengths), name)

    return {
        f"{under}sequence_output_t": rows(seen.text, layout.text.lengths),
        f"{under}sequence_output_v": rows(seen.regions, layout.regions.lengths),
        f"{under}pooled_output_t": whole(encoding.text_summary),
        f"{under}pooled_output_v": whole(encoding.image_summary),
    }


def one_text(batch: PairBatch) -> PairBatch:
    """The first text beside every picture (fast_mode)."""
    first = torch.zeros(len(batch), dtype=torch.int64)
    return dataclasses.replace(batch, text=batch.text.select(first))


def every_pair(batch: PairBatch) -> PairBatch:
    """Every text beside every picture, text by text (in_batch_pairs)."""
    pairs = torch.arange(len(batch))
    texts, pictures = pairs.repeat_interleave(len(batch)), pairs.repeat(len(batch))
    return dataclasses.replace(batch.select(texts), regions=batch.regions.select(pictures))


def without_coattention(encoder: TwoStream, golden: Golden) -> TwoStream:
    """The same blocks in the same order but for the co-attention."""
    order = encoder.sizes.schedule.replace("C", "")
    sizes = dataclasses.replace(encoder.sizes, schedule=order)
    apart = vilbert.encoder(sizes, **options_of(golden)).eval()
    state = encoder.state_dict()
    kept = {name: tensor for name, tensor in state.items() if not name.startswith("cross_blocks.")}
    apart.load_state_dict(kept)
    return apart


def all_layers_quirk(seen: Seen, encoder: TwoStream) -> dict[str, Answer]:
    """``output_all_encoded_layers=True``: what the last co-attention block left is pooled."""
    count = len(encoder.cross_blocks)
    text = seen.trace[f"cross.{count - 1}.text.rows"]
    regions = seen.trace[f"cross.{count - 1}.regions.rows"]
    summary = encoder.summary(text, regions, seen.layout)
    under = "all_layers_quirk/"

    def counted(name: str, theirs: Tensor) -> None:
        assert int(theirs) == count, name

    return {
        f"{under}n": counted,
        f"{under}pooled_output_t": lambda name, theirs: close(summary.text, theirs, name),
        f"{under}pooled_output_v": lambda name, theirs: close(summary.image, theirs, name),
    }


@torch.no_grad()
def check_model(golden: Golden) -> None:
    """Every state and every attention map of the encoder, and its variants of a forward pass."""
    encoder = vilbert.encoder(sizes_of(golden), **options_of(golden)).eval()
    filled(encoder, ORIGINAL_ENCODER_NAMES, golden)
    batch, expected = batch_of(golden), golden.group("output")
    seen = look(encoder, batch)
    found = answers(seen, encoder) | all_layers_quirk(seen, encoder)
    asked = {name.split("/")[0] for name in expected}
    if "no_coattention" in asked:
        found |= last(look(without_coattention(encoder, golden), batch), "no_coattention/")
    if "default_masks" in asked:
        found |= last(look(encoder, batch_of(golden, masks=False)), "default_masks/")
    if "fast_mode" in asked:
        found |= last(look(encoder, one_text(batch)), "fast_mode/")
    if "in_batch_pairs" in asked:
        found |= last(look(encoder, every_pair(batch)), "in_batch_pairs/")
    assert not (unread := expected.keys() - found.keys()), f"outputs nobody compares: {unread}"
    assert {"sequence_output_t", "sequence_output_v"} <= expected.keys()
    for name, theirs in expected.items():
        found[name](name, theirs)


def model_of(golden: Golden) -> Pretraining:
    variant = variant_of(golden)
    vocabulary = golden.config["vocab_size"]
    model = vilbert.pretraining(sizes_of(golden), 1, (0, vocabulary), **options_of(golden)).eval()
    regions = "mrc-kl" if variant.region_target == "kl" else "mrfr"
    filled(model, original_names(regions), golden)
    return model


def asked_of(golden: Golden, batch: PairBatch) -> dict[str, Corrupted]:
    """The originals' corruption of a case, by the name of their loss."""
    given = golden.group("input")
    words = pack(given["masked_lm_labels"], batch.text.offsets.lengths)
    hidden = pack(given["image_label"], batch.regions.offsets.lengths) == 1
    targets = pack(given["image_target"], batch.regions.offsets.lengths)
    tokens, regions = ((words != -1).nonzero().squeeze(1), hidden.nonzero().squeeze(1))
    return {
        "masked_lm_loss": Corrupted(batch, tokens, words[tokens]),
        "masked_img_loss": Corrupted(batch, regions, targets[regions]),
        "next_sentence_loss": Corrupted(
            batch, torch.arange(len(batch)), given["next_sentence_label"].flatten()
        ),
    }


def of_matched_pairs(asked: dict[str, Corrupted]) -> dict[str, Corrupted]:
    """Without what was hidden in pairs that do not match (objective 1)."""
    kept = {}
    for name, corrupted in asked.items():
        batch = corrupted.batch
        offsets = {
            "masked_lm_loss": batch.text.offsets,
            "masked_img_loss": batch.regions.offsets,
        }.get(name)
        if offsets is not None:
            chosen = batch.matched[offsets.owner[corrupted.rows]]
            rows, targets = corrupted.rows[chosen], corrupted.targets[chosen]
            corrupted = dataclasses.replace(corrupted, rows=rows, targets=targets)
        kept[name] = corrupted
    return kept


def check_pretraining(golden: Golden) -> None:
    """Scores, losses, their total and, where a case has them, all gradients."""
    model, batch, expected = model_of(golden), batch_of(golden), golden.group("output")
    region_objective = "mrc-kl" if variant_of(golden).region_target == "kl" else "mrfr"
    names = {
        "masked_lm_loss": "mlm",
        "masked_img_loss": region_objective,
        "next_sentence_loss": "itm",
    }
    seen = look(model.encoder, batch)
    text, regions = seen.layout.text.lengths, seen.layout.regions.lengths
    alignment = model.mix["itm"].scores(seen.encoding)
    found = {
        "prediction_scores_t": (model.mix["mlm"].head(seen.text), text),
        "prediction_scores_v": (model.mix[region_objective].head(seen.regions), regions),
        "seq_relationship_score": (alignment, None),
        "alignment_probability": (alignment.softmax(-1)[:, 0], None),
    }
    asked = asked_of(golden, batch)
    losses = {
        names[theirs]: model.mix[names[theirs]].loss(seen.encoding, corrupted)
        for theirs, corrupted in asked.items()
    }
    total = model.mix.total(losses)
    found["loss_total"] = total, None
    for theirs, ours in names.items():
        found[theirs] = losses[ours].mean().reshape(1), None
    for theirs, corrupted in of_matched_pairs(asked).items():
        loss = model.mix[names[theirs]].loss(seen.encoding, corrupted)
        found[f"objective1/{theirs}"] = loss.mean().reshape(1), None
    assert not (unread := expected.keys() - found.keys()), f"outputs nobody compares: {unread}"
    assert {"loss_total", "prediction_scores_t", "prediction_scores_v"} <= expected.keys()
    for name, theirs in expected.items():
        ours, lengths = found[name]
        close(ours.detach(), theirs if lengths is None else pack(theirs, lengths), name)
    if golden.group("grad"):
        total.backward()
        check_gradients(golden, model, original_names(region_objective))


def check_gradients(golden: Golden, model: Pretraining, table: NameTable) -> None:
    """Every gradient of ours is theirs; the dead projections have none."""
    gradients, layers = golden.group("grad"), layers_of(model.encoder.sizes.schedule)
    dead = table.left_out(gradients, layers)
    assert all(not tensor.any() for tensor in dead.values())
    parameters = dict(model.named_parameters(remove_duplicate=False))
    compared = set()
    for theirs, mine in table.expanded(layers):
        if theirs in gradients:
            close(parameters[mine].grad, gradients[theirs], theirs)
            compared.add(id(parameters[mine]))
            del gradients[theirs]
    assert gradients.keys() == dead.keys(), "gradients without a parameter of ours"
    missed = [name for name, p in model.named_parameters() if id(p) not in compared]
    assert not missed, f"parameters without a gradient of theirs: {missed}"


def check_gradient_case(golden: Golden) -> None:
    """A pre-training case that must hold gradients."""
    assert golden.group("grad"), "no gradients in this case"
    check_pretraining(golden)


CHECKS: dict[str, Callable[[Golden], None]] = {
    "model": check_model,
    "mt_model": check_model,
    "pretrain": check_pretraining,
    "pretrain_grad": check_gradient_case,
    "pretrain_mse": check_pretraining,
    "mt_pretrain": check_pretraining,
    "mt_pretrain_mse": check_pretraining,
}
