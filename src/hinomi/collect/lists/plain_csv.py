"""
Plain CSV: a header ``address[,protocol,port]`` in any order, and one entry a line.

Further columns are read where they are known: role, label (class, family, malware),
first_listed (first_seen), last_listed (last_seen). Others are counted and left out, and so
are lines with a host name in place of the address.
"""

from typing import Final

from hinomi.collect.lists.fields import (
    clean_label,
    is_hostname,
    parse_port,
    parse_prefix,
    parse_role,
    parse_transport,
    parse_when,
)
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import content_lines, parse_rows, read_header
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry

_COLUMNS: Final = {
    "address": "address",
    "ip": "address",
    "protocol": "protocol",
    "proto": "protocol",
    "port": "port",
    "role": "role",
    "label": "label",
    "class": "label",
    "family": "label",
    "malware": "label",
    "first_listed": "first_listed",
    "first_seen": "first_listed",
    "last_listed": "last_listed",
    "last_seen": "last_listed",
}


def recognises(text: str) -> bool:
    """Tell a plain CSV by the column ``address`` or ``ip`` in its header."""
    _, header = next(content_lines(text), (0, ""))
    return not {"address", "ip"}.isdisjoint(read_header(header))


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*."""
    lines = content_lines(text)
    number, header = next(lines, (1, ""))
    named = read_header(header)
    columns = [_COLUMNS.get(name, f"({name})") for name in named]
    if "address" not in columns:
        raise MalformedDocument("the header has no column address", str(intake.path), number)
    if len(set(columns)) != len(columns):
        raise MalformedDocument("the header names a column twice", str(intake.path), number)
    if unknown := sum(name.startswith("(") for name in columns):
        intake.ignore("unknown column", unknown)
    for row_number, row in parse_rows(lines, columns, intake):
        if is_hostname(row["address"]):
            intake.ignore("hostname")
            continue
        with intake.line(row_number):
            base, length = parse_prefix(row["address"])
            intake.add(
                ListEntry(
                    base=base,
                    length=length,
                    proto=parse_transport(row.get("protocol", "")),
                    port=parse_port(row.get("port", "")),
                    role=parse_role(row.get("role", "")),
                    label=clean_label(row.get("label", "")),
                    first_listed_ms=parse_when(row.get("first_listed", "")),
                    last_listed_ms=parse_when(row.get("last_listed", "")),
                )
            )
