"""What a method reached can be kept, and its probabilities are held against the truth."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hinomi.bench.calibration import Calibration, log_loss
from hinomi.bench.result import (
    ALL,
    SHIFTED,
    UNKNOWN,
    calibrations,
    missed_ccs,
    read_results,
    scored_rows,
    servers_of,
    write_results,
)
from hinomi.bench.score import Fact, Matched, Score, facts_of
from hinomi.bench.worldfiles import TRUTH
from hinomi.errors import MalformedDocument, NotFound
from results import result

TOLD = [
    {"label": "cc", "tier": 1, "known": True, "detectable": True},
    {"label": "cc", "tier": 1, "known": False, "detectable": True, "members": 40},
    {"label": "cc", "tier": 1, "known": False, "detectable": False, "clients": 1, "members": 9},
    {"label": "cc", "tier": 2, "known": False, "detectable": False, "clients": 0, "members": 3},
]


def _matched() -> Matched:
    """Rank the known one, the unknown one and one ordinary service; two are not ranked."""
    truth = pa.Table.from_pylist([{"address": "n"} | row for row in TOLD], schema=TRUTH)
    return Matched(
        probability=np.array([0.9, 0.8, 0.3]),
        row=np.array([0, 1, -1]),
        right=np.array([True, True, False]),
        known=np.array([True, False, False]),
        wanted=np.array([False, True, False]),
        truth=truth,
        sought=np.array([False, True, False, False]),
    )


def _calibrated(*, met: int, unjudged: float) -> dict[str, Calibration]:
    matched = _matched()
    assert matched.probability is not None
    return calibrations(
        matched.probability,
        facts_of(matched),
        missed_ccs(matched),
        met=met,
        unjudged=unjudged,
    )


def test_results_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """Nothing is lost on the way through a file, and it is put in place of an older one."""
    path = tmp_path / "results.json"
    path.write_text("old")
    kept = [result(), result("odd-ports", right_90=None)]

    write_results(kept, path)

    assert read_results(path) == kept


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """Both what is no result and what is not there are told in one line."""
    path = tmp_path / "other.json"
    path.write_text('[{"method": 3}]')

    with pytest.raises(MalformedDocument, match="no results"):
        read_results(path)
    with pytest.raises(NotFound):
        read_results(tmp_path / "missing.json")


def test_services_never_judged_count_by_the_base_rate() -> None:
    """Of 1,003 met, three were judged and one sampled C&C was not: 999 are left."""
    sums = _calibrated(met=1_003, unjudged=0.001)

    assert sum(sums[ALL].ccs) == 3
    assert sum(sums[ALL].others) == 1_000
    expected = -np.log(0.9) - np.log(0.8) - np.log(0.7) - np.log(0.001) - 999 * np.log(0.999)
    assert log_loss(sums[ALL]) == pytest.approx(expected / 1_003)


def test_known_ccs_are_left_out_of_the_unknown() -> None:
    """What lists say must not flatter what detection says."""
    sums = _calibrated(met=10, unjudged=0.01)

    assert sum(sums[UNKNOWN].ccs) == 2
    assert sums[UNKNOWN].ccs[9] == 0


def test_probabilities_are_also_moved_to_a_rarer_prior() -> None:
    """0.8 at a tenth of the odds is 0.29."""
    sums = _calibrated(met=10, unjudged=0.01)

    assert sums[UNKNOWN + SHIFTED].ccs[2] == 1


def test_the_head_of_a_ranking_by_scores_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies behind it and is a C&C counts as missed."""
    monkeypatch.setattr("hinomi.bench.result.KEPT_ROWS", 1)
    rows = scored_rows(_matched(), np.array([9.0, 8.0, 7.0]), (1, 1))

    assert rows.scores == [9.0]
    assert rows.facts == [Fact.RIGHT | Fact.KNOWN | Fact.ALIVE]
    assert rows.missed == (2, 2)
    assert rows.alive == 1


def test_servers_of_the_curve_are_the_unknown_of_the_first_tier() -> None:
    """Those that could not be found are on it too: the bound is about them."""
    found = Score(figures={}, groups={}, traps={}, likely_traps={}, curve=[], found=[1])
    servers = servers_of(_matched(), found, days=7.0, interval=10_000)

    assert [(each.members, each.detectable, each.found) for each in servers] == [
        (40, True, True), (9, False, False),
    ]  # fmt: skip
