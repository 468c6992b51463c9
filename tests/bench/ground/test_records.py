"""A ledger gives back what was kept, in its order, once."""

import numpy as np

from hinomi.bench.ground.records import Ledger, Records

COLUMNS = tuple(Records.__dataclass_fields__)


def _records(*numbers: int) -> Records:
    return Records(**dict.fromkeys(COLUMNS, np.array(numbers)))


def test_what_is_kept_comes_back_in_order() -> None:
    """Parts follow one another; the count is of all of them."""
    ledger = Ledger()
    ledger.keep(_records(3, 1))
    ledger.keep(_records(2))

    assert ledger.count == 3
    records = ledger.close()
    assert all(getattr(records, name).tolist() == [3, 1, 2] for name in COLUMNS)


def test_a_closed_ledger_is_empty() -> None:
    """Nothing comes twice; an empty ledger gives empty columns."""
    ledger = Ledger()
    ledger.keep(_records(1))
    ledger.close()

    assert ledger.count == 0
    assert ledger.close().src.size == 0
