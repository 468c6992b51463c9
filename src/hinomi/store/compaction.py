"""
Makes few sorted files of an hour out of many small ones.

Sorted by service first, an hour's rows of one service lie together: queries that go
service by service read little, and equal values compress.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from hinomi.errors import Unavailable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.flowfile import FlowFileWriter, read_file
from hinomi.store.layout import COMPACTED
from hinomi.store.manifest import FileEntry, arrival_day
from hinomi.store.sealing import Seal

SORT_KEYS: Final = (
    "remote_hi", "remote_lo", "remote_port", "proto", "line_hi", "line_lo", "ts_ms",
)  # fmt: skip

ROW_GROUP_ROWS: Final = 1 << 20

FULL_ROWS: Final = 1 << 21
"""Rows of one compacted file at most: they are sorted in memory, 92 bytes a row, twice."""


def plan(
    files: Iterable[FileEntry], settled_until: int, *, full_rows: int = FULL_ROWS
) -> dict[tuple[int, str], list[FileEntry]]:
    """
    Choose what to merge.

    Args:
        files: All files of the lake.
        settled_until: Hours before this one (since the Unix epoch) get no rows any more,
            but for stragglers.
        full_rows: Rows of one compacted file at most.

    Returns:
        By hour and day of arrival, the files to merge: all that were never compacted, and
        with them compacted ones that are less than half full. Hours in order leave out
        those where there is nothing to gain. Rows that arrived on another day are under
        another key, and go on another day.
    """
    chosen: dict[tuple[int, str], list[FileEntry]] = defaultdict(list)
    for file in files:
        is_done = file.compacted and file.seal and file.rows >= full_rows // 2
        if file.hour < settled_until and not is_done:
            chosen[file.hour, arrival_day(file)].append(file)
    return {
        key: sorted(chosen[key], key=lambda file: file.path)
        for key in sorted(chosen)
        if len(chosen[key]) > 1 or not (chosen[key][0].compacted and chosen[key][0].seal)
    }


def merge(
    root: Path, files: list[FileEntry], stem: str, seal: Seal, *, full_rows: int = FULL_ROWS
) -> tuple[FileEntry, ...]:
    """
    Write the rows of *files*, all of one hour, into as few sorted files as *full_rows* allows.

    Args:
        root: The lake's folder.
        files: What to merge; they stay as they are.
        stem: How the names of the new files begin; not used before.
        seal: Of the day on which all of them arrived.
        full_rows: Rows of one new file at most.

    Returns:
        The new files, each about equally full, on disk but not yet in the manifest.

    Raises:
        Unavailable: If a file cannot be read or written.
    """
    total = sum(file.rows for file in files)
    arrived_ms = max(file.arrived_ms for file in files)
    number = -(-total // full_rows)
    # Equal shares are each more than half full, so that they are not merged again.
    share = -(-total // number)
    written = []
    for part, chunk in enumerate(_chunks(_rows(root, files, seal), share)):
        writer = FlowFileWriter(root, files[0].hour, f"{stem}-{part:04d}", seal, layout=COMPACTED)
        order = pc.sort_indices(chunk, sort_keys=[(key, "ascending") for key in SORT_KEYS])
        for start in range(0, chunk.num_rows, ROW_GROUP_ROWS):
            writer.write(chunk.take(order.slice(start, ROW_GROUP_ROWS)))
        written.append(writer.close(arrived_ms=arrived_ms, compacted=True))
    if sum(file.rows for file in written) != total:
        raise Unavailable(f"{root}: an hour changed its number of rows in compaction; not kept")
    return tuple(written)


def _rows(root: Path, files: list[FileEntry], seal: Seal) -> Iterator[pa.RecordBatch]:
    for file in files:
        yield from read_file(root, file, Window(), {seal.name: seal})


def _chunks(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Gather batches to tables of exactly *rows* rows; the last may have fewer."""
    held: list[pa.RecordBatch] = []
    room = rows
    for whole in batches:
        batch = whole
        while batch.num_rows >= room:
            held.append(batch.slice(0, room))
            yield pa.Table.from_batches(held, schema=CONVERSATIONS)
            batch = batch.slice(room)
            held, room = [], rows
        if batch.num_rows:
            held.append(batch)
            room -= batch.num_rows
    if held:
        yield pa.Table.from_batches(held, schema=CONVERSATIONS)
