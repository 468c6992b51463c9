"""Which rows of the case book are due with which case; deleting them is shown in contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casesteps import NOW_MS, opening, said
from checkedcases import listed, opened, rejected, server
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS
from hinomi.model.case import Finding
from hinomi.model.service import Service
from hinomi.store.casebook import CaseBook, open_casebook
from hinomi.store.caserows import RUN_ROWS, Rows, case_rows, caseless_rows
from hinomi.store.caseruns import Sown
from hinomi.store.cases import Note
from hinomi.store.caseschema import CASES, EVENTS, EVIDENCE, LISTINGS, NOTES, SEEDS, VERDICTS
from hinomi.store.schema import METADATA

OWN = Service(server(90).address, 6, 443, own=True)


@pytest.fixture(name="book")
def a_case_book(tmp_path: Path) -> Iterator[CaseBook]:
    """Give an empty case book."""
    with open_casebook(tmp_path / "casebook.sqlite") as book:
        yield book


def counts(book: CaseBook, data_class: DataClass) -> dict[str, int]:
    """Count what is of a class, by table."""
    found: dict[str, int] = {}
    for each in book.forgetting.held():
        if each.data_class is data_class:
            found[each.what] = found.get(each.what, 0) + each.count
    return found


def every_row(parts: tuple[Rows, ...]) -> set[str]:
    """Name the tables of *parts*."""
    return {each.table.name for each in parts}


def test_a_closed_case_takes_along_all_that_hangs_on_it(book: CaseBook) -> None:
    """Its evidence too; open cases and their evidence stay."""
    case = rejected(book, opened(book, server(1), NOW_MS))
    book.cases.add_note(case.id, Note(by="anna", at_ms=NOW_MS, words="x"))
    listed(book, opened(book, server(2), NOW_MS))

    held = counts(book, DataClass.CASES)

    assert held == {
        "cases": 1, "case_events": 2, "case_verdicts": 1, "case_notes": 1, "evidence": 1,
    }  # fmt: skip
    assert book.forgetting.forget(DataClass.CASES, NOW_MS + DAY_MS) == sum(held.values())
    assert counts(book, DataClass.CASES) == {}
    assert [each.service for each in book.cases.page()] == [server(2)]
    assert book.evidence.of(server(1)) == ()
    assert len(book.evidence.of(server(2))) == 1


def test_a_closed_seed_takes_along_what_it_was_shown_with(book: CaseBook) -> None:
    """It lay with the seed and nowhere else."""
    sown = Sown(change=opening(server(1)), truth=Finding.CC, by="olga", lent=(said(server(1)),))
    (case,) = book.runs.sow([sown])
    rejected(book, case)

    assert counts(book, DataClass.CASES)["case_seeds"] == 1
    book.forgetting.forget(DataClass.CASES, NOW_MS + DAY_MS)

    assert book.runs.seeds() == ()


def test_rows_of_cases_count_from_the_day_the_case_was_closed(book: CaseBook) -> None:
    """Not from when each of them was written."""
    case = opened(book, server(1), NOW_MS - 40 * DAY_MS)
    rejected(book, case)

    since = {each.day for each in book.forgetting.held() if each.data_class is DataClass.CASES}

    assert since == {(case.changed_ms + 1) // DAY_MS}


def test_cases_of_the_own_network_are_a_class_of_their_own(book: CaseBook) -> None:
    """They may be gone sooner; neither takes the other along."""
    rejected(book, opened(book, OWN, NOW_MS))
    rejected(book, opened(book, Service(OWN.address, 6, 443), NOW_MS))

    assert counts(book, DataClass.OWN_CASES) == counts(book, DataClass.CASES)
    assert book.forgetting.forget(DataClass.OWN_CASES, NOW_MS + DAY_MS) == 5
    assert counts(book, DataClass.OWN_CASES) == {}
    assert counts(book, DataClass.CASES)["cases"] == 1


def test_evidence_without_a_case_on_its_address_counts_from_when_it_came(book: CaseBook) -> None:
    """Whatever the port: a case on the address may look at it."""
    book.evidence.add([said(server(1)), said(server(2, 80))], NOW_MS)
    opened(book, server(2), NOW_MS, None)

    assert counts(book, DataClass.EVIDENCE) == {"evidence": 1}
    assert counts(book, DataClass.CASES) == {}


def test_evidence_on_an_address_with_a_case_elsewhere_is_due_with_none(book: CaseBook) -> None:
    """It stays until that case is gone, and counts from its coming then."""
    book.evidence.add([said(server(1, 80))], NOW_MS)
    rejected(book, opened(book, server(1), NOW_MS, None))

    assert counts(book, DataClass.EVIDENCE) == {}
    assert "evidence" not in counts(book, DataClass.CASES)
    book.forgetting.forget(DataClass.CASES, NOW_MS + DAY_MS)
    assert counts(book, DataClass.EVIDENCE) == {"evidence": 1}


def test_every_table_that_names_a_case_hangs_on_it() -> None:
    """A new one would be left behind, or stop the deletion of its case."""
    naming = {
        name
        for name, table in METADATA.tables.items()
        if any(key.column.table is CASES for key in table.foreign_keys)
    }

    for own in (True, False):
        assert every_row(case_rows(own=own)) == naming | {CASES.name, EVIDENCE.name}
    assert naming >= {each.name for each in (EVENTS, VERDICTS, NOTES, SEEDS, LISTINGS)}


def test_cases_go_last_and_evidence_without_one_is_of_one_table() -> None:
    """What hangs on a row keeps it."""
    assert case_rows(own=False)[-1].table is CASES
    assert every_row(caseless_rows()) == {EVIDENCE.name}
    assert [each.table.name for each in RUN_ROWS] == ["case_runs"]
