"""Personalised PageRank over lines and services."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from builders import NOON_MS, talk
from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.pagerank import PageRank, contact_graph, personalised
from hinomi.detect.columns import ints
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.listed import ListKind
from surveys import CC, CC_PORT, WEB, entry, survey


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


def test_the_scanners_lead_to_their_cc(network: Observed) -> None:
    """Further than to the web sites that they visit with everybody."""
    table = PageRank().rank(network.engine, network.survey, network.lists, network.register)

    assert CC_PORT in table.column("remote_port").to_pylist()[:2]


def test_a_listed_cc_leads_to_what_its_clients_share(engine: DuckEngine, tmp_path: Path) -> None:
    """Three of 700 lines meet the listed service, an unlisted one and a web site of all lines."""
    rows = [row for line in range(1, 701) for row in talk(line, WEB, NOON_MS + line)]
    rows += [
        row
        for line in (1, 2, 3)
        for port in (7_000, 7_001)
        for row in talk(line, CC, NOON_MS + line, remote_port=port)
    ]
    found = survey(engine, tmp_path, rows)
    lists = {ListKind.KNOWN_CC: [entry(CC, 7_000)]}

    listed = PageRank().rank(engine, found, lists, default_register())
    nothing = PageRank().rank(engine, found, {}, default_register())

    ports = listed.column("remote_port").to_pylist()
    assert set(ports[:2]) == {7_000, 7_001}
    assert ports[2:] == [443]
    assert nothing.num_rows == 0
