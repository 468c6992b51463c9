"""``hinomi bench world`` writes a world that the other commands take."""

from pathlib import Path

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
