"""The book of what is true: named services, and which lines belong to which C&C server."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Mask, Wholes
from hinomi.bench.ground.lines import Lines
from hinomi.bench.ground.records import Records
from hinomi.bench.truth import MIN_CLIENTS, MIN_FRONTS

CC: Final = "cc"
FIRST_TIER, SECOND_TIER = 1, 2  # One meets bots, the other C&C servers.

Service = tuple[int, int, int]
"""Address code, protocol number, port."""


class Entry(NamedTuple):
    """What is true of a service."""

    label: str
    family: str
    tier: int  # 0: no C&C.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Who of a C&C server's own was met with it."""

    seen: int  # Distinct lines of members that were sampled with it.
    members: int  # Distinct lines that belong to it.
    detectable: bool


class Book:
    """Names services; the first name of a C&C server stands, of others the last."""

    def __init__(self) -> None:
        """Begin empty."""
        self.entries: dict[Service, Entry] = {}
        self._members: dict[Service, list[Wholes]] = {}

    def name(self, service: Service, label: str, family: str = "", tier: int = 0) -> None:
        """Name a service."""
        if service not in self.entries or self.entries[service].label != CC:
            self.entries[service] = Entry(label, family, tier)

    def name_all(self, codes: Codes, proto: int, port: int, label: str, family: str = "") -> None:
        """Name one service at each of several addresses."""
        for code in np.asarray(codes).tolist():
            self.name((int(code), proto, port), label, family)

    def belong(self, service: Service, lines: Wholes) -> None:
        """State that *lines* belong to the C&C server at *service*."""
        self._members.setdefault(service, []).append(lines)

    def members(self, service: Service) -> Wholes:
        """Give the lines that belong to a C&C server, each once."""
        return np.unique(np.concatenate([np.empty(0, np.int64), *self._members.get(service, [])]))

    def sightings(self, records: Records, lines: Lines) -> dict[Service, Sighting]:
        """Count for each C&C server those of its members that were sampled with it."""
        servers = {each: entry for each, entry in self.entries.items() if entry.label == CC}
        met = _met(servers, records, lines)
        found = {}
        for service, entry in servers.items():
            members = self.members(service)
            seen = int(np.isin(members, met.get(service, members[:0])).sum())
            least = MIN_FRONTS if entry.tier == SECOND_TIER else MIN_CLIENTS
            found[service] = Sighting(
                seen=seen, members=int(members.size), detectable=seen >= least
            )
        return found


def _met(servers: dict[Service, Entry], records: Records, lines: Lines) -> dict[Service, Wholes]:
    """Find the lines that exchanged anything with each of *servers*."""
    addresses = np.unique([code for code, _, _ in servers]).astype(np.int64)
    met: dict[Service, list[Wholes]] = {}
    for near, near_port, far, far_port in (
        (records.src, records.src_port, records.dst, records.dst_port),
        (records.dst, records.dst_port, records.src, records.src_port),
    ):
        rows = np.flatnonzero(_is_among(near, addresses))
        code, proto, port = near[rows], records.proto[rows], near_port[rows]
        line = lines.of(far[rows], far_port[rows].astype(np.int64))
        for service in servers:
            mine = (code == service[0]) & (proto == service[1]) & (port == service[2])
            met.setdefault(service, []).append(line[mine])
    return {service: np.unique(np.concatenate(parts)) for service, parts in met.items()}


def _is_among(codes: Codes, sought: Codes) -> Mask:
    place = np.minimum(np.searchsorted(sought, codes), sought.size - 1)
    among: Mask = sought[place] == codes
    return among
