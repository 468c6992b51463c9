"""
Headers of NetFlow version 9 datagrams.

Source: RFC 3954, section 5.1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import Datagrams, read_rows
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.plausible import looks_like_export
from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME, Headers
from hinomi.collect.wire.sets.walk import Messages
from hinomi.collect.wire.streams import NO_STREAM, Streams

MALFORMED_HEADER: Final = "malformed-header"
"""Datagrams that end inside their header, or claim to be shorter than it."""

STREAM_REFUSED: Final = "stream-refused"
"""Datagrams of observation domains beyond the number that one exporter may have; what holds no
set may take half of that number."""

HEADER_BYTES: Final = 20

_VERSION: Final = 9
_REORDERED_MS: Final = 10_000  # Datagrams that overtake each other go back by less.
_WRAP_MS: Final = 1 << 31  # Going back by more is the wrap after 49.7 days.
_HEADER: Final = np.dtype(
    {
        "names": ["uptime", "seconds", "sequence", "domain"],
        "formats": [">u4", ">u4", ">u4", ">u4"],
        "offsets": [4, 8, 12, 16],
        "itemsize": HEADER_BYTES,
    }
)


def read_headers(batch: Datagrams, streams: Streams, ledger: Ledger) -> Messages:
    """
    Read the headers of datagrams whose version is 9.

    Returns:
        Those that are long enough and of a stream that has a number, in their order. The
        count in the header is not believed: exporters count sets, or wrongly.
    """
    short = batch.length < HEADER_BYTES
    if short.any():
        ledger.add_rows(batch.source[short], MALFORMED_HEADER)
        batch = batch.take(np.flatnonzero(~short))
    head = read_rows(batch.buffer, batch.start, _HEADER)
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
        batch, head, stream = batch.take(kept), head[kept], stream[kept]
    headers = Headers(
        source=batch.source,
        domain=head["domain"].astype(np.int64),
        stream=stream,
        sequence=head["sequence"].astype(np.int64),
        export_ms=head["seconds"].astype(np.int64) * 1000,
        uptime_ms=head["uptime"].astype(np.int64),
        arrived_ms=batch.arrived_ms,
    )
    return Messages(
        headers=headers,
        begin=batch.start + HEADER_BYTES,
        end=batch.end,
        is_whole=np.ones(len(batch), np.bool_),
    )


class Uptimes:
    """The sysUptime that each stream had last: one that goes back tells of a restart."""

    def __init__(self) -> None:
        """Know none yet."""
        self._last_ms: NDArray[np.int64] = np.zeros(0, np.int64)

    def restarted(self, headers: Headers, streams: int) -> NDArray[np.int32]:
        """
        Give the streams whose exporter restarted, each once.

        Args:
            headers: Of a batch, in their order.
            streams: How many streams have a number by now.

        Notes:
            Datagrams are compared with the last one of the batch before. The counter's
            wrap is no restart, and neither is a step back of up to 10 s.
        """
        if streams > self._last_ms.size:
            grown = np.full(2 * streams, UNKNOWN_UPTIME, np.int64)
            grown[: self._last_ms.size] = self._last_ms
            self._last_ms = grown
        back = self._last_ms[headers.stream] - headers.uptime_ms
        self._last_ms[headers.stream] = headers.uptime_ms  # The last of each stands.
        return np.unique(headers.stream[(back > _REORDERED_MS) & (back < _WRAP_MS)])
