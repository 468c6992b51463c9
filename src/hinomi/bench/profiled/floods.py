"""Floods: many bots send to one victim at once, or somebody forges that they do."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6, is_own
from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.families import Design, Family, Underworld
from hinomi.bench.profiled.scene import Scene, new_host, odd_port
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations, Rows
from hinomi.bench.profiled.web import popular_site
from hinomi.model.flow import Ingress
from hinomi.model.protocol import Protocol

_FLOODS: Final = (10, 18)
_FLOODING: Final = frozenset({Design.IOT_SCAN, Design.IOT_SILENT})
_BOTS_LEAST: Final = (25, 5)  # Of a family that floods, and of those that take part.
_BETWEEN: Final = (0.5, 6.8)  # Days.
_MINUTES: Final = (4, 45)
_DAY_MINUTES: Final = 1_440
_LATEST: Final = 6.999
_PACKETS: Final = (1_500, 30_000)  # Sampled at scale 1.
_LEAST_SCALE: Final = 0.05
_BOT_MOST: Final = 200.0
_VICTIM_RANKS: Final = (70, 2_500)
_BACKSCATTER: Final = 0.12
_ANSWERS: Final = 0.04
_VICTIMS: Final = ("site", "niche", "line", "other")
_VICTIM_ODDS: Final = (0.4, 0.1, 0.1, 0.4)
_WAYS: Final = ("udp", "ack", "syn", "forged", "forged-out")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flood:
    victim: int
    port: int
    starts: float
    ends: float
    packets: float  # Sampled.


def flood(scene: Scene, under: Underworld, niches: list[Service]) -> None:
    """Let families of devices flood victims: sites, small services, lines of ours."""
    draws = scene.draws("floods")
    able = [
        family
        for family in under.families
        if family.design in _FLOODING and family.bots.size > _BOTS_LEAST[0]
    ]
    for _ in range(draws.whole(*_FLOODS) if able else 0):
        family = draws.pick(able)
        starts = draws.between(*_BETWEEN)
        taking = draws.chances(draws.between(0.3, 1), family.bots.size)
        bots = family.bots[(family.since < starts) & taking]
        if bots.size >= _BOTS_LEAST[1]:
            _strike(scene, draws, under, family, bots=bots, starts=starts, niches=niches)


def _strike(
    scene: Scene,
    draws: Draws,
    under: Underworld,
    family: Family,
    *,
    bots: Wholes,
    starts: float,
    niches: list[Service],
) -> None:
    victim, port = _victim(scene, draws, under.hosts, niches)
    many = draws.number(*_PACKETS) * max(scene.scale, _LEAST_SCALE)
    what = _Flood(
        victim=victim,
        port=port,
        starts=starts,
        ends=min(starts + draws.number(*_MINUTES) / _DAY_MINUTES, _LATEST),
        packets=min(many, bots.size * _BOT_MOST),
    )
    way = draws.pick(_WAYS)
    if way.startswith("forged"):
        _forge(scene, draws, what, inward=way == "forged-out")
        if way == "forged-out":
            at_us = _Flood(
                victim=int(scene.lines.v4[under.hosts[0]]), port=80, starts=what.starts,
                ends=what.ends, packets=what.packets / 4,
            )  # fmt: skip
            _forge(scene, draws, at_us, inward=True)
    else:
        _send(scene, draws, what, bots, way)
    proto = Protocol.UDP if way == "udp" else Protocol.TCP
    if (victim, proto, port) not in scene.book.entries:
        scene.book.name((victim, int(proto), port), "ddos-victim", family.name)


def _victim(scene: Scene, draws: Draws, hosts: Wholes, niches: list[Service]) -> tuple[int, int]:
    who = draws.pick(_VICTIMS, _VICTIM_ODDS)
    if who == "site":
        return popular_site(scene, draws, *_VICTIM_RANKS), 443
    if who == "niche" and niches:
        code, _, port = draws.pick(niches)
        return (code if code < REMOTE_V6 else new_host(draws)), port
    if who == "line":
        return int(scene.lines.v4[draws.some(hosts, 1)[0]]), 80
    return new_host(draws), draws.pick((80, 443, 25565, odd_port(draws)))


def _send(scene: Scene, draws: Draws, what: _Flood, bots: Wholes, way: str) -> None:
    rate = what.packets / bots.size * draws.spread(-0.5, 1.0, bots.size)
    shape = {"udp": Usual.UDP_FLOOD, "ack": Usual.ACK_FLOOD}.get(way, Usual.PROBE)
    one_port = way != "udp" or draws.happens(0.5)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(bots), server=what.victim,
        port=what.port if one_port else draws.wholes(1, 65_000, bots.size),
        proto=Protocol.UDP if way == "udp" else Protocol.TCP, shape=shape, up=rate,
        down=rate * _ANSWERS, line=bots, starts=what.starts, ends=what.ends, life=0.001,
    ))  # fmt: skip


def _forge(scene: Scene, draws: Draws, what: _Flood, *, inward: bool) -> None:
    """
    Let addresses of ours that send nothing seem to send; the victim answers some.

    Where the victim is ours and the forger is not, such packets come in from transit.
    """
    count = int(what.packets)
    client = scene.lines.codes(draws.wholes(0, scene.lines.count, count))
    server = np.full(count, what.victim)
    client_port = draws.wholes(1_024, 65_000, count)
    at = draws.rng.uniform(what.starts, what.ends, count)
    from_outside = inward and bool(is_own(server[:1]).any())
    answered = draws.chances(_BACKSCATTER, count)
    for some, shape, back, ingress in (
        (
            np.ones(count, np.bool_),
            Usual.PROBE,
            False,
            Ingress.TRANSIT if from_outside else Ingress.SUBSCRIBER,
        ),
        (answered, Usual.PROBE_ANSWERED, True, None),
    ):
        scene.sheet.write(draws, Rows(
            client=client[some], server=server[some], client_port=client_port[some],
            server_port=what.port, proto=Protocol.TCP, shape=shape,
            down=np.full(int(some.sum()), back), at=at[some], ingress=ingress,
        ))  # fmt: skip
