"""
The packet of each flow sample, out of the records that describe it.

The first bytes of the packet tell most; without them, or where they are of no use, the
addresses and ports that some agents send apart. All other records are dropped unread.

Source: sFlow version 5, section 5 (flow_data: sampled_header, sampled_ipv4, sampled_ipv6).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.files.packets import WITH_PORTS
from hinomi.collect.wire.datagrams import Places, read_rows
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.packets.headers import Link, parse
from hinomi.collect.wire.packets.network import PacketHeaders
from hinomi.collect.wire.sflow.samples import FlowSamples
from hinomi.collect.wire.sflow.xdr import Items, walk
from hinomi.model.address import V4_PREFIX
from hinomi.model.flow import UNKNOWN_FLAGS
from hinomi.model.protocol import Protocol

MALFORMED_RECORD: Final = "malformed-record"
"""Flow samples with a record that is too short or leaves them, or fewer than they claim."""

MALFORMED_FRAME: Final = "malformed-frame"
"""Sampled headers that claim more bytes than their record has; those there are read."""

RECORDS_OVER_LIMIT: Final = "sflow-records-over-limit"
"""Flow samples of which the records beyond `MOST_RECORDS` are not looked at."""

RECORDS_DISCARDED: Final = "sflow-records-discarded"
"""Records of flow samples that are not read: switch, router, gateway, tunnels, vendors' own."""

PAYLOAD_DISCARDED: Final = "sflow-payload-discarded"
"""Records that carry content: users, URLs, requests of applications. They are never read."""

BYTES_DISCARDED: Final = "packet-bytes-discarded"
"""Bytes of sampled packets behind the headers that are read."""

NO_HEADER: Final = "sflow-samples-without-header"
"""Flow samples that describe no packet which could be read."""

NOT_IP: Final = "not-ip"
"""Sampled packets without an IP header."""

HEADERS_CUT: Final = "ip-headers-cut"
"""Sampled packets cut before the end of their IP header."""

TRANSPORT_CUT: Final = "transport-headers-cut"
"""Sampled packets cut inside their transport header: ports or TCP flags are unknown."""

MOST_RECORDS: Final = 32
"""Records of one sample that are looked at; there are some twenty kinds."""

MOST_FRAME: Final = 1 << 19
"""Bytes of the largest frame: what segmentation offload hands on at once."""

_HEADER, _IPV4, _IPV6 = 1, 3, 4
_DISCARDED, _PAYLOAD, _WANTED = 0, 1, 2

_FATES: Final = np.full(2304, _DISCARDED, np.int8)
_FATES[[1004, 1005, 1013, 2200, 2201, 2202, 2206, 2207]] = _PAYLOAD
_FATES[[_HEADER, _IPV4, _IPV6]] = _WANTED
"""What becomes of records by their tag: content are those of users, URLs, 802.11 payload,
memcache, HTTP and application operations."""

_MOST_PROTO: Final = 255
_MOST_PACKET: Final = 65_575  # IPv6, 40 bytes and the most its length can state.

_LINKS: Final = np.zeros(32, np.int8)
_LINKS[[1, 7, 10, 11, 12, 13, 14]] = [
    Link.ETHERNET, Link.PPP, Link.IP, Link.IP, Link.IP, Link.MPLS, Link.PPP,
]  # fmt: skip
"""By header_protocol: Ethernet, PPP, AAL5 with IP, IPv4, IPv6, MPLS, packet over SONET."""

_FIXED: Final = np.dtype(
    {
        "names": ["protocol", "frame", "stripped", "size"],
        "formats": [">u4"] * 4,
        "offsets": [0, 4, 8, 12],
        "itemsize": 16,
    }
)
_V4: Final = np.dtype(
    {
        "names": ["length", "proto", "src_lo", "dst_lo", "src_port", "dst_port", "flags"],
        "formats": [">u4"] * 7,
        "offsets": [0, 4, 8, 12, 16, 20, 24],
        "itemsize": 32,
    }
)
_V6: Final = np.dtype(
    {
        "names": [
            *("length", "proto"),
            *("src_hi", "src_lo", "dst_hi", "dst_lo"),
            *("src_port", "dst_port", "flags"),
        ],
        "formats": [">u4"] * 2 + [">i8"] * 4 + [">u4"] * 3,
        "offsets": [0, 4, 8, 16, 24, 32, 40, 44, 48],
        "itemsize": 56,
    }
)
_APART: Final = {_IPV4: _V4, _IPV6: _V6}

_LEAST: Final = np.array([0, _FIXED.itemsize, 0, _V4.itemsize, _V6.itemsize])
"""Bytes of a record by its tag."""


def read_packets(
    buffer: NDArray[np.uint8], samples: FlowSamples, exporter: NDArray[np.int32], ledger: Ledger
) -> PacketHeaders:
    """
    Read the packet of each of n flow samples.

    Args:
        buffer: Of the batch.
        samples: Where their records are.
        exporter: Number of the exporter of each sample, shape (n,).
        ledger: Where is counted what is left out.

    Returns:
        The headers of each packet; `is_ip` is False where there is none to read, and the
        ledger says why.
    """
    walked = walk(buffer, samples.begin, samples.end, samples.records, most=MOST_RECORDS)
    ledger.add_rows(exporter[walked.broken], MALFORMED_RECORD)
    ledger.add_rows(exporter[walked.crowded], RECORDS_OVER_LIMIT)
    records = walked.items
    count = len(samples)
    is_header = (records.tag == _HEADER) & (records.size >= _FIXED.itemsize)
    first = _first_of_each(records, is_header, count)
    is_used = np.zeros(len(records), np.bool_)
    is_used[first] = True
    chosen = records if is_used.all() else records.take(first)
    packets = _read_headers(buffer, chosen, count, exporter, ledger)
    if not packets.is_ip.all():
        has_header = np.zeros(count, np.bool_)
        has_header[chosen.row] = True
        for tag in _APART:
            _read_apart(buffer, records, tag, packets, is_used)
        missing = ~packets.is_ip
        ledger.add_rows(exporter[missing & ~has_header], NO_HEADER)
        ledger.add_rows(exporter[missing & has_header & packets.is_whole], NOT_IP)
        ledger.add_rows(exporter[missing & has_header & ~packets.is_whole], HEADERS_CUT)
    if not packets.is_whole.all():
        ledger.add_rows(exporter[packets.is_ip & ~packets.is_whole], TRANSPORT_CUT)
    if chosen is not records:
        _count_unused(records.take(~is_used), exporter, ledger)
    return packets


def _first_of_each(records: Items, which: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Give the places of the first record *which* of each of *count* samples, in their order."""
    places = np.flatnonzero(which)
    first = np.full(count, -1, np.int64)
    first[records.row[places[::-1]]] = places[::-1]  # Of several the last write stays.
    return first if places.size == count and first.min(initial=0) >= 0 else first[first >= 0]


def _count_unused(records: Items, exporter: NDArray[np.int32], ledger: Ledger) -> None:
    """Count the records that were not read, by what they are."""
    fate = _FATES.take(records.tag, mode="clip")
    fate[records.tag >= _FATES.size] = _DISCARDED
    is_malformed = (fate == _WANTED) & (records.size < _LEAST.take(records.tag, mode="clip"))
    ledger.add_rows(exporter[records.row[is_malformed]], MALFORMED_RECORD)
    fate[(fate == _WANTED) & ~is_malformed] = _DISCARDED
    ledger.add_rows(exporter[records.row[fate == _PAYLOAD]], PAYLOAD_DISCARDED)
    ledger.add_rows(exporter[records.row[fate == _DISCARDED]], RECORDS_DISCARDED)


def _read_headers(
    buffer: NDArray[np.uint8],
    records: Items,
    count: int,
    exporter: NDArray[np.int32],
    ledger: Ledger,
) -> PacketHeaders:
    """Read the packets whose first bytes were sent, at most one of each of *count* samples."""
    rows = read_rows(buffer, records.start, _FIXED)
    link = _LINKS.take(rows["protocol"].astype(np.int64), mode="clip")
    size, room = rows["size"].astype(np.int64), records.size - _FIXED.itemsize
    too_long = size > room
    if too_long.any():
        ledger.add_rows(exporter[records.row[too_long]], MALFORMED_FRAME)
        size = np.minimum(size, room)
    whole = rows["frame"].astype(np.int64) - rows["stripped"]
    whole = np.where((whole >= size) & (whole <= MOST_FRAME), whole, size)
    found = parse(buffer, records.start + _FIXED.itemsize, size, link, whole=whole)
    ledger.add_rows(exporter[records.row], BYTES_DISCARDED, size - found.used)
    if len(records) == count:
        return found
    packets = PacketHeaders.nothing(np.ones(count, np.bool_))
    packets.put(records.row, found)
    return packets


def _read_apart(
    buffer: NDArray[np.uint8],
    records: Items,
    tag: int,
    packets: PacketHeaders,
    is_used: NDArray[np.bool_],
) -> None:
    """Fill in from the records *tag* what no packet header told."""
    layout = _APART[tag]
    is_wanted = (records.tag == tag) & (records.size >= layout.itemsize)
    places = _first_of_each(records, is_wanted & ~packets.is_ip[records.row], packets.is_ip.size)
    if not places.size:
        return
    rows = read_rows(buffer, records.start[places], layout)
    is_sound = (rows["proto"] <= _MOST_PROTO) & (rows["length"] <= _MOST_PACKET)
    is_used[places] = is_sound
    _put(packets, records.row[places[is_sound]], rows[is_sound])


def _put(packets: PacketHeaders, row: Places, found: NDArray[np.void]) -> None:
    """Write the packets that were described apart to the samples *row*."""
    proto = found["proto"].astype(np.int16)
    has_ports = np.isin(proto, list(WITH_PORTS))
    packets.is_ip[row] = True
    packets.is_whole[row] = True
    packets.proto[row] = proto
    if "src_hi" in (found.dtype.names or ()):
        for name in ("src_hi", "src_lo", "dst_hi", "dst_lo"):
            getattr(packets, name)[row] = found[name]
    else:
        packets.src_lo[row] = V4_PREFIX | found["src_lo"].astype(np.int64)
        packets.dst_lo[row] = V4_PREFIX | found["dst_lo"].astype(np.int64)
    packets.src_port[row] = np.where(has_ports, found["src_port"] & 0xFFFF, 0)
    packets.dst_port[row] = np.where(has_ports, found["dst_port"] & 0xFFFF, 0)
    packets.tcp_flags[row] = np.where(
        proto == Protocol.TCP, found["flags"].astype(np.int64) & 0xFF, UNKNOWN_FLAGS
    )
    packets.length[row] = found["length"]
