"""The lists that a provider of this school has: known C&C servers, and what others say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hinomi.bench.communal.botnets import Plague
from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.devices import Devices
from hinomi.bench.communal.families import Design
from hinomi.bench.communal.places import render_place
from hinomi.bench.communal.scene import Scene
from hinomi.model.protocol import Protocol, render_protocol

ListRow = tuple[str, str, str]
"""Address, protocol, port; the last two empty where a list means the whole host."""

_TOLD: Final = (0.0, 0.15, 0.35, 0.6, 0.8)
_TOLD_WEIGHTS: Final = (0.3, 0.15, 0.25, 0.2, 0.1)
"""Share of the servers of a family that a list knows: of many families, none."""
_HIDDEN: Final = 0.25  # Servers on lines are known so much less.
_UPPER: Final = 0.2  # So are second tiers.
_KNOWN: Final = (0.2, 0.4)  # Of all first-tier servers, and nearly so of those detectable.
_KNOWN_DETECTABLE: Final = (0.22, 0.38)
_TRIES: Final = 200
_DEAD_TOLD: Final = 0.55  # Servers that are gone stay on lists.
_SINKHOLES_TOLD: Final = 0.6
_SINKHOLES_MISTAKEN: Final = 0.7  # Of the others: listed as C&C servers.
_LONG_DEAD: Final = (60, 160)  # Entries that nobody calls any more.
_DEAD_PORTS: Final = (23, 443, 80, 8_080, 666, 6_667, 1_312, None)
_BENIGN_HOSTS: Final = (40, 300)  # CDN hosts listed whole, of the first so many.
_SCANNERS_TOLD: Final = 0.85
_WRONGLY_SUSPECTED: Final = (0.06, 4)  # Share and number: moved lines, victims of backscatter.
_WRONG_PORTS: Final = (23, 80, 443, 445, 22, 8_080)


@dataclass(frozen=True, slots=True)
class Lists:
    """What a provider is told."""

    rows: dict[str, list[ListRow]]  # By name of the list.
    known: frozenset[int]  # Services on the list of C&C servers.
    long_dead: tuple[tuple[int, int], ...]  # Address and port of those that nobody calls.


def mistake(scene: Scene, devices: Devices) -> tuple[int, ...]:
    """Choose whom the list of C&C servers names wrongly: a cloud, a shared host, a small one."""
    chance = scene.chance("mistakes")
    cloud = devices.clouds[chance.whole(5, len(devices.clouds))]
    web, niche = scene.shared["web"], scene.shared["niche"]
    return (
        int(cloud[0]),
        int(web[chance.whole(50, min(web.size, 1_500))]),
        int(chance.some(niche, 1)[0]),
    )


def tell(
    scene: Scene, plague: Plague, mistaken: Sequence[int], detectable: frozenset[int]
) -> Lists:
    """
    Draw the lists.

    Args:
        scene: The world.
        plague: Its botnets.
        mistaken: Services of others that are named as C&C servers.
        detectable: C&C servers that can be found at all: lists know their share of them.
    """
    chance = scene.chance("lists")
    known = _known(plague, detectable, chance)
    known += [each for family in plague.families for each in family.dead if _is_told(chance)]
    sinkholes = scene.shared["sinkhole"]
    told = chance.each(sinkholes.size, _SINKHOLES_TOLD)
    mistakes = ~told & chance.each(sinkholes.size, _SINKHOLES_MISTAKEN)
    known += [*sinkholes[mistakes].tolist(), *mistaken]
    gone = scene.hosts.take(chance.whole(*_LONG_DEAD)).tolist()
    ports = [chance.one(_DEAD_PORTS) for _ in gone]
    long_dead = [
        (code, chance.whole(1_025, 65_000) if port is None else port)
        for code, port in zip(gone, ports, strict=True)
    ]
    scanners = [code for code in scene.scanners if chance.happens(_SCANNERS_TOLD)]
    rows = {
        "known-cc": [_row(scene, each) for each in known] + [_tcp(*each) for each in long_dead],
        "benign": _benign(scene, chance),
        "scanners": [(render_place(code), "", "") for code in scanners],
        "sinkholes": [_row(scene, each) for each in sinkholes[told].tolist()],
        "suspects": _suspects(scene, plague, chance),
    }
    return Lists(rows, frozenset(known), tuple(long_dead))


def _known(plague: Plague, detectable: frozenset[int], chance: Chance) -> list[int]:
    """Draw which servers are known, family by family, until the whole has its share."""
    servers = [each for family in plague.families for each in family.servers]
    found = [each for each in servers if each in detectable]
    known: list[int] = []
    for _ in range(_TRIES):
        known = []
        for family in plague.families:
            share = chance.one(_TOLD, _TOLD_WEIGHTS)
            if family.design in {Design.FRONTS, Design.RESIDENTS}:
                share *= _HIDDEN
            known += [each for each in family.servers if chance.happens(share)]
            known += [each for each in family.upper if chance.happens(share * _UPPER)]
        of_all, of_found = _share(servers, known), _share(found, known)
        low, high = _KNOWN_DETECTABLE
        if _KNOWN[0] <= of_all <= _KNOWN[1] and (not found or low <= of_found <= high):
            break
    return known


def _share(servers: Sequence[int], known: Sequence[int]) -> float:
    return len(set(servers) & set(known)) / max(1, len(servers))


def _is_told(chance: Chance) -> bool:
    return chance.happens(_DEAD_TOLD)


def _benign(scene: Scene, chance: Chance) -> list[ListRow]:
    count, first = _BENIGN_HOSTS
    hosts = chance.subset(scene.shared["cdn"][:first], count)
    codes = scene.register.columns.code[hosts].tolist()
    listed = sorted({_row(scene, each) for each in scene.benign})
    return listed + [(render_place(code), "", "") for code in codes]


def _suspects(scene: Scene, plague: Plague, chance: Chance) -> list[ListRow]:
    share, least = _WRONGLY_SUSPECTED
    others = chance.some(scene.lines.public, int(len(plague.sensed) * share) + least)
    ports = chance.some(_WRONG_PORTS, others.size)
    wrong = zip(scene.lines.first[others].tolist(), ports.tolist(), strict=True)
    return [_tcp(*each) for each in dict.fromkeys([*plague.sensed, *wrong])]


def _tcp(code: int, port: int) -> ListRow:
    return render_place(code), render_protocol(Protocol.TCP), str(port)


def _row(scene: Scene, service: int) -> ListRow:
    code, proto, port = scene.register.key(service)
    return render_place(code), render_protocol(proto), str(port)
