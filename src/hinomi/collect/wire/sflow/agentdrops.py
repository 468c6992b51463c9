"""
Samples that sFlow agents had to drop: differences of the counters in their flow samples.

Source: sFlow version 5, section 5 (flow_sample, drops).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sflow.samples import FlowSamples

SAMPLES_DROPPED: Final = "sflow-samples-dropped"
"""Packets that agents chose and could not send on, for want of resources."""

MOST_COUNTERS: Final = 65_536
"""Data sources of all agents that are followed; of later ones nothing is known."""

_TYPE_BITS, _INDEX_BITS = 8, 32
_MASK: Final = 0xFFFFFFFF
_MOST_STEP: Final = 1 << 31  # More is a step back: a late datagram, or the agent began anew.


class AgentDrops:
    """
    The last value of each data source's counter.

    Notes:
        Of a batch the greatest step of each counter counts, so that the order of datagrams
        does not matter. What was dropped before a counter was first seen is not known.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(0, np.int64)
        self._last = np.zeros(0, np.int64)

    def observe(
        self,
        samples: FlowSamples,
        exporter: NDArray[np.int32],
        stream: NDArray[np.int32],
        ledger: Ledger,
    ) -> None:
        """
        Count what was dropped since the samples before.

        Args:
            samples: Of a batch, n of them.
            exporter: Number of the exporter of each, shape (n,).
            stream: Number of its stream, shape (n,), 0 or greater.
            ledger: Where it is counted.
        """
        some = np.flatnonzero(samples.drops)
        if not some.size:
            return
        keys = stream[some].astype(np.int64) << (_TYPE_BITS + _INDEX_BITS)
        keys |= (samples.source_type[some] & 0xFF) << _INDEX_BITS | samples.source_index[some]
        order = np.argsort(keys)
        some, keys = some[order], keys[order]
        now = samples.drops[some]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        before = self._known(keys[first], np.minimum.reduceat(now, first))
        step = (now - np.repeat(before, np.diff(first, append=keys.size))) & _MASK
        step[step >= _MOST_STEP] = -1
        most = np.maximum.reduceat(step, first)
        ledger.add_rows(exporter[some[first[most > 0]]], SAMPLES_DROPPED, most[most > 0])
        anew = np.maximum.reduceat(now, first)
        self._keep(keys[first], np.where(most >= 0, (before + most) & _MASK, anew))

    def _known(self, keys: NDArray[np.int64], least: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the last value of each of the ascending *keys*; *least* where there is none."""
        if not self._keys.size:
            return least
        place = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        return np.where(self._keys[place] == keys, self._last[place], least)

    def _keep(self, keys: NDArray[np.int64], now: NDArray[np.int64]) -> None:
        if self._keys.size:
            place = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
            is_known = self._keys[place] == keys
            self._last[place[is_known]] = now[is_known]
            keys, now = keys[~is_known], now[~is_known]
        room = MOST_COUNTERS - self._keys.size
        if keys.size and room > 0:
            joined = np.concatenate([self._keys, keys[:room]])
            order = np.argsort(joined)
            self._keys = joined[order]
            self._last = np.concatenate([self._last, now[:room]])[order]
