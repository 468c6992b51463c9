"""
Headers of IPFIX messages.

Source: RFC 7011, section 3.1.
"""

from typing import Final

import numpy as np

from hinomi.collect.wire.datagrams import Datagrams, read_rows
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.plausible import looks_like_export
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME, Headers
from hinomi.collect.wire.sets.netflow9 import MALFORMED_HEADER, STREAM_REFUSED
from hinomi.collect.wire.sets.walk import Messages
from hinomi.collect.wire.streams import NO_STREAM, Streams

MALFORMED_LENGTH: Final = "malformed-length"
"""IPFIX messages that claim to be longer than the datagram; its whole sets are decoded."""

BYTES_BEHIND_MESSAGE: Final = "bytes-behind-message"
"""Datagrams that are longer than the IPFIX message in them; what follows it is not read."""

HEADER_BYTES: Final = 16

_VERSION: Final = 10
_HEADER: Final = np.dtype(
    {
        "names": ["length", "seconds", "sequence", "domain"],
        "formats": [">u2", ">u4", ">u4", ">u4"],
        "offsets": [2, 4, 8, 12],
        "itemsize": HEADER_BYTES,
    }
)


def read_headers(batch: Datagrams, streams: Streams, ledger: Ledger) -> Messages:
    """
    Read the headers of datagrams whose version is 10.

    Returns:
        Those that are long enough and of a stream that has a number, in their order.
    """
    head = read_rows(batch.buffer, batch.start, _HEADER)
    length = head["length"].astype(np.int64)
    short = (batch.length < HEADER_BYTES) | (length < HEADER_BYTES)
    if short.any():
        ledger.add_rows(batch.source[short], MALFORMED_HEADER)
        kept = np.flatnonzero(~short)
        batch, head, length = batch.take(kept), head[kept], length[kept]
    stream = streams.numbers(
        batch.source,
        _VERSION,
        head["domain"],
        lambda: looks_like_export(batch.buffer, batch.start, batch.length),
    )
    refused = stream == NO_STREAM
    if refused.any():
        ledger.add_rows(batch.source[refused], STREAM_REFUSED)
        kept = np.flatnonzero(~refused)
        batch, head = batch.take(kept), head[kept]
        length, stream = length[kept], stream[kept]
    is_whole = length <= batch.length
    ledger.add_rows(batch.source[~is_whole], MALFORMED_LENGTH)
    ledger.add_rows(batch.source[length < batch.length], BYTES_BEHIND_MESSAGE)
    headers = Headers(
        source=batch.source,
        domain=head["domain"].astype(np.int64),
        stream=stream,
        sequence=head["sequence"].astype(np.int64),
        export_ms=head["seconds"].astype(np.int64) * 1000,
        uptime_ms=np.full(len(batch), UNKNOWN_UPTIME, np.int64),
        arrived_ms=batch.arrived_ms,
    )
    return Messages(
        headers=headers,
        begin=batch.start + HEADER_BYTES,
        end=batch.start + np.minimum(length, batch.length),
        is_whole=is_whole,
    )
