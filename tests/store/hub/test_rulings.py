"""Rulings of people stay, and the last one counts, on every database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from casebooks import Place, opened
from hinomi.model.case import Finding, ServiceClass
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.rulings import Ruling
from hubs import server

LISTED = Ruling(
    endpoint=server(1), finding=Finding.CC, service_class=ServiceClass.DEDICATED,
    reason="a sample reports to it", said_by="anna", approved_by="rita", epoch=10, until=40,
    entry=7,
)  # fmt: skip
REFUSED = replace(LISTED, finding=Finding.NOT_CC, approved_by="", said_by="ruth", epoch=12)
OTHER = replace(LISTED, endpoint=server(2), finding=Finding.UNSURE)


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book with three rulings."""
    with opened(place) as found:
        for each in (LISTED, OTHER, REFUSED):
            found.hub.rulings.add(each)
        yield found


def test_the_last_ruling_on_each_server_is_the_newest(book: CaseBook) -> None:
    """Also one that counts no more."""
    assert book.hub.rulings.newest() == {server(1): REFUSED, server(2): OTHER}


def test_all_rulings_on_a_server_stay(book: CaseBook) -> None:
    """The last one last."""
    assert book.hub.rulings.of(server(1)) == (LISTED, REFUSED)
    assert book.hub.rulings.of(server(1, port=80)) == ()


def test_a_ruling_counts_to_its_last_epoch() -> None:
    """And not a day longer."""
    assert LISTED.counts(40)
    assert not LISTED.counts(41)
