"""The learning rate of every step, a pure function of the step."""

from __future__ import annotations

from workbench.training.optimisation import Optimisation


def learning_rate_at(step: int, optimisation: Optimisation, steps: int) -> float:
    """The rate of step 1, 2, ... ``steps``, by the schedule of ``optimisation``.

    With the default schedule the peak is reached at the last warm-up step and the last step still
    moves.
    """
    schedule, peak = optimisation.schedule, optimisation.learning_rate
    warmup = optimisation.warmup(steps)
    rising, falling = step - 1 + schedule.rise_from, step - 1 + schedule.fall_from
    if rising < warmup:
        rate = peak * rising / warmup
    elif schedule.falls:
        length = steps if schedule.falls_from_start else steps - warmup
        rate = min(peak, peak * max(0, steps - falling) / max(1, length))
    else:
        rate = peak
    for share, factor in schedule.drops:
        if step - 1 >= share * steps:
            rate *= factor
    return rate if rate > 0 else schedule.floor
