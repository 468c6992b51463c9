"""
The survey of a window made of its units, part by part, so that memory stays bounded.

It gives what `passes.survey` gives of the records themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.detect import contacts, measures, mesh, passes, standing
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.edges import Edges, Numbers
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.standing import Bucket, Lines, Pairs, Source
from hinomi.detect.suspects import MAIL_PORTS
from hinomi.store.sealing import Stored

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PORT_BITS: Final = 32


class Engine(passes.Engine, standing.Reader, Protocol):
    """An engine that also reads files as they lie; `engine.duckdb.DuckEngine` is one."""


def survey(
    engine: Engine,
    sources: Sequence[Source],
    extent: passes.Extent,
    *,
    buckets: int,
    tell: passes.Progress,
    choose: passes.Choose | None,
) -> passes.Survey:
    """
    Put units together to the survey of their window.

    Args:
        engine: Runs the expressions and reads files.
        sources: The units, at least one.
        extent: What they hold.
        buckets: Number of parts, a power of two.
        tell: Told the progress.
        choose: Chooses the services to hold.
    """
    lines = standing.lines_of(engine, sources)
    base_ms = min(each.base_ms for each in sources)
    gathered = _Gathered(engine, lines, choose, base_ms)
    probes = _Probes(engine, sources, lines)
    hidden = _Hidden(engine, sources)
    for number, bucket in enumerate(standing.buckets_of(engine, sources, lines, buckets)):
        gathered.add(bucket)
        probes.add(bucket)
        hidden.strike_out(bucket.services)
        del bucket  # Else it would lie beside the next one.
        tell(0.2 + 0.6 * (number + 1) / buckets)
    gathered.add_services(hidden.services())
    held = gathered.services_and_parts()
    return passes.Survey(
        extent=extent,
        lines=gathered.lines(),
        probed=probes.table(),
        cut_bins=sum(each.cut_bins for each in sources),
        blows=engine.fetch(measures.merged(engine.table(_all(sources, "blows")))),
        services=held.services,
        met=held.met,
        parts=held.parts,
    )


def _all(sources: Sequence[Source], name: str) -> list[Stored]:
    return [file for each in sources for file in each.files[name]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Edges of one bucket, and where its services lie among those that are held."""

    rows: slice
    spoken: Path
    others: Path


@dataclass(frozen=True, slots=True)
class _Held:
    """Services that are held, in order; how many there were in all; the edges of each bucket."""

    services: pa.Table
    met: int
    parts: tuple[passes.Part, ...]


class _Gathered:
    """What the buckets of a window come to: services that are held, edges, activity of lines."""

    def __init__(
        self, engine: Engine, lines: Lines, choose: passes.Choose | None, base_ms: int
    ) -> None:
        self._engine = engine
        self._base_ms = base_ms
        self._lines = lines
        self._choose = choose
        self._met = 0
        self._held: list[pa.Table] = []
        self._rows = 0
        self._pieces: list[_Piece] = []
        count = lines.net.size
        self._present = np.zeros(count, dtype=bool)
        self._active = {name: np.zeros(count, np.int64) for name in ("services", "tries", "lonely")}

    def add(self, bucket: Bucket) -> None:
        """Take one bucket in."""
        pairs = bucket.pairs
        alone = mesh.is_lonely(bucket.services)[pairs.service]
        self._present[pairs.line] = True
        self._count("services", pairs.line[pairs.spoke])
        self._count("tries", pairs.line[pairs.tried])
        self._count("lonely", pairs.line[pairs.spoke & alone])
        first = self._rows
        chosen = self.add_services(bucket.services)
        place = np.cumsum(chosen) - 1  # Among those of this bucket that are held.
        held = chosen[pairs.service]
        self._pieces.append(
            _Piece(
                slice(first, self._rows),
                self._keep(pairs, place, held & pairs.spoke, spoken=True),
                self._keep(pairs, place, held & ~pairs.spoke, spoken=False),
            )
        )

    def add_services(self, services: pa.Table) -> Flags:
        """Hold those of *services* that are worth it; tells which."""
        self._met += services.num_rows
        chosen = np.ones(services.num_rows, dtype=bool)
        if self._choose is not None:
            chosen = self._choose(services)
        if self._held:
            services = services.select(self._held[0].column_names).cast(self._held[0].schema)
        self._held.append(services.filter(pa.array(chosen)))
        self._rows += int(chosen.sum())
        return chosen

    def lines(self) -> pa.Table:
        """Give the lines that are in any pair, with their activity."""
        table = self._lines.table
        for name, count in self._active.items():
            table = table.append_column(name, pa.array(count))
        return table.filter(pa.array(self._present))

    def services_and_parts(self) -> _Held:
        """Give the services that are held in one order, and the edges that lead to them."""
        held = pa.concat_tables(self._held)
        self._held = []  # Else all services would be there twice.
        # In one order however many parts: ties are broken by it further on.
        order = pc.sort_indices(held, sort_keys=[(name, "ascending") for name in SERVICE])
        services = held.take(order)
        place = np.empty(held.num_rows, dtype=np.int64)
        place[order.to_numpy()] = np.arange(held.num_rows)
        numbers = Numbers(services, self._lines.table)
        parts = tuple(
            passes.Part(
                edges=Edges(
                    self._engine,
                    numbers,
                    place[each.rows],
                    each.spoken,
                    each.others,
                    self._base_ms,
                )
            )
            for each in self._pieces
        )
        return _Held(services, self._met, parts)

    def _count(self, name: str, line: Ints) -> None:
        self._active[name] += np.bincount(line, minlength=self._lines.net.size)

    def _keep(self, pairs: Pairs, place: Ints, where: Flags, *, spoken: bool) -> Path:
        since = pairs.first_ms[where] - self._base_ms
        small = since.max(initial=0) <= np.iinfo(np.uint32).max  # In 49 days.
        columns: dict[str, NDArray[np.generic]] = {
            "service": place[pairs.service[where]].astype(np.int32),
            "line": pairs.line[where].astype(np.int32),
            "since": since.astype(np.uint32) if small else since,
        }
        if not spoken:
            columns["knocked"] = pairs.marked(contacts.KNOCKED)[where].astype(np.int8)
        return self._engine.keep_mapped(pa.table(columns))


class _Probes:
    """
    Counts, per line and TCP port, hosts that were only probed and hosts spoken with.

    What `suspects.probes` gives. Only lines and ports with several pairs that may be probes,
    or with mail, can be in it; the units say which these are.
    """

    def __init__(self, engine: Engine, sources: Sequence[Source], lines: Lines) -> None:
        self._lines = lines.table
        asked, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for source, of_line in zip(sources, lines.of_source, strict=True):
            for file in source.files["quiet"]:
                quiet = engine.read(file, ["line", "remote_port", "rows"])
                line = of_line[quiet.column("line").to_numpy()]
                asked.append(ints(quiet, "remote_port") << _PORT_BITS | line)
                rows.append(ints(quiet, "rows"))
        key, number = np.unique(np.concatenate(asked), return_inverse=True)
        several = np.bincount(number, weights=np.concatenate(rows), minlength=key.size) > 1
        self._key = key[several | np.isin(key >> _PORT_BITS, MAIL_PORTS)]
        self._any = np.zeros(lines.net.size, dtype=bool)
        self._any[self._line] = True
        self._targets = np.zeros(self._key.size, dtype=np.int64)
        self._spoken = np.zeros(self._key.size, dtype=np.int64)
        self._first_ms = np.full(self._key.size, np.iinfo(np.int64).max)

    @property
    def _line(self) -> Ints:
        return self._key & ((1 << _PORT_BITS) - 1)

    def add(self, bucket: Bucket) -> None:
        """Take one bucket in."""
        if self._key.size == 0:
            return
        pairs = bucket.pairs
        row = np.flatnonzero(pairs.tcp & pairs.marked(contacts.OUT) & self._any[pairs.line])
        port = ints(bucket.services, "remote_port")[pairs.service[row]]
        key = port << _PORT_BITS | pairs.line[row]
        place = np.minimum(np.searchsorted(self._key, key), self._key.size - 1)
        hit = self._key[place] == key
        row, place = row[hit], place[hit]
        silent = standing.silent(pairs)[row]
        self._targets += np.bincount(place[silent], minlength=self._key.size)
        self._spoken += np.bincount(place[pairs.spoke[row]], minlength=self._key.size)
        np.minimum.at(self._first_ms, place[silent], pairs.first_ms[row[silent]])

    def table(self) -> pa.Table:
        """Give the columns of `suspects.probes`."""
        port = self._key >> _PORT_BITS
        worth = (self._targets > 1) | (np.isin(port, MAIL_PORTS) & (self._spoken > 1))
        first_ms = np.where(self._targets > 0, self._first_ms, -1)
        columns: dict[str, NDArray[np.generic]] = {
            "remote_port": port.astype(np.int32),
            "targets": self._targets,
            "spoken": self._spoken,
            "first_ms": first_ms,
        }
        table = self._lines.select(LINE).take(pa.array(self._line[worth]))
        for name, column in columns.items():
            table = table.append_column(name, pa.array(column[worth]))
        return table


class _Hidden:
    """Services met in bursts only: those of which no unit of the window has other pairs."""

    def __init__(self, engine: Engine, sources: Sequence[Source]) -> None:
        self._engine = engine
        self._sources = [each for each in sources if each.cut_bins]
        self._services: pa.Table = _no_services()
        if self._sources:
            rows = engine.table(_all(self._sources, "hidden_tallies"))
            self._services = engine.fetch(rows.select(*SERVICE).distinct())

    def strike_out(self, met: pa.Table) -> None:
        """Forget those that were *met* otherwise."""
        if self._services.num_rows:
            among = keys(self._services, SERVICE)
            found = positions(keys(met, SERVICE), among)
            left = np.ones(among.size, dtype=bool)
            left[found[found >= 0]] = False
            self._services = self._services.filter(pa.array(left))

    def services(self) -> pa.Table:
        """Give what is left as rows of `measures.services`, without clients."""
        engine = self._engine
        if self._services.num_rows == 0:
            return _no_services()
        kept = engine.keep_table(self._services)
        pairs = engine.table(_all(self._sources, "hidden")).semi_join(kept, SERVICE)
        tallied = engine.table(_all(self._sources, "hidden_tallies")).semi_join(kept, SERVICE)
        rows = measures.finished(measures.merged(pairs)).mutate(spoke=0)
        return engine.fetch(measures.services(rows, measures.merged(tallied, SERVICE)))


def _no_services() -> pa.Table:
    """Give no rows of `measures.services`."""
    names = [
        *SERVICE, "lines", "clients", "silent", "refused", "several", "returned", "ports",
        "first_ms", "last_ms", *contacts.SUMMED, "nets",
    ]  # fmt: skip
    return pa.table({name: pa.array([], pa.int64()) for name in names})
