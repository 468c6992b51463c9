"""The register of services: every server of the world that somebody talks to, by number."""

from dataclasses import dataclass, field

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints
from hinomi.bench.communal.hosts import Hosts, Where
from hinomi.model.protocol import Protocol

TCP = Protocol.TCP.value
UDP = Protocol.UDP.value

NO_V6 = -1
_COLUMNS = 6
_PAYLOAD = (1, 180)  # Bytes of a keep-alive; ours.


@dataclass(frozen=True, slots=True)
class Columns:
    """What packets need to know of services; every array has shape (services,)."""

    code: Ints  # IPv4.
    code_v6: Ints  # Or `NO_V6`.
    port: Ints
    proto: Ints
    up: Ints  # Bytes that a client says at a time.
    down: Ints


@dataclass(slots=True)
class Register:
    """Services in order of their numbers; nothing is ever taken out."""

    hosts: Hosts
    chance: Chance
    labels: list[str] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    tiers: list[int] = field(default_factory=list)
    _room: Ints = field(default_factory=lambda: np.zeros((_COLUMNS, 1 << 10), np.int64))

    def add(
        self,
        count: int,
        port: int | Ints,
        proto: int | Ints,
        label: str,
        *,
        family: str = "",
        tier: int = 0,
        v6: float = 0.0,
        where: Where = Where.HOSTING,
        code: Ints | None = None,
        payload: tuple[int, int] | None = None,
    ) -> Ints:
        """
        Add services and give their numbers.

        Args:
            count: How many.
            port: Of each, or of all.
            proto: IANA protocol number, of each or of all.
            label: What they are.
            family: The botnet they belong to.
            tier: 1 meets bots, 2 meets C&C servers; 0: no C&C server.
            v6: Share of them that have an IPv6 address as well.
            where: Where they stand, if *code* is not given.
            code: Addresses that exist already.
            payload: Bytes that a client and they say at a time; each its own if not given.
        """
        chance = self.chance
        place = self.hosts.take(count, where) if code is None else code
        also = np.full(count, NO_V6, np.int64)
        both = np.flatnonzero(chance.each(count, v6))
        also[both] = self.hosts.take_v6(both.size)
        said = (
            (chance.wholes(*_PAYLOAD, count), chance.wholes(*_PAYLOAD, count))
            if payload is None
            else payload
        )
        first = len(self.labels)
        self._reserve(first + count)
        for row, column in enumerate((place, also, port, proto, *said)):
            self._room[row, first : first + count] = column
        self.labels.extend([label] * count)
        self.families.extend([family] * count)
        self.tiers.extend([tier] * count)
        return np.arange(first, first + count, dtype=np.int64)

    @property
    def columns(self) -> Columns:
        """Give all services as columns, as of now."""
        return Columns(*self._room[:, : len(self.labels)])

    def _reserve(self, count: int) -> None:
        """Make room for so many services: twice as much as before, so that few moves are made."""
        if count > self._room.shape[1]:
            room = np.zeros((_COLUMNS, max(count, 2 * self._room.shape[1])), np.int64)
            room[:, : len(self.labels)] = self._room[:, : len(self.labels)]
            self._room = room

    def key(self, service: int) -> tuple[int, int, int]:
        """Give IPv4 code, protocol and port of a service."""
        columns = self.columns
        return (
            int(columns.code[service]), int(columns.proto[service]), int(columns.port[service]),
        )  # fmt: skip
