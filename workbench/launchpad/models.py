"""Which builder, with which arguments, makes the model of a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.launchpad.choice import Choice
from workbench.launchpad.data import Source
from workbench.systems import full_size, tiny, tiny_unimo, tiny_vilbert, tiny_vlp
from workbench.training.recipe import Call, call

TINY: dict[str, Callable[..., Any]] = {
    "uniter": tiny.uniter_tiny,
    "vilbert": tiny_vilbert.vilbert_tiny,
    "vilbert-single-stream": tiny_vilbert.vilbert_single_stream_tiny,
    "vlp": tiny_vlp.vlp_tiny,
    "unimo": tiny_unimo.unimo_tiny,
}

FULL: dict[str, Callable[..., Any]] = {
    "uniter": full_size.uniter,
    "vilbert": full_size.vilbert,
    "vilbert-single-stream": full_size.vilbert_single_stream,
    "vlp": full_size.vlp,
    "unimo": full_size.unimo,
}


def model_call(choice: Choice, source: Source) -> Call:
    """The model of a settled choice for this data, as a recipe names it."""
    options = options_of(choice)
    system = family(choice.system)
    if system == "unimo":
        options |= dict(zip(("start_id", "end_id"), source.ends, strict=True))
    if choice.size == "tiny":
        return call(TINY[system], **source.numbers, **source.masking, **options)
    return call(FULL[system], size=choice.size, **source.numbers, **options)


def family(system: str) -> str:
    """The system that a builder exists for, without its way of mixing."""
    return {"uniter-joint": "uniter", "vilbert-alternating": "vilbert"}.get(system, system)


def options_of(choice: Choice) -> dict[str, Any]:
    """What the ratios of a settled choice come to for the builder."""
    ratios: Mapping[str, float] = choice.objectives or {}
    if choice.system == "uniter":
        return {"ratios": dict(ratios)}
    if choice.system == "uniter-joint":
        return {"ratios": dict(ratios), "joint": True}
    if choice.system == "vilbert-alternating":
        return {"ratios": dict(ratios)}
    if family(choice.system) == "vlp":
        written, read = ratios.get("seq2seq", 0.0), ratios.get("mlm", 0.0)
        return {"seq2seq": written / (written + read)}
    if family(choice.system) == "unimo":
        return {"contrastive": "cmcl" in ratios}
    alike = ratios == choice.offer.ratios
    return {} if alike else {"weights": dict(ratios)}
