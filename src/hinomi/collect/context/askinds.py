"""
Kinds of autonomous systems: hosting, access or other, stated or told from their names.

Two forms are read: CSV with the header ``asn,kind`` (hosting, access, other; further columns
are passed over), and one JSON object of AS number to name, as pyasn makes it.
"""

import csv
import re
from typing import Final

import msgspec
import numpy as np

from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.context.routes import parse_asn
from hinomi.collect.lists.intake import BadLine
from hinomi.errors import MalformedDocument
from hinomi.model.context import ContextKind, NetworkKind

MOST_BYTES: Final = 1 << 27
"""A table of all AS numbers has a few megabytes."""

HOSTING: Final = re.compile(
    r"HOST|SERVER|CLOUD|DATACENT|DATA CENT|\bVPS\b|\bVDS\b|COLO(?:CATION)?\b|\bCDN\b|DEDICATED"
)
ACCESS: Final = re.compile(
    r"TELECOM|TELEKOM|TELEFON|CABLE|BROADBAND|MOBILE|WIRELESS|CELLULAR|\bDSL|ADSL|FIBER|FIBRE"
    r"|\bISP\b|INTERNET SERVICE|KABEL|\bFTTH\b"
)
"""
The rule for names: hosting where the first matches, else access where the second does, else
other. It is coarse: a telecom with a data centre is both. A stated table is better.
"""

_KINDS: Final = {kind.name.lower(): kind for kind in NetworkKind if kind is not NetworkKind.UNKNOWN}


def read(intake: Intake) -> Parsed:
    """
    Read the kind of each AS; of several lines for one AS the last counts.

    Raises:
        MalformedDocument: If it is of neither form, has a bad line, or names no AS.
    """
    with intake.stream() as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    kinds = _named(intake) if start.startswith(b"{") else _stated(intake)
    rows = np.array(sorted(kinds.items()), dtype=np.int64).reshape(-1, 2)
    return intake.done(ContextKind.AS_KINDS, list(rows.T))


def kind_of_name(name: str) -> NetworkKind:
    """Tell the kind of an AS from its name, by the rule above."""
    upper = name.upper()
    if HOSTING.search(upper):
        return NetworkKind.HOSTING
    return NetworkKind.ACCESS if ACCESS.search(upper) else NetworkKind.OTHER


def _named(intake: Intake) -> dict[int, int]:
    with intake.stream() as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise MalformedDocument("is too long for AS names (128 MiB)", str(intake.path))
    try:
        names = msgspec.json.decode(raw.lstrip(b"\xef\xbb\xbf"), type=dict[str, str])
    except (msgspec.DecodeError, ValueError):
        raise MalformedDocument(
            "is no JSON object of AS number to name", str(intake.path)
        ) from None
    kinds: dict[int, int] = {}
    for number, name in names.items():
        try:
            kinds[parse_asn(number)] = int(kind_of_name(name))
        except BadLine as error:
            if not intake.keeps_good:
                raise MalformedDocument(str(error), str(intake.path)) from None
            intake.malformed += 1
    return kinds


def _stated(intake: Intake) -> dict[int, int]:
    lines = ((n, text) for n, text in intake.lines() if not text.startswith("#"))
    number, header = next(lines, (1, ""))
    columns = [name.strip().lower() for name in header.split(",")]
    if not {"asn", "kind"} <= set(columns):
        raise MalformedDocument("the header has no columns asn and kind", str(intake.path), number)
    kinds: dict[int, int] = {}
    for number, text in lines:
        with intake.line(number):
            fields = next(csv.reader([text], skipinitialspace=True))
            if len(fields) != len(columns):
                raise BadLine(f"{len(fields)} fields where {len(columns)} are expected")
            row = dict(zip(columns, fields, strict=True))
            kind = _KINDS.get(row["kind"].strip().lower())
            if kind is None:
                raise BadLine("an unknown kind: hosting, access or other is expected")
            kinds[parse_asn(row["asn"])] = int(kind)
    return kinds
