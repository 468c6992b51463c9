"""Rows on their way into the lake: nobody waits for them, nobody sees half of them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.errors import Conflict, NotPermitted, Unavailable
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.sealing import opened
from hinomi.store.spreading import SpreadLimits
from hinomi.store.staging import Staging, StagingFolder, sweep_staging


class Hand:
    """A clock that a test sets by hand."""

    def __init__(self) -> None:
        """Start two days after noon."""
        self.now_ms = NOON_MS + 48 * HOUR_MS

    def __call__(self) -> int:
        """Say what time it is."""
        return self.now_ms


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Say where the lake lies."""
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path) -> LocalLake:
    """Give an empty lake that does not wait for its lock."""
    return LocalLake(root, Hand(), lock_wait_s=0.0)


def _add(staging: Staging, *starts_ms: int) -> None:
    staging.add(conversations(conversation(ts_ms=start_ms) for start_ms in starts_ms))


def _starts(lake: LocalLake) -> list[int]:
    batches = lake.scan(Window(), mandate())
    return sorted(start for batch in batches for start in batch.column("ts_ms").to_pylist())


def _staged(root: Path) -> set[Path]:
    return set((root / "staging").rglob("*"))


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the lake's lock as another process would."""
    descriptor = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def test_staged_rows_become_visible_at_the_commit(lake: LocalLake, root: Path) -> None:
    """All at once and not before; the staging leaves nothing behind."""
    staging = lake.stage("b", mandate())
    _add(staging, NOON_MS, NOON_MS + HOUR_MS)
    _add(staging, NOON_MS + 1)
    assert _starts(lake) == []
    assert not lake.has("b")

    commit = staging.commit()

    assert (commit.batch_id, commit.rows, commit.already_stored, commit.late_rows) == (
        "b", 3, False, 0,
    )  # fmt: skip
    assert _starts(lake) == [NOON_MS, NOON_MS + 1, NOON_MS + HOUR_MS]
    assert staging.rows == 3
    assert _staged(root) == set()


def test_staging_waits_for_no_lock_and_holds_none(lake: LocalLake, root: Path) -> None:
    """While one stages others stage, append and compact; only the commit needs its turn."""
    first = lake.stage("first", mandate())
    _add(first, NOON_MS)
    lake.append([conversations([conversation(ts_ms=NOON_MS + 1)])], "second", mandate())
    lake.compact(mandate(Power.MAINTAIN))
    with _locked(root):
        third = lake.stage("third", mandate())
        _add(third, NOON_MS + 2)
        with pytest.raises(Conflict, match="another process"):
            third.commit()
    third.commit()
    first.commit()

    assert _starts(lake) == [NOON_MS, NOON_MS + 1, NOON_MS + 2]


def test_a_commit_that_failed_is_tried_again(lake: LocalLake, root: Path) -> None:
    """Where the disk refused half way, nothing is lost, doubled or seen by halves."""
    lake.append([], "before", mandate())
    staging = lake.stage("b", mandate())
    _add(staging, NOON_MS, NOON_MS + HOUR_MS)
    obstacle = root / "flows/date=2026-01-01/hour=13"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way")

    with pytest.raises(Unavailable):
        staging.commit()
    assert _starts(lake) == []
    obstacle.unlink(missing_ok=True)

    assert staging.commit().rows == 2
    assert staging.commit().rows == 2, "a second call gives the same answer"
    assert _starts(lake) == [NOON_MS, NOON_MS + HOUR_MS]
    named = {file.path for file in lake.files(Window(), mandate())}
    assert set((root / "flows").rglob("*.parquet")) == named


def test_the_same_batch_counts_once(lake: LocalLake, root: Path) -> None:
    """Whoever commits second is told so, and its rows are dropped."""
    one, two = (lake.stage("b", mandate()) for _ in range(2))
    _add(one, NOON_MS)
    _add(two, NOON_MS, NOON_MS + 1)

    assert not one.commit().already_stored
    again = two.commit()

    assert (again.rows, again.already_stored) == (1, True)
    assert _starts(lake) == [NOON_MS]
    assert _staged(root) == set()


def test_hours_removed_before_or_during_the_staging_stay_removed(lake: LocalLake) -> None:
    """Their rows are counted, not stored."""
    lake.remove(NOON_MS, mandate(Power.MAINTAIN))
    staging = lake.stage("b", mandate())
    _add(staging, NOON_MS - 1, NOON_MS, NOON_MS + 1, NOON_MS + HOUR_MS)
    lake.remove(NOON_MS + HOUR_MS, mandate(Power.MAINTAIN))

    commit = staging.commit()

    assert (commit.rows, commit.late_rows) == (1, 3)
    assert _starts(lake) == [NOON_MS + HOUR_MS]


def test_what_is_abandoned_is_gone(lake: LocalLake, root: Path) -> None:
    """By word or by leaving the context; a second time does no harm."""
    staging = lake.stage("b", mandate())
    _add(staging, NOON_MS)
    staging.abandon()
    staging.abandon()
    with lake.stage("b", mandate()) as another:
        _add(another, NOON_MS)

    assert _staged(root) == set()
    assert not lake.has("b")
    with pytest.raises(ValueError, match="abandoned"):
        staging.commit()
    with pytest.raises(ValueError, match="takes no rows"):
        _add(another, NOON_MS)


def test_rows_in_memory_are_bounded(lake: LocalLake, root: Path) -> None:
    """Busy hours are written as row groups, thin hours are spilled into the staging's folder."""
    limits = SpreadLimits(rows=10, hot_rows=8, row_group_rows=10)
    staging = lake.stage("b", mandate(), limits=limits)
    for _ in range(3):
        _add(staging, *[NOON_MS] * 10)
    _add(staging, *(NOON_MS + hour * HOUR_MS for hour in range(1, 11)))
    assert {path.suffix for path in _staged(root) if path.is_file()} == {"", ".tmp", ".parquet"}

    staging.commit()

    (file, *others) = lake.files(Window(), mandate())
    assert opened(file).num_row_groups == 3
    assert len(others) == 10


def test_a_staging_that_lost_rows_says_so(lake: LocalLake, root: Path) -> None:
    """After the disk refused rows nothing can be committed: less than all would be wrong."""
    staging = lake.stage("b", mandate(), limits=SpreadLimits(rows=1, hot_rows=1))
    (folder,) = (root / "staging").iterdir()
    (folder / "flows").write_text("in the way")

    with pytest.raises(Unavailable, match=r"Not a directory|File exists"):
        _add(staging, NOON_MS)

    assert staging.is_lost
    for act in (staging.commit, lambda: _add(staging, NOON_MS)):
        with pytest.raises(Unavailable, match="abandon"):
            act()
    staging.abandon()
    assert _staged(root) == set()


def test_storing_needs_its_power_when_it_begins_and_when_it_ends(root: Path) -> None:
    """A mandate that ended meanwhile makes nothing visible."""
    clock = Hand()
    lake = LocalLake(root, clock)
    with pytest.raises(NotPermitted):
        lake.stage("b", mandate(Power.ANALYSE))
    with pytest.raises(ValueError, match="id"):
        lake.stage("", mandate())
    staging = lake.stage("b", mandate(until_ms=clock.now_ms + 1))
    _add(staging, NOON_MS)
    clock.now_ms += 1

    with pytest.raises(NotPermitted, match="ended"):
        staging.commit()

    assert not lake.has("b")


def test_the_living_keep_their_folders_and_the_dead_lose_them(lake: LocalLake, root: Path) -> None:
    """Whoever stages next, or cleans, sweeps what killed owners left."""
    living = lake.stage("living", mandate())
    _add(living, NOON_MS)
    kept = _staged(root)
    for number, sweep in enumerate((lambda: lake.stage("x", mandate()).abandon(), lake.clean)):
        dead = root / f"staging/{number}"
        (dead / "flows").mkdir(parents=True)
        (dead / "flows/.x.parquet.tmp").write_bytes(b"half")
        (dead / "owner").touch()
        (root / f"staging/empty-{number}").mkdir()

        sweep()

        assert _staged(root) == kept
    living.commit()
    assert _starts(lake) == [NOON_MS]


def test_a_folder_is_its_owners_alone(root: Path) -> None:
    """No other account reads what is staged; a lake that is not there has nothing to sweep."""
    sweep_staging(root)
    folder = StagingFolder.create(root)

    for path in (root, root / "staging", folder.path):
        assert path.stat().st_mode & 0o777 == 0o700
    folder.discard()
    assert not folder.path.exists()
