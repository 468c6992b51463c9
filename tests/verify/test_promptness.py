"""Delays count those that still wait."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answered import HOUR_MS, answer
from hinomi.model.case import Finding
from hinomi.verify.intervals import jeffreys
from hinomi.verify.promptness import delay, measure

REMISSION = (
    [6, 6, 6, 7, 10, 13, 16, 22, 23],
    [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
)
"""Weeks of 21 patients under 6-MP: ended, and censored (Freireich and others 1963)."""


def column(*numbers: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give a column."""
    return np.array(numbers, dtype=np.float64)


def test_the_curve_is_that_of_the_textbook() -> None:
    """The median of the 6-MP arm is 23 weeks, and a quarter ended by week 13."""
    hours = column(*REMISSION[0], *REMISSION[1])
    ended = np.arange(21) < 9

    median, quarter = delay(hours, ended, 0.5), delay(hours, ended, 0.25)

    assert median is not None
    assert quarter is not None
    assert (median.value, median.low, median.high) == (23.0, 13.0, math.inf)
    assert quarter.value == 13.0
    assert delay(hours, ended, 0.75) is None


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_without_any_that_wait_delays_are_plain_quantiles(hours: list[int]) -> None:
    """The median is then the smallest value that half of all do not exceed."""
    told = delay(column(*hours), np.ones(len(hours), dtype=bool), 0.5)

    assert told is not None
    assert told.value == sorted(hours)[math.ceil(len(hours) / 2) - 1]
    assert told.low <= told.value <= told.high


def test_what_waits_makes_delays_longer() -> None:
    """Leaving the waiting ones out would say 2 hours."""
    ended = np.array([True, True, True, False, False])
    hours = column(1, 2, 3, 100, 100)
    told = delay(hours, ended, 0.5)

    assert told is not None
    assert told.value == 3.0
    assert delay(hours, ended, 0.75) is None
    assert delay(column(), np.array([], dtype=bool), 0.5) is None


def test_the_interval_of_the_median_holds_it() -> None:
    """In 300 drawings of 60 cases, a third of them waiting, at least nine in ten do."""
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        true, until = rng.exponential(10.0, 60), rng.exponential(20.0, 60)
        told = delay(np.minimum(true, until), true <= until, 0.5)
        inside += told is not None and told.low <= 10.0 * math.log(2) <= told.high

    assert 0.90 < inside / 300 < 0.99


def test_only_checked_cc_servers_that_may_be_listed_wait() -> None:
    """A shared host, one that is none, and one that nobody checked wait for nothing."""
    told = measure(
        [
            answer(listed_ms=5 * HOUR_MS),
            answer(opened_ms=HOUR_MS),
            answer(may_be_listed=False),
            answer(outcome=Finding.NOT_CC),
            answer(outcome=None),
        ],
        as_of_ms=10 * HOUR_MS,
    )

    assert (told.listed, told.waiting) == (1, 1)
    first, median, *later = told.delays
    assert first.hours is not None
    assert median.hours is not None
    assert first.hours.value == median.hours.value == 5.0
    assert [each.hours for each in later] == [None, None]
    assert {each.among_listed for each in told.delays} == {5.0}


def test_shares_of_listings_are_of_those_of_which_it_is_known() -> None:
    """Also of listings that turned out wrong; what is not known is not guessed."""
    told = measure(
        [
            answer(listed_ms=1, was_stale=False, was_still_contacted=True),
            answer(listed_ms=1, was_stale=True, was_still_contacted=False),
            answer(listed_ms=1, was_stale=False, outcome=Finding.NOT_CC),
            answer(listed_ms=1),
            answer(was_stale=True, was_still_contacted=False),
        ],
        as_of_ms=2,
    )

    assert told.listings == 4
    assert (told.stale, told.stale_known) == (jeffreys(1, 3), 3)
    assert (told.still_contacted, told.still_contacted_known) == (jeffreys(1, 2), 2)


def test_without_cases_nothing_is_known() -> None:
    """No delay, no share."""
    told = measure([], as_of_ms=0)

    assert {each.hours for each in told.delays} == {None}
    assert (told.stale, told.still_contacted, told.listings) == (None, None, 0)
    assert pytest.approx([0.25, 0.5, 0.75, 0.9]) == [each.quantile for each in told.delays]
