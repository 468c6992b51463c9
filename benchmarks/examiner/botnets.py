"""Botnets: families drawn anew in each world, their servers and how their members call."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from examiner import profiles as look
from examiner.lines import FLAT
from examiner.profiles import TCP, UDP, Profile
from examiner.rows import DAY, WEEK, Ints
from examiner.world import ACCESS, CDN, CLOUD, HOSTING, World

WEEK_S: Final = WEEK / 1000
IOT: Final = ("scanner", "proxy", "udp", "p2p")
"""Designs that live on devices; all others live on computers."""
SILENT: Final = ("proxy", "https", "chat", "spam", "p2p", "shared", "small", "stealer", "udp")


@dataclass(slots=True, kw_only=True)
class Family:
    """One botnet inside this provider."""

    name: str
    design: str
    members: Ints  # Lines.
    since: Ints
    until: Ints
    shape: Profile
    period_s: float
    port: int
    scans: bool
    controllers: list[int] = field(default_factory=list)

    @property
    def hours(self) -> int:
        """Devices never sleep, computers keep the hours of the house."""
        return FLAT if self.design in IOT else -1

    @property
    def slot(self) -> int:
        """The device behind the line."""
        return 7 if self.design in IOT else 0

    @property
    def a_day(self) -> float:
        """Packets a member exchanges in a day of calling."""
        return 86_400 / self.period_s * self.shape.turn


def draw_families(w: World, infected: int, count: int) -> list[Family]:
    """Draw *count* families that hold about *infected* members together."""
    rng = w.rng
    scanning = int(count * rng.uniform(0.25, 0.48))
    weight = rng.dirichlet(np.array([3, 3.5, 2.5, 1.2, 1.2, 1.0, 1.2, 1.0, 1.2]) * 2)
    silent = ["proxy", "https", *rng.choice(SILENT, count - scanning - 2, p=weight)]
    designs = [*["scanner"] * scanning, *(str(each) for each in silent)]
    sizes = rng.lognormal(0, rng.uniform(0.9, 1.3), count)
    sizes = np.where([design == "small" for design in designs], sizes * 0.15, sizes)
    both = rng.uniform(0.1, 0.4)  # Of a family's members: infected by another as well.
    sizes *= infected / (1 - both / 2) / sizes.sum()
    whole = np.clip(sizes.astype(int), 5, 3_000)
    families: list[Family] = []
    ill = {True: w.some(0), False: w.some(0)}  # Devices and computers already infected.
    for i in rng.permutation(count).tolist():
        again = ill[designs[i] in IOT]
        shared = rng.choice(again, min(again.size, int(whole[i] * both * rng.random())))
        families.append(_draw(w, f"family-{i}", designs[i], size=int(whole[i]), shared=shared))
        ill[designs[i] in IOT] = np.concatenate([again, families[-1].members])
    return families


def _draw(w: World, name: str, design: str, *, size: int, shared: Ints) -> Family:
    rng = w.rng
    if design in IOT:
        members = np.concatenate([_weak_devices(w, size), w.some(size // 8 + 1)])
    else:
        members = w.some(size, corporate=True if design == "small" and rng.random() < 0.7 else None)
    members = rng.permutation(np.unique(np.concatenate([members[shared.size :], shared])))
    members = members[: max(size, 5)]
    fresh = rng.random(members.size) < rng.choice([0.05, 0.2, 0.6])
    cleaned = rng.random(members.size) < rng.choice([0.02, 0.1])
    since = np.where(fresh, rng.integers(0, WEEK - DAY, members.size), 0)
    until = np.where(cleaned, since + (WEEK - since) * rng.random(members.size), WEEK).astype(
        np.int64
    )
    shape, period, port = _voice(w, design)
    return Family(
        name=name,
        design=design,
        members=members,
        since=since,
        until=until,
        shape=shape,
        period_s=period,
        port=port,
        scans=design == "scanner",
    )


def _weak_devices(w: World, size: int) -> Ints:
    """Draw owners of one or a few weak models, of each only the part that stands open."""
    rng = w.rng
    owned = np.array([each.size for each in w.owners], float)
    found = w.some(0)
    for model in rng.choice(owned.size, 12, p=owned / owned.sum()).tolist():
        pool = rng.permutation(w.owners[model])
        found = np.concatenate([found, pool[: int(pool.size * rng.uniform(0.1, 0.6))]])
        if found.size >= size:
            return found[:size]
    return np.concatenate([found, w.some(size - found.size)])


def _voice(w: World, design: str) -> tuple[Profile, float, int]:
    """Draw shape, seconds between turns and port."""
    rng = w.rng

    def between(least: float, most: float) -> float:
        return float(np.exp(rng.uniform(np.log(least), np.log(most))))

    odd, alike, coin = look.odd_port(rng), rng.random() < 0.6, bool(rng.random() < 0.5)
    if design in {"scanner", "proxy"}:
        shape, period = look.keep_alive(rng, small=bool(alike)), between(25, 300)
        ports = [odd, odd, odd, 23, 443, 80, 6667, 1024]
    elif design in {"udp", "p2p"}:
        shape, period, ports = look.datagrams(rng), between(20, 240), [odd, odd, 53, 123, 443]
        ports = ports if design == "udp" else [odd]
    elif design == "chat":
        shape, period, ports = look.keep_alive(rng), between(45, 300), [6667, 6697, 5222, 443, odd]
    elif design == "spam":
        shape, period, ports = look.call(rng, tls=coin), between(60, 900), [443, 80, 8080, odd]
    elif design == "small":
        shape = look.call(rng) if alike else look.keep_alive(rng)
        period, ports = between(30, 600), [443, 443, 1194, 8443, odd]
    elif design == "stealer":
        shape, period, ports = look.call(rng, tls=coin), between(600, 7200), [80, 443, 15647, odd]
    else:
        shape, period, ports = look.call(rng), between(45, 1800), [443, 443, 443, 8443, 2083, odd]
    return shape, period, int(rng.choice(ports))


def raise_servers(w: World, family: Family) -> None:
    """Give a family its C&C servers and let its members call them."""
    if family.design == "p2p":
        _mesh(w, family)
        return
    rng, size = w.rng, family.members.size
    mean = {"proxy": 3.0, "https": 2.2, "shared": 1.3, "small": 1.2}.get(family.design, 1.5)
    count = int(np.clip(rng.poisson(mean * (size / 80) ** 0.25), 1, 9))
    count = min(count, max(1, size // 5))
    facts: dict[str, Any] = {
        "family": family.name, "tier": 1, "design": family.design, "members": size,
    }  # fmt: skip
    inside = family.design != "shared" and rng.random() < 0.08
    if family.design == "shared":
        ids = _lodge(w, count, family, facts)
    elif inside:
        lines = w.borrow(count)
        ids = w.serve_own("cc", lines, family.shape.proto, family.port, **facts)
    else:
        ids = w.serve("cc", _homes(w, count), family.shape.proto, _ports(w, family, count), **facts)
    family.controllers += ids.tolist()
    moves = count > 1 and rng.random() < 0.3
    if moves:
        cuts = np.sort(rng.integers(DAY // 2, WEEK - DAY // 4, count - 1))
        cuts = np.concatenate([[0], cuts, [WEEK]])
        for place, each in enumerate(ids.tolist()):
            _call(w, family, np.full(size, each), 1.0, begin=cuts[place], end=cuts[place + 1])
    elif rng.random() < 0.5:  # Each member has its own, some a second one.
        _call(w, family, rng.choice(ids, size), 1.0)
        _call(w, family, rng.choice(ids, size), 0.1)
    else:
        for each in ids.tolist():
            _call(w, family, np.full(size, each), 1.0 / count)
    for each in ids.tolist():
        split = 1.0 if moves or count == 1 else 1.0 / count
        w.services.named[each].packets_a_day = round(family.a_day * split, 2)
    if family.design == "proxy":
        _tiers(w, family)
    _leftovers(w, family)


def _homes(w: World, count: int) -> Any:
    rng = w.rng
    kind = int(rng.choice([HOSTING, CLOUD, ACCESS], p=[0.65, 0.2, 0.15]))
    return w.far(kind, count, networks=int(rng.integers(1, 5)), v6=bool(rng.random() < 0.04))


def _ports(w: World, family: Family, count: int) -> Ints:
    same = np.full(count, family.port)
    other = np.array([look.odd_port(w.rng) for _ in range(count)])
    return np.where(w.rng.random(count) < w.rng.choice([0, 0, 0.3, 1.0]), other, same)


def _lodge(w: World, count: int, family: Family, facts: dict[str, Any]) -> Ints:
    """Put C&C servers behind addresses of shared hosting or a CDN, beside honest guests."""
    rng = w.rng
    kind = int(rng.choice([HOSTING, CDN]))
    ids = w.serve("cc", w.far(kind, count), TCP, 443, **facts)
    for each in ids.tolist():
        crowd = np.log(family.members.size) + (0.5 if kind == HOSTING else 1.5)
        guests = w.some(int(np.clip(rng.lognormal(crowd, 1), 4, w.lines.n // 5)))
        mu = rng.lognormal(7, 1.3, guests.size)
        w.talk(guests, np.full(guests.size, each), mu, look.web(rng, proto=TCP), slot=0)
    return ids


def _call(
    w: World, family: Family, service: Ints, part: float, *, begin: int = 0, end: int = WEEK
) -> None:
    jitter = np.exp(w.rng.normal(0, 0.15, family.members.size))
    w.talk(
        family.members,
        service,
        family.a_day * 7 * part * jitter,
        family.shape,
        habit=family.hours,
        t0=np.maximum(family.since, begin),
        t1=np.maximum(np.minimum(family.until, end), np.maximum(family.since, begin)),
        member=True,
        slot=family.slot,
    )


def _tiers(w: World, family: Family) -> None:
    """Fronts on infected lines, and the upper tier that they report to."""
    rng, size = w.rng, family.members.size
    fronts = w.borrow(int(np.clip(rng.poisson(6), 3, 14)))
    facts: dict[str, Any] = {
        "family": family.name, "tier": 1, "design": "front on an infected line", "members": size,
    }  # fmt: skip
    port = look.odd_port(rng)
    ids = w.serve_own("cc", fronts, TCP, port, **facts)
    family.controllers += ids.tolist()
    part = rng.uniform(0.3, 1.0)
    _call(w, family, rng.choice(ids, size), part)
    for each in ids.tolist():
        w.services.named[each].packets_a_day = round(family.a_day * part / ids.size, 2)
    uppers = int(rng.integers(1, 4))
    facts["tier"], facts["design"], facts["members"] = 2, "upper tier", int(fronts.size)
    upper = w.serve(
        "cc",
        _homes(w, uppers),
        TCP,
        int(rng.choice([443, 22, 8443, look.odd_port(rng)])),
        fronts=frozenset(fronts.tolist()),
        **facts,
    )
    family.controllers += upper.tolist()
    shape = look.keep_alive(rng) if rng.random() < 0.6 else look.call(rng)
    rate = np.exp(rng.uniform(np.log(4_000), np.log(120_000)))  # Packets a day and front.
    for each in upper.tolist():
        part_of = fronts[rng.random(fronts.size) < rng.uniform(0.6, 1.0)]
        w.talk(
            part_of,
            np.full(part_of.size, each),
            rate * 7 / uppers,
            shape,
            habit=FLAT,
            member=True,
            slot=7,
        )
        w.services.named[each].packets_a_day = round(rate / uppers, 2)
    family.members = np.concatenate([family.members, fronts])
    family.since = np.concatenate([family.since, np.zeros(fronts.size, np.int64)])
    family.until = np.concatenate([family.until, np.full(fronts.size, WEEK)])


def _leftovers(w: World, family: Family) -> None:
    """Servers that died or were taken over by defenders, which members still call."""
    rng = w.rng
    facts = {"family": family.name, "design": family.design, "members": family.members.size}
    some = slice(0, max(3, int(family.members.size * rng.uniform(0.2, 1))))
    who, t0, t1 = family.members[some], family.since[some], family.until[some]
    for _ in range(int(rng.poisson(0.9))):
        dead = w.serve("dead-cc", _homes(w, 1), TCP, family.port, **facts)
        turns = WEEK_S / np.exp(rng.uniform(np.log(30), np.log(1800))) * 3
        w.talk(
            who,
            np.repeat(dead, who.size),
            turns,
            look.unanswered(rng),
            habit=family.hours,
            t0=t0,
            t1=t1,
            slot=family.slot,
        )
    if rng.random() < 0.2:
        hole = w.serve("sinkhole", w.far(CLOUD, 1), family.shape.proto, family.port, **facts)
        w.talk(
            who,
            np.repeat(hole, who.size),
            family.a_day * 7 * rng.uniform(0.2, 1),
            family.shape,
            habit=family.hours,
            t0=t0,
            t1=t1,
            slot=family.slot,
        )


def _mesh(w: World, family: Family) -> None:
    """A botnet without a centre: members and strangers meet each other."""
    rng, size = w.rng, family.members.size
    count = int(rng.integers(60, 600))
    nodes = w.serve(
        "p2p-node",
        w.far(ACCESS, count),
        UDP,
        rng.integers(1025, 65_000, count),
        family=family.name,
        design="p2p",
    )
    met = int(rng.integers(8, 50))
    who = np.repeat(family.members, met)
    t0, t1 = np.repeat(family.since, met), np.repeat(family.until, met)
    w.talk(
        who,
        rng.choice(nodes, size * met),
        family.a_day * 7 / met * 2,
        family.shape,
        habit=FLAT,
        t0=t0,
        t1=t1,
        slot=7,
    )
