"""
What single lines keep doing with single services, for windows in which that can be seen.

The strongest line speaks for a service. Its reasons are bounded together before they
reach the ledger, since they lean on one cause.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import beacon, passes, persistence
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.ports import habit
from hinomi.govern.parameters import Register

_V6_NETWORK_BITS = 32
_V4_NETWORK_BITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What the most telling line does with one service."""

    rhythm: beacon.Rhythm
    setting: persistence.Setting
    terms: dict[str, float]  # Log-odds by reason code, before they are bounded.
    lines: int  # Lines with a habit of their own towards this service.

    @property
    def total(self) -> float:
        """Sum of the terms."""
        return sum(self.terms.values())


def habits(
    engine: passes.Engine, survey: passes.Survey, is_mesh: NDArray[np.bool_]
) -> dict[int, Habit]:
    """
    Look at every pair that comes back, where the sampling interval permits it.

    Returns:
        The strongest habit by index of the service in the survey; empty where no record
        of the window was sampled densely enough.
    """
    if not 0 < survey.extent.densest <= beacon.MEANINGFUL:
        return {}
    records = passes.repeated_contacts(engine, survey.parts)
    if records.num_rows == 0:
        return {}
    pair_keys = keys(records, [*SERVICE, *LINE])
    starts = np.flatnonzero(np.append(True, pair_keys[1:] != pair_keys[:-1]))
    heads = records.take(pa.array(starts)).select([*SERVICE, *LINE])
    settings = _settings(engine, survey, heads, is_mesh)
    where = positions(keys(heads, SERVICE), keys(survey.services, SERVICE))
    columns = _Columns.of(records)
    found: dict[int, Habit] = {}
    for number, (start, end) in enumerate(
        zip(starts, np.append(starts[1:], records.num_rows), strict=True)
    ):
        setting = settings[number]
        rhythm = columns.rhythm(int(start), int(end))
        terms = persistence.weigh(rhythm, setting)
        service = int(where[number])
        if not terms or service < 0:
            continue
        before = found.get(service)
        lines = 1 if before is None else before.lines + 1
        best = Habit(rhythm=rhythm, setting=setting, terms=terms, lines=lines)
        if before is not None and before.total >= best.total:
            best = Habit(
                rhythm=before.rhythm, setting=before.setting, terms=before.terms, lines=lines
            )
        found[service] = best
    return found


def term(found: dict[int, Habit], services: int, register: Register) -> NDArray[np.float64]:
    """Bound the habits and lay them out as a column of the ledger, shape (services,)."""
    most = register.number("fuse.behaviour_most")
    column = np.zeros(services)
    for service, habit_found in found.items():
        column[service] = persistence.bounded(habit_found.total, most)
    return column


@dataclass(frozen=True, slots=True)
class _Columns:
    proto: NDArray[np.int64]
    line_port: NDArray[np.int64]
    start: NDArray[np.int64]
    duration: NDArray[np.int64]
    direction: NDArray[np.int64]
    flags: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def of(cls, records: pa.Table) -> "_Columns":
        names = ("proto", "line_port", "ts_ms", "duration_ms", "direction", "tcp_flags", "bytes")
        return cls(*(ints(records, name) for name in names))

    def rhythm(self, start: int, end: int) -> beacon.Rhythm:
        """Describe the pair whose records lie from *start* to *end*."""
        rows = slice(start, end)
        return beacon.rhythm(
            proto=int(self.proto[start]),
            line_port=self.line_port[rows],
            starts_ms=self.start[rows],
            durations_ms=self.duration[rows],
            direction=self.direction[rows],
            flags=self.flags[rows],
            size_bytes=self.size[rows],
        )


def _settings(
    engine: passes.Engine, survey: passes.Survey, heads: pa.Table, is_mesh: NDArray[np.bool_]
) -> list[persistence.Setting]:
    """Tell what surrounds each pair of *heads*."""
    _, first = np.unique(keys(heads, LINE), return_index=True)
    around = passes.pairs_of_lines(
        engine, survey.parts, heads.take(pa.array(first)), only_spoken=False
    )
    spans = around.group_by(LINE).aggregate([("first_ms", "min"), ("last_ms", "max")])
    line_at = positions(keys(heads, LINE), keys(spans, LINE))
    span = ints(spans, "last_ms_max") - ints(spans, "first_ms_min")
    siblings = _distinct(around, heads, ["proto", "remote_port"], _addresses(around))
    network = _networks(around)
    neighbours = _neighbours(around, heads, network)
    mesh_at = positions(keys(heads, LINE), keys(survey.lines, LINE))
    service_at = positions(keys(heads, SERVICE), keys(survey.services, SERVICE))
    others = ints(survey.services, "lines")[service_at] - 1
    ports = habit(ints(heads, "remote_port"))
    own = ints(heads, "remote_own") == 1
    return [
        persistence.Setting(
            habit=int(ports[row]),
            siblings=int(siblings[row]),
            neighbours=int(neighbours[row]),
            line_span_ms=int(span[line_at[row]]),
            remote_own=bool(own[row]),
            line_is_mesh=bool(mesh_at[row] >= 0 and is_mesh[mesh_at[row]]),
            shared_with=int(others[row]),
        )
        for row in range(heads.num_rows)
    ]


def _addresses(table: pa.Table) -> pa.Table:
    return table.select(["remote_hi", "remote_lo"])


def _distinct(
    around: pa.Table, heads: pa.Table, by: list[str], what: pa.Table
) -> NDArray[np.int64]:
    """Count the distinct rows of *what* per line and *by*, for each of *heads*."""
    group = [*LINE, *by]
    rows = around.select(group)
    for name in what.column_names:
        rows = rows.append_column(f"what_{name}", what.column(name))
    single = rows.group_by(rows.column_names).aggregate([])
    counted = single.group_by(group).aggregate([([], "count_all")])
    place = positions(keys(heads, group), keys(counted, group))
    return ints(counted, "count_all")[place]


def _networks(table: pa.Table) -> pa.Table:
    """Network of each remote: the /16 of IPv4, the /32 of IPv6."""
    hi, lo = ints(table, "remote_hi"), ints(table, "remote_lo")
    v4 = hi == 0
    return pa.table(
        {
            "net_hi": np.where(v4, 0, hi >> _V6_NETWORK_BITS),
            "net_lo": np.where(v4, lo >> _V4_NETWORK_BITS, 0),
        }
    )


def _neighbours(around: pa.Table, heads: pa.Table, network: pa.Table) -> NDArray[np.int64]:
    """Count, for each of *heads*, the line's remotes on that port in the remote's network."""
    group = [*LINE, "proto", "remote_port", "net_hi", "net_lo"]
    rows = around.select([*LINE, "proto", "remote_port", "remote_hi", "remote_lo"])
    for name in network.column_names:
        rows = rows.append_column(name, network.column(name))
    single = rows.group_by(rows.column_names).aggregate([])
    counted = single.group_by(group).aggregate([([], "count_all")])
    asked = heads
    for name, column in zip(network.column_names, _networks(heads).columns, strict=True):
        asked = asked.append_column(name, column)
    place = positions(keys(asked, group), keys(counted, group))
    return ints(counted, "count_all")[place]
