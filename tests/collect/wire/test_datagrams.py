"""Reading numbers at many places of one buffer."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.datagrams import (
    Datagrams,
    read_rows,
    read_u8,
    read_u16,
    read_u32,
    read_u64,
)

PAYLOADS = st.lists(st.binary(max_size=40), max_size=6)


@given(payloads=PAYLOADS)
def test_payloads_come_back_as_they_were(payloads: list[bytes]) -> None:
    """Packing keeps every byte, every length and the order."""
    batch = Datagrams.pack(payloads, range(len(payloads)), [7] * len(payloads))

    assert [batch.payload(row) for row in range(len(batch))] == payloads
    assert (batch.end - batch.start).tolist() == [len(payload) for payload in payloads]


@given(payloads=PAYLOADS.filter(any), data=st.data())
def test_numbers_are_big_endian_at_any_place(payloads: list[bytes], data: st.DataObject) -> None:
    """A number is what its bytes say, aligned or not, up to the end of the last datagram."""
    batch = Datagrams.pack(payloads, [0] * len(payloads), [0] * len(payloads))
    place = data.draw(st.integers(0, int(batch.end.max())))
    at, raw = np.array([place]), batch.buffer.tobytes()

    for read, width in ((read_u8, 1), (read_u16, 2), (read_u32, 4), (read_u64, 8)):
        assert int(read(batch.buffer, at)[0]) == int.from_bytes(raw[place : place + width], "big")


def test_rows_are_read_with_fields_at_offsets_of_their_own() -> None:
    """Only the named fields of a row are looked at; the rest costs a copy and no more."""
    dtype = np.dtype(
        {"names": ["port", "count"], "formats": [">u2", ">u4"], "offsets": [1, 4], "itemsize": 9}
    )
    batch = Datagrams.pack([bytes(range(20))], [0], [0])

    rows = read_rows(batch.buffer, np.array([0, 9]), dtype)

    assert rows["port"].tolist() == [0x0102, 0x0A0B]
    assert rows["count"].tolist() == [0x04050607, 0x0D0E0F10]


def test_some_datagrams_can_be_taken() -> None:
    """Rows come in the asked order, over the same buffer."""
    batch = Datagrams.pack([b"a", b"bb", b"ccc"], [4, 5, 6], [1, 2, 3])

    some = batch.take(np.array([2, 0]))

    assert [some.payload(0), some.payload(1)] == [b"ccc", b"a"]
    assert some.source.tolist() == [6, 4]
    assert some.buffer is batch.buffer
