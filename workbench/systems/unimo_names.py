"""UNIMO's original parameter names: Paddle variables, one file each, beside ours (B3)."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from workbench.weights.table import NameTable

_TEXT = (
    ("word_embedding", "inputs.text.word.weight"),
    ("pos_embedding", "inputs.text.position.weight"),
    ("pre_encoder_layer_norm_scale", "inputs.text.norm.weight"),
    ("pre_encoder_layer_norm_bias", "inputs.text.norm.bias"),
)
_REGIONS = (
    ("image_emb.w_0", "inputs.regions.feature.weight"),
    ("image_emb.b_0", "inputs.regions.feature.bias"),
    ("image_loc.w_0", "inputs.regions.geometry.weight"),
    ("image_loc.b_0", "inputs.regions.geometry.bias"),
    ("v_pre_encoder_layer_norm_scale", "inputs.regions.norm.weight"),
    ("v_pre_encoder_layer_norm_bias", "inputs.regions.norm.bias"),
)
_POOLERS = (
    ("pooled_fc_text.w_0", "summary.text.dense.weight"),
    ("pooled_fc_text.b_0", "summary.text.dense.bias"),
    ("pooled_fc_image.w_0", "summary.image.dense.weight"),
    ("pooled_fc_image.b_0", "summary.image.dense.bias"),
)
_HEAD = (
    ("mask_lm_trans_fc.w_0", "transform.dense.weight"),
    ("mask_lm_trans_fc.b_0", "transform.dense.bias"),
    ("mask_lm_trans_layer_norm_scale", "transform.norm.weight"),
    ("mask_lm_trans_layer_norm_bias", "transform.norm.bias"),
    ("mask_lm_out_fc.b_0", "bias"),
    ("word_embedding", "weight"),
)


def _blocks() -> list[tuple[str, str]]:
    theirs, ours = "encoder_layer_{i}_", "blocks.{i}."
    full = {
        "multi_head_att_query_fc": "attention.query",
        "multi_head_att_key_fc": "attention.key",
        "multi_head_att_value_fc": "attention.value",
        "multi_head_att_output_fc": "attention.output",
        "ffn_fc_0": "feed_forward.widen",
        "ffn_fc_1": "feed_forward.narrow",
    }
    norms = {"post_att": "attention_norm", "post_ffn": "feed_forward_norm"}
    rows = [
        (f"{theirs}{a}.{x}", f"{ours}{b}.{y}")
        for a, b in full.items()
        for x, y in (("w_0", "weight"), ("b_0", "bias"))
    ]
    return rows + [
        (f"{theirs}{a}_layer_norm_{x}", f"{ours}{b}.{y}")
        for a, b in norms.items()
        for x, y in (("scale", "weight"), ("bias", "bias"))
    ]


TASK_VARIABLES: Mapping[str, str] = {
    "role_embedding": "who speaks, in dialogues only",
    "turn_embedding": "which turn it is, in dialogues only",
    "match_fc.w_0": "the head of retrieval",
    "match_fc.b_0": "the head of retrieval",
    **{f"cls_out_{x}_{n}": "the head of visual entailment" for x in "wb" for n in (0, 1)},
    **{f"cls_out_{n}_{x}": "the head of sentence tasks" for x in "wb" for n in (1, 2, 3)},
}
"""Variables of single tasks that an archive may hold besides the model, with what they are for."""


def original_names(
    *,
    encoder: str = "encoder.",
    heads: Sequence[str] = ("head.",),
    regions: bool = True,
    poolers: bool = True,
    fresh: Mapping[str, str] | None = None,
) -> NameTable:
    """The table for a model whose encoder and language heads stand under these prefixes.

    Not every released graph has every part: without ``regions`` (text generation) or without
    ``poolers`` (generation of any kind) those of ours stay fresh, as do ``fresh`` ones.
    """
    rows, new = [*_TEXT, *_blocks()], dict(fresh or {})
    for part, held, reason in (
        (_REGIONS, regions, "graphs of text alone have no regions"),
        (_POOLERS, poolers, "graphs that generate have no poolers"),
    ):
        if held:
            rows += part
        else:
            new |= {encoder + ours: reason for _, ours in part}
    rows = [(theirs, encoder + ours) for theirs, ours in rows]
    rows += [(theirs, head + ours) for head in heads for theirs, ours in _HEAD]
    return NameTable(tuple(rows), TASK_VARIABLES, new, transposed=(".w_0",))


ORIGINAL_ENCODER_NAMES = original_names(encoder="", heads=())
"""Variables of the released encoder beside the names of ``SingleStream``."""

_NEVER_RELEASED = {
    f"mix.by_name.{head}.{part}": "pre-training code and heads were never released (X6)"
    for head in ("mrfr.head", "mrc.head", "mrc-kl.head", "itm.head", "cmcl.similarity.score")
    for part in ("weight", "bias")
}


def pretraining_names(original: Container[str] | None = None) -> NameTable:
    """The table for the whole model of ``unimo.pretraining``.

    ``original`` are the variables of an archive, which may lack parts (None: it has them all).
    """
    return original_names(
        heads=[f"mix.by_name.{objective}.head." for objective in ("mlm", "fragments")],
        regions=original is None or "image_emb.w_0" in original,
        poolers=original is None or "pooled_fc_text.w_0" in original,
        fresh=_NEVER_RELEASED,
    )
