"""
Passive DNS: how many names were seen on an address, and when the newest first appeared.

The names themselves are not kept, only their number (R16): they are told apart by a hash
that ends with the process.

Source:
    draft-dulaunoy-dnsop-passive-dns-cof, Common Output Format: one JSON object a line
    with rrname, rrtype, rdata and time_first (or zone_time_first), in seconds since 1970.
"""

from array import array
from typing import Final

import msgspec
import numpy as np

from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.context.ranges import Ints
from hinomi.collect.lists.intake import BadLine
from hinomi.model.address import is_v4, parse_address
from hinomi.model.context import ContextKind

_PACK_AT: Final = 4_000_000
"""Pairs of address and name after which doubles are taken out: bounds memory by distinct pairs."""

_TYPES: Final = {"A", "AAAA"}


class _Record(msgspec.Struct):
    rrname: str
    rrtype: str
    rdata: str | list[str]
    time_first: int | None = None
    zone_time_first: int | None = None


class _Pairs:
    """Distinct (address, name) pairs with the time the name was first seen there."""

    def __init__(self) -> None:
        self._packed = np.empty((0, 4), dtype=np.int64)  # Halves, hash of the name, first ms.
        self._fresh = array("q")

    def add(self, row: tuple[int, int, int, int]) -> None:
        """Take one pair."""
        self._fresh.extend(row)
        if len(self._fresh) >= 4 * _PACK_AT:
            self.pack()

    def pack(self) -> Ints:
        """Give the distinct pairs, sorted, each with its earliest time."""
        fresh = np.frombuffer(self._fresh, dtype=np.int64).reshape(-1, 4)
        rows = np.concatenate([self._packed, fresh])
        rows = rows[np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))]
        is_first = np.ones(len(rows), dtype=bool)
        is_first[1:] = (rows[1:, :3] != rows[:-1, :3]).any(axis=1)
        self._packed, self._fresh = rows[is_first], array("q")
        return self._packed


def read(intake: Intake) -> Parsed:
    """
    Read the numbers of names by address.

    Raises:
        MalformedDocument: At a line that is no COF object, or if no address remains.
    """
    pairs = _Pairs()
    decode = msgspec.json.Decoder(_Record).decode
    for number, text in intake.lines():
        with intake.line(number):
            try:
                record = decode(text)
            except (msgspec.DecodeError, ValueError):
                raise BadLine(
                    "no JSON object with rrname, rrtype and rdata (Common Output Format)"
                ) from None
            for row in _rows(record, intake):
                pairs.add(row)
    return intake.done(ContextKind.PDNS, _counted(pairs.pack()))


def _rows(record: _Record, intake: Intake) -> list[tuple[int, int, int, int]]:
    if record.rrtype.upper() not in _TYPES:
        intake.ignore("other-record-type")
        return []
    first_s = record.zone_time_first if record.time_first is None else record.time_first
    if first_s is None or not 0 <= first_s < 1 << 40:
        raise BadLine("no time_first in seconds since 1970")
    if first_s * 1000 >= intake.ends_ms:
        intake.ignore("later-than-the-table")
        return []
    name = hash(record.rrname.lower().removesuffix("."))
    rdata = [record.rdata] if isinstance(record.rdata, str) else record.rdata
    rows = []
    for text in rdata:
        try:
            address = parse_address(text)
        except ValueError:
            raise BadLine("the rdata of an A or AAAA record is no IP address") from None
        if is_v4(address) != (record.rrtype.upper() == "A"):
            raise BadLine("the rdata is not of the record's type")
        rows.append((address.hi, address.lo, name, first_s * 1000))
    return rows


def _counted(pairs: Ints) -> list[Ints]:
    """Turn sorted pairs into one row for each address."""
    if len(pairs) == 0:
        return [np.empty(0, dtype=np.int64)] * 4
    is_head = np.ones(len(pairs), dtype=bool)
    is_head[1:] = (pairs[1:, :2] != pairs[:-1, :2]).any(axis=1)
    heads = np.flatnonzero(is_head)
    names = np.diff(np.append(heads, len(pairs)))
    return [pairs[heads, 0], pairs[heads, 1], names, np.maximum.reduceat(pairs[:, 3], heads)]
