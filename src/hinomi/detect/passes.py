"""
The two passes over the records of a window, by hash bucket so that memory stays bounded.

The first surveys services and lines; between the passes suspects are chosen; the second
tells how suspect the clients of each service are. Engines run the expressions; nothing
here opens a file of the lake by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.detect import beacon, bursts, edges, measures, mesh, orient, suspects
from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.edges import Edges
from hinomi.detect.orient import ENDPOINT, LINE, SERVICE
from hinomi.detect.quiet import quiet_hours
from hinomi.govern.parameters import Register
from hinomi.store.sealing import Stored

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0..1."""

Choose = Callable[[pa.Table], NDArray[np.bool_]]
"""Shown rows of `measures.services`, marks those worth holding; shape (rows,)."""


class Engine(Protocol):
    """What the passes ask of an engine; `engine.duckdb.DuckEngine` is one."""

    def table(self, files: Sequence[Stored], schema: pa.Schema | None = None) -> Any:
        """Open Parquet files as one table."""

    def keep(self, expression: Any) -> Path:
        """Run an expression and keep its rows in a scratch file."""

    def keep_parts(self, expression: Any, part: Any, parts: int) -> Sequence[Sequence[Path]]:
        """Run an expression once and keep its rows by their number *part*, 0..parts-1."""

    def drop(self, paths: Iterable[Path]) -> None:
        """Delete scratch files that are no longer needed."""

    def keep_table(self, table: pa.Table) -> Any:
        """Open an in-memory table for use in expressions."""

    def fetch(self, expression: Any) -> pa.Table:
        """Run an expression and return its rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one bucket: whole services, each in one part only."""

    rolled: Path | None = None  # Rows of `measures.pairs`, outside bursts.
    kept: Path | None = None  # Records whose remote end is the service.
    edges: Edges | None = None  # Pairs by number, in place of both, where units were put together.

    @property
    def pairs(self) -> Path:
        """Rows of `measures.pairs`; ValueError where there are none (the caller's bug)."""
        return _there(self.rolled)

    @property
    def records(self) -> Path:
        """Records; ValueError where there are none (the caller's bug)."""
        return _there(self.kept)


def _there(path: Path | None) -> Path:
    if path is None:
        raise ValueError("partial results hold pairs by number, no records")
    return path


def edges_of(parts: Sequence[Part]) -> list[Edges]:
    """Give the edges of a window that was put together of units; none of another window."""
    return [part.edges for part in parts if part.edges is not None]


@dataclass(frozen=True, slots=True)
class Rolled:
    """One part, rolled up."""

    part: Part
    services: pa.Table  # `measures.services`.
    blows: pa.Table  # `measures.blows`.
    cut_bins: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What a window holds."""

    rows: int
    hours: int  # Distinct hours with records.
    interval: int  # Largest N of 1-in-N; 0 where any record's is unknown.
    densest: int  # Smallest known N; 0 where none is known.
    flagless_share: float  # Of TCP records, 0..1.
    bins: int = bursts.DAY_BINS  # Distinct bins of ten minutes with records.
    quiet: tuple[int, ...] = ()  # Hours of the day, UTC, in which the network is at rest.
    quiet_share: float = 0.0  # Of all records, in those hours.


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found."""

    extent: Extent
    services: pa.Table  # `measures.services`, of those that were chosen.
    met: int  # Services met in all.
    lines: pa.Table  # `LINE`, `services`, `tries`, `lonely`.
    probed: pa.Table  # `suspects.probes`.
    parts: tuple[Part, ...]
    cut_bins: int  # Bins left out as bursts.
    blows: pa.Table  # `measures.blows`, of all parts.

    @property
    def talking(self) -> pa.Table:
        """
        Lines that really spoke with some service: the population of every share.

        Forged sources and scans make lines of addresses that nobody uses.
        """
        return self.lines.filter(pc.greater(self.lines.column("services"), 0))


def extent(engine: Engine, records: Any) -> Extent:
    """Measure the window as a whole: one cheap scan."""
    row = engine.fetch(measures.facts(records)).to_pylist()[0]
    quiet, quiet_share = quiet_hours(by_hour(engine, records))
    return Extent(
        quiet=quiet,
        quiet_share=quiet_share,
        rows=row["rows"],
        hours=row["hours"],
        bins=row["bins"],
        interval=0 if row["unknown"] else row["interval"],
        densest=row["densest"],
        flagless_share=row["flagless"] / max(row["tcp"], 1),
    )


def by_hour(engine: Engine, records: Any) -> NDArray[np.int64]:
    """Count the records by hour of the day, UTC, shape (24,)."""
    found = engine.fetch(measures.hours_of_day(records))
    count = np.zeros(24, dtype=np.int64)
    count[ints(found, "hour")] = ints(found, "records")
    return count


def survey(
    engine: Engine,
    records: Any,
    found: Extent,
    *,
    buckets: int,
    register: Register,
    tell: Progress,
    choose: Choose | None = None,
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
        choose: Chooses the services to hold: a large window has millions that one line met
            once. Left out: all.
    """
    rolled = _rolled(engine, records, found, buckets=buckets, register=register, tell=tell)
    return assemble(engine, found, rolled, choose)


def assemble(
    engine: Engine, found: Extent, rolled: Iterable[Rolled], choose: Choose | None = None
) -> Survey:
    """Make a survey of all parts, taken one after the other; *choose* as in `survey`."""
    parts, services, lines, struck, cut, met = [], [], [], [], 0, 0
    for each in rolled:
        held = each.services
        met += held.num_rows
        cut += each.cut_bins
        struck.append(each.blows)
        pair = engine.table([each.part.pairs])
        lines.append(engine.keep(_line_rows(engine, pair, mesh.lonely(held))))
        if choose is not None:
            held = held.filter(pa.array(choose(held)))
        services.append(held)
        parts.append(each.part)
    # In one order however many parts: ties are broken by it further on.
    order = [(name, "ascending") for name in SERVICE]
    return Survey(
        extent=found,
        services=pa.concat_tables(services).sort_by(order),
        met=met,
        lines=_summed(engine, lines),
        probed=_probed(engine, parts),
        parts=tuple(parts),
        cut_bins=cut,
        blows=pa.concat_tables(struck),
    )


def _rolled(
    engine: Engine, records: Any, found: Extent, *, buckets: int, register: Register, tell: Progress
) -> Iterator[Rolled]:
    """Orient the records and roll them up, part by part."""
    spoken = orient.conversing(records)
    servers = engine.table(line_servers(engine, spoken, buckets))
    split = engine.keep_parts(spoken, orient.bucket_of(spoken, "remote", buckets), buckets)
    tell(0.2)
    for bucket in range(buckets):
        kept = engine.keep(orient.towards_services(engine.table(split[bucket]), servers))
        engine.drop(split[bucket])
        yield _roll_up(engine, kept, found, register)
        tell(0.2 + 0.6 * (bucket + 1) / buckets)


def _roll_up(engine: Engine, kept: Path, found: Extent, register: Register) -> Rolled:
    """
    Roll the records of one part up to pairs and services, outside bursts.

    What is met in bursts only stays among the services, with lines, without clients.
    """
    oriented = engine.table([kept])
    crowded = _bursts(engine, oriented, found.bins, register)
    loud = engine.keep_table(crowded)
    blows = engine.fetch(measures.blows(oriented, loud))
    calm = measures.outside(oriented, loud) if crowded.num_rows else oriented
    pairs_file = engine.keep(measures.pairs(calm, found.quiet))
    pair = engine.table([pairs_file])
    services = engine.fetch(measures.services(pair))
    if crowded.num_rows:
        only_loud = oriented.semi_join(loud, SERVICE).anti_join(pair, SERVICE)
        rows = measures.pairs(only_loud, found.quiet).mutate(spoke=0)
        hidden = engine.fetch(measures.services(rows))
        services = pa.concat_tables([services, hidden.cast(services.schema)])
    return Rolled(Part(pairs_file, kept), services, blows, crowded.num_rows)


def client_sums(engine: Engine, survey: Survey, lines: pa.Table) -> pa.Table:
    """
    Sum, over the clients of each service, what *lines* says of them (the second pass).

    Args:
        engine: Runs the expressions.
        survey: Tells the services, and the parts.
        lines: Columns `LINE` and any others, numbers, whose sums are wanted.

    Returns:
        Columns `SERVICE`, and the sums under the same names, float64, in the order of the
        survey's services: shape (services,); 0 where a service has no clients.
    """
    if numbered := edges_of(survey.parts):
        return edges.client_sums(numbered, survey.services, lines)
    names = [name for name in lines.column_names if name not in LINE]
    kept = engine.keep_table(lines)
    held = engine.keep_table(survey.services.select(SERVICE))
    rows = []
    for part in survey.parts:
        pair = engine.table([part.pairs])
        client = pair.filter(pair.spoke == 1).semi_join(held, SERVICE).inner_join(kept, LINE)
        sums = {name: client[name].cast("float64").sum() for name in names}
        rows.append(engine.fetch(client.group_by(SERVICE).aggregate(**sums)))
    found = pa.concat_tables(rows)
    place = positions(keys(survey.services, SERVICE), keys(found, SERVICE))
    table = survey.services.select(SERVICE)
    for name in names:
        column = np.append(floats(found, name), 0.0)[place]  # -1: the last.
        table = table.append_column(name, pa.array(column))
    return table


def services_of_lines(engine: Engine, survey: Survey, lines: pa.Table) -> pa.Table:
    """
    Fetch which services of the survey the lines in *lines* (columns `LINE`) spoke with.

    Columns: `SERVICE`, `LINE`, `first_ms`.
    """
    if numbered := edges_of(survey.parts):
        return edges.services_of_lines(numbered, lines)
    kept = engine.keep_table(lines.select(LINE))
    held = engine.keep_table(survey.services.select(SERVICE))
    rows = []
    for part in survey.parts:
        pair = engine.table([part.pairs])
        theirs = pair.filter(pair.spoke == 1).semi_join(kept, LINE).semi_join(held, SERVICE)
        rows.append(engine.fetch(theirs.select(*SERVICE, *LINE, "first_ms")))
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


def lines_of_services(
    engine: Engine, parts: Sequence[Part], chosen: pa.Table, *, spoke: bool = True
) -> pa.Table:
    """
    Fetch the pairs that really *spoke*, or did not, with *chosen* (columns `SERVICE`).

    At least the columns `SERVICE`, `LINE`, `first_ms`, `syn_out`.
    """
    if numbered := edges_of(parts):
        return edges.lines_of_services(numbered, chosen, spoke=spoke)
    kept = engine.keep_table(chosen.select(SERVICE))
    rows = []
    for part in parts:
        pair = engine.table([part.pairs])
        rows.append(engine.fetch(pair.filter(pair.spoke == int(spoke)).semi_join(kept, SERVICE)))
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


def hours_of(engine: Engine, records: Any, chosen: pa.Table) -> pa.Table:
    """Fetch `measures.hourly` of the services in *chosen*, of records nobody oriented."""
    kept = engine.keep_table(chosen.select(SERVICE))
    return engine.fetch(measures.hourly(orient.conversing(records), kept))


def line_servers(engine: Engine, spoken: Any, buckets: int) -> list[Path]:
    """Find `orient.line_servers` of what `orient.conversing` left, part by part."""
    asked = orient.doubtful(spoken).select(*ENDPOINT, "remote_hi", "remote_lo", "remote_port")
    split = engine.keep_parts(asked, orient.bucket_of(asked, "line", buckets), buckets)
    kept = []
    for files in split:
        kept.append(engine.keep(orient.line_servers(engine.table(files))))
        engine.drop(files)
    return kept


def _bursts(engine: Engine, oriented: Any, bins: int, register: Register) -> pa.Table:
    busy = engine.fetch(measures.busy_bins(oriented, register.integer("measures.burst_lines")))
    if busy.num_rows == 0:
        return busy
    among = engine.keep_table(busy.select(SERVICE))
    totals = engine.fetch(measures.totals(oriented.semi_join(among, SERVICE)))
    return bursts.bursts(busy, totals, register, window_bins=bins)


def _line_rows(engine: Engine, pair: Any, lonely: pa.Table) -> Any:
    """Activity of the lines of one part, with the number of lonely services they met."""
    alone = pair.filter(pair.spoke == 1).semi_join(engine.keep_table(lonely), SERVICE)
    counted = alone.group_by(LINE).aggregate(lonely=alone.count())
    rows = measures.activity(pair).left_join(counted, LINE)
    return rows.drop(*[f"{name}_right" for name in LINE]).mutate(lonely=rows.lonely.coalesce(0))


def _probed(engine: Engine, parts: Sequence[Part]) -> pa.Table:
    """Fetch `suspects.probes` by line: a scan shows in all pairs of a line, not in a part."""
    pair = engine.table([part.pairs for part in parts])
    return pa.concat_tables(
        engine.fetch(suspects.probes(orient.in_bucket(pair, "line", bucket, len(parts))))
        for bucket in range(len(parts))
    )


def _summed(engine: Engine, files: Sequence[Path]) -> pa.Table:
    """Add up the rows of each line over the parts."""
    rows = engine.table(files)
    sums = {name: rows[name].sum().cast("int64") for name in ("services", "tries", "lonely")}
    return engine.fetch(rows.group_by(LINE).aggregate(**sums))
