"""Tables of how long listed servers live, how often they return, and with which port."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from listhistory import History
from numpy.typing import NDArray

from hinomi.verify.survival import SurvivalCurve, find_episodes, kaplan_meier

AGES: Final = (1, 7, 14, 30, 60, 90, 180)
SINCE: Final = (7, 14, 30, 60, 90)
KNOWN: Final = (0, 7, 30, 90)
RETURNS: Final = (14, 30, 60, 90, 180, 365)
FOLLOWED_DAYS: Final = 180

Era = tuple[int, int]
"""First column, and the one after the last."""


def lives(
    history: History, era: Era | None = None, keep: NDArray[np.bool_] | None = None
) -> SurvivalCurve:
    """
    Estimate how long episodes last, in whole days from the first to the last.

    Within an *era* those that began before it enter late, those that outlive it are censored.
    """
    found = history.episodes
    start, end = era or (0, history.last_sure)
    begins, ends = found.first_days, np.minimum(found.last_days + 1, end)
    usable = found.is_first_seen & (begins < end) & (found.last_days + 1 > start)
    usable &= keep if keep is not None else True
    durations, entries = ends - begins, np.maximum(start - begins, 0)
    usable &= entries < durations
    is_ended = found.is_ended & (found.last_days + 1 <= end)
    return kaplan_meier(
        durations[usable].astype(np.float64), is_ended[usable], entries[usable].astype(np.float64)
    )


def episodes_in(curve: SurvivalCurve) -> str:
    """Count the ends that a curve rests on."""
    return f"{int(curve.ended.sum()):,}"


def row(curve: SurvivalCurve, ages: tuple[int, ...]) -> str:
    """Write the share that is there longer than each age, in per cent, with its interval."""
    return " | ".join(per_cent(*curve.at(age)) for age in ages)


def per_cent(value: float, low: float, high: float) -> str:
    """Write a share with its interval."""
    return f"{100 * value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def residuals(history: History, half_life_days: float) -> Iterator[str]:
    """Give, for services that have been there for so long, the share there so much later."""
    found = history.episodes
    ages = (np.minimum(found.last_days + 1, history.last_sure) - found.first_days).astype(float)
    is_ended = found.is_ended & (found.last_days + 1 <= history.last_sure)
    for known in KNOWN:
        # Known for so many days and still there: under observation from that age on.
        there = found.is_first_seen & (ages > known)
        begun = np.full(int(there.sum()), float(known))
        curve = kaplan_meier(ages[there], is_ended[there], begun)
        said = [(half_life_days + known) / (half_life_days + known + days) for days in SINCE]
        later = [curve.at(known + days) for days in SINCE]
        cells = [
            f"{per_cent(*each)}, said {100 * chance:.0f}"
            for each, chance in zip(later, said, strict=True)
        ]
        yield f"| {known} | {int(there.sum()):,} | {' | '.join(cells)} |"


def returns(history: History) -> tuple[SurvivalCurve, float]:
    """Estimate after how many days a service returns, and the median among those that did."""
    found = history.episodes
    again = np.append(found.rows[1:] == found.rows[:-1], np.array([False]))
    gaps = np.append(found.gaps_days[1:], np.array([-1]))
    waits = np.where(again, gaps, history.last_sure - found.last_days)
    usable = found.is_ended & (waits > 0)
    curve = kaplan_meier(waits[usable].astype(np.float64), again[usable])
    return curve, float(np.median(gaps[again]))


def returned(curve: SurvivalCurve, day: int) -> str:
    """Write the share that has returned by *day*."""
    share, low, high = curve.at(day)
    return per_cent(1.0 - share, 1.0 - high, 1.0 - low)


def hand_overs(history: History) -> Iterator[str]:
    """Tell with which port an address returns, by how long it was away."""
    servers = history.servers
    whole = np.zeros((int(servers.max()) + 1, history.is_listed.shape[1]), dtype=bool)
    np.logical_or.at(whole, servers, history.is_listed)
    found = find_episodes(whole, lag_days=0)
    ports: dict[int, list[int]] = {}
    for place, server in enumerate(servers):
        ports.setdefault(int(server), []).append(place)
    groups: dict[str, list[bool]] = {name: [] for _, name in _AWAY}
    followed = 0
    for number in range(found.rows.size):
        server, last = int(found.rows[number]), int(found.last_days[number])
        if not found.is_ended[number] or last + FOLLOWED_DAYS >= whole.shape[1]:
            continue
        followed += 1
        if number + 1 == found.rows.size or found.rows[number + 1] != server:
            continue
        start = int(found.first_days[number + 1])
        if start - last - 1 > FOLLOWED_DAYS:
            continue
        rows = ports[server]
        stood = history.is_listed[rows, : last + 1].any(axis=1)
        comes = history.is_listed[rows, start]
        name = next(name for most, name in _AWAY if start - last - 1 <= most)
        groups[name].append(not (stood & comes).any())
    for name, others in groups.items():
        share = 100 * float(np.mean(others)) if others else float("nan")
        yield (
            f"| {name} | {len(others):,} | {100 * len(others) / followed:.1f} "
            f"| {sum(others):,} | {share:.1f} |"
        )
    everything = [each for others in groups.values() for each in others]
    yield (
        f"| all | {len(everything):,} | {100 * len(everything) / followed:.1f} "
        f"| {sum(everything):,} | {100 * float(np.mean(everything)):.1f} |"
    )


_AWAY: Final = (
    (7, "up to 7 days"),
    (30, "8 to 30 days"),
    (90, "31 to 90 days"),
    (FOLLOWED_DAYS, f"91 to {FOLLOWED_DAYS} days"),
)
