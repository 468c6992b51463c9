"""The scene in which the parts of a world act: lines, hosts, services and their packets."""

from dataclasses import dataclass, field

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.hosts import Hosts
from hinomi.bench.communal.kinds import Size
from hinomi.bench.communal.lines import Lines, settle
from hinomi.bench.communal.places import LINES_V4
from hinomi.bench.communal.register import Register
from hinomi.bench.communal.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every part of a world draws on."""

    size: Size
    lines: Lines
    hosts: Hosts
    register: Register
    traffic: Traffic
    benign: list[int] = field(default_factory=list)  # Services that a list would call harmless.
    scanners: list[int] = field(default_factory=list)  # Addresses of researchers.
    shared: dict[str, Ints] = field(default_factory=dict)  # Services that several parts use.
    ranks: dict[str, Floats] = field(default_factory=dict)  # And how popular each of them is.

    def chance(self, part: str) -> Chance:
        """Give a part its own stream of chance."""
        return _stream(self.size, part)

    def anyone(self, chance: Chance, count: float) -> Ints:
        """Take lines, the more active the likelier, the same more than once."""
        reach = np.cumsum(self.lines.activity[: self.lines.count])
        return chance.ranked(reach / reach[-1], int(count))

    def any_line(self, chance: Chance, count: float) -> Ints:
        """Take lines, each as likely, the same more than once."""
        return chance.wholes(0, self.lines.count, int(count))

    def popular(self, name: str, chance: Chance, count: int) -> Ints:
        """Take services of a shared sort, the more popular the likelier."""
        return self.shared[name][chance.ranked(self.ranks[name], count)]

    def own_place(self, chance: Chance, count: int) -> Ints:
        """Draw addresses anywhere in the range of the lines, occupied or not."""
        return LINES_V4 + chance.wholes(0, 1 << self.lines.bits, count)


def open_scene(size: Size) -> Scene:
    """Settle lines and hosts before anything happens."""
    lines = settle(size, _stream(size, "lines"))
    hosts = Hosts(_stream(size, "hosts"))
    register = Register(hosts, _stream(size, "register"))
    traffic = Traffic(lines, register, _stream(size, "packets"))
    return Scene(size=size, lines=lines, hosts=hosts, register=register, traffic=traffic)


def _stream(size: Size, part: str) -> Chance:
    return Chance(size.seed, f"{size.name} {part}")
