"""Device clouds, and small services whose packets look just like those of a C&C server."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.benign import Part, chance_flows, server_ports
from hinomi.bench.exchange import Clock, Flows, Sessions, Shape, sample_flows, sample_sessions
from hinomi.bench.population import Scene, spans, stream
from hinomi.bench.spec import TCP, UDP, ModelSpec
from hinomi.bench.truth import NamedService

_TELEMETRY_PORTS: Final = (443, 8_443, 8_883, 5_671, 4_443, 1_883, 6_667, 9_001, 7_000, 10_001)
_TELEMETRY_CLIENTS: Final = (14.0, 1.2, 400)  # Log-normal median, its sigma, the most.
_INSTALLED: Final = 0.25  # Share of them that an installer put beside one model of device.
_FIRMWARE_PER_DAY: Final = 2.0  # Looks for new firmware; now and then there is some.


def connect(scene: Scene) -> Part:
    """Draw what devices say to their vendors, and the small standing services."""
    part = Part()
    for index, model in enumerate(scene.spec.models):
        _cloud(scene, index, model, part)
        _firmware(scene, index, model, part)
    _telemetry(scene, part)
    return part


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


def _cloud(scene: Scene, index: int, model: ModelSpec, part: Part) -> None:
    rng = stream(scene.spec, f"cloud {model.name}")
    hosts = scene.allocation.take(model.hosts)
    device = np.flatnonzero(scene.population.device_model == index)
    server = hosts[rng.integers(0, hosts.size, device.size)]
    port = np.full(device.size, model.port, np.int32)
    period_ms = np.full(device.size, int(model.period_s * 1_000), np.int64)
    sessions = keep_in_touch(scene, device, (server, port, period_ms), rng, office_hours=False)
    clock = Clock(
        proto=model.proto,
        per_tick=3 if model.proto == TCP else 2,
        up_bytes=model.up_bytes,
        down_bytes=model.down_bytes,
    )
    part.packets.append(sample_sessions(sessions, clock, scene.spec.interval, rng))
    part.services.extend(
        NamedService(
            code=code,
            proto=model.proto,
            port=model.port,
            label="vendor-cloud",
            family=model.name,
        )
        for code in hosts.tolist()
    )


def _firmware(scene: Scene, index: int, model: ModelSpec, part: Part) -> None:
    rng = stream(scene.spec, f"firmware {model.name}")
    server = int(scene.allocation.take(1)[0])
    port = 80 if index % 3 == 0 else 443
    device = np.flatnonzero(scene.population.device_model == index)
    who, start_ms, packets = chance_flows(scene, device, _FIRMWARE_PER_DAY, (60, 1.5), rng)
    flows = Flows(
        client=scene.population.v4[scene.population.device_line[who]],
        server=np.full(who.size, server, np.int64),
        port=np.full(who.size, port, np.int32),
        start_ms=start_ms,
        duration_ms=rng.exponential(20_000, who.size).astype(np.int64),
        packets=packets,
    )
    shape = Shape(proto=TCP, up_share=0.35, up_bytes=80, down_bytes=1_400)
    part.packets.append(sample_flows(flows, shape, scene.spec.interval, rng, met=True))
    part.services.append(
        NamedService(code=server, proto=TCP, port=port, label="update-server", family=model.name)
    )


def _telemetry(scene: Scene, part: Part) -> None:
    """
    Draw small services that keep in touch: monitoring, door openers, payment terminals.

    Some were brought by an installer together with one model of device: their few clients
    then are infected as often as that model is.
    """
    rng = stream(scene.spec, "telemetry")
    population, count = scene.population, scene.spec.telemetry
    hosts, ports = scene.allocation.take(count), server_ports(_TELEMETRY_PORTS, count, rng)
    median, sigma, most = _TELEMETRY_CLIENTS
    clients = np.clip(median * rng.lognormal(0, sigma, count), 1, most).astype(np.int64)
    installed = rng.random(count) < _INSTALLED
    model = rng.integers(0, len(scene.spec.models), count)
    everyone = np.arange(population.device_line.size)
    chosen: list[NDArray[np.int64]] = []
    for index in range(count):  # Over services, not over records.
        pool = (
            np.flatnonzero(population.device_model == model[index])
            if installed[index]
            else everyone
        )
        take = min(int(clients[index]), pool.size)
        chosen.append(rng.choice(pool, take, replace=False))
    owner = np.repeat(np.arange(count), [devices.size for devices in chosen])
    device = np.concatenate([*chosen, np.empty(0, np.int64)]).astype(np.int64)
    period_ms = (rng.uniform(20, 300, count) * 1_000).astype(np.int64)
    proto = np.where(rng.random(count) < 0.85, TCP, UDP)  # noqa: PLR2004 - mostly TCP.
    size = 70 + 20 * rng.integers(0, 8, count)
    for kind in (TCP, UDP):
        for up_bytes in np.unique(size).tolist():
            rows = (proto[owner] == kind) & (size[owner] == up_bytes)
            server = (hosts[owner[rows]], ports[owner[rows]], period_ms[owner[rows]])
            sessions = keep_in_touch(scene, device[rows], server, rng, office_hours=False)
            clock = Clock(proto=kind, per_tick=3, up_bytes=up_bytes, down_bytes=up_bytes + 10)
            part.packets.append(sample_sessions(sessions, clock, scene.spec.interval, rng))
    part.services.extend(
        NamedService(
            code=int(hosts[index]),
            proto=int(proto[index]),
            port=int(ports[index]),
            label="installer" if installed[index] else "telemetry",
            family="telemetry",
        )
        for index in range(count)
    )
