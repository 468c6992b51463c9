"""Habits spread the activity of a window over its hours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.ground.draws import Draws
from hinomi.bench.profiled.hours import DAYS, Habit, Hours

HOURS = Hours(Draws(1, "dense", "hours"))


@given(habit=st.sampled_from(list(Habit)), cut=st.floats(0, DAYS))
def test_shares_add_up(habit: Habit, cut: float) -> None:
    """What lies before and behind any time makes one whole window."""
    parts = float(HOURS.share(habit, 0.0, cut)) + float(HOURS.share(habit, cut, DAYS))

    assert parts == pytest.approx(1.0)


@pytest.mark.parametrize("habit", list(Habit))
def test_times_lie_between(habit: Habit) -> None:
    """No time lies before the start or behind the end, whatever the habit."""
    count = 5_000
    numbers = np.full(count, int(habit))
    ends = np.full(count, 4.5), np.full(count, 5.25)
    times = HOURS.when(Draws(2, "dense", "x"), numbers, *ends, np.zeros(count))

    assert times.min() >= 4.5
    assert times.max() <= 5.25


def test_offices_are_closed_at_night() -> None:
    """Hardly anything of business happens from midnight to six; machines know no night."""
    night = [np.arange(7.0), np.arange(7.0) + 0.25]

    assert HOURS.share(Habit.BUSINESS, *night).sum() < 0.1
    assert HOURS.share(Habit.FLAT, *night).sum() == pytest.approx(0.25)


def test_late_lines_are_late() -> None:
    """A shift of a line's clock moves its times by as much."""
    count = 20_000
    habit, whole = np.full(count, int(Habit.NIGHT)), (np.full(count, 1.0), np.full(count, 6.0))
    usual, late = (
        HOURS.when(Draws(2, "dense", "x"), habit, *whole, np.full(count, shift))
        for shift in (0.0, 0.1)
    )
    hours = [np.bincount((times % 1 * 24).astype(int), minlength=24) for times in (usual, late)]
    shifted = [np.corrcoef(np.roll(hours[0], by), hours[1])[0, 1] for by in (0, 2)]

    assert shifted[1] > shifted[0]
