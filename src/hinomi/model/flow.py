"""
The two column tables of flow: records in memory, conversations at rest.

A *flow record* is unidirectional and names both ends in plain; it lives only in
memory, inside ``collect``. A *conversation record* is one subscriber's view of the
same packets; the subscriber's line is a pseudonym. Only conversations are stored.
"""

from enum import IntEnum
from typing import Final

import pyarrow as pa

SCHEMA_VERSION: Final = "1"

UNKNOWN_FLAGS: Final = -1
"""Value of ``tcp_flags`` where the source does not know, or the protocol is not TCP."""

UNKNOWN_INTERVAL: Final = 0
"""Value of ``sampling_interval`` where nobody stated it. It never means 1."""

MAX_DURATION_MS: Final = 2**31 - 1


class Direction(IntEnum):
    """Which way the packets of a conversation record went."""

    OUT = 0  # Subscriber to remote.
    IN = 1  # Remote to subscriber.


class Ingress(IntEnum):
    """Where a record was observed, by (exporter, interface)."""

    UNKNOWN = 0
    SUBSCRIBER = 1
    PEERING = 2
    TRANSIT = 3
    CUSTOMER = 4


RECORDS: Final = pa.schema(
    [
        ("ts_ms", pa.int64()),  # Start, ms since the Unix epoch, UTC.
        ("exporter", pa.dictionary(pa.int32(), pa.string())),  # Its name; null: not stated.
        ("sampling_interval", pa.int32()),  # N of 1-in-N; 0 unknown.
        ("counts_scaled", pa.int16()),  # 1 if counters arrived multiplied by N.
        ("proto", pa.int16()),  # IANA protocol number.
        ("src_hi", pa.int64()),  # 128-bit address in two signed halves, IPv4 as ::ffff:a.b.c.d.
        ("src_lo", pa.int64()),
        ("dst_hi", pa.int64()),
        ("dst_lo", pa.int64()),
        ("src_port", pa.int32()),  # 0 where the protocol has none.
        ("dst_port", pa.int32()),  # ICMP: type x 256 + code.
        ("tcp_flags", pa.int16()),  # OR over the packets; -1 unknown or not TCP.
        ("packets", pa.int64()),
        ("bytes", pa.int64()),  # IP layer.
        ("duration_ms", pa.int32()),
        ("ingress", pa.int16()),  # `Ingress`.
    ]
)
"""Unidirectional flow records in memory, as every decoder and file reader yields them."""

CONVERSATIONS: Final = pa.schema(
    [
        ("ts_ms", pa.int64()),
        ("exporter", pa.int32()),  # Number; its name stands in the case book.
        ("sampling_interval", pa.int32()),
        ("counts_scaled", pa.int16()),
        ("proto", pa.int16()),
        ("direction", pa.int16()),  # `Direction`.
        ("line_hi", pa.int64()),  # Pseudonym of the subscriber's line.
        ("line_lo", pa.int64()),
        ("line_net", pa.int32()),  # Keyed hash of the line's /16 (v4) or /32 (v6).
        ("ingress", pa.int16()),
        ("line_port", pa.int32()),
        ("remote_port", pa.int32()),
        ("remote_hi", pa.int64()),  # Plain address; a line pseudonym where remote_own.
        ("remote_lo", pa.int64()),
        ("remote_own", pa.int16()),
        ("tcp_flags", pa.int16()),
        ("packets", pa.int64()),  # As exported, not multiplied by the interval.
        ("bytes", pa.int64()),
        ("duration_ms", pa.int32()),
    ],
    metadata={"hinomi.schema": "conversations", "hinomi.schema_version": SCHEMA_VERSION},
)
"""Conversation records at rest (design.md, section 2). Signed integers only, no timestamps."""
