"""What is left of older botnets: servers that are dead, and those that researchers took over."""

from typing import Final

import numpy as np

from hinomi.bench.ground.book import Service
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.profiled.devices import Households, expected
from hinomi.bench.profiled.families import Underworld
from hinomi.bench.profiled.scene import Scene, new_host, odd_port
from hinomi.bench.profiled.shapes import Shape, Usual
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

_DEAD: Final = (7, 14)
_SUNK: Final = (4, 9)
_DEAD_CALLERS: Final = (8, 300)
_SUNK_CALLERS: Final = (10, 200)
_WHOLE_FROM: Final = 0.5  # Scale from which there are as many callers;
_LESS: Final = 0.3  # below so many of them.
_DEAD_PERIOD_S: Final = (30, 900)
_SUNK_PERIOD_S: Final = (60, 900)
_ANSWERS: Final = Shape(
    up=(0.3, 0.3, 0.2, 0.1, 0.1, 0.0), down=(0.3, 0.3, 0.1, 0.2, 0.1, 0.0), bytes=(120, 60),
    jitter=(40, 20),
)  # fmt: skip


def leave_dead(scene: Scene, under: Underworld, homes: Households) -> list[Service]:
    """Let lines call servers in vain: half of them bots, half owners of the same models."""
    draws = scene.draws("dead")
    owners, services = _owners(homes), []
    for number in range(draws.whole(*_DEAD)):
        line = _callers(scene, draws, _DEAD_CALLERS, [under.infected, owners])
        service = (new_host(draws), int(Protocol.TCP), odd_port(draws))
        scene.sheet.relate(draws, Relations(
            client=scene.lines.codes(line), server=service[0], port=service[2],
            proto=Protocol.TCP, shape=Usual.PROBE, up=expected(draws.number(*_DEAD_PERIOD_S), 2),
            down=0.0, line=line, life=0.0007,
        ))  # fmt: skip
        scene.book.name(service, "dead-cc", f"dead{number}")
        services.append(service)
    return services


def leave_sunk(scene: Scene, under: Underworld, homes: Households) -> list[Service]:
    """Let lines call servers that researchers answer: bots, owners, and PCs of anybody."""
    draws = scene.draws("sinkholes")
    owners, services, shape = _owners(homes), [], scene.shapes.add(_ANSWERS)
    for number in range(draws.whole(*_SUNK)):
        line = _callers(scene, draws, _SUNK_CALLERS, [under.infected, owners, homes.pcs])
        port = draws.pick((80, 443, odd_port(draws), odd_port(draws)))
        service = (new_host(draws), int(Protocol.TCP), port)
        rate = expected(draws.number(*_SUNK_PERIOD_S), 4)
        scene.sheet.relate(draws, Relations(
            client=scene.lines.codes(line), server=service[0], port=port, proto=Protocol.TCP,
            shape=shape, up=rate * 0.6, down=rate * 0.4, line=line, life=0.003,
        ))  # fmt: skip
        scene.book.name(service, "sinkhole", f"sink{number}")
        services.append(service)
    return services


def _owners(homes: Households) -> Wholes:
    return np.unique(np.concatenate([model.owners for model in homes.vulnerable]))


def _callers(scene: Scene, draws: Draws, count: tuple[int, int], pools: list[Wholes]) -> Wholes:
    """Draw callers, as many of each pool."""
    whole = draws.number(*count) * (1.0 if scene.scale >= _WHOLE_FROM else _LESS)
    each = (int(whole) + 2) // len(pools) + 1
    return np.unique(np.concatenate([draws.some(pool, each) for pool in pools]))
