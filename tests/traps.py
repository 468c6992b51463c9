"""
A network with one botnet, and beside it everything that resembles a C&C server and is none.

Lines by number: the members of the botnet are the first of those with the device that it
infects; who does what is said where it happens. Every trap meets as many infected lines as
such a service would in life, the worst case where life is undecided.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hinomi.model.address import parse_address
from hinomi.model.flow import Ingress
from hinomi.model.listed import ListKind
from hinomi.model.protocol import parse_protocol
from hinomi.model.service import Candidate, Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.importing import ImportedFile
from hinomi.services.ownership import own_matcher
from wire import (
    ACK,
    OTHERS_V4,
    OWN_V4,
    RST,
    SYN,
    UDP,
    WEEK_S,
    Numbers,
    Wire,
    settle,
    v4,
)

NETWORKS: Final = (
    "198.18.0.0/16,ppp,32,private",
    "198.19.0.0/17,ppp,32,private",
    "198.19.240.0/24,cgnat,32,private",
)
LINES: Final = 4_000
BOTS: Final = np.arange(60)  # All have the device; 60 are seen, more may be infected.
OWNERS: Final = np.arange(400)  # Of the device that the botnet infects.
SCANNING: Final = BOTS[:36]
SPAMMERS: Final = np.arange(500, 520)
OTHER_BOTS: Final = np.arange(600, 630)  # Of the family whose server was sinkholed.
PEERS: Final = np.concatenate([np.arange(700, 760), BOTS[:4]])  # Lines with a P2P program.
FRONTED: Final = np.arange(800, 860)  # Members of the botnet that has fronts on own lines.
CGNAT: Final = v4("198.19.240.1") + np.arange(4)
FRONTS: Final = v4("198.19.100.1") + np.arange(5)
MINUTES: Final = 60.0

SERVICES: Final = {
    "cc": ("203.0.113.1", "tcp", 48_101),
    "sister": ("203.0.113.2", "tcp", 48_101),
    "cc on a shared host": ("203.0.113.3", "tcp", 9_030),
    "cc of the sinkholed family": ("203.0.113.4", "tcp", 6_667),
    "sinkhole": ("203.0.113.5", "tcp", 6_667),
    "listed front": ("203.0.113.6", "tcp", 38_080),
    "upper tier": ("203.0.113.7", "tcp", 38_999),
    "vendor cloud": ("198.51.100.1", "tcp", 8_600),
    "cloud of a rare model": ("198.51.100.3", "tcp", 8_601),
    "content network": ("198.51.100.2", "tcp", 443),
    "shared host": ("203.0.113.3", "tcp", 443),
    "SYN flood": ("198.51.100.4", "tcp", 443),
    "ACK flood": ("198.51.100.5", "tcp", 80),
    "ACK flood, answered": ("198.51.100.6", "tcp", 8_080),
    "UDP flood": ("198.51.100.7", "udp", 27_015),
    "flood of requests": ("198.51.100.24", "tcp", 443),
    "ACK flood for six hours": ("198.51.100.25", "tcp", 80),
    "silent scan target": ("198.51.100.8", "tcp", 23),
    "answering scan target": ("198.51.100.9", "tcp", 23),
    "scan target of slow scanners": ("198.51.100.26", "tcp", 5_555),
    "DNS amplifier": ("198.51.100.10", "udp", 53),
    "victim of own amplifiers": ("198.51.100.11", "udp", 80),
    "loader": ("198.51.100.12", "tcp", 80),
    "loader of a short script": ("198.51.100.27", "tcp", 80),
    "research scanner": ("198.51.100.13", "tcp", 61_000),
    "update server": ("198.51.100.14", "tcp", 443),
    "NTP server": ("198.51.100.15", "udp", 123),
    "DNS resolver": ("198.51.100.16", "udp", 53),
    "STUN server": ("198.51.100.17", "udp", 3_478),
    "tracker": ("198.51.100.18", "udp", 6_969),
    "P2P peer": ("198.51.100.19", "udp", 51_413),
    "mail relay": ("198.51.100.20", "tcp", 25),
    "mail submission": ("198.51.100.20", "tcp", 587),
    "mining pool": ("198.51.100.21", "tcp", 3_333),
    "mining pool of bots": ("198.51.100.28", "tcp", 3_334),
    "haunt of crowded addresses": ("198.51.100.22", "tcp", 7_443),
    "framed by forged sources": ("198.51.100.23", "tcp", 4_444),
    "own cc": ("198.19.100.1", "tcp", 38_080),
}


@dataclass(frozen=True, slots=True)
class TrapWorld:
    """What came out of the network."""

    detection: Detection
    services: dict[str, Service]
    imported: ImportedFile
    home: Path
    met: dict[str, int]
    """Own addresses sampled with each service, forged ones left out."""

    def candidate(self, name: str) -> Candidate | None:
        """Give a named service as candidate; None if nothing speaks for it."""
        service = self.services[name]
        return next((c for c in self.detection.candidates if c.service == service), None)

    def rank(self, name: str) -> float:
        """Give the rank of a named service; beyond all if nothing speaks for it."""
        found = self.candidate(name)
        return self.detection.candidates.index(found) + 1 if found else math.inf

    def probability(self, name: str) -> float:
        """Give the probability of a named service; 0 if nothing speaks for it."""
        found = self.candidate(name)
        return found.probability if found else 0.0


def build(folder: Path, seed: int = 1) -> TrapWorld:
    """Write the network down, import it, and detect."""
    wire = Wire(seed)
    _ordinary(wire)
    _botnets(wire)
    _crowds(wire)
    _floods(wire)
    _scans(wire)
    _gatherings(wire)
    lists = {
        ListKind.KNOWN_CC: [_row("sister"), _row("listed front")],
        ListKind.SINKHOLES: [_row("sinkhole")],
    }
    home, imported = settle(folder, wire.table(), NETWORKS, lists)
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
    services = {}
    for name, (text, protocol, port) in SERVICES.items():
        address = parse_address(text)
        own = match_own(address)
        proto = parse_protocol(protocol)
        services[name] = Service(own or address, proto, port, own=own is not None)
    detection = run_detection(home, Window(), top=100_000)
    return TrapWorld(detection, services, imported.files[0], home.folder, _met(wire))


def _met(wire: Wire) -> dict[str, int]:
    met = {}
    column = {name: np.concatenate([part[name] for part in wire.parts]) for name in wire.parts[0]}
    kept = column["ingress"] != Ingress.TRANSIT
    for name, (address, protocol, port) in SERVICES.items():
        same = kept & (column["proto"] == parse_protocol(protocol))
        from_it = same & (column["src"] == v4(address)) & (column["src_port"] == port)
        to_it = same & (column["dst"] == v4(address)) & (column["dst_port"] == port)
        clients = np.concatenate([column["dst"][from_it], column["src"][to_it]])
        met[name] = np.unique(clients[clients >> 17 == OWN_V4 >> 17]).size
    return met


def _row(name: str) -> str:
    address, protocol, port = SERVICES[name]
    return f"{address},{protocol},{port}"


def _talk(
    wire: Wire,
    name: str,
    clients: Numbers,
    *,
    records: float = 1.6,
    up: float = 0.5,
    sizes: tuple[int, int] = (90, 90),
    within: tuple[float, float] = (0, WEEK_S),
) -> None:
    address, protocol, port = SERVICES[name]
    proto = parse_protocol(protocol)
    wire.talk(
        v4(address), port, clients, proto=proto, records=records, up=up, sizes=sizes, within=within
    )


def _ordinary(wire: Wire) -> None:
    """Every line uses popular servers, and a few that hardly anyone else uses."""
    rng = wire.rng
    activity = np.maximum(rng.lognormal(2.0, 0.9, LINES), 1.0)
    everyone = np.repeat(np.arange(LINES), rng.poisson(activity))
    crowded = np.repeat(CGNAT, 600)
    clients = np.concatenate([everyone, crowded])
    popular = OTHERS_V4 + 2**27 + np.floor(3_000 ** rng.random(clients.size)).astype(np.int64)
    niche = OTHERS_V4 + 2**27 + 2**20 + rng.integers(0, 6_000, clients.size)
    server = np.where(rng.random(clients.size) < 0.7, popular, niche)
    order = np.argsort(server, kind="stable")
    edges = np.flatnonzero(np.diff(server[order], prepend=-1))
    for group, address in zip(
        np.split(clients[order], edges[1:]), server[order][edges], strict=True
    ):
        wire.talk(int(address), 443, group, records=1.0, sizes=(200, 900))


def _botnets(wire: Wire) -> None:
    """One botnet whose server nobody knows, one that was sinkholed, one with fronts."""
    _talk(wire, "cc", BOTS[np.r_[0:20, 40:52]])
    _talk(wire, "sister", BOTS[np.r_[4:26, 44:60]])
    wire.probe(SCANNING, 23, 12)
    _talk(wire, "cc on a shared host", BOTS[10:34])
    _talk(wire, "sinkhole", OTHER_BOTS[:24])
    _talk(wire, "cc of the sinkholed family", OTHER_BOTS[4:])
    _talk(wire, "listed front", FRONTED[FRONTED % 5 > 0])
    port = SERVICES["own cc"][2]
    for number, front in enumerate(FRONTS.tolist()):
        wire.talk(front, port, np.roll(FRONTED, 11 * number)[:24])
        elsewhere = OTHERS_V4 + 2**26 + wire.rng.integers(0, 2**20, 30)
        wire.talk(front, port, elsewhere, records=1.2)
    _talk(wire, "upper tier", FRONTS, records=4.0)


def _crowds(wire: Wire) -> None:
    """What very many lines use, infected ones among them; and crowded addresses."""
    everyone = np.arange(LINES)
    _talk(wire, "vendor cloud", OWNERS)
    _talk(wire, "cloud of a rare model", OWNERS[:150])
    _talk(wire, "content network", everyone[::2], records=2.0, sizes=(80, 1_300))
    _talk(wire, "update server", everyone[::3], records=2.0, sizes=(60, 1_400))
    _talk(wire, "NTP server", everyone[1::4], sizes=(76, 76))
    _talk(wire, "DNS resolver", everyone, records=3.0, sizes=(70, 150))
    _talk(wire, "STUN server", everyone[2::8], sizes=(56, 70))
    _talk(wire, "shared host", wire.rng.choice(everyone, 150, replace=False), sizes=(200, 900))
    _talk(wire, "haunt of crowded addresses", CGNAT, records=5.0)
    _talk(wire, "cc", CGNAT[:1])
    _talk(wire, "sister", CGNAT[1:3])
    wire.probe(CGNAT, 23, 10)


def _floods(wire: Wire) -> None:
    """Attacks of a quarter of an hour: forged SYNs, then ACKs and UDP by real bots."""
    quarter = (100_000.0, 100_000.0 + 15 * MINUTES)
    rng = wire.rng
    forged = OWN_V4 + rng.integers(1, 0x17FFF, 900)
    victim = v4(SERVICES["SYN flood"][0])
    wire.send(forged, victim, (wire.ephemeral(900), 443), wire.seconds(900, quarter), flags=SYN)
    answer = SYN | ACK
    answered = (443, wire.ephemeral(300))
    wire.send(victim, forged[:300], answered, wire.seconds(300, quarter), flags=answer)
    _talk(wire, "SYN flood", np.arange(1_000, 1_012), sizes=(200, 900))
    for name in ("ACK flood", "ACK flood, answered", "UDP flood"):
        address, protocol, port = SERVICES[name]
        bots = OWN_V4 + 1 + np.repeat(BOTS, 30) * 29
        ports, when = (wire.ephemeral(bots.size), port), wire.seconds(bots.size, quarter)
        proto = parse_protocol(protocol)
        wire.send(bots, v4(address), ports, when, proto=proto, flags=ACK, size=552)
        _talk(wire, name, np.arange(1_020, 1_028), sizes=(120, 600))
        if "answered" in name:
            back = (ports[1], ports[0])
            wire.send(v4(address), bots, back, when + 20, flags=RST, size=40)
    _talk(wire, "flood of requests", BOTS, records=12.0, sizes=(300, 700), within=quarter)
    _talk(wire, "flood of requests", np.arange(1_030, 1_038), sizes=(300, 700))
    long = (200_000.0, 200_000.0 + 360 * MINUTES)
    victim = v4(SERVICES["ACK flood for six hours"][0])
    bots = OWN_V4 + 1 + np.repeat(BOTS, 40) * 29
    ports = (wire.ephemeral(bots.size), 80)
    wire.send(bots, victim, ports, wire.seconds(bots.size, long), flags=ACK, size=552)
    _talk(wire, "ACK flood for six hours", np.arange(1_040, 1_048), sizes=(120, 600))
    framed = v4(SERVICES["framed by forged sources"][0])
    names = OWN_V4 + 1 + np.tile(BOTS, 3) * 29
    ports = (wire.ephemeral(names.size), 4_444)
    when = wire.seconds(names.size)
    wire.send(names, framed, ports, when, flags=ACK, ingress=Ingress.TRANSIT)


def _scans(wire: Wire) -> None:
    """Hosts that bots probe, answering or not; own lines probed and misused from outside."""
    rng = wire.rng
    scanning = OWN_V4 + 1 + SCANNING * 29
    silent = (wire.ephemeral(scanning.size), 23)
    target = v4(SERVICES["silent scan target"][0])
    wire.send(scanning, target, silent, wire.seconds(scanning.size), flags=SYN)
    _talk(wire, "answering scan target", SCANNING[:28], sizes=(60, 80))
    wire.probe(SCANNING, 5_555, 2)
    _talk(wire, "scan target of slow scanners", SCANNING[:16], records=1.2, sizes=(60, 80))
    scanner = v4(SERVICES["research scanner"][0])
    probed = OWN_V4 + rng.integers(1, 0x17FFF, 1_500)
    ports = rng.choice(np.array([22, 23, 80, 443, 3_389]), 1_500)
    wire.send(scanner, probed, (61_000, ports), wire.seconds(1_500), flags=SYN, size=40)
    refused = (ports[:400], 61_000)
    wire.send(probed[:400], scanner, refused, wire.seconds(400), flags=RST | ACK, size=40)
    # A flood of answers that nobody asked for, from many open resolvers to one line.
    quarter = (300_000.0, 300_000.0 + 15 * MINUTES)
    resolvers = np.append(OTHERS_V4 + 2**26 + rng.integers(0, 2**20, 400), v4("198.51.100.10"))
    wire.send(
        np.repeat(resolvers, 3),
        OWN_V4 + 1 + 2_000 * 29,
        (53, wire.ephemeral(1_203)),
        wire.seconds(1_203, quarter),
        proto=UDP,
        size=1_400,
    )
    # Own devices that answer requests for the time which somebody forged.
    victim = v4(SERVICES["victim of own amplifiers"][0])
    amplifiers = OWN_V4 + 1 + np.repeat(np.r_[BOTS[:20], 2_100:2_130], 8) * 29
    when = wire.seconds(amplifiers.size, quarter)
    wire.send(victim, amplifiers, (80, 123), when, proto=UDP, size=36)
    wire.send(amplifiers, victim, (123, 80), when + 30, proto=UDP, size=468)


def _gatherings(wire: Wire) -> None:
    """Services at which infected lines meet for reasons of their own."""
    rng = wire.rng
    # Fetched once, in full packets, a few seconds long.
    for bot in BOTS[:45]:
        begin = float(rng.uniform(0, WEEK_S - 60))
        within = (begin, begin + 20)
        _talk(
            wire, "loader", np.array([bot]), records=1.8, up=0.3, sizes=(60, 1_400), within=within
        )
        within = (begin + 20, begin + 25)
        _talk(wire, "loader of a short script", np.array([bot]), records=1.2, within=within)
    relays = OTHERS_V4 + 2**26 + 2**22 + np.arange(300)
    for relay in relays.tolist():
        wire.talk(relay, 25, rng.choice(SPAMMERS, 3, replace=False), sizes=(900, 90))
    _talk(wire, "mail relay", np.r_[SPAMMERS, 1_100:1_104], sizes=(900, 90))
    _talk(wire, "mail submission", np.r_[SPAMMERS[:4], 1_100:1_140], sizes=(900, 90))
    _talk(wire, "mining pool", np.r_[BOTS[:3], 1_200:1_240], sizes=(220, 400))
    _talk(wire, "mining pool of bots", np.r_[BOTS[:12], 1_200:1_228], sizes=(220, 400))
    _talk(wire, "tracker", PEERS, records=2.0, sizes=(110, 300))
    peers = OTHERS_V4 + 2**26 + 2**23 + np.arange(PEERS.size * 30)
    for line, own_peers in zip(PEERS, np.split(peers, PEERS.size), strict=True):
        for peer in own_peers.tolist():
            port = 20_000 + peer % 30_000
            wire.talk(peer, port, [int(line)], proto=UDP, records=1.0, sizes=(300, 900))
    _talk(wire, "P2P peer", PEERS[-8:], records=1.5, sizes=(300, 900))
