"""
How often servers that are there are seen by this network: from its own sightings, without truth.

Between its first sighting and its last a server was there. On how many of the days between it was
seen tells what its silence afterwards is worth.
"""

import math
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.model.case import ServiceClass
from hinomi.verify.expiry import FIRST_TIER, ExpiryPolicy, SeenHistory, days_valid
from hinomi.verify.intervals import WIDTH, Estimate
from hinomi.verify.survival import fit_visibility

LEAST_EPISODES: Final = 30
"""Episodes with a day between their ends below which nothing is fitted."""

DRAWS: Final = 20
"""Samples of the bootstrap: a deviation from so many is within a third of the true one."""

_EDGE: Final = 500.0
"""Days of watching beyond which the fit says no more than that servers are alike."""

_HISTORIES: Final = {
    "seen once": SeenHistory(span_days=0),
    "seen daily for 14 days": SeenHistory(span_days=13, seen_days=14),
}


@dataclass(frozen=True, slots=True)
class Sighted:
    """One stretch of time in which a server was seen again and again."""

    span_days: int  # From first to last sighting, days on which nothing could be seen left out.
    seen_days: int  # Both ends included.

    @property
    def between(self) -> int:
        """Days between its ends, on each of which it was seen or not."""
        return self.span_days - 1


@dataclass(frozen=True, slots=True)
class Guess:
    """How often a server is seen before it was watched itself, as the register holds it."""

    visibility: float
    weight_days: float


@dataclass(frozen=True, slots=True)
class Held:
    """For how many days after its last sighting a server is listed."""

    history: str
    present_days: int
    fitted_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """What the sightings come to."""

    episodes: int  # With a day between their ends: the others tell nothing.
    between: int  # Days between their ends, of all of them.
    seen: int  # On so many of these days they were seen.
    present: Guess
    fitted: Guess | None  # None: too few.
    visibility: Estimate | None = None
    weight_days: Estimate | None = None
    held: tuple[Held, ...] = ()


def sighted(days: Collection[int], watched: Sequence[int], most_days: int) -> list[Sighted]:
    """
    Put the days on which one server was seen together to episodes.

    Args:
        days: Days since 1970-01-01, UTC.
        watched: Days on which anything was seen at all, ascending; others count nowhere.
        most_days: A gap longer than this ends an episode.
    """
    known = set(watched)
    found: list[Sighted] = []
    stretch: list[int] = []
    for day in sorted(known.intersection(days)):
        if stretch and day - stretch[-1] > most_days:
            found.append(_sighted(stretch, watched))
            stretch = []
        stretch.append(day)
    return [*found, _sighted(stretch, watched)] if stretch else found


def measure(
    episodes: Iterable[Sighted],
    policy: ExpiryPolicy,
    least: int = LEAST_EPISODES,
    *,
    seed: int = 1,
    draws: int = DRAWS,
) -> Visibility:
    """
    Fit how often servers are seen, and tell what the fit changes.

    Args:
        episodes: Of servers that may have been C&C servers.
        policy: That is in force.
        least: Fewer episodes with a day between their ends are not enough.
        seed: Of the bootstrap: the same episodes give the same fit and intervals.
        draws: Samples of the bootstrap, at least two.

    Notes:
        Servers that were seen once are in none of it: the mean comes out a little high. The
        intervals take episodes for independent draws, on the scale of log-odds and logarithm.
        The weight of a few dozen episodes is known to a factor of ten at best.
    """
    telling = [each for each in episodes if each.between > 0]
    spans = np.array([each.span_days for each in telling], dtype=np.int64)
    seen = np.array([each.seen_days for each in telling], dtype=np.int64)
    told = Visibility(
        episodes=len(telling),
        between=sum(each.between for each in telling),
        seen=sum(each.seen_days - 2 for each in telling),
        present=Guess(policy.visibility, policy.visibility_weight_days),
        fitted=None,
    )
    if len(telling) < max(least, 1):
        return told
    mean, weight = fit_visibility(spans, seen)
    fitted = Guess(round(mean, 3), round(weight, 1))
    spread = _spread(spans, seen, seed, draws)
    odds, log_weight = math.log(mean / (1.0 - mean)), math.log(weight)
    ends = [1.0 / (1.0 + math.exp(-(odds + side * spread[0]))) for side in (-WIDTH, WIDTH)]
    days = [math.exp(log_weight + side * spread[1]) for side in (-WIDTH, WIDTH)]
    if days[1] > _EDGE:
        days[1] = math.inf
    other = replace(policy, visibility=fitted.visibility, visibility_weight_days=fitted.weight_days)
    return replace(
        told,
        fitted=fitted,
        visibility=Estimate(mean, *ends),
        weight_days=Estimate(weight, *days),
        held=tuple(_held(policy, other)),
    )


def _spread(
    spans: NDArray[np.int64], seen: NDArray[np.int64], seed: int, draws: int
) -> tuple[float, float]:
    """Give the deviations of the fit, of log-odds and of the logarithm of the weight."""
    rng = np.random.default_rng(seed)
    fits = []
    for _ in range(draws):
        drawn = rng.integers(0, spans.size, spans.size)
        mean, weight = fit_visibility(spans[drawn], seen[drawn])
        fits.append((math.log(mean / (1.0 - mean)), math.log(weight)))
    odds, weights = np.std(np.array(fits), axis=0, ddof=1)
    return float(odds), float(weights)


def _held(present: ExpiryPolicy, fitted: ExpiryPolicy) -> Iterable[Held]:
    kind = (ServiceClass.DEDICATED, FIRST_TIER)
    for name, history in _HISTORIES.items():
        yield Held(name, *(days_valid(history, *kind, policy) for policy in (present, fitted)))


def _sighted(days: Sequence[int], watched: Sequence[int]) -> Sighted:
    span = bisect_left(watched, days[-1]) - bisect_left(watched, days[0])
    return Sighted(span_days=span, seen_days=len(days))
