"""Groups of lines: owners of a model, neighbours, the infected by chance, anybody."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.motley.scene import Scene

_SIGMA: Final = 1.2  # Of the log-normal popularity of models.
_LEAST_OWNERS: Final = 20
_WAYS: Final = ("anyone", "active", "neighbours", "owners", "weak")
_TAINT: Final = (0.15, 0.85)  # Infected share of a group that is heavily infected.


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of device."""

    name: str
    owners: Wholes  # Lines, each once.
    weak: bool  # It can be infected.


def equip(scene: Scene) -> list[Model]:
    """Give the lines devices of a few popular and many rare models; some models are weak."""
    draws, laws = scene.draws("models"), scene.laws
    count = round(laws.models)
    popularity = draws.spread(0, _SIGMA, count)
    share = np.minimum(popularity / popularity.sum() * laws.devices, 0.6)
    weak = draws.chances(laws.weak, count)
    weak[draws.whole(0, count)] = True
    return [
        Model(
            name=f"model{number:02}",
            owners=np.flatnonzero(draws.chances(share[number], scene.lines.count)),
            weak=bool(weak[number]),
        )
        for number in range(count)
    ]


def gather(scene: Scene, draws: Draws, models: list[Model], count: int) -> Wholes:
    """Draw a group of at most *count* lines that have something in common, or nothing."""
    way, lines = draws.pick(_WAYS), scene.lines
    owned = [
        each.owners
        for each in models
        if each.owners.size >= _LEAST_OWNERS and (each.weak or way != "weak")
    ]
    if way == "active":
        return np.unique(lines.pick(count, draws))
    if way == "neighbours":
        block = draws.whole(0, lines.blocks.size)
        here = np.flatnonzero(lines.block == block)
        if here.size >= _LEAST_OWNERS:
            return np.unique(draws.some(here, count))
    if way in {"owners", "weak"} and owned:
        return np.unique(draws.some(draws.pick(owned), count))
    return np.unique(draws.wholes(0, lines.count, count))


def taint(draws: Draws, group: Wholes, infected: Wholes) -> Wholes:
    """Put lines that are infected, whatever by, in the place of many of a group."""
    if not infected.size:
        return group
    many = draws.chances(draws.between(*_TAINT), group.size)
    return np.unique(np.where(many, draws.some(infected, group.size), group))
