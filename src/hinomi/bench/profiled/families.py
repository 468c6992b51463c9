"""Botnet families: what each is for, whom it infects, and since when."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Draws, Mask, Reals, Wholes
from hinomi.bench.profiled.devices import Households
from hinomi.bench.profiled.hours import DAYS
from hinomi.bench.profiled.scene import Scene

_FEWEST: Final = 8
_LEAST_SCALE: Final = 0.1  # Families shrink with a root of the scale, down to this.
_SHRINK: Final = 0.35
_OLD: Final = 0.6  # Share of the bots that were infected before the window.
_LAST_INFECTION: Final = 6.7
_DOUBLE: Final = 0.30  # Share of the bots that a second family infects, too.
_BOTH: Final = 0.1  # Of the lines infected by a device: their PC is infected, too.
_VICTIMS_LEAST: Final = 20
_SMALL_BOTS: Final = (5, 40)
_FRONTED: Final = 0.5  # Probability that a second family hides behind a popular site.


class Design(StrEnum):
    """What a family is for, and how it is led."""

    IOT_SCAN = "iot_scan"
    IOT_SILENT = "iot_silent"
    TIERED = "tiered"
    HTTPS = "https"
    IRC = "irc"
    SPAM = "spam"
    P2P = "p2p"
    PROXY = "proxy"
    MINER = "miner"


_SHARES: Final = {Design.IOT_SCAN: 0.30, Design.IOT_SILENT: 0.13, Design.HTTPS: 0.17}
_COUNTS: Final = {Design.IRC: 2, Design.SPAM: 2, Design.PROXY: 2, Design.MINER: 1}
_FILLERS: Final = (Design.IOT_SILENT, Design.HTTPS, Design.IOT_SCAN, Design.IRC)
_ON_DEVICES: Final = frozenset({
    Design.IOT_SCAN, Design.IOT_SILENT, Design.TIERED, Design.P2P, Design.PROXY,
})  # fmt: skip
_ON_EITHER: Final = frozenset({Design.IRC, Design.MINER})
_LARGE: Final = frozenset({Design.TIERED, Design.P2P})  # Never small.


@dataclass(slots=True, kw_only=True)
class Server:
    """A C&C server, and when it lives."""

    code: int
    proto: int
    port: int
    starts: float = 0.0
    ends: float = DAYS

    @property
    def service(self) -> tuple[int, int, int]:
        """Give it as the book names it."""
        return self.code, self.proto, self.port


@dataclass(slots=True, kw_only=True)
class Family:
    """A botnet inside the network."""

    name: str
    design: Design
    on_devices: bool  # Else on PCs.
    weight: float  # Of how much it infects.
    small: bool
    models: set[str] = field(default_factory=set)  # Those that it infects.
    fronted: bool = False  # Its first server hides behind a popular site.
    moving: bool = False  # Its servers follow one another.
    bots: Wholes = field(default_factory=lambda: np.empty(0, np.int64))
    since: Reals = field(default_factory=lambda: np.empty(0))  # Day of infection, shape of bots.
    servers: list[Server] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Scan:
    """Scanning of one family."""

    bots: Wholes
    probes: Wholes  # Sampled of each bot.


@dataclass(slots=True, kw_only=True)
class Underworld:
    """All that botnets share."""

    families: list[Family]
    infected: Wholes  # Lines, each once.
    hosts: Wholes  # Lines with servers.
    mail: Codes  # Large mail servers.
    logins: tuple[Codes, Wholes]  # Hosts whose passwords are tried, and their ports.
    scans: list[Scan] = field(default_factory=list)
    leaders: list[tuple[Server, int]] = field(default_factory=list)  # And their tier.


def found(scene: Scene, homes: Households) -> list[Family]:
    """Draw the families of a world and whom they infect."""
    draws = scene.draws("families")
    families = _design(scene, draws)
    caught = [
        model.owners[draws.chances(model.rate, model.owners.size)] for model in homes.vulnerable
    ]
    bots: dict[str, list[Wholes]] = {family.name: [] for family in families}
    _spread_devices(draws, families, homes, caught, bots)
    devices = np.unique(np.concatenate(caught))
    wanted = int(scene.lines.count * scene.size.infected) - devices.size
    _spread_pcs(draws, [each for each in families if not each.on_devices], homes, wanted, bots)
    _spread_both(draws, families, devices, bots)
    for family in families:
        family.bots = np.unique(np.concatenate([np.empty(0, np.int64), *bots[family.name]]))
        old = draws.chances(_OLD, family.bots.size)
        family.since = np.where(old, 0.0, draws.rng.uniform(0, _LAST_INFECTION, old.size))
    return families


def _design(scene: Scene, draws: Draws) -> list[Family]:
    shrunk = min(1.0, max(scene.scale, _LEAST_SCALE) ** _SHRINK)
    count = max(_FEWEST, int(draws.whole(*scene.size.families) * shrunk))
    designs = [design for design, part in _SHARES.items() for _ in range(round(count * part))]
    designs += [Design.TIERED] * draws.whole(*scene.size.tiered)
    designs += [design for design, times in _COUNTS.items() for _ in range(times)]
    designs += [Design.P2P] * draws.whole(1, 3)
    designs += [draws.pick(_FILLERS) for _ in range(count - len(designs))]
    families = []
    for number, design in enumerate(designs):
        large = design in _LARGE
        families.append(Family(
            name=f"fam{number:02}-{design}",
            design=design,
            on_devices=design in _ON_DEVICES or (design in _ON_EITHER and draws.happens(0.5)),
            weight=float(draws.spread(0, 1.0, 1)[0]) + large,
            small=not large and draws.happens(scene.size.small),
        ))  # fmt: skip
    beacons = [each for each in families if each.design == Design.HTTPS]
    for family in beacons[: 1 + draws.happens(_FRONTED)]:
        family.fronted = True
    return families


def _spread_devices(
    draws: Draws,
    families: list[Family],
    homes: Households,
    caught: list[Wholes],
    bots: dict[str, list[Wholes]],
) -> None:
    """Part the infected devices of each model among the families that infect it."""
    weak, able = homes.vulnerable, [each for each in families if each.on_devices]
    for family in able:
        models = draws.rng.choice(len(weak), min(len(weak), draws.whole(1, 5)), replace=False)
        family.models = {weak[place].name for place in models.tolist()}
    for model, lines in zip(weak, caught, strict=True):
        if not any(model.name in family.models for family in able):
            draws.pick(able).models.add(model.name)
        mine = [family for family in able if model.name in family.models]
        rest = draws.rng.permutation(lines)
        large = [family for family in mine if not family.small] or mine
        for family in mine:
            if family not in large:
                few = max(2, int(draws.number(*_SMALL_BOTS) / len(family.models)))
                bots[family.name].append(rest[:few])
                rest = rest[few:]
        _part(draws, large, rest, bots)


def _spread_pcs(
    draws: Draws,
    families: list[Family],
    homes: Households,
    wanted: int,
    bots: dict[str, list[Wholes]],
) -> None:
    victims = np.unique(draws.some(homes.pcs, max(wanted, _VICTIMS_LEAST)))
    for family in families:
        if family.small:
            bots[family.name].append(draws.some(victims, int(draws.number(*_SMALL_BOTS))))
    _part(draws, [each for each in families if not each.small] or families, victims, bots)


def _spread_both(
    draws: Draws, families: list[Family], devices: Wholes, bots: dict[str, list[Wholes]]
) -> None:
    """Infect some lines by a PC that are infected by a device already."""
    able = [each for each in families if not each.on_devices]
    both = devices[draws.chances(_BOTH, devices.size)]
    family_of = draws.wholes(0, len(able), both.size)
    for number, family in enumerate(able):
        if not family.small:
            bots[family.name].append(both[family_of == number])


def _part(
    draws: Draws, families: list[Family], lines: Wholes, bots: dict[str, list[Wholes]]
) -> None:
    """Give each line to one family by weight, and some lines to a second one."""
    weight = np.array([family.weight for family in families])
    first, second = (
        draws.rng.choice(len(families), lines.size, p=weight / weight.sum()) for _ in range(2)
    )
    double: Mask = draws.chances(_DOUBLE, lines.size)
    for number, family in enumerate(families):
        bots[family.name].append(lines[(first == number) | (double & (second == number))])
