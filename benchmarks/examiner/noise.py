"""What comes from outside and hits everybody: scanners, backscatter, reflection, transit."""

import numpy as np

from examiner import profiles as look
from examiner.lines import HOSTED, OFFICE
from examiner.profiles import ACK, ICMP, PSH, RST, SYN, SYN_ACK, TCP, UDP
from examiner.rows import DAY, WEEK, Codes, Ints
from examiner.world import ACCESS, CLOUD, HOSTING, OTHER, World

PORTS = (23, 22, 80, 443, 445, 3389, 8080, 2323, 5555, 8443, 7547, 5900, 1433, 21, 25, 53, 123)


def own_targets(w: World, count: int) -> Codes:
    """Draw own IPv4 addresses, with somebody behind or with nobody."""
    free = np.concatenate(w.lines.free)
    lines = w.lines.v4[3, w.rng.integers(0, w.lines.n, count)]
    return np.where(w.rng.random(count) < 0.3, w.rng.choice(free, count), lines)


def scanners(w: World) -> Ints:
    """Research scanners in the open, and infected devices of the whole world at the door."""
    rng = w.rng
    groups = rng.integers(3, 8)
    found = []
    for _ in range(groups):
        sources = w.far(int(rng.choice([CLOUD, OTHER])), int(rng.integers(4, 60)), networks=1)
        found.append(w.serve("research-scanner", sources, TCP, 0))
        _knock(w, sources, int(w.lines.n * rng.uniform(0.02, 0.3)), rng.choice(PORTS, 12))
    _knock(
        w,
        w.far(ACCESS, 40_000),
        int(w.lines.n * rng.uniform(0.3, 2)),
        np.array([23, 2323, 22, 80, 5555]),
    )
    _knock(
        w,
        w.far(HOSTING, 300),
        int(w.lines.n * rng.uniform(0.2, 1)),
        np.array([22, 445, 3389, 443, 5060]),
    )
    return np.concatenate(found)


def _knock(w: World, sources: Codes, count: int, ports: Ints) -> None:
    rng = w.rng
    ts, dst = rng.integers(0, WEEK, count), own_targets(w, count)
    source, source_port = rng.choice(sources, count), rng.integers(30_000, 61_000, count)
    port = rng.choice(ports, count)
    w.raw(
        ts,
        dst,
        source,
        up=False,
        near_port=port,
        far_port=source_port,
        proto=TCP,
        flags=SYN,
        size=rng.choice([40, 44, 60], count),
    )
    answers = np.flatnonzero(rng.random(count) < 0.06)
    flags = rng.choice([SYN_ACK, 20, 20], answers.size)
    w.raw(
        ts[answers] + 9,
        dst[answers],
        source[answers],
        up=True,
        near_port=port[answers],
        far_port=source_port[answers],
        proto=TCP,
        flags=flags,
        size=40,
    )


def backscatter(w: World) -> None:
    """Victims elsewhere answer own addresses that others forged; reflectors hit own lines."""
    rng = w.rng
    for _ in range(int(rng.integers(4, 20))):
        count = int(rng.integers(5, 40 + w.lines.n // 100))
        ts = rng.integers(0, WEEK - DAY) + rng.integers(0, rng.integers(300_000, 7_200_000), count)
        victim = w.serve(
            "ddos-victim",
            w.far(HOSTING, 1),
            TCP,
            int(rng.choice([80, 443, 22, 25565])),
            design="backscatter",
        )
        w.raw(
            ts,
            own_targets(w, count),
            np.full(count, w.services.address[victim[0]]),
            up=False,
            near_port=rng.integers(1024, 65_000, count),
            far_port=w.services.port[victim[0]],
            proto=TCP,
            flags=rng.choice([SYN_ACK, SYN_ACK, 20, RST], count),
            size=44,
        )
    for _ in range(int(rng.integers(3, 14))):  # Reflection upon an own line, by open services.
        count = int(rng.integers(20, 600))
        ts = rng.integers(0, WEEK - DAY) + rng.integers(0, rng.integers(60_000, 1_200_000), count)
        port = int(rng.choice([53, 123, 389, 1900, 11211, 10074, 3702]))
        mine = np.full(count, w.lines.v4[3, rng.integers(0, w.lines.n)])
        w.raw(
            ts,
            mine,
            rng.choice(w.far(OTHER, 500), count),
            up=False,
            near_port=rng.integers(1, 65_000, count),
            far_port=port,
            proto=UDP,
            size=rng.integers(400, 1500, count),
        )
        asked = count // 3  # And own open services made to reflect: the asker is forged.
        line = np.full(asked, w.lines.v4[3, w.some(1)[0]])
        victim = w.serve("ddos-victim", w.far(HOSTING, 1), UDP, 80, design="reflection")
        for up, size in ((False, 64), (True, 1200)):
            w.raw(
                ts[:asked],
                line,
                np.full(asked, w.services.address[victim[0]]),
                up=up,
                near_port=port,
                far_port=80,
                proto=UDP,
                size=size,
            )
    count = int(w.lines.n * rng.uniform(0.002, 0.02))  # Own sources that arrive from outside.
    w.raw(
        rng.integers(0, WEEK, count),
        own_targets(w, count),
        own_targets(w, count),
        up=True,
        near_port=rng.integers(1024, 65_000, count),
        far_port=rng.choice(PORTS, count),
        proto=TCP,
        flags=SYN,
        size=40,
        forged=True,
    )


def control(w: World) -> None:
    """Messages of ICMP both ways, and tunnels without ports: GRE and ESP."""
    rng = w.rng
    for up in (True, False):
        count = int(w.lines.n * rng.uniform(0.2, 1.0))
        kind = rng.choice([8 << 8, 0, 3 << 8 | 3, 3 << 8 | 1, 11 << 8], count)  # Type and code.
        far, near = w.far(ACCESS, count), own_targets(w, count)
        ports = {"near_port": 0 if up else kind, "far_port": kind if up else 0}
        ts = rng.integers(0, WEEK, count)
        w.raw(ts, near, far, up=up, proto=ICMP, size=rng.choice([56, 60, 84], count), **ports)
    for proto in (47, 50):
        users = rng.choice(w.static, int(w.lines.n * 0.002) + 2)
        gates = w.far(HOSTING, users.size)
        at = np.repeat(np.arange(users.size), rng.poisson(rng.lognormal(3, 1, users.size)))
        ts, out = rng.integers(0, WEEK, at.size), rng.random(at.size) < 0.4
        near = w.lines.v4[0, users[at]]
        w.raw(ts, near, gates[at], up=out, proto=proto, size=120, near_port=0, far_port=0)


def own_servers(w: World) -> None:
    """Subscribers who run servers: met by outsiders, by neighbours, by those who guess."""
    rng = w.rng
    fit = np.flatnonzero(w.lines.is_static())
    chance = np.where(np.isin(w.lines.kind[fit], [HOSTED, OFFICE]), 0.3, 0.003)
    left = w.static[w.lent :]
    able = left[np.isin(left, fit[rng.random(fit.size) < chance])][: w.lines.n // 60]
    for line in able.tolist():
        port = int(rng.choice([443, 80, 22, 25, 25565, 8443, 5001, 3389, 1194, look.odd_port(rng)]))
        own = w.serve_own("own-server", np.array([line]), TCP, port)
        count = int(np.clip(rng.lognormal(3, 1.6), 2, 5_000))
        look_of = look.call(rng) if port != 1194 else look.keep_alive(rng)
        visit(w, line, port, count, look_of)
        users = w.some(int(np.clip(rng.lognormal(0.5, 1.3), 0, 200)))
        w.talk(users, np.repeat(own, users.size), rng.lognormal(8, 1.5, users.size), look_of)


def visit(w: World, line: int, port: int, packets: int, shape: look.Profile) -> None:
    """Let others elsewhere talk to a service of an own line, seen from that line's side."""
    rng = w.rng
    kind = rng.choice(shape.up.size, packets, p=shape.chance)
    size = rng.integers(shape.low[kind], shape.high[kind] + 1)
    others = rng.choice(w.far(ACCESS, max(3, packets // 3)), packets)
    w.raw(
        rng.integers(0, WEEK, packets),
        np.full(packets, w.lines.v4[0, line]),
        others,
        up=~shape.up[kind],
        near_port=port,
        far_port=rng.integers(30_000, 61_000, packets),
        proto=shape.proto,
        flags=shape.flags[kind],
        size=size,
    )


def transit(w: World, share: float) -> None:
    """Traffic of customers that is neither from nor to an own line."""
    rng = w.rng
    count = int(w.rows.count * share)
    near, far = w.far(OTHER, 3_000, networks=6), w.far(CLOUD, 20_000)
    up = rng.random(count) < 0.4
    w.raw(
        rng.integers(0, WEEK, count),
        rng.choice(near, count),
        rng.choice(far, count),
        up=up,
        near_port=rng.integers(1024, 65_000, count),
        far_port=rng.choice([443, 80, 25, 22, 53], count),
        proto=TCP,
        flags=rng.choice([ACK, PSH, SYN], count, p=[0.7, 0.28, 0.02]),
        size=rng.integers(40, 1500, count),
        forged=True,
    )
