"""
Partial results: what a day or an hour came to, so that a window of many is not read again.

A unit holds the pair rollup of its records and what else must be known to put units
together (docs/decisions/0005-partial-results.md). What adds up is added up over the window;
which end is the service, and which bins are bursts, is decided once, inside the unit, with
the units just before it in view.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.detect import bursts, contacts, measures, orient, passes, together
from hinomi.detect.columns import keys, positions
from hinomi.detect.orient import ENDPOINT, SERVICE
from hinomi.detect.quiet import quiet_hours
from hinomi.detect.standing import Source
from hinomi.detect.together import Engine
from hinomi.govern.parameters import Register
from hinomi.store.sealing import Stored

VERSION: Final = 2
"""Raised when a table of a unit changes: units of another version are made anew."""

SHAPED_BY: Final = ("measures.burst_lines", "measures.burst_ratio")
"""Registered parameters that a unit depends on."""

MOST_MS: Final = 2**31 - 1
"""Times in a unit are counted from its first record, in 32 bits: 24 days."""

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
    first_ms: int  # Starts of the first and the last record.
    last_ms: int
    by_hour: tuple[int, ...]  # Records by hour of the day, UTC, 24 numbers.
    cut_bins: int = 0  # Bins left out as bursts.


@dataclass(frozen=True, slots=True)
class Unit:
    """
    One partial result, opened.

    *files* hold, by name and by part: ``services``, ``pairs`` and ``quiet`` of `contacts`,
    outside bursts; ``hidden`` (`measures.pair_sums` less `TALLIED`) and ``hidden_tallies``, of
    services met in bursts only; ``blows``; ``busy`` (`measures.busy_bins`, with ``cut``); and
    in one part ``lines`` (`contacts.lines`) and ``servers`` (`orient.line_servers`).
    """

    facts: Facts
    parts: int  # A power of two.
    files: Mapping[str, tuple[Stored, ...]]


def make(
    engine: Engine,
    records: Any,
    register: Register,
    *,
    buckets: int,
    before: Sequence[Unit] = (),
    found: Facts | None = None,
) -> Unit:
    """
    Roll the records of one unit up.

    Args:
        engine: Runs the expressions; the files lie in its scratch folder.
        records: Conversation records of the unit, of `MOST_MS` at most.
        register: Gives the parameters in `SHAPED_BY`.
        buckets: Number of parts at least.
        before: The units of about a day before this one. An hour alone shows neither which
            lines serve others nor what is usual; a day needs none.
        found: What `facts_of` found, if that was asked before.
    """
    found = found or facts_of(engine, records)
    parts = power_of_two(buckets)
    spoken = orient.conversing(records)
    servers = _servers(engine, spoken, parts, before)
    lines = engine.keep(contacts.lines(records))
    seen = [np.array(each.by_hour) for each in (found, *(unit.facts for unit in before))]
    quiet = quiet_hours(np.sum(seen, axis=0))[0]
    frame = _Frame(found, parts, quiet, engine.table([lines]))
    roller = _Roller(engine, register, before, frame=frame)
    told = orient.undecided(spoken)
    # Most records leave no doubt: they are written once, and not again when the others are.
    number = contacts.part_of(told, parts) * 2 + told.doubt
    split = engine.keep_parts(told, number, 2 * parts)
    for bucket in range(parts):
        sure, doubts = split[2 * bucket : 2 * bucket + 2]
        kept = engine.keep(orient.settled(engine.table(doubts), engine.table([servers])))
        engine.drop(doubts)
        roller.add(engine.table(sure).drop("doubt").union(engine.table([kept])), bucket)
        engine.drop([*sure, kept])
    files = {name: tuple(paths) for name, paths in roller.files.items()}
    facts = {**_as_dict(found), "cut_bins": roller.cut_bins}
    return Unit(Facts(**facts), parts, {**files, "lines": (lines,), "servers": (servers,)})


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
    sources = [
        Source(unit.facts.first_ms, unit.parts, unit.facts.cut_bins, unit.files) for unit in units
    ]
    return together.survey(
        engine,
        sources,
        extent_of([unit.facts for unit in units]),
        buckets=power_of_two(buckets),
        tell=tell,
        choose=choose,
    )


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


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all parts of one unit have in common."""

    facts: Facts
    parts: int
    quiet: Sequence[int]
    lines: Any


class _Roller:
    """Rolls the parts of one unit up, into files."""

    def __init__(
        self, engine: Engine, register: Register, before: Sequence[Unit], *, frame: _Frame
    ) -> None:
        self._engine = engine
        self._register = register
        self._before = before
        self._frame = frame
        self.cut_bins = 0
        self.files: dict[str, list[Path]] = {}

    def add(self, oriented: Any, bucket: int) -> None:
        """Roll the oriented records of one part up."""
        engine = self._engine
        busy, crowded = self._crowded(oriented, bucket)
        loud = engine.keep_table(crowded)
        calm = measures.outside(oriented, loud) if crowded.num_rows else oriented
        services = self._keep_ordered("services", contacts.services(calm, self._frame.quiet))
        pairs = contacts.pairs(calm, services, self._frame.lines, self._frame.facts.first_ms)
        pairs = self._keep_ordered("pairs", pairs)
        self._keep("quiet", contacts.quiet_pairs(pairs, services))
        # Without a crowd nothing is hidden: no need to look through the records.
        struck = oriented if crowded.num_rows else oriented.limit(0)
        hidden = struck.semi_join(loud, SERVICE).anti_join(services, SERVICE)
        sums = engine.table([engine.keep(measures.pair_sums(hidden, self._frame.quiet))])
        self._keep("hidden", sums.drop(*measures.TALLIED))
        self._keep("hidden_tallies", measures.tallies(sums))
        self._keep("blows", measures.blows(struck, loud))
        cut = positions(keys(busy, [*SERVICE, "bin"]), keys(crowded, [*SERVICE, "bin"])) >= 0
        busy = busy.append_column("cut", pa.array(cut.astype(np.int64)))
        self._keep("busy", engine.keep_table(busy))
        self.cut_bins += crowded.num_rows

    def _keep(self, name: str, expression: Any) -> Any:
        return self._opened(name, self._engine.keep(expression))

    def _keep_ordered(self, name: str, expression: Any) -> Any:
        return self._opened(name, self._engine.keep_ordered(expression))

    def _opened(self, name: str, path: Path) -> Any:
        self.files.setdefault(name, []).append(path)
        return self._engine.table([path])

    def _crowded(self, oriented: Any, bucket: int) -> tuple[pa.Table, pa.Table]:
        """Find the busy bins, and those of them that are bursts beside what is usual."""
        engine = self._engine
        least = self._register.integer("measures.burst_lines")
        busy = _typed(engine.fetch(measures.busy_bins(oriented, least)), _BUSY)
        if busy.num_rows == 0:
            return busy, busy.select([*SERVICE, "bin"])
        among = engine.keep_table(busy.select(SERVICE))
        totals = [engine.fetch(measures.totals(oriented.semi_join(among, SERVICE)))]
        every, bins = [busy], self._frame.facts.bins
        if self._before:
            earlier = _stacked(engine, self._before, "services", bucket, self._frame.parts)
            columns = earlier.select(*SERVICE, "records", "first_ms", "last_ms")
            totals.append(engine.fetch(columns.semi_join(among, SERVICE)))
            crowds = _stacked(engine, self._before, "busy", bucket, self._frame.parts)
            known = engine.fetch(crowds.semi_join(among, SERVICE))
            every.append(_typed(known, _BUSY))
            totals.append(_cut_totals(known))
            bins += sum(unit.facts.bins for unit in self._before)
        found = bursts.bursts(
            pa.concat_tables(every), _added(totals), self._register, window_bins=bins
        )
        mine = positions(keys(found, [*SERVICE, "bin"]), keys(busy, [*SERVICE, "bin"])) >= 0
        return busy, found.filter(pa.array(mine))


def facts_of(engine: Engine, records: Any) -> Facts:
    """Measure the records of a unit as a whole: one cheap scan."""
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


def _stacked(engine: Engine, units: Sequence[Unit], name: str, bucket: int, buckets: int) -> Any:
    """Lay the rows of one bucket of all units upon each other, however many parts they have."""
    fine = [unit for unit in units if unit.parts >= buckets]
    coarse = [unit for unit in units if unit.parts < buckets]
    tables = []
    if fine:
        tables.append(
            engine.table([f for u in fine for f in u.files[name][_range(u, bucket, buckets)]])
        )
    if coarse:
        rows = engine.table([u.files[name][bucket * u.parts // buckets] for u in coarse])
        tables.append(rows.filter(contacts.part_of(rows, buckets) == bucket))
    return tables[0] if len(tables) == 1 else tables[0].union(tables[1])


def _range(unit: Unit, bucket: int, buckets: int) -> slice:
    """Tell which parts of a *unit* with as many or more make up one of *buckets*."""
    each = unit.parts // buckets
    return slice(bucket * each, (bucket + 1) * each)


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
