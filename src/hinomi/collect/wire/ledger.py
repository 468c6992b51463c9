"""Counts by exporter and reason: whatever a decoder leaves out, it writes down here."""

from collections import Counter, defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Ledger:
    """
    What became of the datagrams and records of each exporter.

    Notes:
        Reasons are lower-case words joined by hyphens and become metric labels: they come
        from the code, never from a datagram.
    """

    def __init__(self) -> None:
        self.counts: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def add(self, source: int, reason: str, count: int = 1) -> None:
        """Count *count* times *reason* for exporter number *source*."""
        if count:
            self.counts[source][reason] += int(count)

    def add_rows(
        self, source: NDArray[Any], reason: str, weight: NDArray[Any] | None = None
    ) -> None:
        """
        Count *reason* once for each row, or *weight* times.

        Args:
            source: Number of the exporter of each row, shape (n,), 0 or greater.
            reason: Why.
            weight: How often, shape (n,), whole numbers below 2^53; None: once.
        """
        if not source.size:
            return
        sums = np.bincount(source, weights=weight)
        present = np.flatnonzero(sums)
        for number, count in zip(present.tolist(), sums[present].tolist(), strict=True):
            self.counts[number][reason] += int(count)

    def total(self, reason: str) -> int:
        """Give the sum of *reason* over all exporters."""
        return sum(counts[reason] for counts in self.counts.values())

    def drain(self) -> dict[int, Counter[str]]:
        """Give all counts since the last time, and begin anew."""
        drained, self.counts = dict(self.counts), defaultdict(Counter)
        return drained
