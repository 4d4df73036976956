"""Fifty steps of each tiny system, under its paper's objectives and update rule, as numbers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.regression import pairs
from workbench.systems import optimisation
from workbench.systems.tiny import uniter_tiny
from workbench.systems.tiny_unimo import unimo_tiny
from workbench.systems.tiny_vilbert import vilbert_tiny
from workbench.systems.tiny_vlp import vlp_tiny
from workbench.training.loop import train
from workbench.training.model import Pretraining
from workbench.training.optimisation import Optimisation
from workbench.training.recipe import Recipe, call

FILE = Path(__file__).with_name("curves.json")
STEPS = 50


@dataclass(frozen=True)
class Tiny:
    """How a system is built, what it is shown and how it learns."""

    build: Callable[..., Pretraining]
    rule: Optimisation
    data: Callable[..., Any] = pairs.known_pairs
    more: Mapping[str, int] = field(default_factory=dict)

    def recipe(self, name: str) -> Recipe:
        """The paper's rule at a rate for a small model that learns for 50 steps."""
        return Recipe(
            name,
            call(
                self.build,
                vocabulary=pairs.VOCABULARY,
                feature_size=pairs.FEATURES,
                classes=pairs.CLASSES,
                mask_id=pairs.MASK,
                random_range=[pairs.FIRST_WORD, pairs.VOCABULARY],
                **self.more,
            ),
            call(self.data),
            STEPS,
            dataclasses.replace(self.rule, learning_rate=1e-3, warmup_share=0.1),
            threads=1,
            checkpoint_every=STEPS,
            probe_every=0,
        )


SYSTEMS = {
    "vilbert": Tiny(vilbert_tiny, optimisation.vilbert()),
    "uniter": Tiny(uniter_tiny, optimisation.uniter()),
    "vlp": Tiny(vlp_tiny, optimisation.vlp()),
    "unimo": Tiny(
        unimo_tiny,
        optimisation.unimo(),
        pairs.parted_pairs,
        {"start_id": pairs.START, "end_id": pairs.SEPARATOR},
    ),
}


def curve(name: str, folder: Path) -> dict[str, list]:
    """The losses of a run in ``folder``, step by step, and the objectives that they are of."""
    events = [e for e in train(SYSTEMS[name].recipe(name), folder) if e.kind == "step"]
    return {
        "objectives": [event["objective"] for event in events],
        "losses": [float(f"{event['loss']:.7g}") for event in events],
    }


def write(folder: Path) -> None:
    """All curves into ``FILE``, made in ``folder``; a line each."""
    made = {name: curve(name, folder / name) for name in SYSTEMS}
    lines = [
        f'"{name}": {{\n "{a}": {json.dumps(found[a])},\n "{b}": {json.dumps(found[b])}\n}}'
        for name, found in made.items()
        for a, b in [("objectives", "losses")]
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
