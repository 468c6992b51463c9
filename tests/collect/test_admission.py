"""What an operational home and a laboratory let in."""

import numpy as np

from hinomi.collect.admission import (
    IN_FUTURE,
    SAMPLING_TOO_DENSE,
    SAMPLING_UNKNOWN,
    TOO_LATE,
    Admission,
)
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.collect.wire.ledger import Ledger

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def _records(interval: list[int], ts_ms: list[int]) -> Exported:
    columns = {name: np.zeros(len(interval), dtype) for name, dtype in DTYPES.items()}
    columns["sampling_interval"] = np.array(interval, np.int32)
    columns["ts_ms"] = np.array(ts_ms, np.int64)
    return Exported(**columns)


def _admission(smallest: int) -> Admission:
    return Admission(smallest_interval=smallest, late_most_ms=24 * HOUR_MS, future_most_ms=HOUR_MS)


def test_an_operational_home_refuses_dense_and_unknown_sampling() -> None:
    """Each refused record is counted under its reason; the rest is kept in order."""
    ledger = Ledger()
    records = _records([10_000, 0, 100, 8192], [NOW_MS, NOW_MS, NOW_MS, NOW_MS - 5])

    kept = _admission(8192).admit(records, NOW_MS, ledger)

    assert kept.sampling_interval.tolist() == [10_000, 8192]
    assert ledger.counts[0] == {SAMPLING_UNKNOWN: 1, SAMPLING_TOO_DENSE: 1}


def test_a_laboratory_takes_any_sampling() -> None:
    """Unknown stays unknown, and is kept."""
    ledger = Ledger()

    kept = _admission(0).admit(_records([0, 1], [NOW_MS, NOW_MS]), NOW_MS, ledger)

    assert kept.sampling_interval.tolist() == [0, 1]
    assert not ledger.counts


def test_records_outside_the_bounds_of_time_are_counted_once() -> None:
    """A record that is late and unsampled is late: one record, one reason."""
    ledger = Ledger()
    starts = [NOW_MS - 25 * HOUR_MS, NOW_MS + 2 * HOUR_MS, NOW_MS - 23 * HOUR_MS, NOW_MS]

    kept = _admission(8192).admit(_records([0, 10_000, 10_000, 10_000], starts), NOW_MS, ledger)

    assert kept.ts_ms.tolist() == starts[2:]
    assert ledger.counts[0] == {TOO_LATE: 1, IN_FUTURE: 1}


def test_nothing_in_gives_nothing_out() -> None:
    """An empty batch passes as it is."""
    assert len(_admission(8192).admit(Exported.empty(), NOW_MS, Ledger())) == 0
