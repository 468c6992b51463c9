"""Floods: bots strike a victim together, in their own name or in that of others."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.families import Design, Family
from hinomi.bench.communal.kinds import INTERVAL, SECOND_MS, WEEK_MS
from hinomi.bench.communal.packets import GREET, PUSH, Talk
from hinomi.bench.communal.places import REMOTE_BITS, REMOTE_V4
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Exchange, Hours
from hinomi.bench.exchange import ACK, RST, SYN
from hinomi.bench.sampling import scatter
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress

_ARMED: Final = frozenset(
    {Design.SCANNING, Design.QUIET, Design.CHAT, Design.RESIDENTS, Design.FRONTS}
)
_PORTS: Final = (80, 443, 53, 22, 25_565, 27_015, 3_074, 8_080, None)
_LEAST_SCALE: Final = 0.15
_LONGEST_S: Final = 1_800
_POPULAR: Final = 100  # First ranks of the web that nobody floods.
_FORGED: Final = 0.65  # Share of SYN floods under forged sources.
_FORGED_OUTSIDE: Final = 0.75  # Share of these sources that are not ours.
_ROUND_TRIP_MS: Final = 12


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of flood."""

    share: float  # Of all floods.
    proto: int
    flags: int
    sizes: tuple[int, ...]
    answered: float  # Share of packets that the victim answers, if it still does.
    answer: int  # Its flags.
    answer_bytes: int = 300
    acknowledged: float = 0.0  # Share of packets that are bare ACKs: there is a connection.
    port_ms: int = 1  # How long a bot keeps a source port.


_SORTS: Final = (
    _Sort(0.25, TCP, ACK, (40, 552), 0.25, RST, 40),
    _Sort(0.33, UDP, UNKNOWN_FLAGS, (540, 1_052, 1_428, 46), 0.03, UNKNOWN_FLAGS),
    _Sort(0.22, TCP, SYN, (60,), 0.15, GREET, 40),
    _Sort(0.12, TCP, PUSH, (420,), 0.6, ACK, acknowledged=0.35, port_ms=20_000),
    _Sort(0.08, TCP, PUSH, (580,), 0.4, PUSH, acknowledged=0.35),
)


@dataclass(frozen=True, slots=True)
class _Flood:
    """Packets of one flood; arrays have shape (n,)."""

    bot: Ints
    ts_ms: Ints
    port: Ints  # Of the bot.
    victim: tuple[int, int]  # Code and port.


def strike(scene: Scene, family: Family, chance: Chance) -> None:
    """Let the bots of a family flood a few victims, if its design does."""
    if family.design not in _ARMED or not chance.happens(0.75):
        return
    for _ in range(chance.whole(1, 6)):
        sort = chance.one(_SORTS, [each.share for each in _SORTS])
        flood = _draw(scene, family, sort, chance)
        if flood.bot.size:
            _send(scene, family, sort, flood, chance)


def _draw(scene: Scene, family: Family, sort: _Sort, chance: Chance) -> _Flood:
    begins_ms = chance.whole(0, int(WEEK_MS * 0.97))
    lasting_ms = int(chance.decade(40, _LONGEST_S)) * SECOND_MS
    taking_part = chance.each(family.size, chance.between(0.25, 0.95))
    there = (family.since < begins_ms) & (family.until > begins_ms) & taking_part
    part = np.flatnonzero(there)
    code, port = _victim(scene, family, sort, chance)
    each = chance.decade(80, 2_500) * lasting_ms / SECOND_MS / INTERVAL
    rate = each * chance.spread(1.0, 0.5, part.size)
    most = scene.size.scaled(scene.size.kind.flooding, _LEAST_SCALE)
    rate *= min(1.0, most / max(1.0, float(rate.sum())))
    bot = np.repeat(part, chance.poisson(rate))
    ts_ms = begins_ms + (chance.unit(bot.size) * lasting_ms).astype(np.int64)
    mixed = scatter(family.line[bot], ts_ms // sort.port_ms) % np.uint64(64_000)
    return _Flood(bot, ts_ms, 1_024 + mixed.astype(np.int64), (code, port))


def _victim(scene: Scene, family: Family, sort: _Sort, chance: Chance) -> tuple[int, int]:
    """Choose somebody to flood, a site of the web or a host of its own, that people use too."""
    register = scene.register
    if chance.happens(0.6):
        port = chance.one(_PORTS)
        odd = chance.whole(1_025, 65_000) if port is None else port
        service = register.add(1, odd, sort.proto, "ddos-victim", family=family.name)
    else:
        web = scene.shared["web"]
        rank = chance.whole(_POPULAR, max(_POPULAR + 1, web.size // 20))
        code = register.columns.code[web[[min(rank, web.size - 1)]]]
        service = register.add(1, 443, sort.proto, "ddos-victim", family=family.name, code=code)
    usual = scene.any_line(chance, min(scene.lines.count, chance.around(8, 1.2) + 1))
    talk = Talk.SHORT if sort.proto == TCP else Talk.DATAGRAM
    rate = chance.spread(0.4, 1.0, usual.size)
    scene.traffic.relate(usual, 1, int(service[0]), rate, talk, hours=Hours.AWAKE)
    code_v4, _, port_number = register.key(int(service[0]))
    return code_v4, port_number


def _send(scene: Scene, family: Family, sort: _Sort, flood: _Flood, chance: Chance) -> None:
    count = flood.bot.size
    if sort.flags == SYN and chance.happens(_FORGED):
        _forge(scene, family, flood, chance)
    else:
        bare = chance.each(count, sort.acknowledged)
        _exchange(
            scene, family, sort, flood,
            up=True, flags=np.where(bare, ACK, sort.flags), octets=chance.one(sort.sizes),
        )  # fmt: skip
    if not chance.happens(0.7):
        return  # The victim is down.
    some = np.flatnonzero(chance.each(count, sort.answered))
    answers = _Flood(
        flood.bot[some], flood.ts_ms[some] + _ROUND_TRIP_MS, flood.port[some], flood.victim
    )
    _exchange(
        scene, family, sort, answers,
        up=False, flags=np.full(some.size, sort.answer), octets=sort.answer_bytes,
    )  # fmt: skip


def _forge(scene: Scene, family: Family, flood: _Flood, chance: Chance) -> None:
    """Send a flood under sources of others and of neighbours."""
    count = flood.bot.size
    outside = REMOTE_V4 + chance.wholes(0, 1 << REMOTE_BITS, count)
    forged = chance.each(count, _FORGED_OUTSIDE)
    scene.traffic.inject(
        np.where(forged, outside, scene.own_place(chance, count)),
        np.full(count, flood.victim[0]),
        flood.ts_ms,
        ports=(flood.port, flood.victim[1]),
        flags=SYN,
        octets=40 + 20 * chance.each(count, 0.3).astype(np.int64),
        router=scene.lines.edge[family.line[flood.bot]],
        ingress=Ingress.SUBSCRIBER,
    )


def _exchange(
    scene: Scene,
    family: Family,
    sort: _Sort,
    flood: _Flood,
    *,
    up: bool,
    flags: Ints,
    octets: int,
) -> None:
    count = flood.bot.size
    code, port = flood.victim
    scene.traffic.exchange(
        Exchange(
            line=family.line[flood.bot],
            device=family.device[flood.bot],
            other=np.full(count, code),
            ts_ms=flood.ts_ms,
            up=np.full(count, up),
            line_port=flood.port,
            other_port=np.full(count, port),
            proto=np.full(count, sort.proto),
            flags=flags,
            octets=np.full(count, octets),
        )
    )
