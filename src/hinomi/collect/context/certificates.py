"""
Certificates seen on servers: since when the present one is valid, and whether it signs itself.

One JSON object a line:

=============== ========= =========================================================
``fingerprint``  required  of the certificate, hex, SHA-1 or SHA-256
``not_before``   required  start of validity, ISO 8601 or seconds since 1970
``address``      required  where it was seen
``port``         required  where it was seen, 1..65535
``issuer``       optional  distinguished name
``subject``      optional  distinguished name; equal to the issuer's: self-signed
``self_signed``  optional  boolean; speaks before the two names
``seen``         optional  when, ISO 8601 or seconds since 1970
=============== ========= =========================================================

Other fields are passed over. Of several certificates at one place the one seen last counts,
then the one valid from the latest day. Names and fingerprints are not kept.
"""

from typing import Final

import msgspec
import numpy as np

from hinomi.collect.context.intake import Intake, Parsed
from hinomi.collect.lists.fields import parse_when
from hinomi.collect.lists.intake import BadLine
from hinomi.model.address import Address, parse_address
from hinomi.model.context import UNKNOWN, ContextKind

_MOST_PORT: Final = 65_535
_HEX: Final = frozenset("0123456789abcdefABCDEF:")
_FINGERPRINTS: Final = {40, 64}
"""Hex digits of SHA-1 and SHA-256."""

_Time = str | int | float


class _Seen(msgspec.Struct):
    fingerprint: str
    not_before: _Time
    address: str
    port: int
    issuer: str | None = None
    subject: str | None = None
    self_signed: bool | None = None
    seen: _Time | None = None


_Place = tuple[Address, int]
_Facts = tuple[int, int, int]
"""When seen, valid from when, self-signed."""


def read(intake: Intake) -> Parsed:
    """
    Read one certificate for each address and port.

    Raises:
        MalformedDocument: At a line that is not of the form above, or if none remains.
    """
    kept: dict[_Place, _Facts] = {}
    decode = msgspec.json.Decoder(_Seen).decode
    for number, text in intake.lines():
        with intake.line(number):
            try:
                record = decode(text)
            except (msgspec.DecodeError, ValueError):
                raise BadLine(
                    "no JSON object with fingerprint, not_before, address and port"
                ) from None
            place, facts = _checked(record)
            if max(facts[:2]) >= intake.ends_ms:
                intake.ignore("later-than-the-table")
            else:
                kept[place] = max(facts, kept.get(place, facts))
    rows = np.array(
        sorted((*base, port, *facts[1:]) for (base, port), facts in kept.items()), dtype=np.int64
    ).reshape(-1, 5)
    return intake.done(ContextKind.CERTIFICATES, list(rows.T))


def _checked(record: _Seen) -> tuple[_Place, _Facts]:
    digits = record.fingerprint.replace(":", "")
    if not set(digits) <= _HEX or len(digits) not in _FINGERPRINTS:
        raise BadLine("the fingerprint is no SHA-1 or SHA-256 in hex")
    if not 1 <= record.port <= _MOST_PORT:
        raise BadLine(f"the port is no number from 1 to {_MOST_PORT}")
    try:
        base = parse_address(record.address)
    except ValueError:
        raise BadLine("no IP address where one belongs") from None
    seen = UNKNOWN if record.seen is None else _moment(record.seen)
    return (base, record.port), (seen, _moment(record.not_before), _self_signed(record))


def _self_signed(record: _Seen) -> int:
    if record.self_signed is not None:
        return int(record.self_signed)
    if record.issuer is None or record.subject is None:
        return UNKNOWN
    return int(record.issuer == record.subject)


def _moment(value: _Time) -> int:
    if isinstance(value, str):
        found = parse_when(value)
        if found is None:
            raise BadLine("a time is blank")
        return found
    if not 0 <= value < 1 << 40:
        raise BadLine("a time is outside 1970 and the far future")
    return round(value * 1000)
