"""Things on the lines: models of many vendors, some open to attack, and the vendors' clouds."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

MODELS: Final = 190
RARE: Final = 150
"""Models from this rank on are rare: sold by installers, to communities."""

_VENDORS: Final = 75
_EACH: Final = 1.35  # Things on a line.
_EXPONENT: Final = 0.85  # Of the popularity of models.
_OPEN: Final = 48  # Models that can be attacked, some hardly.
_OPEN_RARE: Final = 0.55  # Share of the rare models that stand wide open.
_BOUGHT: Final = 0.05  # This week.
_THINGS: Final = (16, 216)  # Device numbers.
_PORTS: Final = (
    8_883, 1_883, 8_443, 5_671, 10_001, 32_100, 15_060, 9_000, 50_007, 6_667, 8_899, 34_567,
    7_000, 31_006, 5_000, 20_002, 8_080, 443, 443, 443, 1_935, 10_086, 9_999, 2_222, 81, 123,
    48_101,
)  # fmt: skip
"""Of clouds: MQTT, SIP, cameras' own protocols; some are those of bots, one of NTP."""
_MOST: Final = 9.0  # Sampled packets a week of a thing and its cloud.
_CAMERAS: Final = 9  # One model in so many streams over relays.
_RELAYS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Things; arrays have shape (things,), but for the two last."""

    line: Ints
    number: Ints  # On its line.
    model: Ints
    vendor: Ints
    since_ms: Ints  # 0: before the week.
    openness: Floats  # Of each model, 0..1, shape (models,).
    clouds: tuple[Ints, ...]  # Services of each vendor.

    @property
    def exposed(self) -> Floats:
        """Tell how open each thing stands."""
        return self.openness[self.model]

    @property
    def cameras(self) -> Ints:
        """Give the things that stream."""
        return np.flatnonzero(self.model % _CAMERAS == _CAMERAS // 3)


def furnish(scene: Scene) -> Devices:
    """Put things on the lines and let them talk to their vendors."""
    chance = scene.chance("devices")
    devices = _buy(scene, chance)
    _keep_in_touch(scene, devices, chance)
    _update(scene, devices, chance)
    _relay(scene, devices, chance)
    return devices


def _buy(scene: Scene, chance: Chance) -> Devices:
    weight = (np.arange(MODELS) + 1.0) ** -_EXPONENT
    rare = MODELS - RARE
    weight[RARE:] *= np.where(chance.each(rare, 0.5), 0.05, 0.4)
    wish = _EACH * np.minimum(scene.lines.activity[: scene.lines.count] ** 0.3, 2.0)
    line = np.repeat(scene.lines.everyone, chance.poisson(wish))
    model = chance.ranked(np.cumsum(weight) / weight.sum(), line.size)
    openness = np.zeros(MODELS)
    openness[chance.rng.permutation(MODELS)[:_OPEN]] = chance.rng.beta(0.5, 1.2, _OPEN)
    openness[RARE + np.flatnonzero(chance.each(rare, _OPEN_RARE))] = 1.0
    bought = chance.each(line.size, _BOUGHT)
    vendor = chance.rng.permutation(np.arange(MODELS) % _VENDORS)
    return Devices(
        line=line,
        number=chance.wholes(*_THINGS, line.size),
        model=model,
        vendor=vendor[model],
        since_ms=np.where(bought, chance.wholes(0, WEEK_MS, line.size), 0),
        openness=openness,
        clouds=tuple(_cloud(scene, vendor, chance) for vendor in range(_VENDORS)),
    )


def _cloud(scene: Scene, vendor: int, chance: Chance) -> Ints:
    """Set up the servers of a vendor; a list knows half of them of each third vendor."""
    count = 1 + chance.geometric(0.45)
    port = chance.one(_PORTS) if chance.happens(0.7) else chance.whole(1_025, 65_000)
    servers = scene.register.add(
        count,
        port if chance.happens(0.85) else chance.wholes(1_025, 60_000, count),
        UDP if chance.happens(0.22) else TCP,
        "vendor-cloud",
        v6=0.15,
        payload=(chance.whole(1, 180), chance.whole(1, 180)),
        where=Where.HOSTING if chance.happens(0.8) else Where.CARELESS,
    )
    if vendor % 3 == 0:
        scene.benign.extend(servers[: max(1, count // 2)].tolist())
    return servers


def _keep_in_touch(scene: Scene, devices: Devices, chance: Chance) -> None:
    count = devices.line.size
    period_s = np.exp(chance.rng.uniform(np.log(20), np.log(1_800), MODELS))
    packets = chance.some((2, 2, 3, 3, 4, 6), MODELS)
    shortly = chance.each(MODELS, 0.2)[devices.model]
    rate = np.minimum(contacts(period_s, packets), _MOST)[devices.model]
    rate = rate * chance.spread(1.0, 0.25, count)
    many = np.array([servers.size for servers in devices.clouds])
    first = np.cumsum(many) - many
    # The first servers of a vendor take more of its things.
    which = (chance.unit(count) ** 1.6 * many[devices.vendor]).astype(np.int64)
    cloud = np.concatenate(devices.clouds)[first[devices.vendor] + which]
    for mine, talk in ((~shortly, Talk.KEEP), (shortly, Talk.SHORT)):
        scene.traffic.relate(
            devices.line[mine],
            devices.number[mine],
            cloud[mine],
            rate[mine],
            talk,
            since=devices.since_ms[mine],
            connection_ms=int(DAY_MS * 0.7),
        )


def _update(scene: Scene, devices: Devices, chance: Chance) -> None:
    servers = scene.register.add(_VENDORS, 443, TCP, "update", v6=0.2)
    some = np.flatnonzero(chance.each(devices.line.size, 0.5))
    scene.traffic.relate(
        devices.line[some],
        devices.number[some],
        servers[devices.vendor[some]],
        chance.spread(0.08, 0.8, some.size),
        Talk.SHORT,
    )


def _relay(scene: Scene, devices: Devices, chance: Chance) -> None:
    """Let cameras stream over relays of their vendors, people's lives long."""
    cameras = devices.cameras
    relays = scene.register.add(
        _RELAYS, chance.wholes(1_025, 60_000, _RELAYS), chance.some((TCP, UDP), _RELAYS),
        "vendor-relay",
    )  # fmt: skip
    which = devices.vendor[cameras] * 3 + chance.wholes(0, 3, cameras.size)
    scene.traffic.relate(
        devices.line[cameras],
        devices.number[cameras],
        relays[which % _RELAYS],
        chance.spread(0.6, 1.3, cameras.size),
        Talk.KEEP,
        hours=Hours.AWAKE,
        up_share=0.75,
    )
