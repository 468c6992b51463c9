"""
What the operator says of exporters, for the rows of flow files: as it holds for datagrams.

Files name exporters; what the operator says of them is found by these names.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.files.columns import Bools, Ints
from hinomi.collect.observing import Description, Observing
from hinomi.collect.wire.exported import NO_INTERFACE

Descriptions = Mapping[str | None, Description]
"""By the exporter's name, an address in its usual form; None: of rows that name none."""

NOT_STATED: Final = -1
_COMING_IN, _LEAVING = 0, 1  # RFC 7012, `flowDirection` (61).


class Described:
    """What the operator says of the exporters of one block."""

    def __init__(self, said: Descriptions, names: Sequence[str]) -> None:
        """
        Find what is said of each exporter.

        Args:
            said: By name.
            names: Of the block's exporters; rows point into them, -1: names none.
        """
        self._unnamed = len(names)
        found = {place: _said_of(said, name) for place, name in enumerate((*names, None))}
        self._intervals = np.array([each.interval for each in found.values()], np.int64)
        self._observing = Observing(
            {
                (place, ifindex): role
                for place, each in found.items()
                for ifindex, role in each.roles.items()
            },
            {place: each.counts for place, each in found.items()},
        )

    def look(
        self, exporter: NDArray[np.int32], in_if: Ints | None, observed: Ints | None
    ) -> tuple[Ints, Bools]:
        """
        Tell where n rows came in, and which of them are counted elsewhere.

        Args:
            exporter: As in `flows.Flows`, shape (n,).
            in_if: Interface that each came in by, -1 not stated; None: no row states one.
            observed: As `directions` gives it; None: no row states one.

        Returns:
            `model.flow.Ingress`, and what is counted elsewhere, shape (n,) each.
        """
        unstated = np.full(exporter.size, NO_INTERFACE, np.int64)
        role, elsewhere = self._observing.look(
            self._places(exporter),
            unstated if in_if is None else in_if,
            unstated if observed is None else observed,
        )
        return role.astype(np.int64), elsewhere

    def intervals(self, exporter: NDArray[np.int32]) -> Ints:
        """Give N of 1-in-N as the operator states it for the exporter of each row; 0: does not."""
        stated: Ints = self._intervals[self._places(exporter)]
        return stated

    def _places(self, exporter: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.where(exporter < 0, np.int32(self._unnamed), exporter)


def directions(stated: Ints) -> Ints:
    """Give observed directions: 0 coming in, 1 leaving; whatever else is stated is neither."""
    return np.where((stated == _COMING_IN) | (stated == _LEAVING), stated, NOT_STATED)


def turned_directions(observed: Ints) -> Ints:
    """Give the directions of the ways back: who saw the one come in saw the other leave."""
    return np.where(observed == NOT_STATED, observed, _LEAVING - observed)


def _said_of(said: Descriptions, name: str | None) -> Description:
    found = said.get(name)
    if found is None and name is not None:
        found = said.get(_plain(name))
    return Description() if found is None else found


def _plain(name: str) -> str:
    """Write an address as the collector does; any other name stays."""
    try:
        address = ip_address(name)
    except ValueError:
        return name
    return str(getattr(address, "ipv4_mapped", None) or address)
