"""Every method is measured on the same world, by the same code."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from hinomi.bench.baselines.catalogue import BASELINES
from hinomi.bench.ranking import require_ranking
from hinomi.bench.result import ALL, Result
from hinomi.bench.worldfiles import TRUTH, find_world
from hinomi.errors import NotFound
from hinomi.model.window import Window
from hinomi.services.benching import (
    HINOMI,
    method_names,
    observe,
    rank_judged,
    run_bench,
    state_clients,
)
from hinomi.services.detecting import judging, run_detection
from hinomi.services.laboratory import Thinning, open_laboratory
from hinomi.services.mandates import Operation
from worlds import write_small_world


def _quiet(_line: str | float) -> None:
    pass


@pytest.fixture(name="world", scope="module")
def a_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small world."""
    return write_small_world(tmp_path_factory.mktemp("bench") / "w")


@pytest.fixture(name="results", scope="module")
def all_results(world: Path) -> dict[str, Result]:
    """Measure every method on it."""
    return {each.method: each for each in run_bench(world, _quiet)}


def test_every_method_is_measured(results: dict[str, Result]) -> None:
    """Hinomi comes first, then each baseline, all on the same world."""
    assert tuple(results) == method_names() == (HINOMI, *(each.name for each in BASELINES))
    assert {each.world for each in results.values()} == {"w"}
    assert {each.sought for each in results.values()} == {2}
    assert {(each.interval, each.days) for each in results.values()} == {(1_000, 1.0)}


def test_ccs_are_found_under_the_names_of_the_truth(results: dict[str, Result]) -> None:
    """The unlisted C&C and the one on an own line are matched with the truth, and found."""
    found = results[HINOMI].score

    assert found.figures["recall_100"] == 1
    assert found.figures["known_confirmed"] == 1
    assert set(found.groups["family"]) == {"moth", "wasp"}
    assert set(found.groups["size"]) == {"5-9", "10-19"}


def test_only_hinomi_states_probabilities(results: dict[str, Result]) -> None:
    """Of its figures all services met are counted, of baselines none."""
    sums = results[HINOMI].calibration[ALL]

    assert sum(sums.ccs) == 3
    assert sum(sums.ccs) + sum(sums.others) == results[HINOMI].services
    assert all(not each.calibration for name, each in results.items() if name != HINOMI)


def test_costs_are_told(results: dict[str, Result]) -> None:
    """CPU time is above nothing, memory that of a process; baselines come atop the survey."""
    for name, each in results.items():
        assert each.cost.cpu_s > 0
        assert each.cost.peak_mib > 50
        assert each.cost.beyond_survey is (name != HINOMI)


def test_the_ranking_is_the_list_that_detection_shows(world: Path) -> None:
    """What is scored is what an analyst would see, in the same order."""
    with open_laboratory(find_world(world), _quiet) as laboratory:
        shown = run_detection(laboratory.home, Window(), top=10)
        with judging(laboratory.home, Window(), Operation.DETECT, _quiet) as (_, judged, _):
            ranking = rank_judged(judged)

    require_ranking(ranking)
    head = ranking.slice(0, len(shown.candidates)).to_pylist()
    assert [(row["address"], row["port"]) for row in head] == [
        (each.service.render_address(), each.service.port) for each in shown.candidates
    ]
    assert [row["known"] for row in head] == [each.known for each in shown.candidates]


def test_context_can_be_left_out(world: Path, tmp_path: Path) -> None:
    """A world's history is weighed, unless --without-context asks for none."""
    folder = tmp_path / "w"
    shutil.copytree(world, folder)
    (folder / "history.csv").write_text("address\n192.0.2.77\n", "utf-8")

    weighed = []
    for with_context in (True, False):
        opened = open_laboratory(find_world(folder), _quiet, with_context=with_context)
        with (
            opened as laboratory,
            judging(laboratory.home, Window(), Operation.DETECT, _quiet) as (_, judged, _),
        ):
            weighed.append((len(judged.context), "listed-neighbours" in judged.ledger.terms))

    assert weighed == [(1, True), (0, False)]


def test_one_method_alone_can_be_measured(world: Path) -> None:
    """With a world sampled again, which its name then says."""
    (only,) = run_bench(world, _quiet, method="odd-ports", thinning=Thinning(factor=2, seed=7))

    assert (only.method, only.world, only.interval) == ("odd-ports", "w/2#7", 2_000)


def test_an_unknown_method_is_named(world: Path) -> None:
    """The message lists those that exist."""
    with pytest.raises(NotFound, match="odd-ports"):
        run_bench(world, _quiet, method="magic")


def test_a_world_can_be_observed_to_train_on(world: Path) -> None:
    """The truth lies beside the survey's services."""
    with observe(world, _quiet) as observed:
        assert observed.cc().sum() == 3
        assert observed.detectable().sum() == 3


def test_clients_are_stated_where_the_truth_does_not() -> None:
    """The survey counted them; what a world states wins; what was not met has none."""
    rows = [{"address": f"192.0.2.{place}", "protocol": "tcp", "port": 80} for place in (1, 2, 3)]
    rows[1]["clients"] = 7
    services = pa.table(
        {
            "remote_hi": [0, 0],
            "remote_lo": [0xFFFF_C000_0201, 0xFFFF_C000_0202],
            "remote_own": [0, 0],
            "proto": [6, 6],
            "remote_port": [80, 80],
            "clients": [4, 5],
        }
    )

    stated = state_clients(pa.Table.from_pylist(rows, schema=TRUTH), services)

    assert stated.column("clients").to_pylist() == [4, 7, 0]
