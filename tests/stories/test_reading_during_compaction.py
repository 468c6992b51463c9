"""Readers and writers of one lake at the same time."""

import threading
from pathlib import Path

import pyarrow as pa

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.govern.matrix import Power
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake
from hinomi.store.sealing import opened

ROWS = 50
BATCHES = 60


def _later() -> int:
    return NOON_MS + 48 * HOUR_MS


def test_readers_see_whole_batches_while_hours_are_merged(tmp_path: Path) -> None:
    """
    A reader never meets a missing file, half a batch, or a row twice.

    One thread appends batches that each touch two hours, one compacts all the time; the
    test reads, by scanning and by opening the files as an engine does.
    """
    failures: list[BaseException] = []
    done = threading.Event()

    def append() -> None:
        lake = LocalLake(tmp_path, _later, lock_wait_s=60)
        for number in range(BATCHES):
            rows = [
                conversation(bytes=number * ROWS + row, ts_ms=NOON_MS + row % 2 * HOUR_MS)
                for row in range(ROWS)
            ]
            lake.append([conversations(rows)], str(number), mandate())

    def compact() -> None:
        lake = LocalLake(tmp_path, _later, lock_wait_s=60)
        while not done.is_set():
            lake.compact(mandate(Power.MAINTAIN))
            done.wait(0.02)  # Let the appending thread have the lock.

    def guarded(work: object) -> None:
        try:
            assert callable(work)
            work()
        except BaseException as error:  # noqa: BLE001 - shown by the test.
            failures.append(error)

    writers = [threading.Thread(target=guarded, args=(work,)) for work in (append, compact)]
    for writer in writers:
        writer.start()
    reader = LocalLake(tmp_path, _later)
    looks = 0
    try:
        while writers[0].is_alive():
            tables = [
                pa.Table.from_batches(reader.scan(Window(), mandate()), schema=CONVERSATIONS),
                pa.concat_tables(
                    [opened(file).read() for file in reader.files(Window(), mandate())]
                    or [CONVERSATIONS.empty_table()]
                ),
            ]
            for table in tables:
                marks = table.column("bytes").to_pylist()
                assert len(marks) % ROWS == 0
                assert len(set(marks)) == len(marks)
            looks += 1
    finally:
        writers[0].join()
        done.set()
        writers[1].join()

    assert not failures
    assert looks > 3
    assert reader.rows(Window(), mandate()) == BATCHES * ROWS
