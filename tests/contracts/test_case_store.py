"""Cases, their history and what was let out of them, on every database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebooks import Place
from casebooks import opened as open_book
from casesteps import (
    NOW_MS,
    listing,
    opened,
    opening,
    service,
    stepping,
    verdict,
    walked,
)
from hinomi.errors import Conflict, NotFound
from hinomi.model.address import Address
from hinomi.model.case import TRANSITIONS, Case, CaseState, Finding, Step
from hinomi.model.listing import Listing
from hinomi.model.service import Service
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Note

HALVES = st.integers(-(2**63), 2**63 - 1)
TO_LISTED = (Step.TAKE, Step.CORROBORATE, Step.CLEAR, Step.LIST)
NUMBERS = iter(range(1, 1_000_000))


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with open_book(place) as found:
        yield found


def left(book: CaseBook, case: Case) -> tuple[tuple[object, ...], ...]:
    """Read all that is kept of a case and may not change but grow."""
    store = book.cases
    return (store.history(case.id), store.verdicts(case.id), store.notes(case.id))


def test_a_case_comes_back_as_it_was_opened(book: CaseBook) -> None:
    """By its number and by its service; the number is given by the book."""
    case = opened(book, holds=("cdn", "mail"), is_urgent=True)

    assert case.id >= 1
    assert book.cases.get(case.id) == book.cases.find(case.service) == case
    assert [each.step for each in book.cases.history(case.id)] == [Step.OPEN]


def test_an_event_comes_back_whole(book: CaseBook) -> None:
    """With its reasons in both languages, its journal entry and the version of the register."""
    made = opening()
    case = book.cases.open(made)

    assert book.cases.history(case.id) == (made.event,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(hi=HALVES, lo=HALVES, port=st.integers(0, 65_535), own=st.booleans())
def test_every_address_is_kept_exactly(
    book: CaseBook, hi: int, lo: int, port: int, *, own: bool
) -> None:
    """Both halves have a sign; plain and own services of the same bits are two."""
    wanted = Service(Address(hi, lo), 17, port, own=own)
    found = book.cases.find(wanted) or opened(book, wanted)

    assert book.cases.get(found.id).service == wanted
    assert book.cases.find(replace(wanted, own=not own)) != found


def test_what_is_unknown_is_not_found(book: CaseBook) -> None:
    """Whatever is asked of it; nothing is left behind."""
    case = opened(book)
    nobody = replace(case, id=case.id + 1)

    for ask in (
        lambda: book.cases.get(nobody.id),
        lambda: book.cases.change(stepping(nobody, Step.TAKE)),
        lambda: book.cases.add_note(nobody.id, Note(by="ana", at_ms=1, words="?")),
        lambda: book.listings.of(nobody),
    ):
        with pytest.raises(NotFound):
            ask()
    assert book.cases.find(service(port=1)) is None
    assert left(book, nobody) == ((), (), ())


def test_a_service_has_one_case(book: CaseBook) -> None:
    """Also of two who open at once: the second is told, and the first case stands alone."""
    case = opened(book)

    with pytest.raises(Conflict, match="has a case already"):
        opened(book)

    assert book.cases.count() == {CaseState.CANDIDATE: 1}
    assert len(book.cases.history(case.id)) == 1


def test_who_decides_on_an_old_version_is_told(book: CaseBook) -> None:
    """Nothing of the second change is left: no event, no verdict, no listing."""
    seen = walked(book, opened(book), *TO_LISTED[:-1])
    first = book.cases.change(stepping(seen, Step.LIST, "ana", listing=listing(seen, 3000)))
    before = left(book, first)

    late = stepping(seen, Step.LIST, "ben", listing=listing(seen, 9000), verdict=verdict(seen))
    with pytest.raises(Conflict, match="has changed since"):
        book.cases.change(late)

    assert left(book, first) == before
    assert book.cases.get(first.id) == first
    assert book.listings.of(first).valid_until == 3000


def test_several_changes_are_made_together_or_not_at_all(book: CaseBook) -> None:
    """A verdict on a candidate takes it first: who loses has not taken it either."""
    case = opened(book)
    taken = stepping(case, Step.TAKE, "ana")
    both = (taken, stepping(taken.after, Step.CORROBORATE, "ana", verdict=verdict(case)))

    with pytest.raises(Conflict):
        book.cases.change(taken, stepping(case, Step.REJECT, "ana"))
    assert book.cases.get(case.id) == case
    assert len(book.cases.history(case.id)) == 1

    assert book.cases.change(*both) == book.cases.get(case.id) == both[1].after
    assert [each.version for each in book.cases.history(case.id)] == [1, 2, 3]


def test_changes_of_many_cases_leave_alone_what_others_changed(book: CaseBook) -> None:
    """Who was faster keeps their word; the rest is changed, by number, and the count is told."""
    cases = [opened(book, service(port=port)) for port in (1, 2, 3)]
    changes = [stepping(each, Step.EXPIRE) for each in reversed(cases)]
    other = book.cases.change(stepping(cases[1], Step.TAKE, "ana"))
    nobody = stepping(replace(cases[0], id=cases[-1].id + 1), Step.EXPIRE)

    done = book.cases.change_each([*changes, nobody])

    assert [each.after.id for each in done] == [cases[0].id, cases[2].id]
    assert book.cases.get(other.id) == other
    assert [each.step for each in book.cases.history(other.id)] == [Step.OPEN, Step.TAKE]
    assert book.cases.count() == {CaseState.EXPIRED: 2, CaseState.UNDER_REVIEW: 1}
    assert book.cases.change_each([]) == ()


def test_several_cases_are_read_together(book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number, each once, however many statements that takes; an unknown one is not found."""
    monkeypatch.setattr("hinomi.store.cases.MOST_SHOWN", 2)
    cases = tuple(opened(book, service(port=port)) for port in range(1, 6))
    numbers = [each.id for each in cases]

    assert book.cases.get_each([*reversed(numbers), numbers[0]]) == cases
    assert book.cases.get_each([]) == ()
    with pytest.raises(NotFound, match=f"the number {numbers[-1] + 1};"):
        book.cases.get_each([numbers[0], numbers[-1] + 1])


def test_a_change_leaves_the_service_alone(book: CaseBook) -> None:
    """Somebody who read it before its pseudonym changed does not write the old one back."""
    case = opened(book, service(own=True))
    renamed = Address(1, 2)
    book.own_rows.retokenise("period-0002", lambda _: renamed)

    book.cases.change(stepping(case, Step.TAKE))

    assert book.cases.get(case.id).service.address == renamed


def test_verdicts_and_notes_stand_beside_each_other(book: CaseBook) -> None:
    """Nobody's word takes the place of another's, nor of their own before."""
    case = walked(book, opened(book), Step.TAKE)
    words = ["はじめ", "", "'; DROP TABLE cases; --", "\N{FIRE}" * 5_000, "はじめ"]
    for number, each in enumerate(words):
        book.cases.add_note(case.id, Note(by="ben", at_ms=NOW_MS + number, words=each))
    given_ = [
        verdict(case),
        verdict(case, finding=Finding.NOT_CC, lifted=("cdn", "mail")),
        verdict(case),
    ]
    for said in given_:
        case = book.cases.change(stepping(case, Step.WEIGH, verdict=said))

    assert [each.words for each in book.cases.notes(case.id)] == words
    assert list(book.cases.verdicts(case.id)) == given_
    assert case.version == 2 + len(given_), "a note is no change"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_history_is_the_way_that_was_taken(book: CaseBook, data: st.DataObject) -> None:
    """Whatever steps a case takes: each is there, in order, and nothing before it changes."""
    case = opened(book, service(port=next(NUMBERS)))
    way, before = [Step.OPEN], left(book, case)
    for _ in range(data.draw(st.integers(0, 12))):
        steps = [each.step for each in TRANSITIONS if each.before is case.state]
        step = data.draw(st.sampled_from(steps))
        is_out = step in {Step.LIST, Step.RENEW}
        change = stepping(case, step)
        if data.draw(st.booleans()):
            change = replace(change, verdict=verdict(case))
        if is_out:
            change = replace(change, listing=listing(case))
        case = book.cases.change(change)
        way.append(step)
        now = left(book, case)
        assert all(new[: len(old)] == old for old, new in zip(before, now, strict=True))
        before = now

    history = book.cases.history(case.id)
    allowed = {(each.before, each.step, each.after) for each in TRANSITIONS}
    assert book.cases.get(case.id) == case
    assert [each.step for each in history] == way
    assert [each.version for each in history] == [*range(1, case.version + 1)]
    assert all((each.before, each.step, each.after) in allowed for each in history)
    assert [each.after for each in history[:-1]] == [each.before for each in history[1:]]
    assert case.episode == 1 + way.count(Step.RETURN)


def test_a_page_begins_with_what_is_urgent(book: CaseBook) -> None:
    """Then what is most probable, then what is newest; pages neither overlap nor skip."""
    given_ = [(0.1, False), (0.9, False), (0.2, True), (0.9, False), (0.8, True), (0.9, False)]
    cases = [
        opened(book, service(port=port), posterior=posterior, is_urgent=urgent)
        for port, (posterior, urgent) in enumerate(given_, start=1)
    ]
    order = [cases[place].id for place in (4, 2, 5, 3, 1, 0)]

    assert [each.id for each in book.cases.page()] == order
    parts = [book.cases.page(most=2, skip=skip) for skip in (0, 2, 4, 6)]
    assert [[each.id for each in part] for part in parts] == [order[:2], order[2:4], order[4:], []]
    assert [each.id for each in book.cases.page(only_urgent=True)] == order[:2]


def test_a_page_and_a_count_are_of_states(book: CaseBook) -> None:
    """Of one, or of several; states that no case is in are left out."""
    cases = [opened(book, service(port=port)) for port in range(1, 6)]
    walked(book, cases[0], Step.REJECT)
    walked(book, cases[1], Step.TAKE)
    walked(book, cases[2], *TO_LISTED)
    closed, looked_at, out = CaseState.REJECTED, CaseState.UNDER_REVIEW, CaseState.LISTED

    def numbers(*states: CaseState) -> list[int]:
        return sorted(each.id for each in book.cases.page(states))

    assert numbers(out) == [cases[2].id]
    assert numbers(closed, looked_at) == [cases[0].id, cases[1].id]
    assert [each.id for each in book.cases.in_states([looked_at, out])] == [
        cases[1].id,
        cases[2].id,
    ]
    assert book.cases.in_states([CaseState.EXPIRED]) == ()
    assert book.cases.count() == {CaseState.CANDIDATE: 2, closed: 1, looked_at: 1, out: 1}


def test_a_listing_goes_out_with_its_case_and_ends_with_it(book: CaseBook) -> None:
    """As what was known when it went out; renewing moves its end and makes no second one."""
    case = walked(book, opened(book), *TO_LISTED[:-1])
    change = stepping(case, Step.LIST, listing=listing(case, 10))
    case = book.cases.change(replace(change, was_contacted=True, since_epoch=4))
    case = book.cases.change(stepping(case, Step.RENEW, listing=listing(case, 20)))

    (out,) = book.listings.all()
    assert (out.listing, out.since_epoch, out.was_contacted) == (listing(case, 20), 4, True)
    assert (out.case_id, out.episode, out.ended_ms) == (case.id, 1, None)
    assert book.listings.standing(20) == (out.listing,)
    assert book.listings.standing(21) == (), "a lease that nobody renewed is over"

    case = walked(book, case, Step.WITHDRAW)
    assert book.listings.standing(20) == ()
    assert book.listings.all() == (replace(out, ended_ms=case.changed_ms),)


def test_a_new_episode_has_a_listing_of_its_own(book: CaseBook) -> None:
    """The one before stays as it ended."""
    case = walked(book, opened(book), *TO_LISTED, Step.EXPIRE, Step.RETURN)
    with pytest.raises(NotFound, match="no listing"):
        book.listings.of(case)
    case = walked(book, case, *TO_LISTED)

    first, second = book.listings.all()
    assert (first.episode, second.episode) == (1, 2)
    assert first.ended_ms is not None
    assert book.listings.standing(3000) == (second.listing,)


def test_what_was_listed_lately_is_known_by_its_service(book: CaseBook) -> None:
    """It stands, or ended no longer ago than is asked; another port or network is another one."""
    case = opened(book)
    assert not book.listings.was_listed(case.service, 0)
    case = walked(book, case, *TO_LISTED)

    assert book.listings.was_listed(case.service, case.changed_ms + 10**12)
    others = (replace(case.service, port=444), replace(case.service, own=True))
    assert not any(book.listings.was_listed(each, 0) for each in others)

    case = walked(book, case, Step.WITHDRAW)
    assert book.listings.was_listed(case.service, case.changed_ms)
    assert not book.listings.was_listed(case.service, case.changed_ms + 1)


def test_the_order_of_listings_tells_nothing(book: CaseBook) -> None:
    """By address, protocol and port, whichever was listed first."""
    ports = (9, 3, 7)
    for port in ports:
        walked(book, opened(book, service(port=port)), *TO_LISTED)

    assert [each.port for each in book.listings.standing(0)] == sorted(ports)


def test_a_listing_has_no_place_for_anything_else(book: CaseBook, place: Place) -> None:
    """Neither in what is given out nor in the table: no time of a communication, no client."""
    walked(book, opened(book), *TO_LISTED)
    engine = place.engine()
    columns = {each["name"] for each in sa.inspect(engine).get_columns("listings")}
    engine.dispose()

    assert columns == {
        *("id", "case_id", "episode", "hi", "lo", "proto", "port", "service_class"),
        *("since_epoch", "valid_until", "was_contacted", "ended_ms"),
    }
    (out,) = book.listings.standing(0)
    assert set(Listing.__slots__) == {"address", "proto", "port", "service_class", "valid_until"}
    with pytest.raises((AttributeError, TypeError)):
        out.since = NOW_MS  # type: ignore[attr-defined]  # There is none.


def test_what_was_written_is_there_for_others(book: CaseBook, place: Place) -> None:
    """Another session reads the same, and who changes there is not overwritten here."""
    case = opened(book)
    with open_book(place) as other:
        assert other.cases.get(case.id) == case
        other.cases.change(stepping(case, Step.TAKE, "ben"))

    with pytest.raises(Conflict):
        book.cases.change(stepping(case, Step.TAKE, "ana"))
    assert [each.by for each in book.cases.history(case.id)] == ["run", "ben"]
