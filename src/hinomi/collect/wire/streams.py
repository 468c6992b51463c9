"""
Streams: one exporting process each, with a small number of its own.

A stream is (exporter, protocol version, observation domain): templates, sampling rates and
sequence numbers are told apart by it, and never by the UDP source port, which exporters
change and load balancers spread (robustness case 9).

Source: RFC 7011, sections 3.1 and 8; RFC 3954, section 5.1; sFlow version 5, sub-agent.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NO_STREAM: Final = -1
"""Number of streams beyond the limit: their datagrams are refused."""


class Stream(NamedTuple):
    """Who exports."""

    source: int  # Number of the exporter, 0 or greater.
    version: int  # 5, 9, 10 (IPFIX) or 0 (sFlow).
    domain: int  # 0..2^32-1.


class Streams:
    """
    All streams so far; numbers are 0, 1, 2 ... in the order of appearance.

    Notes:
        A number is never taken back, for it is a place in many tables. So the second half
        of an exporter's numbers is given only where a datagram looks like an export.
    """

    def __init__(self, *, most_per_source: int = 256) -> None:
        """Give at most *most_per_source* streams a number for one exporter."""
        self.known: list[Stream] = []
        self._most = most_per_source
        self._numbers: dict[Stream, int] = {}
        self._per_source: Counter[int] = Counter()
        self._by_key: dict[int, dict[int, int]] = {}  # By version, source and domain in one.
        self._fruitful: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def numbers(
        self,
        source: NDArray[Any],
        version: int,
        domain: NDArray[Any],
        looks_like_export: Callable[[], NDArray[np.bool_]] | None = None,
    ) -> NDArray[np.int32]:
        """
        Give the stream of each datagram.

        Args:
            source: Numbers of the exporters, shape (n,), 0..2^31-1.
            version: The protocol of all of them.
            domain: Observation domains, shape (n,), 0..2^32-1.
            looks_like_export: Tells which datagrams could be exports, shape (n,); asked only
                when numbers become scarce. None: all of them.

        Returns:
            Stream numbers, shape (n,); `NO_STREAM` beyond the limit.
        """
        keys = source.astype(np.uint64) << np.uint64(32) | domain.astype(np.uint64)
        distinct, place = np.unique(keys, return_inverse=True)
        known = self._by_key.setdefault(version, {})
        good = None
        found = []
        for at, key in enumerate(distinct.tolist()):
            number = known.get(key, NO_STREAM)
            if number == NO_STREAM:
                if good is None and looks_like_export and self._is_scarce(key >> 32):
                    good = np.bincount(place[looks_like_export()], minlength=distinct.size) > 0
                if good is None or good[at] or not self._is_scarce(key >> 32):
                    number = self._see(key, version, known)
            found.append(number)
        return np.array(found, dtype=np.int32)[place]

    def credit(self, streams: NDArray[Any]) -> None:
        """Note that records of *streams* were decoded, numbers of shape (n,)."""
        if self._fruitful.size < len(self.known):
            grown = np.zeros(2 * len(self.known), np.bool_)
            grown[: self._fruitful.size] = self._fruitful
            self._fruitful = grown
        self._fruitful[streams] = True

    def fruitful(self) -> set[Stream]:
        """Give the streams of which records were decoded, ever: they outlive a restart."""
        return {self.known[number] for number in np.flatnonzero(self._fruitful).tolist()}

    def number(self, stream: Stream) -> int:
        """Give the number of one stream, a new one if there is room."""
        known = self._numbers.get(stream)
        if known is not None:
            return known
        if self._per_source[stream.source] >= self._most:
            return NO_STREAM
        self._per_source[stream.source] += 1
        self._numbers[stream] = len(self.known)
        self.known.append(stream)
        return self._numbers[stream]

    def _is_scarce(self, source: int) -> bool:
        return self._per_source[source] >= self._most // 2

    def _see(self, key: int, version: int, known: dict[int, int]) -> int:
        """Give the number of a stream that `numbers` meets first, and let it know next time."""
        number = self.number(Stream(key >> 32, version, key & 0xFFFFFFFF))
        if number != NO_STREAM:
            known[key] = number
        return number
