"""
Samples that sFlow agents had to drop: differences of the counters in their flow samples.

Source: sFlow version 5, section 5 (flow_sample, drops).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.samples import FlowSamples

SAMPLES_DROPPED: Final = "sflow-samples-dropped"
"""Packets that agents chose and could not send on, for want of resources."""

MOST_COUNTERS: Final = 65_536
"""Data sources of all agents that are followed; of later ones nothing is known."""

_TYPE_BITS, _INDEX_BITS = 8, 32
_MASK: Final = 0xFFFFFFFF
_MOST_STEP: Final = 1 << 31  # More is a step back: the agent began anew, or a datagram was late.


class AgentDrops:
    """
    The last value of each data source's counter.

    Notes:
        A counter says nothing when it is first seen: what came before is not known. Datagrams
        out of order count a step twice.
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
        order = np.lexsort((samples.row[some], keys))  # Each counter's samples as they came.
        some, keys = some[order], keys[order]
        now = samples.drops[some]
        is_first = np.ones(some.size, np.bool_)
        is_first[1:] = keys[1:] != keys[:-1]
        before = np.concatenate([now[:1], now[:-1]])
        before[is_first] = self._known(keys[is_first], now[is_first])
        step = (now - before) & _MASK
        stepped = np.flatnonzero((step > 0) & (step < _MOST_STEP))
        ledger.add_rows(exporter[some[stepped]], SAMPLES_DROPPED, step[stepped])
        is_last = np.roll(is_first, -1)
        self._keep(keys[is_last], now[is_last])

    def _known(self, keys: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the last value of each of the ascending *keys*; *now* where there is none."""
        if not self._keys.size:
            return now
        place = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        return np.where(self._keys[place] == keys, self._last[place], now)

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
