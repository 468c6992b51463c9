"""
Where the hours of a timeline are drawn: runs of active hours, with breaks between them.

Imports may lie decades apart (records whose times are relative begin in 1970), so an axis
that is true to scale would show one stroke at each end. Long silences are cut out instead.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

_SILENCE_MS: Final = DAY_MS
"""A silence that is longer is cut out."""

_MOST_RUNS: Final = 6
_MOST_BARS: Final = 168
"""A week by the hour; longer axes take several hours in one bar."""

_LEAST_HOURS: Final = 24
"""A shorter axis is filled up, so that one hour is not drawn as a wall."""

_STEPS: Final = (1, 2, 3, 4, 6, 8, 12, 24, 48, 168)
_MOST_GRID_DAYS: Final = 31
_BREAK: Final = 2.5
"""Width of a break, per cent of the axis."""

_LEAST_RUN: Final = 4.0
"""A run is at least so wide, per cent of the axis, however short it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One stretch of time that is drawn, half-open, in ms since the Unix epoch."""

    since_ms: int
    ends_ms: int  # End of its last active hour.
    until_ms: int  # Where its last bar ends, which may be later.
    left: float  # Per cent of the axis, as the next one.
    width: float

    def place(self, time_ms: int) -> float:
        """Tell where *time_ms* lies, in per cent of the axis."""
        share = (time_ms - self.since_ms) / (self.until_ms - self.since_ms)
        return self.left + self.width * share


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The records of one or more hours."""

    at_ms: int
    records: int
    left: float  # Per cent of the axis, as the next one.
    width: float
    height: float  # 0..1, of the tallest bar.


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The runs of a page, and how many hours one bar takes."""

    runs: tuple[Run, ...]
    step_hours: int

    def bars(self, records: Mapping[int, int]) -> list[Bar]:
        """
        Place *records* on the axis.

        Args:
            records: By hour (ms since the Unix epoch, start of the hour); every hour is one
                of those that the axis was made for.

        Raises:
            ValueError: If an hour lies on no run (the caller's bug).
        """
        step_ms = self.step_hours * HOUR_MS
        sums: dict[tuple[int, int], int] = {}
        for at_ms, count in sorted(records.items()):
            run = self._run_of(at_ms)
            start = self.runs[run].since_ms
            slot = (run, start + (at_ms - start) // step_ms * step_ms)
            sums[slot] = sums.get(slot, 0) + count
        tallest = max(sums.values(), default=0)
        return [
            Bar(
                at_ms=at_ms,
                records=count,
                left=self.runs[run].place(at_ms),
                width=self.runs[run].place(at_ms + step_ms) - self.runs[run].place(at_ms),
                height=count / max(tallest, 1),
            )
            for (run, at_ms), count in sums.items()
        ]

    def midnights(self) -> list[float]:
        """Place the midnights (UTC) inside the runs; none where there would be too many."""
        span_ms = sum(run.until_ms - run.since_ms for run in self.runs)
        if span_ms > _MOST_GRID_DAYS * DAY_MS:
            return []
        return [
            run.place(at_ms)
            for run in self.runs
            for at_ms in range(-(-run.since_ms // DAY_MS) * DAY_MS, run.until_ms, DAY_MS)
            if at_ms > run.since_ms
        ]

    def spans(self, hours: Iterable[int]) -> list[tuple[int, int]]:
        """Give the first and the last of *hours* on each run that has any."""
        spans: dict[int, tuple[int, int]] = {}
        for at_ms in sorted(hours):
            run = self._run_of(at_ms)
            spans[run] = (spans.get(run, (at_ms, at_ms))[0], at_ms)
        return list(spans.values())

    def _run_of(self, at_ms: int) -> int:
        place = bisect_right(self.runs, at_ms, key=lambda run: run.since_ms) - 1
        if place < 0 or at_ms >= self.runs[place].ends_ms:
            raise ValueError("an hour lies outside the axis")
        return place


def axis_of(hours: Iterable[int]) -> Axis:
    """
    Lay out an axis that shows every one of *hours*.

    Args:
        hours: Starts of hours, ms since the Unix epoch, in any order, repeated or not.

    Returns:
        Runs from left to right; no run where there is no hour. Silences of more than a day
        are left out, the longest first, so that at most six runs remain.
    """
    active = sorted(set(hours))
    if not active:
        return Axis(runs=(), step_hours=1)
    silences = [
        (after - before, place)
        for place, (before, after) in enumerate(itertools.pairwise(active), start=1)
        if after - before > _SILENCE_MS
    ]
    cuts = sorted(place for _, place in sorted(silences, reverse=True)[: _MOST_RUNS - 1])
    spans = [
        (active[first], active[last - 1] + HOUR_MS)
        for first, last in zip([0, *cuts], [*cuts, len(active)], strict=True)
    ]
    lengths = [(end - start) // HOUR_MS for start, end in spans]
    lengths[-1] += max(_LEAST_HOURS - sum(lengths), 0)
    step = _step(sum(lengths))
    drawn = [-(-length // step) * step for length in lengths]
    return Axis(runs=_place(spans, drawn), step_hours=step)


def _step(hours: int) -> int:
    wanted = -(-hours // _MOST_BARS)
    for step in _STEPS:
        if wanted <= step:
            return step
    return -(-wanted // _STEPS[-1]) * _STEPS[-1]


def _place(spans: list[tuple[int, int]], drawn: list[int]) -> tuple[Run, ...]:
    """Share the axis among the runs: each its least width, the rest by hours drawn."""
    breaks = _BREAK * (len(drawn) - 1)
    least = _LEAST_RUN if len(drawn) > 1 else 0.0
    rest = 100.0 - breaks - least * len(drawn)
    runs: list[Run] = []
    left = 0.0
    for (since_ms, ends_ms), hours in zip(spans, drawn, strict=True):
        width = least + rest * hours / sum(drawn)
        until_ms = since_ms + hours * HOUR_MS
        runs.append(
            Run(since_ms=since_ms, ends_ms=ends_ms, until_ms=until_ms, left=left, width=width)
        )
        left += width + _BREAK
    return tuple(runs)
