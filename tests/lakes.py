"""A lake on disk, a clock that is set by hand, and looks at both."""

from pathlib import Path

from builders import HOUR_MS, NOON_MS, conversation, conversations, mandate
from hinomi.model.window import Window
from hinomi.store.lake import LocalLake


class Hand:
    """A clock that a test sets by hand."""

    def __init__(self) -> None:
        """Start two days after noon, when every hour of the tests is settled."""
        self.now_ms = NOON_MS + 48 * HOUR_MS

    def __call__(self) -> int:
        """Say what time it is."""
        return self.now_ms


def append(lake: LocalLake, batch_id: str, *starts_ms: int) -> None:
    """Store one record for each start, marked by its place in ``bytes``."""
    rows = [conversation(ts_ms=ts_ms, bytes=mark) for mark, ts_ms in enumerate(starts_ms)]
    lake.append([conversations(rows)], batch_id, mandate())


def starts(lake: LocalLake, window: Window | None = None) -> list[int]:
    """Give the starts of all records, in order."""
    batches = lake.scan(window or Window(), mandate())
    return sorted(start for batch in batches for start in batch.column("ts_ms").to_pylist())


def on_disk(root: Path) -> set[Path]:
    """Give every file of the lake."""
    return {path for path in (root / "lake").rglob("*") if path.is_file()}


def flow_files(root: Path) -> set[Path]:
    """Give every file that holds records."""
    return {path for path in on_disk(root) if {"flows", "staging"} & {*path.parts}}


def table(lake: LocalLake) -> list[dict[str, int]]:
    """Give all records, in an order of their own."""
    rows = [row for batch in lake.scan(Window(), mandate()) for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: int(row["bytes"]))
