"""What keeps a choice from being trained, in a sentence each, and what merely is unusual."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import get_args

from workbench.launchpad.choice import Choice, ChoiceError
from workbench.launchpad.data import Source, source_of
from workbench.launchpad.models import family
from workbench.training.engines.naming import named
from workbench.training.errors import RecipeError
from workbench.training.recipe import Precision

REGION_CLASSES = ("mrc", "mrc-kl")
ACROSS = ("cmcl", "itm")


@dataclass(frozen=True)
class Problem:
    """Why a choice cannot be trained, and the field that is to be changed."""

    field: str
    message: str


def problems(choice: Choice) -> list[Problem]:
    """Everything that keeps this choice from being trained; nothing where it can be."""
    found = [*_numbers(choice), *_names(choice)]
    if any(problem.field in ("system", "size") for problem in found):
        return found
    found += _mix(choice)
    try:
        source = source_of(choice)
    except ChoiceError as problem:
        return [*found, Problem(problem.field, str(problem))]
    return found if found else _fit(choice.settled(), source)


def _names(choice: Choice) -> list[Problem]:
    found = []
    try:
        offer = choice.offer
        if choice.size not in offer.sizes:
            there = ", ".join(offer.sizes)
            found.append(Problem("size", f"{offer.title} comes as {there}, not {choice.size!r}"))
    except RecipeError as problem:
        found.append(Problem("system", str(problem)))
    known = get_args(Precision)
    if choice.precision not in known:
        told = f"precision {choice.precision!r} is unknown; choose one of {', '.join(known)}"
        found.append(Problem("precision", told))
    try:
        named(choice.engine)
    except RecipeError as problem:
        found.append(Problem("engine", str(problem)))
    return found


def _numbers(choice: Choice) -> list[Problem]:
    found = []
    for field in ("steps", "budget", "shards", "threads", "readers", "pictures"):
        given = getattr(choice, field)
        if given is not None and given < 1:
            found.append(Problem(field, f"{field} must be 1 or more, not {given}"))
    if choice.learning_rate is not None and choice.learning_rate <= 0:
        told = f"the learning rate must be above 0, not {choice.learning_rate:g}: nothing moves"
        found.append(Problem("learning_rate", told))
    return found


def _mix(choice: Choice) -> list[Problem]:
    """Mixes of objectives that the system cannot train."""
    offer, given = choice.offer, choice.objectives
    if not given:
        return []
    known = [goal.name for goal in offer.goals]
    found = [_unknown(choice, name, known) for name in given if name not in known]
    below = [name for name, ratio in given.items() if ratio < 0]
    found += [f"the ratio of {name!r} is {given[name]:g}; it must be 0 or more" for name in below]
    if found:
        return [Problem("objectives", told) for told in found]
    kept = {name for name, ratio in given.items() if ratio}
    if not kept:
        told = f"all ratios are 0, so nothing is asked; give one of {', '.join(known)} more"
    elif offer.name == "uniter-joint" and kept == {"itm"}:
        told = "jointly masked UNITER needs one of mlm, mrfr, mrc and mrc-kl beside matching"
    elif offer.name == "uniter-joint" and kept & set(REGION_CLASSES) and "mrfr" not in kept:
        told = _JOINT
    elif family(offer.name) == "unimo" and not kept & {"pairs", "images", "texts"}:
        told = "UNIMO needs something to learn from: give pairs, images or texts a ratio above 0"
    elif family(offer.name) == "unimo" and kept >= set(ACROSS):
        told = "cmcl and itm take each other's place in UNIMO (M30): set one of the two to 0"
    elif family(offer.name) == "unimo" and not kept & set(ACROSS):
        told = "UNIMO ties pictures to sentences by cmcl or by itm (M30): set one of them to 1"
    else:
        return []
    return [Problem("objectives", told)]


_JOINT = (
    "with words and regions hidden in one pass, mrc and mrc-kl score the regions that mrfr hid "
    "(U18): give mrfr a ratio above 0"
)


def _unknown(choice: Choice, name: str, known: list[str]) -> str:
    if family(choice.system) == "vlp" and name == "itm":
        return "VLP has no matching: its only objectives are seq2seq and mlm (P9)"
    return f"{choice.offer.title} has no objective {name!r}; there are {', '.join(known)}"


def _fit(choice: Choice, source: Source) -> list[Problem]:
    """What does not go with the data."""
    assert choice.budget is not None and choice.objectives is not None
    found = []
    asked = [name for name in REGION_CLASSES if name in choice.objectives]
    classes = source.numbers["classes"]
    if asked and classes < 2:
        told = f"{choice.data} has no class probabilities, which {' and '.join(asked)} need"
        found.append(Problem("objectives", f"{told}; set them to 0, or extract with a detector"))
    if family(choice.system) == "vlp" and classes < 2:
        told = "VLP reads class probabilities beside each region (P9), and there are none"
        found.append(Problem("data", f"{told} in {choice.data}"))
    if choice.budget < source.longest:
        told = f"the longest pair has {source.longest} rows (tokens + regions)"
        found.append(Problem("budget", f"{told} and does not fit into {choice.budget}"))
        return found
    if family(choice.system) == "vlp" and choice.size == "tiny" and source.longest >= 128:
        told = f"the longest pair has {source.longest} rows, but tiny VLP has 128 positions"
        found.append(Problem("size", f"{told}; take base, or shorter pairs"))
    if choice.shards > (mean := mean_pairs(choice, source)):
        told = f"a step of {choice.budget} rows has about {mean:.1f} pairs"
        found.append(Problem("shards", f"{told}, too few for {choice.shards} pieces"))
    elif "cmcl" in choice.objectives and mean / choice.shards < 2:
        told = f"a piece has about {mean / choice.shards:.1f} pairs, and a contrast needs others"
        found.append(Problem("objectives", f"{told} beside its own; raise the budget"))
    return found


def mean_pairs(choice: Choice, source: Source) -> float:
    """About how many pairs a step has."""
    assert choice.budget is not None
    return choice.budget / float(source.stream.plan.lengths.mean())  # type: ignore[union-attr]


def notes(choice: Choice) -> list[str]:
    """What is worth knowing of a choice that can be trained."""
    choice = choice.settled()
    source, cores = source_of(choice), os.cpu_count() or 1
    assert choice.objectives is not None and choice.learning_rate is not None
    said = []
    if choice.data == "noise":
        said.append("Noise teaches nothing: this run measures speed.")
    wants_gpu = choice.size != "tiny" and not _cuda()
    if wants_gpu:
        said.append(f"{choice.size} on a CPU takes long; a GPU is worth the trouble.")
    if choice.precision == "float16" and not _cuda():
        said.append("float16 is slow on a CPU; bfloat16 or float32 is faster there.")
    processes = named(choice.engine).processes
    if processes > cores and not choice.engine.startswith("ray"):
        said.append(f"{processes} processes share {cores} cores and wait for one another.")
    if choice.threads and choice.threads > cores:
        said.append(f"{choice.threads} threads share {cores} cores.")
    if processes > choice.shards:
        said.append(f"Each step is cut into {processes} pieces, one for each process.")
    usual = choice.offer.defaults(choice.size, choice.data)["learning_rate"]
    if not usual / 20 <= choice.learning_rate <= usual * 20:
        said.append(
            f"A learning rate of {choice.learning_rate:g} is far from the {usual:g} that "
            f"{choice.name} usually has; the run may learn nothing or break down."
        )
    regions = {"mrfr", *REGION_CLASSES} & set(choice.objectives)
    if choice.data == "scenes-hard" and regions:
        said.append(
            "Left, right, above and below were learnt with mlm=2, itm=1 alone; "
            f"{', '.join(sorted(regions))} take steps from them (decision 0007)."
        )
    if "itm" in choice.objectives and mean_pairs(choice, source) / choice.shards < 4:
        said.append("With so few pairs in a piece, matching seldom finds another picture.")
    if family(choice.system) == "unimo" and "pairs" not in choice.objectives:
        said.append("Without pairs nothing ties pictures to sentences.")
    return said


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()
