"""
The operator's sampling interval for what states none, and what is said against it later.

The operator registered it, so it holds until an exporter states a rate of its own. Where that
is denser, records were stored as sparser than they are, and this is counted.
"""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.streams import NO_STREAM, Streams

SAMPLING_DEFAULTED: Final = "sampling-defaulted"
"""Records whose rate is the operator's default."""

SAMPLING_DEFAULT_WRONG: Final = "sampling-default-was-wrong"
"""Records that had taken the operator's default before their exporter stated a denser rate."""


class Defaults:
    """Which streams took the default, and for how many records since the start."""

    def __init__(self, streams: Streams, ledger: Ledger, interval: int) -> None:
        """
        Begin with no record.

        Args:
            streams: Names the exporter of each stream.
            ledger: Counts what took the default, and what was wrong with that.
            interval: N of 1 in N; 0: there is no default.
        """
        self.interval = interval
        self._streams = streams
        self._ledger = ledger
        self._records: Counter[int] = Counter()

    def take(self, stream: int, records: int) -> None:
        """Count *records* of a stream that took the default."""
        self._records[stream] += records
        self._ledger.add(self._streams.known[stream].source, SAMPLING_DEFAULTED, records)

    def is_denied_by(self, interval: int) -> bool:
        """Tell whether *interval* is denser than the default that some record took."""
        return bool(self._records) and 0 < interval < self.interval

    def deny(self, stream: int) -> None:
        """Count as wrong what a stream took: each record once."""
        wrong = self._records.pop(stream, 0)
        if wrong:
            self._ledger.add(self._streams.known[stream].source, SAMPLING_DEFAULT_WRONG, wrong)

    def hold_against(self, stream: NDArray[np.int32], stated: NDArray[np.int64]) -> None:
        """
        Deny the default of streams whose records state a denser rate themselves.

        Args:
            stream: Number of each, shape (n,); `NO_STREAM` is passed over.
            stated: N of each, shape (n,); only above 0 it counts.
        """
        if not self._records:
            return
        denser = (stated > 0) & (stated < self.interval) & (stream != NO_STREAM)
        for number in np.flatnonzero(np.bincount(stream[denser])).tolist():
            self.deny(number)

    def siblings(self, stream: int) -> list[int]:
        """Give the other streams of the same exporter and version that took the default."""
        who = self._streams.known[stream]
        return [
            each
            for each in self._records
            if each != stream and self._streams.known[each][:2] == who[:2]
        ]
