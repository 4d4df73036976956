"""``recipe.json``: the recipe of a run, and the facts that make it repeatable."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.training.errors import RunError, RunExists, writing
from workbench.training.folder import RunFolder, replace_json
from workbench.training.recipe import Recipe


def begin(
    recipe: Recipe,
    folder: str | Path | None = None,
    engine: str = "local",
    command: str | None = None,
) -> RunFolder:
    """Makes the folder of a new run, the one given or the next free ``runs/NAME-001``.

    Raises as ``create``.
    """
    while True:
        place = RunFolder.for_new_run(recipe.name, folder)
        try:
            create(place, recipe, engine, command)
            return place
        except RunExists:
            # Somebody else has just taken the number that was free.
            if folder is not None:
                raise


def create(
    folder: RunFolder, recipe: Recipe, engine: str = "local", command: str | None = None
) -> None:
    """Makes the folder of a new run; ``command`` is the line that starts such a run.

    Raises ``RunExists`` when it holds one, ``RunError`` when it cannot be written.
    """
    facts = {
        "created": round(time.time(), 3),
        "versions": versions(),
        "engine": engine,
        **({} if command is None else {"command": command}),
        "parameters": None,
        "data_fingerprint": None,
    }
    text = json.dumps(recipe.as_json() | {"record": facts}, indent=2) + "\n"
    with writing(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(folder.recipe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            raise RunExists(
                f"{folder.path} already holds a run: resume it (`workbench resume "
                f"{folder.path}`, Run.attach(folder).resume()) or choose another folder"
            ) from None
        try:
            with open(handle, "w") as file:
                file.write(text)
        except OSError:
            # Half a recipe would look like a run.
            folder.recipe.unlink(missing_ok=True)
            raise


def read(folder: RunFolder) -> tuple[Recipe, dict[str, Any]]:
    """The recipe of a run and its recorded facts; raises ``RunError`` when it cannot be read."""
    try:
        values = json.loads(folder.recipe.read_text())
        facts = dict(values.pop("record"))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise RunError(
            f"{folder.recipe} cannot be read ({problem}); a run's recipe.json is written when it "
            "starts and never by hand"
        ) from problem
    return Recipe.from_json(values), facts


def complete(
    folder: RunFolder, parameters: int, data_fingerprint: str, data: Mapping[str, Any] | None = None
) -> None:
    """Records what is known once model and data are built; ``data`` is what the stream describes.

    Raises ``RunError`` when the run was begun with other data or another size of model.
    """
    recipe, facts = read(folder)
    found: dict[str, Any] = {"parameters": parameters, "data_fingerprint": data_fingerprint}
    for name, now in found.items():
        if facts[name] not in (None, now):
            raise RunError(
                f"{folder.path} was begun with {name.replace('_', ' ')} {facts[name]}, but now it "
                f"is {now}: bring the former data and code back, or start a new run"
            )
    if facts["data_fingerprint"] is None:
        found |= {} if data is None else {"data": dict(data)}
        with writing(folder.recipe):
            replace_json(folder.recipe, recipe.as_json() | {"record": facts | found})


def facts_of(folder: RunFolder) -> dict[str, Any]:
    """The recorded facts alone."""
    return {"engine": "local", **read(folder)[1]}


def extend(folder: RunFolder, steps: int) -> None:
    """Adds steps to a run's recipe, and notes when that was done."""
    recipe, facts = read(folder)
    longer = dataclasses.replace(recipe, steps=recipe.steps + steps)
    noted = {"from": recipe.steps, "to": longer.steps, "time": round(time.time(), 3)}
    extensions = [*facts.get("extensions", []), noted]
    with writing(folder.recipe):
        replace_json(
            folder.recipe, longer.as_json() | {"record": facts | {"extensions": extensions}}
        )


def note_engine(folder: RunFolder, engine: str) -> None:
    """Notes what the run is started on from now on."""
    recipe, facts = read(folder)
    if facts.get("engine") != engine:
        with writing(folder.recipe):
            replace_json(folder.recipe, recipe.as_json() | {"record": facts | {"engine": engine}})


def versions() -> dict[str, str]:
    """Versions of Python, torch and the workbench."""
    found = {"python": platform.python_version()}
    for name in ("torch", "vl-workbench"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
