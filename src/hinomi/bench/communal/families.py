"""The families of bots: what each is drawn from, how large it is, and how it calls home."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Floats, Ints
from hinomi.bench.communal.kinds import Size
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.traffic import Hours


class Design(Enum):
    """What a family is drawn from."""

    SCANNING = "scanning"  # Things that look for more things (Mirai and its heirs).
    QUIET = "quiet"  # Things that only wait for commands.
    PROXIES = "proxies"  # Residential proxies with gateways.
    FRONTS = "fronts"  # First-tier servers are infected lines, above them a second tier.
    WEB = "web"  # PCs that call a web server.
    CHAT = "chat"  # IRC.
    SPAM = "spam"
    MESH = "mesh"  # Peer to peer: no server.
    LODGERS = "lodgers"  # Servers on addresses of shared hosts and CDNs.
    RESIDENTS = "residents"  # Servers on other lines of the same provider.
    MOBILE = "mobile"
    NAMES = "names"  # Commands in DNS datagrams.
    SOCKETS = "sockets"  # Proxies over web sockets.
    ADS = "ads"


class Platform(Enum):
    """What the bots of a family run on."""

    THING = "thing"
    PERSON = "person"
    BOX = "box"  # Television boxes and telephones.


_WISHES: Final = {
    Design.SCANNING: 6, Design.QUIET: 4, Design.PROXIES: 3, Design.FRONTS: 3, Design.WEB: 5,
    Design.CHAT: 2, Design.SPAM: 2, Design.MESH: 2, Design.LODGERS: 2, Design.RESIDENTS: 1,
    Design.MOBILE: 2, Design.NAMES: 1, Design.SOCKETS: 1, Design.ADS: 1,
}  # fmt: skip
"""How many of each a world with all families would have."""
_LEAST: Final = {
    Design.FRONTS: 2, Design.PROXIES: 2, Design.MESH: 1, Design.RESIDENTS: 1, Design.SPAM: 1,
    Design.LODGERS: 1,
}  # fmt: skip
"""And how many every world has."""
_FAMILIES: Final = (27, 36)
_SIZE_SIGMA: Final = 1.45  # Most families are small.
_LARGE: Final = {
    Design.SCANNING: 1.7, Design.QUIET: 1.7, Design.PROXIES: 1.7, Design.FRONTS: 1.7,
    Design.MESH: 0.8, Design.WEB: 0.8, Design.MOBILE: 0.8,
}  # fmt: skip
_SMALL: Final = 0.6
_FEWEST: Final = 5
_MOST_OF_ALL: Final = 0.28  # Of the infected, where the kind does not say the largest family.
_MOST_SERVERS: Final = 14
_FRONTS_COUNT: Final = 6  # Servers of the kind that a family with fronts uses up.


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is fixed of a family before its members are."""

    number: int
    design: Design
    size: int
    servers: int  # First-tier.

    @property
    def name(self) -> str:
        """Name the family."""
        return f"{self.design.value}-{self.number:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family with its members; arrays have shape (members,)."""

    plan: Plan
    platform: Platform
    line: Ints
    device: Ints
    since: Ints  # Infected from then on, ms from the start; -1: before.
    until: Ints
    duty: Floats  # Share of the time that a bot is there.
    hours: Hours
    period_s: float
    packets: int  # Of each call.
    talk: Talk
    proto: int
    servers: list[int] = field(default_factory=list)  # First-tier C&C servers.
    upper: list[int] = field(default_factory=list)  # Second-tier.
    dead: list[int] = field(default_factory=list)  # Servers that nobody answers at any more.

    @property
    def size(self) -> int:
        """Give the number of members."""
        return self.line.size

    @property
    def design(self) -> Design:
        """Give the design."""
        return self.plan.design

    @property
    def name(self) -> str:
        """Give the name."""
        return self.plan.name


def plan_families(size: Size, chance: Chance) -> list[Plan]:
    """Draw which families a world has, of which sizes, with how many servers each."""
    designs = _designs(chance)
    members = _sizes(designs, size, chance)
    servers = _servers(designs, members, size, chance)
    return [
        Plan(number=number, design=design, size=int(members[number]), servers=int(servers[number]))
        for number, design in enumerate(designs)
    ]


def _designs(chance: Chance) -> list[Design]:
    wishes = [design for design, count in _WISHES.items() for _ in range(count)]
    order = chance.rng.permutation(len(wishes))[: chance.whole(*_FAMILIES)]
    designs = [wishes[number] for number in order.tolist()]
    for design, least in _LEAST.items():
        designs += [design] * (least - designs.count(design))
    return designs


def _sizes(designs: list[Design], size: Size, chance: Chance) -> Ints:
    kind = size.kind
    infected = size.infected
    largest = infected * _MOST_OF_ALL
    if kind.largest is not None:
        largest = max(40.0, kind.largest * min(1.0, size.scale))
    weight = chance.spread(1.0, _SIZE_SIGMA, len(designs))
    weight *= np.array([_LARGE.get(design, _SMALL) for design in designs])
    members = _fit(weight, infected * kind.memberships, (_FEWEST, max(largest, _FEWEST)))
    for number, design in enumerate(designs):
        least = _FEWEST * 1.0
        if design in {Design.FRONTS, Design.PROXIES}:
            least = min(60.0, infected * 0.05)
        elif design in {Design.RESIDENTS, Design.MESH}:
            least = 14.0
        elif design in {Design.SPAM, Design.LODGERS}:
            least = min(chance.between(15, 160), infected * 0.03)
        members[number] = max(members[number], least)
    return members.astype(np.int64)


def _servers(designs: list[Design], members: Ints, size: Size, chance: Chance) -> Ints:
    weight = np.sqrt(members) * chance.rng.uniform(0.35, 1.05, len(designs))
    central = np.array([design not in {Design.FRONTS, Design.MESH} for design in designs])
    total = size.kind.servers - _FRONTS_COUNT * designs.count(Design.FRONTS)
    weight[central] = _fit(weight[central], total, (1, _MOST_SERVERS))
    weight[~central] = 1.0
    return np.round(weight).astype(np.int64)


def _fit(weight: Floats, total: float, bounds: tuple[float, float]) -> Floats:
    """Scale weights to a total, each within bounds."""
    for _ in range(30):  # Each round brings it nearer; then what the bounds allow.
        weight = np.clip(weight * total / weight.sum(), *bounds)
    return weight
