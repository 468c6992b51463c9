"""Who met a service, as numbers that go with evidence, and back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import TODAY, said
from hinomi.model.context import NetworkKind
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.services.population import (
    MOST_BESIDE,
    Facts,
    address_facts_in,
    latest_flow,
    population_in,
    render_address_facts,
    render_population,
)
from hinomi.verify.surroundings import AddressFacts, Population, PortUse

COUNTS = st.integers(0, 10**6)
USES = st.builds(PortUse, st.sampled_from([6, 17]), st.integers(0, 65_535), st.integers(1, 9_999))
POPULATIONS = COUNTS.flatmap(
    lambda clients: st.builds(
        Population,
        lines=COUNTS,
        tried=st.integers(clients, 2 * 10**6),
        clients=st.just(clients),
        suspects=st.integers(0, clients),
        networks=COUNTS,
        beside=st.lists(USES, max_size=5, unique_by=lambda use: (use.proto, use.port)).map(tuple),
    )
)
ADDRESSES = st.builds(
    AddressFacts,
    origin_as=st.none() | st.integers(1, 2**32 - 1),
    as_kind=st.sampled_from(NetworkKind),
    names=st.none() | COUNTS,
    certificates=st.lists(st.integers(1, 65_535), max_size=3).map(tuple),
    allocation_days=st.none() | st.floats(0, 9_000),
)


def flow(facts: Facts) -> Evidence:
    """Give what detection said with facts, as the case book gives it back."""
    return said(Claim.CC, Method.FLOW, facts=json.loads(json.dumps(facts)))


@given(POPULATIONS)
def test_a_population_is_read_as_it_was_written(population: Population) -> None:
    """Counts as they are; what is beside in the order of clients."""
    found = population_in(flow(render_population(population)))

    assert found is not None
    assert replace(found, beside=()) == replace(population, beside=())
    assert set(found.beside) == set(population.beside)


@given(ADDRESSES)
def test_what_tables_say_of_an_address_is_read_as_it_was_written(address: AddressFacts) -> None:
    """What no table said is not made up."""
    assert address_facts_in(flow(render_address_facts(address))) == address


def test_of_many_services_beside_it_those_with_most_clients_are_kept() -> None:
    """An address that serves thousands of ports must not fill the case book."""
    uses = tuple(PortUse(6, port, port % 50 + 1) for port in range(1, 200))
    full = Population(lines=9, tried=9, clients=9, suspects=0, networks=1, beside=uses)

    found = population_in(flow(render_population(full)))

    assert found is not None
    assert len(found.beside) == MOST_BESIDE
    assert min(each.clients for each in found.beside) >= 42


@pytest.mark.parametrize("facts", [{}, {"lines": 3}, {"lines": "3", "tried": 3}])
def test_facts_without_counts_are_no_population(facts: Facts) -> None:
    """Guards then say nothing of who met it; neither do they where nothing was said at all."""
    assert population_in(flow(facts)) is None
    assert population_in(None) is None
    assert address_facts_in(None) == AddressFacts()


def test_the_newest_run_tells_who_met_it() -> None:
    """Other methods tell nothing of lines."""
    older = said(Claim.CC, Method.FLOW, observed_day=TODAY - 1)
    newer = said(Claim.CC, Method.FLOW)

    assert latest_flow((older, newer, said(Claim.CC))) is newer
    assert latest_flow((said(Claim.CC),)) is None
    assert latest_flow(()) is None


def test_of_two_runs_of_one_day_the_later_one_spoke_last() -> None:
    """Evidence comes oldest first."""
    runs = [replace(flow({}), reference=text) for text in ("morning", "noon", "evening")]
    before = replace(flow({}), reference="before", observed_day=TODAY - 1)

    found = latest_flow((before, *(replace(each, observed_day=TODAY) for each in runs)))

    assert found is not None
    assert found.reference == "evening"
