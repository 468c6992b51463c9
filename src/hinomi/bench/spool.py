"""
A spool holds sampled packets in slices of time, on disk once they are many.

A world is drawn use by use, and written hour by hour. Between the two, packets wait here:
memory holds those that came last, and later one slice at a time.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.exchange import ACTIVE_TIMEOUT_MS, Packets, join, select

SLICE_MS: Final = 3_600_000
"""A slice; a whole number of active timeouts, so that no record is cut in two."""

_HELD: Final = 4_000_000  # Packets in memory, of 42 bytes each, before they go to disk.
_TYPES: Final = {
    "ts_ms": "<i8", "src": "<i8", "dst": "<i8", "src_port": "<i4", "dst_port": "<i4",
    "proto": "<i2", "flags": "<i2", "size": "<i4", "ingress": "<i2",
}  # fmt: skip
_ROW: Final = np.dtype([(column.name, _TYPES[column.name]) for column in fields(Packets)])


class Spool:
    """Takes packets in any order and gives them back slice by slice."""

    def __init__(
        self, starts_ms: int, length_ms: int, *, slice_ms: int = SLICE_MS, held: int = _HELD
    ) -> None:
        """
        Open an empty spool.

        Args:
            starts_ms: When the first slice begins, ms since the Unix epoch.
            length_ms: What comes later than this is not observed any more.
            slice_ms: Length of a slice, a whole number of active timeouts.
            held: So many packets are kept in memory.

        Raises:
            ValueError: If slices would cut records in two.
        """
        if slice_ms % ACTIVE_TIMEOUT_MS or starts_ms % ACTIVE_TIMEOUT_MS:
            raise ValueError("a slice begins and ends where an active timeout does")
        self._starts_ms, self._slice_ms, self._most = starts_ms, slice_ms, held
        self._ends_ms = starts_ms + length_ms
        self._held: dict[int, list[Packets]] = {}
        self._count = 0
        self._slices: set[int] = set()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def append(self, packets: Packets) -> None:
        """Take packets; what came first stays first within its slice."""
        packets = select(packets, packets.ts_ms < self._ends_ms)
        if not packets.ts_ms.size:
            return
        number = (packets.ts_ms - self._starts_ms) // self._slice_ms
        order = np.argsort(number.astype(np.int16), kind="stable")
        ordered = select(packets, order)
        number = number[order]
        begins = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
        ends = np.append(begins[1:], number.size)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            mine = select(ordered, slice(begin, end))
            self._held.setdefault(int(number[begin]), []).append(mine)
        self._count += number.size
        if self._count > self._most:
            self._spill()

    def slices(self) -> Iterator[Packets]:
        """Yield the packets of each slice that has any, in order of time, and forget them."""
        if self._folder is not None:
            self._spill()
        for number in sorted(self._slices | self._held.keys()):
            parts = self._held.pop(number, [])
            path = self._path(number) if self._folder is not None else None
            if path is not None and path.exists():
                parts = [_unpack(np.fromfile(path, _ROW)), *parts]
                path.unlink()
            yield join(parts)
        self._slices.clear()

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hinomi-spool-")
        for number, parts in self._held.items():
            with self._path(number).open("ab") as file:
                for part in parts:
                    _pack(part).tofile(file)
            self._slices.add(number)
        self._held, self._count = {}, 0

    def _path(self, number: int) -> Path:
        return Path(self._folder.name if self._folder else "") / f"{number + 1_000:06}"


def _pack(packets: Packets) -> NDArray[np.void]:
    rows = np.empty(packets.ts_ms.size, _ROW)
    for column in fields(Packets):
        rows[column.name] = getattr(packets, column.name)
    return rows


def _unpack(rows: NDArray[np.void]) -> Packets:
    columns: dict[str, Any] = {
        column.name: np.ascontiguousarray(rows[column.name]) for column in fields(Packets)
    }
    return Packets(**columns)
