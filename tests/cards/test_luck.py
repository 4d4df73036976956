"""How often luck alone divides numbers so far, against divisions counted by hand."""

import pytest

from workbench.cards.luck import by_luck


def test_two_sides_that_do_not_overlap_are_two_of_all_divisions() -> None:
    assert by_luck([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]) == 2 / 20
    assert by_luck([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]) == 2 / 20
    assert by_luck([1.0, 2.0], [3.0, 4.0]) == 2 / 6


def test_a_division_in_the_middle_is_counted_by_hand() -> None:
    # sums of two of 1, 2, 3, 4 are 3, 4, 5, 5, 6, 7: as far from 5 as 4 is lie 3, 4, 6 and 7
    assert by_luck([1.0, 3.0], [2.0, 4.0]) == 4 / 6
    # one against three: 10 is farthest, 1 lies as far as itself and 10 do
    assert by_luck([10.0], [1.0, 2.0, 3.0]) == 1 / 4


def test_the_same_on_both_sides_is_luck_whatever_the_rounding() -> None:
    assert by_luck([0.1, 0.2, 0.3], [0.3, 0.1, 0.2]) == 1.0
    assert by_luck([3.1], [3.1]) == 1.0
    shifted = by_luck([1e6 + 0.1, 1e6 + 0.2], [1e6 + 0.3, 1e6 + 0.4])
    assert shifted == by_luck([0.1, 0.2], [0.3, 0.4]) == 2 / 6


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        by_luck([], [1.0])
    with pytest.raises(ValueError, match="both sides"):
        by_luck([1.0], [float("nan")])
    with pytest.raises(ValueError, match="155,117,520 ways"):
        by_luck([1.0] * 15, [2.0] * 15)
