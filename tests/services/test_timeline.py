"""Tests of the axis on which hours are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.services.timeline import DAY_MS, HOUR_MS, axis_of

MONDAY_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""

hours = st.integers(0, 600_000).map(lambda hour: hour * HOUR_MS)


def test_a_short_silence_is_drawn_as_it_was() -> None:
    """Hours up to a day apart stand on one run, true to scale."""
    axis = axis_of([MONDAY_MS, MONDAY_MS + DAY_MS])

    assert [(run.since_ms, run.ends_ms) for run in axis.runs] == [
        (MONDAY_MS, MONDAY_MS + DAY_MS + HOUR_MS)
    ]
    assert axis.runs[0].width == 100.0


def test_decades_between_two_imports_are_cut_out() -> None:
    """Relative times of 1970 and real ones stand side by side, each wide enough to be seen."""
    axis = axis_of([0, HOUR_MS, MONDAY_MS, MONDAY_MS + 40 * HOUR_MS])

    assert [run.since_ms for run in axis.runs] == [0, MONDAY_MS, MONDAY_MS + 40 * HOUR_MS]
    first, second, third = axis.runs
    assert first.left + first.width < second.left
    assert second.left + second.width < third.left
    assert third.left + third.width == pytest.approx(100.0)
    assert min(run.width for run in axis.runs) >= 4.0


def test_the_longest_silences_are_cut_first() -> None:
    """At most six runs remain; shorter silences are then drawn as they were."""
    starts = [place * place * 10 * DAY_MS for place in range(1, 10)]

    axis = axis_of(starts)

    assert [run.since_ms for run in axis.runs] == [starts[0], *starts[4:]]


def test_a_single_hour_is_no_wall() -> None:
    """An axis covers a day at least, so that one hour is one slim bar."""
    (bar,) = axis_of([MONDAY_MS]).bars({MONDAY_MS: 7})

    assert (bar.records, bar.height, bar.left) == (7, 1.0, 0.0)
    assert bar.width == pytest.approx(100 / 24)


def test_long_windows_take_several_hours_in_one_bar() -> None:
    """Thirty days are drawn in bars of six hours, whose records add up."""
    records = {MONDAY_MS + place * HOUR_MS: 1 for place in range(30 * 24)}
    axis = axis_of(records)

    bars = axis.bars(records)

    assert axis.step_hours == 6
    assert [bar.records for bar in bars] == [6] * 120


def test_years_take_whole_weeks_in_one_bar() -> None:
    """Beyond the usual steps a bar takes whole weeks, and no axis has too many bars."""
    records = {place * 20 * HOUR_MS: 1 for place in range(10_000)}
    axis = axis_of(records)

    assert axis.step_hours % 168 == 0
    assert len(axis.bars(records)) <= 168


def test_heights_are_shares_of_the_tallest_bar() -> None:
    """Each bar is as high as its records are of the most in any bar."""
    records = {MONDAY_MS: 2, MONDAY_MS + HOUR_MS: 8}

    bars = axis_of(records).bars(records)

    assert [bar.height for bar in bars] == [0.25, 1.0]


def test_midnights_lie_inside_the_run() -> None:
    """A window of two days from Monday has one midnight inside, at its middle."""
    axis = axis_of(MONDAY_MS + place * HOUR_MS for place in range(48))

    assert axis.midnights() == [pytest.approx(50.0)]


def test_too_many_midnights_are_not_drawn() -> None:
    """More than a month of days would be a hatching, not a grid."""
    assert axis_of(place * DAY_MS for place in range(40)).midnights() == []


def test_spans_tell_first_and_last_hour_on_each_run() -> None:
    """A candidate's own first and last hour are told for each run on which it was active."""
    axis = axis_of([0, HOUR_MS, MONDAY_MS, MONDAY_MS + HOUR_MS])

    assert axis.spans([HOUR_MS, 0, MONDAY_MS]) == [(0, HOUR_MS), (MONDAY_MS, MONDAY_MS)]


def test_nothing_gives_an_empty_axis() -> None:
    """Without an hour there is no run, no bar and no midnight."""
    axis = axis_of([])

    assert (axis.runs, axis.bars({}), axis.midnights(), axis.spans([])) == ((), [], [], [])


def test_an_hour_off_the_axis_is_the_callers_bug() -> None:
    """Only hours that the axis was made for can be placed."""
    with pytest.raises(ValueError, match="outside"):
        axis_of([MONDAY_MS]).bars({MONDAY_MS + DAY_MS: 1})


@given(active=st.dictionaries(hours, st.integers(1, 1000), min_size=1, max_size=60))
def test_every_record_is_drawn_once_and_inside(active: dict[int, int]) -> None:
    """Whatever the hours: bars keep all records, lie on the axis, and are few enough."""
    axis = axis_of(active)

    bars = axis.bars(active)

    assert sum(bar.records for bar in bars) == sum(active.values())
    assert all(bar.left >= 0 and bar.width > 0 for bar in bars)
    assert all(bar.left + bar.width <= 100.0 + 1e-6 for bar in bars)
    assert len(bars) <= 168 + len(axis.runs)
    assert 1 <= len(axis.runs) <= 6
    assert [bar.left for bar in bars] == sorted(bar.left for bar in bars)
