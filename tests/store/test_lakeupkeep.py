"""Removal by arrival: what arrived on a day goes with it, whenever its flows began."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.keeper import KeyKeeper
from hinomi.store.lake import LocalLake
from hinomi.store.manifest import FileEntry, Manifest

DAY_MS = 24 * HOUR_MS
UPKEEP = mandate(Power.MAINTAIN)


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        """Tell what it was set to."""
        return self.now_ms


@pytest.fixture(name="clock")
def a_clock() -> Hand:
    """Begin at noon."""
    return Hand()


@pytest.fixture(name="lake")
def a_lake(tmp_path: Path, clock: Hand) -> LocalLake:
    """Store an old capture today and a fresh record tomorrow, both of flows of one hour."""
    lake = LocalLake(tmp_path / "lake", clock)
    for number in range(2):
        clock.now_ms = NOON_MS + number * DAY_MS
        rows = conversations([conversation(ts_ms=NOON_MS - 100 * DAY_MS + number)])
        lake.append([rows], f"batch {number}", mandate(Power.STORE))
    return lake


def starts(lake: LocalLake) -> list[int]:
    """Give the starts of all flows, in ms after those of the first."""
    read = lake.scan(Window(), mandate(Power.ANALYSE))
    began = NOON_MS - 100 * DAY_MS
    return sorted(row["ts_ms"] - began for batch in read for row in batch.to_pylist())


def test_what_arrived_before_goes_and_the_hour_stays_open(lake: LocalLake) -> None:
    """A hundred days old are both flows; one of them arrived a day later."""
    gone = lake.expire(NOON_MS + DAY_MS, UPKEEP)

    assert (gone.files, gone.rows) == (1, 1)
    assert starts(lake) == [1]
    again = conversations([conversation(ts_ms=NOON_MS - 100 * DAY_MS)])
    assert lake.append([again], "batch 0", mandate(Power.STORE)).rows == 1
    assert starts(lake) == [0, 1]


def test_the_running_day_is_not_over(lake: LocalLake) -> None:
    """A day goes as a whole, once it has ended by then."""
    assert lake.expire(NOON_MS + 11 * HOUR_MS, UPKEEP).files == 0
    assert starts(lake) == [0, 1]


def test_compaction_keeps_arrivals_of_different_days_apart(lake: LocalLake, clock: Hand) -> None:
    """Else the older ones would stay as long as the younger."""
    clock.now_ms += DAY_MS
    lake.compact(UPKEEP)

    assert lake.statistics().files == 2
    lake.expire(NOON_MS + DAY_MS, UPKEEP)
    assert starts(lake) == [1]


def test_a_replay_of_what_is_still_there_counts_once(lake: LocalLake) -> None:
    """The batch of the day that stays is remembered."""
    lake.expire(NOON_MS + DAY_MS, UPKEEP)

    assert lake.has("batch 1")
    assert not lake.has("batch 0")


def test_with_its_key_a_day_is_gone_for_every_copy(lake: LocalLake, tmp_path: Path) -> None:
    """A file that was copied elsewhere opens no more."""
    (old, _) = sorted(lake.files(Window(), mandate(Power.ANALYSE)), key=lambda file: str(file.seal))
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(old.path.read_bytes())
    keys = KeyKeeper(tmp_path / "lake" / "keys", lambda: NOON_MS)

    lake.expire(NOON_MS + DAY_MS, UPKEEP)
    keys.destroy(keys.days()[0], UPKEEP)

    assert keys.days() == ("2026-01-02",)
    assert not old.path.exists()
    for path in tmp_path.rglob("*.key"):
        assert path.read_bytes() != (old.seal.key if old.seal else b"")


def test_removal_needs_its_power(lake: LocalLake) -> None:
    """Whoever may read may not remove."""
    with pytest.raises(NotPermitted):
        lake.expire(NOON_MS + DAY_MS, mandate(Power.ANALYSE))
    with pytest.raises(NotPermitted):
        lake.retokenise("period-0002", mandate(Power.ANALYSE))


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
