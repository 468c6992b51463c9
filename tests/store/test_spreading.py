"""Spreading rows over hours in bounded memory."""

from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, conversation, conversations
from hinomi.store.sealing import Seal, SealedFile
from hinomi.store.spreading import Spreader, SpreadLimits

NOON = NOON_MS // HOUR_MS
SEAL = Seal("2026-01-01", bytes(32))


def _spreader(root: Path, limits: SpreadLimits, removed_until: int | None = None) -> Spreader:
    return Spreader(
        root, root / "spill", "s", SEAL, arrived_ms=1, removed_until=removed_until, limits=limits
    )


def _groups(path: Path) -> int:
    with SealedFile(path, SEAL).open() as file:
        return int(file.num_row_groups)


def _add(spreader: Spreader, *hours: int) -> None:
    spreader.add(conversations(conversation(ts_ms=NOON_MS + hour * HOUR_MS) for hour in hours))


def test_a_busy_hour_goes_straight_to_its_file(tmp_path: Path) -> None:
    """It is never spilled, however many rows it has."""
    spreader = _spreader(tmp_path, SpreadLimits(rows=10, hot_rows=5, row_group_rows=5))
    for _ in range(8):
        _add(spreader, *[0] * 10)
        assert not (tmp_path / "spill").exists()

    (file,) = spreader.finish()

    assert file.rows == 80
    assert _groups(tmp_path / file.path) == 8


def test_thin_hours_are_spilled_and_come_back_as_one_file_each(tmp_path: Path) -> None:
    """Each turn spills one run of all hours; in the end each hour has one row group."""
    spreader = _spreader(tmp_path, SpreadLimits(rows=10, hot_rows=5))
    for _ in range(4):
        _add(spreader, *range(10))
    assert len(list((tmp_path / "spill").iterdir())) == 4

    files = spreader.finish()

    assert [(file.hour - NOON, file.rows) for file in files] == [(hour, 4) for hour in range(10)]
    assert {_groups(tmp_path / file.path) for file in files} == {1}
    assert list((tmp_path / "spill").iterdir()) == []


def test_files_open_at_once_are_bounded(tmp_path: Path) -> None:
    """Hours beyond the limit are closed, and get a second file when more rows come."""
    limits = SpreadLimits(rows=10, hot_rows=10, row_group_rows=10, writers=2)
    spreader = _spreader(tmp_path, limits)
    for hour in (0, 1, 2, 3, 0):
        _add(spreader, *[hour] * 10)
        drafts = list(tmp_path.rglob(".*.tmp"))
        assert len(drafts) <= 2

    files = spreader.finish()

    assert sorted((file.hour - NOON, file.rows) for file in files) == [
        (0, 10), (0, 10), (1, 10), (2, 10), (3, 10),
    ]  # fmt: skip
    assert len({file.path for file in files}) == 5


@pytest.mark.parametrize("limits", [SpreadLimits(), SpreadLimits(rows=1, hot_rows=1)])
def test_rows_before_the_removed_hour_are_counted(tmp_path: Path, limits: SpreadLimits) -> None:
    """They leave no file behind."""
    spreader = _spreader(tmp_path, limits, removed_until=NOON)
    _add(spreader, -2, -1, 0)
    _add(spreader, -1)

    files = spreader.finish()

    assert [(file.hour, file.rows) for file in files] == [(NOON, 1)]
    assert spreader.late_rows == 3


def test_what_is_abandoned_is_gone(tmp_path: Path) -> None:
    """Finished parts, drafts and spilled rows alike."""
    spreader = _spreader(tmp_path, SpreadLimits(rows=10, hot_rows=5, row_group_rows=5, writers=1))
    for hour in (0, 1, 2):
        _add(spreader, *[hour] * 10)
    _add(spreader, *range(10))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4

    spreader.abandon()

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_rows_make_no_files(tmp_path: Path) -> None:
    """An empty batch is nothing."""
    spreader = _spreader(tmp_path, SpreadLimits())
    _add(spreader)

    assert spreader.finish() == ()
    assert list(tmp_path.iterdir()) == []
