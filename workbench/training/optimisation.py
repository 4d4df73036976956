"""How weights are changed, as numbers: the update rule, its clipping and its learning rates.

The defaults are AdamW as everybody has it today with the numbers of U16.  Every other rule of the
four papers or their released code is a field, so that a run can follow either.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a run: up in a line, down in a line, or otherwise.

    ``rise_from`` and ``fall_from`` are the counts that the first step has while the rate rises and
    while it falls: rising from 1 the first step already moves, from 0 it does not (V13, P17, M20,
    all [c]); falling from 0 the last step still moves, from 1 its rate is zero (U16 [c]).
    ``floor`` is the rate wherever it would be zero (1e-8 in U16 [c]).  ``falls`` False keeps the
    peak.  ``falls_from_start`` draws the falling line from step 0 instead of from the end of the
    warm-up, so that the rate jumps down there and never reaches its peak (M20 [c]).  ``drops`` are
    pairs (share of the run that is over, factor from then on), as in M21 and M23.
    """

    rise_from: int = 1
    fall_from: int = 0
    floor: float = 0.0
    falls: bool = True
    falls_from_start: bool = False
    drops: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Optimisation:
    """Adam with decoupled weight decay, a clipped gradient and a learning rate by schedule.

    ``warmup_share`` of all steps takes the place of ``warmup_steps`` where given.  ``clip_each``
    clips every tensor by its own norm (V13, P17, both [c]), not all by their common one.
    ``bias_correction`` False leaves the moments as they are (V13, P17, both [c]).
    ``eps_corrected`` False adds ``eps`` to the root of the uncorrected second moment (U16, M20,
    both [c]).  ``decay_updated`` True decays weights that have already been moved (U16 [c]).

    ``multipliers`` are pairs (pattern of parameter names, factor on their learning rate); the
    first that fits counts.  Norms and biases do not decay, but for norms' weights whose names fit
    ``decayed_norms`` (U16 [c]); ``swapped_decay`` True decays nothing but those that otherwise do
    not (V13 [c], a mistake of the released code).  In patterns ``*`` stands for any text.
    """

    learning_rate: float = 5e-5
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    eps: float = 1e-6
    clip_norm: float | None = 5.0
    warmup_steps: int = 10_000
    fused: bool = True
    warmup_share: float | None = None
    schedule: Schedule = Schedule()
    clip_each: bool = False
    bias_correction: bool = True
    eps_corrected: bool = True
    decay_updated: bool = False
    multipliers: tuple[tuple[str, float], ...] = ()
    decayed_norms: tuple[str, ...] = ()
    swapped_decay: bool = False

    def warmup(self, steps: int) -> float:
        """The steps of warm-up in a run of so many steps; not always whole."""
        share = self.warmup_share
        return float(self.warmup_steps) if share is None else share * steps

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Optimisation:
        """The value of a JSON object that ``dataclasses.asdict`` made; TypeError for strangers."""
        values = {name: _tuples(value) for name, value in record.items()}
        if "schedule" in values:
            given = {name: _tuples(value) for name, value in values["schedule"].items()}
            values["schedule"] = Schedule(**given)
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """The value as a JSON object; ``from_json`` gives back an equal one."""
        return _lists(dataclasses.asdict(self))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value
