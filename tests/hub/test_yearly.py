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
    found = plain | changed
    return {"sayers": by(9, found["waited"])} | found


def by(count: int, waited: Mapping[str, int], **changed: Any) -> dict[str, Any]:
    """Say that so many members stand behind each count."""
    each = {"all": count, "others": {}}
    plain: dict[str, Any] = {
        "sightings": dict.fromkeys(("confirmed", "not-seen", "wrong", "gone"), each),
        "feedback": {said: {"ended": each, "stands": each} for said in ("wrong", "gone")},
        "stale": each, "named": each, "waited": dict.fromkeys(waited, each),
    }  # fmt: skip
    return plain | changed


def test_a_year_sums_up_its_lists() -> None:
    """By month, and over all; what stands is told of the last list."""
    rows = [
        ("2026-01-30", told()),
        ("2026-01-31", told()),
        ("2026-02-01", told(listed=90, new=0, unique=0, waited={})),
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
    assert (year.unique.count, year.waited, year.waited_known) == (20, 1, 16)


def test_the_time_to_a_listing_is_told_by_its_middle_and_its_end() -> None:
    """What is not known is left out, and how many are known is told."""
    waited = {"1": 50, "2": 30, "5": 15, "9": 5, "unknown": 400}

    year = compose([("2026-01-01", told(waited=waited, new=500))], least=5)

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
    few = told(sayers=by(4, {"1": 1}), reached={"now": 4, "behind": 0, "never": 0})

    year = compose([("2026-01-01", few)], least=5)

    assert (year.confirmed, year.reached, year.stale) == (None, Of(None, 0), Of(None, 0))
    assert (year.waited, year.waited_most, year.waited_known) == (None, None, 0)
    assert year.feedback == {each: {"ended": None, "stands": None} for each in ("wrong", "gone")}


def test_a_list_of_many_opens_no_list_of_few() -> None:
    """Each is counted in for itself; what is told of the last list alone needs that one."""
    few = told(
        waited={"30": 900}, stale=77, sayers=by(4, {"30": 900}),
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


def test_what_few_say_of_a_server_is_not_told_though_many_speak() -> None:
    """Each count for itself; what everybody can work out from others goes with it."""
    one: dict[str, Any] = {"all": 1, "others": {"a": 0}}
    nine: dict[str, Any] = {"all": 9, "others": {}}
    counts = {
        "feedback": {"wrong": {"ended": nine, "stands": one}, "gone": {"ended": nine}},
        "sightings": {"confirmed": one}, "named": one,
    }  # fmt: skip
    found = told(
        feedback={"wrong": {"ended": 20, "stands": 13}, "gone": {"ended": 20, "stands": 130}}
    )
    found["sayers"] |= counts

    year = compose([("2026-01-01", found)], least=5)

    assert year.feedback == {
        "wrong": {"ended": {"about": 20}, "stands": None},
        "gone": {"ended": {"about": 20}, "stands": None},
    }
    assert (year.confirmed, year.stale) == (None, Of(None, 0))


def test_what_few_named_first_counts_as_the_slowest() -> None:
    """So that a share within is never said too high, and how long theirs took is not said."""
    waited = {"1": 80, "9": 10, "20": 10}
    one: dict[str, Any] = {"all": 1, "others": {}}
    counts = by(9, waited)
    counts["waited"] = counts["waited"] | {"9": one}

    year = compose([("2026-01-01", told(new=100, waited=waited, sayers=counts))], least=5)
    assert (year.waited, year.waited_most, year.waited_known) == (1, 20, 100)
    counts["waited"] |= {"20": one}
    year = compose([("2026-01-01", told(new=100, waited=waited, sayers=counts))], least=5)
    assert (year.waited, year.waited_most, year.waited_known) == (1, None, 100)


def test_of_a_list_it_is_told_whether_few_lag_behind() -> None:
    """Nobody or four are the same; lists of few members do not count."""
    rows = [
        told(reached={"now": now, "behind": 2, "never": late - 2})
        for now, late in ((9, 2), (9, 4), (4, 5), (0, 4))
    ]

    year = compose([("2026-01-01", each) for each in rows], least=5)

    assert year.reached.share is not None
    assert (year.reached.count, round(year.reached.share.value, 3)) == (3, 0.667)


def test_lists_that_an_older_version_counted_tell_nothing_of_members() -> None:
    """They do not say who stands behind what."""
    old = {name: value for name, value in told().items() if name != "sayers"}

    year = compose([("2026-01-01", old)], least=5)

    assert (year.confirmed, year.stale, year.waited) == (None, Of(None, 0), None)
    assert year.unique.count == 10
    assert compose([("2026-01-01", old), ("2026-01-02", told())], least=5).confirmed is not None


@given(counts=st.dictionaries(st.integers(0, 40).map(str), st.integers(1, 50), min_size=1))
def test_so_many_lie_within(counts: Mapping[str, int]) -> None:
    """At least a half and nine in ten, and the one never after the other."""
    year = compose(
        [("2026-01-01", told(waited=counts, new=sum(counts.values()), unique=0))], least=5
    )

    assert year.waited is not None
    assert year.waited_most is not None
    assert year.waited <= year.waited_most
    for within, part in ((year.waited, 0.5), (year.waited_most, 0.9)):
        inside = sum(count for name, count in counts.items() if int(name) <= within)
        assert inside >= part * sum(counts.values()) - 1e-9
