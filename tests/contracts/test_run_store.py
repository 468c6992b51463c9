"""Runs of detection and cases that measure reviewers, on every database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from casebooks import Place
from casebooks import opened as open_book
from casesteps import opened, service
from hinomi.model.case import Finding
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Run, Seed

RUN = Run(digest="a" * 64, at_ms=20, until_day=20_600, candidates=3, below=2, opened=1)


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with open_book(place) as found:
        yield found


def test_a_run_is_found_by_what_it_found(book: CaseBook) -> None:
    """One that was never made is not."""
    book.runs.put(RUN)

    assert book.runs.find(RUN.digest) == RUN
    assert book.runs.find("b" * 64) is None


def test_the_same_findings_stay_as_they_were_noted_first(book: CaseBook) -> None:
    """Also when the second run saw them later, and opened nothing any more."""
    book.runs.put(RUN)
    book.runs.put(replace(RUN, at_ms=99, opened=0))

    assert book.runs.all() == (RUN,)


def test_runs_come_oldest_first(book: CaseBook) -> None:
    """By time, whatever order they were written in."""
    earlier = replace(RUN, digest="b" * 64, at_ms=10)
    for each in (RUN, earlier):
        book.runs.put(each)

    assert book.runs.all() == (earlier, RUN)


def test_days_of_runs_come_once_and_in_order(book: CaseBook) -> None:
    """From one on, whichever run was noted first."""
    for digest, day in (("a", 7), ("b", 5), ("c", 7), ("d", 6), ("e", 4)):
        book.runs.put(replace(RUN, digest=digest, until_day=day))

    assert book.runs.days(5) == (5, 6, 7)
    assert book.runs.days(8) == ()


def test_a_seed_is_known_by_its_case(book: CaseBook) -> None:
    """And reviewers do not know it until they are told; nothing else of it changes then."""
    case, other = opened(book), opened(book, service(port=80))
    seed = Seed(case_id=case.id, truth=Finding.NOT_CC, made_ms=1, made_by="責任者")
    book.runs.put_seed(seed)

    assert book.runs.seed(case.id) == seed
    assert book.runs.seed(other.id) is None
    book.runs.reveal_seed(case.id, 7)
    book.runs.reveal_seed(other.id, 8)
    assert book.runs.seeds() == (replace(seed, revealed_ms=7),)


def test_a_case_is_one_seed_and_a_seed_is_of_a_case(book: CaseBook) -> None:
    """The truth of a case is not said twice, and not of a case that is not there."""
    case = opened(book)
    seed = Seed(case_id=case.id, truth=Finding.CC, made_ms=1, made_by="ana")
    book.runs.put_seed(seed)

    for wrong in (replace(seed, truth=Finding.NOT_CC), replace(seed, case_id=case.id + 1)):
        with pytest.raises(sa.exc.IntegrityError):
            book.runs.put_seed(wrong)
    assert book.runs.seeds() == (seed,)
