"""How the released VLP begins: UniLM's text encoder and a detector's fc7 (P10, P11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.encoders.single_stream import SingleStream
from workbench.systems.text_initialisation import SIX_SEGMENTS_OF_TWO, Filling, load_text_model
from workbench.systems.vlp_head import TaskHead
from workbench.systems.vlp_regions import ClassAwareRegions
from workbench.training.model import Pretraining
from workbench.weights.table import State

_AGED = {"gamma": "weight", "beta": "bias"}
_HEAD = "cls.predictions"


def modern(state: Mapping[str, Tensor]) -> State:
    """The state with old names of LayerNorms' parameters, gamma and beta, made weight and bias."""
    parts = ((name.rpartition("."), tensor) for name, tensor in state.items())
    return {f"{a}{dot}{_AGED.get(last, last)}": tensor for (a, dot, last), tensor in parts}


def from_unilm(model: Pretraining, state: Mapping[str, Tensor]) -> Filling:
    """Fill text encoder and language head from UniLM's or BERT's state; regions stay fresh.

    A head with a part for every task begins with the given head in each.  Raises ``ValueError``
    listing what does not fit.
    """
    state = modern(state)
    encoder = cast(SingleStream, model.encoder)
    segments = SIX_SEGMENTS_OF_TWO if encoder.sizes.segments == 6 else None
    given = state.get("bert.embeddings.token_type_embeddings.weight")
    if given is not None and len(given) == encoder.sizes.segments:
        segments = None
    filling = load_text_model(model, state, segment_rows=segments)
    heads = [module for module in model.modules() if isinstance(module, TaskHead)]
    if heads and f"{_HEAD}.bias" in state:
        for head in heads:
            _widen(head, state)
    return filling


def _widen(head: TaskHead, state: Mapping[str, Tensor]) -> None:
    transform = f"{_HEAD}.transform"
    pairs: tuple[tuple[nn.Module, str], ...] = (
        (head.transform.dense, f"{transform}.dense"),
        (head.transform.norm, f"{transform}.LayerNorm"),
    )
    with torch.no_grad():
        for module, name in pairs:
            for kind in ("weight", "bias"):
                given = state[f"{name}.{kind}"]
                own = module.get_parameter(kind)
                copies = len(own) // len(given)
                own.copy_(given.repeat(copies, *[1] * (given.ndim - 1)))
        head.bias.copy_(state[f"{_HEAD}.bias"])


def load_fc7(model: Pretraining, weight: Float[Tensor, "F F"], bias: Float[Tensor, "F"]) -> None:
    """Fill the fine-tuned detector layer from the detector's own fc7 (P11)."""
    inputs = cast(SingleStream, model.encoder).inputs
    cast(ClassAwareRegions, inputs.regions).load_fc7(weight, bias)
