"""What every reader of flow files shares: its options, its tally, its shape."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from hinomi.collect.observing import Description
from hinomi.model.flow import UNKNOWN_INTERVAL

BATCH_ROWS = 65_536
"""Rows a reader holds at once: bounds memory whatever the size of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a file, as the operator said it."""

    sampling_interval: int = UNKNOWN_INTERVAL  # For rows that do not state one themselves.
    counts_scaled: bool = False  # Counters were multiplied by it; `FileFormat.may_be_scaled`.
    exporter: str | None = None  # For rows that do not name one themselves.
    keep_good: bool = False  # Count malformed rows and go on, instead of stopping.
    latest_ms: int = 2**62  # A later start is malformed.
    time_offset_ms: int = 0  # Added to every start (sources that count from 1970).
    active_timeout_ms: int = 60_000  # Metering of captures only.
    inactive_timeout_ms: int = 15_000
    described: Mapping[str | None, Description] = field(default_factory=dict)
    """Exporters by name, of which the operator says something; None: those without a name."""


@dataclass(slots=True)
class Tally:
    """What became of the rows of one file; readers add to it as they go."""

    records: int = 0  # Rows of the source; for captures metered records.
    malformed: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # Unidirectional records, by reason.
    notes: Counter[str] = field(default_factory=Counter)  # Things worth telling, by reason.
    bytes_read: int = 0  # Of the file as it lies on disk: drives the progress bar.
    relative_times: bool = False  # Starts before 1990 were seen.

    def note(self, reason: str, count: int) -> None:
        """Count something worth telling, if there is any of it."""
        if count:
            self.notes[reason] += count


Read = Callable[[Path, ReadOptions, Tally], Iterator[pa.RecordBatch]]
"""
Yield the file's flow records as batches of `model.flow.RECORDS`, adding to the tally.

Raises `MalformedDocument` with file and line at the first malformed row, unless
`ReadOptions.keep_good`; a file that is broken as a whole (truncated, wrong format) always
raises. Messages never repeat a value of the file.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """One format of flow files."""

    name: str  # As `--format` takes it.
    recognises: Callable[[Path, bytes], bool]  # From the path and the first decompressed bytes.
    read: Read
    is_packets: bool = False  # Holds packets, not flows: laboratory homes only (R3).
    may_be_scaled: bool = False  # Cannot say itself whether its counters were multiplied.
