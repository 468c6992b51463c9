"""Honest services that few use: device clouds, installers, communities, telemetry, oddities."""

from typing import Final

import numpy as np

from examiner import profiles as look
from examiner.lines import FLAT, HOME, WORK
from examiner.profiles import TCP, UDP, Profile
from examiner.rows import WEEK, Ints
from examiner.world import CDN, CLOUD, HOSTING, OTHER, World

WEEK_S: Final = WEEK / 1000
USES: Final = (
    ("telephony", UDP, (5060, 5061, 5070), "datagrams", FLAT, 15, 120),
    ("alarm-receiver", TCP, (0,), "keep", FLAT, 20, 180),
    ("solar-monitor", TCP, (0, 8883, 1883), "keep", FLAT, 30, 600),
    ("smart-meter", TCP, (0, 4059), "call", FLAT, 300, 1800),
    ("points-of-sale", TCP, (443, 8443, 0), "keep", WORK, 30, 300),
    ("trading", TCP, (0, 443, 4001, 9001), "keep", WORK, 1, 30),
    ("chat", TCP, (5222, 6697, 6667, 443, 8448, 0), "keep", HOME, 30, 240),
    ("voice-rooms", UDP, (9987, 64738, 0), "datagrams", HOME, 1, 20),
    ("game-guild", TCP, (25565, 7777, 0), "keep", HOME, 1, 15),
    ("company-vpn", UDP, (4500, 1194, 51820, 0), "datagrams", WORK, 10, 60),
    ("company-vpn", TCP, (443, 1194, 10443, 8443), "keep", WORK, 10, 60),
    ("remote-help", TCP, (5938, 7070, 21116, 443, 0), "keep", FLAT, 15, 90),
    ("message-broker", TCP, (1883, 8883, 5672, 0), "keep", FLAT, 15, 300),
    ("charging-point", TCP, (443, 80, 8080, 0), "keep", FLAT, 60, 900),
    ("lift-and-boiler", TCP, (502, 20000, 0), "call", FLAT, 60, 900),
    ("feeder", TCP, (30004, 30005, 2947, 0), "keep", FLAT, 1, 20),
    ("weather-station", TCP, (80, 443, 8000), "call", FLAT, 60, 900),
    ("dynamic-name", TCP, (443, 80), "call", FLAT, 300, 3600),
    ("tor-relay", TCP, (9001, 443, 9030), "keep", HOME, 5, 60),
    ("ssh-tunnel", TCP, (22, 2222, 443, 0), "keep", FLAT, 15, 120),
    ("tv-box", TCP, (8080, 25461, 80, 0), "call", HOME, 30, 600),
    ("signage", TCP, (443, 8080, 0), "call", FLAT, 30, 600),
    ("tracking", TCP, (0, 5023, 5055), "keep", FLAT, 30, 300),
    ("backup", TCP, (443, 22, 873, 0), "bulk", FLAT, 1, 10),
    ("medical", TCP, (2575, 11112, 443, 0), "keep", WORK, 60, 600),
    ("printer-supply", TCP, (443, 5222, 0), "call", WORK, 600, 7200),
    ("learning", TCP, (443, 8080, 1935), "call", WORK, 20, 300),
    ("compute-project", TCP, (80, 443, 8080), "call", FLAT, 600, 7200),
)
"""Label, protocol, ports (0: any), shape, hours, and seconds between turns."""


def clouds(w: World) -> None:
    """Devices by model, each model with the cloud its maker runs and what else it calls."""
    rng = w.rng
    models = int(40 + w.lines.n**0.45)
    weight = 1 / np.arange(1, models + 1) ** rng.uniform(0.9, 1.3)
    owned = w.lines.n * rng.uniform(1.5, 3.5) * weight / weight.sum()
    platform = w.serve("vendor-cloud", w.far(CLOUD, 12, networks=2), TCP, 8883, design="platform")
    for model in range(models):
        owners = w.some(int(np.clip(rng.poisson(owned[model]), 8, 0.4 * w.lines.n)))
        w.owners.append(owners)
        name = f"model-{model}"
        count = int(np.clip(rng.geometric(0.4), 1, 8))
        proto, shape = (
            (UDP, look.datagrams(rng)) if rng.random() < 0.25 else (TCP, look.keep_alive(rng))
        )
        port = int(
            rng.choice([443, 8883, 1883, 80, 10001, 32100, look.odd_port(rng), look.odd_port(rng)])
        )
        kind = int(rng.choice([CLOUD, HOSTING, OTHER], p=[0.6, 0.35, 0.05]))
        cloud = w.serve("vendor-cloud", w.far(kind, count, networks=1), proto, port, design=name)
        w.double(cloud, 0.15)
        if proto == TCP and rng.random() < 0.3:
            cloud = platform
        turns = WEEK_S / np.exp(rng.uniform(np.log(15), np.log(400)))
        away = rng.random(owners.size) < 0.15  # Switched off, or cut from the cloud.
        mu = turns * shape.turn * np.where(away, rng.uniform(0, 0.2, owners.size), 1)
        held = cloud[(owners + model) % cloud.size]
        w.talk(owners, held, mu, shape, habit=FLAT, slot=2 + model % 60)
        if rng.random() < 0.5:  # Firmware and statistics.
            more = w.serve(
                "telemetry", w.far(CLOUD, 1), TCP, int(rng.choice([443, 80])), design=name
            )
            mu = WEEK_S / rng.choice([300, 900, 3600, 14_400]) * 12
            w.talk(owners, np.repeat(more, owners.size), mu, look.call(rng), habit=FLAT)


def installers(w: World, infected: Ints) -> None:
    """Firms that watch over what they installed: of one weak model, and so mostly infected."""
    rng = w.rng
    for _ in range(int(rng.integers(3, 8))):
        clean = w.some(int(rng.integers(2, 30)))
        sick = rng.choice(infected, min(int(rng.integers(5, 40)), infected.size), replace=False)
        users = np.unique(np.concatenate([clean, sick]))
        shape = look.keep_alive(rng) if rng.random() < 0.8 else look.datagrams(rng)
        port = int(rng.choice([8000, 37777, 34567, look.odd_port(rng), look.odd_port(rng)]))
        host = w.serve("installer", w.far(int(rng.choice([HOSTING, OTHER])), 1), shape.proto, port)
        mu = WEEK_S / np.exp(rng.uniform(np.log(20), np.log(300))) * shape.turn
        w.talk(users, np.repeat(host, users.size), mu, shape, habit=FLAT)


def small_services(w: World) -> None:
    """The long tail: thousands of honest services with five to some hundred clients."""
    rng = w.rng
    for _ in range(int(np.clip(0.05 * w.lines.n, 600, 9_000))):
        label, proto, ports, shape, hours, least, most = USES[rng.integers(len(USES))]
        users = w.some(
            int(np.clip(2 + rng.pareto(1.1) * 4, 2, w.lines.n // 20)),
            corporate=True if hours == WORK and rng.random() < 0.5 else None,
        )
        port = int(rng.choice(ports)) or look.odd_port(rng)
        kind = int(rng.choice([HOSTING, CLOUD, OTHER], p=[0.6, 0.25, 0.15]))
        hosts = w.serve(label, w.far(kind, 1 + int(rng.random() < 0.15)), proto, port)
        period = np.exp(rng.uniform(np.log(least), np.log(most)))
        if port not in {80, 443} and rng.random() < 0.4:
            _dashboard(w, users, hosts)
        _meet(w, users, hosts, _shape(w, shape, proto, port), period=period, hours=hours)


def communities(w: World) -> None:
    """Companies, schools, guilds: the same few lines meet the same few services."""
    rng = w.rng
    free = {each: rng.permutation(w.some(w.lines.n, corporate=each)) for each in (True, False)}
    for _ in range(max(8, w.lines.n // 500)):
        corporate = bool(rng.random() < 0.6)
        size = int(np.clip(rng.lognormal(2.9, 0.8), 5, 250))
        members, free[corporate] = free[corporate][:size], free[corporate][size:]
        hosts = w.far(HOSTING, 3, networks=1)
        for _ in range(int(rng.integers(2, 6))):
            label, proto, ports, shape, hours, least, most = USES[rng.integers(len(USES))]
            port = int(rng.choice(ports)) or look.odd_port(rng)
            service = w.serve(f"community {label}", hosts[rng.integers(3)][None], proto, port)
            users = members[rng.random(members.size) < rng.uniform(0.5, 1)]
            period = np.exp(rng.uniform(np.log(least), np.log(most)))
            _meet(w, users, service, _shape(w, shape, proto, port), period=period, hours=hours)


def telemetry(w: World) -> None:
    """Programs that report home or ask for updates: beacons in all but purpose."""
    rng = w.rng
    for _ in range(max(60, w.lines.n // 150)):
        count = int(np.clip(rng.geometric(0.35), 1, 10))
        kind = int(rng.choice([CLOUD, HOSTING, CDN, OTHER], p=[0.5, 0.35, 0.1, 0.05]))
        port = int(rng.choice([443, 443, 443, 443, 80, 8443, look.odd_port(rng)]))
        hosts = w.serve("telemetry", w.far(kind, count), TCP, port)
        w.double(hosts, 0.1)
        users = w.some(int(np.clip(3 + rng.pareto(0.7) * 5, 3, w.lines.n // 5)))
        period = np.exp(rng.uniform(np.log(45), np.log(7200)))
        sleeps = bool(rng.random() < 0.7)
        look_of = look.call(rng, tls=port != 80)
        mu = WEEK_S / period * look_of.turn * (0.4 if sleeps else 1.0)
        habit = -1 if sleeps else FLAT
        if rng.random() < 0.5:
            w.talk(users, rng.choice(hosts, users.size), mu, look_of, habit=habit, slot=0)
        else:
            every = np.repeat(users, hosts.size)
            w.talk(every, np.tile(hosts, users.size), mu / hosts.size, look_of, habit=habit, slot=0)


def _shape(w: World, name: str, proto: int, port: int) -> Profile:
    if proto == UDP:
        return look.datagrams(w.rng)
    if name == "keep":
        return look.keep_alive(w.rng, small=bool(w.rng.random() < 0.25))
    if name == "bulk":
        return look.bulk(w.rng, proto=TCP, up=True)
    return look.call(w.rng, tls=port != 80)


def _dashboard(w: World, users: Ints, host: Ints) -> None:
    """Let the same machine serve pages to some of its clients, and to others."""
    rng = w.rng
    port = int(rng.choice([443, 443, 443, 80, 8443]))
    page = w.serve("dashboard", w.services.address[host[:1]], TCP, port)
    others = w.some(int(np.clip(rng.lognormal(1.5, 1.2), 0, 200)))
    seen = np.concatenate([users[rng.random(users.size) < rng.uniform(0.1, 0.9)], others])
    mu = rng.lognormal(7, 1.5, seen.size)
    w.talk(seen, np.repeat(page, seen.size), mu, look.web(rng, proto=TCP), slot=0)


def _meet(w: World, users: Ints, hosts: Ints, shape: Profile, *, period: float, hours: int) -> None:
    rng = w.rng
    diligence = np.exp(rng.normal(0, rng.uniform(0.1, 1.0), users.size))
    part = 0.35 if hours in {WORK, HOME} else 1.0
    begins = np.where(rng.random(users.size) < 0.12, rng.integers(0, WEEK, users.size), 0)
    w.talk(
        users,
        rng.choice(hosts, users.size),
        WEEK_S / period * shape.turn * part * diligence,
        shape,
        habit=hours,
        t0=begins,
        slot=int(rng.integers(0, 40)),
    )
