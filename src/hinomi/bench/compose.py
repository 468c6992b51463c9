"""Composed worlds: real captures of one infected host, replayed from many lines, thinned 1 in N."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.exchange import ACK, ACTIVE_TIMEOUT_MS, FIN, PSH, RST, SYN
from hinomi.bench.sampling import sample_within, scatter_unit
from hinomi.model.address import Address
from hinomi.model.flow import MAX_DURATION_MS, RECORDS, UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

_ROWS_AT_ONCE: Final = 4_000_000  # Records of so many victims are drawn together: bounds memory.

Column = NDArray[np.int64]


def thin(
    records: pa.Table | pa.RecordBatch,
    interval: int,
    rng: np.random.Generator,
    *,
    timeout_ms: int = ACTIVE_TIMEOUT_MS,
) -> pa.Table:
    """
    Sample the packets of flow records 1 in N, as if the router had sampled them.

    Each packet is taken with probability 1/N, independently; records of which none is
    taken vanish. A record whose taken packets fall into different spans of the active
    timeout becomes several. Sizes are the record's mean; times are spread evenly over its
    duration. Flags: the first packet has the SYN (with ACK if its sender is the server, by
    the lower port), the last has FIN or RST, half of the rest have PSH, as far as the
    record saw any of these; a record without ACK (probes, refused calls) keeps its flags.

    Args:
        records: `model.flow.RECORDS`, unsampled, or sampled with a known interval.
        interval: N of 1-in-N, at least 1.
        rng: Source of chance.
        timeout_ms: Active timeout of the imagined router.

    Returns:
        `model.flow.RECORDS`; ``sampling_interval`` is N times the interval before (an
        unknown one counts as 1).

    Raises:
        ValueError: If counters arrived already multiplied: they are no packets to sample.
    """
    columns = _columns(records)
    row, position = sample_within(columns["packets"], interval, rng)
    taken = _taken(columns, row, row, position, rng=rng, timeout_ms=timeout_ms)
    return _render(records, columns, taken, interval, {})


def replay(
    records: pa.Table | pa.RecordBatch,
    *,
    host: Address,
    victims: tuple[Column, Column],
    rng: np.random.Generator,
    window_ms: tuple[int, int],
    interval: int = 1,
) -> pa.Table:
    """
    Replay one host's records from many addresses, each at times of its own, thinned 1 in N.

    Every victim gets all records in which *host* is one end, with its own address in the
    host's place, shifted in time by a chance of its own and wrapped around the window.

    Args:
        records: `model.flow.RECORDS`; those in which *host* is no end are left out.
        host: The infected host of the capture.
        victims: Addresses to replay from: high and low halves, shape (n,) each.
        rng: Source of chance.
        window_ms: Start and end of the window, ms since the Unix epoch.
        interval: N of 1-in-N; 1 keeps every packet.

    Returns:
        `model.flow.RECORDS`, in no order.

    Raises:
        ValueError: If the window is empty, or counters arrived already multiplied.

    Notes:
        A capture longer than the window is folded into it; a shorter one fills a part of
        it only, another for each victim, so that not all are active all the time.
    """
    begin_ms, length_ms = window_ms[0], window_ms[1] - window_ms[0]
    if length_ms <= 0:
        raise ValueError("the window is empty")
    mine = records.filter(_meets(_columns(records), host))
    columns = _columns(mine)
    first_ms = int(columns["ts_ms"].min()) if mine.num_rows else 0
    shift_ms = (rng.random(victims[0].size) * length_ms).astype(np.int64)
    parts = []
    at_once = max(1, _ROWS_AT_ONCE // max(mine.num_rows, 1))
    for start in range(0, victims[0].size, at_once):
        count = min(at_once, victims[0].size - start)
        copy, position = sample_within(np.tile(columns["packets"], count), interval, rng)
        row = copy % max(mine.num_rows, 1)
        taken = _taken(columns, copy, row, position, rng=rng, timeout_ms=ACTIVE_TIMEOUT_MS)
        victim = start + taken["copy"] // max(mine.num_rows, 1)
        moved_ms = taken["ts_ms"] - first_ms + shift_ms[victim]
        changed = {"ts_ms": begin_ms + moved_ms % length_ms}
        for end in ("src", "dst"):
            hi, lo = columns[f"{end}_hi"][taken["row"]], columns[f"{end}_lo"][taken["row"]]
            is_host = (hi == host.hi) & (lo == host.lo)
            changed[f"{end}_hi"] = np.where(is_host, victims[0][victim], hi)
            changed[f"{end}_lo"] = np.where(is_host, victims[1][victim], lo)
        parts.append(_render(mine, columns, taken, interval, changed))
    return pa.concat_tables(parts) if parts else RECORDS.empty_table()


def _columns(records: pa.Table | pa.RecordBatch) -> dict[str, Column]:
    names = [name for name in RECORDS.names if name != "exporter"]
    columns = {
        name: np.asarray(records.column(name).to_numpy(zero_copy_only=False), np.int64)
        if isinstance(records, pa.RecordBatch)
        else np.asarray(records.column(name).to_numpy(), np.int64)
        for name in names
    }
    if (columns["counts_scaled"] != 0).any():
        raise ValueError("counters that arrived multiplied are no packets to sample")
    return columns


def _meets(columns: dict[str, Column], host: Address) -> pa.Array:
    is_src = (columns["src_hi"] == host.hi) & (columns["src_lo"] == host.lo)
    is_dst = (columns["dst_hi"] == host.hi) & (columns["dst_lo"] == host.lo)
    return pa.array(is_src | is_dst)


def _taken(
    columns: dict[str, Column],
    copy: Column,
    row: Column,
    position: Column,
    *,
    rng: np.random.Generator,
    timeout_ms: int,
) -> dict[str, Column]:
    """
    Gather sampled packets into records: one for each copy, row and span of the timeout.

    *copy* and *position* ascend; *row* says which record of *columns* a copy is of.
    """
    packets, duration_ms = columns["packets"][row], columns["duration_ms"][row]
    place = (position + scatter_unit(copy, position, int(rng.integers(2**62)))) / packets
    offset_ms = np.where(packets > 1, (place * (duration_ms + 1)).astype(np.int64), 0)
    flags = _flags(columns, row, position, rng)
    size = columns["bytes"][row] / packets
    cell = offset_ms // timeout_ms
    new = np.ones(row.size, np.bool_)
    new[1:] = (np.diff(copy) != 0) | (np.diff(cell) != 0)
    starts = np.flatnonzero(new)
    if not starts.size:
        names = ("copy", "row", "ts_ms", "packets", "bytes", "duration_ms", "tcp_flags")
        return {name: np.empty(0, np.int64) for name in names}
    counts = np.diff(starts, append=row.size)
    octets = np.add.reduceat(size, starts)
    # Rounded up or down by chance, so that the mean stays what it was.
    octets = np.floor(octets + rng.random(starts.size) * (octets % 1 > 0)).astype(np.int64)
    return {
        "copy": copy[starts],
        "row": row[starts],
        "ts_ms": columns["ts_ms"][row[starts]] + offset_ms[starts],
        "packets": counts.astype(np.int64),
        "bytes": octets,
        "duration_ms": offset_ms[starts + counts - 1] - offset_ms[starts],
        "tcp_flags": np.bitwise_or.reduceat(flags, starts),
    }


def _flags(
    columns: dict[str, Column], row: Column, position: Column, rng: np.random.Generator
) -> Column:
    """Say which flags each sampled packet bears, given the OR over its whole record."""
    seen, packets = columns["tcp_flags"][row], columns["packets"][row]
    answers = columns["src_port"][row] < columns["dst_port"][row]  # The server's side.
    pushed = (seen & PSH != 0) & (rng.random(row.size) < 0.5)  # noqa: PLR2004 - half of them.
    flags = np.where(pushed, PSH | ACK, ACK)
    last = (position == packets - 1) & (seen & (FIN | RST) != 0)
    flags = np.where(last, (seen & (FIN | RST)) | ACK, flags)
    first = (position == 0) & (seen & SYN != 0)
    flags = np.where(first, np.where(answers, SYN | ACK, SYN), flags)
    whole = (packets == 1) | (seen & ACK == 0)  # Nothing to choose from.
    flags = np.where(whole, seen, flags)
    known = (columns["proto"][row] == Protocol.TCP) & (seen != UNKNOWN_FLAGS)
    return np.where(known, flags, seen)


def _render(
    records: pa.Table | pa.RecordBatch,
    columns: dict[str, Column],
    taken: dict[str, Column],
    interval: int,
    changed: dict[str, Column],
) -> pa.Table:
    """Build `RECORDS` from the taken rows, with the changed columns in their place."""
    before = np.maximum(columns["sampling_interval"][taken["row"]], 1)
    replaced: dict[str, Any] = {
        name: taken[name] for name in ("ts_ms", "packets", "bytes", "tcp_flags")
    }
    replaced |= {
        "duration_ms": np.minimum(taken["duration_ms"], MAX_DURATION_MS),
        "sampling_interval": before * interval,
        **changed,
    }
    arrays = []
    for column in RECORDS:
        if column.name == "exporter":
            named = records.column("exporter").take(pa.array(taken["row"]))
            arrays.append(named.cast(column.type))
        else:
            values = replaced.get(column.name)
            if values is None:
                values = columns[column.name][taken["row"]]
            arrays.append(pa.array(values).cast(column.type))
    return pa.Table.from_arrays(arrays, schema=RECORDS)
