"""The workbench's public names, each loaded from its own module when it is first asked for.

``import workbench`` executes nothing but this file; ``workbench.PairBatch`` then imports
``workbench.pairs``.  The type checker and the editor read the ordinary imports below.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.data.example import Example, Span
    from workbench.encoders.encoding import Encoding
    from workbench.objectives.objective import Corrupted, Objective
    from workbench.pairs import LossSum, Offsets, PairBatch, Regions, TextTokens
    from workbench.patterns import AttentionPattern

HOMES = {
    "workbench.data.example": ("Example", "Span"),
    "workbench.encoders.encoding": ("Encoding",),
    "workbench.objectives.objective": ("Corrupted", "Objective"),
    "workbench.pairs": ("LossSum", "Offsets", "PairBatch", "Regions", "TextTokens"),
    "workbench.patterns": ("AttentionPattern",),
}
"""Which module each public name lives in."""

_MODULE_OF = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "AttentionPattern",
    "Corrupted",
    "Encoding",
    "Example",
    "LossSum",
    "Objective",
    "Offsets",
    "PairBatch",
    "Regions",
    "Span",
    "TextTokens",
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
