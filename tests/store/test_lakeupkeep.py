"""Keeping a lake in order: compaction, removal by hour and by arrival."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.compaction import SORT_KEYS
from hinomi.store.keeper import KeyKeeper
from hinomi.store.lake import LocalLake
from hinomi.store.manifest import FileEntry, Manifest
from hinomi.store.sealing import opened
from lakes import Hand, append, flow_files, starts, table

DAY_MS = 24 * HOUR_MS
OLD_MS = NOON_MS - 100 * DAY_MS
UPKEEP = mandate(Power.MAINTAIN)


@pytest.fixture(name="clock")
def a_clock() -> Hand:
    """Give a clock to set."""
    return Hand()


@pytest.fixture(name="lake")
def a_lake(tmp_path: Path, clock: Hand) -> LocalLake:
    """Give an empty lake that does not wait for its lock."""
    return LocalLake(tmp_path / "lake", clock, lock_wait_s=0.0)


@pytest.fixture(name="aged")
def a_lake_of_two_arrivals(lake: LocalLake, clock: Hand) -> LocalLake:
    """Store an old capture one day and a fresh record the next, both of flows of one hour."""
    for number in range(2):
        clock.now_ms = NOON_MS + number * DAY_MS
        append(lake, f"batch {number}", OLD_MS + number)
    return lake


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
    before = table(lake)

    done = lake.compact(mandate(Power.MAINTAIN))

    assert (done.hours, done.rows, done.files_before, done.files_after) == (2, 300, 20, 2)
    assert table(lake) == before
    for file in lake.files(Window(), mandate()):
        rows = opened(file).read().to_pylist()
        keys = [tuple(row[key] for key in SORT_KEYS) for row in rows]
        assert keys == sorted(keys)
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0, (
        "there is nothing to gain from a second time"
    )


def test_a_large_hour_becomes_several_files_of_bounded_size(tmp_path: Path) -> None:
    """No compacted file outgrows its limit, and full files are left alone afterwards."""
    lake = LocalLake(tmp_path / "lake", Hand(), full_rows=40)
    append(lake, "b", *(NOON_MS + n for n in range(101)))

    assert lake.compact(mandate(Power.MAINTAIN)).files_after == 3
    sizes = [opened(file).metadata.num_rows for file in lake.files(Window(), mandate())]
    assert sorted(sizes) == [33, 34, 34]
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0
    append(lake, "late", NOON_MS + 5)
    assert lake.compact(mandate(Power.MAINTAIN)).files_before == 1, (
        "only the straggler is written again"
    )
    assert len(starts(lake)) == 102


def test_an_hour_is_left_alone_until_its_stragglers_are_in(lake: LocalLake, clock: Hand) -> None:
    """Compaction waits for the end of the hour and the registered lateness."""
    append(lake, "b", NOON_MS)

    clock.now_ms = NOON_MS + 2 * HOUR_MS - 1
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 0
    clock.now_ms += 1
    assert lake.compact(mandate(Power.MAINTAIN)).hours == 1


def test_a_replay_after_compaction_still_counts_once(lake: LocalLake) -> None:
    """Batch ids outlive the files they came with."""
    append(lake, "b", NOON_MS)
    append(lake, "c", NOON_MS + 1)
    lake.compact(mandate(Power.MAINTAIN))

    append(lake, "b", NOON_MS)

    assert starts(lake) == [NOON_MS, NOON_MS + 1]


def test_a_reader_that_began_before_compaction_finishes(
    lake: LocalLake, clock: Hand, tmp_path: Path
) -> None:
    """Replaced files stay until the grace is over, then the next cleaning takes them."""
    append(lake, "b", NOON_MS)
    append(lake, "c", NOON_MS + 1)
    files = [file.path for file in lake.files(Window(), mandate())]
    running = lake.scan(Window(), mandate())
    lake.compact(mandate(Power.MAINTAIN))
    lake.clean()

    assert sum(batch.num_rows for batch in running) == 2
    assert all(path.exists() for path in files)
    assert starts(lake) == [NOON_MS, NOON_MS + 1]

    clock.now_ms += HOUR_MS
    lake.clean()
    assert not any(path.exists() for path in files)
    assert flow_files(tmp_path) == {file.path for file in lake.files(Window(), mandate())}


def test_removal_takes_whole_hours_and_their_batches(lake: LocalLake, tmp_path: Path) -> None:
    """Hours that ended by then go at once, the others stay whole."""
    append(lake, "old", NOON_MS, NOON_MS + 5)
    append(lake, "both", NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS)
    lake.compact(mandate(Power.MAINTAIN))

    done = lake.remove(NOON_MS + HOUR_MS + HOUR_MS // 2, mandate(Power.MAINTAIN))

    assert (done.hours, done.rows, done.files) == (1, 3, 1)
    assert starts(lake) == [NOON_MS + HOUR_MS]
    assert not lake.has("old")
    assert lake.has("both")
    assert not (tmp_path / "lake/flows/date=2026-01-01/hour=12").exists()


def test_rows_for_a_removed_hour_are_counted_and_dropped(lake: LocalLake) -> None:
    """What was deleted does not come back, neither late nor by a replay."""
    append(lake, "old", NOON_MS)
    lake.remove(NOON_MS + HOUR_MS, mandate(Power.MAINTAIN))
    rows = conversations([conversation(ts_ms=t) for t in (NOON_MS, NOON_MS + HOUR_MS)])

    late = lake.append([rows], "late", mandate())
    replay = lake.append([conversations([conversation()])], "old", mandate())

    assert (late.rows, late.late_rows) == (1, 1)
    assert (replay.rows, replay.late_rows, replay.already_stored) == (0, 1, False)
    assert starts(lake) == [NOON_MS + HOUR_MS]
    assert lake.append([], "late", mandate()).late_rows == 1


def test_removal_never_goes_back(lake: LocalLake) -> None:
    """A second removal with an earlier time gives nothing back."""
    lake.remove(NOON_MS + 2 * HOUR_MS, mandate(Power.MAINTAIN))
    lake.remove(NOON_MS, mandate(Power.MAINTAIN))

    append(lake, "late", NOON_MS + HOUR_MS)

    assert starts(lake) == []


def test_keeping_order_needs_the_power_to_maintain(lake: LocalLake) -> None:
    """Neither compaction nor removal goes with the power to analyse."""
    with pytest.raises(NotPermitted):
        lake.compact(mandate(Power.ANALYSE, Power.STORE))
    with pytest.raises(NotPermitted):
        lake.remove(NOON_MS, mandate(Power.ANALYSE, Power.STORE))
    with pytest.raises(NotPermitted):
        lake.rows(Window(), mandate(Power.MAINTAIN))


def test_what_arrived_before_goes_and_the_hour_stays_open(aged: LocalLake) -> None:
    """A hundred days old are both flows; one of them arrived a day later."""
    gone = aged.expire(NOON_MS + DAY_MS, UPKEEP)

    assert (gone.files, gone.rows) == (1, 1)
    assert starts(aged) == [OLD_MS + 1]
    again = conversations([conversation(ts_ms=OLD_MS)])
    assert aged.append([again], "batch 0", mandate(Power.STORE)).rows == 1
    assert starts(aged) == [OLD_MS, OLD_MS + 1]


def test_the_running_day_is_not_over(aged: LocalLake) -> None:
    """A day goes as a whole, once it has ended by then."""
    assert aged.expire(NOON_MS + 11 * HOUR_MS, UPKEEP).files == 0
    assert starts(aged) == [OLD_MS, OLD_MS + 1]


def test_compaction_keeps_arrivals_of_different_days_apart(aged: LocalLake, clock: Hand) -> None:
    """Else the older ones would stay as long as the younger."""
    clock.now_ms += DAY_MS
    aged.compact(UPKEEP)

    assert aged.statistics().files == 2
    aged.expire(NOON_MS + DAY_MS, UPKEEP)
    assert starts(aged) == [OLD_MS + 1]


def test_a_replay_of_what_is_still_there_counts_once(aged: LocalLake) -> None:
    """The batch of the day that stays is remembered."""
    aged.expire(NOON_MS + DAY_MS, UPKEEP)

    assert aged.has("batch 1")
    assert not aged.has("batch 0")


def test_with_its_key_a_day_is_gone_for_every_copy(aged: LocalLake, tmp_path: Path) -> None:
    """A file that was copied elsewhere opens no more."""
    (old, _) = sorted(aged.files(Window(), mandate(Power.ANALYSE)), key=lambda file: str(file.seal))
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(old.path.read_bytes())
    keys = KeyKeeper(tmp_path / "lake" / "keys", lambda: NOON_MS)

    aged.expire(NOON_MS + DAY_MS, UPKEEP)
    keys.destroy(keys.days()[0], UPKEEP)

    assert keys.days() == ("2026-01-02",)
    assert not old.path.exists()
    for path in tmp_path.rglob("*.key"):
        assert path.read_bytes() != (old.seal.key if old.seal else b"")


def test_removal_needs_its_power(aged: LocalLake) -> None:
    """Whoever may read may not remove."""
    with pytest.raises(NotPermitted):
        aged.expire(NOON_MS + DAY_MS, mandate(Power.ANALYSE))
    with pytest.raises(NotPermitted):
        aged.retokenise("period-0002", mandate(Power.ANALYSE))


def test_what_was_stored_in_plain_is_sealed_by_compaction(tmp_path: Path, clock: Hand) -> None:
    """A lake of an earlier version is read as it is, and shut hour by hour."""
    root = tmp_path / "lake"
    path = "flows/date=2026-01-01/hour=12/old.parquet"
    table = pa.Table.from_batches([conversations([conversation(ts_ms=NOON_MS)])])
    (root / path).parent.mkdir(parents=True)
    pq.write_table(table.replace_schema_metadata({"hinomi.schema_version": "1"}), root / path)
    (root / "manifest").mkdir()
    old = FileEntry(path, NOON_MS // HOUR_MS, 1, NOON_MS, NOON_MS, NOON_MS, "1", compacted=True)
    Manifest(root / "manifest").commit(NOON_MS, added=[old])
    lake = LocalLake(root, clock)
    before = [row for b in lake.scan(Window(), mandate(Power.ANALYSE)) for row in b.to_pylist()]

    clock.now_ms += DAY_MS
    assert lake.compact(UPKEEP).hours == 1

    (file,) = lake.files(Window(), mandate(Power.ANALYSE))
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(file.path)
    after = [row for b in lake.scan(Window(), mandate(Power.ANALYSE)) for row in b.to_pylist()]
    assert before == after
    assert len(after) == 1
    assert lake.compact(UPKEEP).hours == 0
