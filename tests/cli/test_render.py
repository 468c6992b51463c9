"""Results are printed so that any reader, person or program, can take them."""

from pathlib import Path

import pytest

from hinomi.cli import render


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (3, "3"),
        ([1, 2, 3], "1 2 3"),
        ({"a": 1, "b": None}, "a: 1\nb: -"),
        ({"a": {"b": 1, "c": 2}}, "a: b: 1, c: 2"),
        ([{"text": "first"}, {"text": "second"}], "first\nsecond"),
    ],
)
def test_parts_of_documents_read_as_words(value: object, text: str) -> None:
    """Missing is a dash, truth is yes, lists stand in a line, facts below each other."""
    assert render.plain(value) == text


def test_a_table_in_a_pipe_has_no_folds_marks_or_spaces(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Long cells stay on their line, brackets are no markup, nothing trails."""
    render.print_table(("name", "n"), [("x" * 120, "1"), ("[red]y", "22")], numbers=(1,))

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("x" * 120) for line in lines)
    assert any("[red]y" in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_what_is_no_number_of_json_is_refused() -> None:
    """NaN is no JSON: printing it is a fault, not a document that parsers reject."""
    with pytest.raises(ValueError, match="JSON"):
        render.print_json({"x": float("nan")})


def test_text_is_folded_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines keep within the terminal, at most 100 columns, and stand in by the indent."""
    monkeypatch.setenv("COLUMNS", "40")
    narrow = render.fold("word " * 40, indent=4).splitlines()
    monkeypatch.setenv("COLUMNS", "400")
    wide = render.fold("word " * 40, indent=4).splitlines()

    assert max(len(line) for line in narrow) <= 40
    assert max(len(line) for line in wide) <= 100
    assert all(line.startswith("    word") for line in narrow + wide)


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message of several lines is said in one, on standard error."""
    render.complain("first\nsecond")

    assert capsys.readouterr().err == "hinomi: first second\n"


def test_a_path_of_any_bytes_is_text() -> None:
    """Bytes that are no UTF-8 are escaped, others stay."""
    odd = Path(b"caf\xe9.csv".decode("utf-8", "surrogateescape"))

    assert render.path_text(odd) == "caf\\xe9.csv"
    assert render.path_text(Path("caf\u00e9.csv")) == "caf\u00e9.csv"


def test_of_many_documents_each_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A program can read them one by one as they come."""
    render.print_json({"a": [1, "line\nfeed"]}, on_one_line=True)
    render.print_json({"b": 2}, on_one_line=True)

    assert capsys.readouterr().out == '{"a": [1, "line\\nfeed"]}\n{"b": 2}\n'


def test_a_number_is_read_out_in_fours() -> None:
    """Four digits at a time."""
    assert render.in_fours("0123456789ab") == "0123 4567 89ab"
