"""Rows that are due go from every database with their bytes, and no others do."""

import dataclasses
from collections.abc import Iterator

import pytest

from casebooks import Place, a_reader_that_holds_on, opened
from hinomi.errors import Unavailable
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, Held
from hinomi.model.address import Address
from hinomi.model.exporter import HOUR_MS, ExporterHour, SequenceUnit
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.store import database
from hinomi.store.casebook import CaseBook, ImportRecord
from hinomi.store.forgetting import CLASSES

TELLING = int.from_bytes(b"a pseudo", "big")
HIGH = int.from_bytes(b"of a lin", "big")
FORMS = [half.to_bytes(8, order) for half in (TELLING, HIGH) for order in ("big", "little")]
"""As SQLite keeps them, and as PostgreSQL does."""

OTHER = ListEntry(
    base=Address(1, 5), length=128, proto=6, port=80, role=Role.C2, label="", own=False
)


def entry(lo: int = TELLING, *, own: bool = True) -> ListEntry:
    """Give an entry of a list."""
    return ListEntry(
        base=Address(HIGH, lo), length=128, proto=6, port=80, role=Role.C2, label="", own=own
    )


@pytest.fixture(name="casebook")
def a_case_book(place: Place) -> Iterator[CaseBook]:
    """Give an empty case book."""
    with opened(place) as book:
        yield book


def put(casebook: CaseBook, day: int, *entries: ListEntry, source: str = "x") -> None:
    """Let a list be replaced on *day*."""
    casebook.lists.replace(
        ListKind.KNOWN_CC, source, entries, sha256=str(day), added_ms=day * DAY_MS + 5
    )


def test_dropped_entries_count_from_the_day_they_were_dropped(casebook: CaseBook) -> None:
    """Own and others apart, and snapshots once no entry needs them."""
    put(casebook, 10, entry(), entry(5, own=False))
    put(casebook, 20, entry(6, own=False))

    held = list(casebook.forgetting.held())

    assert held == [
        Held(DataClass.DROPPED_OWN_ENTRIES, "list_entries", 20),
        Held(DataClass.LIST_HISTORY, "list_entries", 20),
    ]
    assert casebook.forgetting.forget(DataClass.DROPPED_OWN_ENTRIES, 20 * DAY_MS) == 0
    assert casebook.forgetting.forget(DataClass.DROPPED_OWN_ENTRIES, 21 * DAY_MS) == 1
    # The snapshot goes with the last entry that it was the first to hold.
    assert casebook.forgetting.forget(DataClass.LIST_HISTORY, 21 * DAY_MS) == 2
    assert list(casebook.forgetting.held()) == []
    assert len(casebook.lists.entries(ListKind.KNOWN_CC)) == 1


def test_standing_own_entries_count_from_the_last_change_of_their_list(
    casebook: CaseBook,
) -> None:
    """A list that goes on changing keeps them; another source's changes do not count."""
    put(casebook, 10, entry())
    put(casebook, 10, entry(7), source="y")
    put(casebook, 30, entry(), entry(5, own=False))

    assert casebook.forgetting.forget(DataClass.STANDING_OWN_ENTRIES, 29 * DAY_MS) == 1

    left = casebook.lists.entries(ListKind.KNOWN_CC)
    assert [(each.source, each.entry.own) for each in left] == [("x", True), ("x", False)]


def test_a_list_that_is_added_again_brings_its_entries_back(casebook: CaseBook) -> None:
    """Forgotten is what nobody renews."""
    put(casebook, 10, entry())
    casebook.forgetting.forget(DataClass.STANDING_OWN_ENTRIES, 100 * DAY_MS)

    put(casebook, 10, entry())

    assert len(casebook.lists.entries(ListKind.KNOWN_CC)) == 1


def test_numbers_of_the_running_count_from_their_hour(casebook: CaseBook) -> None:
    """Arrivals and imports, each from its own time."""
    number = casebook.exporter_number("edge-1")
    hours = [
        ExporterHour(
            exporter=number, hour=day * 24 + 23, unit=SequenceUnit.DATAGRAMS,
            datagrams=1, records=1, received=1, lost=0,
        )
        for day in (3, 4)
    ]  # fmt: skip
    casebook.add_exporter_hours(hours)
    casebook.record_import(
        ImportRecord(
            content_id="ab", file_name="a.csv", format="table", records=1, stored=1,
            malformed=0, imported_ms=4 * DAY_MS,
        )
    )  # fmt: skip
    assert hours[0].hour * HOUR_MS < 4 * DAY_MS

    assert [(each.what, each.day) for each in casebook.forgetting.held()] == [
        ("exporter_hours", 3),
        ("exporter_hours", 4),
        ("imports", 4),
    ]
    assert casebook.forgetting.forget(DataClass.OPERATIONS, 4 * DAY_MS) == 1
    assert casebook.forgetting.forget(DataClass.OPERATIONS, 5 * DAY_MS) == 2
    assert casebook.exporters() == {1: "edge-1"}


def test_scrubbing_leaves_no_byte_of_what_was_deleted(place: Place, casebook: CaseBook) -> None:
    """The pseudonym is in the files of the tables before, and in none after."""
    put(casebook, 10, entry(), *(entry(number, own=False) for number in range(2000)))
    put(casebook, 20)
    assert any(form in place.raw() for form in FORMS)
    for each in CLASSES:
        casebook.forgetting.forget(each, 30 * DAY_MS)
    assert any(form in place.raw() for form in FORMS)

    casebook.forgetting.scrub()

    assert not any(form in place.raw() for form in FORMS)
    assert not casebook.forgetting.residue().unused
    assert not casebook.forgetting.residue().log_bytes


def test_what_was_known_of_a_column_goes_as_well(place: Place, casebook: CaseBook) -> None:
    """A planner remembers frequent values: of a table that is not empty, and of an empty one."""
    several = [dataclasses.replace(entry(), port=port) for port in range(1, 40)]
    for source in ("x", "y"):
        put(casebook, 10, *several, source=source)
    analyse(place)
    put(casebook, 20, source="x")
    put(casebook, 20, OTHER, source="y")
    casebook.forgetting.forget(DataClass.DROPPED_OWN_ENTRIES, 30 * DAY_MS)
    casebook.forgetting.scrub()
    assert not any(form in place.raw() for form in FORMS)

    put(casebook, 30, *several, source="x")
    analyse(place)
    put(casebook, 40, source="x")
    put(casebook, 40, source="y")
    for each in CLASSES:
        casebook.forgetting.forget(each, 50 * DAY_MS)
    assert any(form in place.raw() for form in FORMS)
    casebook.forgetting.scrub()

    assert not any(form in place.raw() for form in FORMS)


def test_a_reader_that_holds_on_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody still reads the old state, its bytes stay, and that is no success."""
    monkeypatch.setattr(database, "BUSY_MS", 50)
    with opened(place) as impatient:
        put(impatient, 10, entry())
        # A reader of another table holds on to the state of all.
        with a_reader_that_holds_on(place, "exporters"):
            impatient.forgetting.forget(DataClass.STANDING_OWN_ENTRIES, 30 * DAY_MS)

            with pytest.raises(Unavailable, match=r"locked|reads what was deleted"):
                impatient.forgetting.scrub()

        impatient.forgetting.scrub()
        assert not any(form in place.raw() for form in FORMS)


def analyse(place: Place) -> None:
    """Let the planner look at every column."""
    engine = place.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def test_all_tables_are_named(casebook: CaseBook) -> None:
    """Also those that are not ours: they have to have a class too."""
    assert {"list_entries", "alembic_version"} <= set(casebook.forgetting.tables())
