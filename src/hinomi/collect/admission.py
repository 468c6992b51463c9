"""
Which decoded records may be kept: the sampling rule (R3) and the bounds of time.

What is refused here is counted by exporter and reason, and never reaches the store.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.model.flow import UNKNOWN_INTERVAL

SAMPLING_UNKNOWN: Final = "refused-sampling-unknown"
"""Nobody stated at which interval the record was sampled; an operational home refuses it."""

SAMPLING_TOO_DENSE: Final = "refused-sampling-dense"
"""Sampled more densely than registered; an operational home refuses it."""

TOO_LATE: Final = "too-late"
"""Began longer ago than the registered bound for late records."""

IN_FUTURE: Final = "in-future"
"""Begins later than the registered tolerance for wrong clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The rules of one home, as its register states them."""

    smallest_interval: int  # N of 1-in-N that may be kept; 0: any (a laboratory).
    late_most_ms: int
    future_most_ms: int

    def admit(self, records: Exported, now_ms: int, ledger: Ledger) -> Exported:
        """
        Give the records that may be kept.

        Args:
            records: As decoders give them.
            now_ms: When they arrived, ms since the Unix epoch.
            ledger: Is told what was refused.
        """
        if not len(records):
            return records
        refused: NDArray[np.bool_] = np.zeros(len(records), dtype=bool)
        for reason, faulty in self._faults(records, now_ms):
            rows = faulty & ~refused
            if rows.any():
                ledger.add_rows(records.source[rows], reason)
                refused |= rows
        return records.take(~refused) if refused.any() else records

    def _faults(self, records: Exported, now_ms: int) -> list[tuple[str, NDArray[np.bool_]]]:
        interval, starts = records.sampling_interval, records.ts_ms
        faults = [
            (TOO_LATE, starts < now_ms - self.late_most_ms),
            (IN_FUTURE, starts > now_ms + self.future_most_ms),
        ]
        if self.smallest_interval:
            faults += [
                (SAMPLING_UNKNOWN, interval == UNKNOWN_INTERVAL),
                (SAMPLING_TOO_DENSE, interval < self.smallest_interval),
            ]
        return faults
