"""What is true in a world: its named services, and which of them can be found at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.addressing import Codes, is_own, render_code
from hinomi.bench.exchange import Metered
from hinomi.bench.sampling import scatter
from hinomi.model.protocol import render_protocol

MIN_CLIENTS: Final = 5
"""
A service counts as detectable if at least so many distinct own lines were sampled with it.

For the servers of a botnet only lines of its members count. Below five, chance alone puts
as many infected lines together (background of the rule: 1 in 10,000 and the base rate).
"""

MEMBER_LABELS: Final = frozenset({"cc", "dead-cc", "sinkhole", "loader"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedService:
    """A service of which the truth is known."""

    code: int
    proto: int
    port: int
    label: str  # Such as cc, vendor-cloud, ddos-victim, scan-target, loader, sinkhole.
    family: str = ""  # Botnet, or the benign use.
    tier: int | None = None  # 1 meets bots, 2 meets C&C servers; None: no C&C.
    known: bool = False  # Stands on the known-C&C list.
    members: Codes | None = None  # Own addresses of those who belong to it.


def tabulate(services: Sequence[NamedService], records: Metered) -> pa.Table:
    """
    Count who was sampled with each named service, and tell which are detectable.

    Returns:
        One row a service: address, protocol, port, family, tier, label, known, detectable,
        then clients (distinct own addresses sampled with it, an IPv6 line once) and bots
        (those of them that belong to it).
    """
    clients, bots = _count(services, records)
    counted = [
        bot if service.label in MEMBER_LABELS else client
        for service, client, bot in zip(services, clients, bots, strict=True)
    ]
    return pa.table(
        {
            "address": pa.array([render_code(service.code) for service in services], pa.string()),
            "protocol": pa.array([render_protocol(service.proto) for service in services]),
            "port": pa.array([service.port for service in services], pa.int32()),
            "family": pa.array([service.family for service in services], pa.string()),
            "tier": pa.array([service.tier for service in services], pa.int32()),
            "label": pa.array([service.label for service in services], pa.string()),
            "known": pa.array([int(service.known) for service in services], pa.int32()),
            "detectable": pa.array([int(count >= MIN_CLIENTS) for count in counted], pa.int32()),
            "clients": pa.array(clients, pa.int32()),
            "bots": pa.array(bots, pa.int32()),
        }
    )


def _count(services: Sequence[NamedService], records: Metered) -> tuple[list[int], list[int]]:
    keys = scatter(
        np.array([service.code for service in services], np.int64),
        np.array([service.proto << 16 | service.port for service in services], np.int64),
    )
    order = np.argsort(keys)
    first = records.first
    proto = first.proto.astype(np.int64) << 16
    found: list[tuple[NDArray[np.int64], Codes]] = []
    for server, port, client in (
        (first.dst, first.dst_port, first.src),
        (first.src, first.src_port, first.dst),
    ):
        own = np.flatnonzero(is_own(client))
        key = scatter(server[own], proto[own] | port[own])
        place = np.minimum(np.searchsorted(keys[order], key), keys.size - 1)
        hit = keys[order][place] == key
        found.append((order[place[hit]], _line(client[own][hit])))
    service = np.concatenate([pair[0] for pair in found])
    line = np.concatenate([pair[1] for pair in found])
    pairs = np.unique(np.stack([service, line]), axis=1)
    starts = np.searchsorted(pairs[0], np.arange(len(services) + 1))
    clients, bots = [], []
    for index, named in enumerate(services):
        lines = pairs[1, starts[index] : starts[index + 1]]
        clients.append(int(lines.size))
        bots.append(0 if named.members is None else int(np.isin(lines, named.members).sum()))
    return clients, bots


def _line(codes: Codes) -> Codes:
    """Give an own IPv6 line one code, whatever its hosts: its number above 32 zero bits."""
    return np.where(codes >> 61 == 1, codes & ~np.int64(0xFFFFFFFF), codes)
