"""``hinomi drill`` tells recall by size, limits beside theory, and raises an alarm."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drills import a_drill, drill_record, drilled_home
from hinomi.cli import drill as command
from hinomi.services.drillresult import Drill
from hinomi.services.drillwatch import Watched
from hinomi.store.casebook import open_casebook
from terminal import Said, hinomi, make_home


def drilled(monkeypatch: pytest.MonkeyPatch, home: Path, drill: Drill, *words: object) -> Said:
    """Run the command with the result of the drill given."""
    asked: list[Any] = []

    def run(_home: object, window: object, **options: object) -> Drill:
        asked.append((window, options))
        return drill

    monkeypatch.setattr(command, "run_drill", run)
    return hinomi("drill", *words, home=home)


@pytest.fixture(name="home")
def an_empty_home(tmp_path: Path) -> Path:
    """Give a home with nothing in it."""
    return make_home(tmp_path / "home")


def test_a_drill_from_end_to_end(tmp_path: Path) -> None:
    """Real records, real detection, one JSON document; its numbers are in the history."""
    home = drilled_home(tmp_path / "home", lines=520).folder

    said = hinomi("drill", "--json", "--rounds", 1, "--seed", 5, home=home)

    assert said.code == 0, said.err
    document = said.document
    assert document["seed"] == 5
    assert document["botnets"] == sum(cell["botnets"] for cell in document["cells"]) == 1
    assert document["left_out"] == 209
    assert {each["pace"] for each in document["detection_limit"]} == {
        "60 s keep-alive", "5 min beacon", "hourly beacon"
    }  # fmt: skip
    assert document["earlier"] == {"drills": 0, "median_attained": None}
    past = hinomi("drill", "--history", "--json", home=home).document["drills"]
    assert [each["found"] for each in past] == [document["found"]]


def test_an_alarm_is_a_line_and_an_exit_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1: no failure of the run. The document is there all the same."""
    watched = Watched(attained=0.5, median=0.75, earlier=4, alarm=True)
    alarmed = a_drill(record=drill_record(alarm=True), watched=watched)

    said = drilled(monkeypatch, home, alarmed, "--json")

    assert said.code == command.ALARM == 1
    assert said.document["alarm"] is True
    assert "50%" in said.err
    assert "75%" in said.err
    assert said.err.count("\n") == 1


def test_the_tables_tell_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recall beside the possible, limits beside theory; others are not called wrong."""
    said = drilled(monkeypatch, home, a_drill())

    assert said.code == 0
    row = next(line for line in said.out.splitlines() if line.startswith("60 s keep-alive"))
    assert row.split()[3:] == ["20", "10", "4", "40%", "80%", "5", "1"]
    assert "40 (20)" in said.out
    assert "none (40)" in said.out
    assert "12, neither the drill's nor listed" in said.out
    assert "28 of 30" in said.out


def test_metrics_are_written(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A textfile for the node exporter."""
    drilled(monkeypatch, home, a_drill(), "--metrics", tmp_path / "hinomi.prom")

    assert "hinomi_drill_found 50.0" in (tmp_path / "hinomi.prom").read_text()


def test_metrics_without_a_place_are_told_before_the_work(tmp_path: Path, home: Path) -> None:
    """69, and no drill was run: of an empty lake it would have complained."""
    said = hinomi("drill", "--metrics", tmp_path / "missing" / "hinomi.prom", home=home)

    assert said.code == 69
    assert "missing" in said.err


def test_a_drill_is_shown_even_if_its_metrics_cannot_be_written(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder goes while it works: document and alarm are there all the same."""
    monkeypatch.setattr(command, "require_file_place", lambda _: None)
    alarmed = a_drill(record=drill_record(alarm=True))
    words = ("--json", "--metrics", tmp_path / "gone" / "hinomi.prom")

    said = drilled(monkeypatch, home, alarmed, *words)

    assert said.code == 69
    assert said.document["alarm"] is True
    assert "of the possible was found" in said.err
    assert "gone" in said.err


def test_the_history_is_a_table(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run for it; alarms are marked."""
    monkeypatch.setattr(command, "run_drill", None)
    book = make_book(home)
    book.drills.add(replace(drill_record(), alarm=True))
    book.close()

    said = hinomi("drill", "--history", home=home)

    assert said.code == 0
    assert said.out.splitlines()[-1].split()[-3:] == ["12", "0", "yes"]


def test_a_contradicting_window_is_wrong_use(home: Path) -> None:
    """Last days, or from and to."""
    said = hinomi("drill", "--last-days", 1, "--since", "2026-01-01", home=home)

    assert said.code == 64
    assert "--last-days" in said.err


def test_an_empty_lake_is_told(home: Path) -> None:
    """69: nothing to drill in."""
    said = hinomi("drill", home=home)

    assert said.code == 69
    assert "could play bots" in said.err


def make_book(home: Path) -> Any:
    """Open the case book of a home."""
    return open_casebook(home / "casebook.sqlite")
