"""Weighings are kept whole, on every database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebooks import Place, opened
from hinomi.model.address import Address
from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.weighings import Weighing
from hubs import server

ONE = server(1)
HALVES = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book."""
    with opened(place) as found:
        yield found


def weighing(endpoint: Endpoint = ONE, epoch: int = 10, outcome: str = "list") -> Weighing:
    """Describe one."""
    return Weighing(
        endpoint=endpoint, epoch=epoch, outcome=outcome, posterior=0.1 + 0.2, members=3, methods=1,
        against=0, service_class=ServiceClass.COMPROMISED, carried=9, contested=-1,
        reasons=({"code": "agreed", "left": 0.9}, {"code": "held", "codes": "list-cdn"}),
    )  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(
    endpoint=st.builds(
        Endpoint, st.builds(Address, HALVES, HALVES), st.integers(0, 255), st.integers(1, 65_535)
    )
)
def test_what_is_put_comes_back(book: CaseBook, endpoint: Endpoint) -> None:
    """Every number of it, for every server that there can be."""
    book.hub.weighings.put([weighing(endpoint)], forget_before=0)

    assert weighing(endpoint) in book.hub.weighings.all()


def test_the_newest_weighing_of_a_server_counts(book: CaseBook) -> None:
    """Another one takes its place; those of other servers stay."""
    store = book.hub.weighings
    assert (store.all(), store.newest_epoch()) == ((), None)
    store.put([weighing(server(2)), weighing()], forget_before=0)
    later = weighing(epoch=11, outcome="queue")
    store.put([later], forget_before=0)

    assert store.all() == (later, weighing(server(2)))
    assert store.newest_epoch() == 11
    assert store.of_outcome("queue", 11) == (later,)
    assert store.of_outcome("list", 11) == ()


def test_what_is_old_goes(book: CaseBook) -> None:
    """When something newer is put."""
    book.hub.weighings.put([weighing()], forget_before=0)
    book.hub.weighings.put([], forget_before=10)
    assert book.hub.weighings.all() == (weighing(),)
    book.hub.weighings.put([], forget_before=11)

    assert book.hub.weighings.all() == ()


def test_many_are_put_at_once(book: CaseBook) -> None:
    """More than one statement to the database takes."""
    many = [weighing(Endpoint(Address(0, number), 6, 443)) for number in range(2_500)]
    book.hub.weighings.put(many, forget_before=0)
    book.hub.weighings.put([replace(each, epoch=11) for each in many], forget_before=0)

    assert {each.epoch for each in book.hub.weighings.all()} == {11}
    assert len(book.hub.weighings.all()) == 2_500
