"""The lake on disk: its layout, its commits, compaction, removal, and what damage does."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import ConfigError, Conflict, MalformedDocument, Unavailable
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.manifest import CHECKPOINT_EVERY
from hinomi.store.sealing import SealedFile, opened
from hinomi.store.spreading import SpreadLimits
from lakes import Hand, append, flow_files, starts

TIGHT = SpreadLimits(rows=50, hot_rows=20, row_group_rows=16, writers=2)


@pytest.fixture
def clock() -> Hand:
    """Give a clock to set."""
    return Hand()


@pytest.fixture
def lake(tmp_path: Path, clock: Hand) -> LocalLake:
    """Give an empty lake that does not wait for its lock."""
    return LocalLake(tmp_path / "lake", clock, lock_wait_s=0.0)


def _rewrite(file: SealedFile, table: pa.Table) -> None:
    """Put *table* in the place of what a file holds, under its key."""
    assert file.seal is not None
    pq.write_table(table, file.path, encryption_properties=file.seal.writing())


def test_files_lie_in_the_folder_of_their_hour(lake: LocalLake, tmp_path: Path) -> None:
    """A batch is split by the UTC hour in which each flow starts; one file an hour."""
    append(lake, "b", NOON_MS, NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS, NOON_MS + 12 * HOUR_MS)

    folders = [file.path.parent for file in lake.files(Window(), mandate())]

    assert [folder.relative_to(tmp_path / "lake").as_posix() for folder in folders] == [
        "flows/date=2026-01-01/hour=12",
        "flows/date=2026-01-01/hour=13",
        "flows/date=2026-01-02/hour=00",
    ]
    assert flow_files(tmp_path) == {file.path for file in lake.files(Window(), mandate())}


def test_files_of_other_hours_are_not_named(lake: LocalLake) -> None:
    """The window chooses files by the times inside them."""
    append(lake, "b", NOON_MS, NOON_MS + HOUR_MS)

    assert len(lake.files(Window(NOON_MS, NOON_MS + HOUR_MS), mandate())) == 1
    assert lake.files(Window(NOON_MS + 1, NOON_MS + HOUR_MS), mandate()) == ()


@settings(deadline=None, max_examples=50)  # It writes files.
@given(
    hours=st.lists(st.integers(-3, 400), max_size=300),
    limits=st.builds(
        SpreadLimits,
        rows=st.integers(1, 80),
        hot_rows=st.integers(1, 40),
        row_group_rows=st.integers(1, 40),
        writers=st.integers(1, 3),
    ),
    size=st.integers(1, 64),
)
def test_rows_scattered_over_many_hours_all_arrive(
    tmp_path_factory: pytest.TempPathFactory, hours: list[int], limits: SpreadLimits, size: int
) -> None:
    """However little memory there is and however rows are spread, none is lost or doubled."""
    root = tmp_path_factory.mktemp("lake")
    lake = LocalLake(root, Hand(), limits=limits)
    began = [NOON_MS + hour * HOUR_MS + mark for mark, hour in enumerate(hours)]
    rows = [conversation(ts_ms=start) for start in began]
    batches = [conversations(rows[first : first + size]) for first in range(0, len(rows), size)]

    commit = lake.append(batches, "b", mandate())

    assert commit.rows == len(hours)
    assert starts(lake) == sorted(began)
    assert not list((root / "staging").iterdir()), "what was spilled is gone"
    assert not list(root.rglob("*.tmp"))


def test_few_rows_an_hour_still_make_one_file_an_hour(lake: LocalLake, tmp_path: Path) -> None:
    """A file spread thin over hundreds of hours does not shatter into thousands."""
    tight = LocalLake(tmp_path / "lake", Hand(), limits=TIGHT)
    hours = [number % 200 for number in range(1000)]

    append(tight, "b", *(NOON_MS - hour * HOUR_MS for hour in hours))

    assert len(tight.files(Window(), mandate())) == 200


def test_a_broken_off_batch_leaves_no_file(lake: LocalLake, tmp_path: Path) -> None:
    """Spilled and half-written files go as well."""
    tight = LocalLake(tmp_path / "lake", Hand(), limits=TIGHT)

    def broken() -> Iterator[pa.RecordBatch]:
        for number in range(20):
            hours = [number % 3] * 20 + list(range(3, 33))
            yield conversations(conversation(ts_ms=NOON_MS + h * HOUR_MS) for h in hours)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        tight.append(broken(), "b", mandate())

    assert flow_files(tmp_path) == set()


def test_another_lake_object_sees_what_was_committed(lake: LocalLake, tmp_path: Path) -> None:
    """A reader that is open already sees each commit, without being told."""
    reader = LocalLake(tmp_path / "lake", Hand())
    assert starts(reader) == []

    append(lake, "b", NOON_MS)

    assert starts(reader) == [NOON_MS]
    assert reader.has("b")


def test_rows_are_counted_by_window_and_in_all(lake: LocalLake) -> None:
    """Whole files count from the manifest, cut ones by their times."""
    assert lake.statistics().first_ms is None
    append(lake, "b", NOON_MS, NOON_MS + 10, NOON_MS + HOUR_MS)

    assert lake.rows(Window(), mandate()) == 3
    assert lake.rows(Window(NOON_MS + 1, NOON_MS + HOUR_MS), mandate()) == 1
    told = lake.statistics()
    assert (told.rows, told.files, told.batches) == (3, 2, 1)
    assert (told.first_ms, told.last_ms) == (NOON_MS, NOON_MS + HOUR_MS)


def test_a_second_writer_is_told_to_wait(lake: LocalLake, tmp_path: Path) -> None:
    """While another process holds the lock, reading works and writing is refused."""
    append(lake, "b", NOON_MS)
    descriptor = os.open(tmp_path / "lake/lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another process"):
            append(lake, "c", NOON_MS)
        assert starts(lake) == [NOON_MS]
    finally:
        os.close(descriptor)
    append(lake, "c", NOON_MS)
    assert len(starts(lake)) == 2


def test_the_next_writer_sweeps_up_after_a_killed_one(lake: LocalLake, tmp_path: Path) -> None:
    """Where the mark of a writer still stands, files that no entry names are deleted."""
    append(lake, "b", NOON_MS)
    root = tmp_path / "lake"
    folder = lake.files(Window(), mandate())[0].path.parent
    orphans = [
        folder / "000000000002-x-0000.parquet",
        folder / ".y.parquet.tmp",
        root / "staging/0123/owner",
        root / "staging/0123/spill/z.arrow",
        root / "manifest/.000000000002.json.tmp",
    ]
    for orphan in orphans:
        orphan.parent.mkdir(parents=True, exist_ok=True)
        orphan.write_bytes(b"half")
    (root / "writing").touch()
    assert starts(lake) == [NOON_MS]

    append(lake, "c", NOON_MS)

    assert not any(orphan.exists() for orphan in orphans)
    assert not (root / "writing").exists()
    assert len(starts(lake)) == 2


def test_a_missing_file_is_named(lake: LocalLake) -> None:
    """A file that the manifest lists must be there; a smaller answer would be a wrong one."""
    append(lake, "b", NOON_MS)
    (path,) = [file.path for file in lake.files(Window(), mandate())]
    path.unlink()

    for read in (lake.files, lambda *a: list(lake.scan(*a))):
        with pytest.raises(Unavailable, match=path.name):
            read(Window(), mandate())


@pytest.mark.parametrize("content", [b"", b"PAR1 rubbish PAR1"])
def test_a_damaged_file_is_named(lake: LocalLake, content: bytes) -> None:
    """What cannot be read says where it lies, without a traceback of the library."""
    append(lake, "b", NOON_MS)
    (path,) = [file.path for file in lake.files(Window(), mandate())]
    path.write_bytes(content)

    with pytest.raises(Unavailable, match=path.name):
        starts(lake)


def test_a_file_that_lost_rows_is_not_read(lake: LocalLake) -> None:
    """A file must hold as many rows as its entry says, also in compaction."""
    append(lake, "b", NOON_MS, NOON_MS + 1)
    (file,) = lake.files(Window(), mandate())
    _rewrite(file, opened(file).read().slice(1))

    with pytest.raises(Unavailable, match="lost or gained"):
        starts(lake)
    with pytest.raises(Unavailable, match="lost or gained"):
        lake.compact(mandate(Power.MAINTAIN))


def test_a_file_of_another_schema_version_is_refused(lake: LocalLake) -> None:
    """The version stands in every file, and a reader of another version says what to do."""
    append(lake, "b", NOON_MS)
    (file,) = lake.files(Window(), mandate())
    table = opened(file).read()
    assert table.schema.metadata[b"hinomi.schema_version"] == b"1"
    _rewrite(file, table.replace_schema_metadata({"hinomi.schema_version": "999"}))

    with pytest.raises(ConfigError, match="flow schema 999"):
        starts(lake)


def test_a_damaged_or_missing_entry_stops_everything(lake: LocalLake, tmp_path: Path) -> None:
    """Half a manifest would silently count wrongly."""
    for number in range(3):
        append(lake, f"b{number}", NOON_MS)
    entry = tmp_path / "lake/manifest/000000000002.json"
    entry.write_text("{")
    with pytest.raises(MalformedDocument, match="damaged"):
        starts(LocalLake(tmp_path / "lake", Hand()))
    entry.unlink()
    with pytest.raises(Unavailable, match="entry 2 is missing"):
        starts(LocalLake(tmp_path / "lake", Hand()))


def test_a_long_history_is_opened_from_its_checkpoint(lake: LocalLake, tmp_path: Path) -> None:
    """Old entries go, the state stays the same for new and for waiting readers."""
    waiting = LocalLake(tmp_path / "lake", Hand())
    assert not waiting.has("b0")
    total = 2 * CHECKPOINT_EVERY + 3
    lake.append([], "b0", mandate())
    for number in range(1, total):
        lake.append([], f"b{number}", mandate())
        if number == CHECKPOINT_EVERY // 2:
            assert waiting.has(f"b{number}")
    append(lake, "last", NOON_MS)

    names = sorted(path.name for path in (tmp_path / "lake/manifest").iterdir())

    assert len(names) <= CHECKPOINT_EVERY + 6
    for reader in (waiting, LocalLake(tmp_path / "lake", Hand())):
        assert all(reader.has(f"b{number}") for number in range(total))
        assert starts(reader) == [NOON_MS]
