"""C&C servers of a family: where they stand, when they live, and which bots call which."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.families import Design, Family
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS, HOUR_MS, SECOND_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours
from hinomi.bench.sampling import scatter

_PORTS: Final[dict[Design, tuple[int | None, ...]]] = {
    Design.WEB: (443,),
    Design.LODGERS: (443,),
    Design.CHAT: (6_667, 6_697, 7_000, 443, 8_067, 4_042),
    Design.NAMES: (53,),
    Design.MOBILE: (443, 8_883, 1_883, 5_223, 443),
    Design.SOCKETS: (80, 8_080, 443),
    Design.SPAM: (443, 80, 8_080, None),
    Design.ADS: (443, 80),
}
"""Ports of servers by design; None: any."""
_THINGS_PORTS: Final = (
    23, 443, 80, 8_080, 666, 1_312, 3_778, 45, 9_506, 5_555, 38_241, 6_969, 1_024,
    None, None, None, None,
)  # fmt: skip
"""Of families on things, as published lists of C&C servers show them."""
_CDN_PORTS: Final = (2_053, 2_083, 8_443, 2_096, 8_880)  # Further ports that CDNs carry.
_CDN_BUSY: Final = 200  # First ranks of CDN hosts where nobody lodges.
_OTHER_PORTS: Final = (80, 443, 22, 25, 8_080)
_MOVING: Final = 0.28  # Share of families whose servers follow each other.
_RESIDENTS: Final = 3
_FRONTS: Final = (4, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Which bot calls which server, and when both are there; every array has shape (pairs,)."""

    bot: Ints  # Index among the members.
    server: Ints  # Number of the service.
    rate: Floats  # Sampled packets a week, were both there all week.
    since: Ints
    until: Ints
    gone: Ints  # When the server goes.
    waves: bool  # Servers follow each other.
    share: float  # Of a bot's calls that one of its servers gets.


@dataclass(frozen=True, slots=True)
class _Sites:
    """Servers, where some are lines; arrays have shape (servers,)."""

    service: Ints
    line: Ints | None  # Of the provider.


def choose_port(design: Design, chance: Chance) -> int:
    """Draw a port as servers of that design have."""
    port = chance.one(_PORTS.get(design, _THINGS_PORTS))
    return chance.whole(1_025, 65_000) if port is None else port


def command(scene: Scene, family: Family, chance: Chance) -> tuple[Calls, Ints | None]:
    """
    Set up the servers of a family and let its bots call them.

    Returns:
        Who calls whom, and the lines that are servers, if any are. `family.servers` is filled,
        and members that are servers are infected all week.
    """
    moving = chance.happens(_MOVING) and family.design not in {Design.RESIDENTS, Design.FRONTS}
    count = max(family.plan.servers, chance.whole(2, 5)) if moving else family.plan.servers
    sites = _settle(scene, family, count, chance)
    family.servers.extend(sites.service.tolist())
    calls = _assign(family, sites, chance, moving=moving)
    _talk(scene, family, calls, chance)
    _stray(scene, family, calls, chance)
    return calls, sites.line


def _settle(scene: Scene, family: Family, count: int, chance: Chance) -> _Sites:
    payload = (chance.whole(2, 160), chance.whole(2, 160))
    if family.design in {Design.RESIDENTS, Design.FRONTS}:
        return _on_lines(scene, family, count, payload, chance)
    if family.design is Design.LODGERS:
        lodgings = [_lodge(scene, family, payload, chance) for _ in range(count)]
        return _Sites(np.concatenate(lodgings), None)
    first = choose_port(family.design, chance)
    services = []
    for _ in range(count):
        place = chance.one((Where.HOSTING, Where.CARELESS, Where.HOME), (0.6, 0.25, 0.15))
        port = first if chance.happens(0.75) else choose_port(family.design, chance)
        services.append(
            scene.register.add(
                1,
                port,
                family.proto,
                "cc",
                family=family.name,
                tier=1,
                v6=0.06,
                where=place,
                payload=payload,
            )
        )
        if chance.happens(0.3):
            _neighbour(scene, int(services[-1][0]), chance)
    return _Sites(np.concatenate(services), None)


def _neighbour(scene: Scene, service: int, chance: Chance) -> None:
    """Put an innocent service on the address of a C&C server."""
    code, _, taken = scene.register.key(service)
    port = 8_081 if taken in _OTHER_PORTS else chance.one(_OTHER_PORTS)
    other = scene.register.add(1, port, TCP, "web", code=np.array([code]))
    line = scene.any_line(chance, chance.whole(1, 9))
    rate = chance.spread(0.6, 1.0, line.size)
    scene.traffic.relate(line, 0, int(other[0]), rate, Talk.SHORT, hours=Hours.AWAKE)


def _lodge(scene: Scene, family: Family, payload: tuple[int, int], chance: Chance) -> Ints:
    """Put a server where many innocents go: on a shared host, or on an odd port of a CDN."""
    if chance.happens(0.5):
        code, port = scene.hosts.take(1), 443
        guests = np.clip(chance.around(60, 0.9), 12, 400)
    else:
        busy = scene.shared["cdn"][_CDN_BUSY:]
        code = scene.register.columns.code[chance.some(busy, 1)]
        port = chance.one(_CDN_PORTS)
        guests = np.clip(chance.around(25, 0.7), 5, 120)
    server = scene.register.add(
        1, port, TCP, "cc", family=family.name, tier=1, code=code, payload=payload
    )
    site = scene.register.add(1, port, TCP, "web", code=code)
    line = scene.any_line(chance, min(float(guests), scene.lines.count))
    rate = chance.spread(0.6, 1.0, line.size)
    scene.traffic.relate(line, 1, int(site[0]), rate, Talk.SHORT, hours=Hours.AWAKE)
    return server


def _on_lines(
    scene: Scene, family: Family, count: int, payload: tuple[int, int], chance: Chance
) -> _Sites:
    """Make steady lines the servers: some of the members, or lines that others hired."""
    steady = chance.rng.permutation(scene.lines.steady)
    if family.design is Design.FRONTS:
        most = np.clip(family.size * chance.between(0.03, 0.1), *_FRONTS)
        line = family.line[np.isin(family.line, steady)][: int(most)]
        line = line if line.size else steady[: _FRONTS[0]]
        front = np.isin(family.line, line)
        family.since[front], family.until[front] = -1, WEEK_MS
    else:
        line = steady[: max(1, min(_RESIDENTS, count))]
    port = choose_port(family.design, chance)
    service = scene.register.add(
        line.size,
        port if chance.happens(0.8) else chance.wholes(1_025, 65_000, line.size),
        family.proto,
        "cc",
        family=family.name,
        tier=1,
        code=scene.lines.first[line],
        payload=payload,
    )
    bots = np.clip(chance.spread(120, 0.8, line.size), 15, 900).astype(np.int64)
    caller = scene.hosts.take(int(bots.sum()), Where.HOME)
    scene.traffic.serve(
        np.repeat(line, bots),
        np.repeat(scene.register.columns.port[service], bots),
        caller,
        contacts(family.period_s, family.packets) * chance.spread(1.0, 0.4, caller.size),
        Talk.KEEP if family.proto == TCP else Talk.DATAGRAM,
        proto=family.proto,
    )
    return _Sites(service, line)


def _assign(family: Family, sites: _Sites, chance: Chance, *, moving: bool) -> Calls:
    """Tell which bot calls which server, and from when to when the servers live."""
    count = sites.service.size
    begins, ends, waves = _lives(count, chance, moving=moving, staying=sites.line is not None)
    if moving:
        bot = np.repeat(np.arange(family.size), count)
        which = np.tile(np.arange(count), family.size)
        rounds = -(-count // waves)  # Several servers in a wave: each bot knows one of them.
        place = scatter(family.line[bot], family.plan.number) % np.uint64(rounds)
        kept = chance.each(bot.size, 0.95) & (place.astype(np.int64) == which // waves)
        share = 1.0
    else:
        each = 1 if chance.happens(0.4) else min(3, count)
        bot = np.repeat(np.arange(family.size), each)
        weight = (np.arange(count) + 1.0) ** -chance.between(0.2, 1.1)
        which = chance.ranked(np.cumsum(weight) / weight.sum(), bot.size)
        kept = np.ones(bot.size, np.bool_)
        share = 1.0 / each
    if sites.line is not None:
        kept &= family.line[bot] != sites.line[which]  # Nobody calls itself.
    bot, which = bot[kept], which[kept]
    often = contacts(family.period_s, family.packets) * family.duty
    often = often + chance.rng.exponential(0.05, family.size)
    return Calls(
        bot=bot,
        server=sites.service[which],
        rate=often[bot] * share,
        since=np.maximum(family.since[bot], begins[which]),
        until=np.minimum(family.until[bot], ends[which]),
        gone=ends[which],
        waves=moving,
        share=share,
    )


def _lives(count: int, chance: Chance, *, moving: bool, staying: bool) -> tuple[Ints, Ints, int]:
    """Draw when servers begin and end, and in how many waves those come that move."""
    if moving:
        waves = min(count, chance.whole(2, 5))
        cuts = np.sort(chance.wholes(int(0.1 * WEEK_MS), int(0.95 * WEEK_MS), waves - 1))
        edges = np.concatenate([[0], cuts, [WEEK_MS]]).astype(np.int64)
        wave = np.arange(count) % waves
        return edges[wave], edges[wave + 1], waves
    late = chance.each(count, 0.15) & (np.arange(count) > 0)
    begins = np.where(late, chance.wholes(0, WEEK_MS, count), -1)
    left = (WEEK_MS - np.maximum(begins, 0)) * chance.rng.uniform(0.25, 0.9, count)
    going = chance.each(count, 0.0 if staying else 0.1)
    ends = np.where(going, np.maximum(begins, 0) + left.astype(np.int64), WEEK_MS)
    return begins, ends, 1


def _talk(scene: Scene, family: Family, calls: Calls, chance: Chance) -> None:
    line, device = family.line[calls.bot], family.device[calls.bot]
    lasting = DAY_MS // 2 if family.talk is Talk.KEEP else int(family.period_s * SECOND_MS) + 1
    scene.traffic.relate(
        line,
        device,
        calls.server,
        calls.rate,
        family.talk,
        since=calls.since,
        until=calls.until,
        hours=family.hours,
        connection_ms=lasting,
        up_share=chance.between(0.4, 0.6),
    )
    if chance.happens(0.5):  # Commands, and new versions of the bot.
        scene.traffic.relate(
            line,
            device,
            calls.server,
            chance.spread(0.06, 0.8, line.size),
            Talk.BULK_DOWN if family.proto == TCP else Talk.DATAGRAM,
            since=calls.since,
            until=calls.until,
            hours=family.hours,
            up_share=0.3,
        )
    left = np.flatnonzero(calls.gone < WEEK_MS)
    if left.size:  # They go on calling a server that is gone, for hours.
        tired = calls.gone[left] + chance.whole(3, 40) * HOUR_MS
        scene.traffic.relate(
            line[left],
            device[left],
            calls.server[left],
            calls.rate[left] / calls.share * 0.5,
            Talk.UNANSWERED,
            since=np.maximum(family.since[calls.bot[left]], calls.gone[left]),
            until=np.minimum(family.until[calls.bot[left]], tired),
            hours=family.hours,
            up_share=0.93,
        )


def _stray(scene: Scene, family: Family, calls: Calls, chance: Chance) -> None:
    """Let innocents come to a C&C server by chance: researchers, the curious, the mistaken."""
    servers, first = np.unique(calls.server, return_index=True)
    for place in np.flatnonzero(chance.each(servers.size, 0.3)).tolist():
        line = scene.any_line(chance, chance.whole(1, 5))
        scene.traffic.relate(
            line,
            1,
            int(servers[place]),
            chance.spread(0.5, 0.8, line.size),
            family.talk,
            until=int(calls.gone[first[place]]),
            hours=Hours.AWAKE,
        )
