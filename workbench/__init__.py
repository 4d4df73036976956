"""The workbench's public names, each loaded from its own module when it is first asked for.

``import workbench`` executes nothing but this file; ``workbench.PairBatch`` then imports
``workbench.pairs``.  The type checker and the editor read the ordinary imports below.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.data.card import Card
    from workbench.data.datasets.scenes import Scene, Scenes
    from workbench.data.datasets.stamps import Stamps
    from workbench.data.example import Example, Span
    from workbench.data.packing import Position, TokenBudgetPlan
    from workbench.data.store import RegionStore
    from workbench.data.stream import PairStream
    from workbench.data.tokenizer import Tokenizer
    from workbench.data.tokenizers import byte_pair, wordpiece
    from workbench.encoders.encoding import Encoder, Encoding
    from workbench.objectives.objective import Corrupted, Objective
    from workbench.pairs import LossSum, Offsets, PairBatch, Regions, TextTokens
    from workbench.patterns import AttentionPattern
    from workbench.training.events import Event
    from workbench.training.recipe import Recipe
    from workbench.training.run import Run
    from workbench.vision.extractor import DetectedRegions, GivenBoxes, GridRegions

HOMES = {
    "workbench.data.card": ("Card",),
    "workbench.data.datasets.scenes": ("Scene", "Scenes"),
    "workbench.data.datasets.stamps": ("Stamps",),
    "workbench.data.example": ("Example", "Span"),
    "workbench.data.packing": ("Position", "TokenBudgetPlan"),
    "workbench.data.store": ("RegionStore",),
    "workbench.data.stream": ("PairStream",),
    "workbench.data.tokenizer": ("Tokenizer",),
    "workbench.data.tokenizers": ("byte_pair", "wordpiece"),
    "workbench.encoders.encoding": ("Encoder", "Encoding"),
    "workbench.objectives.objective": ("Corrupted", "Objective"),
    "workbench.pairs": ("LossSum", "Offsets", "PairBatch", "Regions", "TextTokens"),
    "workbench.patterns": ("AttentionPattern",),
    "workbench.training.events": ("Event",),
    "workbench.training.recipe": ("Recipe",),
    "workbench.training.run": ("Run",),
    "workbench.vision.extractor": ("DetectedRegions", "GivenBoxes", "GridRegions"),
}
"""Which module each public name lives in."""

_MODULE_OF = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "AttentionPattern",
    "Card",
    "Corrupted",
    "DetectedRegions",
    "Encoder",
    "Encoding",
    "Event",
    "Example",
    "GivenBoxes",
    "GridRegions",
    "LossSum",
    "Objective",
    "Offsets",
    "PairBatch",
    "PairStream",
    "Position",
    "Recipe",
    "RegionStore",
    "Regions",
    "Run",
    "Scene",
    "Scenes",
    "Span",
    "Stamps",
    "TextTokens",
    "TokenBudgetPlan",
    "Tokenizer",
    "byte_pair",
    "wordpiece",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("vl-workbench")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'workbench' has no public name {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
