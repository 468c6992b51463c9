"""
Units put together to a window: sorting and adding up integers, no query.

A pair of the window is all rows of the units with its line and its service. Both have a
number in the window, so that a pair is one integer of 64 bits; sorted by it, services are
ranges, and since lines are numbered by network, the networks of a service are ranges as well.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import contacts
from hinomi.detect.columns import ints, keys, numbered
from hinomi.detect.measures import RETURN_MS
from hinomi.detect.orient import LINE, SERVICE
from hinomi.model.protocol import Protocol as Transport
from hinomi.store.sealing import Stored

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LINE_BITS: Final = 32


class Reader(Protocol):
    """What putting units together asks of an engine; `engine.duckdb.DuckEngine` is one."""

    def keep_ordered(self, expression: Any) -> Path:
        """Run a sorted expression and keep its rows in a file for `read`."""

    def read(
        self, path: Stored, columns: Sequence[str], within: tuple[str, int, int] | None = None
    ) -> pa.Table:
        """Read rows of one file in their order, those of a range of an ascending column."""

    def keep_mapped(self, table: pa.Table) -> Path:
        """Keep an in-memory table in a scratch file."""

    def mapped(self, path: Path) -> pa.Table:
        """Open what `keep_mapped` kept."""


@dataclass(frozen=True, slots=True)
class Source:
    """The tables of one unit that are put together."""

    base_ms: int  # What times of its pairs are counted from.
    parts: int  # A power of two.
    cut_bins: int
    files: Mapping[str, Sequence[Stored]]  # See `partials.Unit`.


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a window, numbered in the order of their networks."""

    table: pa.Table  # `LINE`.
    net: Ints  # Network of each line.
    of_source: tuple[NDArray[np.int32], ...]  # Number of each line of each source.


@dataclass(frozen=True, slots=True)
class Pairs:
    """
    Pairs of some services, one row each, by service and then by line.

    All columns have shape (pairs,).
    """

    service: Ints  # Row of the services.
    line: Ints  # Number of the line in the window.
    first_ms: Ints
    last_ms: Ints
    marks: Ints  # `contacts`.
    several_ports: Flags
    spoke: Flags
    short: Flags  # No answer, and no more than bare packets sent.
    tcp: Flags

    def marked(self, mark: int) -> Flags:
        """Tell which pairs have *mark*."""
        return np.asarray((self.marks & mark) != 0, dtype=bool)

    @property
    def tried(self) -> Flags:
        """Tell which lines sent to the service and did not converse with it."""
        return ~self.spoke & self.marked(contacts.OUT)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One part of a window: whole services."""

    services: pa.Table  # Columns of `measures.services`.
    pairs: Pairs


def lines_of(reader: Reader, sources: Sequence[Source]) -> Lines:
    """Number the lines of all *sources*."""
    tables = [reader.read(each.files["lines"][0], [*LINE, "line_net"]) for each in sources]
    table = pa.concat_tables(tables)
    first, number = numbered(keys(table, LINE))
    net = ints(table, "line_net")[first]
    order = np.argsort(net, kind="stable")
    rank = np.empty(order.size, dtype=np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    edges = np.cumsum([0, *(each.num_rows for each in tables)])
    mine = rank[number]
    return Lines(
        table=table.select(LINE).take(pa.array(first[order])),
        net=net[order],
        of_source=tuple(mine[low:high] for low, high in itertools.pairwise(edges)),
    )


def buckets_of(
    reader: Reader, sources: Sequence[Source], lines: Lines, buckets: int
) -> Iterator[Bucket]:
    """Put the parts of all *sources* together, bucket by bucket, a power of two of them."""
    for bucket in range(buckets):
        yield _put_together(
            [
                piece
                for source, of_line in zip(sources, lines.of_source, strict=True)
                for piece in _pieces(reader, source, of_line, bucket, buckets)
            ],
            lines,
        )


def silent(pairs: Pairs) -> Flags:
    """Tell which pairs are mere probes, of those of TCP with packets sent (`suspects.probes`)."""
    return pairs.tried & (pairs.marked(contacts.KNOCKED) | pairs.short)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Services of one part of one source, and their pairs."""

    services: pa.Table
    pairs: pa.Table  # With ``line`` as the window numbers it.
    base_ms: int


def _pieces(
    reader: Reader, source: Source, of_line: NDArray[np.int32], bucket: int, buckets: int
) -> Iterator[_Piece]:
    fine = contacts.FINE // buckets
    least = bucket * fine
    span = contacts.FINE // source.parts
    for part in range(least // span, (least + fine - 1) // span + 1):
        columns = [*SERVICE, "at", "first_ms", "last_ms", *contacts.SUMMED]
        services = reader.read(
            source.files["services"][part], columns, ("fine", least, least + fine)
        )
        low = services.column("at")[0].as_py() if services.num_rows else 0
        within = ("at", low, low + services.num_rows)
        pairs = reader.read(source.files["pairs"][part], contacts.PAIR, within)
        line = of_line[pairs.column("line").to_numpy()]
        place = pairs.schema.get_field_index("line")
        yield _Piece(
            services.select(columns),
            pairs.set_column(place, "line", pa.array(line)),
            source.base_ms,
        )


def _put_together(pieces: Sequence[_Piece], lines: Lines) -> Bucket:
    every = pa.concat_tables([piece.services for piece in pieces])
    first, number = numbered(keys(every, SERVICE))
    services = _summed(every, first, number)
    places, done = [], 0
    for piece in pieces:
        # A part numbers its services from 0 and gives a range of them here.
        low = piece.services.column("at")[0].as_py() if piece.services.num_rows else 0
        places.append(number[piece.pairs.column("at").to_numpy() - low + done])
        done += piece.services.num_rows
    pairs = _merged(pieces, np.concatenate(places), services)
    return Bucket(_counted(services, pairs, lines), pairs)


def _summed(every: pa.Table, first: Ints, number: Ints) -> pa.Table:
    """Add up the services of several units."""
    table = every.select(SERVICE).take(pa.array(first))
    if first.size == every.num_rows:
        table = every.take(pa.array(first))
        return table.drop_columns(["at"])
    order = np.argsort(number, kind="stable")
    starts = _starts(number[order])
    added: dict[str, np.ufunc] = dict.fromkeys(contacts.SUMMED, np.add)
    for name, how in (added | {"first_ms": np.minimum, "last_ms": np.maximum}).items():
        column = how.reduceat(ints(every, name)[order], starts)
        table = table.append_column(name, pa.array(column))
    return table


def _merged(pieces: Sequence[_Piece], service: Ints, services: pa.Table) -> Pairs:
    """Make one row of all rows of a pair."""
    line = _column(pieces, "line")
    key = service << _LINE_BITS | line
    order = np.argsort(key)
    key = key[order]
    starts = _starts(key)
    single = starts.size == key.size

    def merged(name: str, how: np.ufunc) -> Ints:
        column = _column(pieces, name)[order]
        return column if single else np.asarray(how.reduceat(column, starts), dtype=np.int64)

    base_ms = np.repeat(
        np.array([piece.base_ms for piece in pieces], dtype=np.int64),
        [piece.pairs.num_rows for piece in pieces],
    )
    since_ms = _column(pieces, "since") + base_ms
    last_ms = (since_ms + _column(pieces, "stay"))[order]
    since_ms = since_ms[order]
    low_port = _column(pieces, "low_port")
    high_port = (low_port + _column(pieces, "spread"))[order]
    low_port = low_port[order]
    if not single:
        since_ms = np.minimum.reduceat(since_ms, starts)
        last_ms = np.maximum.reduceat(last_ms, starts)
        low_port = np.minimum.reduceat(low_port, starts)
        high_port = np.maximum.reduceat(high_port, starts)
    marks = merged("marks", np.bitwise_or)
    if not single:
        # Rows of two units are at least two records.
        marks[np.diff(np.append(starts, key.size)) > 1] |= contacts.SEVERAL
    over_out, over_in = merged("over_out", np.add), merged("over_in", np.add)
    key = key[starts]
    owner = key >> _LINE_BITS
    tcp = (ints(services, "proto") == int(Transport.TCP))[owner]
    way_out, way_in = (marks & contacts.OUT) != 0, (marks & contacts.IN) != 0
    loaded = over_out + over_in > 0
    flagless = (marks & contacts.FLAGLESS) != 0
    spoke = np.where(
        tcp, ((marks & contacts.TALKED) != 0) | (flagless & (way_out & way_in | loaded)), way_in
    )
    return Pairs(
        service=owner,
        line=key & ((1 << _LINE_BITS) - 1),
        first_ms=since_ms,
        last_ms=last_ms,
        marks=marks,
        several_ports=low_port != high_port,
        spoke=spoke,
        short=~way_in & (over_out <= 0),
        tcp=tcp,
    )


def _counted(services: pa.Table, pairs: Pairs, lines: Lines) -> pa.Table:
    """Count the pairs of each service: the columns of `measures.services` that no sums are."""
    rows = services.num_rows
    spoke, service = pairs.spoke, pairs.service

    def count(where: Flags) -> pa.Array:
        return pa.array(np.bincount(service[where], minlength=rows).astype(np.int64))

    mine, net = service[spoke], lines.net[pairs.line[spoke]]
    new = np.ones(mine.size, dtype=bool)
    new[1:] = (mine[1:] != mine[:-1]) | (net[1:] != net[:-1])
    stayed = pairs.last_ms - pairs.first_ms >= RETURN_MS
    counted = {
        "lines": count(np.ones(service.size, dtype=bool)),
        "clients": count(spoke),
        "nets": pa.array(np.bincount(mine[new], minlength=rows).astype(np.int64)),
        "silent": count(~spoke & pairs.marked(contacts.KNOCKED)),
        "refused": count(~spoke & pairs.marked(contacts.REFUSED)),
        "several": count(spoke & pairs.marked(contacts.SEVERAL)),
        "returned": count(spoke & stayed),
        "ports": count(pairs.several_ports),
    }
    for name, column in counted.items():
        services = services.append_column(name, column)
    return services


def _column(pieces: Sequence[_Piece], name: str) -> Ints:
    return np.concatenate([piece.pairs.column(name).to_numpy() for piece in pieces], dtype=np.int64)


def _starts(ordered: NDArray[Any]) -> Ints:
    """Tell where runs of equal values begin."""
    new = np.ones(ordered.size, dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(new)
