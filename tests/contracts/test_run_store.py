"""Runs of detection and cases that measure reviewers, on every database."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from casebooks import Place
from casebooks import opened as open_book
from casesteps import DAY, NOW_MS, opened, opening, said, service
from hinomi.errors import Conflict
from hinomi.model.case import Finding
from hinomi.model.service import Service
from hinomi.store.casebook import CaseBook
from hinomi.store.caseruns import Run, Seed, Sown

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
    """However many runs saw a day, and whichever was noted first."""
    for digest, day in (("a", 7), ("b", 5), ("c", 7), ("d", 6), ("e", 4)):
        book.runs.put(replace(RUN, digest=digest, until_day=day))

    assert book.runs.days() == (4, 5, 6, 7)


def sown(about: Service | None = None, **given: Any) -> Sown:
    """Give a case to be opened whose truth is known, but for what is *given*."""
    about = about or service()
    usual: dict[str, Any] = {
        "change": opening(about),
        "truth": Finding.NOT_CC,
        "by": "責任者",
        "lent": (said(about), said(about, observed_day=DAY - 1)),
    }
    return Sown(**(usual | given))


def test_a_seed_is_known_by_its_case(book: CaseBook) -> None:
    """And reviewers do not know it until they are told; nothing else of it changes then."""
    other = opened(book, service(port=80))
    (case,) = book.runs.sow([sown()])
    seed = Seed(case_id=case.id, truth=Finding.NOT_CC, made_ms=NOW_MS, made_by="責任者")

    assert book.runs.seed(case) == seed
    assert book.runs.seed(other) is None
    book.runs.reveal_seed(case.id, 7)
    book.runs.reveal_seed(other.id, 8)
    assert book.runs.seeds() == (replace(seed, revealed_ms=7),)


def test_what_returns_is_no_seed(book: CaseBook) -> None:
    """Its second episode was really found."""
    (case,) = book.runs.sow([sown()])

    assert book.runs.seed(replace(case, episode=2)) is None


def test_lent_evidence_stands_with_the_seed_alone(book: CaseBook) -> None:
    """It is no evidence of the service, and goes when reviewers are told."""
    (case,) = book.runs.sow([sown()])

    assert book.runs.lent() == {case.service: sown().lent}
    assert book.evidence.of(case.service) == ()
    book.runs.reveal_seed(case.id, 7)
    assert book.runs.lent() == {}


def test_seeds_are_sown_all_or_none(book: CaseBook) -> None:
    """A service that has a case already stops them all."""
    taken = opened(book)

    with pytest.raises(Conflict):
        book.runs.sow([sown(service(port=80)), sown()])

    assert book.cases.page() == (taken,)
    assert book.runs.seeds() == ()
