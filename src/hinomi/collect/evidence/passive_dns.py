"""
Passive DNS as CSV: ``address,names,newest``: how many names were seen on an address.

Many names make a shared host, on which a listing would hurt others: the more, the likelier.
Few names prove nothing, and neither do many that it is harmless: the statement is on the
address alone. The names themselves have no column here (R16). *newest*, the day on which the
newest of them first appeared, is kept as its age in days.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from hinomi.collect.evidence.fields import parse_day, parse_host, whole_address
from hinomi.collect.evidence.intake import LATER, Intake, Skip
from hinomi.collect.evidence.rows import Row, has_columns, read_rows
from hinomi.collect.lists.intake import BadLine
from hinomi.model.evidence import Claim, Evidence, Method

TOO_FEW: Final = "too few names"

_COLUMNS: Final = {"address": "address", "ip": "address", "names": "names", "newest": "newest"}
_REQUIRED: Final = ("address", "names")
_MOST_DIGITS: Final = 12


def recognises(start: str) -> bool:
    """Tell the format by its header."""
    return has_columns(start, _COLUMNS, _REQUIRED)


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield one statement a line, on the file's day: it says what stood on it."""
    return intake.each(read_rows(intake, _COLUMNS, _REQUIRED), partial(_statement, intake))


def _statement(intake: Intake, row: Row) -> Iterator[Evidence]:
    told = intake.told
    address = parse_host(row["address"])
    text = row["names"].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise BadLine("no number of names")
    names = int(text)
    newest = parse_day(row["newest"], -1)
    if newest > told.day:
        raise Skip(LATER)
    if names < told.limits.names_least:
        raise Skip(TOO_FEW)
    yield intake.evidence(
        whole_address(address),
        Claim.SHARED,
        Method.PASSIVE_DNS,
        told.day,
        strength=names / (names + told.limits.names_half),
        names=names,
        newest_days="" if newest < 0 else told.day - newest,
    )
