"""Pairwise beacon scores."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS, talk
from hinomi.bench.baselines.beacons import PAIRS, SIGHTED, Beacons, pair_scores
from hinomi.bench.baselines.interface import Observed
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from surveys import survey

DAY_MS = 86_400_000
SPAN = (0, DAY_MS)


def _score(ts_ms: list[int], sizes: list[int]) -> float:
    pair = np.zeros(len(ts_ms), np.int64)
    _, (score,) = pair_scores(pair, np.array(ts_ms), np.array(sizes), SPAN)
    return float(score)


def test_a_clock_over_the_whole_window_scores_one() -> None:
    """Every hour, the same bytes."""
    hours = list(range(0, DAY_MS + 1, DAY_MS // 240))[:-1]

    assert _score(hours, [60] * len(hours)) == pytest.approx(1.0, abs=0.01)


@given(st.integers(0, 2**32))
def test_chance_scores_less_than_a_clock(seed: int) -> None:
    """Forty contacts at random with sizes of a heavy tail."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, DAY_MS, 40)).tolist()
    sizes = rng.lognormal(6, 2, 40).astype(np.int64).tolist()
    clock = list(range(0, DAY_MS, DAY_MS // 40))

    assert _score(times, sizes) < _score(clock, [100] * len(clock))


@given(st.lists(st.tuples(st.integers(0, DAY_MS), st.integers(20, 1_500)), min_size=2))
def test_a_score_lies_between_nothing_and_one(seen: list[tuple[int, int]]) -> None:
    """Whatever was seen, and in whatever order."""
    score = _score([at for at, _ in seen], [size for _, size in seen])

    assert 0.0 <= score <= 1.0
    assert score == pytest.approx(
        _score([at for at, _ in seen[::-1]], [size for _, size in seen[::-1]])
    )


def test_pairs_are_scored_apart() -> None:
    """Two pairs whose sightings are mixed score as each would alone."""
    clock, other = list(range(0, DAY_MS, DAY_MS // 30)), [5, 7, 40_000, 70_000_000]
    pair = np.array([7] * len(clock) + [3] * len(other))
    sizes = np.array([90] * len(clock) + [40, 1_500, 600, 41])
    shuffle = np.random.default_rng(1).permutation(pair.size)

    found, scores = pair_scores(
        pair[shuffle], np.array(clock + other)[shuffle], sizes[shuffle], SPAN
    )

    assert found.tolist() == [3, 7]
    assert scores.tolist() == [
        pytest.approx(_score(other, sizes[-4:].tolist())),
        pytest.approx(_score(clock, [90] * len(clock))),
    ]


def test_a_called_service_leads_and_the_pairs_are_counted(
    engine: DuckEngine, tmp_path: Path
) -> None:
    """A clock on one line; forty others come once: of 41 pairs one was sighted often enough."""
    rows = [
        row
        for tick in range(48)
        for row in talk(1, "203.0.113.9", NOON_MS + tick * 1_800_000, remote_port=9_000)
    ]
    rows += [
        row
        for line in range(2, 42)
        for row in talk(line, "198.51.100.1", NOON_MS + line * 1_111_111)
    ]
    found = survey(engine, tmp_path, rows)

    table = Beacons(level=0.5, share_most=1.0).rank(engine, found, {}, default_register())

    assert table.column("remote_port").to_pylist() == [9_000]
    assert table.schema.metadata == {PAIRS: b"41", SIGHTED: b"1"}


def test_rare_contacts_rank_nothing(network: Observed) -> None:
    """With more sightings asked for than any pair has, the ranking is empty."""
    table = Beacons(least_sightings=1_000).rank(
        network.engine, network.survey, network.lists, network.register
    )

    assert table.num_rows == 0
    assert table.schema.metadata[SIGHTED] == b"0"
