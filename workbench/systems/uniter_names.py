"""Parameter names of the released UNITER beside ours."""

from __future__ import annotations

from workbench.weights.table import NameTable

_MLM, _MRFR, _ITM = "mix.by_name.mlm.head", "mix.by_name.mrfr.head", "mix.by_name.itm.head"


def _region_classifier(name: str) -> tuple[tuple[str, str], ...]:
    head = f"mix.by_name.{name}.head"
    return tuple(
        (f"region_classifier.net.{theirs}.{kind}", f"{head}.{ours}.{kind}")
        for theirs, ours in (("0", "transform.dense"), ("2", "transform.norm"), ("3", "scores"))
        for kind in ("weight", "bias")
    )


_ENCODER_MODULES = (
    ("uniter.embeddings.LayerNorm", "encoder.inputs.text.norm"),
    ("uniter.img_embeddings.img_linear", "encoder.inputs.regions.feature"),
    ("uniter.img_embeddings.pos_linear", "encoder.inputs.regions.geometry"),
    ("uniter.img_embeddings.img_layer_norm", "encoder.inputs.regions.feature_norm"),
    ("uniter.img_embeddings.pos_layer_norm", "encoder.inputs.regions.geometry_norm"),
    ("uniter.img_embeddings.LayerNorm", "encoder.inputs.regions.norm"),
    ("uniter.encoder.layer.{i}.attention.self.query", "encoder.blocks.{i}.attention.query"),
    ("uniter.encoder.layer.{i}.attention.self.key", "encoder.blocks.{i}.attention.key"),
    ("uniter.encoder.layer.{i}.attention.self.value", "encoder.blocks.{i}.attention.value"),
    ("uniter.encoder.layer.{i}.attention.output.dense", "encoder.blocks.{i}.attention.output"),
    ("uniter.encoder.layer.{i}.attention.output.LayerNorm", "encoder.blocks.{i}.attention_norm"),
    ("uniter.encoder.layer.{i}.intermediate.dense", "encoder.blocks.{i}.feed_forward.widen"),
    ("uniter.encoder.layer.{i}.output.dense", "encoder.blocks.{i}.feed_forward.narrow"),
    ("uniter.encoder.layer.{i}.output.LayerNorm", "encoder.blocks.{i}.feed_forward_norm"),
    ("uniter.pooler.dense", "encoder.summary.pooler.dense"),
)
_HEAD_MODULES = (
    ("cls.predictions.transform.dense", f"{_MLM}.transform.dense"),
    ("cls.predictions.transform.LayerNorm", f"{_MLM}.transform.norm"),
    ("feat_regress.net.0", f"{_MRFR}.transform.dense"),
    ("feat_regress.net.2", f"{_MRFR}.transform.norm"),
    ("itm_output", _ITM),
)
_ENCODER_ROWS = (
    ("uniter.embeddings.word_embeddings.weight", "encoder.inputs.text.word.weight"),
    ("uniter.embeddings.position_embeddings.weight", "encoder.inputs.text.position.weight"),
    ("uniter.embeddings.token_type_embeddings.weight", "encoder.inputs.text.segment.weight"),
    ("uniter.img_embeddings.mask_embedding.weight", "encoder.inputs.regions.mask.weight"),
)


def _both(modules: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{theirs}.{kind}", f"{ours}.{kind}")
        for theirs, ours in modules
        for kind in ("weight", "bias")
    )


ORIGINAL_NAMES = NameTable(
    (
        *_ENCODER_ROWS,
        *_both(_ENCODER_MODULES),
        *_both(_HEAD_MODULES),
        ("cls.predictions.bias", f"{_MLM}.bias"),
        ("cls.predictions.decoder.weight", f"{_MLM}.weight"),
        ("feat_regress.bias", f"{_MRFR}.bias"),
        ("feat_regress.weight", f"{_MRFR}.weight"),
        *_region_classifier("mrc"),
        *_region_classifier("mrc-kl"),
    )
)
"""Parameter names of the released ``UniterForPretraining`` beside ours."""

ORIGINAL_ENCODER_NAMES = NameTable(
    tuple(
        (theirs.removeprefix("uniter."), ours.removeprefix("encoder."))
        for theirs, ours in (*_ENCODER_ROWS, *_both(_ENCODER_MODULES))
    )
)
"""Parameter names of the released ``UniterModel`` beside those of ``SingleStream``."""
