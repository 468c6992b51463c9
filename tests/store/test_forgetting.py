"""Which classes of data the case book has; what goes is shown in tests/contracts."""

from pathlib import Path

from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS
from hinomi.store.casebook import open_casebook
from hinomi.store.forgetting import CLASSES


def test_a_class_of_other_places_has_no_rows(tmp_path: Path) -> None:
    """Nothing of the case book is flow records."""
    assert DataClass.FLOW_RECORDS not in CLASSES
    with open_casebook(tmp_path / "casebook.sqlite") as casebook:
        assert casebook.forgetting.forget(DataClass.FLOW_RECORDS, 9 * DAY_MS) == 0
