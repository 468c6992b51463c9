"""Typed columns of one block to batches of `model.flow.RECORDS`."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.files.columns import Bools, Ints
from hinomi.collect.files.reading import BATCH_ROWS, Tally
from hinomi.model.flow import RECORDS, UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

NO_PACKETS: Final = "no-packets"
NOT_IP: Final = "not-ip"

PACKETS_ASSUMED: Final = "packets-assumed"
"""Rows without a packet count that are kept with one made up."""

IP_BYTES_ASSUMED: Final = "ip-bytes-assumed"
"""Rows without IP bytes that are kept with those of the payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """n unidirectional flows as columns, shape (n,) each; units as in `RECORDS`."""

    ts_ms: Ints
    sampling_interval: Ints
    proto: Ints
    src_hi: Ints
    src_lo: Ints
    dst_hi: Ints
    dst_lo: Ints
    src_port: Ints
    dst_port: Ints
    tcp_flags: Ints  # Cleared to unknown where the protocol is not TCP.
    packets: Ints
    bytes: Ints
    duration_ms: Ints
    counts_scaled: Ints
    ingress: Ints
    exporter: NDArray[np.int32]  # Place in a list of names; -1: not stated.

    def turned(
        self,
        *,
        packets: Ints,
        octets: Ints,
        tcp_flags: Ints,
        src_port: Ints | None = None,
        dst_port: Ints | None = None,
    ) -> "Flows":
        """Give the way back of the same conversations, with its own counters."""
        return replace(
            self,
            src_hi=self.dst_hi,
            src_lo=self.dst_lo,
            dst_hi=self.src_hi,
            dst_lo=self.src_lo,
            src_port=self.dst_port if src_port is None else src_port,
            dst_port=self.src_port if dst_port is None else dst_port,
            tcp_flags=tcp_flags,
            packets=packets,
            bytes=octets,
        )


def constant(rows: int, value: int) -> Ints:
    """Give a column of *rows* equal numbers."""
    return np.full(rows, value, dtype=np.int64)


def one_exporter(rows: int, name: str | None) -> NDArray[np.int32]:
    """Give the exporter column of rows that name none themselves; see `batches`."""
    return np.full(rows, -1 if name is None else 0, dtype=np.int32)


def exporters(column: pa.Array, otherwise: str | None) -> tuple[NDArray[np.int32], list[str]]:
    """
    Read a column of exporter names.

    Args:
        column: n texts; null or blank where a row names none.
        otherwise: Stands for those; None leaves them unnamed.

    Returns:
        The exporter column of `Flows`, shape (n,), and the names it points into.
    """
    coded = column.dictionary_encode()
    names: list[str] = coded.dictionary.to_pylist()
    fallback = -1 if otherwise is None else len(names)
    table = [fallback if not name.strip() else place for place, name in enumerate(names)]
    places = np.array([*table, fallback], dtype=np.int32)
    indices = coded.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
    chosen: NDArray[np.int32] = places[indices]
    return chosen, names if otherwise is None else [*names, otherwise]


def intervals(stated: Ints, otherwise: int) -> Ints:
    """Give the sampling interval of each row, shape (n,): its own, else the operator's."""
    return np.where(stated > 0, stated, otherwise)


def batches(
    ways: tuple[Flows, ...], good: Bools, tally: Tally, names: list[str]
) -> Iterator[pa.RecordBatch]:
    """
    Yield the flows of all *ways* that have packets, row by row.

    Args:
        ways: One set of n flows, or two: there and back.
        good: Rows to take, shape (n,); one without packets in any way is dropped, counted.
        tally: Receives that count.
        names: What `Flows.exporter` points into.

    Yields:
        Batches of `RECORDS`, at most `BATCH_ROWS` rows each.
    """
    taken = [np.flatnonzero(good & (way.packets > 0)) for way in ways]
    silent = good.copy()
    for rows in taken:
        silent[rows] = False
    if silent.any():
        tally.dropped[NO_PACKETS] += int(np.count_nonzero(silent))
    ranks = [rows * len(ways) + turn for turn, rows in enumerate(taken)]
    order = np.argsort(np.concatenate(ranks), kind="stable")
    merged = {
        field.name: np.concatenate(
            [getattr(way, field.name)[rows] for way, rows in zip(ways, taken, strict=True)]
        )[order]
        for field in fields(Flows)
    }
    merged["tcp_flags"] = np.where(
        merged["proto"] == Protocol.TCP, merged["tcp_flags"], UNKNOWN_FLAGS
    )
    batch = _batch(merged, names)
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(start, BATCH_ROWS)


def _batch(columns: dict[str, NDArray[np.int64]], names: list[str]) -> pa.RecordBatch:
    arrays = []
    for field in RECORDS:
        values = columns[field.name]
        if field.name == "exporter":
            indices = pa.array(values, pa.int32(), mask=values < 0)
            texts = pa.array(names, pa.string())
            arrays.append(pa.DictionaryArray.from_arrays(indices, texts))
        else:
            arrays.append(pa.array(values.astype(field.type.to_pandas_dtype()), field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=RECORDS)
