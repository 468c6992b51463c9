"""
Scan results of VMware Carbon Black TAU: C&C servers as tab-separated values.

Quotes have no meaning here. The protocol column names an application, from which the
transport follows; where it names two, the transport is left open. A beacon over SMB
speaks to another infected machine through a named pipe and its port column holds a
constant that nobody listens on: such a line names the address only.

Source:
    github.com/carbonblack/active_c2_ioc_public, columns c2_ip, first_seen, last_seen,
    protocol, port, ...
"""

from typing import Final

from hinomi.collect.lists.fields import (
    clean_label,
    parse_port,
    parse_prefix,
    parse_transport,
    parse_when,
)
from hinomi.collect.lists.intake import BadLine, Intake
from hinomi.collect.lists.rows import content_lines
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry, Role

_COLUMNS: Final = ["c2_ip", "first_seen", "last_seen", "protocol", "port"]


def recognises(text: str) -> bool:
    """Tell the format by its header."""
    _, header = next(content_lines(text), (0, ""))
    return header.split("\t")[: len(_COLUMNS)] == _COLUMNS


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*; the family is the first word of the file's name."""
    lines = content_lines(text)
    number, header = next(lines, (1, ""))
    if header.split("\t")[: len(_COLUMNS)] != _COLUMNS:
        reason = "has no header of a carbonblack list"
        raise MalformedDocument(reason, str(intake.path), number)
    family = clean_label(intake.path.name.partition(".")[0].partition("_")[0])
    for row_number, line in lines:
        with intake.line(row_number):
            fields = line.split("\t")
            if len(fields) < len(_COLUMNS):
                raise BadLine(f"{len(fields)} fields where {len(_COLUMNS)} or more are expected")
            base, length = parse_prefix(fields[0])
            proto, port = _endpoint(fields[3], fields[4])
            intake.add(
                ListEntry(
                    base=base,
                    length=length,
                    proto=proto,
                    port=port,
                    role=Role.C2,
                    label=family,
                    first_listed_ms=parse_when(fields[1]),
                    last_listed_ms=parse_when(fields[2]),
                )
            )


def _endpoint(protocol: str, port: str) -> tuple[int | None, int | None]:
    names = [name.strip() for name in protocol.split("&")]
    if names == ["SMB"]:
        return None, None
    transports = {parse_transport(name) for name in names}
    return transports.pop() if len(transports) == 1 else None, parse_port(port)
