"""When things happen: habits over the hours of a window, as many and as odd as chance will."""

from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws, Reals, Wholes

HABITS: Final = 12
FLAT: Final = 0
_NEARLY: Final = 1e-7  # Days before the end of the window.
_BELLS: Final = (1, 4)


class Clock:
    """The running sum of activity of each habit, 1 over the whole window."""

    def __init__(self, draws: Draws, days: int) -> None:
        """Draw the habits; the first is even."""
        self.days = days
        self._at = np.arange(days * 24 + 1) / 24.0
        first_day = draws.whole(0, 7)
        curves = [np.ones(days * 24), *(_habit(draws, days, first_day) for _ in range(1, HABITS))]
        self._sums = [np.append(0.0, np.cumsum(curve) / curve.sum()) for curve in curves]

    def when(self, draws: Draws, habit: Wholes, starts: Reals, ends: Reals) -> Reals:
        """
        Draw times.

        Args:
            draws: Source of chance.
            habit: Number of each one's habit, shape (n,).
            starts: Not before, days.
            ends: Not after, days.

        Returns:
            Days since the window began, shape (n,).
        """
        unit = draws.rng.random(habit.size)
        times = starts + unit * (ends - starts)
        for number in np.unique(habit[habit != FLAT]).tolist():
            mine = np.flatnonzero(habit == number)
            sums = self._sums[number]
            first, last = (np.interp(each[mine], self._at, sums) for each in (starts, ends))
            times[mine] = np.interp(first + unit[mine] * (last - first), sums, self._at)
        return self.within(times)

    def within(self, times: Reals) -> Reals:
        """Keep times inside the window."""
        return np.clip(times, 0.0, self.days - _NEARLY)


def _habit(draws: Draws, days: int, first_day: int) -> Reals:
    hour = np.arange(days * 24)
    curve = np.full(hour.size, draws.number(0.02, 1))
    for _ in range(draws.whole(*_BELLS)):
        away = np.abs((hour - draws.between(0, 24) + 12) % 24 - 12)
        curve += draws.number(0.2, 1) * np.exp(-((away / draws.number(0.7, 6)) ** 2))
    weekend = (hour // 24 + first_day) % 7 >= 5  # noqa: PLR2004 - counted from Monday.
    return np.asarray(curve * np.where(weekend, draws.number(0.1, 2), 1.0), np.float64)
