"""Lists know a part of the truth, and some things that are not so."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hinomi.bench.addressing import render_code
from hinomi.bench.designs import Hosting
from hinomi.bench.outside import seen_from_outside
from hinomi.bench.spec import WorldSpec
from hinomi.bench.teachers import LISTS, Lesson, teach
from hinomi.bench.truth import NamedService
from plagues import botnet, infest_with

BENIGN = [
    NamedService(code=0xF0000000 + number, proto=6, port=443, label=label, family="tv")
    for number, label in enumerate(["vendor-cloud", "web", "cdn", "mail-server", "ip-echo"] * 8)
]


@pytest.fixture(scope="module")
def lesson(tiny: WorldSpec) -> Lesson:
    """What is taught of sixty families, each with two living servers, a sinkhole, a dead one."""
    families = [
        botnet(family=f"x-{number}", bots=10, servers=3, sunk=1, gone=1, scan_ports=(23,))
        for number in range(60)
    ]
    plague = infest_with(tiny, *families)
    return teach(plague.scene, plague.herds, [*plague.part.services, *BENIGN])


def _addresses(lesson: Lesson, name: str) -> set[str]:
    return {row[0] for row in lesson.lists[name]}


def test_between_a_fifth_and_two_fifths_of_the_living_are_known(lesson: Lesson) -> None:
    """Unevenly: of most families either all or none."""
    live = [service for service in lesson.services if service.label == "cc"]
    known = Counter(service.family for service in live if service.known)

    assert 0.2 <= sum(known.values()) / len(live) <= 0.4
    assert sum(count == 2 for count in known.values()) > 0.5 * len(known)


def test_known_services_are_exactly_those_on_the_list(lesson: Lesson) -> None:
    """The other entries are dead; at least as many as are alive. Some tell no port."""
    known = {render_code(service.code) for service in lesson.services if service.known}
    rows = lesson.lists["known-cc"]
    named = {render_code(service.code) for service in lesson.services}

    assert known <= _addresses(lesson, "known-cc")
    assert len(_addresses(lesson, "known-cc") - named) == len(rows) - len(known) >= 14
    assert 0 < sum(row[2] == "" for row in rows) < 0.5 * len(known)


def test_sinkholes_dead_servers_and_innocents_are_mixed_in(lesson: Lesson) -> None:
    """About half of the sinkholes and of the dead; few innocents."""
    known = Counter(service.label for service in lesson.services if service.known)
    innocents = sum(count for label, count in known.items() if label in {
        "vendor-cloud", "web", "cdn", "mail-server",
    })  # fmt: skip

    assert 15 < known["sinkhole"] < 45
    assert 15 < known["dead-cc"] < 45
    assert 1 <= innocents <= 8
    assert known["ip-echo"] == 0


def test_the_list_of_sinkholes_has_sinkholes_only(lesson: Lesson) -> None:
    """And not all of them."""
    sinkholes = {render_code(each.code) for each in lesson.services if each.label == "sinkhole"}

    assert _addresses(lesson, "sinkholes") < sinkholes
    assert len(lesson.lists["sinkholes"]) > 20


def test_suspects_are_scanning_bots_and_a_few_others(tiny: WorldSpec) -> None:
    """About a third of the bots that scan; those that do not are not seen."""
    families = [
        botnet(family="loud", bots=300, scan_ports=(23,), models=("tv",)),
        botnet(family="silent", bots=300),
    ]
    plague = infest_with(tiny, *families)
    listed = {row[0] for row in teach(plague.scene, plague.herds, []).lists["suspects"]}
    _, herds, _ = seen_from_outside(plague.scene, plague.herds, [])
    loud = {render_code(code) for code in herds[0].address.tolist()}

    assert len(listed & loud) / len(loud) == pytest.approx(0.3, abs=0.08)
    assert 1 <= len(listed - loud) <= 3


def test_a_benign_list_may_name_the_network_behind_which_a_c_and_c_hides(tiny: WorldSpec) -> None:
    """About half of the time; it never names a dedicated server."""
    families = [
        botnet(family=f"x-{number}", bots=5, hosting=hosting, innocents=0.001)
        for number, hosting in enumerate([Hosting.CDN, Hosting.DEDICATED] * 20)
    ]
    plague = infest_with(replace(tiny, lines=500), *families)
    listed = {
        row[0] for row in teach(plague.scene, plague.herds, plague.part.services).lists["benign"]
    }
    named = {
        hosting: np.mean([
            render_code(int(herd.servers[0])) in listed
            for herd in plague.herds
            if herd.spec.hosting == hosting
        ])
        for hosting in (Hosting.CDN, Hosting.DEDICATED)
    }  # fmt: skip

    assert named[Hosting.DEDICATED] == 0
    assert 0.3 < named[Hosting.CDN] < 0.95


def test_families_may_state_what_is_known_of_them(tiny: WorldSpec) -> None:
    """Then it is that, and the rest of the list is a vendor's cloud and dead entries."""
    families = [botnet(family="a", servers=3, listed=2), botnet(family="b", listed=0)]
    plague = infest_with(tiny, *families)
    cloud = replace(BENIGN[0], family="vacuum")
    lesson = teach(plague.scene, plague.herds, [*plague.part.services, cloud])

    assert [service.known for service in lesson.services] == [True, True, False, False, True]
    assert set(lesson.lists) == set(LISTS)
    assert len(lesson.lists["known-cc"]) == 3 + 14
