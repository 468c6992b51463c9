"""
Who met whom, by number: what the second pass asks of a window put together of units.

The services that are held and the lines of the window are tables; an edge is a row of either.
Edges lie in scratch files that are looked at where they lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.orient import LINE, SERVICE
from hinomi.detect.standing import Reader

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of edges stand for."""

    services: pa.Table  # Those that are held: `SERVICE` and more.
    lines: pa.Table  # `LINE`.


@dataclass(frozen=True, slots=True)
class Edges:
    """
    Pairs of one part with services that are held.

    The files have the columns `service` (row of *place*), `line`, `since`; the others also
    `knocked`.
    """

    reader: Reader
    numbers: Numbers
    place: Ints  # Row in `Numbers.services` of each service of the part.
    spoken: Path
    others: Path  # Pairs that did not really speak.
    base_ms: int  # What `since` is counted from.


def client_sums(parts: Sequence[Edges], services: pa.Table, lines: pa.Table) -> pa.Table:
    """
    Sum over the clients of each service, see `passes.client_sums`.

    Args:
        parts: All of a window.
        services: Columns `SERVICE`: those that are asked, in the order of the answer.
        lines: Columns `LINE` and any others, numbers, whose sums are wanted.
    """
    numbers = parts[0].numbers
    row = _rows(numbers.lines, lines, LINE)
    names = [name for name in lines.column_names if name not in LINE]
    values = [np.append(floats(lines, name), 0.0)[row] for name in names]  # -1: the last.
    sums = np.zeros((len(names), numbers.services.num_rows + 1))
    for part in parts:
        edges = part.reader.mapped(part.spoken)
        service, line = _numpy(edges, "service"), _numpy(edges, "line")
        for number, value in enumerate(values):
            found = np.bincount(service, weights=value[line], minlength=part.place.size)
            sums[number, part.place] = found
    asked = _rows(services, numbers.services, SERVICE)
    table = services.select(SERVICE)
    for name, column in zip(names, sums, strict=True):
        table = table.append_column(name, pa.array(column[asked]))
    return table


def services_of_lines(parts: Sequence[Edges], lines: pa.Table) -> pa.Table:
    """Fetch which services the *lines* spoke with, see `passes.services_of_lines`."""
    wanted = _rows(parts[0].numbers.lines, lines, LINE) >= 0
    found = []
    for part in parts:
        edges = part.reader.mapped(part.spoken)
        found.append(_chosen(part, edges, wanted[_numpy(edges, "line")]))
    return pa.concat_tables(found)


def rows_of_lines(
    parts: Sequence[Edges], services: pa.Table, lines: pa.Table, wanted: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """
    Fetch which services some lines spoke with, by row: much less than spelling them out.

    Args:
        parts: All of a window.
        services: What rows of services are counted in: those that are held.
        lines: What rows of lines are counted in, columns `LINE`.
        wanted: Which lines, shape (lines,).

    Returns:
        Rows of *services* and of *lines*, and when they first met, ms; shape (m,) each.
    """
    numbers = parts[0].numbers
    row = _rows(numbers.lines, lines, LINE)
    place = _rows(numbers.services, services, SERVICE)
    asked = np.append(wanted, [False])[row]  # -1: the last.
    met, who, first_ms = [], [], []
    for part in parts:
        edges = part.reader.mapped(part.spoken)
        line = _numpy(edges, "line")
        chosen = np.flatnonzero(asked[line])
        met.append(place[part.place[_numpy(edges, "service")[chosen]]])
        who.append(row[line[chosen]])
        first_ms.append(_numpy(edges, "since")[chosen].astype(np.int64) + part.base_ms)
    return np.concatenate(met), np.concatenate(who), np.concatenate(first_ms)


def lines_of_services(parts: Sequence[Edges], chosen: pa.Table, *, spoke: bool = True) -> pa.Table:
    """
    Fetch the lines of the *chosen* services, see `passes.lines_of_services`.

    Columns: `SERVICE`, `LINE`, `first_ms`, and of those that did not speak `syn_out` (1 where
    a bare SYN was sent).
    """
    wanted = _rows(parts[0].numbers.services, chosen, SERVICE) >= 0
    found = []
    for part in parts:
        edges = part.reader.mapped(part.spoken if spoke else part.others)
        found.append(_chosen(part, edges, wanted[part.place][_numpy(edges, "service")]))
    return pa.concat_tables(found)


def _chosen(part: Edges, edges: pa.Table, where: NDArray[np.bool_]) -> pa.Table:
    """Spell some edges of a part out."""
    row = np.flatnonzero(where)
    service = part.place[_numpy(edges, "service")[row]]
    line = _numpy(edges, "line")[row]
    table = part.numbers.services.select(SERVICE).take(pa.array(service))
    for name in LINE:
        table = table.append_column(name, part.numbers.lines.column(name).take(pa.array(line)))
    first_ms = _numpy(edges, "since")[row].astype(np.int64) + part.base_ms
    table = table.append_column("first_ms", pa.array(first_ms))
    if "knocked" in edges.column_names:
        knocked = _numpy(edges, "knocked")[row].astype(np.int64)
        table = table.append_column("syn_out", pa.array(knocked))
    return table


def _rows(wanted: pa.Table, among: pa.Table, names: Sequence[str]) -> Ints:
    """Find the rows of *wanted* in *among*, -1 where absent."""
    same = wanted.num_rows == among.num_rows and all(
        np.array_equal(ints(wanted, name), ints(among, name)) for name in names
    )
    if same:
        return np.arange(wanted.num_rows)
    return positions(keys(wanted, names), keys(among, names))


def _numpy(edges: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(edges.column(name).to_numpy())
