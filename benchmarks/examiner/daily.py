"""What nearly everybody does: pages, video, names, time, mail, games, peers, push, mining."""

import numpy as np

from examiner import profiles as look
from examiner.lines import EVENING, FLAT, WORK
from examiner.profiles import TCP, UDP
from examiner.rows import DAY, WEEK, Ints
from examiner.world import ACCESS, CDN, CLOUD, HOSTING, OTHER, World, popular

WEEK_S = WEEK / 1000


def plumbing(w: World) -> None:
    """Names and time from outside, mail, push and STUN."""
    rng = w.rng
    public = w.serve("public-dns", w.far(CDN, 4), UDP, 53)
    users = w.some(int(w.lines.n * rng.uniform(0.15, 0.4)))
    mu = rng.lognormal(8.5, 1, users.size)
    w.talk(users, rng.choice(public, users.size), mu, look.fixed(UDP, 68, 120), slot=0)
    doh = w.serve("public-dns", w.services.address[public], TCP, rng.choice([443, 853], 4))
    some = w.some(int(w.lines.n * 0.12))
    w.talk(some, rng.choice(doh, some.size), 20_000, look.call(rng), slot=0)
    own = np.unique(w.some(w.lines.n // 400, corporate=True))  # Resolvers of one's own.
    servers = w.serve("authoritative-dns", w.far(HOSTING, 3000), UDP, 53)
    for each in own:
        many = servers[popular(rng, 3000, 0.9, 400)]
        w.talk(np.full(400, each), many, 900, look.fixed(UDP, 75, 160), slot=0)
    deliver(w, own)
    pool = w.serve("ntp", np.concatenate([w.far(k, 60) for k in (HOSTING, CLOUD, OTHER)]), UDP, 123)
    users = np.repeat(w.some(int(w.lines.n * 0.7)), 3)
    turns = WEEK_S / rng.choice([64, 256, 1024, 3600], users.size, p=[0.15, 0.2, 0.45, 0.2]) * 2
    w.talk(users, rng.choice(pool, users.size), turns, look.fixed(UDP, 76, 76), habit=FLAT)
    mail = w.serve(
        "mail", w.far(CLOUD, 120, networks=12), TCP, rng.choice([993, 993, 995, 143], 120)
    )
    users = w.some(int(w.lines.n * 0.35))
    w.talk(users, mail[popular(rng, 120, 1.3, users.size)], 9_000, look.keep_alive(rng), slot=0)
    submit = w.serve("mail", w.services.address[mail], TCP, rng.choice([587, 465], 120))
    w.talk(users, submit[popular(rng, 120, 1.3, users.size)], 900, look.call(rng), slot=0)
    for port, reach in ((5228, 0.7), (5223, 0.6), (443, 0.5), (5222, 0.1)):
        push = w.serve("push", w.far(CDN, 40, networks=2), TCP, port)
        users = w.some(int(w.lines.n * reach))
        mu = rng.lognormal(np.log(WEEK_S / rng.uniform(60, 900) * 3), 0.6, users.size)
        w.talk(users, rng.choice(push, users.size), mu, look.keep_alive(rng), habit=FLAT, slot=1)
    stun = w.serve("stun", w.far(CLOUD, 30), UDP, rng.choice([3478, 19302], 30))
    users = w.some(w.lines.n // 3)
    w.talk(users, rng.choice(stun, users.size), 1_500, look.fixed(UDP, 48, 60), slot=1)


def deliver(w: World, servers: Ints) -> None:
    """Let mail servers of subscribers deliver to those of the world, which spammers meet too."""
    rng = w.rng
    mail = np.flatnonzero((w.services.port == 25) & (w.services.told == 1))
    weight = 1 / np.arange(1, mail.size + 1)
    who = np.repeat(np.concatenate([servers, w.some(w.lines.n // 500)]), 150)
    whom = rng.choice(mail, who.size, p=weight / weight.sum())
    w.talk(who, whom, rng.lognormal(6.5, 1.5, who.size), look.call(rng, tls=False), slot=0)


def peers(w: World) -> None:
    """BitTorrent and other meshes without a centre: many peers, their ports, their trackers."""
    rng = w.rng
    swarms = max(6, w.lines.n // 700)
    trackers = w.serve(
        "bt-tracker", w.far(HOSTING, 30), UDP, rng.choice([6969, 1337, 2710, 80], 30)
    )
    for swarm in range(swarms):
        honest = "bt-peer" if swarm % 3 else "chain-node"  # Nodes of block chains and the like.
        size = int(np.clip(rng.lognormal(4.8, 1), 20, 3000))
        port = rng.integers(6881, 65_000, size)
        proto = TCP if rng.random() < 0.4 else UDP
        if honest == "chain-node":
            port = np.full(
                size, int(rng.choice([8333, 9333, 30303, 18080, 26656, look.odd_port(rng)]))
            )
        nodes = w.serve(honest, w.far(ACCESS, size), proto, port)
        users = w.some(int(np.clip(rng.lognormal(2.5, 1), 3, w.lines.n // 40)))
        met = rng.integers(10, 60)
        who, whom = np.repeat(users, met), rng.choice(nodes, users.size * met)
        mu = rng.lognormal(8, 1.8, who.size)
        shape = look.keep_alive(rng) if proto == TCP else look.datagrams(rng)
        w.talk(who, whom, mu, shape if rng.random() < 0.5 else look.bulk(rng, proto=proto), slot=1)
        if honest == "bt-peer":
            w.talk(
                users, rng.choice(trackers, users.size), 1_200, look.fixed(UDP, 126, 200), slot=1
            )


def games(w: World) -> None:
    """Games, meetings, voice: many small datagrams for an hour or two."""
    rng = w.rng
    for _ in range(max(10, w.lines.n // 1500)):
        count = int(rng.integers(2, 40))
        port = int(rng.choice([3074, 3478, 8801, 9987, 27015, 27020, 30000, 7777, 5000]))
        port = port if rng.random() < 0.5 else look.odd_port(rng)
        hosts = w.serve(
            "game", w.far(CLOUD, count, networks=2), UDP, port + rng.integers(0, 20, count)
        )
        users = w.some(int(np.clip(rng.lognormal(np.log(w.lines.n) - 6, 1.3), 4, w.lines.n // 10)))
        hours = rng.lognormal(0.5, 1, users.size)
        mu = hours * (3600 * rng.uniform(20, 90))
        span = rng.choice(users.size, users.size)  # Evenings of their own.
        t0 = (span * 7_919 % 6) * DAY
        w.talk(users, rng.choice(hosts, users.size), mu / 2, look.play(rng), habit=EVENING, t0=t0,
               t1=t0 + 2 * DAY, slot=1)  # fmt: skip


def tunnels(w: World) -> None:
    """Virtual private networks for sale, and pools where coins are mined."""
    rng = w.rng
    for _ in range(int(rng.integers(6, 14))):
        proto, port = [(UDP, 51820), (UDP, 1194), (TCP, 443), (UDP, 4500), (TCP, 1194)][
            rng.integers(5)
        ]
        hosts = w.serve("vpn", w.far(HOSTING, int(rng.integers(3, 40))), proto, port)
        users = w.some(int(w.lines.n * rng.uniform(0.0005, 0.01)) + 4)
        mu = rng.lognormal(12, 1.5, users.size)
        w.talk(users, rng.choice(hosts, users.size), mu, look.bulk(rng, proto=proto), slot=0)
        idle = look.datagrams(rng) if proto == UDP else look.keep_alive(rng)
        w.talk(users, rng.choice(hosts, users.size), 60_000, idle, slot=0)
    for _ in range(int(rng.integers(5, 12))):
        port = int(rng.choice([3333, 4444, 5555, 7777, 14433, 14444, 443, look.odd_port(rng)]))
        pool = w.serve("mining-pool", w.far(CLOUD, int(rng.integers(1, 5))), TCP, port)
        users = w.some(int(w.lines.n * rng.uniform(0.0001, 0.0012)) + 5)
        mu = np.array(WEEK_S / rng.uniform(8, 40) * 3)
        w.talk(users, rng.choice(pool, users.size), mu, look.keep_alive(rng), habit=FLAT, slot=0)


def pages(w: World, budget: float) -> None:
    """Fill what is left of the records with pages, video, downloads and copies to the cloud."""
    rng, lines = w.rng, w.lines
    many = 20_000 + 4 * lines.n
    kinds = rng.choice([CDN, CLOUD, HOSTING, OTHER, ACCESS], many, p=[0.08, 0.3, 0.45, 0.15, 0.02])
    address = np.empty(many, np.uint64)
    for kind in range(5):
        address[kinds == kind] = w.far(kind, int((kinds == kind).sum()))
    port = rng.choice(
        [443, 80, 8443, 8080, 2053, 8888], many, p=[0.86, 0.11, 0.01, 0.01, 0.005, 0.005]
    )
    sites = w.services.add(address, TCP, port)
    double = sites[rng.random(many) < 0.2]
    w.services.twin[double] = w.services.add(w.far(CDN, double.size, v6=True), TCP, 443)
    fast = w.services.add(w.far(CDN, 600, networks=8), UDP, 443)
    w.services.twin[fast[:300]] = w.services.add(w.far(CDN, 300, networks=4, v6=True), UDP, 443)
    slope, video = rng.uniform(0.85, 1.1), rng.uniform(0.45, 0.7)

    def site(size: int) -> Ints:
        return sites[popular(rng, many, slope, size)]

    def store(size: int) -> Ints:
        return fast[popular(rng, 600, 0.7, size)]

    def load(size: int) -> Ints:
        return sites[popular(rng, 900, 0.6, size)]

    everyone = np.arange(lines.n)
    each = np.asarray(lines.activity * (budget / lines.activity.sum()))
    small, large = [(0.5, 0.02, 20), (0.35, 0.3, 90), (0.15, 2.0, 400)], [
        (0.1, 0.3, 120), (0.4, 4.0, 900), (0.5, 25.0, 4_000)]  # fmt: skip
    w.sessions(everyone, each * (0.9 - video), site, look=look.web(rng, proto=TCP), classes=small)
    w.sessions(everyone, each * video * 0.6, store, look=look.bulk(rng, proto=UDP), classes=large)
    w.sessions(everyone, each * video * 0.4, load, look=look.bulk(rng, proto=TCP), classes=large)
    some = w.some(lines.n // 5)
    w.sessions(
        some,
        each[some] * 0.5,
        load,
        look=look.bulk(rng, proto=TCP, up=True),
        classes=large,
        habit=WORK,
    )
