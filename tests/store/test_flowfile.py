"""One Parquet file of one hour."""

from pathlib import Path

import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations
from hinomi.errors import ConfigError, Unavailable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.flowfile import (
    FlowFileWriter,
    count_rows,
    hour_folder,
    read_file,
    require_present,
)
from hinomi.store.manifest import FileEntry
from hinomi.store.sealing import Seal

NOON = NOON_MS // HOUR_MS
SEAL = Seal("2026-01-01", bytes(32))
SEALS = {SEAL.name: SEAL}


def _written(root: Path, *starts_ms: int) -> FileEntry:
    writer = FlowFileWriter(root, NOON, "x", SEAL)
    for start_ms in starts_ms:
        rows = conversations([conversation(ts_ms=start_ms)])
        writer.write(pa.Table.from_batches([rows], schema=CONVERSATIONS))
    return writer.close(arrived_ms=7)


@pytest.mark.parametrize(
    ("hour", "folder"),
    [
        (0, "flows/date=1970-01-01/hour=00"),
        (-1, "flows/date=1969-12-31/hour=23"),
        (NOON, "flows/date=2026-01-01/hour=12"),
    ],
)
def test_an_hour_has_its_folder(hour: int, folder: str) -> None:
    """Dates and hours are UTC."""
    assert hour_folder(hour) == folder


def test_an_hour_beyond_the_calendar_has_none() -> None:
    """Readers bound times long before; here it is the caller's bug."""
    with pytest.raises(ValueError, match="years 1 to 9999"):
        hour_folder(2**40)


def test_a_file_is_described_by_what_was_written(tmp_path: Path) -> None:
    """Rows and first and last start; the draft has become the file."""
    entry = _written(tmp_path, NOON_MS + 9, NOON_MS + 2)

    assert (entry.rows, entry.first_ms, entry.last_ms) == (2, NOON_MS + 2, NOON_MS + 9)
    assert (entry.hour, entry.arrived_ms, entry.compacted) == (NOON, 7, False)
    assert [p.name for p in (tmp_path / entry.path).parent.iterdir()] == ["x.parquet"]


def test_an_abandoned_draft_leaves_nothing(tmp_path: Path) -> None:
    """Neither the draft nor a file."""
    FlowFileWriter(tmp_path, NOON, "x", SEAL).abandon()

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_rows_are_read_and_counted_by_window(tmp_path: Path) -> None:
    """Start inclusive, end exclusive, whole or cut."""
    entry = _written(tmp_path, NOON_MS, NOON_MS + 1, NOON_MS + 2)

    for window, expected in (
        (Window(), [0, 1, 2]),
        (Window(NOON_MS + 1), [1, 2]),
        (Window(None, NOON_MS + 1), [0]),
        (Window(NOON_MS + 3), []),
    ):
        batches = list(read_file(tmp_path, entry, window, SEALS))
        starts = [start - NOON_MS for b in batches for start in b.column("ts_ms").to_pylist()]
        assert starts == expected
        assert count_rows(tmp_path, entry, window, SEALS) == len(expected)


def test_a_file_is_checked_before_it_is_promised(tmp_path: Path) -> None:
    """Missing files and other versions are named without opening anything."""
    entry = _written(tmp_path, NOON_MS)
    require_present(tmp_path, [entry])
    other = FileEntry(entry.path, NOON, 1, NOON_MS, NOON_MS, 0, "999")
    with pytest.raises(ConfigError, match="schema 999"):
        require_present(tmp_path, [other])
    (tmp_path / entry.path).unlink()
    with pytest.raises(Unavailable, match=r"x\.parquet"):
        require_present(tmp_path, [entry])


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """A file stands where a folder should be."""
    (tmp_path / "flows").write_text("in the way")

    with pytest.raises(Unavailable, match=r"Not a directory|File exists"):
        FlowFileWriter(tmp_path, NOON, "x", SEAL)
