"""The lake on disk: its layout, its commits, compaction, removal, and what damage does."""

import fcntl
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotPermitted, Unavailable
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.compaction import SORT_KEYS
from hinomi.store.lake import LocalLake
from hinomi.store.manifest import CHECKPOINT_EVERY
from hinomi.store.sealing import SealedFile, opened
from hinomi.store.spreading import SpreadLimits

TIGHT = SpreadLimits(rows=50, hot_rows=20, row_group_rows=16, writers=2)


class Hand:
    """A clock that a test sets by hand."""

    def __init__(self) -> None:
        """Start two days after noon, when every hour of the tests is settled."""
        self.now_ms = NOON_MS + 48 * HOUR_MS

    def __call__(self) -> int:
        """Say what time it is."""
        return self.now_ms


@pytest.fixture
def clock() -> Hand:
    """Give a clock to set."""
    return Hand()


@pytest.fixture
def lake(tmp_path: Path, clock: Hand) -> LocalLake:
    """Give an empty lake that does not wait for its lock."""
    return LocalLake(tmp_path / "lake", clock, lock_wait_s=0.0)


def _append(lake: LocalLake, batch_id: str, *starts_ms: int) -> None:
    rows = [conversation(ts_ms=ts_ms, bytes=mark) for mark, ts_ms in enumerate(starts_ms)]
    lake.append([conversations(rows)], batch_id, mandate())


def _starts(lake: LocalLake, window: Window | None = None) -> list[int]:
    batches = lake.scan(window or Window(), mandate())
    return sorted(start for batch in batches for start in batch.column("ts_ms").to_pylist())


def _on_disk(root: Path) -> set[Path]:
    return {path for path in (root / "lake").rglob("*") if path.is_file()}


def _flow_files(root: Path) -> set[Path]:
    return {path for path in _on_disk(root) if {"flows", "staging"} & {*path.parts}}


def _rewrite(file: SealedFile, table: pa.Table) -> None:
    """Put *table* in the place of what a file holds, under its key."""
    assert file.seal is not None
    pq.write_table(table, file.path, encryption_properties=file.seal.writing())


def test_files_lie_in_the_folder_of_their_hour(lake: LocalLake, tmp_path: Path) -> None:
    """A batch is split by the UTC hour in which each flow starts; one file an hour."""
    _append(lake, "b", NOON_MS, NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS, NOON_MS + 12 * HOUR_MS)

    folders = [file.path.parent for file in lake.files(Window(), mandate())]

    assert [folder.relative_to(tmp_path / "lake").as_posix() for folder in folders] == [
        "flows/date=2026-01-01/hour=12",
        "flows/date=2026-01-01/hour=13",
        "flows/date=2026-01-02/hour=00",
    ]
    assert _flow_files(tmp_path) == {file.path for file in lake.files(Window(), mandate())}


def test_files_of_other_hours_are_not_named(lake: LocalLake) -> None:
    """The window chooses files by the times inside them."""
    _append(lake, "b", NOON_MS, NOON_MS + HOUR_MS)

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
    starts = [NOON_MS + hour * HOUR_MS + mark for mark, hour in enumerate(hours)]
    rows = [conversation(ts_ms=start) for start in starts]
    batches = [conversations(rows[first : first + size]) for first in range(0, len(rows), size)]

    commit = lake.append(batches, "b", mandate())

    assert commit.rows == len(hours)
    assert _starts(lake) == sorted(starts)
    assert not list(root.rglob("*.arrow"))
    assert not list(root.rglob("*.tmp"))


def test_few_rows_an_hour_still_make_one_file_an_hour(lake: LocalLake, tmp_path: Path) -> None:
    """A file spread thin over hundreds of hours does not shatter into thousands."""
    tight = LocalLake(tmp_path / "lake", Hand(), limits=TIGHT)
    hours = [number % 200 for number in range(1000)]

    _append(tight, "b", *(NOON_MS - hour * HOUR_MS for hour in hours))

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

    assert _flow_files(tmp_path) == set()


def test_another_lake_object_sees_what_was_committed(lake: LocalLake, tmp_path: Path) -> None:
    """A reader that is open already sees each commit, without being told."""
    reader = LocalLake(tmp_path / "lake", Hand())
    assert _starts(reader) == []

    _append(lake, "b", NOON_MS)

    assert _starts(reader) == [NOON_MS]
    assert reader.has("b")


def test_compaction_leaves_the_same_rows_in_sorted_files(lake: LocalLake) -> None:
    """Many small files become one an hour, sorted by service, then line, then time."""
    random_ = random.Random(5)  # noqa: S311 - rows of a test.
    for number in range(10):
        rows = [
            conversation(
                ts_ms=NOON_MS + random_.randrange(2 * HOUR_MS),
                remote_lo=random_.randrange(4),
                line_lo=random_.randrange(4),
                bytes=number * 100 + row,
            )
            for row in range(30)
        ]
        lake.append([conversations(rows)], f"b{number}", mandate())
    before = _table(lake)

    done = lake.compact(mandate(Power.MAINTAIN))

    assert (done.hours, done.rows, done.files_before, done.files_after) == (2, 300, 20, 2)
    assert _table(lake) == before
    for file in lake.files(Window(), mandate()):
        rows = opened(file).read().to_pylist()
        keys = [tuple(row[key] for key in SORT_KEYS) for row in rows]
        assert keys == sorted(keys)
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0, (
        "there is nothing to gain from a second time"
    )


def _table(lake: LocalLake) -> list[dict[str, int]]:
    rows = [row for batch in lake.scan(Window(), mandate()) for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: int(row["bytes"]))


def test_a_large_hour_becomes_several_files_of_bounded_size(tmp_path: Path) -> None:
    """No compacted file outgrows its limit, and full files are left alone afterwards."""
    lake = LocalLake(tmp_path / "lake", Hand(), full_rows=40)
    _append(lake, "b", *(NOON_MS + n for n in range(101)))

    assert lake.compact(mandate(Power.MAINTAIN)).files_after == 3
    sizes = [opened(file).metadata.num_rows for file in lake.files(Window(), mandate())]
    assert sorted(sizes) == [33, 34, 34]
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0
    _append(lake, "late", NOON_MS + 5)
    assert lake.compact(mandate(Power.MAINTAIN)).files_before == 1, (
        "only the straggler is written again"
    )
    assert len(_starts(lake)) == 102


def test_an_hour_is_left_alone_until_its_stragglers_are_in(lake: LocalLake, clock: Hand) -> None:
    """Compaction waits for the end of the hour and the registered lateness."""
    _append(lake, "b", NOON_MS)

    clock.now_ms = NOON_MS + 2 * HOUR_MS - 1
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0
    clock.now_ms += 1
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 1


def test_a_replay_after_compaction_still_counts_once(lake: LocalLake) -> None:
    """Batch ids outlive the files they came with."""
    _append(lake, "b", NOON_MS)
    _append(lake, "c", NOON_MS + 1)
    lake.compact(mandate(Power.MAINTAIN))

    _append(lake, "b", NOON_MS)

    assert _starts(lake) == [NOON_MS, NOON_MS + 1]


def test_a_reader_that_began_before_compaction_finishes(
    lake: LocalLake, clock: Hand, tmp_path: Path
) -> None:
    """Replaced files stay until the grace is over, then the next cleaning takes them."""
    _append(lake, "b", NOON_MS)
    _append(lake, "c", NOON_MS + 1)
    files = [file.path for file in lake.files(Window(), mandate())]
    running = lake.scan(Window(), mandate())
    lake.compact(mandate(Power.MAINTAIN))
    lake.clean()

    assert sum(batch.num_rows for batch in running) == 2
    assert all(path.exists() for path in files)
    assert _starts(lake) == [NOON_MS, NOON_MS + 1]

    clock.now_ms += HOUR_MS
    lake.clean()
    assert not any(path.exists() for path in files)
    assert _flow_files(tmp_path) == {file.path for file in lake.files(Window(), mandate())}


def test_removal_takes_whole_hours_and_their_batches(lake: LocalLake, tmp_path: Path) -> None:
    """Hours that ended by then go at once, the others stay whole."""
    _append(lake, "old", NOON_MS, NOON_MS + 5)
    _append(lake, "both", NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS)
    lake.compact(mandate(Power.MAINTAIN))

    done = lake.remove(NOON_MS + HOUR_MS + HOUR_MS // 2, mandate(Power.MAINTAIN))

    assert (done.hours, done.rows, done.files) == (1, 3, 1)
    assert _starts(lake) == [NOON_MS + HOUR_MS]
    assert not lake.has("old")
    assert lake.has("both")
    assert not (tmp_path / "lake/flows/date=2026-01-01/hour=12").exists()


def test_rows_for_a_removed_hour_are_counted_and_dropped(lake: LocalLake) -> None:
    """What was deleted does not come back, neither late nor by a replay."""
    _append(lake, "old", NOON_MS)
    lake.remove(NOON_MS + HOUR_MS, mandate(Power.MAINTAIN))
    rows = conversations([conversation(ts_ms=t) for t in (NOON_MS, NOON_MS + HOUR_MS)])

    late = lake.append([rows], "late", mandate())
    replay = lake.append([conversations([conversation()])], "old", mandate())

    assert (late.rows, late.late_rows) == (1, 1)
    assert (replay.rows, replay.late_rows, replay.already_stored) == (0, 1, False)
    assert _starts(lake) == [NOON_MS + HOUR_MS]
    assert lake.append([], "late", mandate()).late_rows == 1


def test_removal_never_goes_back(lake: LocalLake) -> None:
    """A second removal with an earlier time gives nothing back."""
    lake.remove(NOON_MS + 2 * HOUR_MS, mandate(Power.MAINTAIN))
    lake.remove(NOON_MS, mandate(Power.MAINTAIN))

    _append(lake, "late", NOON_MS + HOUR_MS)

    assert _starts(lake) == []


def test_keeping_order_needs_the_power_to_maintain(lake: LocalLake) -> None:
    """Neither compaction nor removal goes with the power to analyse."""
    with pytest.raises(NotPermitted):
        lake.compact(mandate(Power.ANALYSE, Power.STORE))
    with pytest.raises(NotPermitted):
        lake.remove(NOON_MS, mandate(Power.ANALYSE, Power.STORE))
    with pytest.raises(NotPermitted):
        lake.rows(Window(), mandate(Power.MAINTAIN))


def test_rows_are_counted_by_window_and_in_all(lake: LocalLake) -> None:
    """Whole files count from the manifest, cut ones by their times."""
    assert lake.statistics().first_ms is None
    _append(lake, "b", NOON_MS, NOON_MS + 10, NOON_MS + HOUR_MS)

    assert lake.rows(Window(), mandate()) == 3
    assert lake.rows(Window(NOON_MS + 1, NOON_MS + HOUR_MS), mandate()) == 1
    told = lake.statistics()
    assert (told.rows, told.files, told.batches) == (3, 2, 1)
    assert (told.first_ms, told.last_ms) == (NOON_MS, NOON_MS + HOUR_MS)


def test_a_second_writer_is_told_to_wait(lake: LocalLake, tmp_path: Path) -> None:
    """While another process holds the lock, reading works and writing is refused."""
    _append(lake, "b", NOON_MS)
    descriptor = os.open(tmp_path / "lake/lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another process"):
            _append(lake, "c", NOON_MS)
        assert _starts(lake) == [NOON_MS]
    finally:
        os.close(descriptor)
    _append(lake, "c", NOON_MS)
    assert len(_starts(lake)) == 2


def test_the_next_writer_sweeps_up_after_a_killed_one(lake: LocalLake, tmp_path: Path) -> None:
    """Where the mark of a writer still stands, files that no entry names are deleted."""
    _append(lake, "b", NOON_MS)
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
    assert _starts(lake) == [NOON_MS]

    _append(lake, "c", NOON_MS)

    assert not any(orphan.exists() for orphan in orphans)
    assert not (root / "writing").exists()
    assert len(_starts(lake)) == 2


def test_a_missing_file_is_named(lake: LocalLake) -> None:
    """A file that the manifest lists must be there; a smaller answer would be a wrong one."""
    _append(lake, "b", NOON_MS)
    (path,) = [file.path for file in lake.files(Window(), mandate())]
    path.unlink()

    for read in (lake.files, lambda *a: list(lake.scan(*a))):
        with pytest.raises(Unavailable, match=path.name):
            read(Window(), mandate())


@pytest.mark.parametrize("content", [b"", b"PAR1 rubbish PAR1"])
def test_a_damaged_file_is_named(lake: LocalLake, content: bytes) -> None:
    """What cannot be read says where it lies, without a traceback of the library."""
    _append(lake, "b", NOON_MS)
    (path,) = [file.path for file in lake.files(Window(), mandate())]
    path.write_bytes(content)

    with pytest.raises(Unavailable, match=path.name):
        _starts(lake)


def test_a_file_that_lost_rows_is_not_read(lake: LocalLake) -> None:
    """A file must hold as many rows as its entry says, also in compaction."""
    _append(lake, "b", NOON_MS, NOON_MS + 1)
    (file,) = lake.files(Window(), mandate())
    _rewrite(file, opened(file).read().slice(1))

    with pytest.raises(Unavailable, match="lost or gained"):
        _starts(lake)
    with pytest.raises(Unavailable, match="lost or gained"):
        lake.compact(mandate(Power.MAINTAIN))


def test_a_file_of_another_schema_version_is_refused(lake: LocalLake) -> None:
    """The version stands in every file, and a reader of another version says what to do."""
    _append(lake, "b", NOON_MS)
    (file,) = lake.files(Window(), mandate())
    table = opened(file).read()
    assert table.schema.metadata[b"hinomi.schema_version"] == b"1"
    _rewrite(file, table.replace_schema_metadata({"hinomi.schema_version": "999"}))

    with pytest.raises(ConfigError, match="flow schema 999"):
        _starts(lake)


def test_a_damaged_or_missing_entry_stops_everything(lake: LocalLake, tmp_path: Path) -> None:
    """Half a manifest would silently count wrongly."""
    for number in range(3):
        _append(lake, f"b{number}", NOON_MS)
    entry = tmp_path / "lake/manifest/000000000002.json"
    entry.write_text("{")
    with pytest.raises(MalformedDocument, match="damaged"):
        _starts(LocalLake(tmp_path / "lake", Hand()))
    entry.unlink()
    with pytest.raises(Unavailable, match="entry 2 is missing"):
        _starts(LocalLake(tmp_path / "lake", Hand()))


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
    _append(lake, "last", NOON_MS)

    names = sorted(path.name for path in (tmp_path / "lake/manifest").iterdir())

    assert len(names) <= CHECKPOINT_EVERY + 6
    for reader in (waiting, LocalLake(tmp_path / "lake", Hand())):
        assert all(reader.has(f"b{number}") for number in range(total))
        assert _starts(reader) == [NOON_MS]
