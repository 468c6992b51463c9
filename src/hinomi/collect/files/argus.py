"""
Argus flows as ``ra`` prints them (binetflow): CSV or TSV with a header, plain or gzip.

Argus counts bytes of the Ethernet frame; 14 a packet are taken off to reach the IP layer.

Source: ra(1), section "fields"; the ICMP ports by comparison with the State column of the
CTU captures (0x0303 is URP: port unreachable, type 3 code 3; 0x0103 is URH: type 3 code 1).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

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
    named,
    protocol_number,
    real_numbers,
    starts,
    whole_numbers,
    without,
)
from hinomi.collect.files.delimited import Layout, Rows, headed, settle
from hinomi.collect.files.flows import NOT_IP, Flows, batches, constant, one_exporter
from hinomi.collect.files.icmp import answer_ports
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import read_blocks
from hinomi.errors import MalformedDocument
from hinomi.model.flow import UNKNOWN_FLAGS, UNKNOWN_INTERVAL
from hinomi.model.protocol import Protocol

_REQUIRED: Final = (
    "StartTime", "Proto", "SrcAddr", "DstAddr", "TotPkts", "TotBytes", "SrcBytes",
)  # fmt: skip
_WANTED: Final = frozenset(_REQUIRED) | {"Dur", "Sport", "Dport", "State", "SrcPkts"}
_PAYLOAD: Final = frozenset({"srcudata", "dstudata", "suser", "duser"})

_ETHERNET_BYTES: Final = 14
_OVER_UDP: Final = {"rtp": 17, "rtcp": 17, "udt": 17}
"""Applications that Argus recognises inside UDP and prints in place of the protocol."""

_MAC: Final = r"^[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}$"
_STATE: Final = re.compile(r"([FSRPAUECW]*)_([FSRPAUECW]*)")
_FLAGS: Final = {
    "F": 0x01, "S": 0x02, "R": 0x04, "P": 0x08, "A": 0x10, "U": 0x20, "E": 0x40, "C": 0x80,
    "W": 0x80,
}  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def recognises(_path: Path, start: bytes) -> bool:
    """Tell a binetflow file by its header."""
    header = start.split(b"\n", 1)[0]
    names = re.split(rb"[,\t]", header.strip())
    return {name.encode() for name in _REQUIRED} <= set(names)


def read(path: Path, options: ReadOptions, tally: Tally) -> Iterator[pa.RecordBatch]:
    """
    Yield the flow records of a binetflow file, both directions of each line.

    Columns with user data are discarded at decoding and counted. Where the file does not
    say who sent how many packets they are split in proportion to bytes, and counted.

    Raises:
        MalformedDocument: With file and line, as `reading.Read` says.
    """
    header, blocks = headed(read_blocks(path, tally))
    if not header:
        return
    layout = _layout(path, header)
    payload = sum(name.lower() in _PAYLOAD for name in layout.names)
    if payload:
        tally.notes["payload-columns-discarded"] += payload
    for block in blocks:
        rows = layout.parse(block, options, tally)
        yield from _records(_only_ip(rows, tally), path, options, tally)


def _layout(path: Path, header: bytes) -> Layout:
    try:
        text = header.decode()
    except UnicodeDecodeError:
        raise MalformedDocument("is not UTF-8 text", str(path), 1) from None
    delimiter = "," if "," in text else "\t"
    names = tuple(name.strip() for name in text.split(delimiter))
    for name in _REQUIRED:
        if name not in names:
            raise MalformedDocument(f"the header lacks {name}; is it a binetflow?", str(path), 1)
    has_payload = any(name.lower() in _PAYLOAD for name in names)
    return Layout(path, names, _WANTED, delimiter, quoted=False, checks_all=not has_payload)


def _only_ip(rows: Rows, tally: Tally) -> Rows:
    """Drop and count what is not IP: arp, llc and man rows, and MAC addresses."""
    proto = named(rows.column("Proto"), _protocol, missing=-1, wrong=-1)
    keeps = proto >= 0
    for name in ("SrcAddr", "DstAddr"):
        mac = pc.match_substring_regex(rows.column(name), _MAC).fill_null(False)  # noqa: FBT003
        keeps &= ~mac.to_numpy(zero_copy_only=False).astype(bool)
    others = rows.count - int(np.count_nonzero(keeps))
    if others:
        tally.dropped[NOT_IP] += others
    return rows.where(keeps)


def _protocol(name: str) -> int | None:
    return _OVER_UDP.get(name) or protocol_number(name)


def _records(
    rows: Rows, path: Path, options: ReadOptions, tally: Tally
) -> Iterator[pa.RecordBatch]:
    faults = Faults(rows.count)
    ts_ms = starts(_times_ms(rows.column("StartTime"), faults), "StartTime", faults, options, tally)
    lengths = real_numbers(without(rows.column("Dur"), ()), "Dur", faults, missing=0.0)
    source = addresses(rows.column("SrcAddr"), "SrcAddr", faults)
    target = addresses(rows.column("DstAddr"), "DstAddr", faults)
    proto = named(rows.column("Proto"), _protocol, missing=0, wrong=0)
    there_ports, back_ports = _ports(rows, proto, faults)
    there, back, split = _counters(rows, faults)
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
        tcp_flags=_flags(rows, side=0),
        packets=there[0],
        bytes=there[1],
        duration_ms=durations(lengths * 1000, "Dur", faults, tally),
        counts_scaled=constant(rows.count, 0),
        ingress=constant(rows.count, 0),
        exporter=one_exporter(rows.count, options.exporter),
    )
    answers = flows.turned(
        packets=back[0],
        octets=back[1],
        tcp_flags=_flags(rows, side=1),
        src_port=back_ports[0],
        dst_port=back_ports[1],
    )
    good = settle(rows, faults, path, options, tally)
    if (split & good).any():
        tally.notes["packets-split-by-bytes"] += int(np.count_nonzero(split & good))
    names = [] if options.exporter is None else [options.exporter]
    yield from batches((flows, answers), good, tally, names, options)


def _times_ms(column: pa.Array, faults: Faults) -> Floats:
    """Read ``2016/09/09 12:00:00.123456`` (UTC) or seconds since the epoch."""
    dashed = pc.replace_substring(column, "/", "-")
    try:
        moments = dashed.cast(pa.timestamp("us")).cast(pa.int64())
    except pa.ArrowInvalid:
        coded = column.dictionary_encode()
        table = pa.array([_time_us(text) for text in coded.dictionary.to_pylist()], pa.float64())
        moments = table.take(coded.indices)
        wrong = moments.is_null().to_numpy(zero_copy_only=False).astype(bool)
        faults.add(wrong, "StartTime is not a time")
        moments = moments.fill_null(0)
    times: Floats = moments.to_numpy(zero_copy_only=False) / 1000.0
    return times


def _time_us(text: str) -> float | None:
    try:
        if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]+)?", text):
            return float(text) * 1e6
        moment = datetime.fromisoformat(text.replace("/", "-")).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) / timedelta(microseconds=1)


def _ports(rows: Rows, proto: Ints, faults: Faults) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """
    Give (source, destination) ports for the way there and the way back.

    For ICMP ``Sport`` holds code x 256 + type and ``Dport`` the identifier; for ICMPv6 they
    hold type and code.
    """
    sport, dport = _port(rows, "Sport", faults), _port(rows, "Dport", faults)
    nothing = np.zeros_like(sport)
    source = np.where(has_ports(proto), sport, nothing)
    target = np.where(has_ports(proto), dport, nothing)
    code = np.where(proto == Protocol.ICMP, sport >> 8, np.where(dport <= 0xFF, dport, 0))  # noqa: PLR2004 - a byte.
    type_code = (sport & 0xFF) * 256 + code
    icmp = is_icmp(proto)
    return (
        (source, np.where(icmp, type_code, target)),
        (target, np.where(icmp, answer_ports(type_code), source)),
    )


def _port(rows: Rows, name: str, faults: Faults) -> Ints:
    """Read a port in decimal or as ``0x000b``; blank where the protocol has none."""
    return whole_numbers(without(rows.column(name), ()), name, faults, most=MOST_PORT)


def _counters(rows: Rows, faults: Faults) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints], Bools]:
    """Give packets and bytes of each side, and which rows were split by bytes."""
    packets = whole_numbers(rows.column("TotPkts"), "TotPkts", faults, missing=None)
    octets = whole_numbers(rows.column("TotBytes"), "TotBytes", faults, missing=None)
    there_bytes = whole_numbers(rows.column("SrcBytes"), "SrcBytes", faults, missing=None)
    faults.add(there_bytes > octets, "SrcBytes is above TotBytes")
    back_bytes = np.maximum(octets - there_bytes, 0)
    stated = whole_numbers(without(rows.column("SrcPkts"), ()), "SrcPkts", faults, missing=-1)
    faults.add(stated > packets, "SrcPkts is above TotPkts")
    there = np.where(stated >= 0, stated, split_packets(packets, there_bytes, back_bytes))
    back = np.maximum(packets - there, 0)
    split = (stated < 0) & (there_bytes > 0) & (back_bytes > 0) & (packets > 0)
    return (there, _ip_bytes(there_bytes, there)), (back, _ip_bytes(back_bytes, back)), split


def split_packets(packets: Ints, there_bytes: Ints, back_bytes: Ints) -> Ints:
    """
    Split packets between two directions in proportion to their bytes.

    Args:
        packets: Of both directions, shape (n,), >= 0.
        there_bytes: Bytes one way, shape (n,), >= 0.
        back_bytes: Bytes the other way, shape (n,), >= 0.

    Returns:
        Packets of the way there, shape (n,): at least 1 on each side that has bytes, as far
        as there are packets; a single packet goes to the side with more bytes.
    """
    octets = there_bytes + back_bytes
    share = np.divide(there_bytes, octets, out=np.ones(octets.size), where=octets > 0)
    least = ((there_bytes > 0) & (packets > 1)).astype(np.int64)
    most = packets - ((back_bytes > 0) & (packets > 1))
    there: Ints = np.clip(np.rint(packets * share).astype(np.int64), least, most)
    return there


def _ip_bytes(octets: Ints, packets: Ints) -> Ints:
    inner: Ints = np.maximum(octets - _ETHERNET_BYTES * packets, 0)
    return inner


def state_flags(state: str, side: int) -> int:
    """
    Give the TCP flags of one side from a state such as ``SRPA_FSPA``.

    Args:
        state: As Argus prints it; other forms (``CON``, ``FIN``) say nothing of flags.
        side: 0 the source (before the underscore), 1 the destination.

    Returns:
        The OR of the flags, or `UNKNOWN_FLAGS`.
    """
    match = _STATE.fullmatch(state)
    if match is None:
        return UNKNOWN_FLAGS
    flags = 0
    for letter in match[side + 1]:
        flags |= _FLAGS[letter]
    return flags or UNKNOWN_FLAGS


def _flags(rows: Rows, *, side: int) -> Ints:
    return named(
        rows.column("State"),
        lambda state: state_flags(state, side),
        missing=UNKNOWN_FLAGS,
        wrong=UNKNOWN_FLAGS,
    )
