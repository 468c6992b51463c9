"""
A world sampled again: each packet of its records is kept with probability 1/k.

A world at 1 in N becomes one at 1 in N x k. Other seeds of the same factor show how much of
a result is the luck of sampling.
"""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hinomi.bench.truth import MIN_CLIENTS, MIN_FRONTS
from hinomi.errors import MalformedDocument
from hinomi.govern.lesser import left_of
from hinomi.model.protocol import render_protocol

LineOf = Callable[[str], Hashable | None]
"""Gives the line behind an own address, None for others."""

UPPER_TIER: Final = 2
BATCH_ROWS: Final = 500_000
_ENDS: Final = (("src_addr", "src_port", "dst_addr"), ("dst_addr", "dst_port", "src_addr"))


def thin_records(records: pa.Table, factor: int, rng: np.random.Generator) -> pa.Table:
    """
    Keep each packet with probability 1/factor.

    Args:
        records: Plain flow table with packets, bytes and sampling_interval.
        factor: At least 1.
        rng: Source of chance.

    Returns:
        The records of which a packet is left, counters and interval changed.

    Notes:
        Exact for records of one packet, nearly all at 1 in 10,000. Which flags and which
        bytes went with a packet of a larger record is not known: flags stay, bytes shrink
        with the packets.
    """
    packets = records.column("packets").to_numpy()
    kept = rng.binomial(packets, 1.0 / factor)
    interval = records.column("sampling_interval").to_numpy().astype(np.int64) * factor
    return left_of(records, kept, interval)


def thin_world(
    flows: Sequence[Path],
    target: Path,
    truth: pa.Table,
    line_of: LineOf,
    *,
    factor: int,
    seed: int,
) -> pa.Table:
    """
    Write thinned flow records, and tell what is still detectable in them.

    Args:
        flows: Plain flow tables, Parquet.
        target: The file to write.
        truth: Rows of `worldfiles.TRUTH`, addresses as the flows name them.
        line_of: Tells own lines.
        factor: Keep one packet in so many.
        seed: Of the sampling.

    Returns:
        *truth* with `detectable`, `clients` and `bots` as they are after thinning: of what was
        detectable before, what still has enough lines. Who of the lines belongs to a
        botnet is not known here; nearly all who meet its C&C do.

    Raises:
        MalformedDocument: If the flows lack a column that thinning changes.
    """
    rng = np.random.default_rng([seed, factor])
    met: list[set[Hashable]] = [set() for _ in range(truth.num_rows)]
    writer: pq.ParquetWriter | None = None
    try:
        for path in flows:
            with pq.ParquetFile(path) as file:
                _require(file.schema_arrow.names, path)
                for batch in file.iter_batches(batch_size=BATCH_ROWS):
                    left = thin_records(pa.Table.from_batches([batch]), factor, rng)
                    writer = writer or pq.ParquetWriter(target, left.schema, compression="zstd")
                    writer.write_table(left.cast(writer.schema))
                    _meet(left, truth, met, line_of)
    finally:
        if writer is not None:
            writer.close()
    return _recounted(truth, met)


def _require(names: Sequence[str], path: Path) -> None:
    lacking = [name for name in ("packets", "bytes", "sampling_interval") if name not in names]
    if lacking:
        raise MalformedDocument(f"cannot be thinned without {', '.join(lacking)}", str(path))


def _meet(records: pa.Table, truth: pa.Table, met: list[set[Hashable]], line_of: LineOf) -> None:
    """Note which own lines were sampled with each service of the truth."""
    columns = (truth.column(name).to_pylist() for name in ("address", "protocol", "port"))
    places = {end: place for place, end in enumerate(zip(*columns, strict=True))}
    addresses = pa.array({address for address, _, _ in places})
    for server, port, client in _ENDS:
        here = records.filter(pc.is_in(records.column(server).cast(pa.string()), addresses))
        columns = (here.column(name).to_pylist() for name in (server, "proto", port, client))
        for address, proto, number, peer in zip(*columns, strict=True):
            place = places.get((address, render_protocol(proto), number))
            line = None if place is None else line_of(peer)
            if place is not None and line is not None:
                met[place].add(line)


def _recounted(truth: pa.Table, met: list[set[Hashable]]) -> pa.Table:
    rows = truth.to_pylist()
    for row, lines in zip(rows, met, strict=True):
        least = MIN_FRONTS if row["tier"] == UPPER_TIER else MIN_CLIENTS
        row["detectable"] = bool(row["detectable"] and len(lines) >= least)
        row["clients"] = len(lines)
        row["bots"] = None if row["bots"] is None else min(row["bots"], len(lines))
    return pa.Table.from_pylist(rows, schema=truth.schema)
