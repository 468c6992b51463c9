"""Botnets alone, drawn into the lines of a world for a test to look at."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.benign import Part, live
from hinomi.bench.botnets import infest
from hinomi.bench.designs import BotnetSpec
from hinomi.bench.exchange import Packets, join
from hinomi.bench.herds import Herd
from hinomi.bench.internet import Allocation
from hinomi.bench.population import Scene, settle
from hinomi.bench.spec import WorldSpec
from hinomi.bench.traps import set_traps
from hinomi.bench.truth import NamedService


@dataclass(frozen=True)
class Plague:
    """Botnets as drawn."""

    scene: Scene
    part: Part
    herds: list[Herd]
    packets: Packets

    def herd(self, family: str = "x") -> Herd:
        """Give the herd of a family."""
        return next(herd for herd in self.herds if herd.spec.family == family)

    def labelled(self, label: str) -> list[int]:
        """Give the addresses of the services with a label."""
        return [service.code for service in self.part.services if service.label == label]

    def towards(self, *codes: int) -> NDArray[np.int64]:
        """Give the rows of packets that go to these addresses."""
        return np.flatnonzero(np.isin(self.packets.dst, codes))


def make_scene(spec: WorldSpec, *botnets: BotnetSpec) -> Scene:
    """Settle a world that has these botnets."""
    chosen = replace(spec, botnets=botnets)
    return Scene(chosen, settle(chosen), Allocation(77))


def infest_with(spec: WorldSpec, *botnets: BotnetSpec) -> Plague:
    """Draw these botnets, and nothing else, into the lines of a world."""
    scene = make_scene(spec, *botnets)
    part, herds = infest(scene)
    return Plague(scene, part, herds, join(part.packets))


def botnet(**changed: object) -> BotnetSpec:
    """Describe family "x": 60 PCs, one server on TCP port 7,000, 60 s."""
    row = {"family": "x", "bots": 60, "port": 7_000, "period_s": 60, "fresh": 0.0} | changed
    return BotnetSpec(**row)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Trapped:
    """Traps as drawn, with everything that was named before them."""

    herds: list[Herd]
    services: list[NamedService]
    packets: Packets

    def labelled(self, label: str) -> list[NamedService]:
        """Give the services with a label."""
        return [service for service in self.services if service.label == label]

    def towards(self, service: NamedService) -> NDArray[np.int64]:
        """Give the rows of packets that go to a service."""
        hits = (self.packets.dst == service.code) & (self.packets.dst_port == service.port)
        return np.flatnonzero(hits)


def trap(spec: WorldSpec) -> Trapped:
    """Draw the traps of a world."""
    scene = make_scene(spec, *spec.botnets)
    services: list[NamedService] = []
    for _ in live(scene, services):
        pass
    _, herds = infest(scene)
    part = set_traps(scene, herds, services)
    return Trapped(herds, services + part.services, join(part.packets))
