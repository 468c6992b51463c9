"""How long servers live, from histories that begin before anybody looked and end too early."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

_GOLDEN: Final = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """
    The share that is still there after so many days, with an interval at each step.

    All arrays have the shape (n,), one place for each day on which something ended.
    """

    days: NDArray[np.float64]  # Ascending.
    at_risk: NDArray[np.int64]  # Under observation just before that day.
    ended: NDArray[np.int64]
    survival: NDArray[np.float64]  # From that day on, until the next.
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def at(self, day: float) -> tuple[float, float, float]:
        """Give the share still there on *day*, and its interval; all three 1 before any end."""
        place = int(np.searchsorted(self.days, day, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.survival[place]), float(self.low[place]), float(self.high[place])

    @property
    def median_days(self) -> float | None:
        """The day from which at most half are still there; None where it does not fall so low."""
        below = np.flatnonzero(self.survival <= 0.5)  # noqa: PLR2004 - half.
        return float(self.days[below[0]]) if below.size else None


def kaplan_meier(
    durations: NDArray[np.float64],
    is_ended: NDArray[np.bool_],
    entries: NDArray[np.float64] | None = None,
    *,
    confidence: float = 0.95,
) -> SurvivalCurve:
    """
    Estimate how long things last when not every end was seen.

    Args:
        durations: Age at the end, or at the last look where no end was seen; shape (n,), days.
        is_ended: Whether an end was seen; False is right-censored; shape (n,).
        entries: Age from which each was under observation, below its duration; shape (n,), days.
            What had ended before anybody looked is in no data, so that those looked at late say
            nothing of younger ages (left truncation). None: all from age 0.
        confidence: Of the interval at each day, above 0 and below 1.

    Returns:
        The product-limit estimate with intervals by the complementary log-log transform, which
        stay within 0..1. Where all have ended the interval is 0 to 0.

    Raises:
        ValueError: If shapes differ, an age is negative, or an entry is not below its duration
            (the caller's bug).

    Notes:
        With late entries few may be at risk at the youngest ages; an early end among them pulls
        the whole curve down. `at_risk` tells.

    Source:
        Kaplan and Meier (1958), JASA 53:457. Variance: Greenwood (1926); transform and late
        entry: Klein and Moeschberger (2003), Survival Analysis, sections 4.2 to 4.6.
    """
    entered = np.full(durations.shape, -1.0) if entries is None else entries
    if durations.ndim != 1 or durations.shape != is_ended.shape or durations.shape != entered.shape:
        raise ValueError("durations, ends and entries are not vectors of one length")
    if (durations < 0).any() or (entered >= durations).any():
        raise ValueError("a duration is negative, or not above the age at entry")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence {confidence} is outside 0..1")
    days, ended = np.unique(durations[is_ended], return_counts=True)
    leaving = np.searchsorted(np.sort(durations), days, side="left")
    entering = np.searchsorted(np.sort(entered), days, side="left")
    at_risk = entering - leaving
    survival = np.cumprod(1.0 - ended / at_risk, dtype=np.float64)
    low, high = _log_log(survival, ended, at_risk, confidence)
    return SurvivalCurve(
        days.astype(np.float64),
        at_risk.astype(np.int64),
        ended.astype(np.int64),
        survival,
        low,
        high,
    )


def _log_log(
    survival: NDArray[np.float64],
    ended: NDArray[np.int64],
    at_risk: NDArray[np.int64],
    confidence: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = np.zeros_like(survival), np.zeros_like(survival)
    some = (survival > 0.0) & (survival < 1.0)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(ended / (at_risk * (at_risk - ended)))
    wide = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    spread = wide * np.sqrt(greenwood[some]) / -np.log(survival[some])
    low[some] = survival[some] ** np.exp(spread)
    high[some] = survival[some] ** np.exp(-spread)
    return low, high


@dataclass(frozen=True, slots=True)
class Episodes:
    """Unbroken stays of services; all arrays have the shape (n,), in order of row, then day."""

    rows: NDArray[np.int64]  # Which service.
    first_days: NDArray[np.int64]
    last_days: NDArray[np.int64]  # Inclusive.
    is_ended: NDArray[np.bool_]  # False: it may have gone on after the last day looked at.
    is_first_seen: NDArray[np.bool_]  # False: it may have begun before the first day looked at.

    @property
    def gaps_days(self) -> NDArray[np.int64]:
        """Days without the service before each episode; -1 before its first."""
        gaps = np.full(self.rows.shape, -1, dtype=np.int64)
        again = np.flatnonzero(self.rows[1:] == self.rows[:-1]) + 1
        gaps[again] = self.first_days[again] - self.last_days[again - 1] - 1
        return gaps


def find_episodes(
    is_listed: NDArray[np.bool_], *, lag_days: int = 0, bridge_days: int = 0
) -> Episodes:
    """
    Turn the daily states of a list into episodes of being there.

    Args:
        is_listed: Whether a service stood in the list, shape (services, days).
        lag_days: For how many days an entry stays after it was last seen: a list of what was
            seen within the last 7 days keeps it 7 days too long. Taken off every end that was
            seen, but an episode has at least its first day.
        bridge_days: Gaps in the list up to this long are no gaps.

    Returns:
        The episodes. An entry that returns begins a new one. One that stands there on the last
        day is taken to have gone on until then and is not ended.

    Raises:
        ValueError: If the states are no table, or a number of days is negative.
    """
    if is_listed.ndim != 2 or lag_days < 0 or bridge_days < 0:  # noqa: PLR2004 - a table.
        raise ValueError("states are no table, or a number of days is negative")
    width = is_listed.shape[1]
    edges = np.diff(np.pad(is_listed.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, first = np.nonzero(edges == 1)
    after = np.nonzero(edges == -1)[1]
    if rows.size:
        goes_on = (rows[1:] == rows[:-1]) & (first[1:] - after[:-1] <= bridge_days)
        begins, ends = np.append(True, ~goes_on), np.append(~goes_on, True)
        rows, first, after = rows[begins], first[begins], after[ends]
    is_ended = after < width
    last = np.where(is_ended, np.maximum(after - 1 - lag_days, first), after - 1)
    return Episodes(
        rows.astype(np.int64), first.astype(np.int64), last.astype(np.int64), is_ended, first > 0
    )


def fit_half_life(
    spans_days: NDArray[np.int64],
    rests_days: NDArray[np.int64],
    is_ended: NDArray[np.bool_],
) -> float:
    """
    Fit the half-life of `expiry.still_there_by_age` to lives that were followed.

    Args:
        spans_days: For each sighting, days since the first sighting of its episode, shape (n,).
        rests_days: Days that the service was still there after it, shape (n,), 0 or more.
        is_ended: Whether the end was seen; False is right-censored; shape (n,).

    Returns:
        h, days, for which ``P(rest >= k) = (h + span) / (h + span + k)`` makes the rests most
        likely, between 0.1 and 1,000.

    Raises:
        ValueError: If shapes differ, a number of days is negative or no end was seen (the
            caller's bug: nothing can be fitted to that).

    Notes:
        Sightings of one service are no independent draws: take an interval from a bootstrap by
        service, not from the likelihood.
    """
    if not spans_days.shape == rests_days.shape == is_ended.shape or not is_ended.any():
        raise ValueError("spans, rests and ends are not of one length, or nothing ended")
    if (spans_days < 0).any() or (rests_days < 0).any():
        raise ValueError("a span or a rest is negative")
    rows, counts = np.unique(
        np.stack([spans_days, rests_days, is_ended.astype(np.int64)]), axis=1, return_counts=True
    )
    span, rest, ended = rows

    def unlikely(log_h: float) -> float:
        known = np.exp(log_h) + span
        # P(rest = k) is the difference of two neighbours, written without cancellation.
        at_end = np.log(known) - np.log(known + rest) - np.log(known + rest + 1.0)
        going_on = np.log(known) - np.log(known + rest)
        return -float((counts * np.where(ended, at_end, going_on)).sum())

    low, high = np.log(0.1), np.log(1000.0)
    for _ in range(60):  # Golden sections of an interval of nine: to 1e-12.
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if unlikely(left) < unlikely(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))


def fit_visibility(
    spans_days: NDArray[np.int64], seen_days: NDArray[np.int64]
) -> tuple[float, float]:
    """
    Fit how often a live server is seen, from one's own sightings alone.

    Between its first and last sighting a server was there. How many of the days between were
    hits is a beta-binomial number of them; what differs between servers is in its weight.

    Args:
        spans_days: Days from first to last sighting of each episode, shape (n,).
        seen_days: Days on which it was seen, both ends included, shape (n,).

    Returns:
        The mean chance of being seen on a day, 0.01 to 0.99, and the days of watching that it
        is worth, 0.1 to 1,000: the fewer, the more servers differ.

    Raises:
        ValueError: If shapes differ or no episode has a day between its ends (the caller's bug).

    Notes:
        Servers seen once are in none of it, so that rarely seen ones count for less than they
        are many: the mean comes out a little high.

    Source:
        Skellam (1948), JRSS B 10:257.
    """
    if spans_days.shape != seen_days.shape or not (spans_days > 1).any():
        raise ValueError("spans and days seen are not of one length, or none has a day between")
    between = spans_days > 1
    days, hits = spans_days[between] - 1, seen_days[between] - 2
    rows, counts = np.unique(np.stack([days, hits]), axis=1, return_counts=True)
    logit, log_weight, step = 0.0, np.log(10.0), 4.6
    for _ in range(24):  # A grid around the best so far, each time half as wide.
        candidates = [
            (
                float(np.clip(logit + across * step, -4.595, 4.595)),
                float(np.clip(log_weight + along * step, np.log(0.1), np.log(1000.0))),
            )
            for across in (-1, -0.5, 0, 0.5, 1)
            for along in (-1, -0.5, 0, 0.5, 1)
        ]
        logit, log_weight = max(
            candidates, key=lambda each: _beta_binomial(rows, counts, each[0], each[1])
        )
        step *= 0.7
    return float(1.0 / (1.0 + np.exp(-logit))), float(np.exp(log_weight))


def _beta_binomial(
    rows: NDArray[np.int64], counts: NDArray[np.int64], logit: float, log_weight: float
) -> float:
    """Give the log-likelihood of days and hits, but for a constant."""
    days, hits = rows
    mean, weight = 1.0 / (1.0 + np.exp(-logit)), np.exp(log_weight)
    steps = np.arange(int(days.max()), dtype=np.float64)
    rising = [
        np.append(0.0, np.cumsum(np.log(start + steps)))
        for start in (weight * mean, weight * (1.0 - mean), weight)
    ]
    likely = rising[0][hits] + rising[1][days - hits] - rising[2][days]
    return float((counts * likely).sum())
