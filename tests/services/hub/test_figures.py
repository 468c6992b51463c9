"""Figures are counted when a list is made, and told to whom they concern."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import NotFound
from hinomi.model.address import parse_address
from hinomi.model.case import Finding, ServiceClass
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.member import MemberState
from hinomi.model.statement import Sighting
from hinomi.services.hub.figures import figures_for, keep_figures, newest_figures
from hinomi.services.hub.yearly import yearly_page
from hinomi.store.hub.rulings import Ruling
from hubs import server

SERVERS = [server(each) for each in range(1, 8)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with members."""
    return FoundedHub.with_members(tmp_path / "hub")


def test_a_list_has_figures_as_soon_as_it_is_out(hub: FoundedHub) -> None:
    """They wait for nobody who asks."""
    hub.runs(SERVERS)

    with hub.home().casebook() as casebook:
        found = casebook.hub.figures.newest()

    assert found is not None
    assert (found.number, found.told["listed"], found.told["waited"]) == (1, 7, {"1": 7})


def test_the_time_to_a_listing_counts_from_the_first_word(hub: FoundedHub) -> None:
    """One member says so two epochs before the others."""
    hub.runs(SERVERS)
    early = [*SERVERS, server(20)]
    hub.submits("isp-a", early)
    for name in MEMBERS[1:]:
        hub.submits(name, SERVERS)
    hub.publishes()
    hub.epoch += 2
    for name in MEMBERS:
        hub.submits(name, early)
    hub.publishes()

    assert newest_figures(hub.home()).told["waited"] == {"3": 1}


def test_what_others_list_already_is_not_unique(hub: FoundedHub) -> None:
    """A public list has one of the new ones."""
    entry = ListEntry(
        base=parse_address("198.51.100.1"), length=128, proto=6, port=443, role=Role.C2,
        label="", own=False,
    )  # fmt: skip
    with hub.home().casebook() as casebook:
        casebook.lists.replace(
            ListKind.KNOWN_CC, "public", [entry], sha256="x", added_ms=hub.clock()
        )

    hub.runs(SERVERS)

    told = newest_figures(hub.home()).told
    assert (told["new"], told["unique"]) == (7, 6)


def test_sightings_and_acknowledgements_are_of_use_figures(hub: FoundedHub) -> None:
    """Of each member by itself."""
    hub.runs(SERVERS)
    hub.sights("isp-a", 1, dict.fromkeys(SERVERS[:3], Sighting.CONFIRMED))
    hub.acknowledges("isp-a", 1)
    hub.runs(SERVERS)

    told = newest_figures(hub.home()).told
    assert told["members"]["isp-a"]["confirmed"] == 3
    assert told["members"]["isp-a"]["behind"] == 0
    assert told["reached"] == {"now": 1, "behind": 0, "never": 4}


def test_what_people_found_tells_how_right_the_list_is(hub: FoundedHub) -> None:
    """Of servers that were listed."""
    hub.runs(SERVERS)
    with hub.home().casebook() as casebook:
        for number, finding in ((1, Finding.CC), (2, Finding.NOT_CC), (99, Finding.CC)):
            casebook.hub.rulings.add(
                Ruling(
                    endpoint=server(number),
                    finding=finding,
                    service_class=ServiceClass.DEDICATED,
                    reason="seen",
                    said_by="analyst",
                    epoch=hub.epoch,
                    until=hub.epoch + 90,
                )
            )
        found = keep_figures(hub.home(), casebook)

    assert found is not None
    assert found.told["checked"] == {"right": 1, "wrong": 1}


def test_who_is_suspended_is_counted_no_more(hub: FoundedHub) -> None:
    """Neither its words nor its lag."""
    hub.runs(SERVERS)
    with hub.home().casebook() as casebook:
        member = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(member, state=MemberState.SUSPENDED))
        found = keep_figures(hub.home(), casebook)

    assert found is not None
    assert "isp-a" not in found.told["members"]


def test_figures_that_were_not_counted_are_counted_when_asked(hub: FoundedHub) -> None:
    """The process that made the list was killed before it could."""
    hub.runs(SERVERS)
    with hub.home().casebook() as casebook:
        before = casebook.hub.figures.newest()
        assert before is not None
        casebook.hub.figures.put(type(before)(0, before.epoch - 1, before.told))

    assert newest_figures(hub.home()) == before


def test_a_member_gets_its_own(hub: FoundedHub) -> None:
    """And no name, no server, no address."""
    hub.runs(SERVERS)
    with hub.home().casebook() as casebook:
        told = figures_for(hub.home(), casebook, "isp-a")

    assert told["you"]["named"] == 7
    assert "isp-" not in json.dumps(told)
    assert "198.51" not in json.dumps(told)


def test_what_one_member_denies_is_told_to_no_other(tmp_path: Path) -> None:
    """Seven submit findings, and one denies 13 servers: that stays between it and the hub."""
    names = [f"isp-{each}" for each in "abcdefg"]
    servers = [server(each) for each in range(1, 31)]
    hub = FoundedHub.with_members(tmp_path / "seven", names)
    hub.runs(servers, members=names)
    for name in names:
        hub.submits(name, servers)
    hub.sights("isp-b", 1, dict.fromkeys(servers[:13], Sighting.WRONG))
    hub.publishes()
    with hub.home().casebook() as casebook:
        one, other = (figures_for(hub.home(), casebook, name) for name in ("isp-a", "isp-b"))

    assert newest_figures(hub.home()).told["sightings"]["wrong"] == 13
    assert (one["sightings"], one["feedback"]) == (None, None)
    assert other["you"]["wrong"] == 13
    html = yearly_page(hub.home(), 2026, "en")
    cells = re.findall(r"Called no C&amp;C server</th>(.*?)</tr>", html, re.DOTALL)
    assert [each.count("not known") for each in cells] == [2]


def test_what_enough_others_say_is_told(tmp_path: Path) -> None:
    """Each of twelve did not see what the others did."""
    names = [f"isp-{each}" for each in "abcdefghijkl"]
    servers = [server(each) for each in range(1, 37)]
    hub = FoundedHub.with_members(tmp_path / "twelve", names)
    hub.runs(servers, members=names)
    for place, name in enumerate(names):
        hub.submits(name, servers)
        hub.sights(name, 1, dict.fromkeys(servers[place::12], Sighting.NOT_SEEN))
    hub.publishes()
    with hub.home().casebook() as casebook:
        told = figures_for(hub.home(), casebook, "isp-a")

    assert told["sightings"]["not-seen"] == {"about": 36}
    assert (told["sightings"]["wrong"], told["you"]["not-seen"]) == (None, 3)


def test_how_long_few_waited_is_told_to_nobody(tmp_path: Path) -> None:
    """One member named ten servers two epochs before the others did."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs(SERVERS)
    early = [server(each) for each in range(20, 30)]
    hub.submits("isp-a", [*SERVERS, *early])
    for name in MEMBERS[1:]:
        hub.submits(name, SERVERS)
    hub.publishes()
    hub.epoch += 2
    for name in MEMBERS:
        hub.submits(name, [*SERVERS, *early])
    hub.publishes()

    told = newest_figures(hub.home()).told
    assert told["waited"] == {"3": 10}
    assert told["sayers"]["waited"] == {"3": {"all": 1, "others": {"isp-a": 0}}}
    with hub.home().casebook() as casebook:
        assert figures_for(hub.home(), casebook, "isp-b")["waited"] is None


def test_figures_of_an_older_version_are_read(hub: FoundedHub) -> None:
    """They lack who stands behind what, so that nothing of others is told."""
    hub.runs(SERVERS)
    with hub.home().casebook() as casebook:
        found = casebook.hub.figures.newest()
        assert found is not None
        old = {name: value for name, value in found.told.items() if name != "sayers"}
        casebook.hub.figures.put(replace(found, told=old))
        told = figures_for(hub.home(), casebook, "isp-a")

    assert (told["waited"], told["stale"], told["listed"]) == (None, None, 7)
    assert "not known" in yearly_page(hub.home(), 2026, "en")


def test_where_nothing_was_published_there_are_none(hub: FoundedHub) -> None:
    """Said as not found."""
    with pytest.raises(NotFound, match="nothing was published"):
        newest_figures(hub.home())
