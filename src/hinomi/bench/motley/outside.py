"""What comes from outside, or seems to: scanners, floods, forged sources, transit."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes, is_own
from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws
from hinomi.bench.motley.everyday import popular_site
from hinomi.bench.motley.families import FEWEST, Family
from hinomi.bench.motley.meetings import OUTSIDE, Pairs
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts
from hinomi.model.flow import Ingress

_RESEARCHERS: Final = (5, 60)
_SCANNERS: Final = 6_000  # At scale 1, and some anyway.
_SOUGHT: Final = (20, 300)  # Ports.
_PACKETS: Final = (300, 12_000)  # Of a flood, sampled, at scale 0.3.
_BOT_MOST: Final = 150
_DAYS: Final = (0.002, 0.1)
_WAYS: Final = (Fixed.UDP_FLOOD, Fixed.ACK_FLOOD, Fixed.PROBE)


def probe(scene: Scene) -> Codes:
    """Let others probe the network and pass through it; give those who do so for research."""
    draws = scene.draws("outside")
    researchers = new_hosts(draws, draws.whole(*_RESEARCHERS))
    others = new_hosts(draws, int(_SCANNERS * scene.laws.scale) + 50)
    ports = draws.wholes(1, 65_000, draws.whole(*_SOUGHT))
    count = int(scene.lines.count * scene.laws.probes)
    for source in (researchers, others):
        client, rank = draws.some(source, count), draws.ranks(1.1, ports.size + 1, count) - 1
        manner = np.where(draws.chances(0.05, count), int(Fixed.ANSWERED), int(Fixed.PROBE))
        scene.meetings.meet(draws, Pairs(
            client=client, server=scene.own_places(draws, count),
            port=ports[np.minimum(rank, ports.size - 1)], manner=manner,
            bursts=np.ones(count, np.int64),
        ))  # fmt: skip
    passing = int(scene.lines.count * draws.between(0, 0.5))
    scene.meetings.meet(draws, Pairs(
        client=new_hosts(draws, passing), server=new_hosts(draws, passing), port=443,
        manner=int(scene.ordinary[0]), bursts=np.ones(passing, np.int64), ingress=Ingress.TRANSIT,
    ))  # fmt: skip
    return researchers


def flood(scene: Scene, families: list[Family], small: list[Service]) -> None:
    """Let families flood victims, and others forge that lines of ours do."""
    draws = scene.draws("floods")
    able = [family for family in families if "attacking" in family.deeds]
    for _ in range(round(scene.laws.floods)):
        victim = _victim(scene, draws, small)
        if draws.happens(scene.laws.forged):
            _forge(scene, draws, victim)
        elif able:
            _strike(scene, draws, victim, draws.pick(able))


def _victim(scene: Scene, draws: Draws, small: list[Service]) -> tuple[int, int]:
    """Draw whom it hits: a site, a small service, a line of ours, anybody."""
    code, _, port = draws.pick((
        popular_site(scene, draws),
        draws.pick(small),
        (int(draws.some(scene.lines.v4, 1)[0]), 0, 80),
        (int(new_hosts(draws, 1)[0]), 0, draws.whole(1, 65_000)),
    ))  # fmt: skip
    return code, port


def _strike(scene: Scene, draws: Draws, victim: tuple[int, int], family: Family) -> None:
    starts = draws.between(0, scene.laws.days * 0.98)
    there = np.isin(family.bots, family.active) & (family.since <= starts)
    line, way = family.bots[there], draws.pick(_WAYS)
    if line.size < FEWEST:
        return
    packets = draws.number(*_PACKETS) * scene.laws.scale / 0.3
    rate = min(packets / line.size, _BOT_MOST) * draws.spread(-0.5, 1, line.size)
    code, port = victim
    scene.meet(
        draws, line, code, port, int(way), bursts=draws.rng.poisson(rate), starts=starts,
        ends=min(starts + draws.number(*_DAYS), scene.laws.days),
    )  # fmt: skip
    service = (code, scene.proto(int(way)), port)
    if service not in scene.book.entries:
        scene.book.name(service, "ddos-victim", family.name)


def _forge(scene: Scene, draws: Draws, victim: tuple[int, int]) -> None:
    """Let addresses of ours that send nothing seem to send; the victim answers some."""
    code, port = victim
    count = int(draws.number(*_PACKETS) * scene.laws.scale / 0.3) + 1
    starts = draws.between(0, scene.laws.days * 0.98)
    manner = np.where(draws.chances(0.15, count), int(Fixed.ANSWERED), int(Fixed.PROBE))
    from_outside = bool(is_own(np.array([code]))[0]) or draws.happens(0.2)
    scene.meetings.meet(draws, Pairs(
        client=draws.some(scene.lines.v4, count), server=code, port=port, manner=manner,
        line=OUTSIDE, bursts=np.ones(count, np.int64), starts=starts,
        ends=min(starts + draws.number(*_DAYS), scene.laws.days),
        ingress=Ingress.TRANSIT if from_outside else Ingress.SUBSCRIBER,
    ))  # fmt: skip
    service = (code, scene.proto(int(Fixed.PROBE)), port)
    if service not in scene.book.entries:
        scene.book.name(service, "ddos-victim")
