"""Rows that name the own network follow the key period, on every database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from casebooks import Place
from casebooks import opened as open_book
from casesteps import NOW_MS, opened, said, service, walked
from hinomi.model.address import Address
from hinomi.model.case import Step
from hinomi.model.evidence import ANY_PORT
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.service import Service
from hinomi.store import ownrows as subject
from hinomi.store.casebook import CaseBook
from hinomi.store.schema import METADATA

KNOWN = ListKind.KNOWN_CC
MASK = 0x5A5A_5A5A_5A5A_5A5A
NEXT = "period-0002"
TO_LISTED = (Step.TAKE, Step.CORROBORATE, Step.CLEAR, Step.LIST)


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a case book with own and plain rows of the same addresses in every table."""
    with open_book(place) as found:
        both = [service(port=port, own=own) for port in (80, 443) for own in (False, True)]
        whole = [Service(each.address, ANY_PORT, ANY_PORT, own=each.own) for each in both[:2]]
        found.evidence.add(map(said, (*both, *whole)), NOW_MS)
        for each in both:
            walked(found, opened(found, each), *TO_LISTED)
        address = both[0].address
        for number, port in enumerate((80, 443)):  # The first ones are former entries then.
            entries = [ListEntry(base=address, port=port, own=own) for own in (False, True)]
            found.lists.replace(KNOWN, "feed", entries, sha256=f"{port}", added_ms=number)
        yield found


def other(address: Address) -> Address:
    """Stand for a cipher: no two addresses become the same, and none stays."""
    return Address(address.hi ^ MASK, address.lo ^ MASK)


def state(book: CaseBook) -> tuple[object, ...]:
    """Read every row that has a service."""
    both = [service(own=False), service(own=True)]
    return (
        *(each.service for each in book.cases.page()),
        *(book.evidence.of(each) for each in both),
        *(book.listed.about(each) for each in both),
        book.listings.all(),
        book.own_rows.period(),
    )


def test_own_rows_get_their_new_pseudonyms_and_no_others(book: CaseBook) -> None:
    """In every table, former list entries as well; listings are plain, and stay."""
    plain = (book.evidence.of(service()), book.listed.about(service()), book.listings.all())

    assert book.own_rows.retokenise(NEXT, other) == {"list_entries": 2, "cases": 2, "evidence": 3}

    assert book.own_rows.period() == NEXT
    renamed = Service(other(service().address), 6, 443, own=True)
    assert book.cases.find(renamed) is not None
    assert book.cases.find(service(own=True)) is None
    assert len(book.evidence.of(renamed)) == 2
    assert book.evidence.of(service(own=True)) == ()
    assert [each.until_ms for each in book.listed.about(renamed)] == [None]
    now = (book.evidence.of(service()), book.listed.about(service()), book.listings.all())
    assert now == plain
    assert book.cases.find(service()) is not None


def test_a_change_that_breaks_off_changes_nothing(book: CaseBook) -> None:
    """In the middle of the last table: no table is ahead of another, nor is the period's name."""
    before, left = state(book), [True] * 5

    def fails(address: Address) -> Address:
        if not left:
            raise InterruptedError
        left.pop()
        return other(address)

    with pytest.raises(InterruptedError):
        book.own_rows.retokenise(NEXT, fails)

    assert state(book) == before
    assert sum(book.own_rows.retokenise(NEXT, other).values()) == 7


def test_many_rows_are_changed_in_parts(book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once: twice would give it back what it had."""
    monkeypatch.setattr(subject, "_AT_ONCE", 2)
    rows = [said(service(own=True), reference=f"{each}") for each in range(9)]
    book.evidence.add(rows, NOW_MS)

    assert book.own_rows.retokenise(NEXT, other)["evidence"] == 3 + 9
    assert book.evidence.of(service(own=True)) == ()
    assert book.own_rows.retokenise("period-0003", other)["evidence"] == 3 + 9
    assert len(book.evidence.of(service(own=True))) == 2 + 9


def test_no_table_with_own_rows_is_left_out() -> None:
    """Whatever table says of a row that it is own is among those that follow the key."""
    own = {table.name for table in METADATA.sorted_tables if "own" in table.c}

    assert own == {each.table.name for each in subject.TABLES}


def test_a_case_book_that_never_changed_has_no_period(book: CaseBook, place: Place) -> None:
    """There is one name at most, and every session reads the same."""
    assert book.own_rows.period() is None
    for period in (NEXT, "period-0003"):
        book.own_rows.retokenise(period, other)

    with open_book(place) as again:
        assert again.own_rows.period() == "period-0003"
    engine = place.engine()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM key_period")).scalar() == 1
    engine.dispose()
