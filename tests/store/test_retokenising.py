"""One file under another key period: the same rows, sorted anew, under a name of its own."""

from pathlib import Path

import pyarrow as pa
import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations
from hinomi.errors import Unavailable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.compaction import SORT_KEYS
from hinomi.store.flowfile import FlowFileWriter, read_file
from hinomi.store.manifest import FileEntry
from hinomi.store.retokenising import moved, no_translator
from hinomi.store.sealing import Seal

NOON = NOON_MS // HOUR_MS
SEAL = Seal("2026-01-01", bytes(32))


def written(root: Path, *, compacted: bool) -> FileEntry:
    """Write five records."""
    rows = [conversation(ts_ms=NOON_MS + row, remote_lo=row, bytes=row) for row in range(5)]
    writer = FlowFileWriter(root, NOON, "a", SEAL)
    writer.write(pa.Table.from_batches([conversations(rows)], schema=CONVERSATIONS))
    return writer.close(arrived_ms=7, compacted=compacted)


def turned(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Turn the order of the remote ends round, as another key may."""
    place = CONVERSATIONS.get_field_index("remote_lo")
    other = pa.array([9 - each for each in batch.column("remote_lo").to_pylist()], pa.int64())
    return batch.set_column(place, CONVERSATIONS.field("remote_lo"), other)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_moved_file_has_the_same_rows_and_another_name(
    tmp_path: Path, *, compacted: bool
) -> None:
    """Hour, time of arrival and seal stay; what was sorted is sorted."""
    file = written(tmp_path, compacted=compacted)

    made = moved(tmp_path, tmp_path / "new", file, SEAL, period="period-0002", translate=turned)
    again = moved(
        tmp_path / "new", tmp_path / "newer", made, SEAL, period="period-0003", translate=turned
    )

    assert (made.hour, made.rows, made.arrived_ms) == (file.hour, file.rows, 7)
    assert (made.seal, made.compacted) == (file.seal, compacted)
    assert [Path(each.path).name for each in (file, made, again)] == [
        "a.parquet",
        "a-period-0002.parquet",
        "a-period-0003.parquet",
    ]
    batches = read_file(tmp_path / "new", made, Window(), {SEAL.name: SEAL})
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert sorted(row["remote_lo"] for row in rows) == [5, 6, 7, 8, 9]
    if compacted:
        keys = [tuple(row[key] for key in SORT_KEYS) for row in rows]
        assert keys == sorted(keys)


def test_without_keys_nothing_is_moved() -> None:
    """A lake that was opened past its home says what it lacks."""
    with pytest.raises(Unavailable, match="no keys of period-0001"):
        no_translator("period-0001", "period-0002")
