"""What is true in a world: its named services, and which of them can be found at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.bench.addressing import Codes, render_code
from hinomi.model.protocol import render_protocol

MIN_CLIENTS: Final = 5
"""
A first-tier service counts as detectable if so many distinct own lines were sampled with it.

For the servers of a botnet only lines of its members count. Below five, chance alone puts
as many infected lines together (background of the rule: 1 in 10,000 and the base rate).
"""

MIN_FRONTS: Final = 3
"""A second-tier server counts as detectable if so many of its own fronts were sampled with it."""

MEMBER_LABELS: Final = frozenset({"cc", "dead-cc", "sinkhole", "loader"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedService:
    """A service of which the truth is known."""

    code: int
    proto: int
    port: int
    label: str  # Such as cc, vendor-cloud, ddos-victim, scan-target, loader, sinkhole.
    family: str = ""  # Botnet, or the benign use.
    design: str = ""  # What the botnet was drawn from.
    tier: int | None = None  # 1 meets bots, 2 meets C&C servers; None: no C&C.
    known: bool = False  # Stands on the known-C&C list.
    members: Codes | None = None  # Own addresses of those who belong to it.


def tabulate(
    services: Sequence[NamedService], clients: Sequence[int], bots: Sequence[int]
) -> pa.Table:
    """
    Tell of each named service who was sampled with it, and whether it is detectable.

    Args:
        services: Each address, protocol and port once, as those outside know it.
        clients: Distinct own lines sampled with each (`bench.census`).
        bots: Those of them that belong to it.

    Returns:
        One row a service: address, protocol, port, family, tier, label, known, detectable,
        clients, bots, design, and members (how many own lines belong to it).
    """
    detectable = [
        int(is_detectable(service, client, bot))
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
            "detectable": pa.array(detectable, pa.int32()),
            "clients": pa.array(clients, pa.int32()),
            "bots": pa.array(bots, pa.int32()),
            "design": pa.array([service.design for service in services], pa.string()),
            "members": pa.array([_size(service) for service in services], pa.int32()),
        }
    )


def is_detectable(service: NamedService, clients: int, bots: int) -> bool:
    """
    Tell whether a service can be found at all: the one rule, used for every score.

    Args:
        service: The service.
        clients: Distinct own lines sampled with it.
        bots: Those of them that belong to it; for a second-tier server, own fronts.
    """
    if service.tier == 2:  # noqa: PLR2004 - the upper tier.
        return bots >= MIN_FRONTS
    return (bots if service.label in MEMBER_LABELS else clients) >= MIN_CLIENTS


def distinct(services: Sequence[NamedService]) -> list[NamedService]:
    """Keep the first service named at each address, protocol and port."""
    kept: dict[tuple[int, int, int], NamedService] = {}
    for service in services:
        kept.setdefault((service.code, service.proto, service.port), service)
    return list(kept.values())


def _size(service: NamedService) -> int:
    return 0 if service.members is None else int(np.unique(service.members).size)
