"""Flow samples of both forms are read into the same columns."""

import struct
from typing import Final

import numpy as np
import pytest

from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.exported import NO_INTERFACE
from hinomi.collect.wire.sflow.samples import (
    EXPANDED_FLOW_SAMPLE,
    FLOW_SAMPLE,
    FlowSamples,
    read_samples,
)
from hinomi.collect.wire.sflow.xdr import Items

INTERNAL: Final = 0x3FFFFFFF


def short(source: int = 7, in_if: int = 7, out_if: int = 8) -> bytes:
    """Lay out the fixed part of a sample of the short form."""
    return struct.pack(">IIIIIIII", 1, source, 1_000, 2, 3, in_if, out_if, 4)


def expanded(
    kind: int = 0, source: int = 7, inwards: tuple[int, int] = (0, 7), out: tuple[int, int] = (0, 8)
) -> bytes:
    """Lay out the fixed part of an expanded sample."""
    return struct.pack(">IIIIIIIIIII", 1, kind, source, 1_000, 2, 3, *inwards, *out, 4)


def read(tag: int, *bodies: bytes) -> tuple[FlowSamples, Items]:
    """Read samples that all have *tag*."""
    size = np.array([len(body) for body in bodies], np.int64)
    buffer = np.frombuffer(b"".join(bodies) + bytes(SPARE_BYTES), np.uint8)
    items = Items(
        row=np.arange(size.size),
        tag=np.full(size.size, tag, np.int64),
        start=np.cumsum(size) - size,
        size=size,
    )
    return read_samples(buffer, items, tag)


@pytest.mark.parametrize(
    ("tag", "body"), [(FLOW_SAMPLE, short()), (EXPANDED_FLOW_SAMPLE, expanded())]
)
def test_both_forms_say_the_same(tag: int, body: bytes) -> None:
    """Rate, drops, interfaces, source and number of records, and where those begin."""
    found, none = read(tag, body + b"rest")

    assert len(none) == 0
    assert (found.rate[0], found.drops[0], found.records[0]) == (1_000, 3, 4)
    assert (found.in_if[0], found.out_if[0]) == (7, 8)
    assert (found.source_type[0], found.source_index[0]) == (0, 7)
    assert (found.begin[0], found.end[0]) == (len(body), len(body) + 4)


@pytest.mark.parametrize(
    "raw",
    [0, INTERNAL, 0x40000000, 0x40000007, 0x80000000, 0x80000003, 0xC0000001, 0xFFFFFFFF],
)
def test_what_is_no_single_interface_has_no_number(raw: int) -> None:
    """Unknown, the device itself, dropped for a reason, several of them."""
    found, _ = read(FLOW_SAMPLE, short(in_if=raw, out_if=raw))

    assert (found.in_if[0], found.out_if[0]) == (NO_INTERFACE, NO_INTERFACE)
    assert found.observed.tolist() == [-1]


@pytest.mark.parametrize("raw", [(0, 0), (0, INTERNAL), (0, 2**32 - 1), (1, 7), (2, 7), (3, 7)])
def test_expanded_interfaces_have_a_form_of_their_own(raw: tuple[int, int]) -> None:
    """An index counts only in the form of a single interface, and up to 2^31 - 1."""
    found, _ = read(EXPANDED_FLOW_SAMPLE, expanded(inwards=raw, out=(0, 2**31 - 1)))

    assert (found.in_if[0], found.out_if[0]) == (NO_INTERFACE, 2**31 - 1)


def test_the_data_source_says_where_a_packet_was_seen() -> None:
    """0 if it is the interface the packet came in by, 1 if it left there, else -1."""
    found, _ = read(FLOW_SAMPLE, short(7), short(8), short(9), short(1 << 24 | 7), short(7, 7, 7))

    assert found.observed.tolist() == [0, 1, -1, -1, 0]


@pytest.mark.parametrize(
    ("tag", "body"), [(FLOW_SAMPLE, short()), (EXPANDED_FLOW_SAMPLE, expanded())]
)
def test_samples_shorter_than_their_fixed_part_are_set_apart(tag: int, body: bytes) -> None:
    """They are handed back to be counted; those beside them are read."""
    found, none = read(tag, body[:-1], body, b"")

    assert found.row.tolist() == [1]
    assert none.row.tolist() == [0, 2]
