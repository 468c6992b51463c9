"""Servers as columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.hub.servers import Columns, Servers
from hinomi.model.address import Address
from hinomi.model.statement import Endpoint

HALVES = st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
ENDPOINTS = st.builds(
    Endpoint, st.builds(Address, HALVES, HALVES), st.integers(0, 255), st.integers(1, 65_535)
)


@given(st.lists(ENDPOINTS, max_size=30))
def test_each_server_has_one_row_in_the_order_of_endpoints(said: list[Endpoint]) -> None:
    """However often it is named; and its row leads back to it."""
    servers = Servers(Columns.of(said))

    assert servers.endpoints(range(servers.size)) == sorted(set(said))
    assert servers.endpoints(servers.rows_of(Columns.of(said))) == said


@given(st.lists(ENDPOINTS, max_size=10, unique=True), ENDPOINTS)
def test_a_server_that_nobody_named_has_no_row(said: list[Endpoint], other: Endpoint) -> None:
    """It is -1, also where nobody named any."""
    found = Servers(Columns.of(said)).rows_of(Columns.of([other])).tolist()

    assert found == [sorted(said).index(other) if other in said else -1]


@given(st.lists(ENDPOINTS, max_size=12, unique=True), st.lists(ENDPOINTS, max_size=4))
def test_an_address_leads_to_all_its_ports(said: list[Endpoint], asked: list[Endpoint]) -> None:
    """Whichever port it was asked with."""
    wanted = [*said[:3], *asked]
    rows, by = Servers(Columns.of(said)).at_addresses(Columns.of(wanted))

    found = set(zip(rows.tolist(), by.tolist(), strict=True))
    assert found == {
        (row, place)
        for row, each in enumerate(sorted(said))
        for place, one in enumerate(wanted)
        if one.address == each.address
    }


def test_columns_lie_end_to_end() -> None:
    """Also none at all."""
    one = Columns.of([Endpoint(Address(0, 1), 6, 443)])

    assert Columns.joined([]).size == 0
    assert Columns.joined([one, one]).taken(np.array([1])).keys() == one.keys()
