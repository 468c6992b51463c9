"""
How much of a botnet sampling leaves to be found, and how much of that was found.

Detection works from lines that were sampled with a C&C, and is asked for those of which five
distinct members were. How many that would be if every member called every server of its botnet
all the time is a bound on what is asked for. It is none on what is found: a server that fewer
members were sampled with may be found by what else is known of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from hinomi.bench.truth import MIN_CLIENTS

SIZES: Final = (5, 10, 20, 40, 80, 160, 320, 3_000)
"""Members of a botnet inside the network: edges of the curve's steps."""

PACES: Final = (600.0, 3_500.0)
"""Packets a day between a bot and its C&C that part hourly, minutes (2,880), a minute (4,320)."""

PACE_NAMES: Final = ("hourly", "5 min", "60 s")
ANY_PACE: Final = "pace not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One unknown first-tier C&C, how often it could be met, and whether it was found."""

    members: int  # Own lines that belong to it.
    packets_a_day: float | None  # Exchanged by one of them with it; None: not stated.
    days: float
    interval: int  # N of 1-in-N.
    detectable: bool  # Enough members were sampled, as it happened.
    found: bool  # In the first 100.


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """C&Cs of about one size."""

    low: int  # Members, from and below.
    high: int
    servers: int
    detectable: int
    found: int
    bound: float | None  # Mean bound on `detectable`, 0..1; None: pace not stated.


def seen_chance(packets_a_day: ArrayLike, days: ArrayLike, interval: int) -> NDArray[np.float64]:
    """
    Tell how probable it is that one bot is sampled with its C&C at least once.

    Args:
        packets_a_day: Packets that it exchanges with its C&C per day.
        days: Length of the window in days.
        interval: N of 1-in-N, at least 1.

    Returns:
        1 - (1 - 1/N)^packets, shape of the arguments.
    """
    packets = np.asarray(packets_a_day, np.float64) * np.asarray(days, np.float64)
    if interval == 1:
        return np.asarray(packets > 0, np.float64)
    return np.asarray(-np.expm1(packets * np.log1p(-1.0 / interval)), np.float64)


def bound(
    members: ArrayLike,
    packets_a_day: ArrayLike,
    days: ArrayLike,
    interval: int,
    *,
    least: int = MIN_CLIENTS,
) -> NDArray[np.float64]:
    """
    Tell how probable it is that a C&C is asked for: that enough bots are sampled with it.

    Args:
        members: Bots inside the network, each on a line of its own, all of which call it.
        packets_a_day: Packets that each exchanges with the C&C per day.
        days: Length of the window in days.
        interval: N of 1-in-N, at least 1.
        least: Distinct bots that it takes.

    Returns:
        P(at least *least* of the bots are sampled), each by itself, 0..1.
    """
    chance = seen_chance(packets_a_day, days, interval)
    return np.asarray(stats.binom.sf(least - 1, np.asarray(members), chance), np.float64)


def steps(servers: Sequence[Server], edges: Sequence[int] = SIZES) -> list[Step]:
    """Count, by number of members, the C&Cs there were, those found, and what was possible."""
    found = []
    for low, high in zip(edges, [*edges[1:], 2**31], strict=True):
        here = [each for each in servers if low <= each.members < high]
        if not here:
            continue
        possible = [
            float(bound(each.members, each.packets_a_day, each.days, each.interval))
            for each in here
            if each.packets_a_day is not None
        ]
        found.append(
            Step(
                low=low,
                high=high,
                servers=len(here),
                detectable=sum(each.detectable for each in here),
                found=sum(each.found for each in here),
                bound=float(np.mean(possible)) if len(possible) == len(here) else None,
            )
        )
    return found


def by_pace(servers: Sequence[Server]) -> dict[str, list[Server]]:
    """Part the C&Cs by how often their bots call; paces that nobody keeps are left out."""
    parts: dict[str, list[Server]] = {}
    for each in servers:
        parts.setdefault(_pace(each.packets_a_day), []).append(each)
    return {name: parts[name] for name in (*PACE_NAMES, ANY_PACE) if name in parts}


def _pace(packets_a_day: float | None) -> str:
    if packets_a_day is None:
        return ANY_PACE
    return PACE_NAMES[int(np.searchsorted(PACES, packets_a_day, side="right"))]


def by_setting(servers: Sequence[Server]) -> dict[tuple[float, int], list[Server]]:
    """Part the C&Cs by days and interval of their world, the shortest and densest first."""
    parts: dict[tuple[float, int], list[Server]] = {}
    for each in servers:
        parts.setdefault((round(each.days, 1), each.interval), []).append(each)
    return dict(sorted(parts.items()))
