"""``hinomi networks`` shows and replaces what `init` was told."""

from pathlib import Path

import pytest

from terminal import hinomi, make_home

LINES = (
    "192.0.2.0/24, hosting, 32, corporate\n"
    "198.51.100.0/25, map-e:4, 40, private, 2026-12-01\n"
    "2001:db8::/32, ipoe, 56, unknown\n"
)


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Make a home with other networks."""
    return make_home(tmp_path / "home", "203.0.113.0/24")


def own(folder: Path, text: str) -> Path:
    """Write a file of own networks."""
    path = folder / "own-networks.txt"
    path.write_text(text, "utf-8")
    return path


def test_what_is_shown_can_be_given_back(home: Path, tmp_path: Path) -> None:
    """The text is a file for `replace`; giving it back changes nothing."""
    first = hinomi("networks", "replace", own(tmp_path, LINES), home=home)
    shown = hinomi("networks", "show", home=home)
    again = hinomi("networks", "replace", own(tmp_path, shown.out), "--json", home=home)

    assert first.out == "3 own network(s): 3 added, 1 removed, 0 kept.\n"
    assert "count as foreign from now on" in first.err
    assert shown.out == LINES
    assert again.document["kept"] == 3
    assert again.document["added"] == again.document["removed"] == 0


def test_the_document_names_each_network(home: Path, tmp_path: Path) -> None:
    """With kind, line and first day."""
    hinomi("networks", "replace", own(tmp_path, LINES), home=home)

    found = hinomi("networks", "show", "--json", home=home).document["own_networks"]

    assert found[1] == {
        "prefix": "198.51.100.0/25",
        "kind": "map-e:4",
        "line_bits": 40,
        "customer": "private",
        "valid_from": "2026-12-01T00:00:00Z",
    }
    assert found[2]["valid_from"] is None


def test_lists_to_add_again_are_told_with_the_command(home: Path, tmp_path: Path) -> None:
    """Own addresses in plain are a warning of its own, with their number."""
    suspects = tmp_path / "suspects.txt"
    suspects.write_text("192.0.2.7\n198.51.100.200\n", "utf-8")
    hinomi("lists", "add", "suspects", suspects, "--source", "abuse desk", home=home)

    said = hinomi("networks", "replace", own(tmp_path, LINES), home=home)

    command = "hinomi lists add suspects FILE --source 'abuse desk'"
    assert f"  {command}\n" in said.out
    (warning,) = (line for line in said.err.splitlines() if "in plain; run" in line)
    assert warning.startswith("hinomi: 1 entries of the suspects list")
    assert warning.endswith(command)


def test_an_empty_file_is_refused(home: Path, tmp_path: Path) -> None:
    """A home without own networks would store its subscribers in plain."""
    said = hinomi("networks", "replace", own(tmp_path, "# none\n"), home=home)

    assert said.code == 65
    assert "names no prefix" in said.err
    assert hinomi("networks", "show", home=home).out.startswith("203.0.113.0/24")
