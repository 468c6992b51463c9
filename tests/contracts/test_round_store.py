"""What a hub keeps of private corroboration, on every database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from casebooks import Place, opened
from hinomi.errors import Conflict, NotPermitted
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS
from hinomi.model.member import MemberState
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.rounds import Answered, Dealt, Tables
from hubs import Node

EPOCH = 20_000
NUMBERS = {"isp-a": 7, "isp-b": 63}


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book with two members and one round."""
    with opened(place) as found:
        for name in NUMBERS:
            found.hub.members.add(Node(name).member())
        found.hub.rounds.deal(dealt())
        yield found


def dealt(epoch: int = EPOCH, threshold: int = 3) -> Dealt:
    """Describe a round."""
    return Dealt(epoch=epoch, threshold=threshold, capacity=100, numbers=NUMBERS)


def tables(
    member: str = "isp-a", epoch: int = EPOCH, digest: str = "d", point: int | None = None
) -> Tables:
    """Describe what a member sent."""
    return Tables(
        epoch=epoch,
        member=member,
        digest=digest,
        note="a note\n",
        point=2**61 - 2 - NUMBERS[member] if point is None else point,
        body=bytes(range(256)),
        entry=9,
    )


def test_a_round_is_agreed_on_once(book: CaseBook) -> None:
    """Whoever asks later is told the same, whatever the register says by then."""
    assert book.hub.rounds.deal(dealt(threshold=6)) == dealt()
    assert book.hub.rounds.find(EPOCH) == dealt()
    assert book.hub.rounds.find(EPOCH + 1) is None


def test_nothing_is_taken_once_the_list_is_begun(book: CaseBook) -> None:
    """Neither a new round nor tables; what is known already stays so."""
    assert book.hub.rounds.add(tables())
    book.hub.snapshots.seal(EPOCH + 1)

    assert not book.hub.rounds.add(tables())
    with pytest.raises(Conflict, match="being made"):
        book.hub.rounds.add(tables("isp-b"))
    with pytest.raises(Conflict, match="being made"):
        book.hub.rounds.deal(dealt(EPOCH - 1))


def test_other_tables_of_one_member_are_refused(book: CaseBook) -> None:
    """A member has one voice in a round."""
    book.hub.rounds.add(tables())

    with pytest.raises(Conflict, match="send those again"):
        book.hub.rounds.add(tables(digest="e"))


@pytest.mark.parametrize("change", [{"state": MemberState.SUSPENDED}, {"signing_key": "another"}])
def test_who_was_changed_meanwhile_is_not_heard(book: CaseBook, change: dict[str, Any]) -> None:
    """Suspended, or with another key, since it was let in."""
    before = book.hub.members.get("isp-a")
    book.hub.members.put(replace(before, **change))

    with pytest.raises(NotPermitted, match="isp-a"):
        book.hub.rounds.add(tables(), before)
    assert book.hub.rounds.take_out(EPOCH) == ()


def test_no_two_tables_of_a_round_have_one_point(book: CaseBook) -> None:
    """The second is refused, whoever sends it; in another round a point is free again."""
    book.hub.rounds.deal(dealt(EPOCH + 1))
    assert book.hub.rounds.add(tables("isp-a", point=5))

    with pytest.raises(Conflict, match="the same point"):
        book.hub.rounds.add(tables("isp-b", point=5))
    assert not book.hub.rounds.add(tables("isp-a", point=5))
    assert book.hub.rounds.add(tables("isp-b", EPOCH + 1, point=5))
    assert book.hub.rounds.digest_of(EPOCH, "isp-b") is None


def test_tables_are_taken_out_once(book: CaseBook) -> None:
    """By member, however they came; and none is left."""
    book.hub.rounds.add(tables("isp-b"))
    book.hub.rounds.add(tables("isp-a"))

    assert book.hub.rounds.epochs_with_tables() == (EPOCH,)
    assert book.hub.rounds.take_out(EPOCH) == (tables("isp-a"), tables("isp-b"))
    assert book.hub.rounds.epochs_with_tables() == ()
    assert book.hub.rounds.take_out(EPOCH) == ()
    assert book.hub.rounds.digest_of(EPOCH, "isp-a") is None


def test_an_answer_is_one_members(book: CaseBook) -> None:
    """Of one round, and it says which tables it answers."""
    answered = Answered(epoch=EPOCH, member="isp-a", digest="d", body=b"\x00\xff")
    book.hub.rounds.put_answer(answered)

    assert book.hub.rounds.answer(EPOCH, "isp-a") == b"\x00\xff"
    assert book.hub.rounds.answer(EPOCH, "isp-b") is None
    assert book.hub.rounds.answer(EPOCH + 1, "isp-a") is None
    assert book.hub.rounds.digest_of(EPOCH, "isp-a") == "d"


def test_old_answers_go_with_their_round(book: CaseBook) -> None:
    """And newer ones stay."""
    book.hub.rounds.deal(dealt(EPOCH + 1))
    for epoch in (EPOCH, EPOCH + 1):
        book.hub.rounds.put_answer(Answered(epoch=epoch, member="isp-a", digest="d", body=b"x"))

    # An answer and what was agreed on.
    assert book.hub.forgetting.forget(DataClass.ROUNDS, (EPOCH + 1) * DAY_MS, 1) == 2
    assert book.hub.rounds.find(EPOCH) is None
    assert book.hub.rounds.answer(EPOCH + 1, "isp-a") == b"x"


def test_all_of_a_round_falls_due(book: CaseBook) -> None:
    """With its epoch, tables that nobody took out as well."""
    book.hub.rounds.add(tables())
    book.hub.rounds.put_answer(Answered(epoch=EPOCH, member="isp-b", digest="d", body=b"x"))
    before_ms = (EPOCH + 1) * DAY_MS

    assert book.hub.forgetting.forget(DataClass.ROUNDS, EPOCH * DAY_MS, 1) == 0
    assert book.hub.forgetting.forget(DataClass.ROUNDS, before_ms, 1) == 3
    assert book.hub.rounds.find(EPOCH) is None
