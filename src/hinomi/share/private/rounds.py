"""A round of private corroboration: what everybody has to agree on before it begins."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Final

from hinomi.errors import ConfigError

TABLES: Final = 22
"""Tables of a member: even, since they come in pairs of opposite order; see `chances`."""

INSERTIONS: Final = 3
"""Times that all elements are put into a table: later ones fill bins that were left empty."""

CONFIRMATIONS: Final = 2
"""Bins that have to be proven before a member opens an element."""

LAST_NUMBER: Final = 63
"""The highest number of a member: sets of members are bits of 64-bit words."""

VERSION: Final = 2
"""Of all that goes into tables; in the first, shares and tokens followed from the number."""

ROUND_FORMAT: Final = f"hinomi-round-{VERSION}"

THRESHOLDS: Final = range(2, 7)
CAPACITIES: Final = range(100, 100_001)

MOST_TESTS: Final = 2**37
"""Sets of members times bins that a collector takes on: about half an hour of one core."""


@dataclass(frozen=True)  # No slots: the digest is kept.
class Round:
    """
    What hub and members agree on; it enters every key, so that no two rounds can be linked.

    Raises:
        ConfigError: If a number lies outside of what the protocol was measured for.
    """

    hub: str  # Its list key, in words: the same members may stand with two hubs.
    epoch: int  # The hub's publication interval.
    threshold: int  # t: members that have to name a service, 2 to 6.
    capacity: int  # M: services of one member at most, 100 to 100,000.

    def __post_init__(self) -> None:
        if self.threshold not in THRESHOLDS:
            raise ConfigError(
                f"private corroboration: a threshold of {self.threshold} members is outside "
                f"{THRESHOLDS.start}..{THRESHOLDS.stop - 1}"
            )
        if self.capacity not in CAPACITIES:
            raise ConfigError(
                f"private corroboration: a capacity of {self.capacity} is outside "
                f"{CAPACITIES.start}..{CAPACITIES.stop - 1}"
            )
        if self.epoch < 0:
            raise ConfigError("private corroboration: epochs are counted from 0")

    @property
    def bins(self) -> int:
        """Bins of one table: t times M, as many as t members have elements together."""
        return self.threshold * self.capacity

    @property
    def positions(self) -> int:
        """Bins of all tables; position p is bin p mod bins of table p div bins."""
        return TABLES * self.bins

    @property
    def filled(self) -> int:
        """Bins of all tables at most that hold an element of one member, and so can fit."""
        return TABLES * min(self.bins, INSERTIONS * self.capacity)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over all that was agreed on, 32 bytes."""
        name = self.hub.encode()
        agreed = (VERSION, TABLES, INSERTIONS, self.epoch, self.threshold, self.capacity)
        text = b"hinomi private corroboration" + b"".join(n.to_bytes(8, "big") for n in agreed)
        return hashlib.sha256(text + name).digest()

    def check_work(self, members: int) -> None:
        """
        Refuse a round that would keep the collector busy for more than about half an hour.

        Raises:
            ConfigError: If there are too many sets of t among *members*.
        """
        tests = comb(members, self.threshold) * self.positions
        if tests > MOST_TESTS:
            raise ConfigError(
                f"private corroboration: {members} members at a threshold of {self.threshold} and "
                f"a capacity of {self.capacity} take {tests:.1e} tests, more than "
                f"{MOST_TESTS:.1e}: lower threshold or capacity"
            )

    def check_capacity(self, services: int) -> None:
        """
        Refuse more services of one member than the round takes.

        Raises:
            ConfigError: If there are.
        """
        if services > self.capacity:
            raise ConfigError(
                f"private corroboration takes {self.capacity:,} services of a member and here are "
                f"{services:,}: the hub has to raise the capacity, or name fewer"
            )


def check_number(number: int) -> None:
    """
    Refuse what is no member's number.

    Raises:
        ValueError: If it is outside 1..LAST_NUMBER (the caller's bug).
    """
    if not 1 <= number <= LAST_NUMBER:
        raise ValueError(f"a member's number lies in 1..{LAST_NUMBER}")
