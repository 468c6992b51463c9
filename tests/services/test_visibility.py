"""Visibility of the own network: from what detection found on which day, and nothing else."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

import pytest

from checkedcases import flow, honeypot, opened, rejected, server
from docket import NOW_MS, At, acts, end
from hinomi.errors import Conflict, NotPermitted
from hinomi.govern.matrix import Purpose
from hinomi.services.deciding import approve_request
from hinomi.services.home import Home
from hinomi.services.visibility import propose_visibility, visibility
from hinomi.store.caseruns import Run
from household import DAY_MS

TODAY = NOW_MS // DAY_MS
SPAN = 20
SEEN = (0, 4, 8, 12, 16, 20)
"""Of the 19 days between both ends, four are among them: 0.21."""


def watched(home: Home, days: Iterable[int]) -> None:
    """Let runs have seen something on days so long ago."""
    with home.casebook() as book:
        for ago in days:
            day = TODAY - ago
            book.runs.put(
                Run(digest=str(day), at_ms=day, until_day=day, candidates=0, below=0, opened=0)
            )


def seen(home: Home, count: int = 30, days: Iterable[int] = SEEN, first: int = 0) -> None:
    """Let detection have found servers on days so long ago."""
    with home.casebook() as book:
        found = [flow(server(first + each), TODAY - ago) for each in range(count) for ago in days]
        book.evidence.add(found, NOW_MS)


@pytest.fixture(name="home")
def a_home_that_saw_thirty_servers(at: At) -> Home:
    """Give a home that detected daily for three weeks; anna acts."""
    home = at().act_as("anna")
    watched(home, range(SPAN + 1))
    seen(home)
    return home


def test_it_is_fitted_to_the_days_on_which_detection_found_a_server(home: Home) -> None:
    """Each day once, whatever later runs said of it again."""
    with home.casebook() as book:
        again = [replace(flow(server(1), TODAY - ago), reference="later") for ago in SEEN]
        assert book.evidence.add(again, NOW_MS) == len(SEEN)

    found = visibility(home)

    assert (found.episodes, found.between, found.seen) == (30, 30 * 19, 30 * 4)
    assert found.visibility is not None
    assert found.visibility.value == pytest.approx(4 / 19, abs=0.01)


def test_what_is_no_sighting_of_a_cc_server_by_detection_counts_nowhere(home: Home) -> None:
    """Other methods, findings that were worth no case, and what people called no C&C server."""
    before = visibility(home)
    days = range(SPAN + 1)
    with home.casebook() as book:
        for ago in days:
            book.evidence.add([honeypot(server(1), TODAY - ago)], NOW_MS)
            book.evidence.add([flow(server(2), TODAY - ago, 0.01)], NOW_MS)
            book.evidence.add([flow(server(200), TODAY - ago)], NOW_MS)
        rejected(book, opened(book, server(200), NOW_MS))

    assert visibility(home) == before


def test_days_on_which_no_run_saw_anything_are_left_out(at: At) -> None:
    """Were half of the days not watched, servers that were seen on all others were always seen."""
    home = at().act_as("anna")
    watched(home, range(0, SPAN + 1, 4))
    seen(home)

    found = visibility(home)

    assert (found.between, found.seen) == (30 * 4, 30 * 4)
    assert found.visibility is not None
    assert found.visibility.value > 0.9


def test_too_few_sightings_are_told_so(at: At) -> None:
    """How many there are, and how many it takes."""
    home = at().act_as("anna")
    watched(home, range(SPAN + 1))
    seen(home, 29)
    seen(home, 60, (0, 1), first=100)  # No day between: these tell nothing.

    with pytest.raises(Conflict, match=r"29 servers were seen again .* at least 30"):
        visibility(home)


def test_it_names_no_server(home: Home) -> None:
    """Counts alone; the journal has that somebody asked."""
    told = json.dumps(asdict(visibility(home)))

    assert "203.0.113" not in told
    assert str(server(0).address.lo) not in told


def test_both_values_are_proposed_and_another_person_puts_them_in_force(at: At) -> None:
    """The evidence stands in the register; expiry goes by it from then on."""
    house = at()
    home = house.act_as("anna")
    watched(home, range(SPAN + 1))
    seen(home)
    found = visibility(home)
    assert found.fitted is not None
    begun = len(house.entries())

    proposed = propose_visibility(home, found)

    assert acts(house, since=begun) == [("approvals", "ask")] * 2
    for each in proposed:
        approve_request(house.act_as("olga"), each.request)
    register = house.home().register
    assert register.number("expiry.visibility") == found.fitted.visibility
    assert register.number("expiry.visibility_weight_days") == found.fitted.weight_days
    evidence = register.parameters["expiry.visibility"].evidence
    assert "30 stretches of sightings, on 120 of the 570 days" in evidence
    again = visibility(house.act_as("anna"))
    assert again.present == found.fitted
    with pytest.raises(Conflict, match="nothing to propose"):
        propose_visibility(house.home(), again)


def test_without_its_purpose_nothing_is_fitted(at: At) -> None:
    """The matrix refuses."""
    house = at()
    end(house, Purpose.DETECT_CC)

    with pytest.raises(NotPermitted):
        visibility(house.act_as("anna"))
