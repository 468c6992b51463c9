"""Typed columns of one block to batches of `model.flow.RECORDS`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.files.columns import Bools, Ints
from hinomi.collect.files.described import Described
from hinomi.collect.files.reading import BATCH_ROWS, ReadOptions, Tally
from hinomi.collect.observing import COUNTED_ELSEWHERE
from hinomi.collect.wire.meaning.samplers import SAMPLING_OVERRIDDEN
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
    sampling_interval: Ints  # As the row states it; 0: does not. `batches` settles it.
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
    ingress: Ints  # As the row states it; else 0.
    exporter: NDArray[np.int32]  # Place in a list of names; -1: not stated.
    in_if: Ints | None = None  # Interface each came in by, -1 not stated; None: none states it.
    observed: Ints | None = None  # As `described.directions` gives it; None: none states it.

    def turned(
        self,
        *,
        packets: Ints,
        octets: Ints,
        tcp_flags: Ints,
        src_port: Ints | None = None,
        dst_port: Ints | None = None,
        in_if: Ints | None = None,
        observed: Ints | None = None,
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
            in_if=in_if,
            observed=observed,
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


def intervals(
    stated: Ints, exporter: NDArray[np.int32], names: list[str], options: ReadOptions
) -> Ints:
    """
    Give the sampling interval of each row.

    Returns:
        What the operator says of the row's exporter, else the row's own, else what the
        operator says of rows that state none, shape (n,).
    """
    chosen = np.where(stated > 0, stated, options.sampling_interval)
    if not options.described:
        return chosen
    instead = Described(options.described, names).intervals(exporter)
    return np.where(instead > 0, instead, chosen)


def batches(
    ways: tuple[Flows, ...], good: Bools, tally: Tally, names: list[str], options: ReadOptions
) -> Iterator[pa.RecordBatch]:
    """
    Yield the flows of all *ways* that have packets and are counted here, row by row.

    What the operator says of exporters is applied here, for every format alike.

    Args:
        ways: One set of n flows, or two: there and back.
        good: Rows to take, shape (n,); one without packets in any way is dropped, counted.
        tally: Receives that count, and what is counted elsewhere.
        names: What `Flows.exporter` points into.
        options: Sampling interval for rows that state none, and descriptions of exporters.

    Yields:
        Batches of `RECORDS`, at most `BATCH_ROWS` rows each.
    """
    kept = [good & (way.packets > 0) for way in ways]
    silent = good & ~np.logical_or.reduce(kept)
    if silent.any():
        tally.dropped[NO_PACKETS] += int(np.count_nonzero(silent))
    settled = [
        _settled(way, rows, tally, names, options) for way, rows in zip(ways, kept, strict=True)
    ]
    taken = [np.flatnonzero(rows) for _, rows in settled]
    ranks = [rows * len(ways) + turn for turn, rows in enumerate(taken)]
    order = np.argsort(np.concatenate(ranks), kind="stable")
    merged = {
        name: np.concatenate(
            [getattr(way, name)[rows] for (way, _), rows in zip(settled, taken, strict=True)]
        )[order]
        for name in RECORDS.names
    }
    merged["tcp_flags"] = np.where(
        merged["proto"] == Protocol.TCP, merged["tcp_flags"], UNKNOWN_FLAGS
    )
    batch = _batch(merged, names)
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(start, BATCH_ROWS)


def _settled(
    way: Flows, kept: Bools, tally: Tally, names: list[str], options: ReadOptions
) -> tuple[Flows, Bools]:
    """Give flows with what the operator says of their exporters, and which of them stay."""
    stated = way.sampling_interval
    settled = replace(way, sampling_interval=intervals(stated, way.exporter, names, options))
    if not options.described:
        return settled, kept
    described = Described(options.described, names)
    role, elsewhere = described.look(way.exporter, way.in_if, way.observed)
    if (kept & elsewhere).any():
        tally.dropped[COUNTED_ELSEWHERE] += int(np.count_nonzero(kept & elsewhere))
        kept = kept & ~elsewhere
    # Rows that say themselves where they were observed know better than their exporter's name.
    settled = replace(settled, ingress=np.where(way.ingress > 0, way.ingress, role))
    instead = described.intervals(way.exporter)
    overridden = kept & (instead > 0) & (stated > 0) & (instead != stated)
    tally.note(SAMPLING_OVERRIDDEN, int(np.count_nonzero(overridden)))
    multiplied = overridden & (way.counts_scaled > 0)
    return (_divided(settled, multiplied, stated) if multiplied.any() else settled), kept


def _divided(way: Flows, multiplied: Bools, by: Ints) -> Flows:
    """Give flows with counters as they were before they were multiplied by the wrong rate."""
    divisor = np.where(multiplied, by, 1)
    return replace(
        way,
        packets=np.where(multiplied, np.maximum(way.packets // divisor, 1), way.packets),
        bytes=way.bytes // divisor,
        counts_scaled=np.where(multiplied, 0, way.counts_scaled),
    )


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
