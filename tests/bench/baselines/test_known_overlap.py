"""Known-client overlap and its tail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.known_overlap import KnownOverlap, infected_lines, surprise
from hinomi.detect.columns import ints
from surveys import BOTS, CC_PORT


@given(
    lines=st.integers(2, 3_000),
    share=st.floats(0, 1),
    of_clients=st.floats(0, 1),
    of_shared=st.floats(0, 1),
)
def test_the_tail_is_the_hypergeometric_one(
    lines: int, share: float, of_clients: float, of_shared: float
) -> None:
    """As the statistics library sums it, wherever more is shared than expected."""
    marked, clients = round(share * lines), max(1, round(of_clients * lines))
    shared = round(of_shared * min(marked, clients))

    (found,) = surprise(np.array([shared]), np.array([clients]), marked, lines)

    if shared <= clients * (marked / lines) or shared < marked + clients - lines:
        assert found >= 0.0
    else:
        expected = -stats.hypergeom.logsf(shared - 1, lines, marked, clients)
        assert found == pytest.approx(max(expected, 0.0), rel=1e-6, abs=1e-9)


def test_what_is_expected_is_no_surprise() -> None:
    """Ten of a hundred clients where a tenth of all lines is marked."""
    assert surprise(np.array([10, 0]), np.array([100, 50]), 100, 1_000).tolist() == [0.0, 0.0]


def test_nothing_to_score_is_no_error() -> None:
    """An empty window has no services."""
    empty = np.empty(0, np.int64)

    assert surprise(empty, empty, 0, 0).size == 0


def test_the_clients_of_listed_services_are_infected(network: Observed) -> None:
    """All sixteen bots fetched from the listed loader; each counts once."""
    lines = infected_lines(network.engine, network.survey, network.lists, 0.05)

    assert sorted(ints(lines, "line_lo").tolist()) == list(BOTS)


def test_a_listed_service_that_many_lines_meet_teaches_nothing(network: Observed) -> None:
    """Sixteen of 800 lines are more than a hundredth."""
    assert infected_lines(network.engine, network.survey, network.lists, 0.01).num_rows == 0


def test_services_that_share_the_clients_lead(network: Observed) -> None:
    """The unlisted C&C has the same clients as the listed loader, and beats every web site."""
    table = KnownOverlap(share_most=0.05).rank(
        network.engine, network.survey, network.lists, network.register
    )

    assert CC_PORT in table.column("remote_port").to_pylist()[:2]


def test_without_a_list_nothing_is_ranked(network: Observed) -> None:
    """It has nothing to compare with."""
    table = KnownOverlap().rank(network.engine, network.survey, {}, network.register)

    assert table.num_rows == 0
