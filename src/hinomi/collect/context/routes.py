"""
Routes: which AS originates an address, from a RIB dump or a pyasn text table.

A pyasn table has one ``prefix<TAB>asn`` a line and ``;`` comments.
"""

from array import array
from typing import Final

import numpy as np

from hinomi.collect.context import mrt
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.context.ranges import Ints, disjoint, span
from hinomi.collect.lists.fields import parse_prefix
from hinomi.collect.lists.intake import BadLine
from hinomi.model.context import ContextKind

MOST_ASN: Final = 2**32 - 1


def read(intake: Intake) -> Parsed:
    """
    Read the routes of a file as disjoint ranges with their origin AS.

    Raises:
        MalformedDocument: If it is neither, has a bad line, or holds no route.
    """
    with intake.stream() as file:
        start = file.read(12)
    if mrt.recognises(start):
        with intake.stream() as file:
            found = mrt.read(file, intake)
    else:
        found = _pyasn(intake)
    return intake.done(ContextKind.ROUTES, disjoint(*found))


def parse_asn(text: str) -> int:
    """
    Read an AS number, with or without the letters AS.

    Raises:
        BadLine: If it is none.
    """
    digits = text.strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdecimal() and int(digits[:11]) <= MOST_ASN):
        raise BadLine("no AS number where one belongs")
    return int(digits)


def _pyasn(intake: Intake) -> tuple[Ints, Ints, Ints]:
    columns = array("q"), array("q"), array("q")
    for number, text in intake.lines():
        if text[0] in ";#":
            continue
        with intake.line(number):
            fields = text.split()
            if len(fields) != 2:  # noqa: PLR2004 - prefix and AS.
                raise BadLine("no route table: neither MRT nor lines of prefix and AS number")
            base, length = parse_prefix(fields[0])
            asn = parse_asn(fields[1])
            found = span(base, length)
            if isinstance(found, str):
                intake.ignore(found)
            elif asn == 0:
                intake.ignore("no-origin")
            else:
                for column, value in zip(columns, (*found, asn), strict=True):
                    column.append(value)
    first, last, asns = (np.frombuffer(column, dtype=np.int64) for column in columns)
    return first, last, asns
