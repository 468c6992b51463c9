"""Which classes of data a hub's tables have; what goes is shown in tests/contracts."""

from pathlib import Path

from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, row_of
from hinomi.store.casebook import open_casebook
from hinomi.store.hub.forgetting import CLASSES


def test_a_class_of_other_places_has_no_rows(tmp_path: Path) -> None:
    """Nothing of a hub is flow records."""
    assert DataClass.FLOW_RECORDS not in CLASSES
    with open_casebook(tmp_path / "casebook.sqlite") as casebook:
        assert casebook.hub.forgetting.forget(DataClass.FLOW_RECORDS, 9 * DAY_MS, 1) == 0


def test_every_class_falls_due_by_a_parameter() -> None:
    """And speaks of tables of the hub alone."""
    for each in CLASSES:
        assert row_of(each).parameter is not None
        assert all(table.startswith("hub_") for table in row_of(each).tables)
