"""Flow records as plain columns."""

import numpy as np

from hinomi.collect.wire.exported import DTYPES, Exported


def _records(starts: list[int]) -> Exported:
    columns = {name: np.zeros(len(starts), dtype) for name, dtype in DTYPES.items()}
    columns["ts_ms"] = np.array(starts, np.int64)
    return Exported(**columns)


def test_parts_are_joined_in_their_order() -> None:
    """Columns keep their types; empty parts add nothing."""
    joined = Exported.join([_records([3, 1]), Exported.empty(), _records([2])])

    assert joined.ts_ms.tolist() == [3, 1, 2]
    assert {name: getattr(joined, name).dtype for name in DTYPES} == {
        name: np.dtype(dtype) for name, dtype in DTYPES.items()
    }
    assert len(Exported.join([])) == 0


def test_records_are_taken_by_place_or_by_mask() -> None:
    """Both ways give the same records."""
    records = _records([5, 6, 7])

    assert records.take(np.array([2, 0])).ts_ms.tolist() == [7, 5]
    assert records.take(np.array([True, False, True])).ts_ms.tolist() == [5, 7]
