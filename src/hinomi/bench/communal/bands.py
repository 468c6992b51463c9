"""Bands of lines that keep in touch with one server as bots do, and mean no harm."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.devices import MODELS, RARE, Devices
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene

_PORTS: Final = (
    443, 8_443, 5_671, 1_883, 8_883, 4_840, 502, 10_050, 10_051, 9_100, 161, 5_060, 37_777, 7,
    2_404,
)  # fmt: skip
"""Of meters, plants, monitoring and alarms (OPC UA, Modbus, Zabbix, IEC 60870)."""
_LEAST_BANDS: Final = 0.3  # Of the scale: small worlds have their traps as well.
_FEWEST: Final = 5
_OPEN: Final = 0.25  # Openness from which on a model draws installers that are careless.
_MOST: Final = 8.0
_HERDS: Final = 40  # Large ones: SDKs, routers managed by TR-069, set-top boxes, meters.
_HERD_PORTS: Final = (443, 7_547, 8_883, 8_443, 30_005, 5_223, 9_295, 4_070)
_LABELS: Final = ("installer", "telemetry", "server-to-server")


def band_together(scene: Scene, devices: Devices) -> None:
    """Set up installers' portals, telemetry and servers that talk to each other."""
    chance = scene.chance("bands")
    for number in range(scene.size.scaled(scene.size.kind.bands, _LEAST_BANDS)):
        label = chance.one(_LABELS, (0.4, 0.4, 0.2))
        size = int(np.clip(chance.around(14, 0.8), _FEWEST, 60))
        line, device = _members(scene, devices, label, size=size, number=number, chance=chance)
        if line.size >= _FEWEST:
            _band(scene, label, line, device, chance)
    for _ in range(_HERDS):
        _herd(scene, chance)


def _members(
    scene: Scene, devices: Devices, label: str, *, size: int, number: int, chance: Chance
) -> tuple[Ints, Ints]:
    """Choose lines and their devices; installers know owners of one model, often an open one."""
    offices = scene.lines.offices
    if label == "installer":
        open_models = np.flatnonzero(devices.openness > _OPEN)
        rare = np.arange(RARE, MODELS)
        model = chance.some(open_models if chance.happens(0.55) else rare, 1)[0]
        owned = chance.subset(np.flatnonzero(devices.model == model), size)
        return devices.line[owned], devices.number[owned]
    if label == "server-to-server":
        line = chance.subset(offices, size)
        return line, np.full(line.size, 2)
    line = chance.subset(offices if chance.happens(0.5) else scene.lines.everyone, size)
    return line, np.full(line.size, 40 + number % 100)


def _band(scene: Scene, label: str, line: Ints, device: Ints, chance: Chance) -> None:
    count = 1 if chance.happens(0.75) else 2
    service = scene.register.add(
        count,
        chance.one(_PORTS) if chance.happens(0.5) else chance.whole(1_025, 65_000),
        UDP if chance.happens(0.18) else TCP,
        label,
        where=Where.HOSTING if chance.happens(0.75) else Where.CARELESS,
    )
    rate = min(float(contacts(chance.decade(20, 900), chance.one((2, 3, 4, 10)))), _MOST)
    late = chance.each(line.size, 0.12)
    scene.traffic.relate(
        line,
        device,
        service[chance.wholes(0, count, line.size)],
        rate * chance.spread(1.0, 0.2, line.size),
        Talk.KEEP if chance.happens(0.8) else Talk.SHORT,
        since=np.where(late, chance.wholes(0, WEEK_MS, line.size), 0),
        connection_ms=DAY_MS,
    )


def _herd(scene: Scene, chance: Chance) -> None:
    share = float(np.clip(chance.around(0.004, 1.3), 0.0008, 0.15))
    line = np.flatnonzero(chance.each(scene.lines.count, share))
    count = 1 + chance.geometric(0.5)
    service = scene.register.add(
        count,
        chance.one(_HERD_PORTS) if chance.happens(0.6) else chance.whole(1_025, 65_000),
        UDP if chance.happens(0.2) else TCP,
        "telemetry",
        v6=0.2,
    )
    rate = min(float(contacts(chance.decade(60, 3_600), 3)), 1.2)
    scene.traffic.relate(
        line,
        chance.wholes(2, 12, line.size),
        service[chance.wholes(0, count, line.size)],
        rate * chance.spread(1.0, 0.2, line.size),
        Talk.KEEP,
        connection_ms=DAY_MS,
    )
