"""``hinomi lists`` takes lists in, shows them and ends them."""

from pathlib import Path

import pytest

from terminal import hinomi, make_home


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Give a laboratory with the documentation ranges as its own."""
    return make_home(tmp_path / "home")


def write_list(folder: Path, *addresses: str) -> Path:
    """Write a list in plain text."""
    path = folder / "list.txt"
    path.write_text("".join(f"{address}\n" for address in addresses))
    return path


def test_the_document_has_what_scripts_rely_on(home: Path, tmp_path: Path) -> None:
    """Adding answers kind, source, added, ended, ignored and malformed."""
    path = write_list(tmp_path, "198.51.100.1", "198.51.100.2", "198.51.100.2")

    said = hinomi("lists", "add", "known-cc", path, "--source", "feed", "--json", home=home)

    assert said.document == {
        "kind": "known-cc",
        "source": "feed",
        "added": 2,
        "ended": 0,
        "ignored": {"duplicate": 1},
        "malformed": 0,
    }


def test_lists_are_shown_by_kind_and_source(home: Path, tmp_path: Path) -> None:
    """Show names each list with its snapshot and length."""
    path = write_list(tmp_path, "198.51.100.1")
    hinomi("lists", "add", "benign", path, "--source", "one", home=home)
    hinomi("lists", "add", "scanners", path, "--source", "two", home=home)

    document = hinomi("lists", "show", "--json", home=home).document
    text = hinomi("lists", "show", home=home).out

    assert [(each["kind"], each["source"], each["entries"]) for each in document["lists"]] == [
        ("benign", "one", 1),
        ("scanners", "two", 1),
    ]
    assert "scanners" in text


def test_removal_is_told_and_an_unknown_list_is_not_found(home: Path, tmp_path: Path) -> None:
    """Remove counts what ended; the second time exits 66."""
    path = write_list(tmp_path, "198.51.100.1")
    hinomi("lists", "add", "benign", path, "--source", "one", home=home)

    first = hinomi("lists", "remove", "benign", "--source", "one", "--json", home=home)
    second = hinomi("lists", "remove", "benign", "--source", "one", home=home)

    assert first.document["ended"] == 1
    assert second.code == 66


def test_the_text_counts_what_was_left_out(home: Path, tmp_path: Path) -> None:
    """Without --json, ignored entries are a line for each reason."""
    path = write_list(tmp_path, "198.51.100.1", "198.51.100.1")

    said = hinomi("lists", "add", "benign", path, "--source", "one", home=home)

    assert "1 added, 0 ended" in said.out
    assert "ignored 1: duplicate" in said.out
