"""A recipe of the toy of the training tests, with all that a card can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tests.training.toy_pretraining as toy
from workbench.training.model import Pretraining
from workbench.training.recipe import Recipe, call
from workbench.training.validation import Validation


class DescribedStream(toy.ToyStream):
    """The toy's stream, which tells of itself as streams do."""

    def describe(self) -> dict:
        return {
            "card": {
                "name": "toy pairs",
                "source": "made up here",
                "licence": "CC0",
                "counts": {"pairs": 1200},
                "means": {"words in a sentence": 3.5},
                "splits": {"train": "everything"},
                "notes": ["nothing <b>real</b> | at all"],
            },
            "kept_from_training": {"pairs of names": 48},
            "store": "/" + "data/of/mine/store",
        }


def described(seed: int = 0, pairs: int = 6) -> DescribedStream:
    return DescribedStream(seed, pairs, 0.0, None)


def held_out() -> Callable[[Pretraining], Mapping[str, float]]:
    """Measures that fall and then rise again."""
    left = iter([3.0, 2.0, 2.5, 4.0])
    return lambda model: {"mlm": next(left), "accuracy": 0.5}


def recipe(steps: int, **changes) -> Recipe:
    return toy.recipe(
        steps,
        **{
            "model": call(toy.pretraining, width=24, dropout=0.1),
            "data": call(described, pairs=8),
            "validation": Validation(call(held_out), every=4, metric="mlm"),
            "checkpoint_every": 4,
            **changes,
        },
    )
