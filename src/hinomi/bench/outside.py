"""A world as those outside know it: lines go by the address they had when they were met."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, stream
from hinomi.bench.truth import NamedService


def seen_from_outside(
    scene: Scene, herds: Sequence[Herd], services: Sequence[NamedService]
) -> tuple[Scene, list[Herd], list[NamedService]]:
    """
    Give lines, bots and own servers the address under which somebody outside met them.

    Bots were met at some moment of their infection, other lines at any; own servers keep
    one address. An entry of a list is therefore wrong as soon as its line has moved.
    """
    rng = stream(scene.spec, "outside")
    population, spec = scene.population, scene.spec
    met_ms = spec.starts_ms + rng.integers(0, spec.length_ms, population.v4.size)
    elsewhere = replace(population, v4=_locate(scene, population.v4, met_ms))
    return (
        replace(scene, population=elsewhere),
        [_seen(scene, herd, rng) for herd in herds],
        [replace(each, code=_at_start(scene, each.code)) for each in services],
    )


def _seen(scene: Scene, herd: Herd, rng: np.random.Generator) -> Herd:
    infected_ms = herd.cleaned_ms - herd.onset_ms
    met_ms = herd.onset_ms + (rng.random(infected_ms.size) * infected_ms).astype(np.int64)
    begins_ms = np.full(herd.servers.size, scene.spec.starts_ms, np.int64)
    return replace(
        herd,
        address=_locate(scene, herd.address, met_ms),
        servers=_locate(scene, herd.servers, begins_ms),
    )


def _at_start(scene: Scene, code: int) -> int:
    begins_ms = np.array([scene.spec.starts_ms], np.int64)
    return int(_locate(scene, np.array([code], np.int64), begins_ms)[0])


def _locate(scene: Scene, codes: Codes, ts_ms: Codes) -> Codes:
    ports = np.zeros(codes.size, np.int32)
    return scene.population.plan.locate(codes, ports, ts_ms)[0]
