"""The kinds of communal worlds: how many lines, and how much of everything there is."""

from dataclasses import dataclass
from typing import Final

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS

STARTS_MS: Final = 1_793_545_200_000
"""Monday 2026-11-02, midnight in Japan: days of people do not begin with days of UTC."""

INTERVAL: Final = 10_000
"""Packets are sampled 1 in N, as at the Japanese trial of 2022 (report of November 2021)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    What a world of a kind holds at scale 1.

    Lines and shares of infected lines are those of the first school; all else is ours, set so
    that a week gives about 100 (dense) or 25 (sparse) records a line.
    """

    lines: int
    infected: float  # Share of the lines.
    memberships: float  # In botnets, for each infected line: a third share two or more.
    largest: float | None  # Members of the largest botnet; None: a share of the infected.
    servers: int  # First-tier C&C servers of all botnets together.
    shared_address: float  # Share of lines behind carrier-grade NAT.
    bulk: float  # Sampled packets a line and week from CDNs.
    sites: int
    visits: float  # Pairs of line and site for each line.
    niche: int  # Services that a handful of lines use.
    communities: int
    bands: int  # Groups of lines that one installer, meter or office server knows.
    lookups: float  # Sampled packets a line and week to resolvers.
    resolving: float  # Sampled packets a week from the resolvers to other name servers.
    mailing: float  # Sampled packets a week from the mail server to one other.
    swarming: float  # Share of lines that swarm.
    peers: int  # Outside.
    knocking: int  # Sampled packets a week of scanners outside.
    scanning: int  # Most sampled packets of one scanning botnet.
    flooding: int  # Most sampled packets of one flood.


KINDS: Final[dict[str, Kind]] = {
    "dense": Kind(
        lines=60_000, infected=0.11, memberships=1.42, largest=3_000, servers=112,
        shared_address=0.16, bulk=62.0, sites=230_000, visits=38.0, niche=130_000,
        communities=420, bands=240, lookups=2.3, resolving=60_000, mailing=2.5,
        swarming=0.05, peers=26_000, knocking=260_000, scanning=260_000, flooding=22_000,
    ),
    "sparse": Kind(
        lines=400_000, infected=0.008, memberships=1.5, largest=None, servers=62,
        shared_address=0.22, bulk=11.0, sites=620_000, visits=11.0, niche=380_000,
        communities=1_600, bands=420, lookups=1.2, resolving=160_000, mailing=4.0,
        swarming=0.03, peers=60_000, knocking=900_000, scanning=130_000, flooding=12_000,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a world is to be."""

    name: str  # Of the kind.
    kind: Kind
    seed: int
    scale: float  # 1 is the size of the kind.

    @property
    def lines(self) -> int:
        """Give the number of subscriber lines."""
        return self.scaled(self.kind.lines)

    @property
    def infected(self) -> int:
        """Give about how many of them are infected."""
        return int(self.lines * self.kind.infected)

    def scaled(self, number: float, least: float = 0.0) -> int:
        """Scale a number that grows with the world, the scale not below *least*."""
        return int(number * max(least, self.scale))


def size_of(kind: str, seed: int, scale: float) -> Size:
    """
    Size a world.

    Args:
        kind: One of `KINDS`.
        seed: Fixes all that is drawn; at least 0.
        scale: 1 for the size of the kind; below 0.005 too few are left to be infected.

    Raises:
        ValueError: If there is no such kind, or no such world.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}: it is one of {', '.join(KINDS)}")
    if not _SMALLEST <= scale <= _LARGEST:
        raise ValueError(f"the scale lies between {_SMALLEST} and {_LARGEST}")
    if seed < 0:
        raise ValueError("the seed is at least 0")
    return Size(name=kind, kind=KINDS[kind], seed=seed, scale=scale)


_SMALLEST: Final = 0.005
_LARGEST: Final = 1.5  # More hosts would not fit into the blocks of `hosts`.
