"""
Suricata's eve.json: events of type ``flow``, both directions of each.

Suricata counts the bytes of the captured frame; 14 a packet are taken off to reach the IP
layer.

Source: Suricata user guide, "Eve JSON Format", event type flow; src/flow.c (todstbytecnt
adds GET_PKT_LEN, the length of the packet as captured).
"""

import re
from collections.abc import Iterator
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
    moments_ms,
    named,
    protocol_number,
    starts,
    whole_numbers,
)
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.flows import Flows, batches, constant, one_exporter
from hinomi.collect.files.icmp import answer_ports
from hinomi.collect.files.jsonlines import Count, numbered, parse_numbered
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block, read_blocks
from hinomi.errors import MalformedDocument
from hinomi.model.flow import UNKNOWN_FLAGS, UNKNOWN_INTERVAL

_FLOW: Final = re.compile(rb'"event_type"\s*:\s*"flow"')
_EVENT: Final = re.compile(rb'\s*\{.*"event_type"\s*:\s*"')
_UNNAMED_PROTOCOL: Final = 255  # IANA: reserved.
_ETHERNET_BYTES: Final = 14


class _Counters(msgspec.Struct, gc=False):
    start: str
    end: str | None = None
    pkts_toserver: Count = 0
    pkts_toclient: Count = 0
    bytes_toserver: Count = 0
    bytes_toclient: Count = 0


class _Tcp(msgspec.Struct, gc=False):
    tcp_flags_ts: str | None = None
    tcp_flags_tc: str | None = None


class _Event(msgspec.Struct, gc=False):
    """One event of type flow; every other field is discarded at decoding."""

    src_ip: str
    dest_ip: str
    proto: str
    flow: _Counters
    src_port: Count | None = None
    dest_port: Count | None = None
    icmp_type: Count | None = None
    icmp_code: Count | None = None
    tcp: _Tcp | None = None


_DECODER: Final = msgspec.json.Decoder(_Event)


def recognises(_path: Path, start: bytes) -> bool:
    """Tell eve.json by its first line: an event of any type with a time."""
    first = start.split(b"\n", 1)[0]
    return _EVENT.match(first) is not None and b'"timestamp"' in first


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of eve.json; events of other types are skipped, and counted.

    Raises:
        MalformedDocument: With file and line, as `reading.Read` says.
    """
    for block in read_blocks(path, tally):
        chosen = _flow_lines(block, path, options, tally)
        rows = parse_numbered(chosen, _DECODER, path, options, tally)
        if rows.count:
            yield from _records(rows, path, options, tally)


def _flow_lines(
    block: Block, path: Path, options: ReadOptions, tally: Tally
) -> list[tuple[int, bytes]]:
    chosen = []
    for number, line in numbered(block):
        if _FLOW.search(line):
            chosen.append((number, line))
        elif _EVENT.match(line):
            tally.notes["other-events"] += 1
        elif not options.keep_good:
            raise MalformedDocument("is no event of Suricata", str(path), number)
        else:
            tally.records += 1
            tally.malformed += 1
    return chosen


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)

    def number(name: str, most: int = 2**62) -> Ints:
        return whole_numbers(rows.column(name), name, faults, most=most)

    first = moments_ms(rows.column("flow.start"), "flow.start", faults)
    ended = pc.coalesce(rows.column("flow.end"), rows.column("flow.start"))
    last = np.maximum(moments_ms(ended, "flow.end", faults), first)
    source = addresses(rows.column("src_ip"), "src_ip", faults)
    target = addresses(rows.column("dest_ip"), "dest_ip", faults)
    proto = named(
        rows.column("proto"), protocol_number, missing=_UNNAMED_PROTOCOL, wrong=_UNNAMED_PROTOCOL
    )
    icmp, with_ports = is_icmp(proto), has_ports(proto)
    source_port = number("src_port", most=MOST_PORT) * with_ports
    target_port = number("dest_port", most=MOST_PORT) * with_ports
    type_code = number("icmp_type", most=255) * 256 + number("icmp_code", most=255)
    there, back = number("flow.pkts_toserver"), number("flow.pkts_toclient")
    flows = Flows(
        ts_ms=starts(first, "flow.start", faults, options, tally),
        sampling_interval=constant(rows.count, UNKNOWN_INTERVAL),
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=source_port,
        dst_port=np.where(icmp, type_code, target_port),
        tcp_flags=_flags(rows, "tcp.tcp_flags_ts"),
        packets=there,
        bytes=np.maximum(number("flow.bytes_toserver") - _ETHERNET_BYTES * there, 0),
        duration_ms=durations(last - first, "duration", faults, tally),
        counts_scaled=constant(rows.count, 0),
        ingress=constant(rows.count, 0),
        exporter=one_exporter(rows.count, options.exporter),
    )
    answers = flows.turned(
        packets=back,
        octets=np.maximum(number("flow.bytes_toclient") - _ETHERNET_BYTES * back, 0),
        tcp_flags=_flags(rows, "tcp.tcp_flags_tc"),
        src_port=target_port,
        dst_port=np.where(icmp, answer_ports(type_code), source_port),
    )
    good = settle(rows, faults, path, options, tally)
    names = [] if options.exporter is None else [options.exporter]
    yield from batches((flows, answers), good, tally, names, options)


def _flags(rows: Rows, name: str) -> Ints:
    return named(rows.column(name), _hex_flags, missing=UNKNOWN_FLAGS, wrong=UNKNOWN_FLAGS)


def _hex_flags(text: str) -> int | None:
    """Read flags such as ``1b``; Suricata writes ``00`` where it saw none."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,2}", text):
        return None
    return int(text, 16) or UNKNOWN_FLAGS
