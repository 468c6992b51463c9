"""
Allocations: since when a block of addresses is registered, from an RIR's delegation file.

Lines are ``registry|cc|type|start|value|date|status[|opaque-id]``, after a version line and
summaries. Only blocks that are allocated or assigned are kept.

Source:
    RIR statistics exchange format, version 2.3 (delegated and delegated-extended).
"""

from array import array
from typing import Final

import numpy as np

from hinomi.clock import parse_time
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.context.ranges import disjoint, span
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument
from hinomi.model.address import is_v4, parse_address
from hinomi.model.context import FIRST_V6_KEY, ContextKind

_FIELDS: Final = 7
_VERSION_FIELDS: Final = 7
_IN_USE: Final = {"allocated", "assigned"}
_NO_DATE: Final = {"", "00000000"}


def read(intake: Intake) -> Parsed:
    """
    Read the blocks in use as disjoint ranges with the time of their registration.

    Raises:
        MalformedDocument: If it is no delegation file, has a bad line, holds no block in
            use, or says itself that it is of a later day than the table's.
    """
    columns = array("q"), array("q"), array("q")
    has_version = False
    for number, text in intake.lines():
        if text.startswith("#"):
            continue
        fields = [field.strip() for field in text.split("|")]
        if not has_version:
            _check_version(fields, intake, number)
            has_version = True
            continue
        if fields[-1] == "summary":
            continue
        with intake.line(number):
            row = _block(fields, intake)
            if row is not None:
                for column, value in zip(columns, row, strict=True):
                    column.append(value)
    first, last, registered = (np.frombuffer(column, dtype=np.int64) for column in columns)
    return intake.done(ContextKind.ALLOCATIONS, disjoint(first, last, registered))


def _check_version(fields: list[str], intake: Intake, number: int) -> None:
    """Read ``version|registry|serial|records|startdate|enddate|UTCoffset``."""
    if len(fields) != _VERSION_FIELDS or not fields[0].replace(".", "").isdecimal():
        raise MalformedDocument(
            "is no delegation file: it begins without the version line", str(intake.path), number
        )
    try:
        intake.require_day(_date_ms(fields[5]))
    except BadLine:
        intake.ignore("file-without-date")


def _block(fields: list[str], intake: Intake) -> tuple[int, int, int] | None:
    if len(fields) < _FIELDS:
        raise BadLine(f"{len(fields)} fields where {_FIELDS} or more are expected")
    kind, start, value, date, status = fields[2:7]
    if kind not in {"ipv4", "ipv6"}:
        if kind != "asn":
            raise BadLine("an unknown type: asn, ipv4 or ipv6 is expected")
        intake.ignore("asn")
        return None
    found = _span(kind, start, value)
    if status not in _IN_USE:
        intake.ignore("not-in-use")
    elif date in _NO_DATE:
        intake.ignore("no-date")
    elif isinstance(found, str):
        intake.ignore(found)
    elif (registered := _date_ms(date)) >= intake.ends_ms:
        intake.ignore("later-than-the-table")
    else:
        return *found, registered
    return None


def _span(kind: str, start: str, value: str) -> tuple[int, int] | str:
    try:
        base = parse_address(start)
    except ValueError:
        raise BadLine("no IP address where the block begins") from None
    if is_v4(base) != (kind == "ipv4"):
        raise BadLine("the address is not of the type that the line states")
    if not (value.isascii() and value.isdecimal() and len(value) <= 10):  # noqa: PLR2004 - 2^32.
        raise BadLine("the size of the block is no number")
    size = int(value)
    if kind == "ipv6":
        if not 1 <= size <= 128:  # noqa: PLR2004 - bits of an address.
            raise BadLine("the prefix length is out of range")
        return span(base, size)
    first = base.lo & 0xFFFFFFFF  # A block of IPv4 is a count of addresses, not a prefix.
    if not 1 <= size <= FIRST_V6_KEY - first:
        raise BadLine("the block is empty or goes past the last address")
    return first, first + size - 1


def _date_ms(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 8):  # noqa: PLR2004 - YYYYMMDD.
        raise BadLine("no date of the form YYYYMMDD where one belongs")
    try:
        return parse_time(text)
    except ValueError:
        raise BadLine("no date of the form YYYYMMDD where one belongs") from None
