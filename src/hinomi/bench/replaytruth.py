"""What is true of the servers in a replayed world: C&C, dead, shared, or nobody knows."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.bench.addressing import OWN_V4
from hinomi.bench.captures import Infection
from hinomi.bench.exchange import ACK, RST
from hinomi.bench.individuals import USUAL_PORTS, Mask
from hinomi.bench.truth import MIN_CLIENTS
from hinomi.model.address import Address, render_address
from hinomi.model.protocol import render_protocol

_MAIL_PORTS: Final = (25, 465, 587)
_V4_MAPPED: Final = 0xFFFF << 32


def truth_of(server: Infection, done: pa.Table, bots: int, *, known: bool) -> dict[str, object]:
    """Say what is true of one C&C server: unsure where nobody but a reader labelled it."""
    mine = done.filter(pa.array(meets(done, server.server)))
    port = {end: mine[f"{end}_port"].to_numpy() == server.port for end in ("src", "dst")}
    called, answers = port["dst"], port["src"]
    lines = np.concatenate([mine["src_lo"].to_numpy()[called], mine["dst_lo"].to_numpy()[answers]])
    met = int(np.unique(lines).size)
    speaks = server.records.filter(pa.array(meets(server.records, server.server)))
    flags = speaks["tcp_flags"].to_numpy()[speaks["src_port"].to_numpy() == server.port]
    alive = bool(((flags & ACK != 0) & (flags & RST == 0)).any() or (flags < 0).any())
    label = "cc" if server.is_certain else "unsure"
    if server.port in _MAIL_PORTS:
        label = "shared-host"  # A mail server of many: listing it would hurt innocents.
    elif server.is_certain and not alive:
        label = "dead-cc"
    service = (render_address(server.server), render_protocol(server.proto), server.port)
    return _truth_row(service, server.name, label, (met, bots), known=known)


def _truth_row(
    service: tuple[str, str, int],
    family: str,
    label: str,
    counts: tuple[int, int],
    *,
    known: bool = False,
) -> dict[str, object]:
    met, members = counts
    return {
        "address": service[0],
        "protocol": service[1],
        "port": service[2],
        "family": family,
        "tier": 1 if label in {"cc", "dead-cc"} else None,
        "label": label,
        "known": int(known),
        "detectable": int(met >= MIN_CLIENTS),
        "clients": met,
        "bots": met,
        "design": "replayed",
        "members": members,
    }


def truth_beside(
    servers: Sequence[Infection], done: pa.Table, bots: int, named: Sequence[dict[str, object]]
) -> list[dict[str, object]]:
    """
    Name what else a family's lines met that no clean line meets.

    That is services on unusual ports, and all others of the C&C servers' own addresses:
    loaders, second servers, or nothing. Nobody knows: they are unsure, not innocent.
    """
    own = sent_by_line(done)
    hi, lo, port = (
        np.where(own, done[f"dst_{half}"].to_numpy(), done[f"src_{half}"].to_numpy())
        for half in ("hi", "lo", "port")
    )
    line = np.where(own, done["src_lo"].to_numpy(), done["dst_lo"].to_numpy())
    proto = done["proto"].to_numpy().astype(np.int64)
    alone = ~np.isin(port, USUAL_PORTS)
    for server in servers:
        alone |= meets(done, server.server)
    rows = np.flatnonzero(alone)
    keys = np.unique(np.stack([hi, lo, proto, port, line])[:, rows], axis=1)
    places, clients = np.unique(keys[:4], axis=1, return_counts=True)
    known = {(row["address"], row["protocol"], row["port"]) for row in named}
    found = []
    for (high, low, number, at), count in zip(places.T.tolist(), clients.tolist(), strict=True):
        address, protocol = render_address(Address(high, low)), render_protocol(number)
        if count < MIN_CLIENTS or (address, protocol, at) in known:
            continue
        service = (address, protocol, at)
        found.append(_truth_row(service, servers[0].name, "unsure", (count, bots)))
    return found


def meets(records: pa.Table, address: Address) -> Mask:
    """Tell which records have an address as an end."""
    met = np.zeros(records.num_rows, np.bool_)
    for end in ("src", "dst"):
        met |= (records[f"{end}_hi"].to_numpy() == address.hi) & (
            records[f"{end}_lo"].to_numpy() == address.lo
        )
    return met


def sent_by_line(records: pa.Table) -> Mask:
    """Tell which records a line of ours sent."""
    own: Mask = records["src_lo"].to_numpy() >> 17 == (_V4_MAPPED | OWN_V4) >> 17
    own &= records["src_hi"].to_numpy() == 0
    return own
