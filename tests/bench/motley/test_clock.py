"""Times lie where they should, and follow the habit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.ground.draws import Draws
from hinomi.bench.motley.clock import FLAT, HABITS, Clock


@given(
    seed=st.integers(0, 1_000),
    days=st.integers(2, 10),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_times_lie_between_start_and_end(seed: int, days: int, ends: tuple[float, float]) -> None:
    """Whatever the habit, nothing happens before the start or after the end."""
    first, last = sorted(end * days for end in ends)
    habit = np.arange(HABITS).repeat(5)
    clock = Clock(Draws(seed, "dense", "clock"), days)
    whole = np.full(habit.size, first), np.full(habit.size, last)
    at = clock.when(Draws(seed, "dense", "when"), habit, *whole)

    assert (at >= first - 1e-6).all()
    assert (at <= last + 1e-6).all()
    assert (at < days).all()


def test_habits_differ_and_the_flat_one_is_flat() -> None:
    """By the hour of the day, one is even and no two of the others agree."""
    draws, clock = Draws(3, "dense", "x"), Clock(Draws(3, "dense", "clock"), 7)
    count = 40_000
    hours = np.array([
        np.bincount(
            (clock.when(draws, np.full(count, habit), np.zeros(count), np.full(count, 7.0)) * 24 %
             24).astype(int), minlength=24,
        ) / count
        for habit in range(HABITS)
    ])  # fmt: skip

    assert np.abs(hours[FLAT] - 1 / 24).max() < 0.005
    apart = [np.abs(one - other).sum() for one in hours[1:] for other in hours[1:]]
    assert sum(value < 0.03 for value in apart) == HABITS - 1
