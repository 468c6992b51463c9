"""Rules of expiry played on sightings, and what each leaves standing and loses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from listhistory import History
from numpy.typing import NDArray

from hinomi.verify.expiry import still_there_by_age
from hinomi.verify.survival import fit_half_life, fit_visibility

Days = NDArray[np.int64]
Rule = Callable[[Days, Days], Days]
"""From span and days seen of the present episode: days that an entry holds after a sighting."""

MOST_DAYS: Final = 180
MISP: Final = {"base": 80.0, "lifetime_days": 120.0, "speed": 2.0, "threshold": 30.0}
"""MISP's default model for network indicators ("NIDS simple decaying model")."""

SILENT_DAYS: Final = 30
"""Sightings farther apart are taken for two episodes when visibility is fitted."""

VISIBILITY: Final = 0.1
WEIGHT_DAYS: Final = 10.0


def after_last(days: int) -> Rule:
    """Hold an entry for so many days after each sighting."""
    return lambda spans, _seen: np.full(spans.shape, days)


def after_first(days: int) -> Rule:
    """Hold an entry for so many days after it was listed, whatever is seen meanwhile."""
    return lambda spans, _seen: np.maximum(days - spans, 0)


def misp_days() -> int:
    """Give the last whole day on which MISP's score is not below its threshold."""
    ages = np.arange(int(MISP["lifetime_days"]) + 1)
    score = MISP["base"] * (1.0 - (ages / MISP["lifetime_days"]) ** (1.0 / MISP["speed"]))
    return int(np.count_nonzero(score >= MISP["threshold"])) - 1


class Ours:
    """The product's expiry for one half-life and first guess, worked out once for all limits."""

    def __init__(
        self, half_life_days: float, longest: int, limits: NDArray[np.float64],
        *, visibility: float = VISIBILITY, weight_days: float = WEIGHT_DAYS,
        most_days: int = MOST_DAYS,
    ) -> None:  # fmt: skip
        self.limits = limits
        self._days = np.zeros((limits.size, longest + 1, longest + 2), dtype=np.int16)
        for span in range(longest + 1):
            seen = np.arange(1, span + 2)
            chances = still_there_by_age(
                np.full(seen.shape, span),
                seen,
                half_life_days=half_life_days,
                visibility=visibility,
                visibility_weight_days=weight_days,
                most_days=most_days,
            )
            for place, limit in enumerate(limits):
                self._days[place, span, 1 : span + 2] = (chances >= limit).sum(axis=1) - 1

    def at(self, place: int) -> Rule:
        """Give the rule of the limit in that place."""
        return lambda spans, seen: self._days[place, spans, seen].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Sightings:
    """What an observer saw, in order of service and day; shape (n,) but for the last three."""

    rows: Days
    days: Days
    next_days: Days  # Of the same service; beyond everything where there is none.
    starts: Days  # Where each service's sightings begin.
    counts: Days

    @property
    def first_days(self) -> Days:
        """Give the first day of each service that was seen at all."""
        return self.days[self.starts]


def look(history: History, chances: float | NDArray[np.float64], seed: int) -> Sightings:
    """See each live day with its chance, given for all or for each row."""
    rng = np.random.default_rng(seed)
    live = history.is_live
    chance = np.broadcast_to(np.asarray(chances, dtype=np.float64), (live.shape[0],))
    rows, days = np.nonzero(live & (rng.random(live.shape) < chance[:, None]))
    starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    next_days = np.append(days[1:], 0)
    next_days[np.append(starts[1:] - 1, rows.size - 1)] = 2**31
    return Sightings(rows, days, next_days, starts, np.diff(np.append(starts, rows.size)))


def play(seen: Sightings, rule: Rule) -> Days:
    """
    Apply *rule* sighting by sighting.

    A sighting after the entry has expired lists it anew and begins a new episode.

    Returns:
        For each sighting the last day on which it keeps its service listed, the next sighting
        not counted.
    """
    until = np.full(seen.starts.shape, -1, dtype=np.int64)
    first, times = np.zeros_like(until), np.zeros_like(until)
    held = np.zeros_like(seen.days)
    for step in range(int(seen.counts.max(initial=0))):
        here = np.flatnonzero(seen.counts > step)
        sighting = seen.starts[here] + step
        day = seen.days[sighting]
        is_new = day > until[here]
        first[here] = np.where(is_new, day, first[here])
        times[here] = np.where(is_new, 1, times[here] + 1)
        until[here] = day + rule(day - first[here], times[here])
        held[sighting] = until[here]
    return np.minimum(held, seen.next_days - 1)


@dataclass(frozen=True, slots=True)
class Sums:
    """Entry-days by server, shape (servers,): from these every share and interval follows."""

    listed: NDArray[np.float64]
    stale: NDArray[np.float64]  # Listed and not there.
    live: NDArray[np.float64]  # There, after it had been seen once.
    lost: NDArray[np.float64]  # Of those, not listed.

    def shares(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Give, for each draw of *weights* (draws, servers), three shares; shape (3, draws).

        Stale of the listed entry-days, lost of the live ones, and stale ones for each live one.
        """
        table = np.stack([self.stale, self.listed, self.lost, self.live])
        stale, listed, lost, live = (weights @ table.T).T
        return np.stack([stale / np.maximum(listed, 1.0), lost / live, stale / live])


def count(lived: Days, servers: Days, seen: Sightings, held: Days, span: tuple[int, int]) -> Sums:
    """
    Count the entry-days from the first column of *span* to before the second.

    Args:
        lived: Live days of each service before each column, shape (services, days + 1).
        servers: The number of each service's server, shape (services,).
        seen: What was seen.
        held: What `play` made of it.
        span: First column, and the one after the last.
    """
    start, end = span
    size = int(servers.max()) + 1
    begin, stop = np.clip(seen.days, start, end), np.clip(held + 1, start, end)
    listed = np.maximum(stop - begin, 0)
    true = np.where(listed > 0, lived[seen.rows, stop] - lived[seen.rows, begin], 0)
    once = seen.rows[seen.starts]
    could = lived[once, end] - lived[once, np.clip(seen.first_days, start, end)]
    by_listed, by_true, by_live = (
        np.bincount(servers[which], days, size).astype(np.float64)
        for which, days in ((seen.rows, listed), (seen.rows, true), (once, could))
    )
    return Sums(by_listed, by_listed - by_true, by_live, by_live - by_true)


def fit(history: History, seen: Sightings, end: int) -> float:
    """Fit the half-life to what sightings before column *end* were followed by until then."""
    found = history.episodes
    which = np.full(history.is_listed.shape, -1, dtype=np.int64)
    for number, (row, first, last) in enumerate(
        zip(found.rows, found.first_days, found.last_days, strict=True)
    ):
        which[row, first : last + 1] = number
    known = seen.days < end
    rows, days = seen.rows[known], seen.days[known]
    episode = which[rows, days]
    begins = np.append(True, episode[1:] != episode[:-1])
    leader = np.maximum.accumulate(np.where(begins, np.arange(episode.size), 0))
    last = np.minimum(found.last_days[episode], end - 1)
    is_ended = found.is_ended[episode] & (found.last_days[episode] < end - 1)
    return fit_half_life(days - days[leader], last - days, is_ended)


def fit_home(seen: Sightings, end: int) -> tuple[float, float]:
    """Fit the observer's own visibility and its weight to what it saw before column *end*."""
    known = seen.days < end
    rows, days = seen.rows[known], seen.days[known]
    begins = np.append(True, (rows[1:] != rows[:-1]) | (np.diff(days) > SILENT_DAYS))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], rows.size) - 1
    return fit_visibility(days[ends] - days[starts], ends - starts + 1)
