"""
NetFlow version 5: one fixed layout, its sampling rate in the header.

Source: Cisco, "NetFlow Export Datagram Format", tables B-3 and B-4.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Datagrams, read_rows, read_u8, read_u16, read_u32
from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.interpret import Interpreter
from hinomi.collect.wire.meaning.rates import Rates, by_mode
from hinomi.collect.wire.meaning.samplers import Samplers
from hinomi.collect.wire.plausible import looks_like_export
from hinomi.collect.wire.sets.groups import Headers, RecordGroup, element
from hinomi.collect.wire.streams import NO_STREAM, Streams

MALFORMED_HEADER: Final = "malformed-header"
"""Datagrams that end inside their header."""

MALFORMED_COUNT: Final = "malformed-count"
"""Datagrams that announce more than the 30 records that one may have: none is believed."""

RECORDS_CUT: Final = "malformed-records-cut"
"""Records that the header announces and the datagram has no bytes for."""

SURPLUS_BYTES: Final = "malformed-surplus-bytes"
"""Datagrams with bytes behind their last record."""

STREAMS_OVER_LIMIT: Final = "streams-over-limit"
"""Datagrams of engines beyond the number that one exporter may have."""

_VERSION: Final = 5
_HEADER_BYTES: Final = 24
_NANOS: Final = 1_000_000
_INTERVAL_BITS: Final = 14
_MOST_RECORDS: Final = 30

_LAYOUT: Final = {
    8: (0, ">u4"), 12: (4, ">u4"), 10: (12, ">u2"), 14: (14, ">u2"), 2: (16, ">u4"),
    1: (20, ">u4"), 22: (24, ">u4"), 21: (28, ">u4"), 7: (32, ">u2"), 11: (34, ">u2"),
    6: (37, "u1"), 4: (38, "u1"),
}  # fmt: skip
"""The fields of a record as the elements they mean: offset and type of each."""

_RECORD: Final = np.dtype(
    {
        "names": [str(number) for number in _LAYOUT],
        "formats": [code for _offset, code in _LAYOUT.values()],
        "offsets": [offset for offset, _code in _LAYOUT.values()],
        "itemsize": 48,
    }
)


def decode(
    batch: Datagrams, streams: Streams, samplers: Samplers, ledger: Ledger
) -> tuple[Headers, NDArray[np.int64], Exported]:
    """
    Decode datagrams of version 5.

    Args:
        batch: Only datagrams whose version is 5.
        streams: Numbers of the streams; engine type x 256 + engine id is the domain.
        samplers: Says what the operator says instead of the headers.
        ledger: Counts what is left out or doubtful.

    Returns:
        Headers of the m datagrams that have one; how many flows the sequence number goes on
        by, shape (m,); the flow records.

    Notes:
        What is cut off is counted; the whole records before it are decoded.
    """
    batch = _sound(batch, ledger)
    headers, rates = _headers(batch, streams)
    if (headers.stream == NO_STREAM).any():
        ledger.add_rows(batch.source[headers.stream == NO_STREAM], STREAMS_OVER_LIMIT)
        batch = batch.take(np.flatnonzero(headers.stream != NO_STREAM))
        headers, rates = _headers(batch, streams)
    announced = read_u16(batch.buffer, batch.start + 2)
    body = batch.length - _HEADER_BYTES
    held = np.minimum(announced, body // _RECORD.itemsize)
    ledger.add_rows(batch.source, RECORDS_CUT, announced - held)
    ledger.add_rows(
        batch.source[(body > held * _RECORD.itemsize) & (held == announced)], SURPLUS_BYTES
    )
    streams.credit(headers.stream[held > 0])
    samplers.note(headers, np.arange(len(batch)), rates)
    group = _group(batch, held)
    records = Interpreter(samplers, ledger).interpret(batch.buffer, headers, group, rates=rates)
    return headers, announced, records


def _sound(batch: Datagrams, ledger: Ledger) -> Datagrams:
    """Give the datagrams with a header that may be true."""
    short = batch.length < _HEADER_BYTES
    many = ~short & (read_u16(batch.buffer, batch.start + 2) > _MOST_RECORDS)
    if not (short | many).any():
        return batch
    ledger.add_rows(batch.source[short], MALFORMED_HEADER)
    ledger.add_rows(batch.source[many], MALFORMED_COUNT)
    return batch.take(np.flatnonzero(~(short | many)))


def _headers(batch: Datagrams, streams: Streams) -> tuple[Headers, Rates]:
    """Read the headers, and the sampling interval and mode that they state."""
    buffer, start = batch.buffer, batch.start
    domain = read_u16(buffer, start + 20)  # Engine type, then engine id.
    seconds, nanos = read_u32(buffer, start + 8), read_u32(buffer, start + 12)
    headers = Headers(
        source=batch.source,
        domain=domain,
        stream=streams.numbers(
            batch.source,
            _VERSION,
            domain,
            lambda: looks_like_export(buffer, start, batch.length),
        ),
        sequence=read_u32(buffer, start + 16),
        export_ms=seconds * 1_000 + np.minimum(nanos // _NANOS, 999),
        uptime_ms=read_u32(buffer, start + 4),
        arrived_ms=batch.arrived_ms,
    )
    mode = read_u8(buffer, start + 22) >> (_INTERVAL_BITS - 8)
    interval = read_u16(buffer, start + 22) & ((1 << _INTERVAL_BITS) - 1)
    algorithm = np.array([by_mode(number) for number in range(4)])[mode]
    return headers, Rates(interval, algorithm, "v5 header")


def _rows(batch: Datagrams, held: NDArray[np.int64]) -> NDArray[np.void]:
    """Copy out so many records as each datagram holds, one after the other."""
    begin = batch.start + _HEADER_BYTES
    if held.size and held[0] and (held == held[0]).all():  # Full ones: in one piece each.
        whole = np.dtype(f"V{int(held[0]) * _RECORD.itemsize}")
        return read_rows(batch.buffer, begin, whole).view(_RECORD)
    before = np.cumsum(held) - held
    at = np.repeat(begin - before * _RECORD.itemsize, held)
    at += np.arange(0, at.size * _RECORD.itemsize, _RECORD.itemsize)
    return read_rows(batch.buffer, at, _RECORD)


def _group(batch: Datagrams, held: NDArray[np.int64]) -> RecordGroup:
    """Lay the records out as a group of the elements they mean."""
    datagram = np.repeat(np.arange(len(batch)), held)
    rows = _rows(batch, held)
    numbers = {
        element(number): rows[str(number)].astype(code.replace(">", "="))
        for number, (_offset, code) in _LAYOUT.items()
    }
    return RecordGroup(
        version=_VERSION, is_options=False, scope=(), datagram=datagram, numbers=numbers,
        addresses={}, frames={}, discarded=0,
    )  # fmt: skip
