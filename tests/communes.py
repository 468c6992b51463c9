"""Communal worlds for tests: small, and easy to ask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.communal.applications import use
from hinomi.bench.communal.browsing import browse
from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.devices import Devices, furnish
from hinomi.bench.communal.families import Design, Family, Plan
from hinomi.bench.communal.kinds import size_of
from hinomi.bench.communal.membership import Health, examine, recruit
from hinomi.bench.communal.scene import Scene, open_scene
from hinomi.bench.communal.sidelines import prepare

SCALE = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """All packets of a scene; arrays have shape (n,)."""

    ts_ms: NDArray[np.int64]
    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    src_port: NDArray[np.int64]
    dst_port: NDArray[np.int64]
    proto: NDArray[np.int64]
    flags: NDArray[np.int64]
    octets: NDArray[np.int64]
    packets: NDArray[np.int64]
    ingress: NDArray[np.int64]
    router: NDArray[np.int64]
    line: NDArray[np.int64]
    up: NDArray[np.int64]

    @property
    def other(self) -> NDArray[np.int64]:
        """The end that is not the line's, of packets that have a line."""
        return np.where(self.up == 1, self.dst, self.src)

    @property
    def other_port(self) -> NDArray[np.int64]:
        """Its port."""
        return np.where(self.up == 1, self.dst_port, self.src_port)


def small_scene(kind: str = "dense", seed: int = 3, scale: float = SCALE) -> Scene:
    """A scene in which nothing has happened yet."""
    return open_scene(size_of(kind, seed, scale))


def seen(scene: Scene, first: int = 0) -> Seen:
    """All packets of a scene from the part *first* on."""
    parts = scene.traffic.parts[first:]
    return Seen(*(
        np.concatenate([getattr(part, name) for part in parts]).astype(np.int64)
        for name in Seen.__slots__
    ))  # fmt: skip


def labelled(scene: Scene, *labels: str) -> NDArray[np.int64]:
    """Numbers of the services with one of these labels."""
    return np.flatnonzero(np.isin(scene.register.labels, labels))


def met(scene: Scene, packets: Seen, *labels: str) -> NDArray[np.bool_]:
    """Which packets go to or come from a service with one of these labels."""
    columns, number = scene.register.columns, labelled(scene, *labels)
    keys = {
        (code, port)
        for code, port in zip(
            np.concatenate([columns.code[number], columns.code_v6[number]]).tolist(),
            np.tile(columns.port[number], 2).tolist(),
            strict=True,
        )
    }
    ends = zip(packets.other.tolist(), packets.other_port.tolist(), strict=True)
    return np.array([end in keys for end in ends])


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene with all that bots need around them."""

    scene: Scene
    devices: Devices
    health: Health
    chance: Chance

    def family(self, design: Design, size: int = 60, servers: int = 3) -> Family:
        """Infect a family of a design."""
        plan = Plan(number=1, design=design, size=size, servers=servers)
        return recruit(plan, 1.0, self.devices, self.health, self.chance)


def open_stage(seed: int = 3) -> Stage:
    """A stage on which nobody is infected yet."""
    scene, chance = small_scene(seed=seed), Chance(seed, "stage")
    devices = furnish(scene)
    browse(scene)
    use(scene, devices)
    prepare(scene, chance)
    return Stage(scene, devices, examine(scene, devices, chance), chance)
