"""
What a first view of all services says about each of them through the lines they share.

A service's own first probability never comes back to it: of every line the strongest and
the second strongest other find are kept, and the strongest that is not the service itself
counts. Few services send, the strongest message counts instead of the sum, and what comes
of it is weighed by a model that saw how far such messages can be trusted.

Source:
    The cavity idea of belief propagation, cut to one round; stacking after Cohen and
    Carvalho (2005), IJCAI 671.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import enrich, passes
from hinomi.detect.clients import Pairs, Pooled, expected_of
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.features import Columns, ratio
from hinomi.detect.orient import LINE, SERVICE

SENDS_FROM: Final = 0.02
"""First probability from which a service tells of its clients; the others are far too many."""

TRUSTED: Final = 0.9
"""How much a line that meets a certain C&C is thought to be infected."""

EXPLAINED_FROM: Final = 0.3
"""A client with another find of this probability needs no further explanation."""

BASIS: Final[Mapping[str, str]] = {
    **dict.fromkeys(["find_share", "find_ratio", "find_surplus"], "shared-clients"),
    **dict.fromkeys(["joint_share", "joint_ratio", "joint_surplus", "joint_seen"], "enriched"),
    **dict.fromkeys(
        ["explained", "unexplained_share", "unexplained_ratio", "credit", "crowding"],
        "explained",
    ),
    **dict.fromkeys(["port_finds", "port_best", "address_finds", "net_finds"], "sisters"),
    **dict.fromkeys(
        ["front_share", "front_ratio", "front_surplus", "front_seen",
         "server_share", "server_ratio"],
        "upper",
    ),
}  # fmt: skip
"""The reason under which each column is explained, as `features.BASIS`."""


@dataclass(frozen=True, slots=True)
class Messages:
    """What lines carry from the services that send; columns of shape (lines,)."""

    best: NDArray[np.float64]  # Largest probability of a sender that the line met.
    sender: NDArray[np.int64]  # That sender, -1 where none.
    second: NDArray[np.float64]  # Largest but that one's.
    total: NDArray[np.float64]  # Sum over all senders.

    def without(self, service: NDArray[np.int64], line: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the strongest message of each line, that of *service* left out, shape (m,)."""
        own = self.sender[line] == service
        return np.where(own, self.second[line], self.best[line])


def messages(pairs: Pairs, probability: NDArray[np.float64], lines: int) -> Messages:
    """
    Let services tell of the lines they met.

    Args:
        pairs: Of the senders.
        probability: First probability of each service, 0 where it may not send, shape (n,).
        lines: Number of lines.
    """
    said = probability[pairs.service]
    order = np.lexsort((pairs.service, -said, pairs.line))
    line, value = pairs.line[order], said[order]
    first = np.flatnonzero(np.append(True, line[1:] != line[:-1])) if line.size else order
    best, second = np.zeros(lines), np.zeros(lines)
    sender = np.full(lines, -1, dtype=np.int64)
    best[line[first]] = value[first]
    sender[line[first]] = pairs.service[order][first]
    follows = first + 1
    follows = follows[follows < line.size]
    follows = follows[line[follows] == line[follows - 1]]
    second[line[follows]] = value[follows]
    total = np.bincount(pairs.line, weights=said, minlength=lines).astype(np.float64)
    return Messages(best, sender, second, total)


def propagate(
    engine: passes.Engine,
    survey: passes.Survey,
    pooled: Pooled,
    probability: NDArray[np.float64],
) -> Columns:
    """
    Describe every service by what the others say of its clients.

    Args:
        engine: Fetches the pairs of the lines concerned.
        survey: What the first pass found.
        pooled: Who the clients are.
        probability: First probability of each service, 0 for those whose clients are
            suspects already (listed C&Cs), shape (services,).

    Returns:
        The columns of `BASIS`, float64 of shape (services,).
    """
    sends = probability >= SENDS_FROM
    said = np.where(sends, probability, 0.0)
    told = passes.lines_of_services(engine, survey.parts, survey.services.filter(pa.array(sends)))
    carried = messages(Pairs.of(told, survey), said, len(survey.lines))
    concerned = (carried.best > 0) | (pooled.of_line > 0)
    pairs, _ = Pairs.of_lines(engine, survey, concerned)
    other = carried.without(pairs.service, pairs.line)
    suspicion = _suspicion_of(pairs, pooled, len(survey.services))
    joint_line = 1.0 - (1.0 - pooled.of_line) * (1.0 - TRUSTED * carried.best)
    front, server = _servers(survey, said)
    expected = {
        "find": expected_of(survey, carried.best),
        "joint": expected_of(survey, joint_line),
        "front": expected_of(survey, front),
        "server": expected_of(survey, server),
    }
    by_line = survey.lines.select(LINE)
    for name, column in (expected | {"fronts": front, "servers": server}).items():
        by_line = by_line.append_column(name, pa.array(column))
    sums = passes.client_sums(engine, survey, by_line)
    return {
        **_found(survey, sums, pairs, other, suspicion),
        **_explained(
            survey,
            pooled,
            carried,
            pairs=pairs,
            other=other,
            suspicion=suspicion,
            said=said,
        ),
        **_sisters(survey.services, said),
        **_upper(survey, sums),
    }


def _suspicion_of(pairs: Pairs, pooled: Pooled, services: int) -> NDArray[np.float64]:
    """Look up how suspect the line of each pair is at that service, shape (m,)."""
    known = pooled.pairs.line * services + pooled.pairs.service
    order = np.argsort(known)
    asked = pairs.line * services + pairs.service
    if known.size == 0:
        return np.zeros(asked.size)
    place = np.minimum(np.searchsorted(known[order], asked), known.size - 1)
    hit = known[order][place] == asked
    return np.where(hit, pooled.weight[order][place], 0.0)


def _found(
    survey: passes.Survey,
    sums: pa.Table,
    pairs: Pairs,
    other: NDArray[np.float64],
    suspicion: NDArray[np.float64],
) -> Columns:
    """Weigh finds among the clients' other services, alone and with all other evidence."""
    clients = floats(survey.services, "clients")
    some = np.maximum(clients, 1.0)
    joint = 1.0 - (1.0 - suspicion) * (1.0 - TRUSTED * other)
    columns: Columns = {}
    for name, weight in (("find", other), ("joint", joint)):
        seen = np.bincount(pairs.service, weights=weight, minlength=clients.size).astype(float)
        expected = floats(sums, name)
        columns[f"{name}_share"] = seen / some
        columns[f"{name}_ratio"] = ratio(seen, expected)
        columns[f"{name}_surplus"] = enrich.surplus(clients, seen, expected)
    columns["joint_seen"] = np.log1p(
        np.bincount(pairs.service, weights=joint, minlength=clients.size)
    )
    return columns


def _explained(
    survey: passes.Survey,
    pooled: Pooled,
    carried: Messages,
    *,
    pairs: Pairs,
    other: NDArray[np.float64],
    suspicion: NDArray[np.float64],
    said: NDArray[np.float64],
) -> Columns:
    """Ask how much of the suspicion other finds explain already."""
    clients = floats(survey.services, "clients")

    def summed(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.bincount(pairs.service, weights=weight, minlength=clients.size)
        return np.asarray(total, dtype=np.float64)

    is_suspect = (suspicion >= 0.5).astype(np.float64)  # noqa: PLR2004 - see COUNTS_FROM.
    suspects = summed(is_suspect) + 0.5
    open_pair = (other < EXPLAINED_FROM).astype(np.float64)
    usual = expected_of(survey, pooled.of_line)[pairs.line]
    left = np.maximum(clients - summed(1.0 - open_pair), 0.0)
    expected = np.maximum(pooled.expected["any"] - summed((1.0 - open_pair) * usual), 0.0)
    seen = summed(open_pair * suspicion)
    mine = said[pairs.service]
    rivals = np.maximum(carried.total[pairs.line] - mine, 0.0)
    credit = mine / np.maximum(mine + rivals, 1e-6)
    return {
        "explained": summed(is_suspect * other) / suspects,
        "unexplained_share": seen / np.maximum(left, 1.0),
        "unexplained_ratio": ratio(seen, expected),
        "credit": summed(is_suspect * credit) / suspects,
        "crowding": summed(np.log1p(rivals)) / np.maximum(clients, 1.0),
    }


def _sisters(services: pa.Table, said: NDArray[np.float64]) -> Columns:
    """Look for other finds on the same port, the same address, the same network."""
    port = ints(services, "proto") << 16 | ints(services, "remote_port")
    _, alike = np.unique(port, return_inverse=True)
    hi, lo = ints(services, "remote_hi"), ints(services, "remote_lo")
    own = ints(services, "remote_own")
    v4 = (hi == 0) & (lo >> 32 == 0xFFFF)  # noqa: PLR2004 - RFC 4291, 2.5.5.2.
    network = np.stack([np.where(v4, lo >> 8, hi >> 16), v4.astype(np.int64)], axis=1)
    _, near = np.unique(network, axis=0, return_inverse=True)
    _, at = np.unique(keys(services, SERVICE[:3]), return_inverse=True)

    def others(group: NDArray[np.int64]) -> NDArray[np.float64]:
        total = np.bincount(group.ravel(), weights=said)[group.ravel()]
        return np.asarray(np.maximum(total - said, 0.0), dtype=np.float64)

    mean = np.maximum(said.sum() - said, 0.0) / max(said.size - 1, 1)  # Of the others.
    same_port = others(alike)
    return {
        "port_finds": np.log((same_port + 0.02) / (np.bincount(alike)[alike] * mean + 0.1)),
        "port_best": np.log(same_port + 0.01),
        "address_finds": others(at),
        # Pseudonyms have no neighbourhood.
        "net_finds": np.where(own == 1, 0.0, np.log(others(near) + 0.01)),
    }


def _servers(
    survey: passes.Survey, said: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tell which lines serve others themselves: by how much as a find, and whether at all."""
    services = survey.services
    own = np.flatnonzero(ints(services, "remote_own") == 1)
    address = services.select(["remote_hi", "remote_lo"]).rename_columns(LINE)
    place = positions(keys(address.take(pa.array(own)), LINE), keys(survey.lines, LINE))
    here = place >= 0
    front, server = np.zeros(len(survey.lines)), np.zeros(len(survey.lines))
    np.maximum.at(front, place[here], said[own[here]])
    server[place[here]] = 1.0
    return front, server


def _upper(survey: passes.Survey, sums: pa.Table) -> Columns:
    """Weigh servers, and finds, among the clients themselves (R14)."""
    clients = floats(survey.services, "clients")
    some = np.maximum(clients, 1.0)
    fronts, servers = floats(sums, "fronts"), floats(sums, "servers")
    return {
        "front_share": fronts / some,
        "front_ratio": ratio(fronts, floats(sums, "front")),
        "front_surplus": enrich.surplus(clients, fronts, floats(sums, "front")),
        "front_seen": np.log1p(fronts),
        "server_share": servers / some,
        "server_ratio": ratio(servers, floats(sums, "server")),
    }
