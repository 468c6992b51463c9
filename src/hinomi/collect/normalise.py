"""
Flow records in, one subscriber's view of each conversation out.

This is where a subscriber's address ends: behind this step there are pseudonyms only.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.ownership import NOT_OWN, Halves, OwnTable
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.flow import CONVERSATIONS, RECORDS, Direction, Ingress

TRANSIT: Final = "transit"
"""Why a record was dropped: neither end is ours."""

FORGED_SOURCE: Final = "forged-source"
"""Why a record was dropped: it arrived from outside under one of our own addresses."""

_COPIED: Final = (
    "ts_ms", "sampling_interval", "counts_scaled", "proto", "ingress", "tcp_flags",
    "packets", "bytes", "duration_ms",
)  # fmt: skip

_V4_NETWORK: Final = np.uint64((0xFFFF << 32) | 0xFFFF0000)  # /16
_V4_TAG: Final = np.uint64(0xFFFF)
_V6_NETWORK: Final = np.uint64(0xFFFFFFFF << 32)  # /32


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

    def normalise(self, batch: pa.RecordBatch, dropped: Counter[str]) -> pa.RecordBatch:
        """
        Turn *batch* into conversation records.

        Args:
            batch: Flow records in the schema `model.flow.RECORDS`, any number of rows.
            dropped: Is added to, by reason: `TRANSIT`, `FORGED_SOURCE`.

        Returns:
            Conversations: one row for a record with one own end, two for a record with
            two own ends. First all rows from the source's side, then all from the
            destination's.

        Raises:
            ValueError: If *batch* has another schema (the caller's bug).
        """
        if not batch.schema.equals(RECORDS):
            raise ValueError("the batch is not of model.flow.RECORDS")
        ends = _Ends.read(batch)
        source = self.own.find(*ends.source, ends.ts_ms)
        target = self.own.find(*ends.target, ends.ts_ms)
        forged = (source != NOT_OWN) & np.isin(ends.ingress, (Ingress.PEERING, Ingress.TRANSIT))
        foreign = (source == NOT_OWN) & (target == NOT_OWN)
        _count(dropped, FORGED_SOURCE, forged)
        out, inward = (source != NOT_OWN) & ~forged, (target != NOT_OWN) & ~forged
        if self.transit == "keep":
            out, inward = out | foreign, inward | foreign
        else:
            _count(dropped, TRANSIT, foreign)
        sides = [
            self._view(batch, ends, np.flatnonzero(out), source, target),
            self._view(batch, ends.turned(), np.flatnonzero(inward), target, source),
        ]
        columns = {
            name: np.concatenate([side[name] for side in sides]) for name in CONVERSATIONS.names
        }
        arrays = [pa.array(columns[field.name], type=field.type) for field in CONVERSATIONS]
        return pa.record_batch(arrays, schema=CONVERSATIONS)

    def _view(
        self,
        batch: pa.RecordBatch,
        ends: "_Ends",
        rows: NDArray[np.int64],
        near: NDArray[np.int32],
        far: NDArray[np.int32],
    ) -> dict[str, NDArray[Any]]:
        """See the records *rows* from their near end: the source of *ends*."""
        picked = ends.take(rows)
        far_own = far[rows] != NOT_OWN
        key = self.own.line_keys(near[rows], *picked.source, picked.source_port, picked.proto)
        line = self.cipher.tokenise(*key)
        remote_hi, remote_lo = picked.target
        if far_own.any():
            far_key = self.own.line_keys(
                far[rows], *picked.target, picked.target_port, picked.proto
            )
            far_line = self.cipher.tokenise(*far_key)
            remote_hi = np.where(far_own, far_line[0], remote_hi)
            remote_lo = np.where(far_own, far_line[1], remote_lo)
        columns = {name: _numbers(batch, name)[rows] for name in _COPIED}
        return columns | {
            "exporter": self._exporters(batch.column("exporter"))[rows],
            "direction": np.full(rows.size, ends.direction, dtype=np.int16),
            "line_hi": line[0],
            "line_lo": line[1],
            "line_net": self.cipher.hash_networks(*_network_of(key)),
            "line_port": picked.source_port,
            "remote_port": picked.target_port,
            "remote_hi": remote_hi,
            "remote_lo": remote_lo,
            "remote_own": far_own.astype(np.int16),
        }

    def _exporters(self, column: pa.DictionaryArray) -> NDArray[np.int32]:
        names = column.dictionary
        unnamed = len(names)
        codes = column.indices.fill_null(unnamed).to_numpy(zero_copy_only=False)
        numbers = np.zeros(unnamed + 1, dtype=np.int32)
        for code in np.unique(codes):
            name = None if code == unnamed else names[int(code)].as_py()
            numbers[code] = self.exporter_number(name)
        found: NDArray[np.int32] = numbers[codes]
        return found


@dataclass(frozen=True, slots=True)
class _Ends:
    """The two ends of each record, as columns, seen in one direction."""

    ts_ms: NDArray[np.int64]
    proto: NDArray[np.int16]
    ingress: NDArray[np.int16]
    source: Halves
    target: Halves
    source_port: NDArray[np.int32]
    target_port: NDArray[np.int32]
    direction: Direction

    @classmethod
    def read(cls, batch: pa.RecordBatch) -> "_Ends":
        return cls(
            _numbers(batch, "ts_ms"),
            _numbers(batch, "proto"),
            _numbers(batch, "ingress"),
            (_numbers(batch, "src_hi"), _numbers(batch, "src_lo")),
            (_numbers(batch, "dst_hi"), _numbers(batch, "dst_lo")),
            _numbers(batch, "src_port"),
            _numbers(batch, "dst_port"),
            Direction.OUT,
        )

    def turned(self) -> "_Ends":
        """See the same records from the destination."""
        return _Ends(
            self.ts_ms,
            self.proto,
            self.ingress,
            self.target,
            self.source,
            self.target_port,
            self.source_port,
            Direction.IN,
        )

    def take(self, rows: NDArray[np.int64]) -> "_Ends":
        return _Ends(
            self.ts_ms[rows],
            self.proto[rows],
            self.ingress[rows],
            (self.source[0][rows], self.source[1][rows]),
            (self.target[0][rows], self.target[1][rows]),
            self.source_port[rows],
            self.target_port[rows],
            self.direction,
        )


def _numbers(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    column = batch.column(name)
    if column.null_count:
        raise ValueError(f"{name} has nulls: readers fill in what is unknown")
    numbers: NDArray[Any] = column.to_numpy()
    return numbers


def _network_of(key: Halves) -> Halves:
    """Give the /16 (IPv4, without its port set) or /32 (IPv6) that each line key lies in."""
    high, low = key[0].view(np.uint64), key[1].view(np.uint64)
    v4 = (high == 0) & ((low >> np.uint64(32)) & _V4_TAG == _V4_TAG)
    net_hi = np.where(v4, np.uint64(0), high & _V6_NETWORK)
    net_lo = np.where(v4, low & _V4_NETWORK, np.uint64(0))
    return net_hi.view(np.int64), net_lo.view(np.int64)


def _count(dropped: Counter[str], reason: str, rows: NDArray[np.bool_]) -> None:
    number = int(np.count_nonzero(rows))
    if number:
        dropped[reason] += number
