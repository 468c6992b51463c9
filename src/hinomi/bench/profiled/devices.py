"""
Devices by model, each model with the relations that its maker gave it; and agents on PCs.

Some models are vulnerable: their owners are the pool from which botnets draw, and all that
these owners have in common, clouds above all, looks like what bots have in common.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import INTERVAL, Scene, new_hosts, odd_port
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

DAY_S: Final = 86_400.0

_MODELS: Final = (66, 82)
_VULNERABLE: Final = (7, 11)
_TAKEN: Final = (0.05, 0.6)  # Share of a vulnerable model's devices that is infected.
_BY_DEVICE: Final = 0.62  # Share of the infected lines that are so by a device.
_OWNERS_LEAST: Final = (12, 15)  # Infected, and in all.
_OWNERS_MOST: Final = (0.3, 0.75)  # Of the lines: of a vulnerable model, and of any.
_PLATFORM_PORTS: Final = (8_883, 1_883, 8_886)  # Clouds that many makers rent.
_ALWAYS_ON: Final = 0.75

_PC_OWNERS: Final = 0.62
_AGENTS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of device and the lines that own one."""

    name: str
    owners: Wholes
    rate: float  # Share of the devices that is infected; 0: not vulnerable.


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """A relation that every device of a model keeps."""

    code: Codes
    port: int
    proto: int
    shape: int
    period_s: float
    packets: float  # An exchange, both ways.
    label: str


@dataclass(slots=True, kw_only=True)
class Households:
    """Who owns what."""

    models: list[Model] = field(default_factory=list)
    pcs: Wholes = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def vulnerable(self) -> list[Model]:
        """Give the models that botnets infect."""
        return [model for model in self.models if model.rate > 0]


def equip(scene: Scene) -> Households:
    """Give the lines devices and PCs, and let these keep in touch with their makers."""
    draws = scene.draws("devices")
    platforms = [(new_hosts(draws, draws.whole(2, 5)), port) for port in _PLATFORM_PORTS]
    homes = Households()
    for number, (owners, rate) in enumerate(_plan(scene, draws)):
        model = Model(name=f"model{number}", owners=_own(scene, draws, owners), rate=rate)
        homes.models.append(model)
        if model.owners.size:
            _connect(scene, draws, model, _bonds(scene, draws, platforms))
    homes.pcs = np.flatnonzero(draws.chances(_PC_OWNERS, scene.lines.count))
    _install(scene, homes.pcs)
    return homes


def _plan(scene: Scene, draws: Draws) -> list[tuple[int, float]]:
    """Tell of each model how many lines own one, and what share is infected."""
    count, lines = draws.whole(*_MODELS), scene.lines.count
    weak: Mask = np.zeros(count, np.bool_)
    weak[draws.rng.choice(count, draws.whole(*_VULNERABLE), replace=False)] = True
    rate = np.where(weak, draws.rng.uniform(*_TAKEN, count), 0.0)
    infected = np.zeros(count)
    by_device = int(lines * scene.size.infected) * _BY_DEVICE
    infected[weak] = by_device * draws.rng.dirichlet(np.full(int(weak.sum()), 1.3))
    infected = np.maximum(infected, _OWNERS_LEAST[0])
    popular = draws.rng.dirichlet(np.full(count, 0.45)) * scene.size.devices * lines
    owners = np.where(
        weak,
        np.minimum(infected / np.maximum(rate, 0.01), _OWNERS_MOST[0] * lines),
        np.maximum(popular, _OWNERS_LEAST[1]),
    )
    owners = np.minimum(owners, _OWNERS_MOST[1] * lines)
    return list(zip(owners.astype(int).tolist(), rate.tolist(), strict=True))


def _own(scene: Scene, draws: Draws, count: int) -> Wholes:
    """Draw the owners of a model; of some, active lines have it more often."""
    weight = np.cumsum(scene.lines.activity ** draws.between(0, 0.6))
    drawn = np.searchsorted(weight, draws.rng.random(int(count * 1.05)) * weight[-1])
    owners = np.unique(np.minimum(drawn, scene.lines.count - 1)).astype(np.int64)
    if owners.size > count:
        owners = owners[draws.chances(count / owners.size, owners.size)]
    return owners


def _bonds(scene: Scene, draws: Draws, platforms: list[tuple[Codes, int]]) -> list[Bond]:
    """Draw what the devices of a model keep in touch with."""
    bonds = [_cloud(scene, draws, platforms)]
    if draws.happens(0.5):
        bonds.append(Bond(
            code=new_hosts(draws, draws.whole(1, 3)), port=443, proto=Protocol.TCP,
            shape=scene.shapes.polling(draws), period_s=draws.number(600, 20_000),
            packets=draws.between(4, 16), label="telemetry",
        ))  # fmt: skip
    if draws.happens(0.3):
        bonds.append(Bond(
            code=new_hosts(draws, draws.whole(1, 4)), port=odd_port(draws),
            proto=draws.pick((Protocol.TCP, Protocol.UDP)), shape=scene.shapes.keep_alive(draws),
            period_s=draws.number(120, 1_800), packets=draws.between(4, 16), label="telemetry",
        ))  # fmt: skip
    if draws.happens(0.3):
        bonds.append(Bond(
            code=new_hosts(draws, draws.whole(1, 3)), port=123, proto=Protocol.UDP,
            shape=Usual.NTP, period_s=draws.number(300, 4_000), packets=2, label="ntp",
        ))  # fmt: skip
    if draws.happens(0.2):
        bonds.append(Bond(
            code=new_hosts(draws, 1), port=draws.pick((80, 443)), proto=Protocol.TCP,
            shape=Usual.DOWNLOAD, period_s=draws.number(20_000, 90_000), packets=4_000,
            label="firmware",
        ))  # fmt: skip
    return bonds


def _cloud(scene: Scene, draws: Draws, platforms: list[tuple[Codes, int]]) -> Bond:
    """Draw the maker's cloud: rented, or its own on a port of its choice."""
    if draws.happens(0.2):
        code, port = platforms[draws.whole(0, len(platforms))]
        proto, period_s = int(Protocol.TCP), draws.number(30, 600)
    else:
        port = 443 if draws.happens(0.4) else odd_port(draws)
        udp = port != 443 and draws.happens(0.25)  # noqa: PLR2004 - https.
        proto = int(Protocol.UDP if udp else Protocol.TCP)
        code, period_s = new_hosts(draws, draws.whole(1, 7), 0.08), draws.number(20, 600)
    return Bond(
        code=code, port=port, proto=proto, shape=scene.shapes.keep_alive(draws),
        period_s=period_s, packets=draws.between(2, 4), label="vendor-cloud",
    )  # fmt: skip


def _connect(scene: Scene, draws: Draws, model: Model, bonds: list[Bond]) -> None:
    """Let the devices of a model keep in touch."""
    owners, count = model.owners, model.owners.size
    always = draws.happens(_ALWAYS_ON)
    habit = Habit.FLAT if always else draws.pick((Habit.HOME, Habit.SEMI))
    for bond in bonds:
        scene.book.name_all(bond.code, bond.proto, bond.port, bond.label, model.name)
        hosts = bond.code.size
        on = draws.rng.beta(6, 1.5, count) if always else draws.rng.beta(2, 2, count)
        rate = expected(bond.period_s, bond.packets) * on * draws.spread(0, 0.25, count)
        up, life = draws.between(0.4, 0.6), draws.number(0.05, 4)
        # Some clouds give each device one host for good, others spread it over all.
        fixed = draws.happens(0.6)
        mine = scene.below(hosts, owners, bond.port, 61)
        for number, code in enumerate(bond.code.tolist()):
            callers = mine == number if fixed else np.ones(count, np.bool_)
            callers &= scene.lines.reaches(code, owners)
            line, part = owners[callers], rate[callers] / (1 if fixed else hosts)
            server = np.full(line.size, code)
            scene.sheet.relate(draws, Relations(
                client=scene.lines.codes(line, server), server=server, port=bond.port,
                proto=bond.proto, shape=bond.shape, up=part * up, down=part * (1 - up),
                line=line, habit=habit, life=life,
            ))  # fmt: skip


def expected(period_s: float, packets: float) -> float:
    """Tell how many packets of a relation are sampled in a window if it never rests."""
    return DAYS * DAY_S / period_s * packets / INTERVAL


def _install(scene: Scene, pcs: Wholes) -> None:
    """Let agents on PCs (updates, virus scanners, synchronisation) report by the clock."""
    draws = scene.draws("agents")
    for number in range(_AGENTS):
        line = pcs[draws.chances(draws.number(0.01, 0.5), pcs.size)]
        code = new_hosts(draws, draws.whole(1, 7))
        rate: Reals = expected(draws.number(120, 7_200), draws.between(4, 14)) * 0.45 * np.ones(1)
        rate = rate * draws.spread(0, 0.5, line.size) * scene.size.agents / 2
        scene.sheet.relate(draws, Relations(
            client=scene.lines.codes(line), server=code[scene.below(code.size, line, number, 62)],
            port=443, proto=Protocol.TCP, shape=scene.shapes.polling(draws), up=rate, down=rate,
            line=line, habit=Habit.HOME, life=0.01,
        ))  # fmt: skip
        scene.book.name_all(code, Protocol.TCP, 443, "telemetry", f"agent{number}")
