"""
RIB dumps in MRT format, TABLE_DUMP_V2: each prefix and the AS that originates it.

Read as a stream, one record at a time: memory grows with prefixes, not with the file.

Source:
    RFC 6396, sections 2 (header), 4.3 (TABLE_DUMP_V2); RFC 8050, section 4 (additional
    paths); RFC 4271, section 4.3 (path attributes); RFC 6793, section 3 (four-byte AS).
"""

import struct
from array import array
from collections import Counter
from typing import IO, Final

import numpy as np

from hinomi.collect.context.intake import Intake
from hinomi.collect.context.ranges import Ints, span
from hinomi.errors import MalformedDocument
from hinomi.model.address import V4_PREFIX, Address, from_int

_HEADER: Final = struct.Struct(">IHHI")
_TABLE_DUMP, _TABLE_DUMP_V2 = 12, 13
_TYPES: Final = frozenset({11, 12, 13, 16, 17, 32, 33, 48, 49})  # RFC 6396, section 4.

_PEER_INDEX_TABLE: Final = 1
_RIB: Final = {2: (4, 0), 4: (16, 0), 8: (4, 4), 10: (16, 4)}
"""Unicast subtypes: bytes of an address, bytes of the path identifier (RFC 8050)."""

_MOST_RECORD: Final = 16 << 20
_ASKED: Final = 16
"""Routes of so many peers decide on the origin of a prefix."""

_AS_PATH: Final = 2
_EXTENDED: Final = 0x10
_AS_SET, _AS_SEQUENCE = 1, 2


def recognises(start: bytes) -> bool:
    """Tell an MRT file by its first header: a known type, and a length a record can have."""
    if len(start) < _HEADER.size:
        return False
    _, kind, subtype, length = _HEADER.unpack_from(start)
    return kind in _TYPES and subtype <= 12 and length <= _MOST_RECORD  # noqa: PLR2004 - RFC 8050.


def read(file: IO[bytes], intake: Intake) -> tuple[Ints, Ints, Ints]:
    """
    Read first key, last key and origin AS of every prefix, in the order of the file.

    The origin is the last AS of the path; of several that peers see, the one that most of
    the first 16 see. An AS_SET of several has no origin.

    Raises:
        MalformedDocument: If the file is cut, damaged, no RIB dump of this form, or made
            after the table's day.
    """
    columns = array("q"), array("q"), array("q")
    offset = 0
    while head := file.read(_HEADER.size):
        if len(head) < _HEADER.size:
            raise _broken(intake, "ends inside a record; the file was cut", offset)
        moment, kind, subtype, length = _HEADER.unpack(head)
        if kind not in _TYPES or length > _MOST_RECORD:
            raise _broken(intake, "has no MRT record where one belongs", offset)
        if offset == 0:
            intake.require_day(moment * 1000)
        body = file.read(length)
        if len(body) < length:
            raise _broken(intake, "ends inside a record; the file was cut", offset)
        if kind == _TABLE_DUMP:
            raise _broken(intake, "is of the older form TABLE_DUMP; TABLE_DUMP_V2 is read", offset)
        if kind == _TABLE_DUMP_V2 and subtype in _RIB:
            try:
                _prefix(body, subtype, intake, columns)
            except (IndexError, struct.error):
                raise _broken(intake, "has a RIB record that breaks RFC 6396", offset) from None
        elif (kind, subtype) != (_TABLE_DUMP_V2, _PEER_INDEX_TABLE):
            intake.ignore("other-record")
        offset += _HEADER.size + length
    first, last, asn = (np.frombuffer(column, dtype=np.int64) for column in columns)
    return first, last, asn


def _prefix(body: bytes, subtype: int, intake: Intake, columns: tuple["array[int]", ...]) -> None:
    """Read one RIB record (RFC 6396, section 4.3.2)."""
    size, path_id = _RIB[subtype]
    bits = body[4]
    octets = (bits + 7) // 8
    if octets > size or len(body) < 7 + octets:
        raise IndexError
    number = int.from_bytes(body[5 : 5 + octets], "big") << 8 * (size - octets)
    spare = 8 * size - bits
    number = number >> spare << spare
    (count,) = struct.unpack_from(">H", body, 5 + octets)
    origin = _origin(body, 7 + octets, count, path_id)
    # ::ffff:0:0/96 holds IPv4, so that an IPv4 /24 is 120 bits long.
    base = Address(0, V4_PREFIX | number) if size == 4 else from_int(number)  # noqa: PLR2004 - IPv4.
    found = span(base, 128 - spare)
    if isinstance(found, str):
        intake.ignore(found)
    elif origin == 0:
        intake.ignore("no-origin")
    else:
        for column, value in zip(columns, (*found, origin), strict=True):
            column.append(value)


def _origin(body: bytes, at: int, count: int, path_id: int) -> int:
    """Give the AS that most of the first routes come from, 0 if none says."""
    seen: Counter[int] = Counter()
    for _ in range(min(count, _ASKED)):
        at += 6 + path_id  # Peer index, time of origination, path identifier.
        (length,) = struct.unpack_from(">H", body, at)
        at += 2
        if at + length > len(body):
            raise IndexError
        if origin := _path_origin(body, at, at + length):
            seen[origin] += 1
        at += length
    return seen.most_common(1)[0][0] if seen else 0


def _path_origin(body: bytes, at: int, end: int) -> int:
    """Find AS_PATH among the attributes of one route and give its last AS."""
    while at < end:
        flags, kind = body[at], body[at + 1]
        if flags & _EXTENDED:
            length, at = body[at + 2] << 8 | body[at + 3], at + 4
        else:
            length, at = body[at + 2], at + 3
        if at + length > end:
            raise IndexError
        if kind == _AS_PATH:
            return _last_as(body, at, at + length)
        at += length
    return 0


def _last_as(body: bytes, at: int, end: int) -> int:
    """Give the last AS of the last segment; AS numbers have four bytes here (section 4.3.4)."""
    last = 0
    while at < end:
        kind, count = body[at], body[at + 1]
        after = at + 2 + 4 * count
        if after > end:
            raise IndexError
        if kind == _AS_SEQUENCE or (kind == _AS_SET and count == 1):
            last = int.from_bytes(body[after - 4 : after], "big") if count else last
        elif kind == _AS_SET:
            last = 0
        at = after  # Confederation segments (RFC 5065) name no origin of the outside.
    return last


def _broken(intake: Intake, reason: str, offset: int) -> MalformedDocument:
    return MalformedDocument(f"{reason} (byte {offset:,})", str(intake.path))
