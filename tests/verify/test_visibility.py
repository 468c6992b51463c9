"""How often servers are seen: the days between sightings, and what the fit to them changes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.govern.parameters import default_register
from hinomi.verify.expiry import ExpiryPolicy
from hinomi.verify.visibility import LEAST_EPISODES, Guess, Sighted, measure, sighted

POLICY = ExpiryPolicy.from_register(default_register())
DAILY = tuple(range(100))


def drawn(visibility: float, count: int = 40, span: int = 30, seed: int = 1) -> list[Sighted]:
    """Draw servers that are seen on each day with one chance, first and last day apart."""
    rng = np.random.default_rng(seed)
    seen = rng.binomial(span - 1, visibility, count)
    return [Sighted(span_days=span, seen_days=int(each) + 2) for each in seen]


def test_days_are_counted_from_the_first_sighting_to_the_last() -> None:
    """Both ends included in the days seen; the span is the days between them and one."""
    assert sighted([10, 13, 12], DAILY, 60) == [Sighted(span_days=3, seen_days=3)]
    assert sighted([10], DAILY, 60) == [Sighted(span_days=0, seen_days=1)]
    assert sighted([], DAILY, 60) == []


def test_days_on_which_nothing_could_be_seen_count_nowhere() -> None:
    """An outage of a week between two sightings is no week of silence."""
    watched = [each for each in DAILY if not 20 <= each < 27]

    assert sighted([18, 29], watched, 60) == [Sighted(span_days=4, seen_days=2)]
    assert sighted([18, 22, 29], watched, 60) == [Sighted(span_days=4, seen_days=2)]


def test_a_gap_that_is_too_long_ends_an_episode() -> None:
    """By the calendar: what is older than anything may hold is over, whatever was watched."""
    watched = [0, 1, 70, 71]

    assert sighted([0, 1, 71], watched, 60) == [Sighted(1, 2), Sighted(0, 1)]
    assert sighted([0, 1, 71], watched, 70) == [Sighted(3, 3)]


@given(
    days=st.sets(st.integers(0, 99)),
    watched=st.sets(st.integers(0, 99)),
    most=st.integers(1, 90),
)
def test_every_sighting_on_a_watched_day_is_in_one_episode(
    days: set[int], watched: set[int], most: int
) -> None:
    """None is lost or counted twice, and no more days are seen than there are."""
    found = sighted(days, sorted(watched), most)

    assert sum(each.seen_days for each in found) == len(days & watched)
    assert all(1 <= each.seen_days <= each.span_days + 1 for each in found)


@pytest.mark.parametrize("visibility", [0.1, 0.5, 0.8])
def test_the_fit_finds_the_chance_that_the_days_were_drawn_with(visibility: float) -> None:
    """Its interval holds it, and is not as wide as to hold anything."""
    found = measure(drawn(visibility), POLICY)

    assert found.visibility is not None
    assert found.fitted is not None
    assert found.visibility.low < visibility < found.visibility.high
    assert found.visibility.high - found.visibility.low < 0.15
    assert found.fitted.visibility == round(found.visibility.value, 3)


def test_the_same_episodes_give_the_same_fit_and_intervals() -> None:
    """Whoever asks twice is not to wonder."""
    one, other = (measure(drawn(0.3), POLICY, draws=3) for _ in range(2))

    assert one == other


def test_where_servers_are_alike_nothing_bounds_how_much_that_is_worth() -> None:
    """Where they differ, a few days of watching are worth as much as the guess."""
    mixed = [*drawn(0.05), *drawn(0.9)]
    alike, differing = (measure(each, POLICY, draws=4) for each in (drawn(0.3), mixed))

    assert alike.weight_days is not None
    assert alike.weight_days.high == math.inf
    assert differing.weight_days is not None
    assert differing.weight_days.low < differing.weight_days.value < differing.weight_days.high < 5


def test_one_episode_less_than_enough_fits_nothing() -> None:
    """Those without a day between their ends do not count, however many they are."""
    some = drawn(0.5, LEAST_EPISODES - 1)
    bare = [Sighted(0, 1), Sighted(1, 2)] * 50

    found = measure([*some, *bare], POLICY)

    assert (found.fitted, found.visibility, found.held) == (None, None, ())
    assert (found.episodes, found.between) == (LEAST_EPISODES - 1, 29 * (LEAST_EPISODES - 1))
    assert found.seen == sum(each.seen_days - 2 for each in some)
    assert measure([], POLICY, 0).fitted is None


def test_it_tells_for_how_many_days_entries_hold_now_and_with_the_fit() -> None:
    """Where servers are seen on most days, silence says more: entries go sooner."""
    often, seldom = (measure(drawn(each), POLICY, draws=2) for each in (0.9, 0.03))

    assert [each.history for each in often.held] == ["seen once", "seen daily for 14 days"]
    for each, other in zip(often.held, seldom.held, strict=True):
        assert each.present_days == other.present_days
        assert each.fitted_days < each.present_days < other.fitted_days


def test_the_policy_in_force_holds_as_long_as_itself() -> None:
    """What is compared differs in the two numbers alone."""
    found = measure(drawn(0.5), POLICY, draws=2)
    assert found.fitted is not None
    same = replace(
        POLICY,
        visibility=found.fitted.visibility,
        visibility_weight_days=found.fitted.weight_days,
    )

    again = measure(drawn(0.5), same, draws=2)

    assert again.present == Guess(same.visibility, same.visibility_weight_days) == again.fitted
    assert all(each.present_days == each.fitted_days for each in again.held)
