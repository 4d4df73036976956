"""Where meaning sits, layer by layer: what flows to the answer through every row of every block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.explain.embedded import Embedded
from workbench.explain.joint_maps import PairRows, layers_of

Rows = tuple[Float[Tensor, "1 T D"], Float[Tensor, "1 R Dv"]]
Flow = Float[Tensor, "_"]


def layer_attributions(
    embedded: Embedded, start: Rows, end: Rows, steps: int = 96, at_once: int = 24
) -> tuple[tuple[str, ...], Float[np.ndarray, "L S"]]:
    """The names of the layers, the input first, and each row's conductance (Dhamdhere 2018).

    On the straight path from ``start`` to ``end`` the change of a row counts by the slope of the
    score in it (trapezoid rule).  So every layer adds up to the difference of both scores, and the
    input's rows have their integrated gradients.  Layers are those of an attention record: one a
    block, and in two streams one a step, a text and a region block side by side sharing theirs.
    """
    shares = torch.linspace(0, 1, steps + 1, device=end[0].device)
    flows: dict[str, Tensor] = {}
    for first in range(0, steps, at_once):
        for name, flow in _flows(embedded, start, end, shares[first : first + at_once + 1]).items():
            flows[name] = flows[name] + flow if name in flows else flow
    layers = _layers(flows, embedded.rows)
    values = [embedded.in_order(text, regions) for text, regions in layers.values()]
    return tuple(layers), torch.stack(values).double().cpu().numpy()


def _flows(
    embedded: Embedded, start: Rows, end: Rows, shares: Float[Tensor, "n"]
) -> dict[str, Flow]:
    """Conductance of every row that an encoder traces, on a piece of the path, by its name."""
    with torch.enable_grad():
        text, regions = (
            (a + shares[:, None, None] * (b - a)).requires_grad_()
            for a, b in zip(start, end, strict=True)
        )
        trace: dict[str, Tensor] = {}
        score = embedded(text, regions, trace)
        rows = {name: rows for name, rows in trace.items() if name.endswith(".rows")}
        slopes = torch.autograd.grad(
            score.sum(), list(rows.values()), allow_unused=True, materialize_grads=True
        )
    return {
        name: _flow(flat.detach(), slope, len(shares))
        for (name, flat), slope in zip(rows.items(), slopes, strict=True)
    }


def _flow(rows: Float[Tensor, "R D"], slopes: Float[Tensor, "R D"], versions: int) -> Flow:
    """Each row's change from version to version, weighed by the mean slope at both ends."""
    each, slope = (flat.view(versions, -1, flat.shape[-1]) for flat in (rows, slopes))
    return ((each[1:] - each[:-1]) * (slope[1:] + slope[:-1]) / 2).sum((0, 2))


def _layers(flows: Mapping[str, Flow], rows: PairRows) -> dict[str, tuple[Flow, Flow]]:
    """Text and regions behind every layer; what a layer does not touch stays what it was."""
    leading, text, regions = rows.regions + rows.leads, torch.empty(0), torch.empty(0)
    inputs = [name for name in flows if "embeddings" in name]
    # "cross.0.text.rows" is called like an attention of its block: three parts
    parts = {".".join(name.split(".")[:3]): name for name in flows if name not in inputs}
    layers = {}
    for called, touched in {"input": inputs, **layers_of(parts)}.items():
        for name in touched:
            flow = flows[parts.get(name, name)]
            if name.startswith(("embeddings", "blocks")):  # joint rows, regions first
                text, regions = flow[leading:], flow[:leading]
            elif "text" in name:
                text = flow
            else:
                regions = flow
        layers[called] = (text, regions)
    return layers
