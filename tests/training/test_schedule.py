from __future__ import annotations

import pytest

from workbench.training.optimisation import Optimisation, Schedule
from workbench.training.schedule import learning_rate_at


def rates(steps: int, warmup: int, **shape) -> list[float]:
    plan = Optimisation(1.0, warmup_steps=warmup, schedule=Schedule(**shape))
    return [learning_rate_at(step, plan, steps) for step in range(1, steps + 1)]


def test_the_rate_climbs_to_its_peak_and_falls_to_a_last_small_step():
    found = rates(10, 4)
    assert found[:4] == [0.25, 0.5, 0.75, 1.0]
    assert found[4:] == pytest.approx([1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert rates(1, 0) == [1.0]
    assert rates(3, 100) == [0.01, 0.02, 0.03]


def test_counting_from_zero_makes_the_first_step_stand_still():
    assert rates(10, 4, rise_from=0)[:5] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert rates(10, 4, rise_from=0)[5:] == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


def test_falling_from_one_ends_at_the_floor():
    found = rates(6, 2, fall_from=1, floor=1e-8)
    assert found == pytest.approx([0.5, 1.0, 0.75, 0.5, 0.25, 1e-8], rel=1e-12)


def test_a_line_from_the_start_jumps_down_and_never_reaches_the_peak():
    found = rates(10, 4, rise_from=0, falls_from_start=True)
    assert found[:4] == [0.0, 0.25, 0.5, 0.75]
    assert found[4:] == pytest.approx([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])


def test_a_constant_rate_falls_only_where_it_is_told_to():
    assert rates(5, 2, falls=False) == [0.5, 1.0, 1.0, 1.0, 1.0]
    dropped = rates(10, 0, falls=False, drops=((0.6, 0.1), (0.8, 0.1)))
    assert dropped == pytest.approx([1.0] * 6 + [0.1] * 2 + [0.01] * 2)


def test_warm_up_as_a_share_of_the_run_follows_its_length():
    plan = Optimisation(1.0, warmup_steps=7, warmup_share=0.25)
    assert [learning_rate_at(step, plan, 8) for step in (1, 2, 3)] == [0.5, 1.0, 1.0]
    assert [learning_rate_at(step, plan, 16) for step in (1, 2, 4)] == [0.25, 0.5, 1.0]
