"""What all parts of a motley world share: laws, lines, manners, and addresses elsewhere."""

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4, Codes, is_own, remote_v6_codes
from hinomi.bench.ground.book import Book
from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.ground.lines import Lines, People, settle_lines
from hinomi.bench.motley.clock import Clock
from hinomi.bench.motley.laws import Laws, draw_laws
from hinomi.bench.motley.manners import ANY_PORT, Law, Manners, depart, draw_law, fixed_law
from hinomi.bench.motley.meetings import Meetings, Pairs
from hinomi.bench.profiled.shapes import PacketKind
from hinomi.bench.sampling import scatter, scatter_unit
from hinomi.model.protocol import Protocol

_V6: Final = 0.05  # Servers.
_NEAR: Final = 0.8  # Of services that stand together.
_HIGH_PORTS: Final = (1_024, 65_000)
_ORDINARY: Final = (6, 16)  # Manners of ordinary use.
_HOSTS: Final = 12_000  # Addresses of shared hosting.


class Fixed(IntEnum):
    """Manners that every world has: their numbers."""

    PROBE = 0  # One SYN, a reset if anything.
    ANSWERED = 1  # A probe that the other end takes up.
    ACK_FLOOD = 2
    UDP_FLOOD = 3
    LOOKUP = 4


_FIXED: Final = {
    Fixed.PROBE: fixed_law(PacketKind.SYN, PacketKind.RST, proto=Protocol.TCP, size=1),
    Fixed.ANSWERED: fixed_law(PacketKind.ACK, PacketKind.SYN, proto=Protocol.TCP, size=1),
    Fixed.ACK_FLOOD: fixed_law(PacketKind.ACK, PacketKind.RST, proto=Protocol.TCP, size=1),
    Fixed.UDP_FLOOD: fixed_law(PacketKind.DATA, PacketKind.DATA, proto=Protocol.UDP, size=512),
    Fixed.LOOKUP: fixed_law(PacketKind.DATA, PacketKind.DATA, proto=Protocol.UDP, size=60),
}
_DOWN: Final = {Fixed.ANSWERED: 0.6, Fixed.LOOKUP: 0.5}


@dataclass(slots=True, kw_only=True)
class Scene:
    """A world in the making."""

    laws: Laws
    lines: Lines
    manners: Manners
    meetings: Meetings
    salt: int  # Scatters what belongs to this world.
    pool: list[Law]  # From which all services choose,
    good_odds: Reals  # small ones of no harm by these odds,
    bad_odds: Reals  # those of bots by these.
    ordinary: Wholes  # Numbers of the manners of sites.
    book: Book = field(default_factory=Book)

    def draws(self, part: str) -> Draws:
        """Give the stream of chance of a part."""
        return Draws(self.laws.seed, self.laws.kind, f"motley {part}")

    def below(self, limit: int, *keys: Wholes | int) -> Wholes:
        """Give each combination of keys a number of 0..limit-1 of its own."""
        return (scatter(self.salt, *keys) % np.uint64(limit)).astype(np.int64)

    def unit(self, *keys: Wholes | int) -> Reals:
        """Give each combination of keys a number of 0..1 of its own."""
        return scatter_unit(self.salt, *keys)

    def scaled(self, number: float, least: int = 1) -> int:
        """Give how many there are in a world of this scale: few scale with its root."""
        return max(least, round(number * math.sqrt(self.laws.scale)))

    def choose(self, draws: Draws, *, bad: bool = False) -> int:
        """Draw the manner of a service from the pool; it departs from it."""
        odds = self.bad_odds if bad else self.good_odds
        law = self.pool[int(draws.rng.choice(len(self.pool), p=odds))]
        return self.manners.add(depart(draws, law, self.laws.wobble))

    def port(self, draws: Draws, manner: int, usual: float = 0.0) -> int:
        """Draw the port of a service of a manner; *usual* is the probability of 443 or 80."""
        law = self.manners.table[manner]
        if draws.happens(usual):
            return 443 if law["proto"] == Protocol.UDP else draws.pick((443, 443, 80))
        port = int(law["port"])
        return draws.whole(*_HIGH_PORTS) if port == ANY_PORT else port

    def proto(self, manner: int) -> int:
        """Give the protocol of a manner."""
        return int(self.manners.table["proto"][manner])

    def own_places(self, draws: Draws, count: int) -> Codes:
        """Draw addresses anywhere in the own blocks, used or not."""
        return draws.some(self.lines.blocks, count) + draws.wholes(256, 65_535, count)

    def shared_hosts(self, number: Wholes) -> Codes:
        """Give addresses of shared hosting by any numbers."""
        return REMOTE_V4 + self.below(1 << REMOTE_BITS, 991, number % _HOSTS)

    def place(
        self, draws: Draws, count: int, *, inside: float, hosted: float, together: float
    ) -> Codes:
        """
        Draw the addresses of *count* services that belong together.

        Args:
            draws: Source of chance.
            count: At least 1.
            inside: Share at lines of ours.
            hosted: Share beside others on one address.
            together: Probability that most stand next to the first, if that is elsewhere.
        """
        code = new_hosts(draws, count)
        code = np.where(draws.chances(_V6, count), remote_v6_codes(code), code)
        where = draws.rng.random(count)
        at_line = self.lines.v4[draws.some(np.flatnonzero(~self.lines.shared), count)]
        beside = self.shared_hosts(draws.wholes(0, _HOSTS, count))
        code = np.select([where < inside, where < inside + hosted], [at_line, beside], code)
        near = draws.chances(_NEAR * draws.happens(together), count) & ~is_own(code[:1])
        return np.unique(np.where(near, code[0] + np.arange(count), code))

    def meet(
        self,
        draws: Draws,
        line: Wholes,
        server: ArrayLike,
        port: ArrayLike,
        manner: ArrayLike,
        **more: ArrayLike,
    ) -> Wholes:
        """
        Let lines meet servers; arrays of shape (n,), or one value for all.

        Args:
            draws: Source of chance.
            line: The clients.
            server: Addresses; a line without IPv6 never meets one of IPv6.
            port: Of the server.
            manner: Numbers.
            more: `Pairs.factor` and what follows there.

        Returns:
            How many packets of each were sampled, shape (n,).
        """
        code = np.broadcast_to(np.asarray(server, np.int64), line.shape)
        able = self.lines.reaches(code, line) & (self.lines.v4[line] != code)
        more |= {"server": code, "port": port, "manner": manner}
        columns = {
            name: np.broadcast_to(np.asarray(value), line.shape)[able]
            for name, value in more.items()
        }
        client = self.lines.codes(line[able], code[able])
        met = np.zeros(line.size, np.int64)
        met[able] = self.meetings.meet(draws, Pairs(client=client, line=line[able], **columns))
        return met


def set_scene(kind: str, seed: int, scale: float) -> Scene:
    """
    Draw the laws of a world, its people and its manners.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    laws = draw_laws(kind, seed, scale)
    draws = Draws(seed, kind, "motley scene")
    who = People(
        sigma=laws.activity, business=laws.business, with_v6=laws.with_v6, shared=laws.shared
    )
    lines = settle_lines(draws, laws.lines, draws.whole(2, 12), who)
    clock, manners = Clock(draws, laws.days), Manners()
    for fixed, law in _FIXED.items():
        number = manners.add(law)
        manners.table["down"][number] = _DOWN.get(fixed, 0.03)
    pool = [draw_law(draws) for _ in range(round(laws.manners))]
    bad, other = draws.rng.dirichlet(np.full(len(pool), 1 / laws.narrowness), 2) + 1e-12
    good = laws.overlap * bad + (1 - laws.overlap) * other
    ordinary = [manners.add(draw_law(draws)) for _ in range(draws.whole(*_ORDINARY))]
    return Scene(
        laws=laws,
        lines=lines,
        manners=manners,
        meetings=Meetings(lines, clock, manners, laws.gain),
        salt=draws.whole(0, 1 << 62),
        pool=pool,
        good_odds=good / good.sum(),
        bad_odds=bad / bad.sum(),
        ordinary=np.array(ordinary),
    )


def new_hosts(draws: Draws, count: int) -> Codes:
    """Draw addresses elsewhere."""
    return REMOTE_V4 + draws.wholes(0, 1 << REMOTE_BITS, count)
