"""Lookalikes: benign services whose clients or packets look just like those of a C&C server."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import Codes
from hinomi.bench.benign import Part, chance_flows, users_of
from hinomi.bench.devices import keep_in_touch
from hinomi.bench.exchange import Clock, Flows, Shape, sample_flows, sample_sessions
from hinomi.bench.herds import Herd
from hinomi.bench.population import Scene, stream
from hinomi.bench.spec import TCP, Device
from hinomi.bench.truth import NamedService

# Counts, shares and periods are [own], chosen so that an installer's service is met like a
# C&C server of the same size, and a replication link like a keep-alive.
_INSTALLERS: Final = 0.6  # Mean number beside one infected model.
_INSTALLED: Final = (5, 60)  # Clients.
_INSTALLED_BOTS: Final = (0.5, 0.9)  # Share of them that are infected: the same weak password.
_INSTALLER_PORTS: Final = (443, 8_443, 1_883, 8_883, 5_900, 34_599, 9_530, 10_050)
_LINKS: Final = (6, 8_000)  # Between servers: at least so many, and one for so many lines.
_LINKED: Final = (6.0, 0.9, 80)  # Own servers of one link: median, sigma of a log-normal, most.
_LINK_PORTS: Final = (5_432, 3_306, 6_379, 9_200, 5_666, 10_051, 4_505, 873, 8_006, 2_049, 22)
_LINK_BYTES: Final = ((90, 90), (220, 120), (500, 140), (120, 700))
_ECHOES: Final = 3  # Services that tell a caller its address.
_ECHO_FAMILIES: Final = 0.5  # Share of the silent families that ask one.
_ECHO_PER_DAY: Final = (8.0, 0.5)  # By a bot, by an ordinary device that asks at all.
_ECHO_USERS: Final = 0.01


def set_lookalikes(scene: Scene, herds: Sequence[Herd], part: Part) -> None:
    """Draw installers' services, links between servers, and services that tell an address."""
    for herd in herds:
        if herd.spec.models:
            _install(scene, herd, part)
    _link(scene, part)
    _echo(scene, herds, part)


def _install(scene: Scene, herd: Herd, part: Part) -> None:
    """
    Let an installer look after some devices of an infected model, for the whole window.

    The contact precedes the infection: what invited the bot is how the installer set them up.
    """
    spec, population = scene.spec, scene.population
    rng = stream(spec, f"installers {herd.spec.family}")
    names = [model.name for model in spec.models]
    same = np.flatnonzero(population.device_model == names.index(herd.spec.models[0]))
    for _ in range(int(rng.poisson(_INSTALLERS))):
        count = int(rng.integers(*_INSTALLED))
        bots = min(int(count * rng.uniform(*_INSTALLED_BOTS)), herd.device.size)
        device = np.unique(
            np.concatenate([
                rng.choice(herd.device, bots, replace=False),
                rng.choice(same, min(count - bots, same.size), replace=False),
            ])
        )  # fmt: skip
        code, port = int(scene.allocation.take(1)[0]), int(rng.choice(_INSTALLER_PORTS))
        period_s, size = rng.uniform(20, 300), int(rng.integers(60, 300))
        _stand(scene, device, (code, port, period_s), (size, size), part)
        part.services.append(
            NamedService(
                code=code, proto=TCP, port=port, label="installer", family=herd.spec.models[0]
            )
        )


def _link(scene: Scene, part: Part) -> None:
    """Let servers that subscribers run keep in touch with a server elsewhere, by the clock."""
    spec, population = scene.spec, scene.population
    rng = stream(spec, "links")
    own = users_of(population, (Device.PC,), spec.server_share, rng)
    least, lines_each = _LINKS
    median, sigma, most = _LINKED
    for _ in range(max(least, spec.lines // lines_each) if own.size else 0):
        count = int(np.clip(median * rng.lognormal(0, sigma), 1, min(most, own.size)))
        code, port = int(scene.allocation.take(1)[0]), int(rng.choice(_LINK_PORTS))
        sizes = _LINK_BYTES[int(rng.integers(len(_LINK_BYTES)))]
        device = rng.choice(own, count, replace=False)
        _stand(scene, device, (code, port, rng.uniform(5, 120)), sizes, part)
        part.services.append(
            NamedService(
                code=code, proto=TCP, port=port, label="server-to-server", family="servers"
            )
        )


def _stand(
    scene: Scene,
    device: NDArray[np.int64],
    server: tuple[int, int, float],
    sizes: tuple[int, int],
    part: Part,
) -> None:
    """Keep devices in touch with one server: its code, its port, the period in seconds."""
    code, port, period_s = server
    rng = stream(scene.spec, f"lookalike {code}")
    columns = (
        np.full(device.size, code, np.int64),
        np.full(device.size, port, np.int32),
        np.full(device.size, int(period_s * 1_000), np.int64),
    )
    sessions = keep_in_touch(scene, device, columns, rng, office_hours=False)
    clock = Clock(proto=TCP, per_tick=3, up_bytes=sizes[0], down_bytes=sizes[1])
    part.packets.append(sample_sessions(sessions, clock, scene.spec.interval, rng))


def _echo(scene: Scene, herds: Sequence[Herd], part: Part) -> None:
    """Let some silent families, and a few people, ask which address they have."""
    spec, population = scene.spec, scene.population
    rng = stream(spec, "echoes")
    servers: Codes = scene.allocation.take(_ECHOES)
    asking = [
        (herd.device, _ECHO_PER_DAY[0])
        for herd in herds
        if not herd.spec.scans and rng.random() < _ECHO_FAMILIES
    ]
    people = users_of(population, (Device.PC, Device.PHONE), _ECHO_USERS, rng)
    for device, per_day in (*asking, (people, _ECHO_PER_DAY[1])):
        who, start_ms, packets = chance_flows(scene, device, per_day, (9, 0.3), rng)
        flows = Flows(
            client=population.v4[population.device_line[who]],
            server=servers[rng.integers(0, servers.size, who.size)],
            port=np.full(who.size, 443, np.int32),
            start_ms=start_ms,
            duration_ms=np.full(who.size, 1_000, np.int64),
            packets=packets,
        )
        shape = Shape(proto=TCP, up_share=0.5, up_bytes=200, down_bytes=400)
        part.packets.append(sample_flows(flows, shape, spec.interval, rng, met=True))
    part.services.extend(
        NamedService(code=code, proto=TCP, port=443, label="ip-echo", family="echo")
        for code in servers.tolist()
    )
