"""
What pmacct's print plugin writes: CSV with a line of titles, and JSON lines.

The same JSON comes from its Kafka and AMQP plugins. A row is an aggregate of flow records
over the keys that the operator chose: addresses, ports and protocol must be among them.
Counters that pmacct multiplied (``nfacctd_renormalize`` and its like) cannot be told from
the file, since it then states a sampling rate of 1: the operator says so with
`ReadOptions.counts_scaled`.

Source: pmacct 1.7.7, CONFIG-KEYS (aggregate, print_output, timestamps_*, sampling_rate), and
what its daemons print.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.collect.files.columns import (
    MOST_PORT,
    Bools,
    Faults,
    Floats,
    Ints,
    addresses,
    durations,
    has_ports,
    is_icmp,
    moments_ms,
    named,
    protocol_number,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.delimited import Layout, Rows, headed, settle
from hinomi.collect.files.described import NOT_STATED
from hinomi.collect.files.flows import (
    NOT_IP,
    PACKETS_ASSUMED,
    Flows,
    batches,
    constant,
    exporters,
    intervals,
)
from hinomi.collect.files.jsonlines import Count, numbered, parse_numbered
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block, read_blocks
from hinomi.errors import MalformedDocument
from hinomi.model.flow import UNKNOWN_FLAGS

COUNTS_LOOK_SCALED: Final = "counts-look-multiplied"
"""Rows of blocks in which every packet count is a multiple of the sampling interval."""

_TITLES: Final = {
    "SRC_IP": "ip_src", "DST_IP": "ip_dst", "SRC_PORT": "port_src", "DST_PORT": "port_dst",
    "PROTOCOL": "ip_proto", "TCP_FLAGS": "tcp_flags", "PACKETS": "packets", "BYTES": "bytes",
    "TIMESTAMP_START": "timestamp_start", "TIMESTAMP_END": "timestamp_end",
    "TIMESTAMP_ARRIVAL": "timestamp_arrival", "TIMESTAMP_EXPORT": "timestamp_export",
    "STAMP_INSERTED": "stamp_inserted", "SAMPLING_RATE": "sampling_rate",
    "PEER_SRC_IP": "peer_ip_src", "IN_IFACE": "iface_in",
    "SAMPLING_DIRECTION": "sampling_direction",
}  # fmt: skip
"""Titles of CSV and the keys of JSON that say the same; all others are discarded (R2)."""

_SEEN: Final = frozenset({"iface_in", "sampling_direction"})
"""Keys that are wanted only where the operator says something of exporters."""

_REQUIRED: Final = {
    "ip_src": "src_host", "ip_dst": "dst_host", "port_src": "src_port", "port_dst": "dst_port",
    "ip_proto": "proto",
}  # fmt: skip
"""Keys that a row must have, and what brings them when it stands in pmacct's ``aggregate``."""

_TIMES: Final = {
    "timestamp_start": "",
    "timestamp_arrival": "start-from-arrival",
    "timestamp_export": "start-from-export",
    "stamp_inserted": "start-from-time-slot",
}
"""Where the start comes from, best first, and the note of all but the best."""

_NAMES: Final = {
    "ggp": 3, "ipencap": 4, "igp": 9, "mux": 18, "mobile": 55, "tlsp": 56, "iso-ip": 80,
    "vines": 83, "larp": 91, "ax.25": 93, "encap": 98, "pnni": 102, "ipcomp": 108,
    "ipx-in-ip": 111, "isis": 124, "fc": 133,
}  # fmt: skip
"""Names of protocols that pmacct prints besides those that hinomi has names for."""

_FLAGS: Final = {
    name: 1 << bit
    for bit, name in enumerate(("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"))
}
_MARKERS: Final = frozenset({"purge_init", "purge_close"})
_DIRECTIONS: Final = {"i": 0, "e": 1}
_WRONG: Final = -2
_UNNAMED_PROTOCOL: Final = 255  # IANA: reserved.
_MOST_FLAGS: Final = 0x1FF
_MOST_INTERVAL: Final = 2**31 - 1
_TELLING_ROWS: Final = 20
_MARKER_LINE: Final = re.compile(rb"(?m)^--(?:START|END) \([^)\n]*\)--\r?$")
_SEPARATOR: Final = re.compile(r"[A-Z0-9_]+([^A-Z0-9_])")


class _Row(msgspec.Struct, gc=False):
    """One JSON line; every other key is discarded at decoding."""

    ip_src: str | None = None
    ip_dst: str | None = None
    port_src: Count | None = None
    port_dst: Count | None = None
    ip_proto: str | Count | None = None
    tcp_flags: str | Count | list[str] | None = None
    packets: Count | None = None
    bytes: Count | None = None
    timestamp_start: str | float | None = None
    timestamp_end: str | float | None = None
    timestamp_arrival: str | float | None = None
    timestamp_export: str | float | None = None
    stamp_inserted: str | float | None = None
    sampling_rate: Count | None = None
    peer_ip_src: str | None = None


class _SeenRow(_Row, gc=False):
    """A line with where it was seen."""

    iface_in: Count | None = None
    sampling_direction: str | None = None


def recognises(_path: Path, start: bytes) -> bool:
    """Tell pmacct by the titles or the keys of its first line, its markers left aside."""
    lines = _MARKER_LINE.sub(b"", start[:4096]).lstrip() + start[4096:]
    first = lines.split(b"\n", 1)[0]
    if first.startswith(b"{"):
        keys, kind = _keys(first)
        is_marked = kind in _MARKERS or kind == "purge"
        return is_marked or ({"packets", "bytes"} <= keys and bool(keys & {"ip_src", "ip_dst"}))
    words = set(re.split(rb"[^A-Z0-9_]+", first))
    return {b"PACKETS", b"BYTES"} <= words or {b"SRC_IP", b"DST_IP"} <= words


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of pmacct's rows; a sampling rate in the row wins.

    Raises:
        MalformedDocument: If the rows were aggregated without addresses, ports, protocol or
            time; else with file and line, as `reading.Read` says.
    """
    blocks = read_blocks(path, tally)
    first = next(blocks, None)
    if first is None:
        return
    start = _MARKER_LINE.sub(b"", first.text).lstrip()
    parse = _json_rows if start.startswith(b"{") else _csv_rows
    for rows in parse(chain([first], blocks), path, options, tally):
        yield from _records(_only_ip(rows, tally), path, options, tally)


def _json_rows(
    blocks: Iterable[Block], path: Path, options: ReadOptions, tally: Tally
) -> Iterator[Rows]:
    decoder = msgspec.json.Decoder(_SeenRow if options.described else _Row)
    is_checked = False
    for block in blocks:
        lines = [item for item in numbered(block) if not _is_marker(item[1])]
        if lines and not is_checked:
            keys, _ = _keys(lines[0][1])
            is_checked = bool(keys)
            if keys:
                _require(keys, path, lines[0][0])
        yield parse_numbered(lines, decoder, path, options, tally)


def _csv_rows(
    blocks: Iterable[Block], path: Path, options: ReadOptions, tally: Tally
) -> Iterator[Rows]:
    header, rest = headed(_without_markers(blocks))
    if not header:
        return
    try:
        text = header.decode()
    except UnicodeDecodeError:
        raise MalformedDocument("is not UTF-8 text", str(path)) from None
    found = _SEPARATOR.match(text)
    if found is None or found[1] == " ":
        raise MalformedDocument(
            "is pmacct's formatted output, or separated by blanks, which cannot be read without "
            "guessing; set print_output to csv or json",
            str(path),
        )
    names = tuple(_TITLES.get(name.strip(), name) for name in text.split(found[1]))
    _require(set(names), path, None)
    wanted = frozenset(_TITLES.values()) - (frozenset() if options.described else _SEEN)
    tally.note("columns-discarded", sum(name not in wanted for name in names))
    layout = Layout(path, names, wanted, found[1], quoted=False)
    for block in rest:
        rows = layout.parse(_without_titles(block, header), options, tally)
        columns = {name: without(column, ()) for name, column in rows.columns.items()}
        yield Rows(columns=columns, count=rows.count, line_of=rows.line_of)


def _without_markers(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blank the lines that print_markers sets around each purge; lines keep their numbers."""
    for block in blocks:
        text = block.text
        yield Block(_MARKER_LINE.sub(b"", text), block.first_line) if b"--" in text else block


def _without_titles(block: Block, header: bytes) -> Block:
    """Blank titles in the midst of the file: files of several purges put one after another."""
    if header not in block.text:
        return block
    pattern = rb"(?m)^" + re.escape(header) + rb"\r?$"
    return Block(re.sub(pattern, b"", block.text), block.first_line)


def _keys(line: bytes) -> tuple[set[str], object]:
    """Give the keys of a JSON line and its event type; none if it is no JSON object."""
    try:
        found = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        kind = msgspec.json.decode(found.get("event_type", msgspec.Raw(b"null")))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return set(), None
    return set(found), kind


def _is_marker(line: bytes) -> bool:
    """Tell the JSON lines with which print_markers brackets a purge."""
    return b'"purge_' in line and _keys(line)[1] in _MARKERS


def _require(names: set[str], path: Path, line: int | None) -> None:
    lacking = [primitive for name, primitive in _REQUIRED.items() if name not in names]
    if lacking:
        raise MalformedDocument(
            f"was aggregated without {', '.join(lacking)}: conversations cannot be told apart; "
            "add them to pmacct's aggregate",
            str(path),
            line,
        )
    if "packets" not in names:
        raise MalformedDocument("holds events without counters, no flows", str(path), line)
    if names.isdisjoint(_TIMES):
        raise MalformedDocument(
            "was aggregated without a time; add timestamp_start to pmacct's aggregate",
            str(path),
            line,
        )


def _only_ip(rows: Rows, tally: Tally) -> Rows:
    """Drop and count rows without addresses: frames of another network layer."""
    blank = np.zeros(rows.count, dtype=bool)
    for name in ("ip_src", "ip_dst"):
        column = without(rows.column(name), ())
        blank |= column.is_null().to_numpy(zero_copy_only=False)
    if blank.any():
        tally.dropped[NOT_IP] += int(np.count_nonzero(blank))
    return rows.where(~blank)


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)

    def number(name: str, missing: int = 0, most: int = 2**62) -> Ints:
        return whole_numbers(rows.column(name), name, faults, missing=missing, most=most)

    first_ms, noted = _start_ms(rows, faults)
    last_ms = _times_ms(rows, "timestamp_end", faults)
    length_ms = np.maximum(np.where(np.isnan(last_ms), first_ms, last_ms) - first_ms, 0)
    source = addresses(rows.column("ip_src"), "ip_src", faults)
    target = addresses(rows.column("ip_dst"), "ip_dst", faults)
    proto = _protocols(rows.column("ip_proto"), faults)
    with_ports, target_port = has_ports(proto), number("port_dst", most=MOST_PORT)
    rate = number("sampling_rate", most=_MOST_INTERVAL)
    unstated = options.counts_scaled & (rate <= 1)  # Of renormalised counters 1 says nothing.
    rate = np.where(unstated, 0, rate)
    routers = pa.nulls(rows.count, pa.string()) if options.exporter else rows.column("peer_ip_src")
    places, names = exporters(routers, options.exporter)
    interval = intervals(rate, places, names, options)
    flows = Flows(
        ts_ms=starts(first_ms, "the start of the flow", faults, options, tally),
        sampling_interval=rate,
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=np.where(with_ports, number("port_src", most=MOST_PORT), 0),
        dst_port=np.where(with_ports | is_icmp(proto), target_port, 0),
        tcp_flags=_tcp_flags(rows.column("tcp_flags"), faults),
        packets=number("packets", missing=1),
        bytes=number("bytes"),
        duration_ms=durations(length_ms, "duration", faults, tally),
        counts_scaled=(unstated & (interval > 1)).astype(np.int64),
        ingress=constant(rows.count, 0),
        exporter=places,
        in_if=number("iface_in", NOT_STATED) if options.described else None,
        observed=_directions(rows.column("sampling_direction")) if options.described else None,
    )
    good = settle(rows, faults, path, options, tally)
    for note, where in noted.items():
        tally.note(note, int(np.count_nonzero(good & where)))
    uncounted = rows.column("packets").is_null().to_numpy(zero_copy_only=False)
    tally.note(PACKETS_ASSUMED, int(np.count_nonzero(good & uncounted)))
    _suspect_scaling(flows, interval, good, tally)
    yield from batches((flows,), good, tally, names, options)


def _start_ms(rows: Rows, faults: Faults) -> tuple[Floats, dict[str, Bools]]:
    """Give the best start of each row, and which rows have it from something else."""
    start = np.full(rows.count, np.nan)
    noted = {}
    for name, note in _TIMES.items():
        absent = np.isnan(start)
        if not absent.any() or name not in rows.columns:
            continue
        times = _times_ms(rows, name, faults)
        if note:
            noted[note] = absent & ~np.isnan(times)
        start = np.where(absent, times, start)
    faults.add(np.isnan(start), "has no time")
    return np.nan_to_num(start), noted


def _times_ms(rows: Rows, name: str, faults: Faults) -> Floats:
    """
    Read a column of times: dates (without a zone: UTC), or seconds since the Unix epoch.

    Returns:
        ms since the Unix epoch, shape (n,); NaN where pmacct knows none and prints zeros.
    """
    column = rows.column(name)
    if column.null_count == rows.count:
        return np.full(rows.count, np.nan)
    hollow = pc.match_substring_regex(column, r"^(|0+(\.0+)?|0000-.*)$")
    column = pc.if_else(hollow, pa.scalar(None, pa.string()), column)
    absent = column.is_null().to_numpy(zero_copy_only=False)
    try:
        seconds = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        times = moments_ms(column.fill_null("1970-01-01T00:00:00Z"), name, faults)
    else:
        faults.add(~absent & ~np.isfinite(seconds), f"{name} is not a time")
        times = np.nan_to_num(seconds * 1000.0)
    return np.where(absent, np.nan, times)


def _directions(column: pa.Array) -> Ints:
    return named(column, _DIRECTIONS.get, missing=NOT_STATED, wrong=NOT_STATED)


def _suspect_scaling(flows: Flows, interval: Ints, good: Bools, tally: Tally) -> None:
    """Note blocks whose counters all are multiples of an interval above 1, yet not scaled."""
    asked = good & (interval > 1) & (flows.counts_scaled == 0) & (flows.packets > 0)
    count = int(np.count_nonzero(asked))
    if count >= _TELLING_ROWS and not (flows.packets % np.maximum(interval, 1))[asked].any():
        tally.note(COUNTS_LOOK_SCALED, count)


def _protocols(column: pa.Array, faults: Faults) -> Ints:
    def read_name(name: str) -> int | None:
        found = _NAMES.get(name.strip().lower())
        return protocol_number(name) if found is None else found

    numbers = named(column, read_name, missing=_WRONG, wrong=_UNNAMED_PROTOCOL)
    faults.add(numbers == _WRONG, "ip_proto is missing")
    return np.maximum(numbers, 0)


def _tcp_flags(column: pa.Array, faults: Faults) -> Ints:
    """Read flags as a number, or as the names of those that are set."""
    flags = named(column, _flags, missing=UNKNOWN_FLAGS, wrong=_WRONG)
    faults.add(flags == _WRONG, "tcp_flags are neither a number below 512 nor names of flags")
    return np.maximum(flags, UNKNOWN_FLAGS)


def _flags(text: str) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 4 and int(text) <= _MOST_FLAGS else None  # noqa: PLR2004
    words = re.findall(r"[A-Za-z0-9]+", text)
    if any(word not in _FLAGS for word in words):
        return None
    return sum(_FLAGS[word] for word in set(words))
