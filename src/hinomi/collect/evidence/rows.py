"""Rows of CSV evidence as a stream, each with the number of its line for messages."""

from collections.abc import Collection, Iterator, Mapping

from hinomi.collect.evidence.intake import Intake
from hinomi.collect.lists.rows import read_header, split_fields
from hinomi.errors import MalformedDocument

Row = dict[str, str]
"""A line's fields by the name of their column; columns the file lacks are blank."""


def read_rows(
    intake: Intake, columns: Mapping[str, str], required: Collection[str]
) -> Iterator[tuple[int, Row]]:
    """
    Yield the rows below the header.

    Args:
        intake: The file.
        columns: Names in the header, in lower case, and what the reader calls them.
        required: What the reader cannot do without.

    Raises:
        MalformedDocument: If the header lacks a column, or names one twice.

    Notes:
        A field cannot hold a line break: a stray quote would swallow the rest of the file.
        Other columns are counted, once each, and left out.
    """
    lines = ((number, text) for number, text in intake.lines() if not text.startswith("#"))
    number, header = next(lines, (1, ""))
    named = [columns.get(name, "") for name in read_header(header)]
    path = str(intake.path)
    for name in required:
        if name not in named:
            raise MalformedDocument(f"the header has no column {name}", path, number)
    known = [name for name in named if name]
    if len(set(known)) != len(known):
        raise MalformedDocument("the header names a column twice", path, number)
    intake.ignore("unknown column", len(named) - len(known))
    blank = dict.fromkeys(columns.values(), "")
    for number, text in lines:
        fields: list[str] | None = None
        with intake.line(number):
            fields = split_fields(text, len(named))
        if fields is not None:
            row = blank | dict(zip(named, fields, strict=True))
            yield number, row


def has_columns(start: str, columns: Mapping[str, str], wanted: Collection[str]) -> bool:
    """Tell whether the header of a text that begins with *start* has the columns *wanted*."""
    header = next(
        (line for line in start.splitlines() if line.strip() and not line.startswith("#")), ""
    )
    named = {columns.get(name, "") for name in read_header(header)}
    return named.issuperset(wanted)
