"""One Parquet file of conversation records of one hour: its place, its writing, its reading."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.errors import ConfigError, Unavailable
from hinomi.model.flow import CONVERSATIONS, SCHEMA_VERSION
from hinomi.model.window import Window
from hinomi.store.durable import draft_of, on_disk, publish
from hinomi.store.layout import FRESH, Layout
from hinomi.store.manifest import FileEntry
from hinomi.store.sealing import Seal, SealedFile

HOUR_MS: Final = 3_600_000

FLOWS: Final = "flows"
"""The folder of the lake under which all flow files lie."""

READ_ROWS: Final = 65_536
"""Rows per batch in reading."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_KEY: Final = b"hinomi.schema_version"
_WITHOUT_NULLS: Final = pa.schema(
    [field.with_nullable(nullable=False) for field in CONVERSATIONS],
    metadata=CONVERSATIONS.metadata,
)
"""Said so in the file, Parquet need not tell which values are there: a sixth less to write."""


def hour_folder(hour: int) -> str:
    """
    Name the folder of an hour, relative to the lake's root.

    Args:
        hour: Hours since the Unix epoch.

    Raises:
        ValueError: If the hour lies beyond the year 9999.
    """
    try:
        moment = _EPOCH + timedelta(hours=hour)
    except OverflowError:
        raise ValueError("a flow starts outside the years 1 to 9999") from None
    return f"{FLOWS}/date={moment.date().isoformat()}/hour={moment.hour:02d}"


class FlowFileWriter:
    """Writes one flow file as a draft; `close` gives it its name."""

    def __init__(
        self, root: Path, hour: int, name: str, seal: Seal, *, layout: Layout = FRESH
    ) -> None:
        """Begin a file of *hour*, sealed under *seal*."""
        self._seal = seal
        self._relative = f"{hour_folder(hour)}/{name}.parquet"
        self._path = root / self._relative
        self._hour = hour
        self._rows = 0
        self._first_ms = 2**63 - 1
        self._last_ms = -(2**63)
        with on_disk(self._path):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                draft_of(self._path),
                _WITHOUT_NULLS,
                encryption_properties=seal.writing(),
                **layout.options(),
            )

    def write(self, table: pa.Table) -> None:
        """Add *table* as one row group."""
        starts = table.column("ts_ms").to_numpy()
        self._first_ms = min(self._first_ms, int(starts.min()))
        self._last_ms = max(self._last_ms, int(starts.max()))
        self._rows += table.num_rows
        rows = pa.Table.from_arrays(table.columns, schema=_WITHOUT_NULLS)
        with on_disk(self._path):
            self._writer.write_table(rows, row_group_size=table.num_rows)

    def close(self, *, arrived_ms: int, compacted: bool = False) -> FileEntry:
        """Finish the file; it is durable once its folder is synced as well."""
        with on_disk(self._path):
            self._writer.close()
            publish(self._path)
        return FileEntry(
            path=self._relative,
            hour=self._hour,
            rows=self._rows,
            first_ms=self._first_ms,
            last_ms=self._last_ms,
            arrived_ms=arrived_ms,
            schema_version=SCHEMA_VERSION,
            compacted=compacted,
            seal=self._seal.name,
        )

    def abandon(self) -> None:
        """Close and delete the draft."""
        with on_disk(self._path):
            self._writer.close()
            draft_of(self._path).unlink(missing_ok=True)


def require_present(root: Path, files: Iterable[FileEntry]) -> None:
    """
    Check that files can be read by this version of hinomi, without opening them.

    Raises:
        Unavailable: If one is not on disk.
        ConfigError: If one was written under another version of the schema.
    """
    for file in files:
        path = root / file.path
        if file.schema_version != SCHEMA_VERSION:
            raise _other_version(path, file.schema_version)
        if not path.exists():
            raise Unavailable(f"{path} is in the manifest but not on disk; restore it from backup")


def read_file(
    root: Path, file: FileEntry, window: Window, seals: Mapping[str, Seal]
) -> Iterator[pa.RecordBatch]:
    """
    Yield the records of *file* that start in *window*.

    Args:
        root: The lake's folder.
        file: Which file.
        window: Which records.
        seals: Keys by their names, that of *file* among them.

    Raises:
        Unavailable: If the file is missing, damaged, or holds other rows than it should.
        ConfigError: If it was written under another version of the schema.
    """
    require_present(root, [file])
    path = root / file.path
    whole = window.covers(file.first_ms) and window.covers(file.last_ms)
    with readable(path), SealedFile(path, seals.get(file.seal)).open() as parquet:
        version = (parquet.schema_arrow.metadata or {}).get(_VERSION_KEY, b"none").decode()
        if version != SCHEMA_VERSION:
            raise _other_version(path, version)
        if parquet.metadata.num_rows != file.rows:
            raise Unavailable(f"{path} has lost or gained rows; restore it from backup")
        batches = parquet.iter_batches(batch_size=READ_ROWS)
        while True:
            batch = next(batches, None)
            if batch is None:
                return
            kept = batch if whole else within(batch, window)
            if kept.num_rows:
                yield pa.record_batch(kept.columns, schema=CONVERSATIONS)


def count_rows(root: Path, file: FileEntry, window: Window, seals: Mapping[str, Seal]) -> int:
    """Count the records of *file* that start in *window*, reading as little as possible."""
    if window.covers(file.first_ms) and window.covers(file.last_ms):
        return file.rows
    require_present(root, [file])
    path = root / file.path
    with readable(path), SealedFile(path, seals.get(file.seal)).open() as parquet:
        starts = parquet.read(["ts_ms"])
    return int(np.count_nonzero(_mask(starts.column("ts_ms").to_numpy(), window)))


def checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """
    Give *batch* with the schema it claims to have.

    Raises:
        ValueError: If it is not of `model.flow.CONVERSATIONS`, or has nulls (the caller's bug).
    """
    if not batch.schema.equals(CONVERSATIONS, check_metadata=False):
        raise ValueError("the batch is not of model.flow.CONVERSATIONS")
    if any(column.null_count for column in batch.columns):
        raise ValueError("a conversation record has no nulls")
    return pa.record_batch(batch.columns, schema=CONVERSATIONS)


def within(batch: pa.RecordBatch, window: Window) -> pa.RecordBatch:
    """Give the records of *batch* that start in *window*."""
    return batch.filter(pa.array(_mask(batch.column("ts_ms").to_numpy(), window)))


def _mask(starts_ms: np.ndarray, window: Window) -> np.ndarray:
    kept = np.ones(starts_ms.size, dtype=bool)
    if window.since_ms is not None:
        kept &= starts_ms >= window.since_ms
    if window.until_ms is not None:
        kept &= starts_ms < window.until_ms
    return kept


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """
    Turn what a damaged Parquet file says into `Unavailable`, naming *path*.

    Raises:
        Unavailable: In place of an OSError or an Arrow error.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise Unavailable(f"{path} cannot be read; restore it from backup") from error


def _other_version(path: Path, version: str) -> ConfigError:
    return ConfigError(
        f"{path} has flow schema {version}, this hinomi reads {SCHEMA_VERSION}; "
        "import its source again or use the version that wrote it"
    )
