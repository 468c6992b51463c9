"""Upkeep changes how the lake lies on disk, never what it says, and is journalled."""

from pathlib import Path

import pytest

from hinomi.services.home import Home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.upkeep import compact_store, remove_before, store_status
from terminal import NOON_MS, make_home, table_row, write_table

HOUR_MS = 3_600_000


@pytest.fixture(name="home")
def a_home_with_two_hours(tmp_path: Path) -> Home:
    """Give a laboratory with two files, each with records in two hours."""
    home = open_home(make_home(tmp_path / "home"))
    for number in (1, 2):
        path = write_table(
            tmp_path / f"{number}.csv",
            table_row(src_port=number),
            table_row(src_port=number, ts_ms=NOON_MS + HOUR_MS),
        )
        import_files(home, ImportRequest(paths=[path]))
    return home


def test_the_status_counts_records_and_names_the_time(home: Home) -> None:
    """Records, files and batches, and the first and last start."""
    assert store_status(home) == {
        "records": 4,
        "files": 4,
        "batches": 2,
        "first": "2026-01-01T12:00:00Z",
        "last": "2026-01-01T13:00:00Z",
    }


def test_compaction_joins_files_and_is_journalled(home: Home) -> None:
    """Each hour becomes one file; beginning and end stand in the journal."""
    done = compact_store(home)

    assert (done["hours"], done["rows"], done["files_after"]) == (2, 4, 2)
    assert store_status(home)["records"] == 4
    *_, begins, key, ended = home.journal().entries()
    assert (begins["stage"], ended["stage"], ended["act"]) == ("begins", "done", "compact")
    assert (key["act"], key["power"]) == ("handed", "maintain")
    assert dict(ended["mandate"])["purpose"] == "operate"  # type: ignore[call-overload]


def test_removal_is_for_good_and_journalled(home: Home) -> None:
    """The first hour goes; the journal says up to when and how much."""
    done = remove_before(home, NOON_MS + HOUR_MS)

    assert (done["hours"], done["rows"]) == (1, 2)
    assert store_status(home)["records"] == 2
    *_, ended = home.journal().entries()
    assert (ended["act"], ended["until"]) == ("remove", "2026-01-01T13:00:00Z")
