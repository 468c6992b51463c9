"""What a provider is told: lists as incomplete, old and wrong as chance will have them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes, render_code
from hinomi.bench.ground.book import Service, Sighting
from hinomi.bench.ground.draws import Draws, Wholes
from hinomi.bench.motley.control import Leader
from hinomi.bench.motley.deeds import Abused
from hinomi.bench.motley.everyday import popular_site
from hinomi.bench.motley.scene import Fixed, Scene, new_hosts
from hinomi.bench.teachers import ListRow
from hinomi.model.protocol import Protocol, render_protocol

_SUNK: Final = 0.4  # Of what older botnets left.
_CALLERS: Final = (3, 200)
_LISTED: Final = 0.6  # Of the remains: as C&C servers; of those sunk, as sinkholes.
_SITES_WRONG: Final = 0.3  # Of the wrong entries: sites, many of them on shared hosts.
_NEVER_MET: Final = (0, 40)
_FAMOUS: Final = 30  # Members seen from which fame grows no more.
_NOT_LISTED: Final = frozenset({"cc", "dead-cc", "sinkhole", "loader", "ddos-victim"})
_NICHE_KNOWN: Final = 0.1  # Of the share of benign services that is known, for small ones.
_WELL_KNOWN: Final = frozenset({"cdn", "web", "dns", "ntp", "push", "mail-server", "stun"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """Servers of older botnets."""

    dead: list[Service]
    sunk: list[Service]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """The lists, and what of the truth they tell."""

    known: set[Service]
    lists: dict[str, list[ListRow]]  # By the names of `bench.teachers.LISTS`.


def leave(scene: Scene, infected: Wholes) -> Remains:
    """Let lines, many of them infected, call servers that are dead or that researchers hold."""
    draws = scene.draws("remains")
    left = Remains(dead=[], sunk=[])
    for number in range(round(scene.laws.remains)):
        count = round(draws.number(*_CALLERS) * min(1.0, scene.laws.scale / 0.15)) + 2
        bots = draws.some(infected, count)
        anybody = draws.wholes(0, scene.lines.count, count)
        line = np.unique(np.where(draws.chances(draws.between(0.2, 1), count), bots, anybody))
        sunk, manner = draws.happens(_SUNK), scene.choose(draws, bad=True)
        if not sunk:
            manner = int(Fixed.PROBE)
        port = scene.port(draws, manner if sunk else scene.choose(draws, bad=True), 0.3)
        service = (int(new_hosts(draws, 1)[0]), scene.proto(manner), port)
        rate = draws.number(0.3, 8) / scene.manners.table["rate"][manner]
        scene.meet(draws, line, service[0], port, manner, factor=rate)
        scene.book.name(service, "sinkhole" if sunk else "dead-cc", f"old{number}")
        (left.sunk if sunk else left.dead).append(service)
    return left


def teach(
    scene: Scene,
    leaders: list[Leader],
    remains: Remains,
    *,
    small: list[Service],
    abused: Abused,
    researchers: Codes,
    sightings: dict[Service, Sighting],
) -> Lesson:
    """Draw the lists of a world."""
    draws, laws = scene.draws("lists"), scene.laws
    living = _living(scene, draws, leaders, sightings)
    old = [each for each in [*remains.dead, *remains.sunk] if draws.happens(_LISTED)]
    wrong = [
        popular_site(scene, draws) if draws.happens(_SITES_WRONG) else draws.pick(small)
        for _ in range(draws.rng.poisson(laws.mistaken * len(living)))
    ]
    never = [
        (code, int(Protocol.TCP), draws.whole(1, 65_000))
        for code in new_hosts(draws, draws.whole(*_NEVER_MET)).tolist()
    ]
    known = list(dict.fromkeys([*living, *old, *wrong, *never]))
    order = draws.rng.permutation(len(known)).tolist()
    benign = [
        service
        for service, entry in scene.book.entries.items()
        if entry.label not in _NOT_LISTED
        and draws.happens(laws.benign_known * (1 if entry.label in _WELL_KNOWN else _NICHE_KNOWN))
    ]
    shown = researchers[draws.chances(draws.between(0.2, 1), researchers.size)]
    return Lesson(
        known=set(known),
        lists={
            "known-cc": [_row(known[place]) for place in order],
            "benign": [_row(service) for service in benign],
            "scanners": [_bare(code) for code in np.unique(shown).tolist()],
            "sinkholes": [_row(each) for each in remains.sunk if draws.happens(_LISTED)],
            "suspects": _suspects(scene, draws, abused),
        },
    )


def _living(
    scene: Scene, draws: Draws, leaders: list[Leader], sightings: dict[Service, Sighting]
) -> list[Service]:
    """Draw which living C&C servers are known: by their family, by how much is seen, by chance."""
    names = sorted({leader.family for leader in leaders})
    fame = dict(zip(names, draws.rng.random(len(names)).tolist(), strict=True))
    by_size, by_family = draws.between(0, 0.6), scene.laws.by_family
    marks = [
        by_family * fame[leader.family]
        + (1 - by_family) * draws.rng.random()
        + by_size * min(1.0, sightings[leader.service].seen / _FAMOUS)
        for leader in leaders
    ]
    count = max(1, round(scene.laws.coverage * len(leaders)))
    return [leaders[place].service for place in np.argsort(marks)[-count:].tolist()]


def _suspects(scene: Scene, draws: Draws, abused: Abused) -> list[ListRow]:
    """Give addresses that a darknet or a trap named; of a shared one all lines are named so."""
    met = np.unique(np.concatenate([np.empty(0, np.int64), *abused.seen]))
    named = met[draws.chances(scene.laws.suspects_known, met.size)]
    wrong = draws.rng.poisson(named.size * scene.laws.suspects_wrong)
    lines = np.append(named, draws.wholes(0, scene.lines.count, wrong))
    return [_bare(code) for code in np.unique(scene.lines.v4[lines]).tolist()]


def _row(service: Service) -> ListRow:
    code, proto, port = service
    return render_code(code), render_protocol(proto), str(port)


def _bare(code: int) -> ListRow:
    return render_code(code), "", ""
