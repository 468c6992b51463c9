"""When people and machines are at it: five habits over the days of a window."""

from enum import IntEnum
from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes

DAYS: Final = 7.0
_WEEKEND: Final = 5  # First of its days, counted from Monday.
_BEFORE, _AFTER = 24, 24  # Hours of margin, for habits that are early or late.
_NEARLY: Final = DAYS - 1e-7


class Habit(IntEnum):
    """How activity follows the hour."""

    FLAT = 0
    HOME = 1
    BUSINESS = 2
    SEMI = 3
    NIGHT = 4


class Hours:
    """The running sum of activity of each habit, 1 over the whole window."""

    def __init__(self, draws: Draws) -> None:
        """Draw on which day of the week the window begins."""
        hour = np.arange(-_BEFORE, int(DAYS) * 24 + _AFTER + 1)
        of_day = hour % 24
        weekend = (hour // 24 + draws.whole(0, 7)) % 7 >= _WEEKEND
        home = 0.12 + _bell(of_day, 20.5, 3.2) + 0.45 * _bell(of_day, 12.5, 4.0)
        home = (home + 0.2 * _bell(of_day, 8, 1.5)) * np.where(weekend, 1.2, 1.0)
        office = _within(of_day, 8, 18) + 0.3 * _within(of_day, 7, 20)
        business = np.where(weekend, 0.12, 1.0) * (0.05 + office)
        night = 0.5 + _bell(of_day, 2, 4.0) + 0.5 * _bell(of_day, 22, 3.0)
        curves = (np.ones(hour.size), home, business, 0.5 * (home.mean() + home), night)
        self._at = np.append(hour, hour[-1] + 1) / 24.0
        self._sums = [self._whole(curve) for curve in curves]

    def _whole(self, curve: Reals) -> Reals:
        sums = np.append(0.0, np.cumsum(curve))
        first, last = np.interp([0.0, DAYS], self._at, sums)
        return np.asarray((sums - first) / (last - first), np.float64)

    def share(self, habit: int, starts: Reals | float, ends: Reals | float) -> Reals:
        """Tell what share of the window's activity lies between two times, in days."""
        sums = self._sums[habit]
        first, last = (np.interp(np.asarray(at), self._at, sums) for at in (starts, ends))
        return np.asarray(np.maximum(last - first, 0.0), np.float64)

    def when(self, draws: Draws, habit: Wholes, starts: Reals, ends: Reals, late: Reals) -> Reals:
        """
        Draw times.

        Args:
            draws: Source of chance.
            habit: `Habit` of each, shape (n,).
            starts: Not before, days.
            ends: Not after, days.
            late: By how many days the habit is shifted.

        Returns:
            Days since the window began, shape (n,).
        """
        unit = draws.rng.random(starts.size)
        times = starts + unit * (ends - starts)
        for number in range(1, len(self._sums)):
            mine = habit == number
            if mine.any():
                sums, shift = self._sums[number], late[mine]
                first = np.interp(starts[mine] - shift, self._at, sums)
                last = np.interp(ends[mine] - shift, self._at, sums)
                reached = first + unit[mine] * (last - first)
                times[mine] = np.interp(reached, sums, self._at) + shift
        return np.clip(times, 0.0, _NEARLY)


def _bell(hour: Wholes, middle: float, width: float) -> Reals:
    return np.asarray(np.exp(-(((hour - middle) / width) ** 2)), np.float64)


def _within(hour: Wholes, first: int, last: int) -> Mask:
    return (hour >= first) & (hour < last)
