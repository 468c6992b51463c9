"""Records of any layout: what was encoded is decoded."""

from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporting import V4_FLOW, VARIABLE, Field, Value, data, flow_set, ipfix, record, template, v9
from hinomi.collect.wire.sets.decode import (
    FIELDS_DISCARDED,
    MALFORMED_DATA_SET,
    PADDING_ODD,
    PAYLOAD_DISCARDED,
    RECORDS_TOO_MANY,
    RECORDS_UNREAD,
)
from hinomi.collect.wire.sets.elements import WANTED, Kind
from hinomi.collect.wire.sets.groups import REVERSE_PEN, V9_SCOPE, V9_VENDOR, element
from hinomi.collect.wire.sets.records import MOST_VARIABLE_RECORDS
from setting import Exporter, Record

UNWANTED = (15, 56, 82, 95, 225, 371, 461)
PLAIN_KEYS = sorted(key for key in WANTED if 0 <= key < 1 << 15)
REVERSE_KEYS = sorted(key for key in WANTED if key >> 16 == REVERSE_PEN)
VENDOR_KEYS = sorted(key for key in WANTED if key >> 16 == V9_VENDOR)


@dataclass(frozen=True, slots=True)
class Sent:
    """Flows of a random layout and what they should come to."""

    version: int
    fields: tuple[Field, ...]
    rows: list[list[Value]]
    expected: list[Record]
    discarded: int  # Fields of one record.


_PROTOCOL: Final = element(4)


def specifier(version: int, key: int, length: int) -> Field:
    """Give the field specifier of a key."""
    if key >> 16 == REVERSE_PEN and version == 10:
        return key & 0xFFFF, length, REVERSE_PEN
    return key & 0xFFFF, length


@st.composite
def lengths(draw: st.DrawFn, key: int) -> int:
    """Give a width that the element may have."""
    kind, most = WANTED[key]
    if kind is Kind.FRAME:
        return draw(st.just(VARIABLE) | st.integers(1, 40))
    return draw(st.integers(1, most)) if kind is Kind.NUMBER else most


@st.composite
def values(draw: st.DrawFn, length: int) -> bytes:
    """Give the octets of one field."""
    if length == VARIABLE:
        size = draw(st.integers(0, 12) | st.sampled_from([253, 254, 255, 256, 300]))
        return bytes([draw(st.integers(0, 255))]) * size
    return draw(st.binary(min_size=length, max_size=length))


def meant(key: int, octets: bytes) -> Any:
    """Read one field as the contract says."""
    kind, _ = WANTED[key]
    if kind is Kind.FRAME:
        return octets
    if kind is Kind.IPV6:
        return tuple(int.from_bytes(half, "big", signed=True) for half in (octets[:8], octets[8:]))
    return int.from_bytes(octets, "big")


@st.composite
def sendings(draw: st.DrawFn) -> Sent:
    """Draw a layout of wanted, repeated and unwanted fields, and some records in it."""
    version = draw(st.sampled_from([9, 10]))
    known = PLAIN_KEYS + (REVERSE_KEYS if version == 10 else VENDOR_KEYS)
    keys = draw(st.lists(st.sampled_from(known), min_size=1, max_size=12))
    # Named twice, the protocol tells of a tunnel, whose inner header counts: another test's fact.
    keys = [key for place, key in enumerate(keys) if key != _PROTOCOL or key not in keys[:place]]
    layout = [(key, draw(lengths(key))) for key in keys]
    strange = [(number, draw(st.integers(0, 20) | st.just(VARIABLE))) for number in draw(
        st.lists(st.sampled_from(UNWANTED), max_size=3)
    )]  # fmt: skip
    layout = draw(st.permutations(layout + strange))
    rows: list[list[Value]] = [
        [draw(values(length)) for _, length in layout] for _ in range(draw(st.integers(1, 6)))
    ]
    expected: list[Record] = []
    for row in rows:
        found: Record = {}
        for (key, _), octets in zip(layout, row, strict=True):
            if key in WANTED:
                assert isinstance(octets, bytes)
                found.setdefault(key, meant(key, octets))
        expected.append(found)
    fields = tuple(specifier(version, key, length) for key, length in layout)
    return Sent(version, fields, rows, expected, len(layout) - len(set(keys)))


@given(sent=sendings(), padding=st.integers(0, 3), cut=st.integers(0, 6))
def test_what_was_encoded_is_decoded(sent: Sent, padding: int, cut: int) -> None:
    """Any mix of widths, variable fields, repetitions, sets, datagrams and padding."""
    datagram = v9 if sent.version == 9 else ipfix
    shortest = sum(1 if field[1] == VARIABLE else field[1] for field in sent.fields)
    fill = min(padding, shortest - 1)
    exporter = Exporter(sent.version)
    exporter.send(datagram(template(300, sent.fields, version=sent.version)))
    read = exporter.send(
        datagram(data(300, sent.fields, *sent.rows[:cut], padding=fill)),
        datagram(template(301, V4_FLOW, version=sent.version)),
        datagram(data(300, sent.fields, *sent.rows[cut:], padding=fill)),
    )

    assert read.records == sent.expected
    assert exporter.counted() == {}
    assert exporter.ledger.total(FIELDS_DISCARDED) == sent.discarded * len(sent.rows)
    if sent.version == 10:
        counts = [len(sent.rows[:cut]), 0, len(sent.rows[cut:])]
        assert read.decoded.units.tolist() == counts


@pytest.mark.parametrize("length", range(1, 9))
def test_numbers_of_every_width_are_read(length: int) -> None:
    """Reduced-size encodings come as the next wider type (RFC 7011, section 6.2)."""
    fields: list[Field] = [(1, length), (2, length)]
    rows = [[2 ** (8 * length) - 1, 1], [0x80 << 8 * (length - 1), 0]]
    exporter = Exporter()
    read = exporter.send(v9(template(300, fields), data(300, fields, *rows)))

    (group,) = read.decoded.groups
    assert [[record[1], record[2]] for record in read.records] == rows
    assert group.numbers[1].dtype.itemsize == {3: 4, 5: 8, 6: 8, 7: 8}.get(length, length)


def test_a_length_of_255_may_be_written_in_three_bytes_however_short() -> None:
    """The long form is allowed for short octets too (RFC 7011, section 7)."""
    fields: list[Field] = [(82, VARIABLE), (7, 2)]
    rows = b"\xff\x00\x03abc" + b"\x00\x01" + b"\x00" + b"\x00\x02" + b"\x01z" + b"\x00\x03"
    exporter = Exporter(10)
    read = exporter.send(ipfix(template(300, fields, version=10), flow_set(300, rows)))

    assert [record[7] for record in read.records] == [1, 2, 3]
    assert read.decoded.units.tolist() == [3]


@pytest.mark.parametrize("tail", [b"\xff\xff\xff", b"\x09ab", b"\xff\x00\x05abc", b"\x02ab\x00"])
def test_a_record_that_leaves_its_set_is_cut_off(tail: bytes) -> None:
    """The records before it stay, and how many there were is no longer known."""
    fields: list[Field] = [(82, VARIABLE), (7, 2)]
    exporter = Exporter(10)
    read = exporter.send(
        ipfix(
            template(300, fields, version=10),
            flow_set(300, b"\x01a\x00\x07" + tail),
            data(300, fields, [b"next", 8]),
        )
    )

    assert [record[7] for record in read.records] == [7, 8]
    assert exporter.counted() == {MALFORMED_DATA_SET: 1}
    assert read.decoded.units.tolist() == [-1]


def test_padding_shorter_than_the_shortest_record_is_no_record() -> None:
    """A variable field counts one byte of it (robustness case 12)."""
    fields: list[Field] = [(82, VARIABLE), (4, 1), (60, 1)]
    exporter = Exporter(10)
    read = exporter.send(
        ipfix(template(300, fields, version=10), data(300, fields, [b"abc", 6, 4], padding=2))
    )

    assert len(read.records) == 1
    assert exporter.counted() == {}


@pytest.mark.parametrize("fields", [[(7, 2), (11, 2)], [(82, VARIABLE), (7, 2), (11, 2)]])
def test_what_is_left_behind_the_records_should_be_zeros(fields: list[Field]) -> None:
    """Else the template is perhaps no longer the exporter's (robustness case 8)."""
    exporter = Exporter(10)
    row: list[Value] = [b"", 1, 2] if len(fields) == 3 else [1, 2]
    body = record([field[1] for field in fields], row)
    sound = template(300, fields, version=10)
    exporter.send(ipfix(sound, flow_set(300, body + b"\0\0"), flow_set(300, body + b"\0\x01")))

    assert exporter.counted() == {PADDING_ODD: 1}


def test_a_set_shorter_than_its_record_has_none() -> None:
    """What is in it is no padding."""
    exporter = Exporter()
    fields: list[Field] = [(8, 4), (12, 4)]
    read = exporter.send(v9(template(300, fields), flow_set(300, b"\1\2\3\4\5\6\7")))

    assert read.decoded.groups == []
    assert exporter.counted() == {PADDING_ODD: 1}


def test_records_of_variable_length_are_bounded_in_a_set() -> None:
    """A set of one-byte records costs so many rounds and no more."""
    fields: list[Field] = [(315, VARIABLE)]
    exporter = Exporter(10)
    read = exporter.send(
        ipfix(
            template(300, fields, version=10),
            flow_set(300, bytes(MOST_VARIABLE_RECORDS + 1)),
        ),
        ipfix(flow_set(300, bytes(MOST_VARIABLE_RECORDS))),
    )

    assert len(read.records) == 2 * MOST_VARIABLE_RECORDS
    assert exporter.counted() == {RECORDS_TOO_MANY: 1}
    assert read.decoded.units.tolist() == [-1, MOST_VARIABLE_RECORDS]


@pytest.mark.parametrize("name_length", [6, VARIABLE])
def test_records_of_which_nothing_is_wanted_are_counted(name_length: int) -> None:
    """They are data records for the sequence number, and make no group."""
    fields: list[Field] = [(82, name_length), (56, 6)]
    exporter = Exporter(10)
    read = exporter.send(
        ipfix(template(300, fields, version=10), data(300, fields, *[[b"eth0/1", bytes(6)]] * 5))
    )

    assert read.decoded.groups == []
    assert read.decoded.units.tolist() == [5]
    assert exporter.counted() == {RECORDS_UNREAD: 5}
    assert exporter.ledger.total(FIELDS_DISCARDED) == 10
    assert exporter.ledger.total(PAYLOAD_DISCARDED) == 5


def test_discarded_fields_are_counted_by_exporter() -> None:
    """Exporters that share a layout do not share counts."""
    fields: list[Field] = [(7, 2), (82, 4), (56, 6)]
    row: list[Value] = [1, b"eth0", bytes(6)]
    exporter = Exporter()
    exporter.send_all([(source, v9(template(300, fields))) for source in (0, 1)])
    exporter.send_all([(0, v9(data(300, fields, row, row))), (1, v9(data(300, fields, row)))])

    assert exporter.ledger.counts[0] == {FIELDS_DISCARDED: 4, PAYLOAD_DISCARDED: 2}
    assert exporter.ledger.counts[1] == {FIELDS_DISCARDED: 2, PAYLOAD_DISCARDED: 1}


def test_the_scope_of_options_is_read() -> None:
    """In v9 it has types of its own."""
    body = b"\x01\x2c\x00\x04\x00\x08\x00\x02\x00\x02\x00\x22\x00\x04\x00\x23\x00\x01"
    row = b"\x00\x07" + b"\x00\x00\x03\xe8" + b"\x02"
    read = Exporter().send(v9(flow_set(1, body, padding=2), flow_set(300, row, padding=1)))

    (group,) = read.decoded.groups
    scope = element(2, V9_SCOPE)
    assert group.is_options
    assert group.scope == (scope,)
    assert read.options == [{scope: 7, 34: 1000, 35: 2}]
