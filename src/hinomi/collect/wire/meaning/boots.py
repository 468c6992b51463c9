"""When exporting processes started, as IPFIX states it apart from the records it times by."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.meaning.columns import signed
from hinomi.collect.wire.sets.groups import Headers, RecordGroup, element
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams

EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01: whatever is earlier is a clock that was never set."""

UNKNOWN_BOOT: Final = 0

_INIT_TIME: Final = element(160)


class KeptBoot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Start of one exporting process, as it survives a restart of the collector."""

    source: int
    version: int
    domain: int
    init_ms: int


class BootTimes:
    """
    What each stream stated as systemInitTimeMilliseconds in its options.

    Notes:
        One number a stream: bounded by the limit of `Streams`.

    Source:
        IANA IPFIX information element 160.
    """

    def __init__(self, streams: Streams) -> None:
        """Begin without any."""
        self._streams = streams
        self._init_ms: dict[int, int] = {}

    def learn(self, headers: Headers, options: RecordGroup) -> None:
        """Remember the last plausible start that *options* state for each stream."""
        stated = options.numbers.get(_INIT_TIME)
        if stated is None or not len(options):
            return
        rows = options.datagram
        init_ms, stream = signed(stated), headers.stream[rows]
        good = (init_ms >= EARLIEST_MS) & (init_ms <= headers.export_ms[rows])
        good &= stream != NO_STREAM
        for number in np.unique(stream[good]):
            self._init_ms[int(number)] = int(init_ms[good & (stream == number)][-1])

    def of(self, stream: NDArray[np.int32]) -> NDArray[np.int64]:
        """Give the start of each stream, shape (n,), ms since the epoch; `UNKNOWN_BOOT`."""
        if not self._init_ms:
            return np.zeros(stream.size, np.int64)
        distinct, place = np.unique(stream, return_inverse=True)
        found = [self._init_ms.get(int(number), UNKNOWN_BOOT) for number in distinct]
        return np.array(found, np.int64)[place]

    def snapshot(self) -> list[KeptBoot]:
        """Give what the next run shall know."""
        return [
            KeptBoot(*self._streams.known[stream], init_ms=init_ms)
            for stream, init_ms in self._init_ms.items()
        ]

    def restore(self, kept: Sequence[KeptBoot]) -> None:
        """Take up what another run knew."""
        for boot in kept:
            stream = self._streams.number(Stream(boot.source, boot.version, boot.domain))
            if stream != NO_STREAM and boot.init_ms >= EARLIEST_MS:
                self._init_ms[stream] = boot.init_ms
