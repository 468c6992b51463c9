"""The lists that a provider gets: incomplete, aged, and wrong in places."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes, render_code
from hinomi.bench.ground.book import SECOND_TIER, Service, Sighting
from hinomi.bench.ground.draws import Draws
from hinomi.bench.profiled.families import Underworld
from hinomi.bench.profiled.scene import Scene, new_host, odd_port
from hinomi.bench.teachers import ListRow
from hinomi.model.protocol import Protocol, render_protocol

_KNOWN: Final = (0.25, 0.39)  # Share of the C&C servers.
_LARGE: Final = 30  # Bots seen from which a server is as likely known as any.
_FAME: Final = (0.6, 0.4)  # Of every server, and by its size.
_UPPER_FAME: Final = 0.5
_DEAD_LISTED: Final = 0.7
_SUNK_LISTED: Final = 0.5
_WRONG: Final = (1, 4)  # Innocents on the list.
_CLOUD_WRONG: Final = 0.5  # Probability that a device cloud is one of them.
_NEVER_MET: Final = 15
_BENIGN: Final = {
    "cdn": 0.6, "dns": 0.6, "ntp": 0.6, "push": 0.6,
    "web": 0.2, "mail-server": 0.2, "vendor-cloud": 0.2, "stun": 0.2,
}  # fmt: skip
_SCANNERS_LISTED: Final = 36
_SUSPECTS: Final = 0.25  # Share of the scanning bots that a darknet saw,
_LOUD: Final = (0.2, 20)  # more often the louder they are.
_SUSPECT_ERRORS: Final = (2, 30)  # Innocents: at least so many, and one in so many.


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What older botnets left, and services that may be taken for C&C servers."""

    dead: list[Service]
    sunk: list[Service]
    niches: list[Service]
    researchers: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """The lists, and what of the truth they tell."""

    known: set[Service]
    lists: dict[str, list[ListRow]]  # By the names of `bench.teachers.LISTS`.


def teach(
    scene: Scene, under: Underworld, remains: Remains, sightings: dict[Service, Sighting]
) -> Lesson:
    """Draw the lists of a world."""
    draws = scene.draws("lists")
    living = _living(draws, under, sightings)
    dead = remains.dead[: max(2, int(len(remains.dead) * _DEAD_LISTED))]
    sunk = remains.sunk[: max(1, int(len(remains.sunk) * _SUNK_LISTED))]
    never = [(new_host(draws), int(Protocol.TCP), odd_port(draws)) for _ in range(_NEVER_MET)]
    known = list(dict.fromkeys([*living, *dead, *sunk, *_wrong(scene, draws, remains), *never]))
    third = len(remains.sunk) // 3
    told = remains.sunk[third : third + max(1, len(remains.sunk) // 2)]
    benign = [
        service
        for service, entry in scene.book.entries.items()
        if draws.happens(_BENIGN.get(entry.label, 0.0))
    ]
    order = draws.rng.permutation(len(known)).tolist()
    return Lesson(
        known=set(known),
        lists={
            "known-cc": [_row(known[place]) for place in order],
            "benign": [_row(service) for service in benign],
            "scanners": [_bare(code) for code in remains.researchers[:_SCANNERS_LISTED].tolist()],
            "sinkholes": [_row(service) for service in told],
            "suspects": _suspects(scene, draws, under),
        },
    )


def _living(draws: Draws, under: Underworld, sightings: dict[Service, Sighting]) -> list[Service]:
    """Draw which living C&C servers somebody knows: rather the large ones."""
    services, fame = [], []
    for server, tier in under.leaders:
        size = min(1.0, sightings[server.service].seen / _LARGE)
        services.append(server.service)
        fame.append((_FAME[0] + _FAME[1] * size) * (_UPPER_FAME if tier == SECOND_TIER else 1.0))
    count = round(draws.between(*_KNOWN) * len(services))
    odds = np.array(fame) / np.sum(fame)
    chosen = draws.rng.choice(len(services), count, replace=False, p=odds)
    return [services[place] for place in chosen.tolist()]


def _wrong(scene: Scene, draws: Draws, remains: Remains) -> list[Service]:
    """Choose innocents that stand on the list by mistake."""
    wrong = [draws.pick(remains.niches) for _ in range(draws.whole(*_WRONG))]
    if draws.happens(_CLOUD_WRONG):
        entries = scene.book.entries.items()
        clouds = [service for service, entry in entries if entry.label == "vendor-cloud"]
        wrong[0] = clouds[0]
    return wrong


def _suspects(scene: Scene, draws: Draws, under: Underworld) -> list[ListRow]:
    """Give addresses that darknets named; of a shared address all lines are named so."""
    codes: list[int] = []
    for scan in under.scans:
        loud = np.minimum(1.0, _LOUD[0] + scan.probes / _LOUD[1])
        seen = draws.chances(_SUSPECTS * loud, scan.bots.size) & (scan.probes > 0)
        codes += scene.lines.v4[scan.bots[seen]].tolist()
    errors = max(_SUSPECT_ERRORS[0], len(codes) // _SUSPECT_ERRORS[1])
    codes += scene.lines.v4[draws.wholes(0, scene.lines.count, errors)].tolist()
    return [_bare(code) for code in dict.fromkeys(codes)]


def _row(service: Service) -> ListRow:
    code, proto, port = service
    return render_code(code), render_protocol(proto), str(port)


def _bare(code: int) -> ListRow:
    return render_code(code), "", ""
