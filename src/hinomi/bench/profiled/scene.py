"""What all parts of a world share: its size, its people, and the addresses of the others."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4, REMOTE_V6, Codes
from hinomi.bench.ground.book import Book
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.ground.lines import Lines, settle_lines
from hinomi.bench.profiled.hours import Hours
from hinomi.bench.profiled.shapes import Shapes
from hinomi.bench.profiled.sheet import Sheet
from hinomi.bench.sampling import scatter, scatter_unit

INTERVAL: Final = 10_000
"""Packets are sampled 1 in so many."""

ODD_PORTS: Final = (
    1883, 8883, 5222, 5223, 5228, 4433, 8443, 8080, 9000, 9100, 5938, 6000, 7000, 8000, 8888,
    9999, 10000, 6667, 1935, 3000, 5000, 5555, 6666, 7777, 1337, 8081, 4443, 10443, 20000, 2222,
)  # fmt: skip
"""Ports on which services of their own makers listen, besides any."""

_ODD_SHARE: Final = 0.35
_HIGH_PORTS: Final = (1_025, 65_000)
_SHARED_HOSTS: Final = 40_000  # Addresses at which many unrelated sites live.
_HOSTING: Final = 991  # Marks them among all that is scattered.


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a kind of world is, at scale 1."""

    lines: int
    infected: float  # Share of the lines.
    blocks: int  # Least number of /16.
    browsing: float  # Packets of browsing sampled, against a dense world.
    quiet: float  # The same of other uses.
    agents: float  # The same of agents on PCs.
    scans: float  # The same of scanning by bots.
    devices: float  # A line.
    niches: int  # Small services.
    probes: float  # From outside, a line and kind of scanner.
    families: tuple[int, int]
    tiered: tuple[int, int]  # Families with fronts on own lines.
    fronts: tuple[int, int]  # Of one of these.
    servers: tuple[int, int]  # Of a large family.
    small: float  # Share of the families with few bots.


SIZES: Final = {
    "dense": Size(
        lines=60_000, infected=0.11, blocks=8, browsing=1.0, quiet=1.0, agents=1.0, scans=1.0,
        devices=2.9, niches=950, probes=2.2, families=(27, 37), tiered=(4, 6), fronts=(4, 8),
        servers=(2, 9), small=0.33,
    ),
    "sparse": Size(
        lines=400_000, infected=0.008, blocks=16, browsing=0.32, quiet=0.33, agents=0.5, scans=1.5,
        devices=1.5, niches=1_500, probes=1.0, families=(23, 29), tiered=(3, 5), fronts=(3, 6),
        servers=(2, 7), small=0.45,
    ),
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Scene:
    """A world in the making."""

    kind: str
    seed: int
    scale: float
    size: Size
    salt: int  # Scatters what belongs to this world.
    lines: Lines
    hours: Hours
    shapes: Shapes
    sheet: Sheet
    book: Book = field(default_factory=Book)

    def draws(self, part: str) -> Draws:
        """Give the stream of chance of a part."""
        return Draws(self.seed, self.kind, part)

    def below(self, limit: int, *keys: Wholes | int) -> Wholes:
        """Give each combination of keys a number of 0..limit-1 of its own."""
        return (scatter(self.salt, *keys) % np.uint64(limit)).astype(np.int64)

    def unit(self, *keys: Wholes | int) -> Reals:
        """Give each combination of keys a number of 0..1 of its own."""
        return scatter_unit(self.salt, *keys)

    def shared_host(self, number: Wholes) -> Codes:
        """Give addresses of shared hosting by any numbers."""
        return remote(self.below(1 << 30, _HOSTING, number % _SHARED_HOSTS))

    def some_hosts(self, draws: Draws, count: int) -> Codes:
        """Draw addresses of shared hosting."""
        return self.shared_host(draws.wholes(0, _SHARED_HOSTS, count))

    def own_places(self, draws: Draws, count: int) -> Codes:
        """Draw addresses anywhere in the own blocks, used or not."""
        block = draws.some(self.lines.blocks, count)
        return block + draws.wholes(256, 65_535, count)


def remote(number: Wholes, v6: Mask | bool = False) -> Codes:  # noqa: FBT001, FBT002 - a column.
    """Turn any whole numbers into addresses elsewhere."""
    host = np.asarray(number, np.int64) & ((1 << REMOTE_BITS) - 1)
    return np.where(v6, REMOTE_V6 | host, REMOTE_V4 | host).astype(np.int64)


def new_hosts(draws: Draws, count: int, v6_share: float = 0.0) -> Codes:
    """Draw addresses elsewhere; a share of them IPv6."""
    return remote(draws.wholes(0, 1 << 40, count), draws.chances(v6_share, count))


def new_host(draws: Draws, v6_share: float = 0.0) -> int:
    """Draw one address elsewhere."""
    return int(new_hosts(draws, 1, v6_share)[0])


def odd_port(draws: Draws) -> int:
    """Draw a port on which no standard service listens."""
    return int(odd_ports(draws, 1)[0])


def odd_ports(draws: Draws, count: int) -> Wholes:
    """Draw ports on which no standard service listens."""
    named = draws.some(np.array(ODD_PORTS), count)
    return np.where(draws.chances(_ODD_SHARE, count), named, draws.wholes(*_HIGH_PORTS, count))


def set_scene(kind: str, seed: int, scale: float) -> Scene:
    """
    Settle the people of a world.

    Args:
        kind: One of SIZES.
        seed: Fixes all that is drawn.
        scale: Of the number of lines; 1 is the whole size.

    Raises:
        ValueError: If there is no such kind, or the scale leaves too few lines.
    """
    if kind not in SIZES:
        raise ValueError(f"no kind {kind!r}: it is one of {', '.join(SIZES)}")
    size = SIZES[kind]
    count = int(size.lines * scale)
    if not 500 <= count <= size.lines:  # noqa: PLR2004 - fewer leave no room for botnets.
        raise ValueError(f"scale {scale} gives {count} lines: 500 to {size.lines} are possible")
    draws = Draws(seed, kind, "people")
    lines = settle_lines(draws, count, size.blocks)
    hours, shapes = Hours(Draws(seed, kind, "hours")), Shapes()
    return Scene(
        kind=kind,
        seed=seed,
        scale=scale,
        size=size,
        salt=draws.whole(1, 1 << 62),
        lines=lines,
        hours=hours,
        shapes=shapes,
        sheet=Sheet(lines, hours, shapes),
    )
