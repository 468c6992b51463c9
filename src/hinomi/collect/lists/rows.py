"""Lines and rows of text lists, each with the number of its line for messages."""

import csv
from collections.abc import Iterator

from hinomi.collect.lists.intake import BadLine, Intake
from hinomi.errors import MalformedDocument

Row = tuple[int, dict[str, str]]
"""A line's number and its fields by the name of their column."""


def content_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every line that is neither blank nor a ``#`` comment, with its number from 1."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def first_line(text: str) -> str:
    """Give the first line that is not blank, stripped."""
    return next((line.strip() for line in text.split("\n") if line.strip()), "")


def read_header(line: str) -> list[str]:
    """
    Split a header into column names in lower case; it may be commented out or quoted.

    What is no line of CSV, as one with a carriage return inside, names no columns.
    """
    try:
        names = next(csv.reader([line.strip().lstrip("#").strip()], skipinitialspace=True), [])
    except csv.Error:
        return []
    return [name.strip().lower() for name in names]


def parse_rows(
    lines: Iterator[tuple[int, str]], columns: list[str], intake: Intake
) -> Iterator[Row]:
    """
    Yield comma-separated lines as rows; one of the wrong width is a bad line.

    A field cannot hold a line break: none of the feeds quotes one, and a stray quote
    would otherwise swallow the rest of the file.
    """
    for number, line in lines:
        row = None
        with intake.line(number):
            row = dict(zip(columns, split_fields(line, len(columns)), strict=True))
        if row is not None:
            yield number, row


def header_position(text: str, first_columns: tuple[str, ...]) -> int | None:
    """
    Find the header of an abuse.ch export, which may stand inside its comment banner.

    Returns:
        Its line number from 1, None if there is none.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if tuple(read_header(line)[: len(first_columns)]) == first_columns:
            return number
        if line.strip() and not line.lstrip().startswith("#"):
            return None
    return None


def rows_below(text: str, header: int, intake: Intake) -> Iterator[Row]:
    """Yield the rows that stand below the header on line *header*."""
    columns = read_header(text.split("\n")[header - 1])
    lines = ((number, line) for number, line in content_lines(text) if number > header)
    return parse_rows(lines, columns, intake)


def require_header(number: int | None, intake: Intake, form: str) -> int:
    """Give *number*, or say that the file is not of the *form* the operator named."""
    if number is None:
        raise MalformedDocument(f"has no header of a {form} list", str(intake.path))
    return number


def split_fields(line: str, width: int) -> list[str]:
    """
    Split one comma-separated line into *width* fields.

    Raises:
        BadLine: If it has another number of them, or its quotes do not close.
    """
    try:
        fields = next(csv.reader([line], skipinitialspace=True, strict=True))
    except csv.Error:
        raise BadLine("quotes that do not close, or no separator behind them") from None
    if len(fields) != width:
        raise BadLine(f"{len(fields)} fields where {width} are expected")
    return fields
