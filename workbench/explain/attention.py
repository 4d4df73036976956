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
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from widgets.attention_record import AttentionRecord
from workbench.encoders.inputs import InputLayer, InputRows
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL

WHOLE_PICTURE = "whole picture"
ADDED_WORD = "[SEP]"
"""How a text row that the input layer adds is called: the only one there is separates (P2)."""


@torch.no_grad()
def attention_of(
    encoder: nn.Module,
    batch: PairBatch,
    words: Sequence[str],
    picture: UInt8[np.ndarray, "height width 3"],
    labels: Sequence[str] = (),
    title: str = "",
) -> AttentionRecord:
    """The record of a batch of one pair; ``words`` are its sub-words, specials included.

    Attention is that of the bidirectional pattern.  Raises ``ValueError`` when the batch holds
    several pairs or the words do not fit its tokens.
    """
    regions, tokens = batch.regions.offsets.rows, batch.text.offsets.rows
    if len(batch) != 1 or len(words) != tokens:
        raise ValueError(
            f"attention is recorded for one pair whose words fit its {tokens} tokens; "
            f"got {len(batch)} pairs and {len(words)} words"
        )
    trace: dict[str, Tensor] = {}
    was_training = encoder.training
    encoder.eval()
    encoder(batch, trace=trace)
    rows = PairRows.of(cast(InputLayer, encoder.inputs)(batch, BIDIRECTIONAL))
    encoder.train(was_training)
    layers = joint_maps(trace, rows)
    heads = max(len(layer) for layer in layers.values())
    labels = list(labels) or [""] * regions
    boxes = batch.regions.boxes.float().cpu().numpy()
    frame = np.array([[0, 0, 1, 1]] * rows.leads, dtype=boxes.dtype).reshape(-1, 4)
    return AttentionRecord(
        tuple(rows.worded(words)),
        np.concatenate([boxes, frame]),
        picture,
        torch.stack([_at_rest_beyond(layer, heads) for layer in layers.values()]).cpu().numpy(),
        (*labels, *[WHOLE_PICTURE] * rows.leads),
        title,
        tuple(layers),
        np.array([*rows.added_text, *[False] * regions, *[True] * rows.leads], dtype=np.bool_),
    )


@dataclass(frozen=True)
class PairRows:
    """Where one pair's rows stand: which text rows are added, how many lead the regions (0, 1)."""

    added_text: tuple[bool, ...]
    regions: int
    leads: int

    @classmethod
    def of(cls, given: InputRows) -> PairRows:
        """The rows of a batch of one pair, as its input layer lays them out."""
        added = torch.zeros(given.layout.text.rows, dtype=torch.bool)
        if given.own_text is not None:
            added = torch.ones_like(added).index_fill(0, given.own_text.cpu(), False)
        regions = given.layout.regions.rows
        own = regions if given.leads is None else given.leads.rows
        return cls(tuple(added.tolist()), own, regions - own)

    @property
    def text(self) -> int:
        """Text rows, added ones among them."""
        return len(self.added_text)

    def worded(self, words: Sequence[str]) -> list[str]:
        """The given words with those of the added rows at their places."""
        rest = iter(words)
        return [ADDED_WORD if added else next(rest) for added in self.added_text]

    def in_order(self, weights: Tensor, rows: str, columns: str) -> Tensor:
        """Weights with rows and columns ("text", "regions", "joint") in the record's order."""
        order = {
            "text": torch.arange(self.text),
            "regions": torch.arange(self.regions + self.leads).roll(-self.leads),
        }
        order["joint"] = torch.cat([order["text"] + self.regions + self.leads, order["regions"]])
        return weights[:, order[rows].to(weights.device)][:, :, order[columns].to(weights.device)]


def joint_maps(trace: Mapping[str, Tensor], rows: PairRows) -> dict[str, Float[Tensor, "H S S"]]:
    """One pair's joint maps by the layer's name, from what an encoder traced.

    Raises ``ValueError`` for a trace without attention.
    """
    found = {name: value[0].float() for name, value in trace.items() if value.ndim == 4}
    if not found:
        raise ValueError("the encoder traced no attention; was it given a bidirectional pattern?")
    maps: dict[str, Tensor] = {}
    before = ""
    for name, weights in found.items():
        stream, number, what = name.split(".")
        called = f"{_CALLED[stream]} {int(number) + 1}"
        if stream == "blocks":
            maps[called] = rows.in_order(weights, "joint", "joint")
            continue
        query, key = _CORNERS[what] if stream == "cross" else (stream, stream)
        # text and region blocks after each other touch different rows: they run side by side
        if {before.split(" ")[0], stream} == {"text", "regions"} and "·" not in before:
            maps[called := f"{before} · {called}"] = maps.pop(before)
        elif called not in maps:
            maps[called] = torch.eye(rows.text + rows.regions + rows.leads).repeat(
                len(weights), 1, 1
            )
        maps[called] = _filled(maps[called], rows, query, key, weights)
        before = called
    return maps


_CALLED = {"blocks": "block", "text": "text", "regions": "regions", "cross": "co-attention"}
_CORNERS = {"text_to_regions": ("text", "regions"), "regions_to_text": ("regions", "text")}


def _filled(whole: Tensor, rows: PairRows, query: str, key: str, weights: Tensor) -> Tensor:
    """The map with these query rows looking at those key rows; more heads if there are more."""
    if not weights.shape[-1] or not weights.shape[-2]:
        return whole
    whole = _at_rest_beyond(whole, len(weights)).clone()
    place = {"text": slice(0, rows.text), "regions": slice(rows.text, whole.shape[-1])}
    heads = len(weights)
    whole[:heads, place[query]] = 0.0
    whole[:heads, place[query], place[key]] = rows.in_order(weights, query, key)
    return whole


def _at_rest_beyond(layer: Tensor, heads: int) -> Float[Tensor, "H S S"]:
    """The layer with heads that it does not have at rest."""
    missing = max(0, heads - len(layer))
    return torch.cat([layer, torch.eye(layer.shape[-1]).to(layer).repeat(missing, 1, 1)])
