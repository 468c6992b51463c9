"""Rank fusion of the plain baselines."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinomi.bench.baselines.fused import Fused, mean_ranks
from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.known_overlap import KnownOverlap
from hinomi.bench.baselines.odd_ports import OddPorts
from hinomi.bench.baselines.scanner_fan_in import ScannerFanIn
from surveys import CC_PORT, LOADER_PORT

PLAIN = (
    OddPorts(least_habit=4, share_most=1.0),
    ScannerFanIn(),
    KnownOverlap(share_most=0.05),
)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_ranks_are_those_of_the_statistics_library(scores: list[int]) -> None:
    """Equal scores share the mean of their places."""
    descending = -np.sort(-np.array(scores, dtype=np.float64))

    assert mean_ranks(descending).tolist() == stats.rankdata(-descending).tolist()


@pytest.mark.parametrize("damping", [1.0, 60.0, math.inf])
def test_what_leads_everywhere_leads(network: Observed, damping: float) -> None:
    """C&C and loader share the first place of all three."""
    table = Fused(damping=damping, of=PLAIN).rank(
        network.engine, network.survey, network.lists, network.register
    )
    scores = table.column("score").to_pylist()

    assert set(table.column("remote_port").to_pylist()[:2]) == {CC_PORT, LOADER_PORT}
    assert scores[0] == scores[1] > scores[2]


def test_what_none_of_them_ranks_is_left_out(network: Observed) -> None:
    """Web sites that no bot visits have no port, no scanner and no shared client."""
    ranked = Fused(of=PLAIN).rank(network.engine, network.survey, network.lists, network.register)
    shown = [
        each.rank(network.engine, network.survey, network.lists, network.register).num_rows
        for each in PLAIN
    ]

    assert max(shown) <= ranked.num_rows <= sum(shown)
