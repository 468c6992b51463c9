"""Browsing: sites from the very popular to the ones that a single line visits."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6, Codes
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes, ranks_of
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import ODD_PORTS, Scene, remote
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Rows
from hinomi.bench.sampling import scatter
from hinomi.model.protocol import Protocol

HTTP, HTTPS = 80, 443

_PER_LINE: Final = 27.0  # Packets sampled, or trains of packets.
_SITES: Final = 1_800_000
_STEEPNESS: Final = 1.06
_FAVOURITES: Final = 0.6  # Share of the visits to the line's own few sites.
_SLOTS: Final = 25
_GIANTS: Final = 60  # Ranks below have many addresses,
_TOP: Final = 3_000  # below this some; beyond it many sites share a host.
_ADDRESSES: Final = (40, 6)
_SHARED: Final = 0.3
_V6: Final = (0.45, 0.12)  # Share of the sites: of the top, and of the others.
_TRAINS: Final = 0.10  # Visits so heavy that several packets are sampled,
_TRAIN: Final = (2, 14)  # so many,
_MERGED: Final = 0.12  # in one record for some of them,
_MERGED_MOST: Final = 6
_TRAIN_DAYS: Final = 0.004  # within this.
_UPLOADS: Final = 0.04
_DOWN: Final = 0.6
_TRAIN_DOWN: Final = 0.66
_CDN_RANKS: Final = 60
_NAMED_RANKS: Final = 400

# Share of the sites that are https, http/3, http, other http ports, other TCP and UDP: of the
# top ones, then of the others, as running sums. The order of the kinds is that of `_sorts`.
_TOP_SORTS: Final = np.array([0.52, 0.90, 0.97, 1.0])
_OTHER_SORTS: Final = np.array([0.70, 0.76, 0.84, 0.92, 0.96, 1.0])
_OTHER_KINDS: Final = np.array([0, 1, 2, 4, 3, 5])
_QUIC, _PLAIN, _ODD, _HIGH_TCP, _HIGH_UDP = 1, 2, 3, 4, 5
_HIGH: Final = (1_024, 60_000)


def browse(scene: Scene) -> None:
    """Let everyone browse, and name the most popular sites."""
    draws = scene.draws("web")
    count = int(scene.lines.count * _PER_LINE * scene.size.browsing)
    line = scene.lines.pick(count, draws)
    habit = np.where(scene.lines.business[line], Habit.BUSINESS, Habit.HOME)
    whole = np.zeros(count), np.full(count, DAYS)
    at = scene.hours.when(draws, habit, *whole, scene.lines.phase[line])
    _visit(scene, draws, line, at, trains=True)


def name_sites(scene: Scene) -> None:
    """Name the most popular sites, unless they have a name that says more."""
    ranks = np.arange(1, _NAMED_RANKS)
    line = scene.lines.pick(ranks.size, scene.draws("named sites"))
    site = _sites(scene, ranks, line)
    for rank, *service in zip(ranks.tolist(), *(part.tolist() for part in site[:3]), strict=True):
        key = (service[0], service[2], service[1])
        if key not in scene.book.entries:
            scene.book.name(key, "cdn" if rank < _CDN_RANKS else "web")


def visit_for_others(scene: Scene, draws: Draws, line: Wholes, at: Reals) -> None:
    """Visit sites over lines of others (residential proxies): single packets at any hour."""
    _visit(scene, draws, line, at, trains=False)


def popular_site(scene: Scene, draws: Draws, first: int, last: int) -> int:
    """Draw a site of https over IPv4 that has a rank of first..last-1."""
    while True:
        rank, line = draws.wholes(first, last, 1), scene.lines.pick(1, draws)
        code, port, proto, _ = _sites(scene, rank, line)
        if code[0] < REMOTE_V6 and proto[0] == Protocol.TCP and port[0] == HTTPS:
            return int(code[0])


def _visit(scene: Scene, draws: Draws, line: Wholes, at: Reals, *, trains: bool) -> None:
    count = line.size
    code, port, proto, shape = _sites(scene, _choose(scene, draws, line), line)
    shape = np.where(draws.chances(_UPLOADS, count) & (proto == Protocol.TCP), Usual.UPLOAD, shape)
    size = np.ones(count, np.int64)
    if trains:
        size[draws.chances(_TRAINS, count)] = 0
        long = size == 0
        size[long] = draws.numbers(*_TRAIN, int(long.sum())).astype(np.int64)
    merged = (size > 1) & draws.chances(_MERGED, count)
    packets = np.where(merged, np.minimum(size, _MERGED_MOST), 1)
    visit = np.repeat(np.arange(count), np.where(merged, 1, size))
    repeated = ((size > 1) & ~merged)[visit]
    late = np.where(repeated, draws.rng.exponential(_TRAIN_DAYS, visit.size), 0.0)
    wide = scene.lines.port_span[line].astype(np.float64)
    client_port = scene.lines.port_base[line] + (draws.rng.random(count) * wide).astype(np.int64)
    down = np.where(
        repeated,
        draws.chances(_TRAIN_DOWN, visit.size),
        draws.chances(_DOWN, count)[visit],
    )
    scene.sheet.write(draws, Rows(
        client=scene.lines.codes(line, code)[visit], server=code[visit],
        client_port=client_port[visit], server_port=port[visit], proto=proto[visit],
        shape=shape[visit], down=down, at=np.minimum(at[visit] + late, DAYS - 1e-7),
        packets=packets[visit],
    ))  # fmt: skip


def _choose(scene: Scene, draws: Draws, line: Wholes) -> Wholes:
    """Choose the rank of the site of each visit: a favourite of the line, or any."""
    slot = (draws.rng.random(line.size) ** 2.5 * _SLOTS).astype(np.int64)
    favourite = draws.chances(_FAVOURITES, line.size)
    unit = np.where(favourite, scene.unit(line, slot, 21), draws.rng.random(line.size))
    return ranks_of(unit, _STEEPNESS, _SITES)


def _sites(scene: Scene, rank: Wholes, line: Wholes) -> tuple[Codes, Wholes, Wholes, Wholes]:
    """Give address, port, protocol and shape of sites, as *line* meets them."""
    top = rank < _TOP
    farm = np.where(rank < _GIANTS, _ADDRESSES[0], np.where(top, _ADDRESSES[1], 1))
    nearest = (scatter(line) % farm.astype(np.uint64)).astype(np.int64)
    shared = ~top & (scene.unit(rank, 4) < _SHARED)
    v6 = scene.unit(rank, 11) < np.where(top, *_V6)
    own = remote(scene.below(1 << 30, rank, 2, nearest), v6 & scene.lines.has_v6[line] & ~shared)
    code = np.where(shared, scene.shared_host(scene.below(1 << 30, rank, 6)), own)
    return code, *_sorts(scene, rank, top)


def _sorts(scene: Scene, rank: Wholes, top: Mask) -> tuple[Wholes, Wholes, Wholes]:
    """Tell port, protocol and shape of sites by their rank."""
    unit, taste = scene.unit(rank, 1), scene.unit(rank, 3)
    sort = np.where(
        top,
        np.searchsorted(_TOP_SORTS, unit, side="right"),
        _OTHER_KINDS[np.searchsorted(_OTHER_SORTS, unit, side="right")],
    )
    odd = np.array(ODD_PORTS)[scene.below(len(ODD_PORTS), rank, 8)]
    high = _HIGH[0] + scene.below(_HIGH[1], rank, 9)
    port = np.select([sort == _PLAIN, sort == _ODD, sort >= _HIGH_TCP], [HTTP, odd, high], HTTPS)
    udp = (sort == _QUIC) | (sort == _HIGH_UDP)
    secure = np.where(taste < 0.5, Usual.WEB, Usual.WEB_INTERACTIVE)  # noqa: PLR2004 - half.
    shape = np.select(
        [sort == 0, sort == _QUIC, sort == _PLAIN, sort == _HIGH_UDP],
        [secure, Usual.QUIC, Usual.WEB, Usual.GAME],
        Usual.WEB_INTERACTIVE,
    )
    proto = np.where(udp, Protocol.UDP, Protocol.TCP)
    return port.astype(np.int64), proto.astype(np.int64), shape.astype(np.int64)
