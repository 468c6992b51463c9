"""
What a service looks like, as columns that mean the same in every network.

Shares, ratios and logarithms only: no count that grows with the network, no address, no
name of a port. What a column rests on is named by `BASIS`, so that a probability can be
explained by the evidence and not by a column's name.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import enrich, families, passes
from hinomi.detect.clients import Pooled
from hinomi.detect.columns import floats, ints, keys
from hinomi.detect.orient import SERVICE
from hinomi.detect.ports import habit
from hinomi.model.protocol import Protocol

Columns = dict[str, NDArray[np.float64]]
"""Columns of shape (services,) by name."""

BASIS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        [
            f"{group}_{what}"
            for group in ("scan", "known", "other", "any", "credited")
            for what in ("share", "ratio")
        ],
        "enriched",
    ),
    **dict.fromkeys(
        ["any_surplus", "credited_surplus", "credited_score", "any_expected"], "enriched"
    ),
    **dict.fromkeys(["family_gap", "family_best"], "enriched"),
    **dict.fromkeys(["before_share", "telling"], "onset"),
    **dict.fromkeys(["activity", "mesh_share", "lonely"], "company"),
    **dict.fromkeys(["clients", "share_of_lines", "nets"], "popularity"),
    **dict.fromkeys(["probing_share", "port_scanned", "silent_share"], "knocking"),
    **dict.fromkeys(["in_share", "refused_share"], "answers"),
    **dict.fromkeys(["per_client", "several_share", "returned_share", "span"], "persistence"),
    **dict.fromkeys(["size_in", "size_out", "full_in", "bare", "cv_in", "cv_out"], "size"),
    **dict.fromkeys(["opens", "closes", "pushes", "votes", "night"], "manner"),
    **dict.fromkeys(["habit", "tcp", "port_services", "port_clients"], "port-use"),
    **dict.fromkeys(["own", "address_clients", "address_ports"], "place"),
}
"""The reason (`catalogue.REASONS`) under which each column is explained."""


def describe(survey: passes.Survey, pooled: Pooled) -> Columns:
    """
    Describe every service of the survey.

    Args:
        survey: What the first pass found.
        pooled: Who the clients are.

    Returns:
        The columns of `BASIS`, float64 of shape (services,).
    """
    return {**_suspicion(survey, pooled), **_company(survey, pooled), **_manner(survey)}


def ratio(seen: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(seen / expected), drawn towards 0 where both are small."""
    return np.asarray(np.log((seen + _DRAW) / (expected + _DRAW)), dtype=np.float64)


_DRAW: Final = 0.3


def _suspicion(survey: passes.Survey, pooled: Pooled) -> Columns:
    """How many of the clients are suspects, and how many more than expected."""
    clients = floats(survey.services, "clients")
    some = np.maximum(clients, 1.0)
    columns: Columns = {}
    for group, seen in pooled.seen.items():
        expected = pooled.expected["any" if group == "credited" else group]
        columns[f"{group}_share"] = seen / some
        columns[f"{group}_ratio"] = ratio(seen, expected)
    expected = pooled.expected["any"]
    columns["any_surplus"] = enrich.surplus(clients, pooled.seen["any"], expected)
    credited = pooled.seen["credited"]
    columns["credited_surplus"] = enrich.surplus(clients, credited, expected)
    spread = expected * (1.0 - np.minimum(expected / some, 0.99))
    columns["credited_score"] = (credited - expected) / np.sqrt(spread + 0.5)
    columns["any_expected"] = np.log((expected + 1e-3) / some)
    columns["before_share"] = (pooled.before + 0.5) / (pooled.telling + 1.0)
    columns["telling"] = np.log1p(pooled.telling)
    counts = pooled.counts
    best = families.best_share(pooled.pairs.service[counts], pooled.pairs.line[counts], clients)
    columns["family_best"] = best
    columns["family_gap"] = np.where(best > 0, credited / some - best, 0.0)
    return columns


def _company(survey: passes.Survey, pooled: Pooled) -> Columns:
    """What else tells of the clients, and of those who only knock."""
    table = survey.services
    clients, lines = floats(table, "clients"), np.maximum(floats(table, "lines"), 1.0)
    some, talking = np.maximum(clients, 1.0), survey.talking
    everyone = max(len(talking), 1)
    scanned = _scanned_ports(survey)
    port, tcp = ints(table, "remote_port"), ints(table, "proto") == int(Protocol.TCP)
    return {
        "clients": np.log1p(clients),
        "share_of_lines": np.log((clients + 0.5) / everyone),
        "nets": np.log((floats(table, "nets") + 0.5) / (clients + 0.5)),
        "activity": pooled.activity / some - _mean(np.log(floats(talking, "services"))),
        "lonely": pooled.lonely / some - _mean(np.log1p(floats(talking, "lonely"))),
        "mesh_share": pooled.mesh / some,
        "probing_share": pooled.probing / some,
        "port_scanned": np.where(tcp, scanned[port], 0.0),
        "silent_share": floats(table, "silent") / lines,
        "refused_share": floats(table, "refused") / lines,
    }


def _scanned_ports(survey: passes.Survey) -> NDArray[np.float64]:
    """ln(1 + hosts probed in vain per thousand lines) by TCP port, shape (65536,)."""
    probed = np.bincount(
        ints(survey.probed, "remote_port"),
        weights=floats(survey.probed, "targets"),
        minlength=65_536,
    )
    return np.asarray(np.log1p(1_000.0 * probed / max(len(survey.lines), 1)))


def _manner(survey: passes.Survey) -> Columns:
    """How the service and its clients talk, pooled over them."""
    table = survey.services

    def of(name: str) -> NDArray[np.float64]:
        return floats(table, name)

    clients, records = of("clients"), np.maximum(of("records"), 1.0)
    out, back = of("packets_out"), of("packets_in")
    flagged = of("flagged")
    last, first = ints(table, "last_ms"), ints(table, "first_ms")
    window = max(int(last.max() - first.min()), 1) if len(table) else 1

    def of_flagged(name: str) -> NDArray[np.float64]:
        return np.where(flagged > 0, (of(name) + 0.2) / (flagged + 1.0), -1.0)

    port, proto = ints(table, "remote_port"), ints(table, "proto")
    return {
        "per_client": np.log(records / np.maximum(of("lines"), 1.0)),
        "several_share": (of("several") + 0.2) / (clients + 1.0),
        "returned_share": (of("returned") + 0.5) / (of("several") + 1.0),
        "in_share": (back + 0.5) / (out + back + 1.0),
        "size_out": np.log((of("bytes_out") + 60.0) / (out + 1.0)),
        "size_in": np.log((of("bytes_in") + 60.0) / (back + 1.0)),
        "cv_out": _variation(of("squares_out"), of("bytes_out"), out),
        "cv_in": _variation(of("squares_in"), of("bytes_in"), back),
        "bare": (of("bare_out") + of("bare_in") + 0.3) / (out + back + 1.0),
        "full_in": (of("full_in") + 0.1) / (back + 1.0),
        "opens": of_flagged("opens"),
        "closes": of_flagged("closes"),
        "pushes": of_flagged("pushes"),
        "votes": (of("votes") + 0.2) / (records + 1.0),
        "night": np.log((of("night") + 1.0) / (records * survey.extent.quiet_share + 1.0)),
        "span": (last - first) / window,
        "habit": habit(port).astype(np.float64),
        "tcp": (proto == int(Protocol.TCP)).astype(np.float64),
        "own": of("remote_own"),
        **_address(table, clients, max(len(survey.talking), 1), proto << 16 | port),
    }


def _address(
    table: pa.Table, clients: NDArray[np.float64], lines: int, port: NDArray[np.int64]
) -> Columns:
    """What else lives on the same address, and on the same port elsewhere."""
    _, at = np.unique(keys(table, SERVICE[:3]), return_inverse=True)
    _, alike = np.unique(port, return_inverse=True)
    there, same = np.bincount(at), np.bincount(alike)
    clients_there = np.bincount(at, weights=clients)
    clients_alike = np.bincount(alike, weights=clients)
    return {
        "address_clients": np.log1p(np.maximum(clients_there[at] - clients, 0.0)),
        "address_ports": np.log(there[at]),
        "port_services": np.log(same[alike] / max(len(table), 1)),
        "port_clients": np.log((clients_alike[alike] - clients + 1.0) / lines),
    }


def _variation(
    squares: NDArray[np.float64], octets: NDArray[np.float64], packets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficient of variation of packet sizes."""
    mean = octets / np.maximum(packets, 1.0)
    spread = np.maximum(squares / np.maximum(packets, 1.0) - mean * mean, 0.0)
    return np.asarray(np.sqrt(spread) / (mean + 1.0), dtype=np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else 0.0
