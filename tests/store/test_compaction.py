"""Which files are merged, and into how many."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, conversation, conversations
from hinomi.errors import Unavailable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.compaction import merge, plan
from hinomi.store.flowfile import FlowFileWriter, read_file
from hinomi.store.manifest import FileEntry
from hinomi.store.sealing import Seal

NOON = NOON_MS // HOUR_MS


DAY = "1970-01-01"
SEAL = Seal(DAY, bytes(32))


def _entry(
    path: str, hour: int, rows: int = 1, *, compacted: bool = False, seal: str = DAY
) -> FileEntry:
    return FileEntry(path, hour, rows, hour * HOUR_MS, hour * HOUR_MS, 0, "1", compacted, seal)


def test_new_files_of_settled_hours_are_merged() -> None:
    """Also a single one, since it is neither sorted nor well compressed."""
    files = [_entry("a", 5), _entry("c", 6), _entry("b", 6), _entry("d", 7)]

    chosen = {hour: [file.path for file in found] for (hour, _), found in plan(files, 7).items()}

    assert chosen == {5: ["a"], 6: ["b", "c"]}


def test_full_files_rest_and_small_ones_take_part() -> None:
    """A straggler is merged with what is less than half full, not with everything."""
    full, small = _entry("f", 5, 50, compacted=True), _entry("s", 5, 49, compacted=True)

    assert plan([full], 9, full_rows=100) == {}
    assert plan([small], 9, full_rows=100) == {}
    assert plan([full, small, _entry("n", 5)], 9, full_rows=100) == {
        (5, DAY): [_entry("n", 5), small]
    }


def test_rows_that_arrived_on_another_day_are_merged_apart() -> None:
    """They are under another key, and are to be deleted on another day."""
    files = [_entry("a", 5), _entry("b", 5, seal="1970-01-02"), _entry("c", 5)]

    chosen = {key: [file.path for file in found] for key, found in plan(files, 7).items()}

    assert chosen == {(5, DAY): ["a", "c"], (5, "1970-01-02"): ["b"]}


def test_what_was_written_before_files_were_sealed_is_written_again() -> None:
    """Compaction seals it, however full and sorted it is."""
    old = _entry("f", 5, 50, compacted=True, seal="")

    assert plan([old], 9, full_rows=100) == {(5, DAY): [old]}


def _write(root: Path, name: str, rows: int) -> FileEntry:
    writer = FlowFileWriter(root, NOON, name, SEAL)
    batch = conversations(conversation(remote_lo=-row, bytes=row) for row in range(rows))
    writer.write(pa.Table.from_batches([batch], schema=CONVERSATIONS))
    return writer.close(arrived_ms=rows)


@settings(deadline=None, max_examples=40)  # It writes files.
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5), full_rows=st.integers(6, 25))
def test_merged_files_hold_every_row_and_need_no_second_merge(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], full_rows: int
) -> None:
    """Whatever the sizes: no row lost, none over the limit, no small remainder but one."""
    root = tmp_path_factory.mktemp("lake")
    files = [_write(root, f"in-{number}", size) for number, size in enumerate(sizes)]

    merged = merge(root, files, "out", SEAL, full_rows=full_rows)

    assert sum(file.rows for file in merged) == sum(sizes)
    assert all(file.rows <= full_rows for file in merged)
    assert len(merged) == -(-sum(sizes) // full_rows)
    assert plan(merged, NOON + 1, full_rows=full_rows) == {}
    assert {file.arrived_ms for file in merged} == {max(sizes)}
    read = [b for file in merged for b in read_file(root, file, Window(), {DAY: SEAL})]
    marks = sorted(mark for batch in read for mark in batch.column("bytes").to_pylist())
    assert marks == sorted(row for size in sizes for row in range(size))


def test_a_file_that_is_not_what_it_was_is_not_merged_away(tmp_path: Path) -> None:
    """A wrong count stops the merge before anything is replaced."""
    entry = _write(tmp_path, "in", 3)
    wrong = FileEntry(entry.path, NOON, 4, entry.first_ms, entry.last_ms, 0, "1", seal=DAY)

    with pytest.raises(Unavailable, match="lost or gained"):
        merge(tmp_path, [wrong], "out", SEAL)
