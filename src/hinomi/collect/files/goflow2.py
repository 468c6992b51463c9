"""
GoFlow2's JSON lines, as version 2 writes them (``src_addr``) and version 1 (``SrcAddr``), and
its binary messages (`goflow2_protobuf`).

Bytes of sFlow are the sampled frame's length with Ethernet header and check sequence: 18 a
packet are taken off to reach the IP layer.

Source: GoFlow2, docs/protocols.md (meaning of the fields) and producer/proto/render.go
(names of protocols: five, and blank for all others); sFlow version 5, sampled_header.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinomi.collect.files.columns import (
    MOST_PORT,
    Faults,
    Ints,
    addresses,
    durations,
    has_ports,
    is_icmp,
    is_text,
    named,
    protocol_number,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.described import NOT_STATED, directions
from hinomi.collect.files.flows import (
    NOT_IP,
    PACKETS_ASSUMED,
    Flows,
    batches,
    constant,
    exporters,
)
from hinomi.collect.files.goflow2_protobuf import is_delimited, parse
from hinomi.collect.files.jsonlines import Count, parse_lines
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import read_blocks, read_start
from hinomi.model.flow import UNKNOWN_FLAGS

_UNNAMED_PROTOCOL: Final = 255  # IANA: reserved. GoFlow2 says only that it is IP.
_SFLOW: Final = "SFLOW_5"
_ETHERNET_BYTES: Final = 18
_START_BYTES: Final = 1 << 16
_MOST_FLAGS: Final = 0x1FF
_MOST_INTERVAL: Final = 2**31 - 1


class _Flow(msgspec.Struct, gc=False):
    """One line of version 2; every other field is discarded at decoding."""

    src_addr: str
    dst_addr: str
    type: str | None = None
    time_received_ns: Count | None = None
    time_flow_start_ns: Count | None = None
    time_flow_end_ns: Count | None = None
    sampling_rate: Count | None = None
    sampler_address: str | None = None
    proto: str | Count | None = None
    src_port: Count | None = None
    dst_port: Count | None = None
    icmp_type: Count | None = None
    icmp_code: Count | None = None
    tcp_flags: Count | None = None
    packets: Count | None = None
    bytes: Count | None = None


class _SeenFlow(_Flow, gc=False):
    """A line with where it was seen, for exporters of which the operator says something."""

    in_if: Count | None = None
    flow_direction: Count | None = None


class _OldFlow(msgspec.Struct, gc=False):
    """One line of version 1; times in seconds."""

    src_addr: str = msgspec.field(name="SrcAddr")
    dst_addr: str = msgspec.field(name="DstAddr")
    type: str | None = msgspec.field(name="Type", default=None)
    time_received_s: Count | None = msgspec.field(name="TimeReceived", default=None)
    time_flow_start_s: Count | None = msgspec.field(name="TimeFlowStart", default=None)
    time_flow_end_s: Count | None = msgspec.field(name="TimeFlowEnd", default=None)
    sampling_rate: Count | None = msgspec.field(name="SamplingRate", default=None)
    sampler_address: str | None = msgspec.field(name="SamplerAddress", default=None)
    proto: str | Count | None = msgspec.field(name="Proto", default=None)
    src_port: Count | None = msgspec.field(name="SrcPort", default=None)
    dst_port: Count | None = msgspec.field(name="DstPort", default=None)
    icmp_type: Count | None = msgspec.field(name="IcmpType", default=None)
    icmp_code: Count | None = msgspec.field(name="IcmpCode", default=None)
    tcp_flags: Count | None = msgspec.field(name="TCPFlags", default=None)
    packets: Count | None = msgspec.field(name="Packets", default=None)
    bytes: Count | None = msgspec.field(name="Bytes", default=None)


class _OldSeenFlow(_OldFlow, gc=False):
    """The same of version 1."""

    in_if: Count | None = msgspec.field(name="InIf", default=None)
    flow_direction: Count | None = msgspec.field(name="FlowDirection", default=None)


_OLD_NAMES: Final = {
    field.encode_name: field.name for field in msgspec.structs.fields(_OldSeenFlow)
}


def recognises(_path: Path, start: bytes) -> bool:
    """Tell GoFlow2 by the names of its first line, or by its first messages."""
    first = start.split(b"\n", 1)[0]
    if not first.startswith(b"{"):
        return is_delimited(start)
    return (b'"src_addr"' in first and b'"time_flow_start_ns"' in first) or (
        b'"SrcAddr"' in first and b'"TimeFlowStart"' in first
    )


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of GoFlow2's lines or messages; a sampling rate of their own wins.

    Raises:
        MalformedDocument: With file and line (binary: message), as `reading.Read` says.
    """
    parse_all = parse if is_delimited(read_start(path, _START_BYTES)) else _json_rows
    for rows in parse_all(path, options, tally):
        yield from _records(_only_ip(rows, tally), path, options, tally)


def _json_rows(path: Path, options: ReadOptions, tally: Tally) -> Iterator[Rows]:
    blocks = read_blocks(path, tally)
    first = next(blocks, None)
    if first is None:
        return
    is_old = b'"SrcAddr"' in first.text[: first.text.find(b"\n")]
    plain, seen = (_OldFlow, _OldSeenFlow) if is_old else (_Flow, _SeenFlow)
    decoder = msgspec.json.Decoder(seen if options.described else plain)
    for block in chain([first], blocks):
        rows = parse_lines(block, decoder, path, options, tally)
        columns = {_OLD_NAMES.get(name, name): column for name, column in rows.columns.items()}
        yield Rows(columns=columns, count=rows.count, line_of=rows.line_of)


def _only_ip(rows: Rows, tally: Tally) -> Rows:
    """Drop and count lines whose addresses are blank: ARP and other non-IP frames."""
    blank = np.zeros(rows.count, dtype=bool)
    for name in ("src_addr", "dst_addr"):
        column = rows.column(name)
        hollow = pc.equal(column, "") if is_text(column) else column.is_null()
        blank |= hollow.to_numpy(zero_copy_only=False).astype(bool)
    if blank.any():
        tally.dropped[NOT_IP] += int(np.count_nonzero(blank))
    return rows.where(~blank)


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)

    def number(name: str, missing: int = 0, most: int = 2**62) -> Ints:
        return whole_numbers(rows.column(name), name, faults, missing=missing, most=most)

    first_ms, length_ms = _times_ms(rows, number, faults)
    source = addresses(rows.column("src_addr"), "src_addr", faults)
    target = addresses(rows.column("dst_addr"), "dst_addr", faults)
    proto = _protocols(rows.column("proto"), faults)
    target_port = number("dst_port", most=MOST_PORT)
    type_code = number("icmp_type", most=255) * 256 + number("icmp_code", most=255)
    icmp, with_ports = is_icmp(proto), has_ports(proto)
    packets = number("packets", missing=1)
    places, names = exporters(
        pa.nulls(rows.count, pa.string())
        if options.exporter
        else without(rows.column("sampler_address"), ()),
        options.exporter,
    )
    flows = Flows(
        ts_ms=starts(first_ms, "the start of the flow", faults, options, tally),
        sampling_interval=number("sampling_rate", most=_MOST_INTERVAL),
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=np.where(with_ports, number("src_port", most=MOST_PORT), 0),
        dst_port=np.where(
            icmp, np.where(type_code > 0, type_code, target_port), target_port * with_ports
        ),
        tcp_flags=number("tcp_flags", missing=UNKNOWN_FLAGS, most=_MOST_FLAGS),
        packets=packets,
        bytes=_ip_bytes(rows, number("bytes"), packets),
        duration_ms=durations(length_ms, "duration", faults, tally),
        counts_scaled=constant(rows.count, 0),
        ingress=constant(rows.count, 0),
        exporter=places,
        in_if=number("in_if", NOT_STATED) if options.described else None,
        observed=directions(number("flow_direction", NOT_STATED)) if options.described else None,
    )
    good = settle(rows, faults, path, options, tally)
    unstated = rows.column("packets").is_null().to_numpy(zero_copy_only=False)
    tally.note(PACKETS_ASSUMED, int(np.count_nonzero(good & unstated)))
    yield from batches((flows,), good, tally, names, options)


def _protocols(column: pa.Array, faults: Faults) -> Ints:
    """Read names or numbers; GoFlow2 leaves out those that it has no name for."""
    if not is_text(column):
        return whole_numbers(column, "proto", faults, missing=_UNNAMED_PROTOCOL, most=255)
    return named(column, protocol_number, missing=_UNNAMED_PROTOCOL, wrong=_UNNAMED_PROTOCOL)


def _times_ms(rows: Rows, number: Callable[[str], Ints], faults: Faults) -> tuple[Ints, Ints]:
    """Give start and length; a line without a start has the time it was received."""
    unit = "ns" if "time_flow_start_ns" in rows.columns else "s"
    start, end = number(f"time_flow_start_{unit}"), number(f"time_flow_end_{unit}")
    start = np.where(start > 0, start, number(f"time_received_{unit}"))
    faults.add(start == 0, "has no time")
    length = np.maximum(end - start, 0)
    if unit == "ns":
        return start // 1_000_000, length // 1_000_000
    return start * 1000, length * 1000


def _ip_bytes(rows: Rows, octets: Ints, packets: Ints) -> Ints:
    is_sflow = pc.equal(rows.column("type"), _SFLOW).fill_null(False)  # noqa: FBT003 - pyarrow's.
    frames = is_sflow.to_numpy(zero_copy_only=False).astype(np.int64)
    inner: Ints = np.maximum(octets - frames * _ETHERNET_BYTES * packets, 0)
    return inner
