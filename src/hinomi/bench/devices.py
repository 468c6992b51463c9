"""What devices say to their vendors: a keep-alive to a cloud, and looks for new firmware."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.benign import chance_batches
from hinomi.bench.exchange import (
    Clock,
    Flows,
    Packets,
    Sessions,
    Shape,
    sample_flows,
    sample_sessions,
)
from hinomi.bench.population import Scene, spans, stream
from hinomi.bench.spec import TCP, ModelSpec
from hinomi.bench.truth import NamedService

_FIRMWARE_PER_DAY: Final = 2.0  # Looks for new firmware; now and then there is some.
_AT_ONCE: Final = 60_000  # Devices drawn together.


def connect(scene: Scene, named: list[NamedService]) -> Iterator[Packets]:
    """Draw what devices say to their vendors, and name clouds and update servers."""
    for index, model in enumerate(scene.spec.models):
        yield from _cloud(scene, index, model, named)
        yield from _firmware(scene, index, model, named)


def keep_in_touch(
    scene: Scene,
    device: NDArray[np.int64],
    server: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    rng: np.random.Generator,
    *,
    office_hours: bool,
) -> Sessions:
    """
    Let each device keep one connection to its server for the whole window.

    Args:
        scene: The world.
        device: Device indices, shape (n,).
        server: Code, port and period (ms) for each of them, shape (n,) each.
        rng: Source of chance.
        office_hours: Only while the device is switched on.
    """
    line = scene.population.device_line[device]
    who, start_ms, end_ms = spans(
        scene.spec, scene.population.shift_ms[line], rng, office_hours=office_hours
    )
    return Sessions(
        client=scene.population.v4[line[who]],
        server=server[0][who],
        port=server[1][who],
        start_ms=start_ms,
        end_ms=end_ms,
        period_ms=server[2][who],
    )


def _cloud(
    scene: Scene, index: int, model: ModelSpec, named: list[NamedService]
) -> Iterator[Packets]:
    rng = stream(scene.spec, f"cloud {model.name}")
    hosts = scene.allocation.take(model.hosts)
    owners = np.flatnonzero(scene.population.device_model == index)
    clock = Clock(
        proto=model.proto,
        per_tick=model.per_tick,
        up_bytes=model.up_bytes,
        down_bytes=model.down_bytes,
        jitter=model.jitter,
    )
    for first in range(0, owners.size, _AT_ONCE):
        device = owners[first : first + _AT_ONCE]
        server = hosts[rng.integers(0, hosts.size, device.size)]
        port = np.full(device.size, model.port, np.int32)
        period_ms = np.full(device.size, int(model.period_s * 1_000), np.int64)
        sessions = keep_in_touch(scene, device, (server, port, period_ms), rng, office_hours=False)
        yield sample_sessions(sessions, clock, scene.spec.interval, rng)
    named.extend(
        NamedService(
            code=code, proto=model.proto, port=model.port, label="vendor-cloud", family=model.name
        )
        for code in hosts.tolist()
    )


def _firmware(
    scene: Scene, index: int, model: ModelSpec, named: list[NamedService]
) -> Iterator[Packets]:
    rng = stream(scene.spec, f"firmware {model.name}")
    server = int(scene.allocation.take(1)[0])
    port = 80 if index % 3 == 0 else 443
    device = np.flatnonzero(scene.population.device_model == index)
    shape = Shape(proto=TCP, up_share=0.35, up_bytes=80, down_bytes=1_400)
    for who, start_ms, packets in chance_batches(scene, device, _FIRMWARE_PER_DAY, (60, 1.5), rng):
        flows = Flows(
            client=scene.population.v4[scene.population.device_line[who]],
            server=np.full(who.size, server, np.int64),
            port=np.full(who.size, port, np.int32),
            start_ms=start_ms,
            duration_ms=rng.exponential(20_000, who.size).astype(np.int64),
            packets=packets,
        )
        yield sample_flows(flows, shape, scene.spec.interval, rng, met=True)
    named.append(
        NamedService(code=server, proto=TCP, port=port, label="update-server", family=model.name)
    )
