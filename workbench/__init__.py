"""The workbench's public names, each loaded from its own module when it is first asked for.

``import workbench`` executes nothing but this file; ``workbench.PairBatch`` then imports
``workbench.pairs``, and ``workbench.uniter`` that system.  The type checker and the editor read
the ordinary imports below.
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
    from workbench.generation.beam import Beam
    from workbench.generation.generate import generate
    from workbench.generation.greedy import Greedy
    from workbench.generation.sampling import Sampled
    from workbench.objectives.by_kind import ByKind
    from workbench.objectives.contrastive import Contrastive
    from workbench.objectives.fragments import FragmentGeneration
    from workbench.objectives.masked_language import MaskedLanguage
    from workbench.objectives.masked_regions import RegionClass, RegionDistribution, RegionFeatures
    from workbench.objectives.matching import Matching
    from workbench.objectives.mixing import Alternate, Apart, Together
    from workbench.objectives.objective import Corrupted, Objective
    from workbench.pairs import LossSum, Offsets, PairBatch, Regions, TextTokens
    from workbench.patterns import AttentionPattern
    from workbench.systems import unimo, uniter, vilbert, vlp
    from workbench.systems.conversion import convert, convert_back
    from workbench.systems.description import Description
    from workbench.systems.hub import from_pretrained, push_to_hub, save_pretrained
    from workbench.systems.text_initialisation import load_text_encoder
    from workbench.training.events import Event
    from workbench.training.model import Pretraining
    from workbench.training.recipe import Recipe
    from workbench.training.run import Run
    from workbench.vision.extractor import DetectedRegions, GivenBoxes, GridRegions
    from workbench.weights.counting import count

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
    "workbench.generation.beam": ("Beam",),
    "workbench.generation.generate": ("generate",),
    "workbench.generation.greedy": ("Greedy",),
    "workbench.generation.sampling": ("Sampled",),
    "workbench.objectives.by_kind": ("ByKind",),
    "workbench.objectives.contrastive": ("Contrastive",),
    "workbench.objectives.fragments": ("FragmentGeneration",),
    "workbench.objectives.masked_language": ("MaskedLanguage",),
    "workbench.objectives.masked_regions": ("RegionClass", "RegionDistribution", "RegionFeatures"),
    "workbench.objectives.matching": ("Matching",),
    "workbench.objectives.mixing": ("Alternate", "Apart", "Together"),
    "workbench.objectives.objective": ("Corrupted", "Objective"),
    "workbench.pairs": ("LossSum", "Offsets", "PairBatch", "Regions", "TextTokens"),
    "workbench.patterns": ("AttentionPattern",),
    "workbench.systems": ("unimo", "uniter", "vilbert", "vlp"),
    "workbench.systems.conversion": ("convert", "convert_back"),
    "workbench.systems.description": ("Description",),
    "workbench.systems.hub": ("from_pretrained", "push_to_hub", "save_pretrained"),
    "workbench.systems.text_initialisation": ("load_text_encoder",),
    "workbench.training.events": ("Event",),
    "workbench.training.model": ("Pretraining",),
    "workbench.training.recipe": ("Recipe",),
    "workbench.training.run": ("Run",),
    "workbench.vision.extractor": ("DetectedRegions", "GivenBoxes", "GridRegions"),
    "workbench.weights.counting": ("count",),
}
"""Which module or package each public name lives in."""

_MODULE_OF = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "Alternate",
    "Apart",
    "AttentionPattern",
    "Beam",
    "ByKind",
    "Card",
    "Contrastive",
    "Corrupted",
    "Description",
    "DetectedRegions",
    "Encoder",
    "Encoding",
    "Event",
    "Example",
    "FragmentGeneration",
    "GivenBoxes",
    "Greedy",
    "GridRegions",
    "LossSum",
    "MaskedLanguage",
    "Matching",
    "Objective",
    "Offsets",
    "PairBatch",
    "PairStream",
    "Position",
    "Pretraining",
    "Recipe",
    "RegionClass",
    "RegionDistribution",
    "RegionFeatures",
    "RegionStore",
    "Regions",
    "Run",
    "Sampled",
    "Scene",
    "Scenes",
    "Span",
    "Stamps",
    "TextTokens",
    "Together",
    "TokenBudgetPlan",
    "Tokenizer",
    "byte_pair",
    "convert",
    "convert_back",
    "count",
    "from_pretrained",
    "generate",
    "load_text_encoder",
    "push_to_hub",
    "save_pretrained",
    "unimo",
    "uniter",
    "vilbert",
    "vlp",
    "wordpiece",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("vl-workbench")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'workbench' has no public name {name!r}")
    home = importlib.import_module(_MODULE_OF[name])
    if not hasattr(home, name):  # a module, such as a system
        importlib.import_module(f"{home.__name__}.{name}")
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
