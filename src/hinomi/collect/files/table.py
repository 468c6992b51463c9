"""
The plain flow table, hinomi's own interchange form: CSV (plain or gzip) and Parquet.

Columns as in `model.flow.RECORDS`, with addresses as text: ``ts_ms, exporter,
sampling_interval, proto, src_addr, dst_addr, src_port, dst_port, tcp_flags, packets, bytes,
duration_ms`` and ``ingress``. The first four that name a flow are required.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.collect.files.columns import (
    MOST_PORT,
    Faults,
    Ints,
    addresses,
    durations,
    has_ports,
    is_icmp,
    protocols,
    real_numbers,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.delimited import Layout, Rows, headed, settle
from hinomi.collect.files.flows import (
    PACKETS_ASSUMED,
    Flows,
    batches,
    constant,
    exporters,
)
from hinomi.collect.files.reading import BATCH_ROWS, ReadOptions, Tally
from hinomi.collect.files.text import read_blocks
from hinomi.errors import MalformedDocument
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress

_REQUIRED: Final = ("ts_ms", "proto", "src_addr", "dst_addr")
_TEXTS: Final = frozenset({"exporter", "src_addr", "dst_addr"})
_WANTED: Final = frozenset(_REQUIRED) | _TEXTS | {
    "sampling_interval", "src_port", "dst_port", "tcp_flags", "packets", "bytes", "duration_ms",
    "ingress",
}  # fmt: skip

_PARQUET_MAGIC: Final = b"PAR1"
_MOST_FLAGS: Final = 0x1FF  # Nine flags with NS (RFC 3540).
_MOST_INTERVAL: Final = 2**31 - 1


def recognises(path: Path, start: bytes) -> bool:
    """Tell a flow table by its columns; a Parquet file that is broken passes, to be told so."""
    if start.startswith(_PARQUET_MAGIC):
        try:
            return set(_REQUIRED) <= set(pq.read_schema(path).names)
        except (pa.ArrowException, OSError):
            return True
    header = start.split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf")
    names = {name.strip(b' "') for name in header.strip().split(b",")}
    return {name.encode() for name in _REQUIRED} <= names


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of a flow table.

    A sampling interval in the row wins over the option, as does an exporter. A row without
    a packet count stands for one packet, counted. Unknown columns are discarded, and counted.

    Raises:
        MalformedDocument: With file and line (Parquet: row), as `reading.Read` says.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    parse = _parquet_rows if is_parquet else _csv_rows
    for rows in parse(path, options, tally):
        yield from _records(rows, path, options, tally)


def _csv_rows(path: Path, options: ReadOptions, tally: Tally) -> Iterator[Rows]:
    header, blocks = headed(read_blocks(path, tally))
    if not header:
        return
    try:
        text = header.decode()
    except UnicodeDecodeError:
        raise MalformedDocument("is not UTF-8 text", str(path), 1) from None
    names = tuple(name.strip(' "') for name in text.split(","))
    _check_names(names, path, tally, line=1)
    layout = Layout(path, names, _WANTED, ",", quoted=True)
    for block in blocks:
        rows = layout.parse(block, options, tally)
        yield Rows(
            columns={name: without(column, ()) for name, column in rows.columns.items()},
            count=rows.count,
            line_of=rows.line_of,
        )


def _parquet_rows(path: Path, _options: ReadOptions, tally: Tally) -> Iterator[Rows]:
    size = path.stat().st_size
    try:
        with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            names = tuple(file.schema_arrow.names)
            _check_names(names, path, tally, line=None)
            kept = [name for name in names if name in _WANTED]
            total, before = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=kept):
                yield _parquet_batch(batch, before, path)
                before += batch.num_rows
                tally.records += batch.num_rows
                tally.bytes_read = size * before // total
    except (pa.ArrowException, OSError):
        raise MalformedDocument(
            "is no Parquet file that can be read to its end", str(path)
        ) from None
    tally.bytes_read = size


def _parquet_batch(batch: pa.RecordBatch, before: int, path: Path) -> Rows:
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            columns[name] = _plain(name, column)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise MalformedDocument(f"column {name} has an unfit type", str(path)) from None
    return Rows(
        columns=columns,
        count=batch.num_rows,
        line_of=lambda row: before + row + 1,
        has_lines=False,
    )


def _plain(name: str, column: pa.Array) -> pa.Array:
    """Give a column as text, or as a number where it is one."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if is_number and name not in _TEXTS:
        return column
    return without(column.cast(pa.string()), ())


def _check_names(names: tuple[str, ...], path: Path, tally: Tally, line: int | None) -> None:
    for name in _REQUIRED:
        if name not in names:
            raise MalformedDocument(
                f"the header lacks {name}; is it a flow table?", str(path), line
            )
    unknown = sum(name not in _WANTED for name in names)
    if unknown:
        tally.notes["columns-discarded"] += unknown


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)
    times = real_numbers(rows.column("ts_ms"), "ts_ms", faults, missing=None)
    source = addresses(rows.column("src_addr"), "src_addr", faults)
    target = addresses(rows.column("dst_addr"), "dst_addr", faults)
    proto = protocols(rows.column("proto"), "proto", faults)
    lengths = _number(rows, "duration_ms", faults)
    stated = _number(rows, "sampling_interval", faults, most=_MOST_INTERVAL)
    places, names = exporters(rows.column("exporter"), options.exporter)
    packets = _number(rows, "packets", faults, missing=1)
    unstated = rows.column("packets").is_null().to_numpy(zero_copy_only=False)
    source_port = _number(rows, "src_port", faults, most=MOST_PORT)
    target_port = _number(rows, "dst_port", faults, most=MOST_PORT)
    flows = Flows(
        ts_ms=starts(times, "ts_ms", faults, options, tally),
        sampling_interval=stated,
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=np.where(has_ports(proto), source_port, 0),
        dst_port=np.where(has_ports(proto) | is_icmp(proto), target_port, 0),
        tcp_flags=whole_numbers(
            rows.column("tcp_flags"), "tcp_flags", faults,
            missing=UNKNOWN_FLAGS, least=UNKNOWN_FLAGS, most=_MOST_FLAGS,
        ),
        packets=packets,
        bytes=_number(rows, "bytes", faults),
        duration_ms=durations(lengths, "duration_ms", faults, tally),
        counts_scaled=constant(rows.count, 0),
        ingress=_number(rows, "ingress", faults, most=max(Ingress)),
        exporter=places,
    )  # fmt: skip
    good = settle(rows, faults, path, options, tally)
    tally.note(PACKETS_ASSUMED, int(np.count_nonzero(good & unstated)))
    yield from batches((flows,), good, tally, names, options)


def _number(rows: Rows, name: str, faults: Faults, *, missing: int = 0, most: int = 2**62) -> Ints:
    return whole_numbers(rows.column(name), name, faults, missing=missing, most=most)
