"""``hinomi bench world`` writes a world that the other commands take."""

from pathlib import Path

import pytest

from captured import capture_folder
from terminal import hinomi


def test_a_world_is_written_whole(tmp_path: Path) -> None:
    """Flows, own networks, lists and truth lie in the folder; the answer counts the records."""
    said = hinomi("bench", "world", "--kind", "tiny", "--seed", "2", tmp_path / "world", "--json")

    assert said.code == 0, said.err
    assert said.document["records"] > 1_000
    names = {path.name for path in (tmp_path / "world").iterdir()}
    assert {"own-networks.txt", "truth.csv", "known-cc.csv"} <= names
    assert any(name.startswith("flows") for name in names)


def test_a_kind_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    """Exits 64 and makes nothing."""
    said = hinomi("bench", "world", "--kind", "huge", tmp_path / "world")

    assert said.code == 64
    assert not (tmp_path / "world").exists()


def test_a_world_that_cannot_be_is_wrong_use(tmp_path: Path) -> None:
    """More bots than lines: exits 64, in one line."""
    said = hinomi("bench", "world", "--kind", "demo", "--lines", "300", tmp_path / "world")

    assert said.code == 64
    assert "no such world" in said.err


def test_another_school_draws_a_world(tmp_path: Path) -> None:
    """Its kinds are fewer; the answer counts the records."""
    options = ("--school", "profiled", "--scale", "0.01", "--json", tmp_path / "world")

    said = hinomi("bench", "world", "--kind", "dense", *options)

    assert said.code == 0, said.err
    assert said.document["records"] > 1_000
    assert (tmp_path / "world" / "truth.csv").is_file()


@pytest.mark.parametrize(
    "options",
    [("--kind", "tiny"), ("--kind", "dense", "--lines", "900"), ("--kind", "dense", "--uneven")],
)
def test_a_school_refuses_what_it_does_not_know(options: tuple[str, ...], tmp_path: Path) -> None:
    """Another kind, or an option of the first school: exits 64 and makes nothing."""
    said = hinomi("bench", "world", "--school", "profiled", *options, tmp_path / "world")

    assert said.code == 64
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize("school", [(), ("--school", "motley", "--kind", "dense")])
@pytest.mark.parametrize("folder", ["file", "file/under", "/proc/world"])
def test_a_folder_that_cannot_be_made_is_told(
    school: tuple[str, ...], folder: str, tmp_path: Path
) -> None:
    """Exits 69, or 75 where a file is, in one line and before anything is drawn."""
    (tmp_path / "file").write_text("mine")

    said = hinomi("bench", "world", *school, tmp_path / folder)

    assert said.code == (75 if folder == "file" else 69)
    assert str(tmp_path / folder) in said.err
    assert said.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_captures_are_replayed(tmp_path: Path) -> None:
    """Lines, days and interval can be asked for; a folder without captures is told."""
    captures = capture_folder(tmp_path / "captures")
    options = ("--lines", "400", "--days", "1", "--interval", "200", "--json")

    said = hinomi("bench", "world", "--replay", captures, *options, tmp_path / "world")

    assert said.code == 0, said.err
    assert said.document["records"] > 100
    lacking = hinomi("bench", "world", "--replay", tmp_path, *options, tmp_path / "other")
    assert lacking.code == 66
    taken = hinomi("bench", "world", "--replay", captures, *options, captures / "GROUND-TRUTH.csv")
    assert taken.code == 75


@pytest.mark.parametrize(
    "options", [("--kind", "dense"), ("--kind", "tiny"), ("--uneven",), ("--scale", "0.5")]
)
def test_a_replay_refuses_what_it_does_not_know(options: tuple[str, ...], tmp_path: Path) -> None:
    """Options of drawn worlds would change nothing: exits 64 and makes nothing."""
    captures = capture_folder(tmp_path / "captures")

    said = hinomi("bench", "world", "--replay", captures, *options, tmp_path / "world")

    assert said.code == 64
    assert "--replay goes with" in said.err
    assert not (tmp_path / "world").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """Exits 75, whatever lies there."""
    (tmp_path / "truth.csv").write_text("mine", "utf-8")

    said = hinomi("bench", "world", "--kind", "tiny", tmp_path)

    assert said.code == 75
    assert [path.name for path in tmp_path.iterdir()] == ["truth.csv"]
