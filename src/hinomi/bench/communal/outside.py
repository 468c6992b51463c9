"""What comes in unasked: scans, research, backscatter, forged floods and reflection."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS, HOUR_MS, WEEK_MS
from hinomi.bench.communal.lines import EDGES
from hinomi.bench.communal.packets import GREET, REFUSE, Talk
from hinomi.bench.communal.places import MACHINE_BITS, MACHINES_V4
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import BORDERS, Exchange
from hinomi.bench.exchange import RST, SYN
from hinomi.bench.sampling import scatter
from hinomi.model.flow import UNKNOWN_FLAGS

_HOSTILE_PORTS: Final = (
    23, 2_323, 22, 80, 8_080, 5_555, 7_547, 37_215, 3_389, 445, 1_433, 8_443, 6_379, 81, 60_023,
)  # fmt: skip
_RESEARCH_PORTS: Final = (
    *range(1, 200), 443, 8_443, 3_389, 5_900, 6_379, 9_200, 27_017, 11_211, 1_883, 8_883, 5_060,
)  # fmt: skip
_RESEARCH_ODD: Final = 300  # Further ports.
_FIXED_PORT: Final = 54_321  # Some researchers send from one port, as ZMap was shipped.
_HOSTILE, _RESEARCH = (3_000, 50), (260, 0.2)  # Sources at scale 1, and the least.
_HOSTILE_SHARE, _RESEARCH_SHARE = 0.45, 0.55  # Of `Kind.knocking`; the others come on top.
_BACKSCATTER, _FORGED, _REFLECTED, _STRUCK = 0.12, 0.1, 0.08, 0.1
_TO_MACHINES: Final = 0.05
_ANSWERED: Final = 0.18
_REFLECTORS: Final = (53, 123, 1_900, 389, 11_211)  # DNS, NTP, SSDP, LDAP, memcached.
_REFLECTORS_OUTSIDE: Final = (53, 123, 389, 3_702)


@dataclass(frozen=True, slots=True)
class _Probes:
    """Probes of one sort; arrays have shape (n,)."""

    source: Ints
    port: Ints
    source_port: Ints
    ts_ms: Ints
    octets: Ints
    router: Ints


def knock(scene: Scene, servers: Ints) -> None:
    """
    Let everybody outside knock on the provider's networks.

    Args:
        scene: The world; gets the shared sort ``hostile``: addresses, not services.
        servers: Lines that run servers, which research looks at and others abuse.
    """
    chance = scene.chance("outside")
    knocking = scene.size.kind.knocking * scene.size.scale
    scene.shared["hostile"] = _hostile(scene, int(knocking * _HOSTILE_SHARE), chance)
    researchers = _research(scene, int(knocking * _RESEARCH_SHARE), chance)
    if servers.size:
        visited, by = chance.some(servers, 400), chance.some(researchers, 400)
        scene.traffic.serve(visited, 443, by, 0.3, Talk.SHORT)
    _backscatter(scene, int(knocking * _BACKSCATTER), chance)
    _forge(scene, int(knocking * _FORGED), chance)
    _reflect(scene, servers, int(knocking * _REFLECTED), chance)
    _strike(scene, int(knocking * _STRUCK), chance)


def _hostile(scene: Scene, total: int, chance: Chance) -> Ints:
    many, least = _HOSTILE
    sources = scene.hosts.take(scene.size.scaled(many) + least, Where.HOME)
    weight = (np.arange(sources.size) + 1.0) ** -0.9
    who = chance.ranked(np.cumsum(weight) / weight.sum(), total)
    begins_ms = chance.wholes(0, WEEK_MS, sources.size)
    awake_ms = chance.rng.exponential(0.8 * DAY_MS, total).astype(np.int64)
    ts_ms = (begins_ms[who] + awake_ms) % WEEK_MS
    port = chance.some(_HOSTILE_PORTS, sources.size)[who]
    octets = chance.some((40, 44, 60), total)
    _probe(scene, _Probes(sources[who], port, _from(who, ts_ms), ts_ms, octets, _way(who)), chance)
    return sources


def _research(scene: Scene, total: int, chance: Chance) -> Ints:
    many, least = _RESEARCH
    sources = scene.hosts.take(scene.size.scaled(many, least))
    scene.scanners.extend(sources.tolist())
    who = chance.wholes(0, sources.size, total)
    odd = chance.wholes(200, 65_535, _RESEARCH_ODD)
    port = chance.some(np.concatenate([np.array(_RESEARCH_PORTS), odd]), total)
    ts_ms = chance.wholes(0, WEEK_MS, total)
    source_port = np.where(who % 3 == 0, _FIXED_PORT, _from(who, ts_ms))
    scene.register.add(sources[::3].size, _FIXED_PORT, TCP, "research-scanner", code=sources[::3])
    octets = np.full(total, 40)
    _probe(scene, _Probes(sources[who], port, source_port, ts_ms, octets, _way(who)), chance)
    return sources


def _probe(scene: Scene, probes: _Probes, chance: Chance) -> None:
    """Probe addresses anywhere; some lines answer."""
    total = probes.source.size
    machine = MACHINES_V4 + chance.wholes(0, (1 << MACHINE_BITS) - 12, total)
    target = np.where(chance.each(total, _TO_MACHINES), machine, scene.own_place(chance, total))
    scene.traffic.inject(
        probes.source,
        target,
        probes.ts_ms,
        ports=(probes.source_port, probes.port),
        flags=np.where(chance.each(total, 0.96), SYN, RST),
        octets=probes.octets,
        router=probes.router,
    )
    some = np.flatnonzero(chance.each(total, _ANSWERED))
    scene.traffic.exchange(
        Exchange(
            line=chance.some(scene.lines.public, some.size),
            device=np.full(some.size, 1),
            other=probes.source[some],
            ts_ms=probes.ts_ms[some] + 15,
            up=np.ones(some.size, np.bool_),
            line_port=probes.port[some],
            other_port=probes.source_port[some],
            proto=np.full(some.size, TCP),
            flags=np.where(chance.each(some.size, 0.85), REFUSE, GREET),
            octets=np.full(some.size, 40),
        )
    )


def _backscatter(scene: Scene, total: int, chance: Chance) -> None:
    """Let victims of floods forged in our name answer us."""
    victims = scene.hosts.take(60)
    which = chance.wholes(0, victims.size, total)
    scene.traffic.inject(
        victims[which],
        scene.own_place(chance, total),
        _within(victims.size, which, HOUR_MS, chance),
        ports=(
            chance.some((80, 443, 53, 22, 25_565), victims.size)[which],
            chance.wholes(1_024, 65_535, total),
        ),
        flags=chance.some((GREET, REFUSE, RST), total, (0.7, 0.2, 0.1)),
        octets=44,
        router=_way(which),
    )


def _forge(scene: Scene, total: int, chance: Chance) -> None:
    """Flood some lines from outside, in the names of our other lines."""
    lines = scene.lines
    victims = lines.first[chance.some(lines.public, 12)]
    which = chance.wholes(0, victims.size, total)
    scene.traffic.inject(
        scene.own_place(chance, total),
        victims[which],
        _within(victims.size, which, HOUR_MS // 3, chance),
        ports=(chance.wholes(1_024, 65_535, total), 80),
        flags=SYN,
        octets=40,
        router=_way(which),
    )


def _reflect(scene: Scene, servers: Ints, total: int, chance: Chance) -> None:
    """Abuse open servers of lines against victims outside."""
    if not servers.size:
        return
    mirrors = chance.some(servers, 60)
    victims = scene.hosts.take(25, Where.HOME)
    by, at = chance.wholes(0, mirrors.size, total), chance.wholes(0, victims.size, total)
    up = chance.each(total, 0.7)
    scene.traffic.exchange(
        Exchange(
            line=mirrors[by],
            device=np.full(total, 1),
            other=victims[at],
            ts_ms=_within(victims.size, at, HOUR_MS // 2, chance),
            up=up,
            line_port=chance.some(_REFLECTORS, mirrors.size)[by],
            other_port=chance.some((80, 443, 27_015, 53), victims.size)[at],
            proto=np.full(total, UDP),
            flags=np.full(total, UNKNOWN_FLAGS),
            octets=np.where(up, 1_400, 64),
        )
    )


def _strike(scene: Scene, total: int, chance: Chance) -> None:
    """Strike lines with what open servers outside reflect."""
    victims = chance.some(scene.lines.public, 25)
    mirrors = scene.hosts.take(4_000, Where.HOME)
    at, by = chance.wholes(0, victims.size, total), chance.wholes(0, mirrors.size, total)
    scene.traffic.exchange(
        Exchange(
            line=victims[at],
            device=np.full(total, 1),
            other=mirrors[by],
            ts_ms=_within(victims.size, at, HOUR_MS // 4, chance),
            up=np.zeros(total, np.bool_),
            line_port=chance.wholes(1_024, 65_535, victims.size)[at],
            other_port=chance.some(_REFLECTORS_OUTSIDE, mirrors.size)[by],
            proto=np.full(total, UDP),
            flags=np.full(total, UNKNOWN_FLAGS),
            octets=chance.wholes(500, 1_500, total),
        )
    )


def _within(count: int, which: Ints, lasting_ms: int, chance: Chance) -> Ints:
    """Draw times within the attack on each of *count* victims."""
    begins_ms = chance.wholes(0, WEEK_MS, count)[which]
    times: Ints = (begins_ms + chance.wholes(0, lasting_ms, which.size)) % WEEK_MS
    return times


def _from(who: Ints, ts_ms: Ints) -> Ints:
    """Choose a source port for each minute of a source."""
    mixed = scatter(who, ts_ms // 60_000) % np.uint64(64_000)
    return 1_024 + mixed.astype(np.int64)


def _way(which: Ints) -> Ints:
    """Choose the border router of a source."""
    return EDGES + which % BORDERS
