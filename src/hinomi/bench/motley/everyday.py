"""Ordinary use: sites from the very popular to those of a single line, and what all know."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_BITS, REMOTE_V4, REMOTE_V6, Codes, remote_v6_codes
from hinomi.bench.ground.draws import Draws, Reals, Wholes, ranks_of
from hinomi.bench.motley.manners import depart, draw_law
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts
from hinomi.model.protocol import Protocol

_AT_ONCE: Final = 1_000_000  # Visits.
_SLOTS: Final = 25  # Sites that a line likes.
_TOP: Final = 60  # Ranks of which each has several addresses,
_NAMED: Final = 400  # and those that have names.
_ADDRESSES: Final = 16
_STANDARD: Final = (443, 443, 443, 80)
_SEPARATE: Final = 1.0001  # A steepness of 1 has no power law of its own.

# What everybody knows: label, protocol and ports, as a world may have them.
_USES: Final = (
    ("dns", Protocol.UDP, (53,)), ("ntp", Protocol.UDP, (123,)),
    ("push", Protocol.TCP, (5228, 5223, 443)), ("mail-server", Protocol.TCP, (993, 25, 587)),
    ("stun", Protocol.UDP, (3478, 19302)), ("vpn", Protocol.UDP, (51820, 4500, 1194)),
    ("game", Protocol.UDP, (27015, 25565, 3074)), ("conference", Protocol.UDP, (8801, 443)),
    ("update-server", Protocol.TCP, (80, 443)), ("telephony", Protocol.UDP, (5060, 5061)),
    ("ssh", Protocol.TCP, (22,)), ("chat", Protocol.TCP, (5222, 6697, 443)),
)  # fmt: skip
_NAMED_OF_USE: Final = 60


def live(scene: Scene) -> None:
    """Let the lines browse and use what everybody knows."""
    draws = scene.draws("sites")
    count = int(scene.lines.count * scene.laws.visits)
    for first in range(0, count, _AT_ONCE):  # Bounds memory.
        visit(scene, draws, scene.lines.pick(min(_AT_ONCE, count - first), draws))
    for number in range(round(scene.laws.uses)):
        _use(scene, scene.draws(f"use {number}"))


def visit(scene: Scene, draws: Draws, line: Wholes, starts: Reals | float = 0.0) -> None:
    """Let lines visit sites, one of those they like or any."""
    liked = draws.chances(scene.laws.favourites, line.size)
    slot = (draws.rng.random(line.size) ** 2.5 * _SLOTS).astype(np.int64)
    unit = np.where(liked, scene.unit(line, slot, 21), draws.rng.random(line.size))
    rank = ranks_of(unit, scene.laws.steepness * _SEPARATE, round(scene.laws.sites))
    code, port, manner = _sites(scene, rank, line)
    bursts = np.ones(line.size, np.int64)
    scene.meet(draws, line, code, port, manner, bursts=bursts, starts=starts)


def popular_site(scene: Scene, draws: Draws) -> tuple[int, int, int]:
    """Draw a site over IPv4 that many know: address, protocol and port."""
    while True:
        rank, line = draws.wholes(1, _NAMED, 1), scene.lines.pick(1, draws)
        code, port, manner = _sites(scene, rank, line)
        if code[0] < REMOTE_V6:
            return int(code[0]), scene.proto(int(manner[0])), int(port[0])


def name_sites(scene: Scene) -> None:
    """Name the most popular sites, unless they have a name that says more."""
    draws = scene.draws("names")
    for rank in range(1, _NAMED):
        line = scene.lines.pick(3, draws)
        code, port, manner = _sites(scene, np.full(3, rank), line)
        for each in np.unique(code).tolist():
            service = each, scene.proto(int(manner[0])), int(port[0])
            if service not in scene.book.entries:
                scene.book.name(service, "cdn" if rank < _TOP else "web")


def _sites(scene: Scene, rank: Wholes, line: Wholes) -> tuple[Codes, Wholes, Wholes]:
    """Give address, port and manner of sites, as *line* meets them."""
    top, hosted = rank < _TOP, scene.unit(rank, 4) < scene.laws.hosted
    nearest = np.where(top, scene.below(_ADDRESSES, line, 5), 0)
    code = REMOTE_V4 + scene.below(1 << REMOTE_BITS, rank, 2, nearest)
    code = np.where(hosted & ~top, scene.shared_hosts(rank), code)
    v6 = (scene.unit(rank, 11) < 0.3) & scene.lines.has_v6[line] & (top | ~hosted)  # noqa: PLR2004 - a third.
    code = np.where(v6, remote_v6_codes(code), code)
    usual = scene.unit(rank, 1) < scene.laws.standard
    standard = np.array(_STANDARD)[scene.below(len(_STANDARD), rank, 3)]
    port = np.where(usual, standard, 1_024 + scene.below(60_000, rank, 9))
    manner = scene.ordinary[scene.below(scene.ordinary.size, rank, 6)]
    return code, port, manner


def _use(scene: Scene, draws: Draws) -> None:
    """Let a share of the lines use some servers that all know."""
    label, proto, ports = draws.pick(_USES)
    law = draw_law(draws)
    law["proto"], law["rate"] = proto, draws.number(0.05, 4)
    manner = scene.manners.add(depart(draws, law, scene.laws.wobble))
    users = np.flatnonzero(draws.chances(draws.number(0.02, 0.8), scene.lines.count))
    line = np.repeat(users, draws.whole(1, 4))
    code, port = new_hosts(draws, draws.whole(1, scene.scaled(1_500, 40))), draws.pick(ports)
    rank = draws.ranks(draws.between(0.7, 1.6) * _SEPARATE, code.size + 1, line.size) - 1
    place = np.minimum(rank, code.size - 1)
    scene.meet(draws, line, code[place], port, manner)
    scene.book.name_all(code[:_NAMED_OF_USE], proto, port, label)


def resolve(scene: Scene) -> None:
    """Let the lines look up names at the provider's own resolvers."""
    draws = scene.draws("resolvers")
    code = scene.lines.blocks[:2] + 10
    line = scene.lines.pick(int(scene.lines.count * draws.number(0.2, 3)), draws)
    server = draws.some(code, line.size)
    scene.meet(draws, line, server, 53, int(Fixed.LOOKUP), bursts=np.ones(line.size, np.int64))
    scene.book.name_all(code, Protocol.UDP, 53, "dns")
