"""Bots that look for more bots: SYNs to anywhere, answers from a few, and hot targets."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.families import Design, Family
from hinomi.bench.communal.kinds import INTERVAL, SECOND_MS, WEEK_MS
from hinomi.bench.communal.packets import GREET, PUSH, REFUSE
from hinomi.bench.communal.places import REMOTE_BITS, REMOTE_V4
from hinomi.bench.communal.register import TCP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Exchange
from hinomi.bench.exchange import ACK, SYN

_SOMETIMES: Final = frozenset({Design.RESIDENTS, Design.MESH, Design.FRONTS, Design.CHAT})
_PORTS: Final = (
    (23, 2_323), (23,), (80, 8_080, 81), (5_555,), (7_547,), (37_215, 52_869), (22,),
    (2_222, 22), (8_443, 443), (445,), (3_389,), (6_379, 8_088), (60_001, 8_081), (1_433,),
    (49_152, 7_574), (554, 8_554),
)  # fmt: skip
"""What families scan for, the first port most."""
_FIRST_WEIGHT: Final = 8.0
_PACKETS_PER_PPS: Final = WEEK_MS / SECOND_MS / INTERVAL  # Sampled a week at 1 a second.
_LEAST_SCALE: Final = 0.1
_LOCAL: Final = 0.04  # Share of probes at neighbours.
_SOURCE_PORTS: Final = (32_768, 60_999)  # Ephemeral ports of Linux.
_LASTING_MS: Final = 900_000  # Of a break-in at a hot target.
_SENSED: Final = 2.5  # A sensor outside meets a bot of 1 packet a second so often.
_TOLD: Final = 0.75  # And so many of those it meets come to the provider's ears.
_ANSWERS: Final = (
    (0.05, REFUSE, 40, False), (0.015, GREET, 44, False), (0.05, PUSH, 60, True),
    (0.05, PUSH, 66, False), (0.05, ACK, 40, True),
)  # fmt: skip
"""Share of probes, flags, bytes and whether the bot sends: what else is seen of scanning."""
_BREAK_INS: Final = ((GREET, 44, False), (ACK, 40, True), (PUSH, 62, True), (PUSH, 70, False))


@dataclass(frozen=True, slots=True)
class _Probes:
    """Probes of a family; every array has shape (n,)."""

    bot: Ints  # Index among the members.
    ts_ms: Ints
    target: Ints
    port: Ints


def spread(scene: Scene, family: Family, chance: Chance) -> list[tuple[int, int]]:
    """
    Let the bots of a family scan, if its design does.

    Returns:
        Address and port of bots whose scanning was seen elsewhere, for the list of suspects.
    """
    sometimes = family.design in _SOMETIMES and chance.happens(0.3)
    if family.design is not Design.SCANNING and not sometimes:
        return []
    ports = chance.one(_PORTS)
    pps, begins, ends = _paces(scene, family, chance)
    sampled = chance.poisson(pps * _PACKETS_PER_PPS * (ends - begins) / WEEK_MS)
    bot = np.repeat(np.arange(family.size), sampled)
    ts_ms = begins[bot] + (chance.unit(bot.size) * (ends - begins)[bot]).astype(np.int64)
    local = chance.each(bot.size, _LOCAL)
    target = np.where(local, scene.own_place(chance, bot.size), _anywhere(chance, bot.size))
    weights = [_FIRST_WEIGHT, *([1.0] * (len(ports) - 1))]
    probes = _Probes(bot, ts_ms, target, chance.some(ports, bot.size, weights))
    if bot.size and chance.happens(0.5):
        probes = _break_in(scene, family, probes, ports[0], chance)
    octets = 40 if family.plan.number % 2 == 0 else chance.some((44, 60), bot.size)
    _send(scene, family, probes, (SYN, octets, True), chance)
    for share, flags, size, up in _ANSWERS:
        some = np.flatnonzero(chance.each(bot.size, share))
        answers = _Probes(bot[some], ts_ms[some], _anywhere(chance, some.size), probes.port[some])
        _send(scene, family, answers, (flags, size, up), chance)
    met = chance.each(family.size, -np.expm1(-pps * _SENSED) * _TOLD)
    address = scene.lines.first[family.line[met]]
    return list(zip(address.tolist(), chance.some(ports, address.size).tolist(), strict=True))


def _paces(scene: Scene, family: Family, chance: Chance) -> tuple[Floats, Ints, Ints]:
    """Draw packets a second of each bot, some of which never scan, and when it scans."""
    count = family.size
    pps = np.clip(chance.spread(chance.decade(0.1, 12.0), 0.9, count), 0.05, 50.0)
    pps *= chance.each(count, chance.between(0.3, 1.0))
    since = np.maximum(family.since, 0)
    later = (chance.unit(count) * 0.3 * (WEEK_MS - since)).astype(np.int64)
    begins = since + np.where(chance.each(count, 0.5), later, 0)
    lasting = (WEEK_MS * chance.rng.beta(1.2, 0.8, count)).astype(np.int64)
    ends = np.maximum(np.minimum(family.until, begins + lasting), begins)
    expected = float((pps * _PACKETS_PER_PPS * (ends - begins) / WEEK_MS).sum())
    most = scene.size.scaled(scene.size.kind.scanning, _LEAST_SCALE)
    return pps * min(1.0, most / max(1.0, expected)), begins, ends


def _break_in(scene: Scene, family: Family, probes: _Probes, port: int, chance: Chance) -> _Probes:
    """Aim some probes at a few hot targets, which let many bots in."""
    hot = scene.register.add(chance.whole(8, 40), port, TCP, "scan-target", family=family.name)
    aimed = chance.each(probes.bot.size, chance.between(0.005, 0.03))
    place = chance.some(scene.register.columns.code[hot], probes.bot.size)
    target, ports = np.where(aimed, place, probes.target), np.where(aimed, port, probes.port)
    inside = np.flatnonzero(aimed & chance.each(aimed.size, 0.9))
    for flags, size, up in _BREAK_INS:
        some = inside[chance.each(inside.size, 0.8)]
        ts_ms = probes.ts_ms[some] + chance.wholes(20, _LASTING_MS, some.size)
        talk = _Probes(probes.bot[some], ts_ms, target[some], ports[some])
        _send(scene, family, talk, (flags, size, up), chance)
    return _Probes(probes.bot, probes.ts_ms, target, ports)


def _send(
    scene: Scene,
    family: Family,
    probes: _Probes,
    looks: tuple[int, int | Ints, bool],
    chance: Chance,
) -> None:
    flags, octets, up = looks
    count = probes.bot.size
    scene.traffic.exchange(
        Exchange(
            line=family.line[probes.bot],
            device=family.device[probes.bot],
            other=probes.target,
            ts_ms=probes.ts_ms,
            up=np.full(count, up),
            line_port=chance.wholes(*_SOURCE_PORTS, count),
            other_port=probes.port,
            proto=np.full(count, TCP),
            flags=np.full(count, flags),
            octets=np.broadcast_to(np.asarray(octets, np.int64), (count,)),
        )
    )


def _anywhere(chance: Chance, count: int) -> Ints:
    return REMOTE_V4 + chance.wholes(0, 1 << REMOTE_BITS, count)
