"""
Fox-IT's Cobalt Strike team servers: CSV with the header ip,port,first_seen,last_seen.

Source:
    github.com/fox-it/cobaltstrike-extraneous-space.
"""

from typing import Final

from hinomi.collect.lists.fields import parse_port, parse_prefix, parse_when
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import content_lines, parse_rows, read_header
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry, Role

_COLUMNS: Final = ["ip", "port", "first_seen", "last_seen"]


def recognises(text: str) -> bool:
    """Tell the format by its header, these four columns and no other."""
    _, header = next(content_lines(text), (0, ""))
    return read_header(header) == _COLUMNS


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*."""
    lines = content_lines(text)
    number, header = next(lines, (1, ""))
    if read_header(header) != _COLUMNS:
        raise MalformedDocument("has no header of a fox-it list", str(intake.path), number)
    for row_number, row in parse_rows(lines, _COLUMNS, intake):
        with intake.line(row_number):
            base, length = parse_prefix(row["ip"])
            intake.add(
                ListEntry(
                    base=base,
                    length=length,
                    port=parse_port(row["port"]),
                    role=Role.C2,
                    label="Cobalt Strike",
                    first_listed_ms=parse_when(row["first_seen"]),
                    last_listed_ms=parse_when(row["last_seen"]),
                )
            )
