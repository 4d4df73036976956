"""What a model attends to, as plain arrays that a widget draws (npz, never pickle).

A record has one joint map per layer and head, whatever the encoder.  Its conventions:

* **Rows of the encoder's own are shown**, for every row must sum to 1 and they often take much of
  it: the row of the whole picture (V4, M2) is the last region, with the picture's frame for a box,
  and a text row set between picture and words (P2) is a word at its place.  ``added`` marks them.
* **One stream**: a map per block.
* **Two streams**: a map per step of the schedule.  A text or region block fills its own corner,
  and the stream that it does not touch is at rest: each of its rows sees itself alone, as its
  state passes unchanged.  A text and a region block that run side by side share a map.
  A co-attention block has no corners: words see only regions, and regions only words (V2).
  Where streams have different numbers of heads, the heads that a block lacks are at rest.
* A row with nothing to look at (a picture without words) is at rest too.
* **Seq2seq patterns** leave zeros where nothing may be seen; rows sum to 1 all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from widgets.attention.record import AttentionRecord
from workbench.encoders.encoding import Encoding
from workbench.explain.joint_maps import WHOLE_PICTURE, PairRows, at_rest, joint_maps
from workbench.explain.shown import Shown
from workbench.explain.visibility import input_rows
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.training.model import Pretraining


@torch.no_grad()
def attention_of(
    encoder: nn.Module,
    batch: PairBatch,
    words: Sequence[str],
    picture: UInt8[np.ndarray, "height width 3"],
    labels: Sequence[str] = (),
    title: str = "",
    pattern: AttentionPattern = BIDIRECTIONAL,
) -> AttentionRecord:
    """The record of a batch of one pair; ``words`` are its sub-words, specials included.

    Raises ``ValueError`` when the batch holds several pairs or the words do not fit its tokens.
    """
    tokens = batch.text.offsets.rows
    if len(batch) != 1 or len(words) != tokens:
        raise ValueError(
            f"attention is recorded for one pair whose words fit its {tokens} tokens; "
            f"got {len(batch)} pairs and {len(words)} words"
        )
    _, trace, rows = traced(encoder, batch, pattern)
    shown = Shown(batch, tuple(words), picture, tuple(labels), title)
    return record_of(shown, rows, joint_maps(trace, rows))


def attention_on(
    model: Pretraining, shown: Shown, pattern: AttentionPattern = BIDIRECTIONAL
) -> AttentionRecord:
    """The attention record of what is shown, on the model's own device."""
    device = next(model.parameters()).device
    given = (shown.words, shown.picture, shown.labels, shown.sentence)
    return attention_of(model.encoder, shown.batch.to(device), *given, pattern.to(device))


def traced(
    encoder: nn.Module, batch: PairBatch, pattern: AttentionPattern
) -> tuple[Encoding, dict[str, Tensor], PairRows]:
    """One pair's encoding in evaluation mode, the trace, and where its rows stand."""
    trace: dict[str, Tensor] = {}
    with evaluating(encoder):
        encoding = encoder(batch, pattern, trace)
        return encoding, trace, PairRows.of(input_rows(encoder, batch, pattern))


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode while it lasts; afterwards every part is in the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def record_of(
    shown: Shown, rows: PairRows, layers: Mapping[str, Float[Tensor, "_ S S"]]
) -> AttentionRecord:
    """What is shown, with joint maps by the layer's name; heads that a layer lacks are at rest."""
    heads = max(len(layer) for layer in layers.values())
    boxes = shown.batch.regions.boxes.detach().float().cpu().numpy()
    frame = np.array([[0, 0, 1, 1]] * rows.leads, dtype=boxes.dtype).reshape(-1, 4)
    maps = torch.stack([at_rest(_with_heads(layer, heads)) for layer in layers.values()])
    return AttentionRecord(
        tuple(rows.worded(shown.words)),
        np.concatenate([boxes, frame]),
        shown.picture,
        maps.detach().cpu().numpy(),
        (*(shown.labels or [""] * rows.regions), *[WHOLE_PICTURE] * rows.leads),
        shown.sentence,
        tuple(layers),
        np.array(rows.added, dtype=np.bool_),
    )


def _with_heads(layer: Tensor, heads: int) -> Tensor:
    """The layer with empty maps for the heads that it lacks."""
    missing = layer.new_zeros(heads - len(layer), *layer.shape[1:])
    return torch.cat([layer, missing])
