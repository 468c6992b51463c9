"""
The two passes over the records of a window, by hash bucket so that memory stays bounded.

The first surveys services and lines; between the passes suspects are chosen; the second
tells how suspect the clients of each service are. Engines run the expressions; nothing
here opens a file of the lake by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from hinomi.detect import beacon, bursts, measures, mesh, orient, suspects
from hinomi.detect.orient import LINE, SERVICE
from hinomi.govern.parameters import Register

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0..1."""


class Engine(Protocol):
    """What the passes ask of an engine; `engine.duckdb.DuckEngine` is one."""

    def table(self, files: Sequence[Path], schema: pa.Schema | None = None) -> Any:
        """Open Parquet files as one table."""

    def keep(self, expression: Any) -> Path:
        """Run an expression and keep its rows in a scratch file."""

    def keep_table(self, table: pa.Table) -> Any:
        """Open an in-memory table for use in expressions."""

    def fetch(self, expression: Any) -> pa.Table:
        """Run an expression and return its rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """Scratch files of one bucket: whole services, each in one part only."""

    records: Path  # Records whose remote end is the service.
    pairs: Path  # Rows of `measures.pairs`, outside bursts.


@dataclass(frozen=True, slots=True)
class Extent:
    """What a window holds."""

    rows: int
    hours: int  # Distinct hours with records.
    interval: int  # Largest N of 1-in-N; 0 where any record's is unknown.
    densest: int  # Smallest known N; 0 where none is known.
    flagless_share: float  # Of TCP records, 0..1.


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found."""

    extent: Extent
    services: pa.Table  # `measures.services`.
    lines: pa.Table  # `LINE`, `services`, `tries`, `lonely`.
    probed: pa.Table  # `suspects.probes`.
    parts: tuple[Part, ...]
    cut_bins: int  # Bins left out as bursts.


def extent(engine: Engine, records: Any) -> Extent:
    """Measure the window as a whole: one cheap scan."""
    tcp = records.proto == 6  # noqa: PLR2004 - TCP.
    known = records.sampling_interval.nullif(0)
    row = engine.fetch(
        records.aggregate(
            rows=records.count(),
            hours=(records.ts_ms // 3_600_000).nunique(),
            interval=records.sampling_interval.max(),
            unknown=(records.sampling_interval == 0).cast("int64").sum().cast("int64"),
            densest=known.min(),
            tcp=tcp.cast("int64").sum().cast("int64"),
            flagless=(tcp & (records.tcp_flags < 0)).cast("int64").sum().cast("int64"),
        )
    ).to_pylist()[0]
    return Extent(
        rows=row["rows"],
        hours=row["hours"],
        interval=0 if row["unknown"] else row["interval"] or 0,
        densest=row["densest"] or 0,
        flagless_share=(row["flagless"] or 0) / max(row["tcp"] or 0, 1),
    )


def survey(
    engine: Engine,
    records: Any,
    found: Extent,
    *,
    buckets: int,
    register: Register,
    tell: Progress,
) -> Survey:
    """
    Make the first pass.

    Args:
        engine: Runs the expressions.
        records: Conversation records of the window (`model.flow.CONVERSATIONS`).
        found: What `extent` measured.
        buckets: Number of parts.
        register: The parameters.
        tell: Told the progress.
    """
    spoken = orient.conversing(records)
    servers = engine.table(
        [
            engine.keep(orient.line_servers(orient.in_bucket(spoken, "line", bucket, buckets)))
            for bucket in range(buckets)
        ]
    )
    tell(0.2)
    parts, services, lines, cut = [], [], [], 0
    for bucket in range(buckets):
        mine = orient.in_bucket(spoken, "remote", bucket, buckets)
        kept = engine.keep(orient.towards_services(mine, servers))
        oriented = engine.table([kept])
        crowded = _bursts(engine, oriented, register)
        cut += crowded.num_rows
        quiet = oriented
        if crowded.num_rows:
            quiet = measures.outside(oriented, engine.keep_table(crowded))
        pairs_file = engine.keep(measures.pairs(quiet))
        pair = engine.table([pairs_file])
        services_here = engine.fetch(measures.services(pair))
        services.append(services_here)
        lonely = mesh.lonely(services_here)
        lines.append(engine.fetch(_line_rows(engine, pair, lonely)))
        parts.append(Part(kept, pairs_file))
        tell(0.2 + 0.6 * (bucket + 1) / buckets)
    # In one order however many parts: ties are broken by it further on.
    order = [(name, "ascending") for name in SERVICE]
    return Survey(
        extent=found,
        services=pa.concat_tables(services).sort_by(order),
        lines=_summed(lines, LINE),
        probed=_probed(engine, parts),
        parts=tuple(parts),
        cut_bins=cut,
    )


def client_sums(engine: Engine, parts: Sequence[Part], lines: pa.Table) -> pa.Table:
    """
    Sum, over the clients of each service, what *lines* says of them (the second pass).

    Args:
        engine: Runs the expressions.
        parts: The parts of the survey.
        lines: Columns `LINE`, `expected` (0..1), `mesh` (0 or 1).

    Returns:
        Columns `SERVICE`, `expected`, `mesh`.
    """
    kept = engine.keep_table(lines)
    rows = []
    for part in parts:
        pair = engine.table([part.pairs])
        client = pair.filter(pair.spoke == 1).inner_join(kept, LINE)
        rows.append(
            engine.fetch(
                client.group_by(SERVICE).aggregate(
                    expected=client.expected.sum(), mesh=client.mesh.sum().cast("int64")
                )
            )
        )
    return pa.concat_tables(rows)


def pairs_of_lines(
    engine: Engine, parts: Sequence[Part], lines: pa.Table, *, only_spoken: bool = True
) -> pa.Table:
    """Fetch the pairs of the lines in *lines* (columns `LINE`)."""
    kept = engine.keep_table(lines.select(LINE))
    rows = []
    for part in parts:
        pair = engine.table([part.pairs])
        chosen = pair.filter(pair.spoke == 1) if only_spoken else pair
        rows.append(engine.fetch(chosen.semi_join(kept, LINE)))
    return pa.concat_tables(rows)


def lines_of_services(engine: Engine, parts: Sequence[Part], chosen: pa.Table) -> pa.Table:
    """Fetch the pairs that really spoke with the services in *chosen* (columns `SERVICE`)."""
    kept = engine.keep_table(chosen.select(SERVICE))
    rows = []
    for part in parts:
        pair = engine.table([part.pairs])
        rows.append(engine.fetch(pair.filter(pair.spoke == 1).semi_join(kept, SERVICE)))
    return pa.concat_tables(rows)


def repeated_contacts(engine: Engine, parts: Sequence[Part]) -> pa.Table:
    """Fetch the records of the pairs whose rhythm can be looked at, ordered by pair and time."""
    rows = []
    for part in parts:
        chosen = beacon.repeated(engine.table([part.pairs]))
        rows.append(engine.fetch(beacon.contacts(engine.table([part.records]), chosen)))
    return pa.concat_tables(rows)


def details(engine: Engine, parts: Sequence[Part], chosen: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Fetch `measures.hourly` and `measures.sizes` of the services in *chosen*."""
    kept = engine.keep_table(chosen.select(SERVICE))
    hours, sizes = [], []
    for part in parts:
        records = engine.table([part.records])
        hours.append(engine.fetch(measures.hourly(records, kept)))
        sizes.append(engine.fetch(measures.sizes(records, kept)))
    return pa.concat_tables(hours), pa.concat_tables(sizes)


def _bursts(engine: Engine, oriented: Any, register: Register) -> pa.Table:
    busy = engine.fetch(measures.busy_bins(oriented, register.integer("measures.burst_lines")))
    if busy.num_rows == 0:
        return busy
    among = engine.keep_table(busy.select(SERVICE))
    mine = oriented.semi_join(among, SERVICE)
    totals = engine.fetch(
        mine.group_by(SERVICE).aggregate(
            records=mine.count(), first_ms=mine.ts_ms.min(), last_ms=mine.ts_ms.max()
        )
    )
    return bursts.bursts(busy, totals, register)


def _line_rows(engine: Engine, pair: Any, lonely: pa.Table) -> Any:
    """Activity of the lines of one part, with the number of lonely services they met."""
    alone = pair.filter(pair.spoke == 1).semi_join(engine.keep_table(lonely), SERVICE)
    counted = alone.group_by(LINE).aggregate(lonely=alone.count())
    active = measures.activity(pair).left_join(counted, LINE)
    active = active.drop(*[f"{name}_right" for name in LINE])
    return active.mutate(lonely=active.lonely.coalesce(0))


def _probed(engine: Engine, parts: Sequence[Part]) -> pa.Table:
    """Fetch `suspects.probes` by line: a scan shows in all pairs of a line, not in a part."""
    pair = engine.table([part.pairs for part in parts])
    return pa.concat_tables(
        engine.fetch(suspects.probes(orient.in_bucket(pair, "line", bucket, len(parts))))
        for bucket in range(len(parts))
    )


def _summed(tables: Sequence[pa.Table], by: Sequence[str]) -> pa.Table:
    """Add up the other columns of *tables* per key *by*."""
    joined = pa.concat_tables(tables)
    sums = [name for name in joined.column_names if name not in by]
    summed = joined.group_by(list(by)).aggregate([(name, "sum") for name in sums])
    return summed.rename_columns([*by, *sums]).select([*by, *sums])
