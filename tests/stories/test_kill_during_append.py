"""
Twenty writers are killed; nothing that was acknowledged is lost, nothing is doubled.

Run as a program, this file is the writer: it kills itself at a given number of changes to
the disk, or a moment after, so that the kills are spread over all it does.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.sealing import opened
from hinomi.store.spreading import SpreadLimits
from thorough import kills

KILLS = kills(20)
BATCHES = 5
ROWS = 400
_NEVER = 10**9
_CHANGES = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}


def test_no_kill_loses_doubles_or_halves_a_batch(tmp_path: Path) -> None:
    """After each kill a reader sees every acknowledged batch once and whole."""
    changes = _run(tmp_path / "rehearsal", 0, _NEVER, 0.0).changes
    root = tmp_path / "lake"
    acknowledged: set[str] = set()
    dice = random.Random(20)  # noqa: S311 - moments of a test.
    for number in range(KILLS):
        kill_at = 1 + int((number + dice.random()) * changes / KILLS)
        pause_s = 0.0 if number % 2 else dice.random() * 0.004
        run = _run(root, number, kill_at, pause_s)

        assert run.was_killed, f"the writer ended before change {kill_at} of {changes}"
        acknowledged |= run.acknowledged
        seen = _rows_by_batch(root)
        assert acknowledged <= seen.keys()
        assert set(seen.values()) <= {ROWS}, "a batch is there whole or not at all"

    last = _run(root, KILLS, _NEVER, 0.0)

    assert not last.was_killed
    batches = {_name(number, batch) for number in range(KILLS + 1) for batch in range(BATCHES)}
    seen = _rows_by_batch(root)
    # A kill may come between a commit and its acknowledgement.
    assert acknowledged | last.acknowledged <= seen.keys() <= batches
    assert set(seen.values()) == {ROWS}
    lake = LocalLake(root, _much_later)
    lake.clean()
    left = {path for path in root.rglob("*") if path.is_file() and path.parent.name != "manifest"}
    named = {file.path for file in lake.files(Window(), mandate())}
    assert left == {*named, *(root / "keys").iterdir(), root / "lock"}


class _Run:
    """What one writer said before its end."""

    def __init__(self, output: str, code: int) -> None:
        words = [line.split() for line in output.splitlines()]
        self.acknowledged = {line[1] for line in words if line[0] == "stored"}
        self.changes = next((int(line[1]) for line in words if line[0] == "changes"), 0)
        self.was_killed = code == -signal.SIGKILL
        assert self.was_killed or code == 0


def _run(root: Path, number: int, kill_at: int, pause_s: float) -> _Run:
    done = subprocess.run(
        [sys.executable, __file__, str(root), str(number), str(kill_at), str(pause_s)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    return _Run(done.stdout, done.returncode)


def _rows_by_batch(root: Path) -> dict[str, int]:
    """Count rows by the batch that their marks name, and check that no mark comes twice."""
    lake = LocalLake(root, _later)
    marks: Counter[int] = Counter()
    for file in lake.files(Window(), mandate()):
        marks.update(opened(file).read().column("bytes").to_pylist())
    assert set(marks.values()) <= {1}, "a row came twice"
    return dict(Counter(_name(*divmod(mark // ROWS, BATCHES)) for mark in marks))


def _name(number: int, batch: int) -> str:
    return f"{number}-{batch}"


def _rows(number: int, batch: int) -> Iterator[pa.RecordBatch]:
    """Rows of two busy hours and of some others with one row each."""
    first = (number * BATCHES + batch) * ROWS
    for start in range(0, ROWS, 50):
        yield conversations(
            conversation(bytes=first + row, ts_ms=NOON_MS - _hours_before(row) * HOUR_MS)
            for row in range(start, start + 50)
        )


def _hours_before(row: int) -> int:
    return row if row % 27 == 0 else row % 2


def _later() -> int:
    return NOON_MS + 48 * HOUR_MS


def _much_later() -> int:
    return NOON_MS + 480 * HOUR_MS


def _count_changes(root: str, kill_at: int, pause_s: float) -> Counter[str]:
    """Count what changes the disk under *root*, and kill this process at the given one."""
    seen: Counter[str] = Counter()

    def kill() -> None:
        time.sleep(pause_s)
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and bool(int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR))
        if (writes or event in _CHANGES) and str(arguments[0]).startswith(root):
            seen["changes"] += 1
            if seen["changes"] == kill_at:
                threading.Thread(target=kill).start() if pause_s else kill()

    sys.addaudithook(watch)
    return seen


def main(root: str, number: int, kill_at: int, pause_s: float) -> None:
    """Repeat what the writer before may not have finished, then store and compact."""
    seen = _count_changes(root, kill_at, pause_s)
    limits = SpreadLimits(rows=120, hot_rows=40, row_group_rows=40, writers=1)
    lake = LocalLake(Path(root), _later, limits=limits, full_rows=500)
    for turn in range(max(number - 1, 0), number + 1):
        for batch in range(BATCHES):
            lake.append(_rows(turn, batch), _name(turn, batch), mandate())
            print("stored", _name(turn, batch), flush=True)  # noqa: T201 - to the test.
        lake.compact(mandate(Power.MAINTAIN))
    print("changes", seen["changes"], flush=True)  # noqa: T201 - to the test.


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
