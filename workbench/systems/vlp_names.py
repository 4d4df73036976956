"""Parameter names of the released VLP and of UniLM beside ours, and how the originals begin."""

from __future__ import annotations

from workbench.weights.table import NameTable

_BERT_MODULES = (
    ("embeddings.LayerNorm", "inputs.text.norm"),
    ("encoder.layer.{i}.attention.self.query", "blocks.{i}.attention.query"),
    ("encoder.layer.{i}.attention.self.key", "blocks.{i}.attention.key"),
    ("encoder.layer.{i}.attention.self.value", "blocks.{i}.attention.value"),
    ("encoder.layer.{i}.attention.output.dense", "blocks.{i}.attention.output"),
    ("encoder.layer.{i}.attention.output.LayerNorm", "blocks.{i}.attention_norm"),
    ("encoder.layer.{i}.intermediate.dense", "blocks.{i}.feed_forward.widen"),
    ("encoder.layer.{i}.output.dense", "blocks.{i}.feed_forward.narrow"),
    ("encoder.layer.{i}.output.LayerNorm", "blocks.{i}.feed_forward_norm"),
    ("pooler.dense", "summary.pooler.dense"),
)
_REGION_MODULES = (
    ("vis_embed.0", "inputs.regions.fc7"),
    ("vis_embed.2", "inputs.regions.feature"),
    ("vis_pe_embed.0", "inputs.regions.place"),
)
_HEAD_MODULES = (
    ("cls.predictions.transform.dense", "transform.dense"),
    ("cls.predictions.transform.LayerNorm", "transform.norm"),
)
_KINDS = ("weight", "bias")
_OBJECTIVES = ("seq2seq", "mlm")

_TEXT_ROWS = (
    ("bert.embeddings.word_embeddings.weight", "inputs.text.word.weight"),
    ("bert.embeddings.position_embeddings.weight", "inputs.text.position.weight"),
    ("bert.embeddings.token_type_embeddings.weight", "inputs.text.segment.weight"),
    *((f"bert.{a}.{kind}", f"{b}.{kind}") for a, b in _BERT_MODULES for kind in _KINDS),
)
_REGION_ROWS = tuple((f"{a}.{kind}", f"{b}.{kind}") for a, b in _REGION_MODULES for kind in _KINDS)
_HEAD_ROWS = (
    ("cls.predictions.bias", "bias"),
    ("cls.predictions.decoder.weight", "weight"),
    *((f"{a}.{kind}", f"{b}.{kind}") for a, b in _HEAD_MODULES for kind in _KINDS),
)
_DROPPED = {
    "crit_mask_lm_smoothed.one_hot": "a constant that runs with label smoothing store",
    **{
        f"ans_classifier.{layer}.{kind}": "the answer classifier of question answering"
        for layer in (0, 2)
        for kind in _KINDS
    },
}


def _in(prefix: str, rows: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((theirs, f"{prefix}.{ours}") for theirs, ours in rows)


def _heads(place: str) -> tuple[tuple[str, str], ...]:
    return tuple(row for name in _OBJECTIVES for row in _in(place.format(name=name), _HEAD_ROWS))


_ENCODER_ROWS = _in("encoder", (*_TEXT_ROWS, *_REGION_ROWS))

ORIGINAL_NAMES = NameTable((*_ENCODER_ROWS, *_heads("mix.by_name.{name}.head")), dropped=_DROPPED)
"""Names of the released pre-training model beside those of ``vlp.pretraining``'s."""

ORIGINAL_NAMES_WITH_PRETEXT = NameTable(
    (*_ENCODER_ROWS, *_heads("mix.by_name.{name}+regions.by_name.{name}.head")), dropped=_DROPPED
)
"""The same where each objective goes together with the region pretext."""

ORIGINAL_ENCODER_NAMES = NameTable(
    (*_TEXT_ROWS, *_REGION_ROWS),
    dropped=_DROPPED | {theirs: "the language head" for theirs, _ in _HEAD_ROWS},
)
"""Names of the released model beside those of the encoder alone."""
