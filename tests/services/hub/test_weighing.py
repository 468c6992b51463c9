"""From statements to a list, with what is kept in between."""

from pathlib import Path

import pytest

from hinomi.hub.aggregate import Outcome
from hinomi.model.evidence import Method
from hinomi.model.listed import ListKind
from hinomi.model.statement import Sighting
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.weighing import keep_weighings, weigh_statements
from hubdesks import Desk
from hubs import Node, server

SERVERS = [server(number) for number in range(1, 7)]


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people."""
    return Desk.staffed(tmp_path / "hub", monkeypatch)


def test_three_members_list_and_two_ask_people(desk: Desk) -> None:
    """One alone waits, and of that nothing is kept."""
    desk.next_epoch(a=SERVERS, b=SERVERS[:5], c=[*SERVERS[:4], server(9)])

    assert len(desk.listed()) == 4
    assert {each.outcome for each in desk.weighed().values()} == {"list", "queue"}
    assert [each.outcome for each in desk.weighed().values()].count("queue") == 1
    assert server(9) not in desk.weighed()


def test_a_listing_ends_a_lease_after_members_fell_silent(desk: Desk) -> None:
    """Three epochs in which their last batches count, and seven of the lease."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    lasted = 0
    while desk.listed():
        desk.next_epoch()
        lasted += 1

    assert lasted == 2 + 7
    assert {each.outcome for each in desk.weighed().values()} == {"end"}


def test_members_that_only_give_feedback_end_a_listing(desk: Desk) -> None:
    """Three that never submitted are three; those who found it are silent."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS[:5])
    desk.house.let_in(Node("isp-f"))
    desk.house.epoch += 1
    desk.house.submits("isp-c", [server(number) for number in range(11, 16)])
    for name in ("isp-d", "isp-e", "isp-f"):
        desk.house.sights(name, 1, {SERVERS[0]: Sighting.WRONG})
    desk.house.epoch += 3
    for name in ("isp-d", "isp-e", "isp-f"):
        desk.house.sights(name, 1, {SERVERS[0]: Sighting.WRONG})
    desk.house.publishes()

    assert desk.weighed()[SERVERS[0]].outcome == Outcome.END


def test_an_echo_of_the_list_ends_with_the_lease(desk: Desk) -> None:
    """Two only say the list back; those who found it name others."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    others = [server(number) for number in range(11, 16)]
    for _ in range(7):
        assert "198.51.100.1" in desk.listed()
        desk.next_epoch(a=others, b=others, c=others, d=SERVERS, e=SERVERS)

    assert set(desk.listed()) & {f"198.51.100.{number}" for number in range(1, 7)} == set()


def test_what_no_member_names_waits_for_people(desk: Desk) -> None:
    """Two files that one person brings list nothing."""
    desk.house.epoch += 1
    desk.knows(server(66))
    desk.knows(server(66), Method.MALWARE, "lab")
    desk.house.publishes()

    assert desk.listed() == []
    assert desk.weighed()[server(66)].outcome == Outcome.QUEUE


def test_one_liar_does_not_bury_the_queue(desk: Desk) -> None:
    """One says "wrong" of the whole list: what two others name is looked at early all the same."""
    many = [server(number) for number in range(1, 101)]
    desk.next_epoch(a=many, b=many, c=many[:60], d=many[50:])
    desk.house.epoch += 1
    desk.house.submits("isp-a", [*many, server(200)])
    desk.house.submits("isp-b", [*many, server(200)])
    desk.house.sights("isp-e", 1, dict.fromkeys(many, Sighting.WRONG))
    desk.house.publishes()
    places = {why["code"]: why.get("place") for why in desk.weighed()[server(200)].reasons}

    assert places["queued"] == 2


def test_one_who_says_that_it_is_wrong_asks_people(desk: Desk) -> None:
    """It stays listed."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.house.epoch += 1
    desk.house.sights("isp-e", 1, {SERVERS[0]: Sighting.WRONG})
    desk.house.publishes()

    assert desk.weighed()[SERVERS[0]].outcome == Outcome.QUEUE
    assert len(desk.listed()) == 6


def test_a_benign_list_takes_off_what_nobody_may_list(desk: Desk) -> None:
    """From the next list on."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.lists(ListKind.BENIGN, "some-cdn", "198.51.100.1")
    desk.next_epoch()

    assert "198.51.100.1" not in desk.listed()
    assert desk.weighed()[SERVERS[0]].outcome == Outcome.HOLD


def test_weighing_again_comes_to_the_same(desk: Desk) -> None:
    """Also where what was weighed first is kept already: who was stopped there goes on."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    for number in range(9):
        desk.house.epoch += 1
        if number < 2:
            desk.house.submits("isp-a", SERVERS)
        home = desk.house.home()
        with home.casebook() as casebook:
            now = present_epoch(home)
            first = weigh_statements(home, casebook, now)
            keep_weighings(casebook, first)
            again = weigh_statements(home, casebook, now)
        assert again.decisions == first.decisions
        assert {name: past.number.tolist() for name, past in again.pasts.items()} == {
            name: past.number.tolist() for name, past in first.pasts.items()
        }
        desk.house.publishes()


def test_what_was_weighed_is_forgotten_in_time(desk: Desk) -> None:
    """After as long as people's word counts."""
    desk.next_epoch(a=SERVERS, b=SERVERS, c=SERVERS)
    desk.house.epoch += 40
    desk.next_epoch()
    assert len(desk.weighed()) == 6
    desk.house.epoch += 31
    desk.next_epoch()

    assert desk.weighed() == {}


def test_outcomes_are_counted(desk: Desk) -> None:
    """Those that are kept."""
    desk.house.submits("isp-a", SERVERS)
    desk.house.submits("isp-b", SERVERS)
    home = desk.house.home()
    with home.casebook() as casebook:
        weighed = weigh_statements(home, casebook, present_epoch(home))

    assert weighed.counts[Outcome.QUEUE] == 6
    assert weighed.counts[Outcome.LIST] == 0
    assert weighed.wanted == {}
