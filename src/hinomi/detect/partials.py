"""
Partial results: what a day or an hour came to, so that a window of many is not read again.

A unit holds the pair rollup of its records and what else must be known to put units
together (docs/decisions/0005-partial-results.md). What adds up is added up over the window;
which end is the service, and which bins are bursts, is decided once, inside the unit, with
the units just before it in view.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.detect import bursts, measures, orient, passes
from hinomi.detect.columns import keys, positions
from hinomi.detect.orient import ENDPOINT, SERVICE
from hinomi.detect.passes import Engine
from hinomi.detect.quiet import quiet_hours
from hinomi.govern.parameters import Register

VERSION: Final = 1
"""Raised when a table of a unit changes: units of another version are made anew."""

SHAPED_BY: Final = ("measures.burst_lines", "measures.burst_ratio")
"""Registered parameters that a unit depends on."""

_BUSY: Final = [*SERVICE, "bin", "records", "lines"]
_FEW_PEERS: Final = 2
"""So many peers an endpoint has that is known to serve from an earlier unit alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the records of one unit are as a whole (`measures.facts`)."""

    rows: int
    hours: int
    bins: int
    interval: int
    densest: int
    unknown: int
    tcp: int
    flagless: int
    by_hour: tuple[int, ...]  # Records by hour of the day, UTC, 24 numbers.
    cut_bins: int = 0  # Bins left out as bursts.


@dataclass(frozen=True, slots=True)
class Unit:
    """
    One partial result, opened.

    *files* hold, by name and by part: ``pairs`` (`measures.pair_sums` less `TALLIED`, outside
    bursts) and ``tallies`` of their services; ``hidden`` and ``hidden_tallies``, the same of
    services met in bursts only; ``blows``; ``busy`` (`measures.busy_bins`, with ``cut``); and
    in one part ``servers`` (`orient.line_servers`).
    """

    facts: Facts
    parts: int  # A power of two.
    files: Mapping[str, tuple[Path, ...]]


def make(
    engine: Engine,
    records: Any,
    register: Register,
    *,
    buckets: int,
    before: Sequence[Unit] = (),
) -> Unit:
    """
    Roll the records of one unit up.

    Args:
        engine: Runs the expressions; the files lie in its scratch folder.
        records: Conversation records of the unit.
        register: Gives the parameters in `SHAPED_BY`.
        buckets: Number of parts at least.
        before: The units of about a day before this one. An hour alone shows neither which
            lines serve others nor what is usual; a day needs none.
    """
    found = _facts(engine, records)
    parts = power_of_two(buckets)
    spoken = orient.conversing(records)
    servers = _servers(engine, spoken, parts, before)
    split = engine.keep_parts(spoken, orient.bucket_of(spoken, "remote", parts), parts)
    seen = [np.array(each.by_hour) for each in (found, *(unit.facts for unit in before))]
    roller = _Roller(engine, register, before, parts, quiet_hours(np.sum(seen, axis=0))[0])
    for bucket in range(parts):
        kept = engine.keep(
            orient.towards_services(engine.table(split[bucket]), engine.table([servers]))
        )
        engine.drop(split[bucket])
        roller.add(engine.table([kept]), bucket, found.bins)
        engine.drop([kept])
    files = {name: tuple(paths) for name, paths in roller.files.items()}
    facts = {**_as_dict(found), "cut_bins": roller.cut_bins}
    return Unit(Facts(**facts), parts, {**files, "servers": (servers,)})


def survey(
    engine: Engine,
    units: Sequence[Unit],
    *,
    buckets: int,
    tell: passes.Progress,
    choose: passes.Choose | None = None,
) -> passes.Survey:
    """
    Put units together to the survey of their window (`passes.survey`).

    Args:
        engine: Runs the expressions.
        units: At least one; no record lies in two of them.
        buckets: Number of parts at least.
        tell: Told the progress.
        choose: Chooses the services to hold.
    """
    merged = _merged(engine, units, power_of_two(buckets), tell)
    return passes.assemble(engine, extent_of([unit.facts for unit in units]), merged, choose)


def extent_of(facts: Sequence[Facts]) -> passes.Extent:
    """Add up what the units of a window hold."""
    quiet, share = quiet_hours(np.sum([each.by_hour for each in facts], axis=0))
    tcp = sum(each.tcp for each in facts)
    return passes.Extent(
        rows=sum(each.rows for each in facts),
        hours=sum(each.hours for each in facts),
        interval=0 if any(each.unknown for each in facts) else max(each.interval for each in facts),
        densest=min((each.densest for each in facts if each.densest), default=0),
        flagless_share=sum(each.flagless for each in facts) / max(tcp, 1),
        bins=sum(each.bins for each in facts),
        quiet=quiet,
        quiet_share=share,
    )


def power_of_two(least: int) -> int:
    """Give the smallest power of two that is *least* or more: such parts split evenly."""
    return 1 << max(least - 1, 0).bit_length()


class _Roller:
    """Rolls the parts of one unit up, into files."""

    def __init__(
        self,
        engine: Engine,
        register: Register,
        before: Sequence[Unit],
        parts: int,
        quiet: Sequence[int],
    ) -> None:
        self._engine = engine
        self._register = register
        self._before = before
        self._parts = parts
        self._quiet = quiet
        self.cut_bins = 0
        self.files: dict[str, list[Path]] = {}

    def add(self, oriented: Any, bucket: int, bins: int) -> None:
        """Roll the oriented records of one part up; *bins* hold records in the unit."""
        engine = self._engine
        busy, crowded = self._crowded(oriented, bucket, bins)
        loud = engine.keep_table(crowded)
        calm = measures.outside(oriented, loud) if crowded.num_rows else oriented
        self._keep_sums("pairs", "tallies", calm)
        paired = engine.table([self.files["pairs"][-1]])
        hidden = oriented.semi_join(loud, SERVICE).anti_join(paired, SERVICE)
        self._keep_sums("hidden", "hidden_tallies", hidden)
        self._keep("blows", measures.blows(oriented, loud))
        cut = positions(keys(busy, [*SERVICE, "bin"]), keys(crowded, [*SERVICE, "bin"])) >= 0
        busy = busy.append_column("cut", pa.array(cut.astype(np.int64)))
        self._keep("busy", engine.keep_table(busy))
        self.cut_bins += crowded.num_rows

    def _keep(self, name: str, expression: Any) -> None:
        self.files.setdefault(name, []).append(self._engine.keep(expression))

    def _keep_sums(self, pairs: str, tallies: str, records: Any) -> None:
        wide = self._engine.keep(measures.pair_sums(records, self._quiet))
        sums = self._engine.table([wide])
        self._keep(pairs, sums.drop(*measures.TALLIED))
        self._keep(tallies, measures.tallies(sums))
        self._engine.drop([wide])

    def _crowded(self, oriented: Any, bucket: int, bins: int) -> tuple[pa.Table, pa.Table]:
        """Find the busy bins, and those of them that are bursts beside what is usual."""
        engine = self._engine
        least = self._register.integer("measures.burst_lines")
        busy = _typed(engine.fetch(measures.busy_bins(oriented, least)), _BUSY)
        if busy.num_rows == 0:
            return busy, busy.select([*SERVICE, "bin"])
        among = engine.keep_table(busy.select(SERVICE))
        totals = [engine.fetch(measures.totals(oriented.semi_join(among, SERVICE)))]
        every = [busy]
        if self._before:
            earlier = _stacked(engine, self._before, "pairs", bucket, self._parts)
            columns = earlier.select(*SERVICE, "records", "first_ms", "last_ms")
            totals.append(engine.fetch(columns.semi_join(among, SERVICE)))
            crowds = _stacked(engine, self._before, "busy", bucket, self._parts)
            known = engine.fetch(crowds.semi_join(among, SERVICE))
            every.append(_typed(known, _BUSY))
            totals.append(_cut_totals(known))
            bins += sum(unit.facts.bins for unit in self._before)
        found = bursts.bursts(
            pa.concat_tables(every), _added(totals), self._register, window_bins=bins
        )
        mine = positions(keys(found, [*SERVICE, "bin"]), keys(busy, [*SERVICE, "bin"])) >= 0
        return busy, found.filter(pa.array(mine))


def _facts(engine: Engine, records: Any) -> Facts:
    row = engine.fetch(measures.facts(records)).to_pylist()[0]
    return Facts(**row, by_hour=tuple(passes.by_hour(engine, records).tolist()))


def _as_dict(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in Facts.__slots__}


def _servers(engine: Engine, spoken: Any, parts: int, before: Sequence[Unit]) -> Path:
    """Find the endpoints of lines that serve others, here or in the units *before*."""
    own = engine.table(passes.line_servers(engine, spoken, parts))
    if not before:
        return engine.keep(own)
    known = engine.table([unit.files["servers"][0] for unit in before]).select(ENDPOINT).distinct()
    known = known.anti_join(own, ENDPOINT)
    first = known.mutate(peers=(known.proto * 0 + _FEW_PEERS).cast("int64"))
    return engine.keep(own.union(first.select(*own.columns)))


def _merged(
    engine: Engine, units: Sequence[Unit], buckets: int, tell: passes.Progress
) -> Iterator[passes.Rolled]:
    """Put the parts of all units together, bucket by bucket."""
    cut_bins = sum(unit.facts.cut_bins for unit in units)
    for bucket in range(buckets):

        def rows(name: str, at: int = bucket) -> Any:
            return _stacked(engine, units, name, at, buckets)

        pairs_file = engine.keep(measures.finished(measures.merged(rows("pairs"))))
        pair = engine.table([pairs_file])
        tallied = measures.merged(rows("tallies"), SERVICE)
        services = engine.fetch(measures.services(pair, tallied))
        if cut_bins:
            hidden = measures.merged(rows("hidden").anti_join(pair, SERVICE))
            hidden = measures.finished(hidden).mutate(spoke=0)
            tallied = measures.merged(rows("hidden_tallies"), SERVICE)
            more = engine.fetch(measures.services(hidden, tallied))
            services = pa.concat_tables([services, more.cast(services.schema)])
        blows = engine.fetch(measures.merged(rows("blows")))
        # Bursts were cut when the units were made; they are counted with the first part.
        yield passes.Rolled(
            passes.Part(pairs_file, None), services, blows, 0 if bucket else cut_bins
        )
        tell(0.2 + 0.6 * (bucket + 1) / buckets)


def _stacked(engine: Engine, units: Sequence[Unit], name: str, bucket: int, buckets: int) -> Any:
    """Lay the rows of one bucket of all units upon each other, however many parts they have."""
    fine = [unit for unit in units if unit.parts >= buckets]
    coarse = [unit for unit in units if unit.parts < buckets]
    tables = []
    if fine:
        tables.append(engine.table([f for u in fine for f in u.files[name][bucket::buckets]]))
    if coarse:
        rows = engine.table([unit.files[name][bucket % unit.parts] for unit in coarse])
        tables.append(orient.in_bucket(rows, "remote", bucket, buckets))
    return tables[0] if len(tables) == 1 else tables[0].union(tables[1])


def _cut_totals(known: pa.Table) -> pa.Table:
    """Count the records of bursts that were cut: they are in no pair."""
    cut = known.filter(pc.equal(known.column("cut"), 1))
    starts = pc.multiply(cut.column("bin").cast(pa.int64()), measures.BIN_MS)
    rows = cut.select([*SERVICE, "records"])
    return rows.append_column("first_ms", starts).append_column("last_ms", starts)


def _added(totals: Sequence[pa.Table]) -> pa.Table:
    """Put rows of `measures.totals` of several units together."""
    names = [*SERVICE, "records", "first_ms", "last_ms"]
    rows = pa.concat_tables([_typed(table, names) for table in totals])
    by = rows.group_by(SERVICE).aggregate(
        [("records", "sum"), ("first_ms", "min"), ("last_ms", "max")]
    )
    return by.rename_columns([*SERVICE, "records", "first_ms", "last_ms"])


def _typed(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Give the columns *names*, all as int64: what tables of several sources agree on."""
    return table.select(names).cast(pa.schema([(name, pa.int64()) for name in names]))
