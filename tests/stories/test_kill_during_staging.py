"""
Ten live writers are killed; what they had committed is there whole, nothing else is.

Run as a program, this file is the writer: it commits one staging while the next one grows,
until it is killed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.spreading import SpreadLimits
from thorough import kills

KILLS = kills(10)
ROWS = 60
PIECES = 3


def test_no_kill_loses_doubles_or_halves_a_staging(tmp_path: Path) -> None:
    """After each kill a reader sees every acknowledged batch once and whole."""
    root = tmp_path / "lake"
    dice = random.Random(6)  # noqa: S311 - moments of a test.
    acknowledged: set[str] = set()
    for number in range(KILLS):
        acknowledged |= _kill_a_writer(root, number, dice)

        rows = _rows_by_batch(root)
        assert acknowledged <= rows.keys()
        assert set(rows.values()) == {ROWS * PIECES}, "a batch is there whole or not at all"
    assert len(acknowledged) >= KILLS

    lake = LocalLake(root, _later)
    lake.stage("the next owner", mandate()).commit()
    assert not list((root / "staging").iterdir()), "what the killed had staged is swept"
    named = {file.path for file in lake.files(Window(), mandate())}
    assert set((root / "flows").rglob("*.*")) == named


def _kill_a_writer(root: Path, number: int, dice: random.Random) -> set[str]:
    """Kill a writer some moments after some commit, and say what it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, __file__, str(root), str(number)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(1 + dice.randrange(4))]
    time.sleep(dice.random() * 0.05)
    writer.kill()
    lines += writer.stdout.readlines()
    assert writer.wait(30) == -signal.SIGKILL
    return {line.strip() for line in lines if line.endswith("\n")}


def _rows_by_batch(root: Path) -> dict[str, int]:
    """Count rows by the batch that their marks name, and check that no mark comes twice."""
    marks = Counter(
        (row["remote_port"], row["bytes"], row["packets"])
        for batch in LocalLake(root, _later).scan(Window(), mandate())
        for row in batch.to_pylist()
    )
    assert set(marks.values()) <= {1}, "a row came twice"
    return dict(Counter(f"{number}-{turn}" for number, turn, _ in marks))


def _later() -> int:
    return NOON_MS + 48 * HOUR_MS


def main(root: str, number: int) -> None:
    """Stage and commit for ever, two at a time, in three hours and with rows to spill."""
    lake = LocalLake(Path(root), _later)
    limits = SpreadLimits(rows=50, hot_rows=30, row_group_rows=50, writers=1)
    before = None
    for turn in count():
        staging = lake.stage(f"{number}-{turn}", mandate(), limits=limits)
        for piece in range(PIECES):
            staging.add(
                conversations(
                    conversation(
                        ts_ms=NOON_MS + (row % 3 if row % 20 else row) * HOUR_MS,
                        remote_port=number,
                        bytes=turn,
                        packets=piece * ROWS + row,
                    )
                    for row in range(ROWS)
                )
            )
        if before is not None:
            print(before.commit().batch_id, flush=True)  # noqa: T201 - to the test.
        before = staging


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
