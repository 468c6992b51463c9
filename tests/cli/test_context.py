"""``hinomi context`` takes tables in, shows them and deletes them."""

from pathlib import Path

import pytest

from hinomi.model.context import ContextKind
from ribs import dump, rib, route
from terminal import Said, hinomi, make_home


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Give a laboratory with the documentation ranges as its own."""
    return make_home(tmp_path / "home")


def add(home: Path, content: bytes, *more: str, kind: str = "routes") -> Said:
    """Write *content* to a file and add it as of 2025-01-01."""
    path = home.parent / "file"
    path.write_bytes(content)
    stated = ("--source", "collector", "--licence", "CC0", "--date", "2025-01-01")
    return hinomi("context", "add", kind, path, *stated, *more, home=home)


DUMP = dump(rib("0.0.0.0/0", [route(64500)]), rib("198.51.100.0/24", [route(64500)]))


def test_the_document_has_what_scripts_rely_on(home: Path) -> None:
    """Adding answers what the table states, and what was left out."""
    document = add(home, DUMP, "--json").document

    assert len(document.pop("sha256")) == 64
    assert document.pop("taken").endswith("Z")
    assert document == {
        "kind": "routes",
        "source": "collector",
        "licence": "CC0",
        "date": "2025-01-01",
        "rows": 1,
        "ignored": {"default-route": 1},
        "malformed": 0,
    }


def test_the_text_counts_what_was_left_out(home: Path) -> None:
    """Without --json, each reason is a line."""
    said = add(home, b"0.0.0.0/0 1\nrubbish\n198.51.100.0/24 64500\n", "--keep-good")

    assert said.out.splitlines() == [
        "routes from collector as of 2025-01-01: 1 rows.",
        "ignored 1: default-route",
        "malformed 1",
    ]


def test_tables_are_shown_and_removed(home: Path) -> None:
    """Show names licence and day; remove exits 66 the second time."""
    add(home, DUMP)

    shown = hinomi("context", "show", "--json", home=home).document
    text = hinomi("context", "show", home=home).out
    first = hinomi("context", "remove", "routes", "--source", "collector", "--json", home=home)
    second = hinomi("context", "remove", "routes", "--source", "collector", home=home)

    assert [(each["kind"], each["licence"]) for each in shown["tables"]] == [("routes", "CC0")]
    assert "collector" in text
    assert [each["date"] for each in first.document["removed"]] == ["2025-01-01"]
    assert (second.code, second.out) == (66, "")


@pytest.mark.parametrize("kind", ContextKind)
def test_malformed_input_is_one_line_and_exit_65(home: Path, kind: ContextKind) -> None:
    """Whatever the kind: no traceback, nothing on standard output, nothing kept."""
    said = add(home, b"neither here nor there, 198.51.100.1\n", kind=kind.value)

    assert (said.code, said.out) == (65, "")
    assert len(said.err.splitlines()) == 1
    assert "198.51.100.1" not in said.err
    assert hinomi("context", "show", "--json", home=home).document == {"tables": []}


def test_wrong_use_and_absent_files_have_their_codes(home: Path) -> None:
    """A day that is none is wrong use, a file that is absent is not found."""
    stated = ("--source", "x", "--licence", "y", "--date")
    bad_day = hinomi("context", "add", "routes", "absent", *stated, "noday", home=home)
    absent = hinomi("context", "add", "routes", "absent", *stated, "2025-01-01", home=home)
    silent = hinomi("context", "add", "routes", "absent", "--source", "x", home=home)

    assert (bad_day.code, absent.code, silent.code) == (64, 66, 64)


def test_one_day_may_be_removed_alone(home: Path) -> None:
    """The others stay."""
    add(home, DUMP)
    gone = ("context", "remove", "routes", "--source", "collector", "--date")

    assert hinomi(*gone, "2024-01-01", home=home).code == 66
    assert hinomi(*gone, "2025-01-01", home=home).out == "routes from collector: 1 removed.\n"
