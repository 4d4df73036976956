"""Which checkpoints can answer: what a visitor is pointed to where the chosen one cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench import places
from workbench.front.checkpoints import CheckpointError
from workbench.front.visit import Front
from workbench.quickstart.opened import Opened
from workbench.training.errors import RecipeError, RunError
from workbench.training.run import Run


def here(front: Front) -> dict[str, str]:
    """The checkpoints of this machine, none of which is opened or fetched, and their systems."""
    named = front.checkpoints.named
    names = [n for n in front.checkpoints.names() if n not in named or Path(n).is_dir()]
    return {name: _system(Path(name) if name in named else places.runs() / name) for name in names}


def able(front: Front, can: Callable[[Opened], bool]) -> list[str]:
    """The first checkpoint of each system whose models can."""
    seen: set[str] = set()
    found = []
    for name, system in here(front).items():
        if system in seen:
            continue
        try:
            if can(front.checkpoints.open(name)):
                found.append(name)
        except CheckpointError:
            continue
        seen.add(system)
    return found


def refusal(front: Front, opened: Opened, lacks: str, can: Callable[[Opened], bool]) -> ValueError:
    """That a model was not trained for something, and which ones here were."""
    found = able(front, can)
    instead = (
        f"choose {' or '.join(found)} as the checkpoint"
        if found
        else "no other checkpoint here can either: train one, for example "
        "`workbench pretrain unimo-tiny`"
    )
    return ValueError(f"{opened.name} ({opened.system}) {lacks}; {instead}")


def _system(folder: Path) -> str:
    try:
        return Run.attach(folder).recipe.name
    except (RunError, RecipeError):
        return str(folder)
