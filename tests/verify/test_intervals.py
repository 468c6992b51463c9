"""Intervals hold what they should, and say when nothing is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinomi.verify.intervals import Estimate, jeffreys, middle, plausible, share

COUNTS = st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def test_a_share_has_the_interval_of_the_published_table() -> None:
    """Brown, Cai and DasGupta (2001), table 5: n = 10, x = 1 and x = 3; n = 20, x = 5."""
    for (right, of), ends in {
        (1, 10): (0.011, 0.381),
        (3, 10): (0.093, 0.606),
        (5, 20): (0.102, 0.464),
    }.items():
        told = jeffreys(right, of)
        assert (round(told.low, 3), round(told.high, 3)) == ends


@given(COUNTS)
def test_a_share_lies_in_its_interval(counts: tuple[int, int]) -> None:
    """Also where none or all are right; there the interval reaches 0 and 1."""
    told = jeffreys(*counts)

    assert 0.0 <= told.low <= told.value <= told.high <= 1.0
    assert (told.low == 0.0) == (counts[0] == 0)
    assert (told.high == 1.0) == (counts[0] == counts[1])


@given(COUNTS)
def test_right_and_wrong_are_mirrored(counts: tuple[int, int]) -> None:
    """The interval of what is wrong is that of what is right, turned round."""
    right, of = counts
    one, other = jeffreys(right, of), jeffreys(of - right, of)

    assert one.low == pytest.approx(1.0 - other.high)
    assert one.high == pytest.approx(1.0 - other.low)


@pytest.mark.parametrize(("right", "of"), [(10, 10), (9, 10), (36, 40), (150, 200)])
def test_intervals_hold_the_truth_as_often_as_they_say(right: int, of: int) -> None:
    """Summed over all counts that a true share gives, ten cases or two hundred."""
    true = 0.9 * right / of
    told = [jeffreys(count, of) for count in range(of + 1)]
    chances = stats.binom.pmf(np.arange(of + 1), of, true)

    inside = sum(
        chance for chance, each in zip(chances, told, strict=True) if each.low <= true <= each.high
    )

    assert 0.90 < inside < 0.995


def test_of_nothing_nothing_is_known() -> None:
    """No interval of 0 of 0; and a share above 1 is the caller's bug."""
    assert share(0, 0) is None
    assert share(1, 2) == jeffreys(1, 2)
    for right, of in ((0, 0), (2, 1), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            jeffreys(right, of)


def test_what_is_plausible_is_drawn_about_the_share() -> None:
    """The drawings have the interval that `jeffreys` calculates."""
    drawn = plausible(30, 40, 20_000, np.random.default_rng(1))
    told, sought = middle(0.75, drawn), jeffreys(30, 40)

    assert told.value == 0.75
    assert (told.low, told.high) == pytest.approx((sought.low, sought.high), abs=0.01)


def test_what_has_no_end_is_rendered_as_none() -> None:
    """JSON knows no infinity."""
    assert Estimate(1.23456, 0.5, math.inf).render() == {"value": 1.235, "low": 0.5, "high": None}
