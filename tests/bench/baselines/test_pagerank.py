"""Personalised PageRank over lines and services."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.pagerank import PageRank, contact_graph, personalised
from hinomi.detect.columns import ints
from surveys import CC_PORT


@given(
    edges=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1),
    restart=st.floats(0.1, 0.9),
    seed=st.integers(0, 3),
)
def test_the_walk_solves_its_equation(
    edges: set[tuple[int, int]], restart: float, seed: int
) -> None:
    """As the linear system of the walk says, solved directly."""
    dense = np.zeros((4, 6))
    for service, line in edges:
        dense[service, line] = 1.0
    of_services, of_lines = np.eye(4)[seed] * 0.5, np.full(6, 0.5 / 6)
    step = np.zeros((10, 10))
    step[:4, 4:] = dense / np.maximum(dense.sum(axis=0, keepdims=True), 1)
    step[4:, :4] = (dense / np.maximum(dense.sum(axis=1, keepdims=True), 1)).T
    seeds = np.concatenate([of_services, of_lines])
    expected = np.linalg.solve(np.eye(10) - (1 - restart) * step, restart * seeds)

    found = personalised(sparse.csr_array(dense), of_services, of_lines, restart=restart)

    assert found == pytest.approx(expected[:4], abs=1e-4)


def test_the_graph_holds_who_spoke_with_whom(network: Observed) -> None:
    """Rows and columns sum to the clients of services and the services of lines."""
    graph = contact_graph(network.engine, network.survey)

    assert graph.sum(axis=1).tolist() == ints(network.survey.services, "clients").tolist()
    assert graph.sum(axis=0).tolist() == ints(network.survey.lines, "services").tolist()


def test_the_unlisted_service_of_the_same_clients_leads_the_unlisted(network: Observed) -> None:
    """The scanners and the listed loader lead to the C&C, and further than to web sites."""
    table = PageRank().rank(network.engine, network.survey, network.lists, network.register)

    assert CC_PORT in table.column("remote_port").to_pylist()[:2]


def test_without_lists_the_scanners_are_seeds_alone(network: Observed) -> None:
    """It still ranks."""
    table = PageRank().rank(network.engine, network.survey, {}, network.register)

    assert CC_PORT in table.column("remote_port").to_pylist()[:2]
