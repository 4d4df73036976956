"""Which checkpoints can answer: what a visitor is pointed to where the chosen one cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.front.checkpoints import CheckpointError
from workbench.front.visit import Front
from workbench.quickstart.opened import Opened

TRIED, NAMED = 8, 3
"""How many checkpoints are opened to find some that can, and how many are named."""


def able(front: Front, can: Callable[[Opened], bool], most: int = NAMED) -> list[str]:
    """Names of checkpoints that can, among the first ones of this machine; nothing is fetched."""
    found: list[str] = []
    named = front.checkpoints.named
    here = [n for n in front.checkpoints.names() if n not in named or Path(n).is_dir()]
    for name in here[:TRIED]:
        try:
            if can(front.checkpoints.open(name)):
                found.append(name)
        except CheckpointError:
            continue
        if len(found) == most:
            break
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
