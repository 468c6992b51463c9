"""``hinomi init`` makes a home and says of what kind it is."""

from pathlib import Path

from terminal import hinomi, make_home


def test_a_laboratory_is_told_what_it_is(tmp_path: Path) -> None:
    """--sampling 1 makes a laboratory, which takes anything and can share nothing."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n")

    said = hinomi("init", "--own-prefixes", own, "--sampling", "1", home=tmp_path / "lab")

    assert said.code == 0
    assert "laboratory" in said.out
    assert "can share nothing" in said.out


def test_an_unstated_interval_is_told(tmp_path: Path) -> None:
    """Without --sampling the home is operational and the interval is not stated."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n")

    said = hinomi("init", "--own-prefixes", own, home=tmp_path / "home")

    assert said.code == 0
    assert "operational" in said.out
    assert "not stated" in said.out


def test_the_document_names_kind_and_register(tmp_path: Path) -> None:
    """With --json there is one document with kind, interval, networks and register."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n")

    said = hinomi(
        "init", "--own-prefixes", own, "--sampling", "10000", "--json", home=tmp_path / "h"
    )

    assert said.document["kind"] == "operational"
    assert said.document["sampling_interval"] == 10_000
    assert said.document["own_networks"] == 1
    assert len(said.document["register"]) == 64


def test_a_second_init_is_a_conflict(tmp_path: Path) -> None:
    """Exit 75, one line, and the home stays."""
    home = make_home(tmp_path / "home")

    said = hinomi("init", "--own-prefixes", tmp_path / "home-own.txt", home=home)

    assert said.code == 75
    assert said.err == f"hinomi: a home exists at {home}; choose another folder with --home\n"


def test_a_bad_prefix_is_named_by_its_line(tmp_path: Path) -> None:
    """Exit 65 with file and line."""
    own = tmp_path / "own.txt"
    own.write_text("192.0.2.0/24\n192.0.2.0/99\n")

    said = hinomi("init", "--own-prefixes", own, home=tmp_path / "home")

    assert said.code == 65
    assert f"{own}, line 2" in said.err
