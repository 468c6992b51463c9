"""The figures of a year: sums over its lists, and how far each may be off."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.yearly import Of, compose


def told(**changed: Any) -> dict[str, Any]:
    """Give the figures of one list."""
    plain: dict[str, Any] = {
        "listed": 100, "new": 10, "ended": 4, "waited": {"1": 8, "unknown": 2}, "unique": 7,
        "stale": 5, "compromised": 20, "held": 0, "checked": {"right": 18, "wrong": 2},
        "sightings": {"confirmed": 40, "not-seen": 50, "wrong": 1, "gone": 2},
        "feedback": {"wrong": {"ended": 1, "stands": 0}, "gone": {"ended": 20, "stands": 130}},
        "reached": {"now": 8, "behind": 1, "never": 1}, "speakers": 9,
        "members": dict.fromkeys("abcdefghij"),
    }  # fmt: skip
    return plain | changed


def test_a_year_sums_up_its_lists() -> None:
    """By month, and over all; what stands is told of the last list."""
    rows = [
        ("2026-01-30", told()),
        ("2026-01-31", told()),
        ("2026-02-01", told(listed=90, new=0, unique=0)),
    ]

    year = compose(rows, least=5)

    assert [(each.name, each.lists, each.new, each.ended, each.listed) for each in year.months] == [
        ("2026-01", 2, 20, 8, 100), ("2026-02", 1, 0, 4, 90),
    ]  # fmt: skip
    assert (year.lists, year.listed) == (3, 90)
    assert year.precision.count == 20
    assert year.precision.share is not None
    assert year.precision.share.value == 0.9
    assert year.precision.share.low < 0.9 < year.precision.share.high
    assert (year.unique.count, year.waited, year.waited_known) == (20, 1, 24)


def test_the_time_to_a_listing_is_told_by_its_middle_and_its_end() -> None:
    """What is not known is left out, and how many are known is told."""
    waited = {"1": 50, "2": 30, "5": 15, "9": 5, "unknown": 400}

    year = compose([("2026-01-01", told(waited=waited))], least=5)

    assert (year.waited, year.waited_most, year.waited_known) == (1, 5, 100)


def test_counts_that_tell_of_few_are_rough() -> None:
    """Below the least count they are said to be below it."""
    year = compose([("2026-01-01", told())], least=5)

    assert year.feedback == {
        "wrong": {"ended": {"fewer_than": 5}, "stands": {"about": 0}},
        "gone": {"ended": {"about": 20}, "stands": {"about": 130}},
    }


def test_where_few_members_take_part_nothing_of_them_is_told() -> None:
    """It would be somebody's."""
    few = told(speakers=2, members=dict.fromkeys("ab"))

    year = compose([("2026-01-01", few)], least=5)

    assert (year.confirmed, year.reached, year.stale) == (None, Of(None, 0), Of(None, 0))
    assert (year.waited, year.waited_most, year.waited_known) == (None, None, 0)
    assert year.feedback == {each: {"ended": None, "stands": None} for each in ("wrong", "gone")}


def test_a_list_of_many_opens_no_list_of_few() -> None:
    """Each is counted in for itself; what is told of the last list alone needs that one."""
    few = told(
        speakers=4, members=dict.fromkeys("abcd"), waited={"30": 900}, stale=77,
        feedback={"wrong": {"ended": 500, "stands": 500}, "gone": {"ended": 500, "stands": 500}},
        sightings={"confirmed": 9000}, reached={"now": 0, "behind": 4, "never": 0},
    )  # fmt: skip
    alone = compose([("2026-01-01", told())], least=5)

    year = compose([("2026-01-01", told()), ("2026-01-02", few)], least=5)

    assert year.stale == Of(None, 0)
    for name in ("waited", "waited_most", "waited_known", "feedback", "confirmed", "reached"):
        assert getattr(year, name) == getattr(alone, name), name
    assert compose([("2026-01-01", few), ("2026-01-02", told())], least=5).stale == alone.stale


def test_nothing_checked_is_no_precision() -> None:
    """Neither all right nor all wrong."""
    nothing = told(checked={"right": 0, "wrong": 0}, new=0, unique=0, listed=0, stale=0, waited={})

    year = compose([("2026-01-01", nothing)], least=5)

    assert year.precision == Of(None, 0)
    assert year.unique == Of(None, 0)
    assert year.waited is None


def test_a_year_without_a_list_has_no_figures() -> None:
    """The caller's bug."""
    with pytest.raises(ValueError, match="without a list"):
        compose([], least=5)


@given(counts=st.dictionaries(st.integers(0, 40).map(str), st.integers(1, 50), min_size=1))
def test_so_many_lie_within(counts: Mapping[str, int]) -> None:
    """At least a half and nine in ten, and the one never after the other."""
    year = compose([("2026-01-01", told(waited=counts))], least=5)

    assert year.waited is not None
    assert year.waited_most is not None
    assert year.waited <= year.waited_most
    for within, part in ((year.waited, 0.5), (year.waited_most, 0.9)):
        inside = sum(count for name, count in counts.items() if int(name) <= within)
        assert inside >= part * sum(counts.values()) - 1e-9
