"""Whether two runs ended alike to the last bit, and what their logs say that must be equal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from workbench.training import record
from workbench.training.events import Event, read_events
from workbench.training.folder import RunFolder
from workbench.training.recipe import Recipe

COMPARED = (
    "objective", "loss", "losses", "learning_rate", "gradient_norm", "pairs", "tokens", "regions",
)  # fmt: skip


ADVANCE = """
import sys
from pathlib import Path
from workbench.training.folder import RunFolder
from workbench.training.loop import advance
for path in sys.argv[1:]:
    list(advance(RunFolder(Path(path))))
"""


def undisturbed(recipes: Mapping[Path, Recipe]) -> subprocess.Popen[bytes]:
    """Does runs one after another from beginning to end, in one process that nobody disturbs."""
    for path, recipe in recipes.items():
        record.create(RunFolder(path), recipe)
    paths = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", ADVANCE, *map(str, recipes)], env=os.environ | {"PYTHONPATH": paths}
    )


def logged(folder: RunFolder) -> list[tuple[Any, ...]]:
    """Every step of the effective log, with all that chance and data decide."""
    return [told(event) for event in read_events(folder) if event.kind == "step"]


def told(event: Event) -> tuple[Any, ...]:
    return (event.step, *(event[name] for name in COMPARED))


def final_state(folder: RunFolder) -> dict[str, Any]:
    """All that the newest checkpoint holds, file by file."""
    newest = max(folder.checkpoints.glob("step-*"), key=lambda path: int(path.name[5:]))
    found = {path.name: _content(path) for path in newest.iterdir() if path.name != "MANIFEST.json"}
    return {"step": newest.name, **found}


def _content(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix == ".pt":
        return torch.load(path, weights_only=True)
    return json.loads(path.read_text())


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two states differ, tensors to the bit; empty when they are equal."""
    if type(one) is not type(other):
        return [f"{where}: {type(one).__name__} and {type(other).__name__}"]
    if isinstance(one, dict):
        lost = [f"{where}/{key}: only in one" for key in one.keys() ^ other.keys()]
        common = one.keys() & other.keys()
        return lost + [
            d for key in common for d in differences(one[key], other[key], f"{where}/{key}")
        ]
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return [f"{where}: {len(one)} and {len(other)} entries"]
        pairs = enumerate(zip(one, other, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]")]
    same = torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other
    return [] if same else [where]
