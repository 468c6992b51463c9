"""``hinomi listings key`` and ``corroborate`` from a terminal; the whole way: tests/stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docket import At
from hinomi.services.membership import asking
from hinomi.share.private.membersfile import render_members_key
from household import Household
from roundhubs import KEY, StandInRounds
from standin import StandIn, answering, authority, epoch_at
from terminal import hinomi, make_home


@pytest.fixture(name="node")
def a_node(tmp_path: Path) -> Path:
    """Give a provider's home."""
    return make_home(tmp_path / "node", sampling=10_000)


def test_a_key_is_made_and_taken(node: Path, tmp_path: Path) -> None:
    """With the number that people compare, and without the key."""
    key = tmp_path / "members.key"
    made = hinomi("listings", "key", "make", "--out", key, home=node)
    taken = hinomi("listings", "key", "take", key, home=node)

    assert (made.code, taken.code) == (0, 0)
    assert made.out.splitlines()[1] == taken.out.splitlines()[1]
    assert "the same must stand at every member" in made.out
    told = hinomi("listings", "key", "take", key, "--json", home=node).document
    assert (len(told["check"]), told["replaced"]) == (24, False)


def test_another_key_needs_a_word(node: Path, tmp_path: Path) -> None:
    """Exit 75 without it."""
    for name in ("one", "other"):
        hinomi("listings", "key", "make", "--out", tmp_path / name, home=node)
    hinomi("listings", "key", "take", tmp_path / "one", home=node)

    assert hinomi("listings", "key", "take", tmp_path / "other", home=node).code == 75
    assert hinomi("listings", "key", "take", tmp_path / "other", "--replace", home=node).code == 0
    assert hinomi("listings", "key", "make", "--out", tmp_path / "one", home=node).code == 75


def test_a_home_without_hub_takes_part_in_nothing(node: Path, tmp_path: Path) -> None:
    """Exit 66; a laboratory 77, at each of the commands."""
    said = hinomi("listings", "corroborate", home=node)
    assert (said.code, said.err.count("\n")) == (66, 1)
    laboratory = make_home(tmp_path / "lab")
    for words in (
        ("corroborate",),
        ("key", "take", tmp_path / "k"),
        ("key", "make", "--out", tmp_path / "k"),
    ):
        said = hinomi("listings", *words, home=laboratory)
        assert (said.code, said.out, said.err.count("\n")) == (77, "", 1)


@pytest.fixture(name="rounds")
def a_hub_that_makes_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StandInRounds]:
    """Give a hub that answers, with two members that name nothing."""
    monkeypatch.setattr(asking, "WAITS_S", ())
    folder = tmp_path / "hub"
    folder.mkdir()
    with answering(StandIn(authority()), folder) as hub:
        rounds = StandInRounds(hub, ())
        hub.rounds = rounds.answer
        yield rounds


@pytest.fixture(name="house")
def a_member(at: At, rounds: StandInRounds, tmp_path: Path) -> Household:
    """Give a home without cases that has joined the hub and has the members' key."""
    house = at(None)
    rounds.hub.let_in(house.home(), tmp_path)
    rounds.hub.spoken_of = epoch_at(house.home()) - 1
    key = tmp_path / "members.key"
    key.write_bytes(render_members_key(KEY))
    house.let("oda")
    assert hinomi("listings", "key", "take", key, home=house.folder).code == 0
    return house


def test_taking_part_says_what_it_did(house: Household, rounds: StandInRounds) -> None:
    """Tables first, then the answer, then that nothing is left to do; `status` tells of it."""
    run = ("listings", "corroborate")
    first = hinomi(*run, home=house.folder)
    again = hinomi(*run, "--json", home=house.folder).document
    rounds.is_over = True
    last = hinomi(*run, home=house.folder)
    status = hinomi("listings", "status", home=house.folder)

    assert first.code == 0, first.err
    assert "0 findings went in; the hub has the tables." in first.out
    assert again == again | {"brought": 0, "was_sent": True, "opened": None, "lost": []}
    assert (again["at_lines_least"], again["left_out"], again["unread"]) == (0, 0, [])
    assert "Of 0 findings 3 members or more have 0." in last.out
    assert "corroborated: 0 of the 0 findings of" in status.out


def test_a_round_that_is_over_is_no_failure(house: Household, rounds: StandInRounds) -> None:
    """Exit 0, and nothing sent; what comes to nothing is told on standard error."""
    run = ("listings", "corroborate")
    rounds.is_over = True
    said = hinomi(*run, home=house.folder)
    assert (said.code, rounds.taken) == (0, {})
    assert "is over; this home is not in it" in said.out

    rounds.is_over = False
    rounds.hub.rounds = lambda method, path, body: (
        (409, b'{"error":"too late"}') if method == "PUT" else rounds.answer(method, path, body)
    )
    lost = hinomi(*run, "--json", home=house.folder)
    assert "comes to nothing here" in lost.err
    assert len(lost.document["lost"]) == 1


def test_an_answer_that_cannot_be_read_is_told_of(house: Household, rounds: StandInRounds) -> None:
    """On standard error and in the document; exit 0, since it is asked for again."""
    run = ("listings", "corroborate", "--json")
    hinomi(*run, home=house.folder)
    rounds.is_over = True
    rounds.hub.rounds = lambda method, path, body: (
        (410, b"{}") if path.endswith("answer") else rounds.answer(method, path, body)
    )

    said = hinomi(*run, home=house.folder)
    assert (said.code, len(said.document["unread"])) == (0, 1)
    assert "cannot be read now" in said.err


def test_who_may_take_part_and_hold_the_key(house: Household) -> None:
    """An auditor may do neither; an analyst takes part and has no key to give."""
    house.let("aude")
    assert hinomi("listings", "corroborate", home=house.folder).code == 77
    house.let("anna")
    assert hinomi("listings", "corroborate", home=house.folder).code == 0
    words = ("listings", "key", "make", "--out", house.folder.parent / "other.key")
    assert hinomi(*words, home=house.folder).code == 77
