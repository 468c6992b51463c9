"""A home brings its findings into each round, and opens what the hub answers."""

import json
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
from hinomi.govern.note import BadNote
from hinomi.model.service import Service
from hinomi.services.home import Home, open_home
from hinomi.services.membership.corroborating import corroborate
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.memberskey import MEMBERS_KEY, take_key
from hinomi.services.membership.overview import overview
from hinomi.services.membership.rounds import all_brought, read_opened
from hinomi.services.membership.submitting import plan_submission, submit
from hinomi.services.membership.uploading import plan_file
from hinomi.services.retention import unknown_files
from hinomi.share.private.elements import pack
from hinomi.share.private.membersfile import render_members_key
from household import DAY_MS, Household
from listedmany import MANY, counted
from roundhubs import CAPACITY, KEY, StandInRounds, with_values
from standin import StandIn
from terminal import make_home

ENOUGH = sorted({SERVER, *(each for each, lines in MANY.items() if lines >= 5)})
"""What five lines or more met: six servers."""
COMMON = tuple(read_endpoint(each, "tcp", 443) for each in ENOUGH[:5])
"""What the two others have as well."""


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


def told(**changed: object) -> bytes:
    """Describe a round as the hub does, but for what is *changed*."""
    usual: dict[str, object] = {
        "format": "hinomi-round-2", "hub": LIST_KEY, "epoch": "2027-01-15", "threshold": 3, "capacity": CAPACITY,
        "number": 1,
    }  # fmt: skip
    return json.dumps(usual | changed).encode()


def stages(house: Household) -> list[object]:
    """Give what the journal says of rounds."""
    return [each["stage"] for each in bodies(house) if each["operation"] == "listings corroborate"]


def test_what_others_have_too_is_opened_and_goes(
    member: Household, hub: StandIn, rounds: StandInRounds
) -> None:
    """Of six findings that enough lines met, the five that three members have; no other one."""
    first = corroborate(member.home())
    assert (first.opened, first.brought, first.was_sent, first.lost) == (None, 6, False, ())
    rounds.is_over = True
    second = corroborate(member.home())
    assert second.opened is not None
    assert second.opened.servers == set(COMMON)
    assert (second.opened.brought, second.opened.unproven) == (6, 0)
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
    assert (done.brought, done.was_sent, done.opened, rounds.taken) == (None, False, None, {})


def test_tables_that_come_too_late_are_let_go(member: Household, rounds: StandInRounds) -> None:
    """They were made in time, and the hub was away."""
    rounds.hub.refuse = lambda path: (503, b"{}") if path.endswith("tables") else None
    with pytest.raises(Unavailable):
        corroborate(member.home())
    rounds.hub.refuse = lambda _path: None
    rounds.is_over = True

    done = corroborate(member.home())
    assert done.brought is None
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
    assert (again.brought, again.lost, len(seen)) == (None, (), 1)
    (kept,) = all_brought(member.home(), read_joined(member.home()))
    assert (kept.is_lost, kept.seed, kept.elements) == (True, b"", ())

    hub.rounds = rounds.answer
    member.later(DAY_MS)
    hub.spoken_of += 1
    counted(member)
    assert corroborate(member.home()).brought == 6


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
    assert corroborate(member.home()).brought is None
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


def test_an_answer_of_junk_opens_nothing(member: Household, rounds: StandInRounds) -> None:
    """It is let go, and the journal says so."""
    corroborate(member.home())
    rounds.hub.rounds = lambda _method, path, _body: (
        (200, b"junk") if path.endswith("answer") else (409, b"{}")
    )

    assert len(corroborate(member.home()).lost) == 1
    assert stages(member)[-1] == "lost"


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
