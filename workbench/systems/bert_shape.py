"""What BERT-shaped text encoders call their parameters, and how their tables come to fit ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from workbench.weights.table import NameTable, State

_WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_SEGMENTS = "embeddings.token_type_embeddings.weight"
_ROOMS = ("embeddings.", "encoder.", "pooler.")
_LAYER = (
    ("attention.self.query", "attention.query"),
    ("attention.self.key", "attention.key"),
    ("attention.self.value", "attention.value"),
    ("attention.output.dense", "attention.output"),
    ("attention.output.LayerNorm", "attention_norm"),
    ("intermediate.dense", "feed_forward.widen"),
    ("output.dense", "feed_forward.narrow"),
    ("output.LayerNorm", "feed_forward_norm"),
)
HEADS = (
    ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions"),
    ("lm_head.dense", "lm_head.layer_norm", "lm_head"),
)
"""BERT's and RoBERTa's names of a language head: transform, its LayerNorm, owner of the bias."""

DROPPED = {"embeddings.position_ids": "a constant that old checkpoints store"}
_NO_COUNTERPART = {
    "inputs.regions.": "a text encoder reads no regions",
    "region_blocks.": "a text encoder has no region stream",
    "cross_blocks.": "a text encoder has no co-attention",
    "summary.": "the text encoder has no pooler of this form",
}


def text_encoder_in(weights: Mapping[str, Tensor]) -> tuple[State, dict[str, str]]:
    """The text encoder's state without its leading name, and the names beside it."""
    found = [name.removesuffix(_WORDS) for name in weights if name.endswith(_WORDS)]
    if len(found) != 1:
        raise ValueError(
            f"not a text encoder of BERT's shape: {len(found)} names end in {_WORDS}, exactly one "
            f"must; the first names given are {list(weights)[:3]}"
        )
    inside = {
        name.removeprefix(found[0]): tensor
        for name, tensor in weights.items()
        if name.startswith(found[0]) and name.removeprefix(found[0]).startswith(_ROOMS)
    }
    beside = {n for n in weights if n.removeprefix(found[0]) not in inside}
    return inside, {name: "beside the text encoder, not part of it" for name in beside}


def names(blocks: str, *, pooled: bool, segments: bool) -> NameTable:
    """Their names beside those of an encoder whose text blocks are called ``blocks``.

    ``pooled``: both have BERT's pooler; ``segments``: the encoder has a segment table.
    """
    modules = [("embeddings.LayerNorm", "inputs.text.norm")]
    modules += [(f"encoder.layer.{{i}}.{a}", f"{blocks}.{{i}}.{b}") for a, b in _LAYER]
    modules += [("pooler.dense", "summary.pooler.dense")] if pooled else []
    rows = [(f"{a}.{x}", f"{b}.{x}") for a, b in modules for x in ("weight", "bias")]
    rows += [(_WORDS, "inputs.text.word.weight"), (_POSITIONS, "inputs.text.position.weight")]
    rows += [(_SEGMENTS, "inputs.text.segment.weight")] if segments else []
    return NameTable(tuple(rows))


def fit_tables(
    cut: State,
    ours: Mapping[str, Tensor],
    original_ids: Int[np.ndarray, "V"] | None,
    segment_rows: Sequence[int] | None,
    shift: int,
) -> dict[str, str]:
    """Makes their word, position and segment tables in ``cut`` as long as ours.

    Row p of their positions becomes our row p + ``shift``.  Answers which rows of ours stay as
    they are, and why; raises ``ValueError`` for tables that cannot fit.
    """
    fresh: dict[str, str] = {}
    cut[_WORDS] = chosen(cut[_WORDS], original_ids)
    segments = cut.get(_SEGMENTS)
    mine = ours.get("inputs.text.segment.weight")
    if _POSITIONS in cut:
        theirs, positions = cut[_POSITIONS], ours["inputs.text.position.weight"].clone()
        if mine is None and segments is not None:
            theirs = theirs + segments[0]
        wanted = theirs[max(0, -shift) :][: len(positions) - max(0, shift)]
        if len(wanted) < len(positions) - max(0, shift):
            raise ValueError(
                f"the text encoder has positions for {len(wanted)} rows and the model for "
                f"{len(positions) - max(0, shift)}; build the model with fewer positions"
            )
        positions[max(0, shift) :] = wanted
        cut[_POSITIONS] = positions
        if shift > 0:
            fresh[f"inputs.text.position.weight[:{shift}]"] = "texts do not stand there"
    if mine is None:
        cut.pop(_SEGMENTS, None)
    elif segments is not None:
        rows = segment_rows or tuple(range(min(len(mine), len(segments))))
        if len(rows) > len(mine) or max(rows) >= len(segments):
            raise ValueError(
                f"segment_rows {tuple(rows)} do not fit {len(mine)} segments of the model and "
                f"{len(segments)} of the text encoder"
            )
        filled = mine.clone()
        filled[: len(rows)] = segments[list(rows)]
        cut[_SEGMENTS] = filled
        if len(rows) < len(mine):
            fresh[f"inputs.text.segment.weight[{len(rows)}:]"] = "the text encoder has no such row"
    return fresh


def chosen(rows: Tensor, original_ids: Int[np.ndarray, "V"] | None) -> Tensor:
    """The rows of the entries that our vocabulary keeps, in our order."""
    return rows if original_ids is None else rows[torch.from_numpy(np.asarray(original_ids))]


def reason_fresh(name: str) -> str:
    """Why a text encoder cannot fill a parameter of ours."""
    found = (reason for start, reason in _NO_COUNTERPART.items() if name.startswith(start))
    return next(found, "nothing in a text encoder corresponds to it")


def layer_of(name: str) -> int | None:
    """The number of the layer that a parameter of theirs belongs to, if it does."""
    parts = name.split(".")
    return int(parts[2]) if parts[:2] == ["encoder", "layer"] else None
