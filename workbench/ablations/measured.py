"""What a finished run of the board knows, measured once and kept in its folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from workbench.ablations.measuring import VERSION, measure
from workbench.ablations.setting import Setting
from workbench.training.folder import RunFolder, replace_json
from workbench.training.run import Run


def examination(setting: Setting) -> dict[str, Any]:
    """Everything besides the weights that decides the measures."""
    return {
        "version": VERSION,
        "source": setting.source,
        "vocabulary": setting.world.vocabulary,
        "tested": setting.tested,
        "pool": setting.pool,
    }


def kept(folder: RunFolder, setting: Setting) -> dict[str, Any] | None:
    """The measures that were made before; None where they were not, or are of another kind."""
    try:
        found = json.loads(_path(folder, setting).read_text())
    except (OSError, ValueError):
        return None
    return found if found.get("examination") == examination(setting) else None


def measured(run: Run, setting: Setting) -> dict[str, Any]:
    """The measures of a finished run, its seconds of training and its parameters."""
    before = kept(run.folder, setting)
    if before is not None:
        return before
    model = run.load()
    seconds = sum(event["seconds"] for event in run.events() if event.kind == "step")
    found = {
        "examination": examination(setting),
        "measures": measure(model, setting.examination, setting.pool),
        "seconds": round(seconds, 1),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    replace_json(_path(run.folder, setting), found)
    _tell_the_card(run.folder, found)
    return found


def _tell_the_card(folder: RunFolder, found: dict[str, Any]) -> None:
    """Run cards show ``results.json``, which may hold what others measured."""
    path = folder.path / "results.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    replace_json(path, {**before, **found["measures"], "examination": found["examination"]})


def _path(folder: RunFolder, setting: Setting) -> Path:
    told = json.dumps(examination(setting), sort_keys=True)
    mark = hashlib.sha256(told.encode()).hexdigest()[:8]
    return folder.path / "measures" / f"{mark}.json"
