"""
Where each record was observed, and whether it is counted there (design.md, section 2).

A packet crosses several exporters, and several interfaces of each. What the operator says of
them makes one counting point of each path and direction, so that a packet's chance of being
sampled stays 1/N.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the operator says of one exporter."""

    roles: Mapping[int, InterfaceRole] = field(default_factory=dict)  # By interface index.
    counts: CountedDirection = CountedDirection.ALL
    interval: int = 0  # N of 1-in-N, above all that it says itself; 0: nothing is said.


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
        role, elsewhere = self.look(records.source, records.in_if, records.observed)
        if not elsewhere.any():
            return records, role
        ledger.add_rows(records.source[elsewhere], COUNTED_ELSEWHERE)
        return records.take(~elsewhere), role[~elsewhere]

    def look(
        self,
        source: NDArray[np.int32],
        in_if: NDArray[np.int64],
        observed: NDArray[np.int8] | NDArray[np.int64],
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """
        Look at n records.

        Args:
            source: Number of each record's source.
            in_if: Index of the interface it came in by; `wire.exported.NO_INTERFACE`.
            observed: 0 seen coming in, 1 leaving, -1 not stated.

        Returns:
            The `model.flow.Ingress` of each (`InterfaceRole.IGNORED` for those inside the
            own network), and which are counted elsewhere, shape (n,) each.
        """
        role = self._role(source, in_if)
        return role, self._is_left_out(source, observed) | (role == InterfaceRole.IGNORED)

    def _role(self, source: NDArray[np.int32], in_if: NDArray[np.int64]) -> NDArray[np.int16]:
        """Give the role of the interface that each record came in by."""
        role = np.full(source.size, Ingress.UNKNOWN, np.int16)
        if not self._keys.size or not role.size:
            return role
        has_index = (in_if >= 0) & (in_if < _INTERFACES_END)
        keys = source.astype(np.int64) << 32 | np.where(has_index, in_if, 0)
        place = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        found = has_index & (self._keys[place] == keys)
        role[found] = self._roles[place[found]]
        return role

    def _is_left_out(
        self, source: NDArray[np.int32], observed: NDArray[np.int8] | NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        if self._left_out.size == 1:
            return np.zeros(source.size, bool)
        place = np.minimum(source, self._left_out.size - 1)
        left_out: NDArray[np.bool_] = self._left_out[place] == observed
        return left_out
