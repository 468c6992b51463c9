"""What comes from outside without being asked: scanners, and transit of others."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.profiled.hours import DAYS
from hinomi.bench.profiled.scene import Scene, new_hosts
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations, Rows
from hinomi.model.flow import Ingress
from hinomi.model.protocol import Protocol

_RESEARCHERS: Final = 45
_SCANNERS: Final = 9_000  # At scale 1, and some anyway.
_SOUGHT: Final = (
    23, 22, 80, 443, 8080, 2323, 5555, 3389, 445, 7547, 37215, 8443, 1433, 5900,
)  # fmt: skip
_OTHER_PORTS: Final = 60
_WEIGHTS: Final = (4.0, 0.7)  # Of each sought port, and of each other.
_ANSWERING: Final = 40  # Addresses of a hundred that reset what they do not serve,
_ANSWERS: Final = 0.05  # so often.
_TRANSIT: Final = 0.5  # Packets a line.


def disturb(scene: Scene) -> Codes:
    """Let others probe the network and pass through it; give those who do so for research."""
    draws = scene.draws("outside")
    researchers = new_hosts(draws, _RESEARCHERS)
    other = np.arange(1, _OTHER_PORTS + 1) * 1_063 + draws.wholes(0, 1_000, _OTHER_PORTS)
    ports = np.append(np.array(_SOUGHT), other)
    weight = np.repeat(_WEIGHTS, (len(_SOUGHT), _OTHER_PORTS))
    count = int(scene.lines.count * scene.size.probes)
    for source in (researchers, new_hosts(draws, int(_SCANNERS * scene.scale) + 50)):
        _probe(scene, draws, draws.some(source, count), ports, weight / weight.sum())
    _pass_by(scene, draws)
    return researchers


def _probe(scene: Scene, draws: Draws, source: Codes, ports: Wholes, weight: Reals) -> None:
    target = scene.own_places(draws, source.size)
    answers = _ANSWERS * (scene.below(100, target, 7) < _ANSWERING)
    scene.sheet.relate(draws, Relations(
        client=source, server=target, port=draws.rng.choice(ports, source.size, p=weight),
        proto=Protocol.TCP, shape=Usual.PROBE, up=0.95, down=answers, life=1e-5,
    ))  # fmt: skip


def _pass_by(scene: Scene, draws: Draws) -> None:
    """Let both ends of some packets be elsewhere."""
    count = int(scene.lines.count * _TRANSIT)
    scene.sheet.write(draws, Rows(
        client=new_hosts(draws, count), server=new_hosts(draws, count),
        client_port=draws.wholes(1_024, 65_000, count), server_port=443, proto=Protocol.TCP,
        shape=Usual.WEB, down=draws.chances(0.5, count), at=draws.rng.random(count) * DAYS,
        ingress=Ingress.TRANSIT,
    ))  # fmt: skip
