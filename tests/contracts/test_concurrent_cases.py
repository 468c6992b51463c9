"""Many processes decide at once: no acknowledged word is lost, no refused one left, everywhere."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from casebooks import Place, PostgresqlPlace, SqlitePlace
from casebooks import opened as open_book
from casesteps import opened, said, service, stepping, verdict
from hinomi.errors import Conflict, Unavailable
from hinomi.model.address import Address
from hinomi.model.case import Case, Step
from hinomi.model.listed import ListEntry, ListKind
from hinomi.store import database as subject
from hinomi.store.casebook import CaseBook
from hinomi.store.caseschema import CASES, EVENTS
from processes import Acknowledged, at_once

PEOPLE: Final = 8
ROUNDS: Final = 25
MANY: Final = 5
"""Cases of which everybody takes one after the other."""


def decide(place: Place, numbers: Sequence[int], person: int) -> Acknowledged:
    """Decide on each case in turn, as it is read just before; who is refused goes on."""
    done = []
    with open_book(place) as book:
        for turn in range(ROUNDS):
            case = book.cases.get(numbers[(turn + person) % len(numbers)])
            words = f"{person}: {turn}"
            given = verdict(case, f"person-{person}", reason=words)
            change = stepping(case, Step.WEIGH, f"person-{person}", verdict=given)
            try:
                book.cases.change(change)
            except (Conflict, Unavailable):
                continue
            done.append(words)
    return done


def require_all_kept(book: CaseBook, numbers: Sequence[int], acknowledged: Acknowledged) -> None:
    """Compare what is kept of cases with what was acknowledged, event by event."""
    kept: list[str] = []
    for number in numbers:
        case, history = book.cases.get(number), book.cases.history(number)
        verdicts = book.cases.verdicts(number)
        kept += [each.reason for each in verdicts]
        assert [each.version for each in history] == [*range(1, case.version + 1)]
        assert Counter(each.by for each in history[1:]) == Counter(each.by for each in verdicts)
    assert sorted(kept) == sorted(acknowledged)
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("count", [1, MANY])
def test_nobody_loses_a_decision(place: Place, count: int) -> None:
    """On one case, where nearly all are refused at times, and on several."""
    with open_book(place) as book:
        numbers = [opened(book, service(port=port)).id for port in range(1, count + 1)]

    told = at_once(partial(decide, place, numbers), PEOPLE)

    with open_book(place) as book:
        require_all_kept(book, numbers, [*chain(*told)])
    assert any(told)


def test_everybody_gets_through_in_the_end(place: Place) -> None:
    """Who is refused looks again and decides anew: 8 x 25 words, each once, in 200 versions."""
    with open_book(place) as book:
        case = opened(book)

    told = at_once(partial(insist, place, case.id), PEOPLE)

    with open_book(place) as book:
        require_all_kept(book, [case.id], [*chain(*told)])
        assert book.cases.get(case.id).version == 1 + PEOPLE * ROUNDS


def insist(place: Place, number: int, person: int) -> Acknowledged:
    """Decide on one case until all one's words are said."""
    done: Acknowledged = []
    with open_book(place) as book:
        while len(done) < ROUNDS:
            words = f"{person}: {len(done)}"
            case = book.cases.get(number)
            given = verdict(case, f"person-{person}", reason=words)
            try:
                book.cases.change(stepping(case, Step.WEIGH, f"person-{person}", verdict=given))
            except (Conflict, Unavailable):
                continue
            done.append(words)
    return done


def test_one_of_many_opens_a_case(place: Place) -> None:
    """The others are told that it is there; what they bring as evidence counts once."""
    with open_book(place) as book:
        assert book.cases.page() == ()

    told = at_once(partial(find, place), PEOPLE)

    with open_book(place) as book:
        case = book.cases.find(service())
        assert case is not None
        assert [len(book.cases.history(each.id)) for each in book.cases.page()] == [1]
        assert len(book.evidence.of(service())) == ROUNDS
    words = [*chain(*told)]
    assert words.count("opened") == 1
    assert sum(int(each) for each in words if each != "opened") == ROUNDS


def find(place: Place, person: int) -> Acknowledged:
    """Bring what all bring, in an order of one's own, and open the case."""
    rows = [said(reference=f"{each}") for each in range(ROUNDS)]
    with open_book(place) as book:
        new = book.evidence.add(rows[person:] + rows[:person], person)
        try:
            opened(book)
        except Conflict:
            return [f"{new}"]
    return [f"{new}", "opened"]


def test_answers_to_a_case_do_not_mix(place: Place) -> None:
    """Whoever answers last, all of their answer is there, and nothing of the others'."""
    with open_book(place) as book:
        case = opened(book)

    at_once(partial(answer, place, case), PEOPLE)

    with open_book(place) as book:
        found = book.evidence.outcomes()
    (person,) = {name.split("-")[0] for name in found}
    assert set(found) == {f"{person}-{each}" for each in range(3)}


def answer(place: Place, case: Case, person: int) -> Acknowledged:
    """Answer the same case several times, each time with sources of one's own."""
    told = {f"person{person}-{each}": (said().method, True) for each in range(3)}
    with open_book(place) as book:
        for turn in range(5):
            book.evidence.put_outcomes(case, told, turn)
    return []


def test_a_list_is_whole_whoever_brought_it_last(place: Place) -> None:
    """Everybody replaces it again and again: it is one of theirs, and no snapshot is skipped."""
    told = at_once(partial(bring, place), PEOPLE)

    with open_book(place) as book:
        (list_,) = book.lists.show(ListKind.KNOWN_CC)
        ports = [each.entry.port for each in book.lists.entries(ListKind.KNOWN_CC)]
    assert ports in [[10 * person + each for each in range(5)] for person in range(PEOPLE)]
    assert sorted(int(each) for each in chain(*told)) == [*range(1, list_.number + 1)]


def bring(place: Place, person: int) -> Acknowledged:
    """Replace one list several times, and give the numbers of the snapshots."""
    base, done = service().address, []
    entries = [ListEntry(base=base, port=10 * person + each) for each in range(5)]
    with open_book(place) as book:
        for turn in range(5):
            try:
                replaced = book.lists.replace(
                    ListKind.KNOWN_CC, "feed", entries, sha256=f"{person}.{turn}", added_ms=turn
                )
            except (Conflict, Unavailable):
                continue
            done.append(f"{replaced.number}")
    return done


def test_a_key_period_changes_between_decisions(place: Place) -> None:
    """Whoever decides meanwhile: the case has its new name, and every word."""
    with open_book(place) as book:
        numbers = [opened(book, service(port=port, own=True)).id for port in (1, 2)]

    told = at_once(partial(decide_or_rename, place, numbers), PEOPLE)

    with open_book(place) as book:
        require_all_kept(book, numbers, [*chain(*told)])
        renamed = {book.cases.get(each).service.address for each in numbers}
    assert renamed == {Address(1, 2)}


def decide_or_rename(place: Place, numbers: Sequence[int], person: int) -> Acknowledged:
    """Decide; the first one gives every own row another name instead."""
    if person:
        return decide(place, numbers, person)
    with open_book(place) as book:
        book.own_rows.retokenise("period-0002", lambda _: Address(1, 2))
    return []


def test_reviewers_of_different_cases_do_not_wait(
    shared_place: PostgresqlPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL: while one decision is not done, others are taken and evidence comes in."""
    monkeypatch.setattr(subject, "BUSY_MS", 2_000)
    with open_book(shared_place) as book:
        one, other = opened(book), opened(book, service(port=80))
        with closing(shared_place.open()) as slow, slow.write(shared=True) as held:
            held.execute(sa.update(CASES).filter_by(id=one.id).values(version=2))
            held.execute(sa.select(EVENTS)).all()

            book.cases.change(stepping(other, Step.TAKE))
            book.evidence.add([said()], 1)
            opened(book, service(port=81))
            book.lists.replace(ListKind.KNOWN_CC, "feed", [], sha256="a", added_ms=1)
            assert book.cases.get(one.id) == one, "readers see what was, at once"
            with pytest.raises(Unavailable, match="lock"):
                book.cases.change(stepping(one, Step.TAKE))

        with pytest.raises(Conflict):
            book.cases.change(stepping(one, Step.TAKE))


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    """On SQLite, too: pages, counts and whole cases come while another writes."""
    place = SqlitePlace(tmp_path / "book" / "casebook.sqlite")
    with open_book(place) as book:
        case = opened(book)
        with closing(place.open()) as slow, slow.write() as held:
            held.execute(sa.update(CASES).values(version=9))

            assert book.cases.page() == (case,)
            assert book.cases.get(case.id) == case
            assert sum(book.cases.count().values()) == 1
