"""Sizes of a model from the shapes of an original checkpoint; heads and order need its config."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.systems.vilbert_sizes import schedule
from workbench.weights.table import NameTable

HEAD_WIDTH, REGION_HEAD_WIDTH = 64, 128
"""Units of an attention head in every published model: of BERT's, of the region stream's."""

HEADS = {
    "num_attention_heads": "heads",
    "v_num_attention_heads": "region_heads",
    "bi_num_attention_heads": "shared_heads",
}
"""What the authors' configurations call our numbers of heads."""

_TEXT, _REGIONS = "encoder.inputs.text", "encoder.inputs.regions"


class Measured:
    """The shapes of an original checkpoint by our names."""

    def __init__(self, table: NameTable, original: Mapping[str, Tensor]) -> None:
        self.theirs = {ours: theirs for theirs, ours in table.rows}
        self.transposed = table.transposed
        self.original = original

    def shape(self, ours: str, letter: str = "", number: int = 0) -> tuple[int, ...]:
        """The shape of one of our parameters; raises ``ValueError`` where the file lacks it."""
        found = self._find(ours, letter, number)
        if found is None:
            raise ValueError(
                f"{ours} has no counterpart in this file, which begins with "
                f"{list(self.original)[:3]}; is it a checkpoint of this system?"
            )
        return found

    def has(self, ours: str) -> bool:
        """Whether the file has a parameter of ours."""
        return self._find(ours, "", 0) is not None

    def layers(self, ours: str, letter: str) -> int:
        """How many layers of a kind there are, counted from 0 up."""
        count = 0
        while self._find(ours, letter, count) is not None:
            count += 1
        return count

    def _find(self, ours: str, letter: str, number: int) -> tuple[int, ...] | None:
        theirs = self.theirs.get(ours, "")
        tensor = self.original.get(theirs.replace(f"{{{letter}}}", str(number)))
        if tensor is None:
            return None
        turned = tensor.ndim == 2 and theirs.endswith(self.transposed)
        return tuple(tensor.shape[::-1] if turned else tensor.shape)


def single_stream(
    measured: Measured, like: SingleStreamSizes, config: Mapping[str, Any], classes: int
) -> SingleStreamSizes:
    """Sizes of a single-stream checkpoint; dropouts and eps are those of ``like``."""
    block = "encoder.blocks.{i}"
    vocabulary, width = measured.shape(f"{_TEXT}.word.weight")
    segment = f"{_TEXT}.segment.weight"
    return dataclasses.replace(
        like,
        width=width,
        layers=measured.layers(f"{block}.attention.query.weight", "i"),
        heads=_heads(width, HEAD_WIDTH, config, "num_attention_heads"),
        inner=measured.shape(f"{block}.feed_forward.widen.weight", "i")[0],
        vocabulary=vocabulary,
        positions=measured.shape(f"{_TEXT}.position.weight")[0],
        feature_size=_features(measured, like.feature_size),
        classes=classes,
        segments=measured.shape(segment)[0] if measured.has(segment) else 0,
        **_dropouts(config),
    )


def two_stream(
    measured: Measured, like: TwoStreamSizes, config: Mapping[str, Any], classes: int
) -> TwoStreamSizes:
    """Sizes of a two-stream checkpoint.

    Without a config co-attention stands before each of the uppermost text layers, as in every
    released one.
    """
    text, regions, cross = (
        "encoder.text_blocks.{t}",
        "encoder.region_blocks.{v}",
        "encoder.cross_blocks.{c}",
    )
    query, widen = "attention.query.weight", "feed_forward.widen.weight"
    counts = [
        measured.layers(f"{text}.{query}", "t"),
        measured.layers(f"{regions}.{query}", "v"),
        measured.layers(f"{cross}.text_{query}", "c"),
    ]
    at_top = range(counts[0] - counts[2], counts[0]), range(counts[2])
    order = schedule(
        counts[0],
        counts[1],
        config.get("t_biattention_id", at_top[0]),
        config.get("v_biattention_id", at_top[1]),
    )
    vocabulary, width = measured.shape(f"{_TEXT}.word.weight")
    region_width = measured.shape(f"{_REGIONS}.feature.weight")[0]
    shared = measured.shape(f"{cross}.text_{query}", "c")[0]
    return dataclasses.replace(
        like,
        schedule=order,
        width=width,
        heads=_heads(width, HEAD_WIDTH, config, "num_attention_heads"),
        inner=measured.shape(f"{text}.{widen}", "t")[0],
        region_width=region_width,
        region_heads=_heads(region_width, REGION_HEAD_WIDTH, config, "v_num_attention_heads"),
        region_inner=measured.shape(f"{regions}.{widen}", "v")[0],
        shared=shared,
        shared_heads=_heads(shared, REGION_HEAD_WIDTH, config, "bi_num_attention_heads"),
        vocabulary=vocabulary,
        positions=measured.shape(f"{_TEXT}.position.weight")[0],
        feature_size=_features(measured, like.feature_size),
        classes=classes,
        segments=measured.shape(f"{_TEXT}.segment.weight")[0],
        **_dropouts(config),
    )


def _features(measured: Measured, otherwise: int) -> int:
    name = f"{_REGIONS}.feature.weight"
    return measured.shape(name)[1] if measured.has(name) else otherwise


def _heads(width: int, of: int, config: Mapping[str, Any], field: str) -> int:
    """The config's number of heads, or as many as the published models of this width have."""
    if field not in config and width % of:
        raise ValueError(
            f"shapes do not tell how many heads share {width} units; give the authors' "
            f"configuration file, which says {field}"
        )
    return int(config.get(field, width // of))


def _dropouts(config: Mapping[str, Any]) -> dict[str, float]:
    names = {
        "hidden_dropout_prob": "dropout",
        "attention_probs_dropout_prob": "attention_dropout",
    }
    return {ours: float(config[theirs]) for theirs, ours in names.items() if theirs in config}
