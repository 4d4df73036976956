"""Parameter names of the released ViLBERTs beside ours: vilbert_beta and its multi-task successor.

Letters in braces: {t} text blocks, {v} region blocks, {c} co-attention blocks (``layers_of``).  In
the originals 1 stands for the picture and 2 for the text, so ``key1`` is what text queries read.
"""

from __future__ import annotations

from workbench.weights.table import NameTable

_HEADS = "mix.by_name"
_BLOCK = (
    ("attention.self.query", "attention.query"),
    ("attention.self.key", "attention.key"),
    ("attention.self.value", "attention.value"),
    ("attention.output.dense", "attention.output"),
    ("attention.output.LayerNorm", "attention_norm"),
    ("intermediate.dense", "feed_forward.widen"),
    ("output.dense", "feed_forward.narrow"),
    ("output.LayerNorm", "feed_forward_norm"),
)
_CROSS = (
    ("biattention.query1", "region_attention.query"),
    ("biattention.key1", "text_attention.key"),
    ("biattention.value1", "text_attention.value"),
    ("biattention.query2", "text_attention.query"),
    ("biattention.key2", "region_attention.key"),
    ("biattention.value2", "region_attention.value"),
    ("biOutput.dense1", "region_attention.output"),
    ("biOutput.LayerNorm1", "region_attention_norm"),
    ("biOutput.dense2", "text_attention.output"),
    ("biOutput.LayerNorm2", "text_attention_norm"),
    ("v_intermediate.dense", "region_feed_forward.widen"),
    ("v_output.dense", "region_feed_forward.narrow"),
    ("v_output.LayerNorm", "region_feed_forward_norm"),
    ("t_intermediate.dense", "text_feed_forward.widen"),
    ("t_output.dense", "text_feed_forward.narrow"),
    ("t_output.LayerNorm", "text_feed_forward_norm"),
)


def _under(
    theirs: str, ours: str, rows: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    return tuple((f"{theirs}.{a}", f"{ours}.{b}") for a, b in rows)


def _both(modules: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{a}.{kind}", f"{b}.{kind}") for a, b in modules for kind in ("weight", "bias"))


_ENCODER_ROWS = (
    ("embeddings.word_embeddings.weight", "inputs.text.word.weight"),
    ("embeddings.position_embeddings.weight", "inputs.text.position.weight"),
    ("embeddings.token_type_embeddings.weight", "inputs.text.segment.weight"),
    ("embeddings.task_embeddings.weight", "inputs.tasks.weight"),
    *_both(
        (
            ("embeddings.LayerNorm", "inputs.text.norm"),
            ("v_embeddings.image_embeddings", "inputs.regions.feature"),
            ("v_embeddings.image_location_embeddings", "inputs.regions.geometry"),
            ("v_embeddings.LayerNorm", "inputs.regions.norm"),
            *_under("encoder.layer.{t}", "text_blocks.{t}", _BLOCK),
            *_under("encoder.v_layer.{v}", "region_blocks.{v}", _BLOCK),
            ("encoder.v_layer.{v}.attention.self.dyLinear_q", "region_gates.{v}.query"),
            ("encoder.v_layer.{v}.attention.self.dyLinear_k", "region_gates.{v}.key"),
            *_under("encoder.c_layer.{c}", "cross_blocks.{c}", _CROSS),
            ("t_pooler.dense", "summary.text.dense"),
            ("v_pooler.dense", "summary.image.dense"),
        )
    ),
)
_DEAD = {
    f"encoder.c_layer.{{c}}.biOutput.{name}.{kind}": "projections that no forward pass uses"
    for name in ("q_dense1", "q_dense2")
    for kind in ("weight", "bias")
}

ORIGINAL_ENCODER_NAMES = NameTable(_ENCODER_ROWS, _DEAD)
"""Parameter names of the released ``BertModel`` (both repositories) beside ``TwoStream``'s."""


def original_names(regions: str = "mrc-kl") -> NameTable:
    """Names of the released ``BertForMultiModalPreTraining`` beside those of our pre-training.

    ``regions`` is the name of the objective that the region head belongs to: "mrc-kl", or "mrfr"
    where features are regressed.
    """
    words, picture = f"{_HEADS}.mlm.head", f"{_HEADS}.{regions}.head"
    rows = (
        *_under("bert", "encoder", _ENCODER_ROWS),
        ("cls.predictions.bias", f"{words}.bias"),
        ("cls.predictions.decoder.weight", f"{words}.weight"),
        *_both(
            (
                ("cls.predictions.transform.dense", f"{words}.transform.dense"),
                ("cls.predictions.transform.LayerNorm", f"{words}.transform.norm"),
                ("cls.imagePredictions.transform.dense", f"{picture}.transform.dense"),
                ("cls.imagePredictions.transform.LayerNorm", f"{picture}.transform.norm"),
                ("cls.imagePredictions.decoder", f"{picture}.scores"),
                ("cls.bi_seq_relationship", f"{_HEADS}.itm.head"),
            )
        ),
    )
    return NameTable(rows, {f"bert.{name}": reason for name, reason in _DEAD.items()})


def layers_of(schedule: str) -> dict[str, int]:
    """How many blocks of each letter a schedule has, as the tables want them."""
    return {letter: schedule.count(letter.upper()) for letter in "tvc"}
