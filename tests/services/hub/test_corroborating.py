"""A round is dealt once, taken until the list is begun, combined then, and its tables are gone."""

import itertools
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinomi.config import NodeConfig, NodeKind
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound, NotPermitted
from hinomi.model.member import MemberKind, MemberState
from hinomi.model.statement import Deed, Endpoint
from hinomi.services.hub.corroborating import (
    SentIn,
    answer_for,
    conclude,
    seat_of,
    size_of,
    take_tables,
)
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.publishing import publish
from hinomi.share.canonical import digest
from hinomi.share.private.wire import decode_tables
from hubs import HubHouse, Node, server
from roundhubs import CAPACITY, KEY, RoundHouse, document, opened

MEMBERS = ("isp-a", "isp-b", "isp-c", "isp-d")
HELD = {
    "isp-a": {server(1), server(2), server(3)},
    "isp-b": {server(1), server(2)},
    "isp-c": {server(1), server(4)},
    "isp-d": set(),
}


@pytest.fixture(name="template", scope="module")
def a_template(tmp_path_factory: pytest.TempPathFactory) -> HubHouse:
    """Give a hub with four members; nobody changes it."""
    house = HubHouse.found(tmp_path_factory.mktemp("hub") / "home")
    house.let_in(*(Node(name) for name in MEMBERS))
    return house


@pytest.fixture(name="hub")
def a_hub(template: HubHouse, tmp_path: Path) -> RoundHouse:
    """Give a copy of it that has rounds turned on."""
    return RoundHouse(template.copy(tmp_path / "hub"))


def told(hub: RoundHouse) -> list[dict[str, object]]:
    """Give what the journal says of rounds."""
    found = hub.home().journal().entries()
    return [dict(each) for each in found if each.get("operation") == "hub corroborate"]


def answer(hub: RoundHouse, name: str, epoch: int | None = None) -> bytes:
    """Give a member's answer of the round that is spoken of."""
    home = hub.home()
    with home.casebook() as casebook:
        member = casebook.hub.members.get(name)
        return answer_for(home, casebook, member, epoch or hub.house.spoken_of)


def all_send(hub: RoundHouse) -> None:
    """Let all members send their tables."""
    for name, servers in HELD.items():
        hub.sends(name, servers)


def test_each_learns_what_enough_members_have(hub: RoundHouse) -> None:
    """And of what fewer have, nothing; the journal has counts, and no server."""
    all_send(hub)
    seats = {name: hub.seat(name) for name in MEMBERS}
    publish(hub.home())

    found = {
        name: opened(seat.agreed, seat.number, HELD[name], answer(hub, name))
        for name, seat in seats.items()
    }
    assert found == {
        "isp-a": {server(1)}, "isp-b": {server(1)}, "isp-c": {server(1)}, "isp-d": set(),
    }  # fmt: skip
    assert [each["stage"] for each in told(hub)] == ["dealt", "begins", "done"]
    assert told(hub)[-1] | {"tables": 4, "answered": 4, "keys": 1} == told(hub)[-1]
    assert "198.51.100" not in str(told(hub))


def test_who_is_suspended_while_it_is_heard_is_not_kept(hub: RoundHouse) -> None:
    """What was let in before is looked at again where it is kept."""
    home, seat = hub.home(), hub.seat("isp-a")
    tables = document(seat.agreed, seat.number, HELD["isp-a"])
    sent = hub.house.sent("isp-a", tables, Deed.TABLES)
    with home.casebook() as casebook:
        before = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(before, state=MemberState.SUSPENDED))
        said = SentIn(epoch=sent.epoch, body=tables, note=sent.note)
        with pytest.raises(NotPermitted, match="by now"):
            take_tables(home, casebook, before, said)
        assert casebook.hub.rounds.take_out(sent.epoch) == ()


def test_tables_are_gone_when_the_list_is_made(hub: RoundHouse) -> None:
    """Whatever comes of the round."""
    all_send(hub)
    publish(hub.home())

    with hub.home().casebook() as casebook:
        assert casebook.hub.rounds.take_out(hub.house.epoch) == ()


def test_the_round_is_agreed_on_once(hub: RoundHouse) -> None:
    """What the register says later counts for the next round; each member has its own number."""
    seats = {name: hub.seat(name) for name in MEMBERS}
    hub.threshold, hub.capacity = 2, 2 * CAPACITY

    assert {name: hub.seat(name) for name in MEMBERS} == seats
    assert len({each.number for each in seats.values()}) == len(MEMBERS)
    assert {each.size_bytes for each in seats.values()} == {66 + 22 * 3 * CAPACITY * 12}
    hub.house.epoch += 1
    assert hub.seat("isp-a").agreed.threshold == 2


def test_the_same_tables_get_the_same_receipt(hub: RoundHouse) -> None:
    """Also when the round is over; other ones never do."""
    first = hub.sends("isp-a", HELD["isp-a"])
    seat = hub.seat("isp-a")
    epoch = hub.house.spoken_of
    body = document(seat.agreed, seat.number, HELD["isp-a"])
    other = document(seat.agreed, seat.number, {server(9)})

    assert hub.sends_body("isp-a", body, epoch) == first
    with pytest.raises(Conflict, match="send those again"):
        hub.sends_body("isp-a", other, epoch)
    publish(hub.home())
    assert hub.sends_body("isp-a", body, epoch) == first
    with pytest.raises(Conflict):
        hub.sends_body("isp-a", other, epoch)


def test_what_comes_late_is_not_taken(hub: RoundHouse) -> None:
    """The list is made: neither tables, nor a seat."""
    seat = hub.seat("isp-a")
    body = document(seat.agreed, seat.number, HELD["isp-a"])
    publish(hub.home())

    for act in (
        lambda: hub.sends_body("isp-a", body, seat.agreed.epoch),
        lambda: hub.seat("isp-a"),
    ):
        with pytest.raises(Conflict, match="is made, or being made"):
            act()


def test_tables_under_another_name_are_refused(hub: RoundHouse) -> None:
    """Another member's number, another round, another signature."""
    seats = {name: hub.seat(name) for name in ("isp-a", "isp-b")}
    epoch = hub.house.spoken_of
    agreed = seats["isp-a"].agreed
    with pytest.raises(MalformedDocument, match="another member's number"):
        hub.sends_body("isp-a", document(agreed, seats["isp-b"].number, ()), epoch)
    with pytest.raises(MalformedDocument, match="another version"):
        hub.sends_body("isp-a", b"tables", epoch)
    hub.house.nodes["isp-a"] = Node("isp-b")
    with pytest.raises(NotPermitted, match="not signed"):
        hub.sends_body("isp-a", document(agreed, seats["isp-a"].number, ()), epoch)


def test_two_members_have_not_the_same_point(hub: RoundHouse) -> None:
    """What they have in common would lie open: the second tables are refused, and counted none."""
    seats = {name: hub.seat(name) for name in ("isp-a", "isp-b")}
    epoch = hub.house.spoken_of
    agreed, number = seats["isp-b"].agreed, seats["isp-b"].number
    hub.sends("isp-a", HELD["isp-a"])
    point = decode_tables(
        agreed, seats["isp-a"].number, document(agreed, seats["isp-a"].number, HELD["isp-a"])
    ).point
    body = document(agreed, number, HELD["isp-b"])
    at = 58  # After head and check value.
    same = body[:at] + point.to_bytes(8, "big") + body[at + 8 :]

    with pytest.raises(Conflict, match="the same point"):
        hub.sends_body("isp-b", same, epoch)
    assert hub.sends_body("isp-b", body, epoch).digest == digest(body)


def test_a_hub_makes_no_rounds_unless_it_says_so(hub: RoundHouse) -> None:
    """Off as shipped: nothing of it answers, and what lies there from before is deleted."""
    hub.sends("isp-a", HELD["isp-a"])
    hub.threshold = 0
    home = hub.home()
    with home.casebook() as casebook:
        member = casebook.hub.members.get("isp-a")
        for act in (
            lambda: seat_of(home, casebook, member),
            lambda: size_of(home, casebook, hub.house.spoken_of),
            lambda: answer_for(home, casebook, member, hub.house.spoken_of),
        ):
            with pytest.raises(NotFound, match="private_threshold is 0"):
                act()
    publish(home)
    assert [each["stage"] for each in told(hub)] == ["dealt", "deleted"]
    hub.threshold = 3
    with pytest.raises(NotFound, match="no answer for you"):
        answer(hub, "isp-a")


def test_who_was_let_in_since_waits_for_the_next_round(hub: RoundHouse) -> None:
    """Numbers that were given stay; nobody else's changes."""
    hub.seat("isp-a")
    hub.house.let_in(Node("isp-e"))

    with pytest.raises(Conflict, match="in the next one"):
        hub.seat("isp-e")
    hub.house.epoch += 1
    assert hub.seat("isp-e").number


def test_who_may_not_submit_has_no_number(hub: RoundHouse) -> None:
    """Kinds that the register does not let submit, and who is suspended."""
    hub.house.let_in(
        Node("maker", kind=MemberKind.MAKER), Node("gone", state=MemberState.SUSPENDED)
    )
    hub.seat("isp-a")

    with hub.home().casebook() as casebook:
        dealt = casebook.hub.rounds.find(hub.house.spoken_of)
    assert dealt is not None
    assert dealt.numbers.keys() == set(MEMBERS)


def test_a_suspended_members_tables_do_not_count(hub: RoundHouse) -> None:
    """Suspension counts at once: the others are answered without it."""
    all_send(hub)
    seat = hub.seat("isp-a")
    with hub.home().casebook() as casebook:
        casebook.hub.members.set_state("isp-c", MemberState.SUSPENDED, list(MemberState))
    publish(hub.home())

    assert opened(seat.agreed, seat.number, HELD["isp-a"], answer(hub, "isp-a")) == set()
    with pytest.raises(NotFound):
        answer(hub, "isp-c")


def test_members_with_another_key_are_counted(hub: RoundHouse) -> None:
    """Nothing fits, and the journal says how many keys there were."""
    for number, name in enumerate(MEMBERS):
        seat = hub.seat(name)
        key = KEY if number else b"x" * 32
        hub.sends_body(name, document(seat.agreed, seat.number, HELD[name], key), seat.agreed.epoch)
    publish(hub.home())

    assert told(hub)[-1]["keys"] == 2


def test_a_round_that_fails_does_not_keep_the_list(
    hub: RoundHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too much work: the list is made, nobody is answered, and the journal says why."""
    all_send(hub)
    monkeypatch.setattr("hinomi.share.private.rounds.MOST_TESTS", 10)

    assert publish(hub.home()).number == 1
    assert told(hub)[-1]["stage"] == "failed"
    assert "lower threshold or capacity" in str(told(hub)[-1]["reason"])
    with pytest.raises(NotFound):
        answer(hub, "isp-a")


def test_a_register_that_makes_no_sense_deals_nothing(hub: RoundHouse) -> None:
    """A threshold of seven: nobody is told of a round."""
    hub.threshold = 7
    with pytest.raises(ConfigError):
        hub.seat("isp-a")

    hub.threshold = 3
    assert hub.seat("isp-a").agreed.threshold == 3


def test_what_was_left_by_a_process_that_was_killed_is_deleted(hub: RoundHouse) -> None:
    """Tables of an earlier round are combined with nothing."""
    all_send(hub)
    hub.house.epoch += 1
    home = hub.home()
    with home.casebook() as casebook:
        conclude(home, casebook, present_epoch(home))
        assert casebook.hub.rounds.take_out(hub.house.epoch) == ()
    with pytest.raises(NotFound):
        answer(hub, "isp-a", hub.house.spoken_of - 1)


def test_where_the_purpose_has_ended_tables_go_all_the_same(hub: RoundHouse) -> None:
    """Nothing is combined, and the list is not kept by it."""
    all_send(hub)
    home = hub.home()
    kind = NodeConfig(kind=NodeKind.OPERATIONAL)
    provider = replace(home, config=msgspec.structs.replace(home.config, node=kind))
    with home.casebook() as casebook:
        casebook.hub.snapshots.seal(hub.house.epoch)
        conclude(provider, casebook, present_epoch(home))
        assert casebook.hub.rounds.epochs_with_tables() == ()
    with pytest.raises(NotFound):
        answer(hub, "isp-a")


def test_answers_go_after_a_lease(hub: RoundHouse) -> None:
    """A week as shipped."""
    all_send(hub)
    epoch = hub.house.spoken_of
    publish(hub.home())
    hub.house.epoch += 7
    publish(hub.home())
    assert answer(hub, "isp-a", epoch)

    hub.house.epoch += 1
    publish(hub.home())
    with pytest.raises(NotFound):
        answer(hub, "isp-a", epoch)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(orders=st.tuples(st.permutations(MEMBERS), st.permutations(MEMBERS)), past=st.integers(0, 6))
def test_order_and_clock_change_no_byte_of_an_answer(
    template: HubHouse,
    tmp_path_factory: pytest.TempPathFactory,
    orders: tuple[list[str], list[str]],
    past: int,
) -> None:
    """Who asks first, who sends first, and when: each is answered the same."""
    found = []
    for number, order in enumerate(orders):
        hub = RoundHouse(template.copy(tmp_path_factory.mktemp("order") / "hub"))
        hub.house.past_ms = (1 + number * past) * 3_600_000
        for name in order:
            hub.sends(name, HELD[name])
        publish(hub.home())
        found.append([answer(hub, name) for name in MEMBERS])

    assert found[0] == found[1]


def test_pairs_learn_nothing_of_each_other(hub: RoundHouse) -> None:
    """What two name leaves no bin in any answer: those that fit are all of what three name."""
    held: dict[str, set[Endpoint]] = {
        each: {server(number)}
        for number, pair in enumerate(itertools.pairwise(MEMBERS), 1)
        for each in pair
    }
    for name in MEMBERS:
        hub.sends(name, held[name])
    publish(hub.home())

    assert {len(answer(hub, name)) for name in MEMBERS} == {46}
