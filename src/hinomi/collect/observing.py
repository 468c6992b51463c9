"""
Where each record was observed, and whether it is counted there (design.md, section 2).

A packet crosses several exporters, and several interfaces of each. What the operator says of
them makes one counting point of each path and direction, so that a packet's chance of being
sampled stays 1/N.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress

COUNTED_ELSEWHERE: Final = "counted-elsewhere"
"""Records that the operator counts at another exporter, interface or direction."""

_SEEN_COMING_IN, _SEEN_LEAVING = 0, 1  # RFC 7012, `flowDirection` (61).
_NOT_COUNTED: Final = {
    CountedDirection.ALL: -2,  # No record says so.
    CountedDirection.INGRESS: _SEEN_LEAVING,
    CountedDirection.EGRESS: _SEEN_COMING_IN,
}
_INTERFACES_END: Final = 1 << 32


class Observing:
    """
    What the operator says of exporters and interfaces, by source number.

    Notes:
        An interface that nobody described is `Ingress.UNKNOWN` and counted; so is a
        record that does not name its interface or direction. A million records cost
        0.08 s where interfaces are described, next to nothing where none is.
    """

    def __init__(
        self,
        roles: Mapping[tuple[int, int], InterfaceRole],
        counts: Mapping[int, CountedDirection],
    ) -> None:
        """
        Lay out the tables.

        Args:
            roles: By source number and interface index (0..2^32-1).
            counts: By source number; a source that is missing counts all.
        """
        described = sorted(
            (source << 32 | ifindex, role) for (source, ifindex), role in roles.items()
        )
        self._keys = np.array([key for key, _ in described], np.int64)
        self._roles = np.array([role for _, role in described], np.int16)
        partial = {
            source: _NOT_COUNTED[direction]
            for source, direction in counts.items()
            if direction is not CountedDirection.ALL
        }
        self._left_out = np.full(max(partial, default=-1) + 2, -2, np.int8)  # Last: all others.
        for source, observed in partial.items():
            self._left_out[source] = observed

    def keep(self, records: Exported, ledger: Ledger) -> tuple[Exported, NDArray[np.int16]]:
        """
        Leave out what is counted elsewhere.

        Args:
            records: As decoders give them.
            ledger: Is told of `COUNTED_ELSEWHERE`.

        Returns:
            The other records, and the `model.flow.Ingress` of each, shape (n,).
        """
        role = self._role(records)
        elsewhere = self._is_left_out(records) | (role == InterfaceRole.IGNORED)
        if not elsewhere.any():
            return records, role
        ledger.add_rows(records.source[elsewhere], COUNTED_ELSEWHERE)
        return records.take(~elsewhere), role[~elsewhere]

    def _role(self, records: Exported) -> NDArray[np.int16]:
        """Give the role of the interface that each record came in by."""
        role = np.full(len(records), Ingress.UNKNOWN, np.int16)
        if not self._keys.size or not role.size:
            return role
        has_index = (records.in_if >= 0) & (records.in_if < _INTERFACES_END)
        keys = records.source.astype(np.int64) << 32 | np.where(has_index, records.in_if, 0)
        place = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        found = has_index & (self._keys[place] == keys)
        role[found] = self._roles[place[found]]
        return role

    def _is_left_out(self, records: Exported) -> NDArray[np.bool_]:
        if self._left_out.size == 1:
            return np.zeros(len(records), bool)
        source = np.minimum(records.source, self._left_out.size - 1)
        left_out: NDArray[np.bool_] = self._left_out[source] == records.observed
        return left_out
