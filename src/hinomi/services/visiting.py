"""
A visit: a researcher's program meets minimised records, line by line, and a table comes out.

Nothing here asks whether that may be done: `services.research` does, before.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.govern.disclosure import Disclosure, Noise, Rules, Tally
from hinomi.govern.minimise import View, minimise
from hinomi.govern.program import Program
from hinomi.services.isolation import Cell, Limits, open_cell

ROWS_AT_ONCE: Final = 1_000_000
"""Records that are held at a time; the lake is read as often as that takes."""

HIDDEN: Final = ("line_hi", "line_lo")
"""Which line it is groups the records; the program is not told."""

Scan = Callable[[], Iterable[pa.RecordBatch]]
"""Reads the records of the window from the beginning."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is let in, on what, under which rules."""

    program: Program
    view: View
    rules: Rules
    limits: Limits
    explain: bool = False  # Tell the program's faults: on made-up worlds alone.

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the program is handed."""
        return tuple(name for name in self.view.columns if name not in HIDDEN)

    def open(self) -> AbstractContextManager[Cell]:
        """Open the cell; what cannot be isolated is refused before anything is read."""
        return open_cell(self.program, self.columns, self.limits, explain=self.explain)


@dataclass(frozen=True, slots=True)
class Visited:
    """What a visit came to."""

    disclosure: Disclosure
    records: int
    fault: str  # The first one, where faults are told.


def visit(
    cell: Cell,
    asked: Visit,
    scan: Scan,
    *,
    tell: Progress = lambda _: None,
    noise: Noise | None = None,
) -> Visited:
    """
    Hand every line of *scan* to *cell*, and give what may be shown of the answers.

    Args:
        cell: As `Visit.open` opened it.
        asked: What was approved.
        scan: Reads the records, the same ones each time.
        tell: Is told the share done.
        noise: Draws it; None: from the system's generator.

    Raises:
        Unavailable: If the program took too long.
        NotPermitted: If its labels group nothing.
    """
    tally = Tally(asked.program.declared, asked.rules)
    records = sum(batch.num_rows for batch in scan())
    buckets = records // ROWS_AT_ONCE + 1
    fault = ""
    for bucket in range(buckets):
        rows = _bucket(scan(), asked.view, bucket, buckets)
        for done, line in enumerate(_lines(rows, asked.view)):
            said = cell.ask(line)
            tally.add(said.answer)
            fault = fault or said.fault
            if done % 100 == 0:
                tell(bucket / buckets)
        tell((bucket + 1) / buckets)
    return Visited(tally.disclose(noise), records, fault)


def _bucket(
    batches: Iterable[pa.RecordBatch], view: View, bucket: int, buckets: int
) -> NDArray[np.int64]:
    """Gather the minimised records of every line of one bucket, shape (n, columns)."""
    parts = [np.empty((0, len(view.columns)), dtype=np.int64)]
    for batch in batches:
        stored = batch.column(batch.schema.get_field_index("line_lo")).to_numpy()
        chosen = np.flatnonzero(stored.astype(np.int64) % buckets == bucket)
        seen = minimise(batch.take(pa.array(chosen)), view)
        parts.append(
            np.column_stack([np.asarray(column.to_numpy(), np.int64) for column in seen.columns])
        )
    return np.concatenate(parts)


def _lines(rows: NDArray[np.int64], view: View) -> Iterator[NDArray[np.int64]]:
    """Cut records into lines, each in the order of time; the order of lines says nothing."""
    hi, lo = (rows[:, view.columns.index(name)] for name in HIDDEN)
    order = np.lexsort((rows[:, view.columns.index("ts_ms")], lo, hi))
    rows, hi, lo = rows[order], hi[order], lo[order]
    shown = [place for place, name in enumerate(view.columns) if name not in HIDDEN]
    starts = np.flatnonzero((np.diff(hi, prepend=0) != 0) | (np.diff(lo, prepend=0) != 0))
    bounds = np.unique(np.concatenate(([0], starts, [len(rows)])))
    for first, last in pairwise(bounds):
        yield rows[first:last][:, shown]
