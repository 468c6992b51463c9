"""Innocents beside listed C&Cs: where a server lives seconds what its clients say, no more."""

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from builders import NOON_MS
from hinomi.clock import render_time
from hinomi.detect.background import FORMERLY, NEIGHBOURS
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS, ContextKind
from hinomi.model.listed import ListKind
from hinomi.model.service import Candidate, Service
from hinomi.model.window import Window
from hinomi.services.context import add_context, remove_context
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.home import Home
from hinomi.services.listing import add_list
from traps import BOTS, LINES, NETWORKS, SCANNING
from wire import OTHERS_V4, Wire, settle, v4

CC: Final = ("203.0.113.1", 48_101)
FAINT: Final = ("203.0.113.9", 7_117)
"""A C&C of which few bots were sampled, among clients that nothing is known of."""

ELSEWHERE: Final = ("198.51.100.60", 7_118)
"""One just as faint, far from any that was listed."""

NICHE: Final = ("203.0.113.5", 9_911)
"""A small service of a club beside listed C&Cs; the devices of 7 of 23 members are infected."""

QUIET: Final = ("203.0.113.6", 9_912)
"""Another, of clean members alone."""

LISTED: Final = ("203.0.113.2", "203.0.113.3", "203.0.113.200", "203.0.113.222")
EVE: Final = render_time(NOON_MS - DAY_MS)[:10]

Detections = dict[str, Detection]


def network() -> Wire:
    """Write down a week of 4,000 lines, a scanning botnet, and two clubs."""
    wire = Wire(3)
    rng = wire.rng
    clients = np.repeat(np.arange(LINES), rng.poisson(9.0, LINES))
    servers = OTHERS_V4 + 2**27 + np.floor(9_000 ** rng.random(clients.size)).astype(np.int64)
    order = np.argsort(servers, kind="stable")
    edges = np.flatnonzero(np.diff(servers[order], prepend=-1))
    for group, address in zip(
        np.split(clients[order], edges[1:]), servers[order][edges], strict=True
    ):
        wire.talk(int(address), 443, group, records=1.0, sizes=(200, 900))
    wire.probe(SCANNING, 23, 12)
    wire.talk(v4(CC[0]), CC[1], BOTS)
    wire.talk(v4(FAINT[0]), FAINT[1], np.r_[SCANNING[:6], 2_000:2_005])
    wire.talk(v4(ELSEWHERE[0]), ELSEWHERE[1], np.r_[SCANNING[12:18], 2_100:2_105])
    wire.talk(v4(NICHE[0]), NICHE[1], np.r_[SCANNING[24:31], 1_500:1_516])
    wire.talk(v4(QUIET[0]), QUIET[1], np.arange(1_600, 1_640))
    return wire


@pytest.fixture(scope="module", name="home")
def a_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give the network's home: no list names anybody."""
    return settle(tmp_path_factory.mktemp("beside"), network().table(), NETWORKS, {})[0]


@pytest.fixture(scope="module", name="found")
def detections(home: Home) -> Detections:
    """Detect without context, with that of the eve, and with that of the first day itself."""
    path = home.folder.parent / "history.csv"
    path.write_text("\n".join(("address", *LISTED)) + "\n", "utf-8")
    found = {"without": detect(home)}
    for name, day in (("late", render_time(NOON_MS)[:10]), ("with", EVE)):
        add_context(home, ContextKind.HISTORY, path, source="feed", licence="CC0", day=day)
        found[name] = detect(home)
        remove_context(home, ContextKind.HISTORY, "feed", day)
    return found


def detect(home: Home) -> Detection:
    """List everything that any evidence speaks for."""
    return run_detection(home, Window(), top=100_000)


def candidate(found: Detection, end: tuple[str, int]) -> Candidate | None:
    """Give a service as candidate, None where nothing speaks for it."""
    service = Service(parse_address(end[0]), 6, end[1])
    return next((each for each in found.candidates if each.service == service), None)


def probability(found: Detection, end: tuple[str, int]) -> float:
    """Give the probability of a service, 0 where nothing speaks for it."""
    each = candidate(found, end)
    return each.probability if each else 0.0


def codes(found: Detection, end: tuple[str, int]) -> set[str]:
    """Name the reasons of a candidate."""
    each = candidate(found, end)
    return {reason.code for reason in each.reasons} if each else set()


def test_context_lifts_what_has_evidence(found: Detections) -> None:
    """The faint C&C gains, says why and by whom, and stays on its side of even odds."""
    before, after = (probability(found[name], FAINT) for name in ("without", "with"))

    assert 0 < before < 0.5
    assert before < after < 0.5
    each = candidate(found["with"], FAINT)
    assert each is not None
    (told,) = [reason for reason in each.reasons if reason.code == NEIGHBOURS]
    assert f"feed, {EVE}" in told.text
    assert 0 < told.weight <= 1.1
    assert probability(found["with"], CC) > probability(found["without"], CC) > 0.5


@pytest.mark.parametrize("end", [NICHE, QUIET])
def test_innocents_beside_listed_servers_stay_improbable(
    found: Detections, end: tuple[str, int]
) -> None:
    """Four listed neighbours: still far below even odds, and below the faint C&C."""
    assert probability(found["with"], end) < 0.5
    assert probability(found["with"], end) < probability(found["with"], FAINT)


def test_the_trap_is_one(found: Detections) -> None:
    """Infected members speak against the club: it is a candidate, if an unlikely one."""
    assert candidate(found["without"], NICHE) is not None


def test_a_neighbourhood_alone_makes_no_candidate(found: Detections) -> None:
    """The club of clean members is no candidate, with or without; nobody new is one."""
    assert candidate(found["with"], QUIET) is None
    listed = [{each.service for each in found[name].candidates} for name in ("without", "with")]
    assert listed[0] == listed[1]


def test_nobody_is_carried_across_even_odds(found: Detections) -> None:
    """Whoever is likelier than not was so without context."""
    likely = [
        {each.service for each in found[name].candidates if each.probability > 0.5}
        for name in ("without", "with")
    ]
    assert likely[0] == likely[1]


def test_a_table_of_the_first_day_changes_nothing(found: Detections) -> None:
    """It could know what the window shows; so it is not read (R19)."""
    assert found["late"].context == ()
    assert [(each.day, each.source) for each in found["with"].context] == [(EVE, "feed")]
    for one, other in zip(found["late"].candidates, found["without"].candidates, strict=True):
        assert (one.service, one.probability) == (other.service, other.probability)


def test_nobody_elsewhere_is_touched(found: Detections) -> None:
    """What has no listed neighbour keeps its probability: a clean address is not acquitted."""
    before, after = (probability(found[name], ELSEWHERE) for name in ("without", "with"))

    assert 0 < before == after
    assert NEIGHBOURS not in codes(found["with"], ELSEWHERE)


def test_a_listing_that_ended_is_weaker_than_one_that_stands(home: Home, found: Detections) -> None:
    """The faint C&C listed now, listed until lately, and never."""
    path = home.folder.parent / "known.csv"
    moments = [NOON_MS - 2 * DAY_MS, NOON_MS + 8 * DAY_MS]
    by_time = []
    for now_ms, (address, port) in zip(moments, (FAINT, ("198.51.100.99", 4_444)), strict=True):
        path.write_text(f"address,protocol,port\n{address},tcp,{port}\n", "utf-8")
        add_list(replace(home, clock=now_ms.__int__), ListKind.KNOWN_CC, path, "hunters")
        by_time.append(detect(home))
    standing, ended = by_time

    assert probability(found["without"], FAINT) < probability(ended, FAINT)
    assert probability(ended, FAINT) < 0.5 < probability(standing, FAINT)
    assert FORMERLY in codes(ended, FAINT)
    assert FORMERLY not in codes(standing, FAINT)
