"""
Where everyone else lives: autonomous systems, their prefixes, and bad neighbourhoods.

C&C servers cluster: hosters who look away are chosen again and again. A list frozen at the
start of a year puts 31 % of the C&Cs listed later into a /20 that it names already, against
3 % of the servers that nobody lists; so most of those who live beside a C&C are innocent.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4, Codes

FIRST_ASN: Final = 4_200_000_000  # Private use (RFC 6996); the first is the provider itself.
NEIGHBOURHOOD_BITS: Final = 12  # A /20.

_SPACE: Final = 1 << REMOTE_BITS
_FILLED: Final = 0.7  # Of the remote range at most so much is handed to systems.
_CELLS: Final = _SPACE >> NEIGHBOURHOOD_BITS
_CROWDED: Final = 20  # After so many tries, hosts are sought wherever there is space.


class Business(IntEnum):
    """What an autonomous system does for a living."""

    HOSTING = 0
    ACCESS = 1
    CLOUD = 2
    ENTERPRISE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetSpec:
    """How many systems there are, and how C&C servers spread over them."""

    systems: int = 400  # A provider meets tens of thousands; enough for shares to be lifelike.
    shares: tuple[float, ...] = (0.16, 0.42, 0.03, 0.39)  # Of each `Business`; ours.
    zipf: float = 0.9  # Weight of the r-th system of a business falls with r to this power.
    bad_hosters: float = 0.12  # Share of the hosters who look away [own].
    cc_in_bad: float = 0.31  # Measured on C2IntelFeeds, 2025 against 2024.
    others_in_bad: float = 0.03  # Same.
    history: int = 800  # C&C servers listed before the window.


_BITS: Final = {  # Sizes of prefixes, bits of host part, and how many each system has.
    Business.HOSTING: ((9, 15), (1, 8)),
    Business.ACCESS: ((12, 18), (1, 6)),
    Business.CLOUD: ((13, 18), (4, 20)),
    Business.ENTERPRISE: ((8, 11), (1, 3)),
}
"""Enterprises hold /24s, access networks /14 to /20: the manner of the routing table; ours."""

_USES: Final = {
    "service": (0.50, 0.02, 0.38, 0.10),
    "content": (0.05, 0.05, 0.90, 0.00),
    "cc": (0.72, 0.08, 0.15, 0.05),
    "people": (0.02, 0.95, 0.00, 0.03),
    "business": (0.30, 0.12, 0.13, 0.45),
}
"""Where hosts of each use live, as shares of `Business`; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A block of remote IPv4 addresses announced by one system."""

    base: int
    bits: int  # Bits of the host part.
    system: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Internet:
    """Systems, shape (s,), their prefixes, and the /20s that had a listed C&C server."""

    business: NDArray[np.int8]  # `Business` of each system.
    bad: NDArray[np.bool_]  # Of each system.
    prefixes: tuple[Prefix, ...]
    weight: NDArray[np.float64]  # Of each prefix, among those of its business.
    history: Codes  # C&C servers listed before.

    @property
    def bad_cells(self) -> NDArray[np.int64]:
        """The /20s that had a listed server, by number."""
        return np.unique((self.history - REMOTE_V4) >> NEIGHBOURHOOD_BITS)


@dataclass(slots=True)
class Allocation:
    """Hands out remote addresses, each once, to uses that live where they would."""

    salt: int
    spec: InternetSpec = field(default_factory=InternetSpec)
    given: int = 0
    internet: Internet = field(init=False)
    _taken: NDArray[np.uint8] = field(init=False, repr=False)
    _is_bad: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.internet = draw_internet(self.spec, np.random.default_rng([self.salt, 1]))
        self._taken = np.zeros(_SPACE >> 3, np.uint8)
        self._is_bad = np.zeros(_CELLS, np.bool_)
        self._is_bad[self.internet.bad_cells] = True

    def take(self, count: int, use: str = "service") -> Codes:
        """
        Give *count* IPv4 codes that nobody has yet.

        Args:
            count: How many.
            use: What for: ``service``, ``content``, ``cc``, ``people`` or ``business``.

        Raises:
            ValueError: If the space of that use is full.
        """
        rng = np.random.default_rng([self.salt, 2, self.given])
        self.given += max(count, 1)
        share = self.spec.cc_in_bad if use == "cc" else self.spec.others_in_bad
        in_bad = rng.random(count) < share
        hosts = np.zeros(count, np.int64)
        open_rows = np.arange(count)
        for attempt in range(3 * _CROWDED):
            if not open_rows.size:
                return REMOTE_V4 + hosts
            bad = in_bad[open_rows]
            drawn = np.zeros(open_rows.size, np.int64)
            drawn[bad] = self._beside_listed(int(bad.sum()), rng)
            elsewhere = int((~bad).sum())
            crowded = attempt > _CROWDED
            drawn[~bad] = draw_hosts(self.internet, use, elsewhere, rng, by_space=crowded)
            in_bad[open_rows] &= not crowded
            fits = bad | ~self._is_bad[drawn >> NEIGHBOURHOOD_BITS]
            fits &= self._claim(drawn, fits)
            hosts[open_rows[fits]] = drawn[fits]
            open_rows = open_rows[~fits]
        raise ValueError(f"the remote address space has no room for {count} hosts more: {use}")

    def strangers(self, count: int, rng: np.random.Generator, use: str = "people") -> Codes:
        """Draw addresses elsewhere that need not be free: peers, passers-by; some repeat."""
        return REMOTE_V4 + draw_hosts(self.internet, use, count, rng)

    def _beside_listed(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw hosts in the /20s of listed servers, the more of them the likelier."""
        listed = rng.choice(self.internet.history, count) - REMOTE_V4
        within = rng.integers(0, 1 << NEIGHBOURHOOD_BITS, count)
        beside: NDArray[np.int64] = (listed >> NEIGHBOURHOOD_BITS << NEIGHBOURHOOD_BITS) + _usable(
            within
        )
        return beside

    def _claim(self, drawn: NDArray[np.int64], fits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark hosts as taken; tell which were free, each but once."""
        free = fits & (self._taken[drawn >> 3] >> (drawn & 7).astype(np.uint8) & 1 == 0)
        rows = np.flatnonzero(free)
        _, first = np.unique(drawn[rows], return_index=True)
        claimed = np.zeros(drawn.size, np.bool_)
        claimed[rows[first]] = True
        hosts = drawn[claimed]
        np.bitwise_or.at(self._taken, hosts >> 3, (1 << (hosts & 7)).astype(np.uint8))
        return claimed


def draw_internet(spec: InternetSpec, rng: np.random.Generator) -> Internet:
    """Draw systems, hand them prefixes, and let the bad hosters gather a history."""
    business = np.sort(rng.choice(len(Business), spec.systems, p=spec.shares)).astype(np.int8)
    business[: len(Business)] = list(Business)  # At least one of each.
    bad = (business == Business.HOSTING) & (rng.random(spec.systems) < spec.bad_hosters)
    bad[np.flatnonzero(business == Business.HOSTING)[-1]] = True  # At least one.
    rank = np.ones(spec.systems)
    for kind in Business:
        mine = np.flatnonzero(business == kind)
        rank[rng.permutation(mine)] = np.arange(1, mine.size + 1)
    prefixes, weight = _hand_out(business, rank**-spec.zipf, rng)
    plain = Internet(
        business=business,
        bad=bad,
        prefixes=prefixes,
        weight=weight,
        history=np.empty(0, np.int64),
    )
    hosters = np.array([bad[prefix.system] for prefix in prefixes])
    # Half of what was listed stood at hosters who look away, the rest anywhere.
    looked_away = _hosts_in(plain, hosters.astype(np.float64), spec.history // 2, rng)
    anywhere = draw_hosts(plain, "cc", spec.history - looked_away.size, rng)
    return Internet(
        business=business,
        bad=bad,
        prefixes=prefixes,
        weight=weight,
        history=REMOTE_V4 + np.concatenate([looked_away, anywhere]),
    )


def draw_hosts(
    internet: Internet, use: str, count: int, rng: np.random.Generator, *, by_space: bool = False
) -> NDArray[np.int64]:
    """Draw host numbers of a use, in the favoured systems or *by_space*; some repeat."""
    shares = np.array(_USES[use])
    of_prefix = np.array([internet.business[prefix.system] for prefix in internet.prefixes])
    weight = internet.weight
    if by_space:
        weight = np.array([float(1 << prefix.bits) for prefix in internet.prefixes])
    totals = np.bincount(of_prefix, weight, minlength=shares.size)
    return _hosts_in(internet, weight * (shares / np.maximum(totals, 1e-12))[of_prefix], count, rng)


def _hosts_in(
    internet: Internet, weight: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    base = np.array([prefix.base for prefix in internet.prefixes])
    bits = np.array([prefix.bits for prefix in internet.prefixes])
    edges = np.cumsum(weight)
    which = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    which = np.minimum(which, bits.size - 1)
    within = (rng.random(count) * (1 << bits[which])).astype(np.int64)
    hosts: NDArray[np.int64] = base[which] - REMOTE_V4 + _usable(within)
    return hosts


def _usable(within: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep away from the first two addresses of a /24, and from its last."""
    last = within & 0xFF
    usable: NDArray[np.int64] = within - last + np.clip(last, 2, 254)
    return usable


def _hand_out(
    business: NDArray[np.int8], size: NDArray[np.float64], rng: np.random.Generator
) -> tuple[tuple[Prefix, ...], NDArray[np.float64]]:
    """Give each system its prefixes, aligned and apart, the large first."""
    wanted: list[tuple[int, int]] = []
    for system, kind in enumerate(business.tolist()):
        (least, most), (few, many) = _BITS[Business(kind)]
        count = int(rng.integers(few, many + 1))
        wanted += [(int(bits), system) for bits in rng.integers(least, most + 1, count)]
    while sum(1 << bits for bits, _ in wanted) > _FILLED * _SPACE:
        wanted = [(max(bits - 1, 8), system) for bits, system in wanted]
    wanted.sort(key=lambda each: -each[0])
    gaps = _SPACE - sum(1 << bits for bits, _ in wanted)
    base, prefixes = REMOTE_V4, []
    step = gaps // max(len(wanted), 1)
    for bits, system in wanted:
        base += int(rng.integers(0, step + 1)) >> bits << bits  # Unrouted space lies between.
        prefixes.append(Prefix(base=base, bits=bits, system=system))
        base += 1 << bits
    held = np.bincount([prefix.system for prefix in prefixes], minlength=business.size)
    weight = np.array([size[prefix.system] / held[prefix.system] for prefix in prefixes])
    return tuple(prefixes), weight
