"""
The lists a provider gets from others, as incomplete, aged and wrong as they are.

Sources: feeds know 20-40 % of the C&C servers that live (85 % of MalNet's were known to
somebody, IMC 2022, but the union of 15 lists covers below 20 % of most families' domains,
Paint it Black, RAID 2014), most entries are dead within days, sinkholes and shared hosts
pollute them (same paper); families are known unevenly. Shares not named there are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import render_code
from hinomi.bench.herds import Herd
from hinomi.bench.outside import seen_from_outside
from hinomi.bench.population import Scene, stream
from hinomi.bench.truth import NamedService
from hinomi.model.protocol import render_protocol

ListRow = tuple[str, str, str]
"""Address, protocol, port, as a list file holds them; empty where the list does not say."""

LISTS: Final = ("known-cc", "benign", "scanners", "sinkholes", "suspects")

_KNOWN_SHARE: Final = (0.2, 0.4)  # Of the living C&C servers; a world's lies between.
_UNEVEN: Final = 0.3  # How much chance, beside the family, decides which server is known.
_DEAD_ENTRIES: Final = (14, 1.0)  # Never met: at least so many, and so many for each known one.
_DEAD_PORTS: Final = (443, 8_080, 6_667, 48_101, 4_444, 7_000)
_GONE_SHARE: Final = 0.5  # Of the servers that members call in vain.
_SUNK_SHARE: Final = 0.5  # Of the sinkholes, listed as C&C servers.
_LOADER_SHARE: Final = 0.3  # Of the loaders: feeds of malware hosts are mixed in.
_WRONG: Final = (1, 0.04)  # Innocents: at least so many, and this share of what is known.
_WRONG_LABELS: Final = frozenset({
    "vendor-cloud", "web", "cdn", "shared-host", "p2p-node", "mail-server", "telemetry",
})  # fmt: skip
_BARE_SHARE: Final = 0.15  # Of the entries that tell an address only.
_BENIGN_LABELS: Final = frozenset({
    "web", "cdn", "dns", "ntp", "push", "stun", "mail-server", "update-server", "vendor-cloud",
    "conference", "mining-pool",
})  # fmt: skip
_BENIGN_SHARE: Final = 0.5  # Of these, so many are listed: no benign list is complete.
_SCANNERS_SHARE: Final = 0.7
_SINKHOLES_SHARE: Final = 0.6  # Of the sinkholes, on the list of sinkholes.
_SUSPECT_SHARE: Final = 0.3  # Of the scanning bots, seen by a honeypot or a darknet.
_SUSPECT_ERRORS: Final = (3, 0.02)  # Innocent lines: at least so many, and this share.


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What the lists say, and the services marked by whether the known-C&C list has them."""

    services: list[NamedService]
    lists: dict[str, tuple[ListRow, ...]]  # By the names of LISTS.


def teach(scene: Scene, herds: Sequence[Herd], services: Sequence[NamedService]) -> Lesson:
    """
    Draw the lists of a world.

    Args:
        scene: The world.
        herds: Its botnets; a family may state how many of its servers are listed.
        services: Everything named, none of it known yet.
    """
    scene, herds, services = seen_from_outside(scene, herds, services)
    rng = stream(scene.spec, "lists")
    drawn = {herd.spec.family for herd in herds if herd.spec.listed is None}
    known = _stated(herds, services) | _drawn(drawn, services, rng)
    known |= _wrong(scene, services, len(known), rng, drawn=bool(drawn))
    marked = [replace(service, known=place in known) for place, service in enumerate(services)]
    entries = [_row(service) for service in marked if service.known]
    if drawn:
        bare = rng.random(len(entries)) < _BARE_SHARE
        entries = [
            (row[0], "", "") if is_bare else row for row, is_bare in zip(entries, bare, strict=True)
        ]
    lists = {
        "known-cc": (*entries, *_dead(scene, len(known), rng)),
        "benign": tuple(
            _row(service) for service in _some(_benign(marked, herds), _BENIGN_SHARE, rng)
        ),
        "scanners": tuple(
            (render_code(service.code), "", "")
            for service in _some(_labelled(marked, "research-scanner"), _SCANNERS_SHARE, rng)
        ),
        "sinkholes": tuple(
            _row(service)
            for service in _labelled(marked, "sinkhole")
            if (rng.random() < _SINKHOLES_SHARE if service.family in drawn else service.known)
        ),
        "suspects": _suspects(scene, herds, rng),
    }
    return Lesson(services=marked, lists=lists)


def _stated(herds: Sequence[Herd], services: Sequence[NamedService]) -> set[int]:
    """Find the servers that the families themselves state as listed: the first so many."""
    stated = {
        (herd.spec.family, code, herd.spec.port)
        for herd in herds
        if herd.spec.listed is not None
        for code in [*herd.servers.tolist(), *herd.gone.tolist()][: herd.spec.listed]
    }
    return {
        place
        for place, service in enumerate(services)
        if (service.family, service.code, service.port) in stated
    }


def _drawn(
    families: set[str], services: Sequence[NamedService], rng: np.random.Generator
) -> set[int]:
    """Draw what feeds know of the other families: of some much, of others nothing."""
    mine = [(place, each) for place, each in enumerate(services) if each.family in families]
    live = [(place, each) for place, each in mine if each.label == "cc" and each.tier == 1]
    fame = {family: rng.random() for family in sorted(families)}
    score = np.array([fame[each.family] for _, each in live]) + _UNEVEN * rng.random(len(live))
    count = round(rng.uniform(*_KNOWN_SHARE) * len(live))
    known = {live[index][0] for index in np.argsort(-score)[:count].tolist()}
    shares = {"dead-cc": _GONE_SHARE, "sinkhole": _SUNK_SHARE, "loader": _LOADER_SHARE}
    return known | {place for place, each in mine if rng.random() < shares.get(each.label, 0.0)}


def _wrong(
    scene: Scene,
    services: Sequence[NamedService],
    known: int,
    rng: np.random.Generator,
    *,
    drawn: bool,
) -> set[int]:
    """
    Choose innocents that stand on the list by mistake.

    One is a cloud of a model that neither many nor few have; where families are drawn, more
    kinds of innocents follow.
    """
    models = sorted(scene.spec.models, key=lambda model: -model.share)
    middle = models[len(models) // 2].name if models else ""
    clouds = [
        place
        for place, service in enumerate(services)
        if service.label == "vendor-cloud" and service.family == middle
    ]
    wrong = set(clouds[:1])
    if not drawn:
        return wrong
    labels = sorted(_WRONG_LABELS & {service.label for service in services})
    for _ in range(max(_WRONG[0], round(known * _WRONG[1]))):
        if labels:
            label = labels[int(rng.integers(len(labels)))]
            places = [place for place, each in enumerate(services) if each.label == label]
            wrong.add(places[int(rng.integers(len(places)))])
    return wrong


def _dead(scene: Scene, known: int, rng: np.random.Generator) -> list[ListRow]:
    """Give entries that nobody meets: feeds age fast."""
    codes = scene.allocation.take(max(_DEAD_ENTRIES[0], round(known * _DEAD_ENTRIES[1])), "cc")
    ports = rng.choice(_DEAD_PORTS, codes.size)
    return [
        (render_code(code), "tcp", str(port))
        for code, port in zip(codes.tolist(), ports.tolist(), strict=True)
    ]


def _benign(services: Sequence[NamedService], herds: Sequence[Herd]) -> list[NamedService]:
    """
    Give what a list of benign services may hold.

    Such lists name whole delivery networks, also the address behind which a C&C hides.
    """
    fronted = {
        code for herd in herds if herd.spec.hosting == "cdn" for code in herd.servers.tolist()
    }
    return [
        service
        for service in services
        if service.label in _BENIGN_LABELS or service.code in fronted
    ]


def _suspects(scene: Scene, herds: Sequence[Herd], rng: np.random.Generator) -> tuple[ListRow, ...]:
    """Give lines that honeypots and darknets named: scanning bots, and a few innocents."""
    scanning = [herd.address for herd in herds if herd.spec.scans]
    bots = np.unique(np.concatenate([*scanning, np.empty(0, np.int64)]).astype(np.int64))
    seen = bots[rng.random(bots.size) < _SUSPECT_SHARE]
    errors = rng.choice(
        scene.population.v4, max(_SUSPECT_ERRORS[0], round(seen.size * _SUSPECT_ERRORS[1]))
    )
    codes: NDArray[np.int64] = np.unique(np.concatenate([seen, errors]))
    return tuple((render_code(code), "", "") for code in codes.tolist())


def _labelled(services: Sequence[NamedService], label: str) -> list[NamedService]:
    return [service for service in services if service.label == label]


def _some(
    services: list[NamedService], share: float, rng: np.random.Generator
) -> list[NamedService]:
    taken = rng.random(len(services)) < share
    return [service for service, is_taken in zip(services, taken, strict=True) if is_taken]


def _row(service: NamedService) -> ListRow:
    return render_code(service.code), render_protocol(service.proto), str(service.port)
