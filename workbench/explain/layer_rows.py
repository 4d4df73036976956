"""The states of one pair's words and regions, layer by layer, whatever the encoder.

First come the rows that enter the first block, then those that leave each block.  With two streams
there is a layer per step of the schedule, called as in ``explain.attention``, and the stream that
a step does not touch stands where it stood before.  Rows that an encoder adds are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.encoders.inputs import InputLayer, InputRows
from workbench.explain.shown import Shown
from workbench.explain.visibility import input_rows, own_places
from workbench.patterns import BIDIRECTIONAL
from workbench.training.model import Pretraining

INPUT_LAYER = "input"
"""What the first layer is called: the rows that enter the first block."""

_CALLED = {"blocks": "block", "text": "text", "regions": "regions", "cross": "co-attention"}


@torch.no_grad()
def layer_rows(
    model: Pretraining, shown: Shown
) -> dict[str, tuple[Float[Tensor, "W D"], Float[Tensor, "N Dv"]]]:
    """By the name of each layer, the states of a pair's own tokens and of its own regions.

    Raises ``ValueError`` for tokens that the model does not have.
    """
    encoder = model.encoder
    batch = shown.batch.to(next(model.parameters()).device)
    _refuse_foreign_words(model, shown)
    trace: dict[str, Tensor] = {}
    was_training = encoder.training
    encoder.eval()
    encoder(batch, trace=trace)
    given = input_rows(encoder, batch, BIDIRECTIONAL)
    encoder.train(was_training)
    states = {key.removesuffix(".rows"): v for key, v in trace.items() if key.endswith(".rows")}
    return _joint(states, given) if "embeddings" in states else _streams(states, given)


def _joint(states: Mapping[str, Tensor], given: InputRows) -> dict[str, tuple[Tensor, Tensor]]:
    text, regions = own_places(given)
    names = {"embeddings": INPUT_LAYER}
    for key in states:
        stream, _, number = key.partition(".")
        names[key] = names.get(key) or f"{_CALLED[stream]} {int(number) + 1}"
    return {names[key]: _kept(rows[text], rows[regions]) for key, rows in states.items()}


def _streams(states: Mapping[str, Tensor], given: InputRows) -> dict[str, tuple[Tensor, Tensor]]:
    """One layer a step; text and region blocks after each other run side by side in one."""
    leads = given.layout.regions.rows - (given.leads or given.layout.regions).rows
    now = {"text": states["text.embeddings"], "regions": states["regions.embeddings"]}
    found = {INPUT_LAYER: _kept(now["text"], now["regions"][leads:])}
    before = ""
    for key, rows in states.items():
        stream, number, *which = key.split(".")
        if number == "embeddings":
            continue
        now[which[0] if which else stream] = rows
        called = f"{_CALLED[stream]} {int(number) + 1}"
        if {before.split(" ")[0], stream} == {"text", "regions"} and "·" not in before:
            found.pop(before)
            called = f"{before} · {called}"
        found[called] = _kept(now["text"], now["regions"][leads:])
        before = called
    return found


def _refuse_foreign_words(model: Pretraining, shown: Shown) -> None:
    known = len(cast(InputLayer, model.encoder.inputs).text.word.weight)
    highest = int(shown.batch.text.ids.max()) if len(shown.batch.text.ids) else 0
    if highest >= known:
        raise ValueError(
            f"these pairs have token {highest}, but the model knows tokens 0 to {known - 1}: "
            "take pairs from a stream of the data that it was trained on"
        )


def _kept(text: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
    return text.float().cpu(), regions.float().cpu()
