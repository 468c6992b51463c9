"""What a member can say, and that it can say no more."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.statement import Deed, Endpoint, Sighting, SightingStatement, Statement
from hubs import server
from statements import ENDPOINTS


def test_the_least_statement_is_the_server_alone() -> None:
    """Each judgement stays away until somebody gives it."""
    told = dataclasses.asdict(Statement(endpoint=server(1)))

    assert [name for name, value in told.items() if value is not None] == ["endpoint"]
    assert set(told) == {"endpoint", "service_class", "band", "methods", "register"}


def test_a_sighting_says_how_and_nothing_else() -> None:
    """Neither when, nor how often, nor by whom."""
    fields = {each.name for each in dataclasses.fields(SightingStatement)}

    assert fields == {"endpoint", "sighting"}
    assert {str(each) for each in Sighting} == {"confirmed", "not-seen", "wrong", "gone"}


@given(found=st.lists(ENDPOINTS, max_size=5))
def test_servers_have_one_order(found: list[Endpoint]) -> None:
    """By address, protocol and port: what is sorted by it tells of no arrival."""
    assert sorted(found) == sorted(found, key=lambda each: (each.address, each.proto, each.port))


def test_a_server_is_written_in_one_form() -> None:
    """By the names that every document uses."""
    assert server(1).render() == {"address": "198.51.100.1", "protocol": "tcp", "port": 443}
    assert str(server(1)) == "198.51.100.1 tcp/443"


def test_no_deed_is_the_beginning_of_another() -> None:
    """The first line of what is signed says which it is."""
    assert len({each.value for each in Deed}) == len(Deed)
    assert all("\n" not in each.value for each in Deed)
