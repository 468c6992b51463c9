"""
Zeek connection logs: TSV and JSON lines, plain or gzip, also with Stratosphere's labels.

Source: Zeek, base/protocols/conn/main.zeek (record Conn::Info) for the columns and the
letters of ``history``; analyzer/protocol/icmp/ICMP.cc for the ports of ICMP.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

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
    real_numbers,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.delimited import Layout, Rows, settle
from hinomi.collect.files.flows import (
    IP_BYTES_ASSUMED,
    PACKETS_ASSUMED,
    Flows,
    batches,
    constant,
    one_exporter,
)
from hinomi.collect.files.icmp import COUNTERPARTS
from hinomi.collect.files.jsonlines import Count, parse_lines
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block, read_blocks
from hinomi.errors import MalformedDocument
from hinomi.model.flow import UNKNOWN_FLAGS, UNKNOWN_INTERVAL
from hinomi.model.protocol import Protocol

_REQUIRED: Final = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto")
_WANTED: Final = frozenset(_REQUIRED) | {
    "duration", "history", "ip_proto", "orig_bytes", "orig_pkts", "orig_ip_bytes", "resp_bytes",
    "resp_pkts", "resp_ip_bytes",
}  # fmt: skip

_TELLING: Final = frozenset(
    name.encode() for name in _WANTED - {*_REQUIRED, "duration", "ip_proto"}
)
"""Columns of which a log with addresses, ports and protocol needs one to be of connections."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DATED: Final = re.compile(rb'\s*\{[^\n]*"ts"\s*:\s*"')

_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10  # RFC 9293, section 3.1.
_LETTERS: Final = {
    "S": _SYN, "H": _SYN | _ACK, "A": _ACK, "D": _PSH | _ACK, "F": _FIN | _ACK, "R": _RST,
    "T": _PSH | _ACK,  # A retransmission of data.
    "W": _ACK,  # A closed window is told in an acknowledgment.
}  # fmt: skip

_UNKNOWN_PROTOCOL: Final = 255  # IANA: reserved. Zeek says only that it is IP.
_PROTOCOLS: Final = {
    "tcp": Protocol.TCP, "udp": Protocol.UDP, "icmp": Protocol.ICMP,
    "unknown_transport": _UNKNOWN_PROTOCOL,
}  # fmt: skip


def recognises(_path: Path, start: bytes) -> bool:
    """Tell a connection log from its first bytes; other logs of Zeek are none."""
    start = start.removeprefix(_BYTE_ORDER_MARK)
    path: bytes | None = None
    if start.startswith(b"#separator"):
        header = [line.rstrip(b"\r") for line in start.split(b"\n")]
        path = next((line[6:] for line in header if line.startswith(b"#path")), None)
        fields = next((line[7:] for line in header if line.startswith(b"#fields")), b"")
        return _tells_of_connections(path, fields[1:].split(fields[:1] or b"\t"))
    first = start.split(b"\n", 1)[0]
    if not first.startswith(b"{"):
        return False
    stated = re.search(rb'"_path"\s*:\s*"([^"]*)"', first)
    return _tells_of_connections(
        stated[1] if stated else None, re.findall(rb'"([^"]+)"\s*:', first)
    )


def _tells_of_connections(path: bytes | None, names: list[bytes]) -> bool:
    """Tell by a log's path, as far as it states one, and its columns."""
    columns = frozenset(names)
    if {b"id.orig_h", b"conn_state"} <= columns:
        return True  # What else it lacks is told when it is read.
    if not {name.encode() for name in _REQUIRED} <= columns:
        return False
    if path == b"conn":
        return True
    return (not path or b"conn" in path) and not columns.isdisjoint(_TELLING)


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of a connection log, both directions of each line.

    Bytes are those of the IP layer where Zeek counted them, else of the payload.
    Where Zeek counted no packets, a direction with bytes has at least one. Both are counted.

    Raises:
        MalformedDocument: With file and line, as `reading.Read` says.
    """
    blocks = read_blocks(path, tally)
    first = next(blocks, None)
    if first is None:
        return
    first = Block(first.text.removeprefix(_BYTE_ORDER_MARK), first.first_line)
    every = chain([first], blocks)
    is_json = first.text.lstrip()[:1] == b"{"
    dated = is_json and _DATED.match(first.text) is not None
    for rows in (
        _json_rows(path, every, options, tally, dated=dated)
        if is_json
        else _text_rows(path, every, options, tally)
    ):
        yield from _records(rows, path, options, tally, dated=dated)


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally, *, dated: bool
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)
    ts_ms = starts(_times_ms(rows, faults, dated=dated), "ts", faults, options, tally)
    lengths = real_numbers(rows.column("duration"), "duration", faults, missing=0.0)
    source = addresses(rows.column("id.orig_h"), "id.orig_h", faults)
    target = addresses(rows.column("id.resp_h"), "id.resp_h", faults)
    proto = _protocol(rows, source[0], source[1], faults)
    ports = [
        whole_numbers(rows.column(name), name, faults, most=MOST_PORT)
        for name in ("id.orig_p", "id.resp_p")
    ]
    there_ports, back_ports = _ports(proto, ports[0], ports[1])
    there, back = _counters(rows, "orig", faults), _counters(rows, "resp", faults)
    flows = Flows(
        ts_ms=ts_ms,
        sampling_interval=constant(rows.count, UNKNOWN_INTERVAL),
        proto=proto,
        src_hi=source[0],
        src_lo=source[1],
        dst_hi=target[0],
        dst_lo=target[1],
        src_port=there_ports[0],
        dst_port=there_ports[1],
        tcp_flags=_flags(rows, upper=True),
        packets=there.packets,
        bytes=there.octets,
        duration_ms=durations(lengths * 1000, "duration", faults, tally),
        counts_scaled=constant(rows.count, 0),
        ingress=constant(rows.count, 0),
        exporter=one_exporter(rows.count, options.exporter),
    )
    answers = flows.turned(
        packets=back.packets,
        octets=back.octets,
        tcp_flags=_flags(rows, upper=False),
        src_port=back_ports[0],
        dst_port=back_ports[1],
    )
    good = settle(rows, faults, path, options, tally)
    for reason, assumed in (
        (PACKETS_ASSUMED, there.packets_assumed | back.packets_assumed),
        (IP_BYTES_ASSUMED, there.octets_assumed | back.octets_assumed),
    ):
        tally.note(reason, int(np.count_nonzero(good & assumed)))
    names = [] if options.exporter is None else [options.exporter]
    yield from batches((flows, answers), good, tally, names, options)


def _times_ms(rows: Rows, faults: Faults, *, dated: bool) -> Floats:
    if dated:
        return moments_ms(rows.column("ts"), "ts", faults)
    return real_numbers(rows.column("ts"), "ts", faults, missing=None) * 1000


def history_flags(history: str, *, upper: bool) -> int:
    """
    Give the TCP flags that one side showed, as far as ``history`` tells.

    Args:
        history: Letters in order of first appearance; upper case is the originator's.
        upper: Whether to read the originator's letters or the responder's.

    Returns:
        The OR of the flags, or `UNKNOWN_FLAGS` if no letter of that side tells any.
    """
    flags = 0
    for letter in history:
        if letter.isupper() == upper:
            flags |= _LETTERS.get(letter.upper(), 0)
    return flags or UNKNOWN_FLAGS


def _flags(rows: Rows, *, upper: bool) -> Ints:
    return named(
        rows.column("history"),
        lambda history: history_flags(history, upper=upper),
        missing=UNKNOWN_FLAGS,
        wrong=UNKNOWN_FLAGS,
    )


def _protocol(rows: Rows, hi: Ints, lo: Ints, faults: Faults) -> Ints:
    """Read ``proto``; Zeek says icmp for both versions, and newer ones give ``ip_proto``."""
    proto = named(rows.column("proto"), _PROTOCOLS.get, missing=-1, wrong=-2)
    faults.add(proto == -1, "proto is missing")
    faults.add(proto < 0, "proto is none of tcp, udp, icmp, unknown_transport")
    is_v6 = (hi != 0) | (lo >> 32 != 0xFFFF)  # noqa: PLR2004 - RFC 4291, section 2.5.5.2.
    proto = np.where((proto == Protocol.ICMP) & is_v6, int(Protocol.ICMPV6), proto)
    stated = whole_numbers(rows.column("ip_proto"), "ip_proto", faults, missing=-1, most=255)
    unsaid = (proto == _UNKNOWN_PROTOCOL) & (stated >= 0)
    return np.where(unsaid, stated, np.maximum(proto, 0))


def _ports(proto: Ints, orig: Ints, resp: Ints) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """
    Give (source, destination) ports for the way there and the way back.

    For ICMP Zeek writes the type as the originator's port, and as the responder's the code
    or, for types that come in pairs, the type of the answer.
    """
    with_ports, icmp = has_ports(proto), is_icmp(proto)
    answer_of = np.full(MOST_PORT + 1, -1, dtype=np.int64)
    answer_of[list(COUNTERPARTS)] = list(COUNTERPARTS.values())
    answer = answer_of[orig]
    paired = answer == resp
    type_code = np.where(paired, orig * 256, orig * 256 + (resp & 0xFF)) & 0xFFFF
    answer_code = np.where(paired, resp * 256, type_code) & 0xFFFF
    nothing = np.zeros_like(orig)
    source = np.where(with_ports, orig, nothing)
    target = np.where(with_ports, resp, nothing)
    return (
        (source, np.where(icmp, type_code, target)),
        (target, np.where(icmp, answer_code, source)),
    )


class _Counters(NamedTuple):
    """What one side sent, shape (n,) each, and where that is not as Zeek counted it."""

    packets: Ints
    octets: Ints
    packets_assumed: Bools
    octets_assumed: Bools


def _counters(rows: Rows, side: str, faults: Faults) -> _Counters:
    counted = whole_numbers(rows.column(f"{side}_pkts"), f"{side}_pkts", faults, missing=-1)
    name = f"{side}_ip_bytes"
    ip_bytes = whole_numbers(rows.column(name), name, faults, missing=-1)
    payload = whole_numbers(rows.column(f"{side}_bytes"), f"{side}_bytes", faults)
    octets = np.where(ip_bytes < 0, payload, ip_bytes)
    packets = np.where(counted < 0, (octets > 0).astype(np.int64), counted)
    is_sent = packets > 0
    return _Counters(packets, octets, is_sent & (counted < 0), is_sent & (ip_bytes < 0))


@dataclass(frozen=True)
class _Head:
    """What the comment lines at the top of a TSV log say."""

    separator: str
    hollow: tuple[str, ...]  # Marks of unset and empty values.
    layout: Layout


def _text_rows(
    path: Path, blocks: Iterator[Block], options: ReadOptions, tally: Tally
) -> Iterator[Rows]:
    said: dict[str, str] = {}
    head: _Head | None = None
    for block in blocks:
        for comments, rows in _runs(block):
            for number, comment in comments:
                key, value = _comment(comment, said, path, number)
                said[key] = value
                head = _head(path, said, number) if key == "fields" else head
            if rows is None:
                continue
            if head is None:
                raise MalformedDocument(
                    "has no #fields line before its first row", str(path), rows.first_line
                )
            text = rows.text
            if b"   " in text:
                text = re.sub(rb" {3,}", head.separator.encode(), text)
            found = head.layout.parse(Block(text, rows.first_line), options, tally)
            yield Rows(
                columns={k: without(v, head.hollow) for k, v in found.columns.items()},
                count=found.count,
                line_of=found.line_of,
            )


def _runs(block: Block) -> Iterator[tuple[list[tuple[int, bytes]], Block | None]]:
    """Split a block where comments stand: comments, then the rows after them."""
    text = block.text
    if not text.startswith(b"#") and b"\n#" not in text:
        yield [], block
        return
    comments: list[tuple[int, bytes]] = []
    number, start = block.first_line, 0
    while start < len(text):
        if text.startswith(b"#", start):
            end = text.find(b"\n", start) + 1 or len(text)
            comments.append((number, text[start:end].rstrip(b"\r\n")))
        else:
            end = text.find(b"\n#", start) + 1 or len(text)
            yield comments, Block(text[start:end], number)
            comments = []
        number += text.count(b"\n", start, end)
        start = end
    yield comments, None


def _comment(comment: bytes, said: dict[str, str], path: Path, line: int) -> tuple[str, str]:
    try:
        text = comment.decode().removeprefix("#")
    except UnicodeDecodeError:
        raise MalformedDocument("is not UTF-8 text", str(path), line) from None
    if text.startswith("separator"):
        mark = text.removeprefix("separator").strip(" ")
        escaped = re.fullmatch(r"\\x([0-9A-Fa-f]{2})", mark)
        mark = chr(int(escaped[1], 16)) if escaped else mark
        if len(mark) != 1 or not mark.isascii():
            raise MalformedDocument("#separator names no single character", str(path), line)
        return "separator", mark
    key, _, value = text.partition(said.get("separator", "\t"))
    return key, value


def _head(path: Path, said: dict[str, str], line: int) -> _Head:
    separator = said.get("separator", "\t")
    names = re.sub(r" {3,}", separator, said["fields"]).split(separator)
    for name in _REQUIRED:
        if name not in names:
            raise MalformedDocument(f"the header lacks {name}; is it a conn.log?", str(path), line)
    return _Head(
        separator=separator,
        hollow=(said.get("unset_field", "-"), said.get("empty_field", "(empty)")),
        layout=Layout(path, tuple(names), _WANTED, separator, quoted=False),
    )


class _Columns(msgspec.Struct, gc=False, rename=lambda name: name.replace("id_", "id.")):
    """One line of a JSON log but for its time; every other field is discarded at decoding."""

    id_orig_h: str
    id_orig_p: Count
    id_resp_h: str
    id_resp_p: Count
    proto: str
    duration: float | None = None
    history: str | None = None
    ip_proto: Count | None = None
    orig_bytes: Count | None = None
    orig_pkts: Count | None = None
    orig_ip_bytes: Count | None = None
    resp_bytes: Count | None = None
    resp_pkts: Count | None = None
    resp_ip_bytes: Count | None = None


class _Line(_Columns, gc=False, kw_only=True):
    """With the time in seconds, Zeek's JSON::TS_EPOCH."""

    ts: float


class _DatedLine(_Columns, gc=False, kw_only=True):
    """With the time as date and time in UTC, Zeek's JSON::TS_ISO8601."""

    ts: str


def _json_rows(
    path: Path, blocks: Iterator[Block], options: ReadOptions, tally: Tally, *, dated: bool
) -> Iterator[Rows]:
    decoder = msgspec.json.Decoder(_DatedLine if dated else _Line)
    for block in blocks:
        yield parse_lines(block, decoder, path, options, tally)
