"""Flow records in the making, column by column."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Wholes


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Flow records; every array has shape (n,)."""

    ts_ms: Wholes  # Since the window began.
    src: Codes
    dst: Codes
    src_port: Wholes
    dst_port: Wholes
    proto: Wholes
    flags: Wholes
    packets: Wholes
    octets: Wholes
    duration_ms: Wholes
    ingress: Wholes


_TYPES: Final = {
    "ts_ms": np.int64, "src": np.int64, "dst": np.int64, "src_port": np.int32,
    "dst_port": np.int32, "proto": np.int16, "flags": np.int16, "packets": np.int32,
    "octets": np.int32, "duration_ms": np.int32, "ingress": np.int16,
}  # fmt: skip


class Ledger:
    """Collects records, part by part."""

    def __init__(self) -> None:
        """Begin empty."""
        self._columns: dict[str, list[Wholes]] = {name: [] for name in _TYPES}
        self.count = 0

    def keep(self, records: Records) -> None:
        """Add records."""
        for name, kind in _TYPES.items():
            self._columns[name].append(getattr(records, name).astype(kind))
        self.count += records.src.size

    def close(self) -> Records:
        """Give everything collected, in that order; the ledger is empty afterwards."""
        columns = {}
        for name, kind in _TYPES.items():
            columns[name] = np.concatenate([*self._columns.pop(name), np.empty(0, kind)])
        self._columns = {name: [] for name in _TYPES}
        self.count = 0
        return Records(**columns)
