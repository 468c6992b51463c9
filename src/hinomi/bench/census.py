"""A census counts, slice by slice, which own lines were sampled with each named service."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.access import AddressPlan
from hinomi.bench.addressing import Codes, is_own
from hinomi.bench.exchange import Packets
from hinomi.bench.sampling import scatter
from hinomi.bench.truth import NamedService

_MOST_WAITING: Final = 4_000_000  # Pairs that may be there twice, before they are sorted out.


class Census:
    """Counts distinct own ends of named services; memory grows with the pairs met."""

    def __init__(self, services: Sequence[NamedService], plan: AddressPlan) -> None:
        """
        Prepare to count.

        Args:
            services: Each address, protocol and port once, under their codes.
            plan: Tells which codes are one line to a detector.
        """
        self._services, self._plan = services, plan
        keys = scatter(
            np.array([service.code for service in services], np.int64),
            np.array([service.proto << 16 | service.port for service in services], np.int64),
        )
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        self._pairs: list[NDArray[np.int64]] = []

    def add(self, packets: Packets) -> None:
        """Count the packets of one more slice."""
        if not self._services:
            return
        proto = packets.proto.astype(np.int64) << 16
        for server, port, client in (
            (packets.dst, packets.dst_port, packets.src),
            (packets.src, packets.src_port, packets.dst),
        ):
            own = np.flatnonzero(is_own(client))
            key = scatter(server[own], proto[own] | port[own])
            place = np.minimum(np.searchsorted(self._keys, key), self._keys.size - 1)
            hit = self._keys[place] == key
            line = self._plan.counted(client[own[hit]])
            self._pairs.append(distinct_pairs(self._order[place[hit]], line))
        if sum(each.shape[1] for each in self._pairs[1:]) > _MOST_WAITING:
            self._pairs = [self._gathered()]

    def counts(self) -> tuple[list[int], list[int]]:
        """Give for each service the distinct lines sampled with it, and those of its members."""
        pairs = self._gathered()
        starts = np.searchsorted(pairs[0], np.arange(len(self._services) + 1))
        clients, bots = [], []
        for index, named in enumerate(self._services):
            lines: Codes = pairs[1, starts[index] : starts[index + 1]]
            clients.append(int(lines.size))
            bots.append(
                0
                if named.members is None
                else int(np.isin(lines, self._plan.counted(named.members)).sum())
            )
        return clients, bots

    def _gathered(self) -> NDArray[np.int64]:
        pairs = np.concatenate([*self._pairs, np.empty((2, 0), np.int64)], axis=1)
        return distinct_pairs(pairs[0], pairs[1])


def distinct_pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each pair once, ascending, as an array of shape (2, n)."""
    order = np.lexsort((second, first))
    pairs = np.stack([first[order], second[order]])
    new = np.ones(order.size, np.bool_)
    new[1:] = (np.diff(pairs) != 0).any(axis=0)
    return pairs[:, new]
