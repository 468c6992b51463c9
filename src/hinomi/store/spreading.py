"""
Spreads a stream of conversation records over the hours they belong to, in bounded memory.

Rows gather in memory by hour. When they are too many, hours with many rows go straight to
their files; the rest, perhaps a few rows for each of thousands of hours, goes to one
spill file sorted by hour, so that in the end each hour has one file and not hundreds.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hinomi.model.flow import CONVERSATIONS
from hinomi.store.durable import on_disk
from hinomi.store.flowfile import HOUR_MS, FlowFileWriter
from hinomi.store.manifest import FileEntry
from hinomi.store.sealing import Seal, SealedFile

_MAX_READERS: Final = 128

_PIECE_ROWS: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadLimits:
    """How much is held at once."""

    rows: int = 1 << 20  # In memory; a row has 92 bytes.
    hot_rows: int = 1 << 16  # An hour with as many goes straight to its file.
    row_group_rows: int = 1 << 17
    writers: int = 32  # Files open for writing.


class Spreader:
    """
    Takes batches in any order of time and leaves Parquet files, one or few an hour.

    Notes:
        Disk space for spilled rows is needed beside the result until `finish` returns.
    """

    def __init__(
        self,
        root: Path,
        spill: Path,
        stem: str,
        seal: Seal,
        *,
        arrived_ms: int,
        removed_until: int | None = None,
        limits: SpreadLimits | None = None,
    ) -> None:
        """Write sealed files under *root*, named from *stem*; spill into *spill*."""
        self._seal = seal
        self._fleeting = Seal.fleeting()  # Of what is spilled: it dies with this process.
        self._root, self._spill, self._stem = root, spill, stem
        self._arrived_ms = arrived_ms
        self._removed_until = removed_until
        self._limits = limits or SpreadLimits()
        self._held: dict[int, list[pa.RecordBatch]] = defaultdict(list)
        self._held_rows: dict[int, int] = defaultdict(int)
        self._total = 0
        self._writers: dict[int, FlowFileWriter] = {}  # Least recently used first.
        self._parts: dict[int, int] = defaultdict(int)
        self._runs: list[Path] = []
        self._run_index: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._files: list[FileEntry] = []
        self.late_rows = 0
        """Rows of removed hours: counted, not stored."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take *batch*; it is held, or written, or both."""
        starts_ms = batch.column("ts_ms").to_numpy()
        if not starts_ms.size:
            return
        first, last = int(starts_ms.min()) // HOUR_MS, int(starts_ms.max()) // HOUR_MS
        if self._removed_until is not None and first < self._removed_until:
            kept = starts_ms >= self._removed_until * HOUR_MS
            self.late_rows += int(np.count_nonzero(~kept))
            self.add(batch.filter(pa.array(kept)))
            return
        if first == last:
            self._hold(first, batch)
        else:
            self._hold_by_hour(batch, starts_ms // HOUR_MS - first, first)
        if self._total >= self._limits.rows:
            self._make_room()

    def finish(self) -> tuple[FileEntry, ...]:
        """Write all that is held or spilled, close every file and name them."""
        readers: dict[int, pq.ParquetFile] = {}
        for hour in sorted({*self._held, *self._run_index, *self._writers}):
            self._write(hour, self._pieces(hour, readers))
            self._files.append(self._writers.pop(hour).close(arrived_ms=self._arrived_ms))
        readers.clear()
        self._drop_runs()
        return tuple(self._files)

    def abandon(self) -> None:
        """Delete every file of this batch, as far as the disk lets us."""
        for writer in self._writers.values():
            writer.abandon()
        for file in self._files:
            (self._root / file.path).unlink(missing_ok=True)
        self._drop_runs()

    def _hold(self, hour: int, rows: pa.RecordBatch) -> None:
        self._held[hour].append(rows)
        self._held_rows[hour] += rows.num_rows
        self._total += rows.num_rows

    def _hold_by_hour(self, batch: pa.RecordBatch, hours: NDArray[np.int64], first: int) -> None:
        if hours.max() < 1 << 16:
            hours = hours.astype(np.uint16)  # Sorted by radix: half the time.
        order = np.argsort(hours, kind="stable")
        batch, hours = batch.take(pa.array(order)), hours[order]
        starts = np.flatnonzero(np.diff(hours, prepend=hours[:1] + 1))
        ends = np.append(starts[1:], hours.size)
        for hour, start, end in zip(
            *(a.tolist() for a in (hours[starts], starts, ends)), strict=True
        ):
            self._hold(first + hour, batch.slice(start, end - start))

    def _make_room(self) -> None:
        hot = [hour for hour, rows in self._held_rows.items() if rows >= self._limits.hot_rows]
        for hour in hot:
            self._write(hour, iter(self._release(hour)))
            while len(self._writers) > self._limits.writers:
                oldest = next(iter(self._writers))
                writer = self._writers.pop(oldest)
                self._files.append(writer.close(arrived_ms=self._arrived_ms))
        if self._total > self._limits.rows // 2:
            self._spill_run()

    def _release(self, hour: int) -> list[pa.RecordBatch]:
        self._total -= self._held_rows.pop(hour, 0)
        return self._held.pop(hour, [])

    def _spill_run(self) -> None:
        path = self._spill / f"{self._stem}-{len(self._runs):06d}.parquet"
        with on_disk(path):
            self._spill.mkdir(mode=0o700, parents=True, exist_ok=True)
            with pq.ParquetWriter(
                path,
                CONVERSATIONS,
                compression="LZ4",
                use_dictionary=False,
                write_statistics=False,
                encryption_properties=self._fleeting.writing(),
            ) as run:
                for number, hour in enumerate(sorted(self._held)):
                    table = _join(self._release(hour))
                    run.write_table(table, row_group_size=table.num_rows)
                    self._run_index[hour].append((len(self._runs), number))
        self._runs.append(path)

    def _pieces(self, hour: int, readers: dict[int, pq.ParquetFile]) -> Iterator[pa.RecordBatch]:
        for run, number in self._run_index.pop(hour, []):
            if run not in readers:
                if len(readers) >= _MAX_READERS:
                    readers.clear()
                readers[run] = SealedFile(self._runs[run], self._fleeting).open()
            yield from _plain(readers[run].read_row_group(number, use_threads=False))
        yield from self._release(hour)

    def _write(self, hour: int, pieces: Iterator[pa.RecordBatch]) -> None:
        """Add *pieces* to the hour's file, gathered to row groups of a useful size."""
        gathered: list[pa.RecordBatch] = []
        rows = 0
        for piece in pieces:
            gathered.append(piece)
            rows += piece.num_rows
            if rows >= self._limits.row_group_rows:
                self._writer(hour).write(_join(gathered))
                gathered, rows = [], 0
        if rows:
            self._writer(hour).write(_join(gathered))

    def _writer(self, hour: int) -> FlowFileWriter:
        writer = self._writers.pop(hour, None)
        if writer is None:
            name = f"{self._stem}-{self._parts[hour]:04d}"
            self._parts[hour] += 1
            writer = FlowFileWriter(self._root, hour, name, self._seal)
        self._writers[hour] = writer  # Now the most recently used.
        return writer

    def _drop_runs(self) -> None:
        for path in self._runs:
            path.unlink(missing_ok=True)
        self._runs.clear()


def _plain(table: pa.Table) -> list[pa.RecordBatch]:
    rows: list[pa.RecordBatch] = table.cast(CONVERSATIONS).to_batches()
    return rows


def _join(batches: list[pa.RecordBatch]) -> pa.Table:
    table = pa.Table.from_batches(batches, schema=CONVERSATIONS)
    # Many small pieces cost more in writing than a copy does; a few large ones do not.
    return table if table.num_rows >= _PIECE_ROWS * len(batches) else table.combine_chunks()
