"""Received conversations on their way to the lake."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builders import NOON_MS, conversation, conversations, mandate
from hinomi.errors import Conflict, Unavailable
from hinomi.govern.matrix import Power
from hinomi.services.writing import LakeWriter
from hinomi.store.lake import LocalLake
from hinomi.store.ports import Commit
from loopback import wait_for

STORE = mandate(Power.STORE)


@dataclass
class Notes:
    """Takes note of batches in memory; refuses as often as it shall."""

    lines: list[tuple[str, int]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    break_at: str = ""

    def storing(self, batch_id: str, rows: int) -> None:
        """Note a batch before it is stored."""
        assert batch_id
        self._note("storing", rows)

    def stored(self, commit: Commit) -> None:
        """Note a batch that was stored."""
        self._note("stored", commit.rows)

    def _note(self, stage: str, rows: int) -> None:
        if stage == self.break_at:
            raise ZeroDivisionError
        if stage in self.refuse:
            raise Unavailable("journal: no space; mend that first")
        self.lines.append((stage, rows))


def _writer(
    root: Path, *, most_waiting: int = 30, most_retained: int = 1 << 19
) -> tuple[LakeWriter, LocalLake, Notes]:
    lake, notes = LocalLake(root, lambda: NOON_MS, lock_wait_s=0.05), Notes()
    writer = LakeWriter(
        lake, lambda: STORE, notes, most_waiting=most_waiting, most_retained=most_retained
    )
    return writer, lake, notes


@contextmanager
def refusing(root: Path) -> Iterator[None]:
    """Let nothing be staged, and take away what is, as a disk that fills up does."""
    root.mkdir(exist_ok=True)
    shutil.rmtree(root / "staging", ignore_errors=True)
    (root / "staging").write_text("in the way")
    yield
    (root / "staging").unlink()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold the lake's lock, as another process that writes does."""
    root.mkdir(exist_ok=True)
    with (root / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_rows_become_durable_at_a_flush(tmp_path: Path) -> None:
    """Before it they wait, after it they are stored, and every commit is told."""
    writer, lake, notes = _writer(tmp_path / "lake")

    writer.add(conversations([conversation(), conversation()]))
    assert writer.written().waiting == 2
    assert lake.statistics().rows == 0
    writer.flush()
    wait_for(lambda: writer.written().stored == 2)

    assert lake.statistics().rows == 2
    wait_for(lambda: notes.lines == [("storing", 2), ("stored", 2)])
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

        def in_its_place() -> bool:
            # While the attempt before comes to its end none begins: so again and again.
            writer.flush(lambda: done.append(10 + lake.statistics().rows))
            return writer.written().failures > 1

        wait_for(in_its_place)
        assert done == []

    def is_done() -> bool:
        writer.flush()
        return done == [11]

    wait_for(is_done)

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


def test_rows_that_the_disk_refuses_wait_in_memory(tmp_path: Path) -> None:
    """A staging that cannot begin, or is lost, costs nothing: its rows are staged again."""
    root = tmp_path / "lake"
    writer, lake, notes = _writer(root)
    writer.add(conversations([conversation()]))  # Begun before the disk refuses.
    with refusing(root):
        writer.flush()
        wait_for(lambda: writer.written().failures == 1)
        writer.add(conversations([conversation()] * 2))
        writer.add(conversations([conversation()] * 3))
        writer.flush()
        wait_for(lambda: writer.written().failures >= 2)
        assert (writer.written().waiting, writer.written().given_up) == (6, 0)

    writer.close()

    assert lake.statistics().rows == writer.written().stored == 6
    assert writer.written().given_up == writer.written().waiting == 0
    assert [stage for stage, _ in notes.lines].count("stored") == 2


def test_memory_for_refused_rows_is_bounded(tmp_path: Path) -> None:
    """What is too much while the disk refuses is given up and counted, the newest first."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root, most_retained=3)
    with refusing(root):
        for _ in range(5):
            writer.add(conversations([conversation()]))
        assert (writer.written().waiting, writer.written().given_up) == (3, 2)
        writer.flush()
        writer.add(conversations([conversation()]))  # Nothing of it fits, nor does the disk help.
        assert (writer.written().waiting, writer.written().given_up) == (3, 3)

    writer.close()

    assert lake.statistics().rows == writer.written().stored == 3


def test_a_staging_with_more_rows_than_memory_holds_is_lost_with_its_disk(tmp_path: Path) -> None:
    """Its rows are gone with its files: they are counted at once, and what follows is stored."""
    root = tmp_path / "lake"
    writer, lake, _ = _writer(root, most_retained=3)
    for _ in range(2):
        writer.add(conversations([conversation()] * 2))
    with refusing(root):
        writer.flush()
        wait_for(lambda: writer.written().given_up == 4)

    writer.add(conversations([conversation()]))
    writer.close()

    assert lake.statistics().rows == writer.written().stored == 1


def test_nothing_is_stored_that_is_not_journalled_before(tmp_path: Path) -> None:
    """While the journal refuses its line, the batch waits; then it is noted once and stored."""
    writer, lake, notes = _writer(tmp_path / "lake")
    notes.refuse = {"storing"}
    writer.add(conversations([conversation()]))
    writer.flush()
    wait_for(lambda: writer.written().failures == 1)
    assert (lake.statistics().rows, writer.written().waiting) == (0, 1)

    notes.refuse = set()
    writer.close()

    assert notes.lines == [("storing", 1), ("stored", 1)]
    assert lake.statistics().rows == 1


def test_a_line_that_could_not_follow_is_written_later(tmp_path: Path) -> None:
    """The batch is stored once; that it is stored is noted as soon as the journal takes it."""
    writer, lake, notes = _writer(tmp_path / "lake")
    notes.refuse = {"stored"}
    writer.add(conversations([conversation()]))
    writer.flush()
    wait_for(lambda: writer.written().failures == 1)
    assert (lake.statistics().rows, writer.written().stored) == (1, 1)

    notes.refuse = set()
    writer.close()

    assert notes.lines == [("storing", 1), ("stored", 1)]
    assert (lake.statistics().rows, writer.written().failures) == (1, 1)


def test_a_line_that_never_follows_is_told_at_the_end(tmp_path: Path) -> None:
    """The run does not end as if all were well."""
    writer, _, notes = _writer(tmp_path / "lake")
    notes.refuse = {"stored"}
    writer.add(conversations([conversation()]))

    with pytest.raises(Unavailable, match="journal"):
        writer.close()


def test_what_breaks_the_committing_thread_ends_the_other_one(tmp_path: Path) -> None:
    """No failure vanishes: a mistake of ours is counted, and raised where rows come in."""
    writer, _, notes = _writer(tmp_path / "lake")
    notes.break_at = "stored"
    writer.add(conversations([conversation()]))
    writer.flush()
    wait_for(lambda: writer.written().failures == 1)

    with pytest.raises(ZeroDivisionError):
        writer.add(conversations([conversation()]))
    with pytest.raises(ZeroDivisionError):
        writer.close()


def test_what_follows_a_flush_does_not_break_unseen(tmp_path: Path) -> None:
    """The same holds for what is done after a commit."""
    writer, _, _ = _writer(tmp_path / "lake")
    writer.flush([].pop)
    wait_for(lambda: writer.written().failures == 1)

    with pytest.raises(IndexError):
        writer.close()


def test_a_staging_that_cannot_begin_is_counted(tmp_path: Path) -> None:
    """The lake's folder is a file to the last: rows are given up, and that is told."""
    root = tmp_path / "lake"
    root.write_text("in the way")
    writer, _, _ = _writer(root)

    writer.add(conversations([conversation()]))
    assert (writer.written().waiting, writer.written().failures) == (1, 1)

    with pytest.raises(Unavailable):
        writer.close()
    assert (writer.written().given_up, writer.written().waiting) == (1, 0)
