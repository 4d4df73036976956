"""What a model can guess of a hidden region: a class of the detector, or which region it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from widgets.core.text import region_name
from widgets.guesses.record import CLASS, REGION
from workbench.explain.shown import Shown
from workbench.objectives.masked_regions import (
    RegionClass,
    RegionDistribution,
    RegionFeatures,
)
from workbench.objectives.objective import asked_of
from workbench.training.model import Pretraining
from workbench.vision import coco


@dataclass(frozen=True)
class RegionNames:
    """How regions are told: by which head, by which names, and beside which other regions.

    ``by_features`` takes the head that regresses features (U10, M12) and asks which region's come
    closest, among those of the picture and ``others``; False takes the one that classifies (U11,
    U12, V9); None the one that there is, the classes where there are both.  ``classes`` name the
    detector's columns; they are used where there are as many of them.
    """

    by_features: bool | None = None
    classes: tuple[str, ...] = coco.NAMES
    others: Float[Tensor, "M F"] | None = None
    other_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = 0 if self.others is None else len(self.others)
        if count != len(self.other_names):
            raise ValueError(f"{count} other regions were given {len(self.other_names)} names")

    @classmethod
    def beside(cls, others: Sequence[Shown]) -> RegionNames:
        """By features, among the regions of these pairs too; called by label and picture."""
        called = [
            f"{region_name(number, label)} of picture {picture}"
            for picture, one in enumerate(others, 1)
            for number, label in enumerate(one.labels or ("",) * len(one.batch.regions.boxes))
        ]
        features = [one.batch.regions.features for one in others]
        return cls(True, others=torch.cat(features), other_names=tuple(called))


AS_TRAINED = RegionNames()
"""By class, where the model has learned classes, of the detector's names."""


@dataclass(frozen=True)
class RegionScorer:
    """Turns states of regions into scores (before softmax) of the choices there are.

    ``truth`` tells which choice is right for each of some regions of the pair, ``named`` how
    choices are called, ``kind`` what they are.
    """

    kind: str
    scores: Callable[[Float[Tensor, "m D"]], Float[Tensor, "m choices"]]
    truth: Callable[[Sequence[int]], Int[Tensor, "m"]]
    named: Callable[[list[int]], Sequence[str]]


def region_scorer(model: Pretraining, shown: Shown, names: RegionNames) -> RegionScorer:
    """What this model can guess of hidden regions of a pair.

    Raises ``ValueError`` for a model that was not trained to recover regions in that way.
    """
    found = list(model.mix.found().values())
    classifying = [one for one in found if isinstance(one, RegionClass | RegionDistribution)]
    regressing = [one for one in found if isinstance(one, RegionFeatures)]
    if classifying and not names.by_features:
        return _by_class(classifying[0], shown, names.classes)
    if regressing and names.by_features is not False:
        return _by_features(regressing[0], shown, names)
    asked = {None: "hidden regions", True: "features of regions", False: "classes of regions"}
    raise ValueError(
        f"this model was not trained to guess {asked[names.by_features]}; it has the objectives "
        f"{', '.join(model.mix.found()) or 'none'}"
    )


def _by_class(
    task: RegionClass | RegionDistribution, shown: Shown, classes: Sequence[str]
) -> RegionScorer:
    regions = shown.batch.regions
    count = regions.classes.shape[-1]
    known = list(classes) if len(classes) == count else [""] * count

    def truth(places: Sequence[int]) -> Tensor:
        rows = torch.tensor(list(places), device=regions.classes.device)
        if isinstance(task, RegionClass):
            return task.targets(shown.batch, rows)
        return regions.classes[rows][:, 1:].argmax(-1) + 1  # the background names nothing

    return RegionScorer(
        CLASS,
        lambda states: asked_of(task.head, states, task.name).float(),
        truth,
        lambda choices: [known[choice] or f"class {choice}" for choice in choices],
    )


def _by_features(task: RegionFeatures, shown: Shown, names: RegionNames) -> RegionScorer:
    regions = shown.batch.regions
    own = regions.features.float()
    choices = own if names.others is None else torch.cat([own, names.others.to(own)])
    labels = shown.labels or ("",) * len(own)
    called = [region_name(number, label) for number, label in enumerate(labels)]
    called += list(names.other_names)

    def scores(states: Tensor) -> Tensor:
        guess = asked_of(task.head, states, task.name).float()
        apart = (guess[:, None] - choices.to(guess.device)[None]).square()
        # exp(-loss), normalised, is the softmax of this
        return -(apart.mean(-1) if task.reduction == "mean" else apart.sum(-1))

    return RegionScorer(
        REGION,
        scores,
        lambda places: torch.tensor(list(places), device=regions.features.device),
        lambda chosen: [called[choice] for choice in chosen],
    )
