"""What bots do besides calling home: scanning, spam, attacks, loading, relaying, guessing."""

from typing import Final

import numpy as np

from examiner import profiles as look
from examiner.botnets import Family
from examiner.lines import FLAT
from examiner.noise import own_targets
from examiner.profiles import ACK, PSH, SYN, SYN_ACK, TCP, UDP
from examiner.rows import DAY, WEEK, Codes, Floats, Ints, N
from examiner.world import ACCESS, HOSTING, OTHER, World

_SETS: Final = (
    (23, 2323),
    (23,),
    (22, 2222),
    (80, 8080, 8081),
    (5555,),
    (37215, 52869),
    (7547,),
    (445, 139),
    (8443, 443),
    (3389,),
    (6379, 2375),
    (60001, 9527),
    (34567, 23, 81),
    (1433, 3306, 22),
)


def commit(w: World, family: Family, mail: Ints) -> None:
    """Let the members of a family do what its design does."""
    if family.scans:
        scan(w, family)
    if family.design == "spam":
        _spam(w, family, mail)
    if family.design in {"scanner", "chat", "udp"} and w.rng.random() < 0.7:
        for _ in range(int(w.rng.integers(1, 6))):
            _attack(w, family)
    if family.design not in {"small", "p2p"} and w.rng.random() < 0.6:
        _load(w, family)
    if family.design == "proxy":
        _relay(w, family)
    if w.rng.random() < (0.15 if family.scans else 0.08):
        _guess(w, family)


def scan(w: World, family: Family) -> None:
    """Sample probes of random addresses and the few answers to them."""
    rng, size = w.rng, family.members.size
    ports = np.array(_SETS[rng.integers(len(_SETS))])
    rate = rng.lognormal(np.log(np.exp(rng.uniform(np.log(0.3), np.log(20)))), 0.8, size)
    active = rng.random(size) < rng.uniform(0.5, 1)
    duty = rng.uniform(0.05, 1)
    mu = np.minimum(rate * duty * active, 40) * (family.until - family.since) / 1000
    at = np.repeat(np.arange(size), rng.poisson(mu / N))
    start, length = family.since[at], (family.until - family.since)[at]
    begin = start + (length * (1 - duty) * rng.random(size)[at]).astype(np.int64)
    ts = begin + (length * duty * rng.random(at.size)).astype(np.int64)
    port = rng.choice(ports, at.size, p=_falling(ports.size))
    _probe(w, family.members[at], ts, w.far(ACCESS, at.size), port)
    own = at[: at.size // 200]  # Some of it meets neighbours.
    _probe(
        w,
        family.members[own],
        ts[: own.size],
        own_targets(w, own.size),
        port[: own.size],
        inside=True,
    )


def _falling(count: int) -> Floats:
    weight: Floats = 1 / np.arange(1, count + 1) ** 1.5
    return np.asarray(weight / weight.sum())


def _probe(
    w: World, line: Ints, ts: Ints, target: Codes, port: Ints, *, inside: bool = False
) -> None:
    rng = w.rng
    no = np.zeros(line.size, bool)
    code, source = w.lines.seen(line, ts, no, rng.integers(1024, 65_000, line.size), 7)
    w.raw(
        ts,
        code,
        target,
        up=True,
        near_port=source,
        far_port=port,
        proto=TCP,
        flags=SYN,
        size=int(rng.choice([40, 44, 60])),
    )
    back = np.flatnonzero(rng.random(line.size) < (0.0 if inside else 0.05))
    flags = rng.choice([SYN_ACK, 20, 20, 20], back.size)
    w.raw(
        ts[back] + 30,
        code[back],
        target[back],
        up=False,
        near_port=source[back],
        far_port=port[back],
        proto=TCP,
        flags=flags,
        size=44,
    )
    for up, tcp in (
        (True, ACK),
        (True, PSH),
        (False, PSH),
    ):  # A log-in is tried where a door opens.
        some = np.flatnonzero(rng.random(line.size) < (0.0 if inside else 0.012))
        w.raw(
            ts[some] + 900,
            code[some],
            target[some],
            up=up,
            near_port=source[some],
            far_port=port[some],
            proto=TCP,
            flags=tcp,
            size=rng.integers(41, 120, some.size),
        )


def _spam(w: World, family: Family, mail: Ints) -> None:
    """Deliver to mail servers everywhere, most of it to the great ones."""
    rng, size = w.rng, family.members.size
    met = 60
    who = np.repeat(family.members, met)
    weight = 1 / np.arange(1, mail.size + 1)
    whom = rng.choice(mail, who.size, p=weight / weight.sum())
    rate = rng.lognormal(np.log(rng.uniform(1_000, 30_000)), 0.8, size)
    w.talk(
        who,
        whom,
        np.repeat(rate * 7 / met, met),
        look.call(rng, tls=False),
        habit=family.hours,
        t0=np.repeat(family.since, met),
        t1=np.repeat(family.until, met),
        slot=family.slot,
    )


def _attack(w: World, family: Family) -> None:
    """One attack: forged SYNs, real ACKs, datagrams, or requests that are answered."""
    rng = w.rng
    part = family.members[rng.random(family.members.size) < rng.uniform(0.3, 0.95)]
    seconds, rate = rng.uniform(20, 1500), np.exp(rng.uniform(np.log(10), np.log(1500)))
    begin = int(rng.integers(DAY // 4, WEEK - DAY // 4))
    manner = str(rng.choice(["forged-syn", "ack", "udp", "http"]))
    proto = UDP if manner == "udp" else TCP
    port = int(rng.choice([80, 443, 53, 22, 25565, 27015, 30120, 9987, look.odd_port(rng)]))
    victim = w.serve(
        "ddos-victim", w.far(HOSTING, 1), proto, port, family=family.name, design=manner
    )
    met = np.minimum(rng.poisson(rate * seconds / N, part.size), 60)
    if manner == "http":
        w.talk(
            part,
            np.repeat(victim, part.size),
            np.minimum(rate / 6, 40) * seconds * WEEK / (seconds * 1000),
            look.call(rng),
            habit=FLAT,
            t0=begin,
            t1=begin + int(seconds * 1000),
            slot=7,
        )
        return
    at = np.repeat(np.arange(part.size), met)
    ts = begin + (rng.random(at.size) * seconds * 1000).astype(np.int64)
    no = np.zeros(at.size, bool)
    source_port = rng.integers(1024, 65_000, at.size)
    code, source_port = w.lines.seen(part[at], ts, no, source_port, 7)
    flags = ACK
    if manner != "forged-syn":
        w.count(part[at], np.full(at.size, victim[0]))
    if manner == "forged-syn":  # Any source, or one near by that a filter lets through.
        flags = SYN
        near = rng.random(at.size) < rng.choice([0.2, 0.7, 1.0])
        code = np.where(near, own_targets(w, at.size), w.far(ACCESS, at.size))
        source_port = rng.integers(1024, 65_000, at.size)
    to = np.full(at.size, w.services.address[victim[0]])
    size = rng.integers(40, 60, at.size) if proto == TCP else rng.integers(60, 1400, at.size)
    w.raw(
        ts,
        code,
        to,
        up=True,
        near_port=source_port,
        far_port=port,
        proto=proto,
        flags=flags,
        size=size,
    )
    some = np.flatnonzero(rng.random(at.size) < 0.05)  # Before it breaks down it answers.
    w.raw(
        ts[some] + 40,
        code[some],
        to[some],
        up=False,
        near_port=source_port[some],
        far_port=port,
        proto=proto,
        flags=SYN_ACK if flags == SYN else 4,
        size=44,
    )


def _load(w: World, family: Family) -> None:
    """Where members fetch the program when infected, and its changes later."""
    rng = w.rng
    first_cc, port = family.controllers[0], int(rng.choice([80, 80, 8080, 69, look.odd_port(rng)]))
    of = w.services
    together = rng.random() < 0.4 and of.host[first_cc] < 0 and of.port[first_cc] != port
    machine = of.address[[first_cc]] if together else w.far(HOSTING, 1)
    host = w.serve("loader", machine, TCP, port, family=family.name, design=family.design)
    who = np.repeat(host, family.members.size)
    first = np.minimum(family.since + 600_000, family.until)
    shape = look.bulk(rng, proto=TCP)
    scale = WEEK / np.maximum(first - family.since, 1)
    w.talk(
        family.members,
        who,
        rng.uniform(80, 3_000) * scale,
        shape,
        habit=FLAT,
        t0=family.since,
        t1=first,
    )
    if rng.random() < 0.5:
        mu = rng.uniform(50, 2_500) * 7
        w.talk(family.members, who, mu, shape, habit=family.hours, t0=family.since, t1=family.until)


def _relay(w: World, family: Family) -> None:
    """What the buyers of a proxy network look at through the members."""
    rng = w.rng
    shops = w.services.add(w.far(HOSTING, 4_000), TCP, 443)
    honest = rng.integers(0, w.lines.n, 40_000)  # Who comes on his own account.
    visits = rng.lognormal(4.5, 1.5, honest.size)
    w.talk(honest, rng.choice(shops, honest.size), visits, look.call(rng), slot=0)
    many = min(family.members.size, 500)
    who = np.repeat(family.members[:many], 80)
    mu = rng.lognormal(4.5, 1.5, who.size)
    w.talk(who, rng.choice(shops, who.size), mu, look.call(rng), habit=FLAT, slot=7)


def _guess(w: World, family: Family) -> None:
    """
    A list of servers that all members try passwords on, and that answer.

    Herds such as StealthWorker and GoldBrute give each member its own few passwords for each
    of many targets: some connections of a bot with a target, not a siege.
    """
    rng = w.rng
    count, port = int(rng.integers(40, 400)), int(rng.choice([22, 3389, 443, 80, 21, 5900, 993]))
    hosts = w.serve(
        "scan-target", w.far(OTHER, count), TCP, port, family=family.name, design="guessing"
    )
    met, shape = int(rng.integers(4, 30)), look.call(rng, tls=False)
    who, whom = np.repeat(family.members, met), rng.integers(0, count, family.members.size * met)
    hours = rng.uniform(1, 12)  # The whole herd is led from target to target.
    t0 = rng.integers(0, WEEK - DAY, count)[whom]
    t1 = t0 + int(hours * 3_600_000)
    t0, t1 = (
        np.clip(t, np.repeat(family.since, met), np.repeat(family.until, met)) for t in (t0, t1)
    )
    tries = rng.lognormal(rng.uniform(np.log(30), np.log(3_000)), 1, who.size)
    w.talk(who, hosts[whom], tries * 168 / hours, shape, habit=FLAT, t0=t0, t1=t1, slot=7)
    honest = w.some(count * 2)  # Those whom the targets serve.
    w.talk(honest, rng.choice(hosts, honest.size), rng.lognormal(7.5, 1.5, honest.size), shape)
