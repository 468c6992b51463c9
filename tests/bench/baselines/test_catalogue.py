"""All baselines keep to the one interface."""

import numpy as np
import pyarrow as pa
import pytest

from hinomi.bench.baselines.catalogue import BASELINES
from hinomi.bench.baselines.interface import Baseline, Observed
from hinomi.detect import passes
from hinomi.detect.columns import floats
from hinomi.detect.orient import SERVICE
from hinomi.engine.duckdb import DuckEngine
from hinomi.model.listed import ListKind
from surveys import LOADER, LOADER_PORT, entry, survey

LISTS = {
    ListKind.KNOWN_CC: [entry(LOADER, LOADER_PORT)],
    ListKind.BENIGN: [entry("198.51.100.2")],
}


@pytest.fixture(scope="module")
def nothing(engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory) -> passes.Survey:
    """Give the survey of a window without records."""
    return survey(engine, tmp_path_factory.mktemp("flows"), [])


def test_names_are_distinct_and_sources_are_stated() -> None:
    """Each row of the benchmark's table can be told from the others."""
    assert len({each.name for each in BASELINES}) == len(BASELINES) >= 8
    assert all(len(each.source) > 10 for each in BASELINES)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_a_ranking_has_its_columns_and_its_order(baseline: Baseline, network: Observed) -> None:
    """Descending, above zero, each service once, none that a list calls harmless."""
    table = baseline.rank(network.engine, network.survey, LISTS, network.register)
    score = floats(table, "score")
    benign = entry("198.51.100.2").base

    assert table.column_names == [*SERVICE, "score"]
    assert (np.diff(score) <= 0).all()
    assert (score > 0).all()
    assert len(set(zip(*(table[name].to_pylist() for name in SERVICE), strict=True))) == len(score)
    assert (benign.hi, benign.lo) not in set(
        zip(table["remote_hi"].to_pylist(), table["remote_lo"].to_pylist(), strict=True)
    )


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_the_setting_that_ships_is_one_of_those_that_were_tried(baseline: Baseline) -> None:
    """What was tuned is what is used."""
    assert baseline in baseline.alternatives()


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_an_empty_survey_gives_an_empty_ranking(
    baseline: Baseline, network: Observed, nothing: passes.Survey
) -> None:
    """No record, no service, no error."""
    table = baseline.rank(network.engine, nothing, LISTS, network.register)

    assert table.num_rows == 0


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_the_ranking_does_not_depend_on_the_parts(
    baseline: Baseline, network: Observed, in_four_parts: Observed
) -> None:
    """Four parts rank as one does, but for the last digits of sums."""
    one, four = (
        _by_service(baseline.rank(each.engine, each.survey, LISTS, each.register))
        for each in (network, in_four_parts)
    )

    assert one.keys() == four.keys()
    assert [four[key] for key in one] == pytest.approx(list(one.values()), rel=1e-6)


def _by_service(table: pa.Table) -> dict[tuple[int, ...], float]:
    return {tuple(int(row[name]) for name in SERVICE): row["score"] for row in table.to_pylist()}
