"""
Subscribers' lines: where their addresses lie, how active they are, what ports they use.

Addresses cluster: blocks are filled unevenly, and only their lower part. Some lines share an
address, each with ports of its own, and nobody says of which addresses that is true.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import LARGE_V4, OWN_V6, REMOTE_V6, Codes
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.sampling import scatter, scatter_unit

_BLOCKS: Final = 2_048  # /16 in 248.0.0.0/5.
_BLOCK: Final = 1 << 16
_HOLDS: Final = 52_000  # Lines of the fullest block.
_FIRST: Final = 256  # The first /24 of a block is the provider's own.
_LAST: Final = 65_000  # Addresses of a block that lines may have.
_SPARE: Final = (1.15, 2.2)  # Addresses in use for each line.

_DEVICES: Final = 3  # With an IPv6 address of their own.
_IANA_PORTS: Final = 0.6  # Lines whose devices use the range of RFC 6335, section 6.
_IANA_FIRST: Final = 49_152
_USER_FIRST: Final = 1_024
_LAST_PORT: Final = 65_535
_SHARERS: Final = 55  # Lines behind one address, each with
_SLOT: Final = 1_100  # so many ports.
_OUTSIDE_PORTS: Final = (32_768, 28_000)  # First, and how many: the usual range of Linux.
_PHASE_DAYS: Final = 1.2 / 24  # Early risers and night owls.


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What the subscribers of a network are like."""

    sigma: float = 1.3  # Of the log-normal activity.
    business: float = 0.06  # Share of the lines, as the next two.
    with_v6: float = 0.35
    shared: float = 0.08  # Behind an address of several lines.


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The subscribers; arrays are of shape (n,), one value a line."""

    blocks: Codes  # The first address of each block, shape (m,).
    block: Wholes  # Index into *blocks*.
    v4: Codes
    activity: Reals  # Mean 1.
    reach: Reals  # Running sum of *activity*.
    business: Mask
    has_v6: Mask
    shared: Mask  # The address belongs to other lines, too.
    port_base: Wholes
    port_span: Wholes
    phase: Reals  # By how many days the line's clock of habits is late.

    @property
    def count(self) -> int:
        """Count the lines."""
        return int(self.v4.size)

    def pick(self, count: int, draws: Draws) -> Wholes:
        """Draw lines, the active ones more often."""
        place = np.searchsorted(self.reach, draws.rng.random(count) * self.reach[-1])
        picked: Wholes = np.minimum(place, self.count - 1).astype(np.int64)
        return picked

    def codes(self, line: Wholes, server: Codes | None = None) -> Codes:
        """Give the addresses that lines use; towards IPv6 servers one of few of a device."""
        v4: Codes = self.v4[line]
        if server is None:
            return v4
        device = (scatter(line, server) % np.uint64(_DEVICES)).astype(np.int64)
        host = (scatter(line, device) >> np.uint64(32)).astype(np.int64)
        return np.where(server >= REMOTE_V6, OWN_V6 | line << 32 | host, v4)

    def reaches(self, server: Codes | int, line: Wholes) -> Mask:
        """Tell which lines can call *server*: IPv6 is not everybody's."""
        can: Mask = (np.asarray(server) < REMOTE_V6) | self.has_v6[line]
        return can

    def client_ports(
        self, client: Codes, server: Codes, port: Wholes, line: Wholes, lives: Reals
    ) -> Wholes:
        """
        Give the port of each client: another one each time that its relation begins anew.

        Args:
            client: Addresses, as the other arguments of shape (n,).
            server: Whom they call.
            port: On which port.
            line: The lines they are; -1 outside.
            lives: How often the relation began anew until now.
        """
        epoch = np.floor(lives + scatter_unit(client, server)).astype(np.int64)
        first = np.where(line >= 0, self.port_base[line], _OUTSIDE_PORTS[0])
        wide = np.where(line >= 0, self.port_span[line], _OUTSIDE_PORTS[1])
        drawn = scatter(client, server, port, epoch) % wide.astype(np.uint64)
        return np.asarray(first + drawn.astype(np.int64), np.int64)

    def of(self, code: Codes, port: Wholes) -> Wholes:
        """Give the line behind own addresses and ports; -1 where there is none."""
        slot = np.where(self.shared, (self.port_base - _USER_FIRST) // _SLOT, 0)
        keys = self.v4 << 16 | slot
        order = np.argsort(keys)
        ends = self.v4[self.shared]
        asked_slot = np.where(np.isin(code, ends), (port - _USER_FIRST) // _SLOT, 0)
        asked = np.where(code < OWN_V6, code, 0) << 16 | asked_slot
        place = np.minimum(np.searchsorted(keys[order], asked), self.count - 1)
        line = np.where(keys[order][place] == asked, order[place], -1)
        is_v6 = (code & OWN_V6) != 0
        return np.where(is_v6, (code & ~OWN_V6) >> 32, line).astype(np.int64)


def settle_lines(
    draws: Draws, count: int, least_blocks: int, people: People | None = None
) -> Lines:
    """
    Draw the subscribers.

    Args:
        draws: Source of chance.
        count: Number of lines, at least 1.
        least_blocks: They lie in at least so many blocks of 65,536 addresses.
        people: What they are like; None: the usual.
    """
    rng, who = draws.rng, people or People()
    blocks, block = _fill(draws, count, max(least_blocks, int(count * 1.5 / _BLOCK) + 1))
    v4 = _place(draws, blocks, block)
    base = np.where(draws.chances(_IANA_PORTS, count), _IANA_FIRST, _USER_FIRST)
    span = _LAST_PORT - base
    shared = draws.chances(who.shared, count)
    _share(v4, base, span, np.flatnonzero(shared)[np.argsort(block[shared], kind="stable")])
    activity = draws.spread(-(who.sigma**2) / 2, who.sigma, count)
    return Lines(
        blocks=blocks,
        block=block,
        v4=v4,
        activity=activity,
        reach=np.cumsum(activity),
        business=draws.chances(who.business, count),
        has_v6=draws.chances(who.with_v6, count),
        shared=shared,
        port_base=base.astype(np.int64),
        port_span=span.astype(np.int64),
        phase=rng.normal(0, _PHASE_DAYS, count),
    )


def _fill(draws: Draws, count: int, blocks: int) -> tuple[Codes, Wholes]:
    """Choose blocks, and which line lies in which."""
    numbers = np.sort(draws.rng.choice(_BLOCKS, blocks, replace=False)).astype(np.int64)
    share = draws.rng.dirichlet(np.full(blocks, 2.0))
    block = draws.rng.choice(blocks, count, p=share)
    while np.bincount(block, minlength=blocks).max() > _HOLDS:
        share = (share + 1 / blocks) / 2
        block = draws.rng.choice(blocks, count, p=share)
    return LARGE_V4 + numbers * _BLOCK, block.astype(np.int64)


def _place(draws: Draws, blocks: Codes, block: Wholes) -> Codes:
    """Give each line an address of its own in its block."""
    v4 = np.empty(block.size, np.int64)
    for number, first in enumerate(blocks.tolist()):
        here = np.flatnonzero(block == number)
        wide = min(_LAST, int(here.size * draws.between(*_SPARE)) + 300)
        v4[here] = first + _FIRST + draws.rng.permutation(wide)[: here.size]
    return v4


def _share(v4: Codes, base: Wholes, span: Wholes, sharers: Wholes) -> None:
    """Let *sharers* have one address for every few of them, and ports apart."""
    group, slot = np.divmod(np.arange(sharers.size), _SHARERS)
    v4[sharers] = v4[sharers[group * _SHARERS]]
    base[sharers] = _USER_FIRST + slot * _SLOT
    span[sharers] = _SLOT
