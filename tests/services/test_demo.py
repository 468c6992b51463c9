"""The demo goes the whole way on a made-up world and never on somebody's folder."""

from pathlib import Path

import pytest

from hinomi.bench.spec import tiny_spec
from hinomi.errors import Conflict
from hinomi.services.demo import MARK, Demo, run_demo
from hinomi.services.home import open_home


@pytest.fixture(name="told", scope="module")
def what_it_told() -> list[str]:
    """Collect the steps that the demo tells."""
    return []


@pytest.fixture(name="demo", scope="module")
def a_demo(tmp_path_factory: pytest.TempPathFactory, told: list[str]) -> Demo:
    """Run the demo on the smallest world."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    return run_demo(folder, told.append, spec=tiny_spec())


def test_it_leaves_world_home_and_report(demo: Demo) -> None:
    """What it worked on and what came out can be looked at afterwards."""
    assert (demo.folder / "world" / "truth.csv").is_file()
    assert demo.report.read_text("utf-8").lstrip().lower().startswith("<!doctype html")
    home = open_home(demo.home)
    assert home.lake().statistics().rows > 0
    with home.casebook() as casebook:
        assert len(casebook.lists.show()) == 5


def test_it_tells_the_commands_it_stands_for(demo: Demo, told: list[str]) -> None:
    """Each step is told as the command an operator would give."""
    commands = [line.split()[1] for line in told if line.startswith("hinomi ")]

    assert commands == ["init", "import", *["lists"] * 5, "detect"]


def test_truth_is_known_by_the_names_of_detection(demo: Demo) -> None:
    """Candidates find their truth, those on own lines by their pseudonym."""
    assert any(service.own for service in demo.truths)
    matched = [each for each in demo.detection.candidates if each.service in demo.truths]

    assert matched
    assert any(truth.is_cc for truth in demo.truths.values())


def test_a_folder_of_its_own_is_replaced(demo: Demo) -> None:
    """Run again, it makes everything anew in the same folder."""
    stale = demo.folder / "stale.txt"
    stale.write_text("old")

    again = run_demo(demo.folder, lambda _line: None, spec=tiny_spec(seed=2))

    assert not stale.exists()
    assert again.report.is_file()


def test_a_folder_of_somebody_is_left_alone(tmp_path: Path) -> None:
    """A folder with files that no demo made is a conflict, and stays as it is."""
    (tmp_path / "letter.txt").write_text("mine")

    with pytest.raises(Conflict, match="no demo made it"):
        run_demo(tmp_path, lambda _line: None, spec=tiny_spec())

    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """An empty folder may be used, and is marked as the demo's own."""
    run_demo(tmp_path, lambda _line: None, spec=tiny_spec())

    assert (tmp_path / MARK).is_file()
