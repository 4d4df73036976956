"""Joint maps: every attention of an encoder over one pair's words and regions together.

The conventions are those of ``explain.attention``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.encoders.inputs import InputRows

WHOLE_PICTURE = "whole picture"
"""How the region row of the whole picture is called (V4, M2)."""
ADDED_WORD = "[SEP]"
"""How a text row that the input layer adds is called: the only one there is separates (P2)."""


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
    def added(self) -> tuple[bool, ...]:
        """Which rows of a record the encoder adds."""
        return (*self.added_text, *[False] * self.regions, *[True] * self.leads)

    @property
    def text(self) -> int:
        """Text rows, added ones among them."""
        return len(self.added_text)

    def worded(self, words: Sequence[str]) -> list[str]:
        """The given words with those of the added rows at their places."""
        rest = iter(words)
        return [ADDED_WORD if added else next(rest) for added in self.added_text]

    def order(self, rows: str) -> Int[Tensor, "_"]:
        """Which row of an encoder's "text", "regions" or "joint" rows stands where in a record."""
        text = torch.arange(self.text)
        regions = torch.arange(self.regions + self.leads).roll(-self.leads)
        joint = torch.cat([text + self.regions + self.leads, regions])
        return {"text": text, "regions": regions, "joint": joint}[rows]

    def in_order(self, weights: Tensor, rows: str, columns: str) -> Tensor:
        """Weights with these rows and columns in the record's order."""
        chosen = self.order(rows).to(weights.device)
        return weights[:, chosen][:, :, self.order(columns).to(weights.device)]


def joint_maps(trace: Mapping[str, Tensor], rows: PairRows) -> dict[str, Float[Tensor, "_ S S"]]:
    """One pair's joint maps by the layer's name, from what an encoder traced.

    Raises ``ValueError`` for a trace without attention.
    """
    found = {name: value[0].float() for name, value in trace.items() if value.ndim == 4}
    if not found:
        raise ValueError("the encoder traced no attention; has the pair anything to look at?")
    return {name: at_rest(layer) for name, layer in laid_jointly(found, rows).items()}


def laid_jointly(
    weights: Mapping[str, Float[Tensor, "_H _q _k"]], rows: PairRows
) -> dict[str, Float[Tensor, "_ S S"]]:
    """One pair's traced weights by the layer's name, in joint rows, zero where there are none."""
    maps = {}
    for called, names in layers_of(weights).items():
        heads, first = max(len(weights[name]) for name in names), weights[names[0]]
        size = rows.text + rows.regions + rows.leads
        maps[called] = first.new_zeros(heads, size, size)
        for name in names:
            query, key = _corner(name)
            place = {"text": slice(0, rows.text), "regions": slice(rows.text, None)}
            place["joint"] = slice(None)
            if weights[name].numel():
                laid = rows.in_order(weights[name], query, key)
                maps[called][: len(laid), place[query], place[key]] = laid
    return maps


def layers_of(names: Iterable[str]) -> dict[str, list[str]]:
    """The layers of a record by name, and the traced attention that each is made of."""
    layers: dict[str, list[str]] = {}
    before = ""
    for name in names:
        stream, number, _ = name.split(".")
        called = f"{_CALLED[stream]} {int(number) + 1}"
        # text and region blocks after each other touch different rows: they run side by side
        if {before.split(" ")[0], stream} == {"text", "regions"} and "·" not in before:
            called, earlier = f"{before} · {called}", layers.pop(before)
            layers[called] = [*earlier, name]
        else:
            layers.setdefault(called, []).append(name)
        before = called
    return layers


_CALLED = {"blocks": "block", "text": "text", "regions": "regions", "cross": "co-attention"}
_CROSSED = {"text_to_regions": ("text", "regions"), "regions_to_text": ("regions", "text")}


def _corner(name: str) -> tuple[str, str]:
    """Who looks at whom in a traced attention: "text", "regions" or "joint" rows."""
    stream, _, what = name.split(".")
    own = "joint" if stream == "blocks" else stream
    return _CROSSED.get(what, (own, own))


def at_rest(layer: Float[Tensor, "_ S S"]) -> Float[Tensor, "_ S S"]:
    """The maps with every row that sees nothing seeing itself alone."""
    return layer + torch.diag_embed((layer.sum(-1) == 0).to(layer.dtype))
