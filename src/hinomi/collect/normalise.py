"""
Flow records in, one subscriber's view of each conversation out.

This is where a subscriber's address ends: behind this step there are pseudonyms only.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.linenet import LineNetworks
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.collect.wire.exported import Exported
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.flow import CONVERSATIONS, RECORDS, Direction, Ingress

TRANSIT: Final = "transit"
"""Why a record was dropped: neither end is ours."""

FORGED_SOURCE: Final = "forged-source"
"""Why a record was dropped: it arrived from outside under one of our own addresses."""

_COPIED: Final = (
    "ts_ms", "exporter", "sampling_interval", "counts_scaled", "proto", "ingress", "tcp_flags",
    "packets", "bytes", "duration_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumns:
    """
    n flow records as plain arrays of shape (n,), typed as in `model.flow.RECORDS`.

    The one difference: exporters stand as their numbers in the case book.
    """

    ts_ms: NDArray[np.int64]
    exporter: NDArray[np.int32]
    sampling_interval: NDArray[np.int32]
    counts_scaled: NDArray[np.int16]
    proto: NDArray[np.int16]
    src_hi: NDArray[np.int64]
    src_lo: NDArray[np.int64]
    dst_hi: NDArray[np.int64]
    dst_lo: NDArray[np.int64]
    src_port: NDArray[np.int32]
    dst_port: NDArray[np.int32]
    tcp_flags: NDArray[np.int16]
    packets: NDArray[np.int64]
    bytes: NDArray[np.int64]
    duration_ms: NDArray[np.int32]
    ingress: NDArray[np.int16]

    @classmethod
    def from_batch(
        cls, batch: pa.RecordBatch, exporter_number: Callable[[str | None], int]
    ) -> Self:
        """
        Look at *batch* as arrays, without a copy.

        Raises:
            ValueError: If *batch* is not of `model.flow.RECORDS`, or has nulls elsewhere
                than in its exporters (the caller's bug).
        """
        if not batch.schema.equals(RECORDS):
            raise ValueError("the batch is not of model.flow.RECORDS")
        columns = {name: _numbers(batch, name) for name in RECORDS.names if name != "exporter"}
        return cls(exporter=_exporters(batch.column("exporter"), exporter_number), **columns)

    @classmethod
    def from_exported(
        cls, exported: Exported, exporter: NDArray[np.int32], ingress: NDArray[np.int16]
    ) -> Self:
        """
        Look at decoded records as columns, without a copy.

        Args:
            exported: n records.
            exporter: Their exporters' numbers in the case book, shape (n,).
            ingress: Where each was observed (`model.flow.Ingress`), shape (n,).
        """
        names = [name for name in RECORDS.names if name not in {"exporter", "ingress"}]
        columns = {name: getattr(exported, name) for name in names}
        return cls(exporter=exporter, ingress=ingress, **columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """What became of a batch of records."""

    conversations: pa.RecordBatch  # `model.flow.CONVERSATIONS`
    dropped: Mapping[str, NDArray[np.int64]]
    """The rows of the records that were dropped, ascending, by reason; no reason without rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normaliser:
    """
    Turns records into conversations, for one set of own networks and one key period.

    Notes:
        With *transit* "keep" a record with no end of ours is stored once per end. The
        end that takes the line's place is made a pseudonym (IPv4 address or IPv6 /56);
        the other stands in plain as remote, so that between its two rows each foreign
        address of transit appears in plain once.

        Every line is encrypted anew in each row: at 0.02 s for a million that is
        cheaper than to find the distinct ones first (measured: 0.1 s).
    """

    own: OwnTable
    cipher: LineCipher
    exporter_number: Callable[[str | None], int]  # None: the source names no exporter.
    transit: Literal["drop", "keep"] = "drop"
    _line_networks: LineNetworks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_line_networks", LineNetworks(self.cipher))

    def normalise(self, batch: pa.RecordBatch, dropped: Counter[str]) -> pa.RecordBatch:
        """
        Turn *batch* into conversation records.

        Args:
            batch: Flow records in the schema `model.flow.RECORDS`, any number of rows.
            dropped: Is added to, by reason: `TRANSIT`, `FORGED_SOURCE`.

        Returns:
            Conversations, as `normalise_columns` lays them out.

        Raises:
            ValueError: If *batch* has another schema (the caller's bug).
        """
        found = self.normalise_columns(RecordColumns.from_batch(batch, self.exporter_number))
        dropped.update({reason: rows.size for reason, rows in found.dropped.items()})
        return found.conversations

    def normalise_columns(self, records: RecordColumns) -> Normalised:
        """
        Turn *records* into conversation records, and tell which ones were dropped.

        Returns:
            Conversations: one row for a record with one own end, two for a record with
            two own ends. First all rows from the source's side, then all from the
            destination's. Dropped rows by `TRANSIT` and `FORGED_SOURCE`.
        """
        source = self.own.find(records.src_hi, records.src_lo, records.ts_ms)
        target = self.own.find(records.dst_hi, records.dst_lo, records.ts_ms)
        from_own, to_own = source != NOT_OWN, target != NOT_OWN
        outside = (records.ingress == Ingress.PEERING) | (records.ingress == Ingress.TRANSIT)
        forged = from_own & outside
        foreign = ~(from_own | to_own)
        out, inward = from_own & ~forged, to_own & ~forged
        lost = {FORGED_SOURCE: forged}
        if self.transit == "keep":
            out, inward = out | foreign, inward | foreign
        else:
            lost[TRANSIT] = foreign
        views = _Views(np.flatnonzero(out), np.flatnonzero(inward))
        return Normalised(
            conversations=self._conversations(records, views, source, target, from_own & to_own),
            dropped={why: np.flatnonzero(rows) for why, rows in lost.items() if rows.any()},
        )

    def _conversations(
        self,
        records: RecordColumns,
        views: "_Views",
        source: NDArray[np.int32],
        target: NDArray[np.int32],
        between_own: NDArray[np.bool_],
    ) -> pa.RecordBatch:
        columns = {name: views.same(getattr(records, name)) for name in _COPIED}
        near_hi, remote_hi = views.turned(records.src_hi, records.dst_hi)
        near_lo, remote_lo = views.turned(records.src_lo, records.dst_lo)
        line_port, remote_port = views.turned(records.src_port, records.dst_port)
        near, far = views.turned(source, target)
        key = self.own.line_keys(near, near_hi, near_lo, line_port, columns["proto"])
        line_hi, line_lo = self.cipher.tokenise(*key)
        remote_own = views.same(between_own)
        rows = np.flatnonzero(remote_own)
        if rows.size:
            ends = (far, remote_hi, remote_lo, remote_port, columns["proto"])
            far_key = self.own.line_keys(*(column[rows] for column in ends))
            remote_hi[rows], remote_lo[rows] = self.cipher.tokenise(*far_key)
        columns |= {
            "direction": views.direction(),
            "line_hi": line_hi,
            "line_lo": line_lo,
            "line_net": self._line_networks.of(*key),
            "line_port": line_port,
            "remote_port": remote_port,
            "remote_hi": remote_hi,
            "remote_lo": remote_lo,
            "remote_own": remote_own.astype(np.int16),
        }
        arrays = [pa.array(columns[field.name], type=field.type) for field in CONVERSATIONS]
        return pa.record_batch(arrays, schema=CONVERSATIONS)


@dataclass(frozen=True, slots=True)
class _Views:
    """Which records are seen from their source, and after these which from their destination."""

    out: NDArray[np.int64]
    inward: NDArray[np.int64]

    def same(self, column: NDArray[Any]) -> NDArray[Any]:
        """Give a column that reads the same from either end."""
        seen = np.empty(self.out.size + self.inward.size, dtype=column.dtype)
        self._fill(seen, column, column)
        return seen

    def turned(
        self, source: NDArray[Any], target: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give the near end's and the far end's column."""
        near = np.empty(self.out.size + self.inward.size, dtype=source.dtype)
        far = np.empty_like(near)
        self._fill(near, source, target)
        self._fill(far, target, source)
        return near, far

    def direction(self) -> NDArray[np.int16]:
        direction = np.full(self.out.size + self.inward.size, Direction.IN, dtype=np.int16)
        direction[: self.out.size] = Direction.OUT
        return direction

    def _fill(self, seen: NDArray[Any], first: NDArray[Any], second: NDArray[Any]) -> None:
        # In mode "raise" numpy would write to a buffer of its own first.
        first.take(self.out, out=seen[: self.out.size], mode="clip")
        second.take(self.inward, out=seen[self.out.size :], mode="clip")


def _numbers(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    column = batch.column(name)
    if column.null_count:
        raise ValueError(f"{name} has nulls: readers fill in what is unknown")
    numbers: NDArray[Any] = column.to_numpy()
    return numbers


def _exporters(
    column: pa.DictionaryArray, exporter_number: Callable[[str | None], int]
) -> NDArray[np.int32]:
    names = column.dictionary
    unnamed = len(names)
    codes = column.indices.fill_null(unnamed).to_numpy(zero_copy_only=False)
    numbers = np.zeros(unnamed + 1, dtype=np.int32)
    for code in np.flatnonzero(np.bincount(codes)):
        name = None if code == unnamed else names[int(code)].as_py()
        numbers[code] = exporter_number(name)
    found: NDArray[np.int32] = numbers.take(codes, mode="clip")
    return found
