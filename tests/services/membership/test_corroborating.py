"""A home brings its findings into each round, and opens what the hub answers."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from docket import SERVER, bodies, require_no_address
from hinomi.cli.servers import read_endpoint
from hinomi.errors import (
    ConfigError,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
)
from hinomi.govern.note import BadNote, Signer
from hinomi.model.service import Service
from hinomi.services.home import Home, open_home
from hinomi.services.membership.corroborating import Corroborated, corroborate
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.memberskey import MEMBERS_KEY, take_key
from hinomi.services.membership.overview import overview
from hinomi.services.membership.rounds import Counts, all_brought, packed, read_opened
from hinomi.services.membership.submitting import plan_submission, submit
from hinomi.services.membership.uploading import plan_file
from hinomi.services.retention import unknown_files
from hinomi.share.private.elements import pack
from hinomi.share.private.membersfile import render_members_key
from household import DAY_MS, Household
from listedmany import MANY, counted, listed_like
from roundhubs import CAPACITY, KEY, StandInRounds, with_values
from standin import StandIn
from terminal import make_home

ENOUGH = sorted({SERVER, *(each for each, lines in MANY.items() if lines >= 5)})
"""What five lines or more met: six servers."""
COMMON = tuple(read_endpoint(each, "tcp", 443) for each in ENOUGH[:5])
"""What the two others have as well."""
LIST_KEY = Signer("hub.example/list", b"l" * 32).verifier.render()
"""Of the stand-in for a hub."""


@pytest.fixture(name="rounds")
def rounds_at_the_hub(hub: StandIn) -> StandInRounds:
    """Let the hub make rounds, with two further members."""
    rounds = StandInRounds(hub, COMMON)
    hub.rounds = rounds.answer
    return rounds


@pytest.fixture(name="member")
def a_member_with_the_key(many: Household, tmp_path: Path) -> Household:
    """Give a home with seven listed servers, and the members' key."""
    give_key(many.home(), tmp_path, KEY)
    return many


def give_key(home: Home, folder: Path, key: bytes) -> None:
    """Let a home take a key."""
    file = folder / f"{key.hex()[:8]}.key"
    file.write_bytes(render_members_key(key))
    take_key(home, file, replaces=True)


def only(house: Household) -> Home:
    """Open a home that submits only what was corroborated."""
    return with_values(house.home(), {"share.only_corroborated": 1})


def brought(done: Corroborated) -> int | None:
    """Give how many findings went in."""
    return None if done.counts is None else done.counts.brought


def told(**changed: object) -> bytes:
    """Describe a round as the hub does, but for what is *changed*."""
    usual: dict[str, object] = {
        "format": "hinomi-round-2", "hub": LIST_KEY, "epoch": "2027-01-15", "threshold": 3,
        "capacity": CAPACITY, "number": 1,
    }  # fmt: skip
    return json.dumps(usual | changed).encode()


def entries(house: Household) -> list[Mapping[str, object]]:
    """Give what the journal says of rounds."""
    return [each for each in bodies(house) if each["operation"] == "listings corroborate"]


def stages(house: Household) -> list[object]:
    """Give what it says of each in a word."""
    return [each["stage"] for each in entries(house)]


def test_what_others_have_too_is_opened_and_goes(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """Of six findings that enough lines met, the five that three members have; no other one."""
    first = corroborate(member.home())
    assert first.counts == Counts(brought=6, at_least=1, left_out=0)
    assert (first.opened, first.was_sent, first.lost, first.unread) == (None, False, (), ())
    rounds.is_over = True
    second = corroborate(member.home())
    assert second.opened is not None
    assert second.opened.servers == set(COMMON)
    assert (second.opened.counts, second.opened.unproven) == (first.counts, 0)
    assert all_brought(member.home(), read_joined(member.home())) == []

    member.later(DAY_MS)
    hub.spoken_of += 1
    counted(member)
    done = submit(only(member))
    assert done.sent is not None
    assert (done.sent.statements, done.facts["uncorroborated"]) == (5, 2)
    assert stages(member) == ["begins", "done", "opened"]
    require_no_address(member, *MANY, SERVER)
    found = overview(member.home()).corroborated
    assert found is not None
    assert (found["servers"], found["brought"], found["members_least"]) == (5, 6, 3)
    assert (found["at_lines_least"], found["left_out"]) == (1, 0)
    assert unknown_files(member.home()) == []


def test_tables_say_nothing_without_the_key(member: Household, rounds: StandInRounds) -> None:
    """No server in them, and one length, whatever goes in."""
    corroborate(member.home())

    (sent,) = rounds.taken.values()
    assert len(sent) == 66 + 22 * 3 * CAPACITY * 12
    for each in COMMON:
        assert pack(Service(each.address, each.proto, each.port))[:16] not in sent


def test_sent_again_they_are_the_same_bytes(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """The hub took them and its receipt was lost; once it is here, nothing is sent."""
    rounds.drop = 3
    with pytest.raises(Unavailable):
        corroborate(member.home())
    before = dict(rounds.taken)
    rounds.drop = 0

    assert not corroborate(member.home()).was_sent
    assert rounds.taken == before
    assert corroborate(member.home()).was_sent
    assert [each for each in hub.asked if each[0] == "PUT"] == [
        ("PUT", f"/v1/rounds/{read_joined(member.home()).day_of(hub.spoken_of)}/tables")
    ] * 4


def test_no_second_tables_are_made_in_a_round(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """Not after the answer was opened either."""
    corroborate(member.home())
    rounds.is_over = True
    corroborate(member.home())
    rounds.is_over = False
    hub.asked.clear()

    again = corroborate(member.home())
    assert (again.was_sent, hub.asked) == (True, [])


def test_a_round_that_is_over_is_told_of(member: Household, rounds: StandInRounds) -> None:
    """Nothing is sent, and nothing fails: the next one begins with the next epoch."""
    rounds.is_over = True

    done = corroborate(member.home())
    assert (done.counts, done.was_sent, done.opened, rounds.taken) == (None, False, None, {})


def test_tables_that_come_too_late_are_let_go(member: Household, rounds: StandInRounds) -> None:
    """They were made in time, and the hub was away."""
    rounds.hub.refuse = lambda path: (503, b"{}") if path.endswith("tables") else None
    with pytest.raises(Unavailable):
        corroborate(member.home())
    rounds.hub.refuse = lambda _path: None
    rounds.is_over = True

    done = corroborate(member.home())
    assert done.counts is None
    assert "comes to nothing here" in done.lost[0]
    assert corroborate(member.home()).lost == ()


@pytest.mark.parametrize("status", [409, 422])
def test_a_hub_that_refuses_tables_gets_no_other_ones(
    member: Household, hub: StandIn, rounds: StandInRounds, status: int
) -> None:
    """It could compare them, and count the findings; in the next round this home is back."""
    seen: list[bytes] = []

    def reads_and_refuses(method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        if method == "PUT":
            seen.append(body)
            return status, b'{"error":"once more, please"}'
        return rounds.answer(method, path, body)

    hub.rounds = reads_and_refuses
    assert "once more, please" in corroborate(member.home()).lost[0]
    again = corroborate(member.home())
    assert (again.counts, again.lost, len(seen)) == (None, (), 1)
    (kept,) = all_brought(member.home(), read_joined(member.home()))
    assert (kept.is_lost, kept.seed, kept.elements) == (True, b"", ())

    hub.rounds = rounds.answer
    member.later(DAY_MS)
    hub.spoken_of += 1
    counted(member)
    assert brought(corroborate(member.home())) == 6


def test_a_new_key_before_tables_went_costs_the_round(
    member: Household, rounds: StandInRounds, tmp_path: Path
) -> None:
    """What was made under the old one is not sent, and nothing else either."""
    rounds.hub.refuse = lambda path: (503, b"{}") if path.endswith("tables") else None
    with pytest.raises(Unavailable):
        corroborate(member.home())
    rounds.hub.refuse = lambda _path: None
    give_key(member.home(), tmp_path, bytes(32))

    assert "key was replaced" in corroborate(member.home()).lost[0]
    assert corroborate(member.home()).counts is None
    assert rounds.taken == {}


def test_an_answer_that_does_not_come_is_given_up(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """After as many epochs as an answer would count."""
    corroborate(member.home())
    rounds.taken.clear()
    rounds.is_over = True
    for _ in range(4):
        member.later(DAY_MS)
        hub.spoken_of += 1
        corroborate(member.home())

    assert all_brought(member.home(), read_joined(member.home())) == []


def test_a_new_key_between_tables_and_answer_costs_the_round(
    member: Household, rounds: StandInRounds, tmp_path: Path
) -> None:
    """Nothing is opened, and so nothing is submitted."""
    corroborate(member.home())
    give_key(member.home(), tmp_path, bytes(32))
    rounds.is_over = True

    done = corroborate(member.home())
    assert "key was replaced" in done.lost[0]
    assert read_opened(member.home(), read_joined(member.home())) is None
    assert plan_submission(only(member)).body is None


def test_members_with_other_keys_open_nothing(member: Household, rounds: StandInRounds) -> None:
    """Every finding stays here."""
    rounds.key = bytes(32)
    corroborate(member.home())
    rounds.is_over = True

    opened = corroborate(member.home()).opened
    assert opened is not None
    assert opened.elements == ()


def test_a_lower_threshold_than_agreed_is_refused(member: Household, rounds: StandInRounds) -> None:
    """The hub says the threshold: it could ask for one that lets it see more."""
    rounds.threshold = 2
    with pytest.raises(ConfigError, match="from 3 on"):
        corroborate(member.home())

    assert rounds.taken == {}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("round", told(hub="other")),
        ("round", told(epoch="2027-01-16")),
        ("round", told(number=64)),
        ("round", b"[]"),
        ("tables", b'{"epoch":"2027-01-15","digest":"0","note":"n"}'),
    ],
)
def test_what_is_no_answer_of_the_hub_is_refused(
    member: Household, rounds: StandInRounds, asked: str, answer: bytes
) -> None:
    """Another hub, a number that is none, no receipt."""

    def mended(method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        return (200, answer) if path.endswith(asked) else rounds.answer(method, path, body)

    rounds.hub.rounds = mended
    with pytest.raises((MalformedDocument, BadNote)):
        corroborate(member.home())


@pytest.mark.parametrize("ill", [(200, -3), (200, 0), (410, 2), (409, 2), (422, 2)], ids=str)
def test_one_bad_answer_costs_no_round(
    member: Household, rounds: StandInRounds, ill: tuple[int, int]
) -> None:
    """Cut, empty or refused: the journal says so, and what comes next is opened."""
    status, until = ill
    corroborate(member.home())
    rounds.is_over = True

    def cut(method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        given = rounds.answer(method, path, body)
        if not path.endswith("answer") or given is None:
            return given
        return status, given[1][:until] if status == 200 else b"{}"

    rounds.hub.rounds = cut
    for _ in range(2):
        done = corroborate(member.home())
        assert (done.opened, done.lost, len(done.unread)) == (None, (), 1)
        assert "cannot be read now" in done.unread[0]
    assert stages(member)[-2:] == ["unread", "unread"]
    rounds.hub.rounds = rounds.answer

    opened = corroborate(member.home()).opened
    assert opened is not None
    assert opened.servers == set(COMMON)


def test_an_answer_that_stays_junk_is_given_up(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """After as many epochs as an answer would count."""
    corroborate(member.home())
    rounds.hub.rounds = lambda _method, path, _body: (
        (200, b"junk") if path.endswith("answer") else (409, b"{}")
    )
    for left in (1, 1, 1, 0):
        member.later(DAY_MS)
        hub.spoken_of += 1
        assert len(corroborate(member.home()).unread) == left
    assert all_brought(member.home(), read_joined(member.home())) == []


@pytest.mark.parametrize("capacity", [999, 20_001])
def test_another_capacity_than_agreed_is_refused(
    member: Household, rounds: StandInRounds, capacity: int
) -> None:
    """The hub says the capacity: too low it could count findings, too high fill the memory."""
    rounds.capacity = capacity
    with pytest.raises(ConfigError, match="takes part from 1,000 to 20,000"):
        corroborate(member.home())

    assert rounds.taken == {}
    (entry,) = entries(member)
    assert (entry["stage"], entry["capacity"], entry["threshold"]) == ("refused", capacity, 3)


@pytest.mark.parametrize("changed", [{"capacity": 2_000}, {"threshold": 4}])
def test_the_first_offer_of_an_epoch_is_the_only_one(
    member: Household, rounds: StandInRounds, changed: dict[str, int]
) -> None:
    """
    A hub that offers one round after the other gets nothing, and the journal says so.

    Not even where the first one was refused; in the next epoch it may offer anew.
    """
    rounds.capacity = 100
    with pytest.raises(ConfigError):
        corroborate(member.home())
    rounds.capacity = CAPACITY
    for name, value in changed.items():
        setattr(rounds, name, value)
    for _ in range(2):
        with pytest.raises(MalformedDocument, match="another one than the hub offered first"):
            corroborate(member.home())

    assert rounds.taken == {}
    assert stages(member) == ["refused"] * 3
    member.later(DAY_MS)
    rounds.hub.spoken_of += 1
    counted(member)
    assert brought(corroborate(member.home())) == 6


def test_an_offer_that_came_before_lines_were_counted_stays(
    member: Household, rounds: StandInRounds
) -> None:
    """What it takes is made of the first one, once detection has run."""
    member.later(DAY_MS)
    rounds.hub.spoken_of += 1
    with pytest.raises(Unavailable, match="has not counted"):
        corroborate(member.home())
    counted(member)
    rounds.capacity = 2 * CAPACITY
    with pytest.raises(MalformedDocument, match="offered first"):
        corroborate(member.home())
    rounds.capacity = CAPACITY

    assert brought(corroborate(member.home())) == 6


def test_more_findings_than_a_round_takes_are_not_told_of(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """
    Of 111 a choice of 100 goes in, the same at every member; the tables are as long as ever.

    Whether this home answers does not depend on how much it found; what is left out is counted.
    """
    servers = [f"203.0.113.{each}" for each in range(100, 210)]
    listed_like(house, servers)
    house.later(DAY_MS)
    hub.spoken_of += 1
    counted(house, dict.fromkeys(servers, 9))
    give_key(house.home(), tmp_path, KEY)
    others = tuple(read_endpoint(each, "tcp", 443) for each in (SERVER, *servers))
    rounds = StandInRounds(hub, others, capacity=100)
    hub.rounds = rounds.answer
    small = {"share.corroborated_capacity_least": 100}

    done = corroborate(with_values(house.home(), small))
    assert done.counts == Counts(brought=100, at_least=0, left_out=11)
    assert [len(sent) for sent in rounds.taken.values()] == [66 + 22 * 3 * 100 * 12]
    (kept,) = all_brought(house.home(), read_joined(house.home()))
    rounds.is_over = True
    opened = corroborate(with_values(house.home(), small)).opened
    assert opened is not None
    assert opened.elements == kept.elements
    told = [each for each in entries(house) if each["stage"] in {"begins", "opened"}]
    assert [(each["brought"], each["left_out"]) for each in told] == [(100, 11)] * 2


def test_a_hub_of_an_earlier_version_is_told_from_this_one(
    member: Household, rounds: StandInRounds
) -> None:
    """Its rounds have another form: nothing is sent, and the line says what to do."""

    def earlier(method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        answer = told(number=1).replace(b'"format": "hinomi-round-2", ', b"")
        return (200, answer) if path.endswith("round") else rounds.answer(method, path, body)

    rounds.hub.rounds = earlier
    with pytest.raises(ConfigError, match="same version of hinomi"):
        corroborate(member.home())
    assert rounds.taken == {}


@pytest.mark.parametrize(
    ("changed", "more", "at_least"),
    [({"203.0.113.32": 7}, 0, 1), ({"203.0.113.31": 6}, 0, 0), ({"203.0.113.30": 5}, 1, 2)],
)
def test_one_more_line_changes_no_finding_that_goes_in_uncounted(
    member: Household, rounds: StandInRounds, changed: dict[str, int], more: int, at_least: int
) -> None:
    """Unless a finding has exactly enough by it, and these are counted in the journal."""
    counted(member, {**MANY, **changed})
    done = corroborate(member.home())

    (kept,) = all_brought(member.home(), read_joined(member.home()))
    assert (len(kept.elements), len(rounds.taken)) == (6 + more, 1)
    assert set(packed(COMMON)) <= set(kept.elements)
    assert done.counts == Counts(brought=6 + more, at_least=at_least, left_out=0)
    begins = entries(member)[0]
    assert (begins["brought"], begins["at_lines_least"], begins["left_out"]) == (
        6 + more, at_least, 0,
    )  # fmt: skip


def test_a_file_is_held_to_the_same(
    member: Household, rounds: StandInRounds, tmp_path: Path
) -> None:
    """What a file says and nobody corroborated stays."""
    path = tmp_path / "findings.csv"
    path.write_text("address,protocol,port\n203.0.113.99,tcp,443\n", "utf-8")

    planned = plan_file(only(member), path)
    assert (planned.body, planned.alone) == (None, 1)


def test_what_it_takes_to_take_part(many: Household, hub: StandIn, tmp_path: Path) -> None:
    """The members' key, a hub that makes rounds, and no laboratory."""
    with pytest.raises(NotFound, match="members' key"):
        corroborate(many.home())
    give_key(many.home(), tmp_path, KEY)
    with pytest.raises(NotFound, match="nothing stands here"):
        corroborate(many.home())
    with pytest.raises(NotPermitted):
        corroborate(open_home(make_home(tmp_path / "lab")))
    assert (many.folder / MEMBERS_KEY).exists()
    assert hub.batches == {}
