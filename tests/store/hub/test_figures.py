"""Figures of a snapshot come back, and later ones take their place."""

from collections.abc import Iterator

import pytest

from casebooks import Place, opened
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.figures import Measured


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with opened(place) as found:
        yield found


def test_figures_come_back_by_epoch(book: CaseBook) -> None:
    """Those of a year, and the newest."""
    store = book.hub.figures
    assert store.newest() is None
    for number in (3, 1, 2):
        store.put(Measured(number, 100 + number, {"listed": number, "waited": {"1": 2}}))

    assert [each.number for each in store.between(102, 109)] == [2, 3]
    assert store.newest() == Measured(3, 103, {"listed": 3, "waited": {"1": 2}})


def test_the_same_snapshot_is_measured_anew(book: CaseBook) -> None:
    """What was known of it before goes."""
    store = book.hub.figures
    for listed in (1, 2):
        store.put(Measured(1, 100, {"listed": listed}))

    assert [each.told["listed"] for each in store.between(0, 200)] == [2]
