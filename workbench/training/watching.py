"""What is looked at while a model trains: held-out data, and a fixed probe."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from workbench.training.errors import writing
from workbench.training.events import Event
from workbench.training.folder import replace_file
from workbench.training.session import Session
from workbench.training.validation import Best


def validate(session: Session) -> list[Event]:
    """What validation finds now, with the averaged weights where there are some.

    Every process measures, so that none has to wait long; what the first finds counts.
    Raises ``RunError`` when the metric that counts is not among it.
    """
    asked, began = session.recipe.validation, time.perf_counter()
    assert asked is not None and session.measure is not None
    with session.averaged() as model, session.evaluating(model):
        found = session.measure(model)
    found = session.world.agreed({name: float(value) for name, value in found.items()})
    value = asked.value_in(found)
    better = asked.improves(value, session.best)
    session.measured = found
    if better:
        session.best = Best(session.step, value)
    if not session.world.first:
        return []
    seconds = round(time.perf_counter() - began, 6)
    return [
        session.events.write(
            "validation", session.step, metrics=found, best=better, seconds=seconds
        )
    ]


def probe(session: Session) -> list[Event]:
    """The record of the probe, which the first process writes for all.

    A probe that fails is reported and training goes on.
    """
    model = session.team.whole()
    if not session.world.first:
        return []
    path = session.folder.probes / f"step-{session.step:06d}.npz"
    assert session.show is not None
    try:
        with session.evaluating(model):
            record = session.show(model, session.step)
        arrays: dict[str, Any] = {name: np.asarray(value) for name, value in record.items()}
        objects = [name for name, value in arrays.items() if value.dtype.hasobject]
        if objects:
            raise TypeError(f"probe arrays of Python objects cannot be kept: {objects}")
    except Exception as problem:
        text = f"the probe failed: {type(problem).__name__}: {problem}"
        return [session.events.write("warning", session.step, message=text)]
    with writing(path):
        replace_file(path, lambda file: np.savez(file, **arrays))
    return [session.events.write("probe", session.step, path=session.relative(path))]
