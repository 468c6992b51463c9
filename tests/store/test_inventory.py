"""What lies on the disk is told by the day of arrival, without opening a record."""

from pathlib import Path

from hinomi.store.inventory import Arrived, arrived_partials, arrived_records, stray_files
from retained import Ageing, rows_of


def test_records_are_counted_by_the_day_of_arrival(tmp_path: Path) -> None:
    """However old the flows are; a lake that nothing came to has none."""
    ageing = Ageing.make(tmp_path / "home")
    assert arrived_records(ageing.folder / "lake") == []
    ageing.take_in(*rows_of(-40), *rows_of(0))
    ageing.days = 1
    ageing.take_in(*rows_of(1, count=2))

    assert arrived_records(ageing.folder / "lake") == [
        Arrived("2026-01-01", 6, takes_key=True),
        Arrived("2026-01-02", 2, takes_key=True),
    ]


def test_a_damaged_partial_result_tells_no_day(tmp_path: Path) -> None:
    """It counts as the oldest of all, so that it goes first."""
    (tmp_path / "0-3600000").mkdir()
    (tmp_path / "draft-1-ab").mkdir()

    assert arrived_partials(tmp_path) == [Arrived("", 1, takes_key=True)]
    assert arrived_partials(tmp_path / "none") == []


def test_files_that_the_manifest_does_not_name_are_strays(tmp_path: Path) -> None:
    """Those it names are not."""
    ageing = Ageing.make(tmp_path / "home").take_in(*rows_of(0))
    lake = ageing.folder / "lake"
    assert list(stray_files(lake)) == []

    stray = ageing.leave("lake/flows/date=2026-01-01/hour=12/copy.parquet")

    assert list(stray_files(lake)) == [stray]
    assert list(stray_files(tmp_path / "none")) == []
