"""Features of servers."""

from pathlib import Path

import numpy as np
import pytest

from builders import HOUR_MS, NOON_MS, knock, talk
from hinomi.bench.baselines.interface import Observed
from hinomi.bench.baselines.server_features import FEATURES, features
from hinomi.engine.duckdb import DuckEngine
from surveys import CC, row_of, survey

DAYS = 3


def _of(engine: DuckEngine, folder: Path, rows: list[dict[str, int]]) -> dict[str, float]:
    """Measure the service on port 9000."""
    found = survey(engine, folder, rows)
    measured = features(engine, found)[row_of(found, CC, 9_000)]
    return dict(zip(FEATURES, measured.tolist(), strict=True))


def test_every_service_has_every_feature(network: Observed) -> None:
    """One row a service, one column a name; the names are distinct."""
    measured = features(network.engine, network.survey)

    assert measured.shape == (network.survey.services.num_rows, len(FEATURES))
    assert len(set(FEATURES)) == len(FEATURES)


def test_sizes_and_clients_are_those_of_the_records(engine: DuckEngine, tmp_path: Path) -> None:
    """Two lines, each way 2 packets of 100 bytes; one of them comes back after two hours."""
    rows = [
        *talk(1, CC, NOON_MS, remote_port=9_000),
        *talk(1, CC, NOON_MS + 2 * HOUR_MS, remote_port=9_000),
        *talk(2, CC, NOON_MS + HOUR_MS, remote_port=9_000),
    ]
    measured = _of(engine, tmp_path, rows)

    assert measured["clients_log"] == pytest.approx(np.log(3))
    assert (measured["size_out"], measured["size_spread_out"]) == (100, 0)
    assert (measured["bytes_in"], measured["bytes_spread_in"]) == (200, 0)
    assert measured["records_per_client"] == 3
    assert measured["returned_share"] == 0.5
    assert (measured["stay"], measured["stay_spread"]) == (1, 1)
    assert measured["hours_share"] == 1
    assert (measured["port_habit"], measured["tcp"]) == (4, 1)


def test_a_service_that_never_answered_has_no_size(engine: DuckEngine, tmp_path: Path) -> None:
    """What was not seen is no number."""
    measured = _of(engine, tmp_path, [knock(1, CC, remote_port=9_000)])

    assert np.isnan(measured["size_in"])
    assert np.isnan(measured["stay"])
    assert measured["silent_share"] == 1


def test_time_tells_a_daily_service_from_a_steady_one(engine: DuckEngine, tmp_path: Path) -> None:
    """One is met from 9 to 17 h, the other each hour as much."""
    steady = [
        row
        for hour in range(24 * DAYS)
        for row in talk(1, CC, NOON_MS + hour * HOUR_MS, remote_port=9_000)
    ]
    office = [row for row in steady if 9 <= (row["ts_ms"] // HOUR_MS) % 24 < 17] + [
        row | {"remote_port": 9_001} for row in steady
    ]
    even, daily = _of(engine, tmp_path, steady), _of(engine, tmp_path, office)

    assert even["day_swing"] == pytest.approx(0, abs=1e-9)
    assert even["dispersion"] == pytest.approx(0, abs=1e-9)
    assert daily["day_swing"] > 0.8
    assert daily["next_day"] > 0.5
    assert daily["next_hour"] > 0.5
    assert daily["hours_share"] == pytest.approx(1 / 3)


def test_features_do_not_depend_on_the_parts(network: Observed, in_four_parts: Observed) -> None:
    """One part or four: the same numbers for the same services."""
    one, four = (features(each.engine, each.survey) for each in (network, in_four_parts))

    assert network.survey.services.equals(in_four_parts.survey.services)
    np.testing.assert_allclose(one, four, rtol=1e-9)
