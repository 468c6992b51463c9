"""``hinomi bench run`` measures, ``hinomi bench table`` puts results side by side."""

import json
from pathlib import Path

import pytest

from hinomi.bench.result import read_results, write_results
from hinomi.cli.running import run
from results import result
from worlds import write_small_world


@pytest.fixture(name="world", scope="module")
def a_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small world."""
    return write_small_world(tmp_path_factory.mktemp("bench") / "w")


def test_a_run_prints_its_figures_and_keeps_them(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table for people, a file for `table`."""
    kept = tmp_path / "kept.json"

    words = ["bench", "run", str(world), "--method", "hinomi", "--every", "24"]

    assert run([*words, "--out", str(kept)]) == 0

    said = capsys.readouterr()
    assert [len(each.delays_h) for each in read_results(kept)] == [2]
    assert "average precision" in said.out
    assert "2 detectable unknown C&C servers" in said.out
    assert "> w: hinomi" in said.err
    assert [each.method for each in read_results(kept)] == ["hinomi"]


def test_json_is_one_document_and_nothing_else(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read standard output as it is."""
    assert run(["bench", "run", str(world), "--method", "odd-ports", "--thin", "2", "--json"]) == 0

    (only,) = json.loads(capsys.readouterr().out)["results"]
    assert only["method"] == "odd-ports"
    assert only["interval"] == 2_000
    assert set(only["score"]["figures"]) >= {"average_precision", "recall_100"}


@pytest.mark.parametrize("words", [("run", "--out"), ("table", "--method", "hinomi", "--out")])
def test_results_without_a_place_are_told_before_the_work(
    words: tuple[str, ...], world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """69, and no world was taken in."""
    assert run(["bench", *words, str(world / "truth.csv" / "kept"), str(world)]) == 69

    said = capsys.readouterr()
    assert "truth.csv" in said.err
    assert ">" not in said.err


def test_results_are_shown_even_if_they_cannot_be_kept(
    world: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The folder goes while it works: that costs the file, not the figures."""
    monkeypatch.setattr("hinomi.cli.benchrun.require_file_place", lambda _: None)
    out = tmp_path / "gone" / "kept.json"

    assert run(["bench", "run", str(world), "--method", "odd-ports", "--out", str(out)]) == 69

    said = capsys.readouterr()
    assert "average precision" in said.out
    assert "The results lie in" not in said.out
    assert "gone" in said.err


def test_a_folder_that_is_no_world_is_not_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says what is missing, exit code 66."""
    assert run(["bench", "run", str(tmp_path)]) == 66
    assert "lacks" in capsys.readouterr().err


def test_a_table_is_made_of_kept_results_and_of_worlds(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both stand in it; with --out it is written with its pictures and the results."""
    pytest.importorskip("matplotlib", reason="the extra hinomi[bench] is not installed")
    kept, out = tmp_path / "kept.json", tmp_path / "out"
    write_results([result()], kept)
    words = ["bench", "table", str(kept), str(world), "--method", "hinomi", "--out", str(out)]

    assert run([*words, "--thin", "2", "--samples", "2"]) == 0

    shown = capsys.readouterr().out
    assert all(f"| {name} |" in shown for name in ("w1", "w/2#1", "w/2#2"))
    assert "reliability.png" in (out / "table.md").read_text("utf-8")
    assert (out / "precision-recall.png").is_file()
    assert [each.world for each in read_results(out / "results.json")] == ["w1", "w/2#1", "w/2#2"]


def test_worlds_of_one_name_are_refused_before_the_work(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their results could not be told apart; nor can two kept ones of one world."""
    assert run(["bench", "table", str(world), str(world)]) == 64
    said = capsys.readouterr()
    assert "one name" in said.err
    assert ">" not in said.err

    kept = [tmp_path / name for name in ("a.json", "b.json")]
    for path, value in zip(kept, (0.1, 0.2), strict=True):
        write_results([result(average_precision=value)], path)
    assert run(["bench", "table", *map(str, kept)]) == 64
    assert "two results of hinomi on w1" in capsys.readouterr().err


def test_samples_without_thinning_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would all be the same."""
    assert run(["bench", "table", str(tmp_path), "--samples", "3"]) == 64
    assert "--thin" in capsys.readouterr().err
