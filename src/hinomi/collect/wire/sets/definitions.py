"""
Template records as exporters send them, parsed into fields; nothing is remembered here.

Source: RFC 7011, sections 3.2, 3.4.1, 3.4.2 and 8.1; RFC 3954, sections 5.2 and 6.1.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from hinomi.collect.wire.sets.elements import VARIABLE
from hinomi.collect.wire.sets.groups import V9_SCOPE, V9_VENDOR, element

MALFORMED_TEMPLATE: Final = "malformed-template"
"""Template sets that claim more fields than they hold, or define a number below 256."""

TEMPLATE_TOO_WIDE: Final = "template-too-wide"
"""Templates that have more fields than allowed, or describe a record that fits no datagram."""

TEMPLATE_WITHOUT_LENGTH: Final = "template-without-length"
"""Templates whose records would have no bytes."""

LEAST_DATA_SET: Final = 256
"""Lowest number of templates and of the data sets that follow them."""

TEMPLATE_SETS: Final = {9: 0, 10: 2}
OPTIONS_SETS: Final = {9: 1, 10: 3}
"""Numbers of the sets that hold templates, by version."""

_IPFIX: Final = 10
_ENTERPRISE_BIT: Final = 0x8000
_VENDOR_V9: Final = 0x8000
_LEAST_RECORD: Final = 4  # Template number and count of fields.


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLimits:
    """What exporters may make a decoder remember (robustness case 20)."""

    per_stream: int = 512  # Templates.
    per_exporter: int = 2048
    bytes_per_exporter: int = 512 << 10  # Of all its templates as sent.
    fields: int = 512  # Of one template; 285 have been seen.
    variable_fields: int = 64  # Of one template: each is a step of its own per record.
    record_bytes: int = 65_507  # The longest payload of UDP over IPv4.
    changes_per_batch: int = 1024  # Templates of one stream replaced or withdrawn in one batch.
    waiting_bytes: int = 16 << 20  # Sets without template, of all exporters.
    waiting_bytes_per_exporter: int = 1 << 20
    waiting_ms: int = 1_800_000  # The longest usual interval between templates.


class Field(NamedTuple):
    """One field specifier."""

    key: int  # See `groups.element`.
    length: int  # Bytes; `VARIABLE`: stated in each record.


class Definition(NamedTuple):
    """One template record."""

    template: int  # 256..65535; a withdrawal of all has the number of the set.
    is_options: bool
    body: bytes  # All behind the number, as sent: what makes two templates the same.
    fields: tuple[Field, ...] = ()  # Scope fields first; none: a withdrawal, or invalid.
    scopes: int = 0  # How many of them are scope.
    problem: str | None = None  # Why it is invalid.


def parse_set(
    version: int, number: int, body: bytes, limits: TemplateLimits
) -> Iterator[Definition]:
    """
    Yield the records of a template set until one cannot be told from its bytes.

    Args:
        version: 9 or 10.
        number: Of the set; one of `TEMPLATE_SETS` or `OPTIONS_SETS`.
        body: All behind the set's header.
        limits: What is too much.

    Yields:
        Valid, invalid and withdrawing definitions in their order. Template 0 stands for a
        set that is broken before any number could be told.
    """
    is_options = number == OPTIONS_SETS[version]
    at = 0
    while at + _LEAST_RECORD <= len(body):
        (template,) = struct.unpack_from(">H", body, at)
        if template < LEAST_DATA_SET and not _withdraws_all(version, number, body, at):
            if any(body[at:]):  # Zeros are padding, however many (robustness case 11).
                yield Definition(0, is_options, b"", problem=MALFORMED_TEMPLATE)
            return
        definition = parse(version, template, body, at + 2, is_options=is_options, limits=limits)
        yield definition
        if definition.problem == MALFORMED_TEMPLATE:
            return
        at += 2 + len(definition.body)


def parse(
    version: int, template: int, data: bytes, at: int, *, is_options: bool, limits: TemplateLimits
) -> Definition:
    """
    Parse one template record.

    Args:
        version: 9 or 10.
        template: Its number.
        data: Bytes that hold the record; what follows it is left.
        at: Place in *data* behind the number.
        is_options: Whether it has scope fields.
        limits: What is too much.

    Returns:
        The definition; with `problem` where it is invalid.
    """
    counts = _counts(version, data, at, is_options=is_options)
    if counts is None:
        return Definition(template, is_options, b"", problem=MALFORMED_TEMPLATE)
    begin, count, scopes = counts
    read = _fields if version == _IPFIX else _fields_v9
    found = read(data, begin, count, scopes)
    if found is None:
        return Definition(template, is_options, b"", problem=MALFORMED_TEMPLATE)
    fields, end = found
    problem = _problem(version, fields, limits)
    kept = () if problem else tuple(fields)
    return Definition(template, is_options, data[at:end], kept, scopes, problem)


def _withdraws_all(version: int, number: int, body: bytes, at: int) -> bool:
    """Tell whether a record withdraws all templates of its kind (RFC 7011, section 8.1)."""
    return version == _IPFIX and body[at : at + 4] == struct.pack(">HH", number, 0)


def _counts(version: int, data: bytes, at: int, *, is_options: bool) -> tuple[int, int, int] | None:
    """Give where the fields begin, how many there are, and how many of them are scope."""
    if at + 2 > len(data):
        return None
    (first,) = struct.unpack_from(">H", data, at)
    if not is_options or (version == _IPFIX and first == 0):  # A withdrawal is as short.
        return at + 2, first, 0
    if at + 4 > len(data):
        return None
    (second,) = struct.unpack_from(">H", data, at + 2)
    if version == _IPFIX:
        return (at + 4, first, second) if second <= first else None
    if first % 4 or second % 4:  # Bytes of scope fields, and of the others.
        return None
    return at + 4, (first + second) // 4, first // 4


def _fields_v9(data: bytes, at: int, count: int, scopes: int) -> tuple[list[Field], int] | None:
    """Read specifiers of 4 bytes; numbers from 32768 are vendors', without a PEN."""
    end = at + 4 * count
    if end > len(data):
        return None
    fields = []
    for place, (number, length) in enumerate(struct.iter_unpack(">HH", data[at:end])):
        enterprise = V9_SCOPE if place < scopes else V9_VENDOR if number >= _VENDOR_V9 else 0
        fields.append(Field(element(number, enterprise), length))
    return fields, end


def _fields(data: bytes, at: int, count: int, _scopes: int) -> tuple[list[Field], int] | None:
    """Read specifiers of 4 bytes, or 8 with an enterprise number."""
    fields = []
    for _ in range(count):
        if at + 4 > len(data):
            return None
        number, length = struct.unpack_from(">HH", data, at)
        at += 4
        enterprise = 0
        if number & _ENTERPRISE_BIT:
            if at + 4 > len(data):
                return None
            (enterprise,) = struct.unpack_from(">I", data, at)
            at += 4
        fields.append(Field(element(number & ~_ENTERPRISE_BIT, enterprise), length))
    return fields, at


def _problem(version: int, fields: list[Field], limits: TemplateLimits) -> str | None:
    if not fields:
        # Only IPFIX knows withdrawals.
        return None if version == _IPFIX else TEMPLATE_WITHOUT_LENGTH
    # H3C uses variable length in NetFlow v9 too, which does not know it.
    is_variable = [field.length == VARIABLE for field in fields]
    length = sum(
        1 if varies else field.length for field, varies in zip(fields, is_variable, strict=True)
    )
    if length == 0:
        return TEMPLATE_WITHOUT_LENGTH
    if (
        len(fields) > limits.fields
        or sum(is_variable) > limits.variable_fields
        or length > limits.record_bytes
    ):
        return TEMPLATE_TOO_WIDE
    return None
