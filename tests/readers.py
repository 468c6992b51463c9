"""Running a reader of flow files and looking at what it yields."""

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from builders import NOON_MS
from hinomi.collect.files.reading import BATCH_ROWS, Read, ReadOptions, Tally
from hinomi.collect.observing import Description
from hinomi.model.address import Address, render_address
from hinomi.model.flow import RECORDS

LATEST_MS = NOON_MS + 86_400_000


def read_all(
    read: Read,
    path: Path,
    *,
    keep_good: bool = False,
    exporter: str | None = None,
    sampling_interval: int = 0,
    time_offset_ms: int = 0,
    described: Mapping[str | None, Description] | None = None,
) -> tuple[list[dict[str, object]], Tally]:
    """Read a file to its end; give the records with `src` and `dst` as text, and the tally."""
    tally = Tally()
    options = ReadOptions(
        keep_good=keep_good,
        exporter=exporter,
        sampling_interval=sampling_interval,
        time_offset_ms=time_offset_ms,
        latest_ms=LATEST_MS,
        described=described or {},
    )
    rows = [row for batch in checked(read(path, options, tally)) for row in batch.to_pylist()]
    for row in rows:
        for end in ("src", "dst"):
            row[end] = render_address(Address(row.pop(f"{end}_hi"), row.pop(f"{end}_lo")))
    return rows, tally


def checked(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """Pass batches on, each checked against RECORDS and the bound on its size."""
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema == RECORDS
        assert 0 < batch.num_rows <= 2 * BATCH_ROWS
        yield batch


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, compressed where its name ends in .gz."""
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path
