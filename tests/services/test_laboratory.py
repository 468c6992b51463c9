"""A world is taken in as an operator would, and nothing of it stays."""

import os
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders import NOON_MS
from hinomi.bench.worldfiles import find_world, read_truth
from hinomi.clock import render_time
from hinomi.errors import MalformedDocument, NotPermitted
from hinomi.model.context import ContextKind
from hinomi.model.listed import ListKind
from hinomi.services.context import show_context
from hinomi.services.home import create_home, open_home
from hinomi.services.laboratory import WORKPLACE, Thinning, open_laboratory, rename_own
from worlds import write_small_world


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let temporary folders be made where the test can look."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _quiet(_line: str) -> None:
    pass


def test_it_holds_the_flows_and_lists_and_goes_afterwards(tmp_path: Path, workplace: Path) -> None:
    """Home, key and lake are there while it is open, and no file after."""
    world = find_world(write_small_world(tmp_path / "w"))

    with open_laboratory(world, _quiet) as laboratory:
        assert laboratory.home.is_laboratory
        assert laboratory.records == laboratory.home.lake().statistics().rows - _inside(laboratory)
        with laboratory.home.casebook() as casebook:
            assert len(casebook.lists.entries(ListKind.KNOWN_CC)) == 1
        assert list(workplace.iterdir())

    assert list(workplace.iterdir()) == []


def _inside(laboratory: object) -> int:
    """Count what is stored once for each end: the packets with the own C&C."""
    return 2 * 8 * 6


def test_it_goes_when_something_fails_too(tmp_path: Path, workplace: Path) -> None:
    """A broken file of flows ends it, and leaves nothing behind."""
    folder = write_small_world(tmp_path / "w")
    (folder / "flows.parquet").write_bytes(b"PAR1 and no more")

    with (
        pytest.raises(MalformedDocument, match=r"flows\.parquet"),
        open_laboratory(find_world(folder), _quiet),
    ):
        pass

    assert list(workplace.iterdir()) == []


def test_what_a_world_lacks_is_told_once(tmp_path: Path) -> None:
    """It is measured all the same."""
    folder = write_small_world(tmp_path / "w")
    flows = pq.read_table(folder / "flows.parquet").drop_columns("tcp_flags")
    pq.write_table(flows, folder / "flows.parquet")
    (folder / "truth.csv").write_text((folder / "truth.csv").read_text().splitlines()[0] + "\n")
    told: list[str] = []

    with open_laboratory(find_world(folder), told.append) as laboratory:
        assert laboratory.records

    (warning,) = (line for line in told if "warning" in line)
    assert warning.startswith("w: ")
    assert "tcp_flags" in warning
    assert "names no service" in warning


def test_what_a_killed_run_left_behind_goes(tmp_path: Path, workplace: Path) -> None:
    """A home with its key lies there; that of a process that lives stays."""
    world = find_world(write_small_world(tmp_path / "w"))
    nobody = 2**22 + 1  # Above the largest process number of Linux.
    for owner in (nobody, os.getppid()):
        (workplace / f"{WORKPLACE}{owner}-x" / "home").mkdir(parents=True)

    with open_laboratory(world, _quiet):
        pass

    assert [path.name for path in workplace.iterdir()] == [f"{WORKPLACE}{os.getppid()}-x"]


def test_the_truth_names_own_services_as_detection_does(tmp_path: Path) -> None:
    """A C&C on an own line is found under its pseudonym; others keep their address."""
    with open_laboratory(find_world(write_small_world(tmp_path / "w")), _quiet) as laboratory:
        names = laboratory.truth.column("address").to_pylist()

    assert [name.startswith("own:") for name in names] == [False, False, True, False]
    assert "198.18" not in " ".join(names)


def test_no_operational_home_lays_a_truth_beside_its_pseudonyms(tmp_path: Path) -> None:
    """There the lines are subscribers, and this would be a third door to them."""
    world = find_world(write_small_world(tmp_path / "w"))
    create_home(tmp_path / "home", world.own_networks, 10_000)

    with pytest.raises(NotPermitted, match="laboratory"):
        rename_own(open_home(tmp_path / "home"), read_truth(world.truth))


def test_a_world_is_sampled_again_before_it_is_taken_in(tmp_path: Path, workplace: Path) -> None:
    """A third of the records is left, at three times the interval."""
    world = find_world(write_small_world(tmp_path / "w"))

    with open_laboratory(world, _quiet) as whole:
        pass
    with open_laboratory(world, _quiet, thinning=Thinning(factor=3, seed=4)) as thinned:
        clients = thinned.truth.column("clients").to_pylist()

    assert thinned.records == pytest.approx(whole.records / 3, rel=0.1)
    assert 5 <= clients[0] <= 15
    assert list(workplace.iterdir()) == []


def test_context_is_brought_in_as_of_the_day_before(tmp_path: Path) -> None:
    """As an operator would have it; it can be left out, for comparison."""
    folder = write_small_world(tmp_path / "w")
    (folder / "as-kinds.csv").write_text("asn,kind\n64496,hosting\n")

    with open_laboratory(find_world(folder), _quiet) as laboratory:
        (table,) = show_context(laboratory.home)
    with open_laboratory(find_world(folder), _quiet, with_context=False) as laboratory:
        none = show_context(laboratory.home)

    assert (table.kind, table.rows) == (ContextKind.AS_KINDS, 1)
    assert table.day < render_time(NOON_MS)
    assert not none
