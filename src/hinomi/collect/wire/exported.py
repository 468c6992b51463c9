"""
What every decoder of datagrams gives: unidirectional flow records as plain columns.

Only what `model.flow.RECORDS` needs is here, and where the record was observed, from which
its ingress is told. No other field of an exporter ever leaves its decoder (R2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

NO_INTERFACE: Final = -1
"""Interface that the record does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """n flow records, one array of shape (n,) a column; units as in `model.flow.RECORDS`."""

    source: NDArray[np.int32]  # Number of the exporter; see `sources.Sources`.
    ts_ms: NDArray[np.int64]
    duration_ms: NDArray[np.int32]
    sampling_interval: NDArray[np.int32]  # 0: not (yet) known, never silently 1.
    counts_scaled: NDArray[np.int16]
    proto: NDArray[np.int16]
    src_hi: NDArray[np.int64]
    src_lo: NDArray[np.int64]
    dst_hi: NDArray[np.int64]
    dst_lo: NDArray[np.int64]
    src_port: NDArray[np.int32]  # 0 where the protocol has none.
    dst_port: NDArray[np.int32]  # ICMP: type x 256 + code.
    tcp_flags: NDArray[np.int16]  # -1 unknown or not TCP.
    packets: NDArray[np.int64]
    bytes: NDArray[np.int64]  # IP layer.
    in_if: NDArray[np.int64]  # Interface index it came in by; `NO_INTERFACE`.
    out_if: NDArray[np.int64]
    observed: NDArray[np.int8]  # IE 61: 0 where it entered, 1 where it left, -1 not stated.

    def __len__(self) -> int:
        return self.ts_ms.size

    @classmethod
    def empty(cls) -> Self:
        """Give no records."""
        return cls(**{name: np.zeros(0, dtype) for name, dtype in DTYPES.items()})

    @staticmethod
    def join(parts: Sequence["Exported"]) -> "Exported":
        """Put the records of all *parts* in one, in their order; a single part stays as it is."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return Exported.empty()
        if len(parts) == 1:
            return parts[0]
        return Exported(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in DTYPES}
        )

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Exported":
        """Give some of the records, by place or by mask."""
        return Exported(**{name: getattr(self, name)[rows] for name in DTYPES})


DTYPES: Final = {
    "source": np.int32,
    "ts_ms": np.int64,
    "duration_ms": np.int32,
    "sampling_interval": np.int32,
    "counts_scaled": np.int16,
    "proto": np.int16,
    "src_hi": np.int64,
    "src_lo": np.int64,
    "dst_hi": np.int64,
    "dst_lo": np.int64,
    "src_port": np.int32,
    "dst_port": np.int32,
    "tcp_flags": np.int16,
    "packets": np.int64,
    "bytes": np.int64,
    "in_if": np.int64,
    "out_if": np.int64,
    "observed": np.int8,
}
"""The type of each column of `Exported`, in its order."""

assert list(DTYPES) == [field.name for field in fields(Exported)]  # noqa: S101 - one table, twice.
