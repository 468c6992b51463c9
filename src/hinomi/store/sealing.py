"""
Sealed files: Parquet modular encryption, under the key of the day on which rows arrived.

Notes:
    AES-256 in GCM, footer and columns alike: without the key not even the names of the
    columns can be read, and a changed byte shows. Every module has a random nonce, so one
    key serves the files of a day: at 40 modules a row group, a day of a billion records
    stays below 2^20 of them, far from the 2^32 that NIST SP 800-38D allows.

Source:
    Apache Parquet format, Encryption.md (Parquet modular encryption).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

if TYPE_CHECKING:
    import pyarrow.dataset as ds

KEY_BYTES: Final = 32

_DISTINCT_MOST: Final = 0.5
"""Share of distinct values up to which a dictionary pays."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A key and what it is called."""

    name: str  # The day it is for, as in 2026-01-31.
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a seal has a key of {KEY_BYTES} bytes")

    @classmethod
    def fleeting(cls) -> Self:
        """Make a key for files that nobody reads once this process has ended."""
        return cls("fleeting", os.urandom(KEY_BYTES))

    def writing(self) -> Any:
        """Give what pyarrow encrypts a file with."""
        return pe.create_encryption_properties(self.key)

    def reading(self) -> Any:
        """Give what pyarrow decrypts a file with."""
        return pe.create_decryption_properties(self.key)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A Parquet file and the key that it takes to read it."""

    path: Path
    seal: Seal | None = None  # None: written before files were sealed.

    def open(self) -> pq.ParquetFile:
        """
        Open the file.

        Raises:
            OSError: If it cannot be read, or was sealed under another key.
        """
        reading = None if self.seal is None else self.seal.reading()
        return pq.ParquetFile(self.path, decryption_properties=reading)


Stored = Path | SealedFile
"""A Parquet file as an engine takes it: plain scratch, or sealed with its key."""


def opened(file: Stored) -> pq.ParquetFile:
    """Open a file, sealed or not; raises as `SealedFile.open`."""
    return file.open() if isinstance(file, SealedFile) else pq.ParquetFile(file)


def dataset_of(files: Iterable[SealedFile]) -> "ds.Dataset":
    """
    Open files, at least one, as one dataset that decrypts as it is read.

    Raises:
        OSError: If the first of any key cannot be read.
    """
    # It loads pandas, which no command needs that does not detect.
    import pyarrow.dataset as ds  # noqa: PLC0415

    by_seal: dict[Seal | None, list[str]] = {}
    for file in files:
        by_seal.setdefault(file.seal, []).append(str(file.path))
    parts = []
    for seal, paths in by_seal.items():
        reading = None if seal is None else seal.reading()
        # Without buffers of whole files ahead of the reader: memory stays bounded.
        options = ds.ParquetFragmentScanOptions(pre_buffer=False, decryption_properties=reading)
        shape = ds.ParquetFileFormat(default_fragment_scan_options=options)
        parts.append(ds.dataset(paths, format=shape))
    return parts[0] if len(parts) == 1 else ds.dataset(parts)


def seal_files(sources: Iterable[Stored], target: Path, seal: Seal) -> None:
    """
    Write the rows of Parquet files, row group by row group, to one sealed file.

    Args:
        sources: Files, or folders of files, with the same columns; at least one.
        target: The new file.
        seal: Of the new file.

    Raises:
        OSError: If the disk refuses.
    """
    files = [file for each in sources for file in _parts(each)]
    writer: pq.ParquetWriter | None = None
    try:
        for group in _groups(files):
            writer = writer or _writer(target, group, seal)
            writer.write_table(group, row_group_size=group.num_rows)
        if writer is None:  # No row anywhere.
            with opened(files[0]) as file:
                writer = _writer(target, file.schema_arrow.empty_table(), seal)
    finally:
        if writer is not None:
            writer.close()
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _groups(files: Iterable[Stored]) -> Iterator[pa.Table]:
    for each in files:
        with opened(each) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, use_threads=False)
                if group.num_rows:
                    yield group


def _parts(source: Stored) -> Sequence[Stored]:
    """Name the files of what an engine wrote: a file, or a folder of parts."""
    if isinstance(source, Path) and source.is_dir():
        return sorted(source.glob("part-*.parquet"))
    return [source]


def _writer(target: Path, first: pa.Table, seal: Seal) -> pq.ParquetWriter:
    """Open a writer whose encodings suit the rows of *first*."""
    few = first.num_rows * _DISTINCT_MOST
    repeating = [
        name for name in first.column_names if pc.count_distinct(first.column(name)).as_py() <= few
    ]
    spread = {
        field.name: "DELTA_BINARY_PACKED"
        for field in first.schema
        if field.name not in repeating and pa.types.is_integer(field.type)
    }
    return pq.ParquetWriter(
        target,
        first.schema,
        compression="ZSTD",
        compression_level=1,
        use_dictionary=repeating or False,
        column_encoding=spread or None,
        encryption_properties=seal.writing(),
    )
