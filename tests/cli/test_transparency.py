"""``hinomi transparency`` makes the page, says where it lies, and what it lacks."""

import hashlib
from pathlib import Path

import pytest

from terminal import hinomi, make_home


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Make an operational home."""
    return make_home(tmp_path / "home", sampling=10_000)


def answerable(home: Path) -> None:
    """Let the operator say who answers."""
    config = home / "config.toml"
    text = config.read_text("utf-8").replace('name = ""', 'name = "Sample Telecom"', 1)
    config.write_text(text.replace('contact = ""', 'contact = "Desk"', 1), "utf-8")


def test_the_page_is_japanese_unless_told_otherwise(home: Path) -> None:
    """It is printed, whole and alone on standard output."""
    japanese = hinomi("transparency", home=home)
    english = hinomi("transparency", "--lang", "en", home=home)

    assert japanese.code == english.code == 0
    assert '<html lang="ja">' in japanese.out
    assert '<html lang="en">' in english.out
    assert japanese.out.startswith("<!DOCTYPE html>")
    assert japanese.out.endswith("</html>\n")


def test_what_the_operator_must_set_is_said_on_standard_error(home: Path) -> None:
    """The page is made all the same: it says so as well."""
    lacking = hinomi("transparency", home=home)
    answerable(home)
    complete = hinomi("transparency", home=home)

    assert lacking.err == (
        "hinomi: not fit to be published: set operator.name and operator.contact in config.toml, "
        "then make the page again\n"
    )
    assert complete.err == ""
    assert "Sample Telecom" in complete.out


def test_the_file_has_the_hash_that_is_said_and_journalled(home: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    answerable(home)
    path = tmp_path / "page.html"

    said = hinomi("transparency", "--output", path, home=home)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert said.out == f"The page lies at {path}\nsha256 {digest}\n"
    entries = hinomi("journal", "show", "--last", 1, "--json", home=home).document["entries"]
    assert entries[0]["page"] == digest
    assert hinomi("journal", "verify", home=home).code == 0


def test_what_is_printed_has_the_hash_of_the_journal(home: Path) -> None:
    """Also without a file."""
    page = hinomi("transparency", home=home).out

    entries = hinomi("journal", "show", "--last", 1, "--json", home=home).document["entries"]
    assert entries[0]["page"] == hashlib.sha256(page.encode()).hexdigest()


def test_the_document_is_the_whole_output(home: Path, tmp_path: Path) -> None:
    """The facts behind the page, and which page they are behind."""
    path = tmp_path / "page.html"

    told = hinomi("transparency", "--json", "--lang", "en", "--output", path, home=home).document

    assert told["page"] == {
        "language": "en",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "file": str(path),
    }
    assert told["sampling"]["least_interval"] == 8192
    assert told["operator"]["missing"] == ["name", "contact"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--since", "2026-01-01T10:00:00Z"], 64, "whole days"),
        (["--until", "2999-01-01"], 64, "lies in the future"),
        (["--since", "2020-01-02", "--until", "2020-01-02"], 64, "holds no day"),
        (["--lang", "fr"], 64, "fr"),
        (["--output", "absent/page.html"], 66, "no such folder"),
    ],
)
def test_bad_wishes_get_one_line(home: Path, options: list[str], code: int, said: str) -> None:
    """What, where, and what to do; no page."""
    answered = hinomi("transparency", *options, home=home)

    assert answered.code == code
    assert answered.out == ""
    assert said in answered.err
    assert len(answered.err.splitlines()) == 1


def test_a_register_that_protects_nobody_stops_it(home: Path) -> None:
    """One line and the exit code of a wrong configuration."""
    name = "transparency.least_count"
    hinomi("parameters", "propose", name, "1", "--considerations", "Show it.", home=home)

    answered = hinomi("transparency", home=home)

    assert answered.code == 78
    assert "protects nobody" in answered.err
