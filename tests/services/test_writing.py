"""Received conversations on their way to the lake."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders import NOON_MS, conversation, conversations, mandate
from hinomi.errors import Conflict
from hinomi.govern.mandate import Power
from hinomi.services.writing import LakeWriter
from hinomi.store.lake import LocalLake
from hinomi.store.ports import Commit
from loopback import wait_for

STORE = mandate(Power.STORE)


def _writer(root: Path, *, most_waiting: int = 30) -> tuple[LakeWriter, LocalLake, list[Commit]]:
    lake = LocalLake(root, lambda: NOON_MS, lock_wait_s=0.05)
    commits: list[Commit] = []
    return LakeWriter(lake, lambda: STORE, commits.append, most_waiting=most_waiting), lake, commits


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold the lake's lock, as another process that writes does."""
    root.mkdir(exist_ok=True)
    with (root / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_rows_become_durable_at_a_flush(tmp_path: Path) -> None:
    """Before it they wait, after it they are stored, and every commit is told."""
    writer, lake, commits = _writer(tmp_path / "lake")

    writer.add(conversations([conversation(), conversation()]))
    assert writer.written().waiting == 2
    assert lake.statistics().rows == 0
    writer.flush()
    wait_for(lambda: writer.written().stored == 2)

    assert lake.statistics().rows == 2
    wait_for(lambda: [commit.rows for commit in commits] == [2])
    writer.close()


def test_closing_stores_what_is_left(tmp_path: Path) -> None:
    """Nothing that was added is lost at an orderly end, and nothing is there to sweep."""
    writer, lake, _ = _writer(tmp_path / "lake")

    for _ in range(3):
        writer.add(conversations([conversation()]))
        writer.flush()
    writer.add(conversations([conversation()]))
    writer.close()

    assert lake.statistics().rows == writer.written().stored == 4
    assert not any((tmp_path / "lake" / "staging").iterdir())


def test_flushing_nothing_makes_no_batch(tmp_path: Path) -> None:
    """A quiet minute leaves no trace in the manifest."""
    writer, lake, _ = _writer(tmp_path / "lake")

    writer.add(conversations([]))
    writer.flush()
    writer.close()

    assert lake.statistics().batches == 0


def test_what_follows_a_flush_waits_for_the_disk(tmp_path: Path) -> None:
    """It is done once all rows are durable, also those of a commit that had to be repeated."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root)
    done: list[int] = []
    writer.add(conversations([conversation()]))
    with held(root):
        writer.flush(lambda: done.append(lake.statistics().rows))
        wait_for(lambda: writer.written().failures == 1)
        writer.flush(lambda: done.append(10 + lake.statistics().rows))  # In place of the first.
        wait_for(lambda: writer.written().failures == 2)
        assert done == []
    writer.flush()
    wait_for(lambda: done == [11])

    writer.flush(lambda: done.append(20 + lake.statistics().rows))
    writer.close()

    assert done == [11, 21]


def test_a_commit_that_fails_is_tried_again(tmp_path: Path) -> None:
    """While another process holds the lake, rows wait; then all are stored once."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root)
    writer.add(conversations([conversation()]))
    with held(root):
        writer.flush()
        wait_for(lambda: writer.written().failures > 0)
        assert writer.written().waiting == 1

    writer.close()

    assert lake.statistics().rows == 1
    assert writer.written().given_up == 0


def test_a_disk_that_refuses_for_too_long_costs_the_oldest(tmp_path: Path) -> None:
    """What waits is bounded; what is given up is counted, and the rest is stored later."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root, most_waiting=2)
    with held(root):
        for number in range(4):
            writer.add(conversations([conversation()] * (number + 1)))
            writer.flush()
            wait_for(lambda: writer.written().failures > 0)
    writer.close()

    written = writer.written()
    assert written.given_up > 0
    assert (written.given_up + written.stored, written.waiting) == (1 + 2 + 3 + 4, 0)
    assert lake.statistics().rows == written.stored > 0


def test_rows_that_no_disk_takes_are_given_up_and_told(tmp_path: Path) -> None:
    """At the end of a run on a broken disk the operator hears of it."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root)
    writer.add(conversations([conversation()]))
    with held(root), pytest.raises(Conflict, match="written by another process"):
        writer.close()

    assert writer.written().given_up == 1
    assert lake.statistics().rows == 0


def test_a_staging_that_cannot_begin_is_counted(tmp_path: Path) -> None:
    """The lake's folder is a file: rows are given up, nothing is raised at the receiver."""
    root = tmp_path / "lake"
    root.write_text("in the way")
    writer, _, _ = _writer(root)

    writer.add(conversations([conversation()]))

    assert (writer.written().given_up, writer.written().failures) == (1, 1)
    writer.close()
