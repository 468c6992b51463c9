"""Datagrams as exporters send them, made by hand: NetFlow v5, v9, IPFIX and sFlow v5."""

import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from builders import NOON_MS

Field = tuple[int, int] | tuple[int, int, int]
"""Element, length in bytes, and the enterprise number where there is one."""

Value = int | str | bytes
"""A number; an address as text; octets."""

VARIABLE: Final = 65535
"""Length of a field whose length stands in each record (RFC 7011, section 7)."""

UPTIME_MS: Final = 3_600_000
"""How long the exporters of the tests have been running at `NOON_MS`."""

V4_FLOW: Final[tuple[Field, ...]] = (
    (8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 4), (22, 4), (21, 4),
)  # fmt: skip
"""Addresses, ports, protocol, flags, packets, bytes, first and last by uptime."""

_SET_TEMPLATE: Final = {9: 0, 10: 2}
_SET_OPTIONS: Final = {9: 1, 10: 3}


def v4_flow(**changed: Value) -> list[Value]:
    """Give the values of one flow in the layout `V4_FLOW`, of 10 packets and 1,000 bytes."""
    value: dict[str, Value] = {
        "src": "192.0.2.1",
        "dst": "198.51.100.1",
        "src_port": 40_000,
        "dst_port": 443,
        "proto": 6,
        "flags": 0x18,
        "packets": 10,
        "bytes": 1_000,
        "first": UPTIME_MS - 10_000,
        "last": UPTIME_MS - 5_000,
    }
    assert set(changed) <= set(value), changed
    return list((value | changed).values())


def v5_record(**changed: Value) -> bytes:
    """Lay one record of NetFlow v5 out, of the same flow as `v4_flow`."""
    value: dict[str, Value] = {
        "src": "192.0.2.1",
        "dst": "198.51.100.1",
        "next_hop": "0.0.0.0",  # noqa: S104 - an address in a record, nothing is bound to it.
        "in_if": 1,
        "out_if": 2,
        "packets": 10,
        "bytes": 1_000,
        "first": UPTIME_MS - 10_000,
        "last": UPTIME_MS - 5_000,
        "src_port": 40_000,
        "dst_port": 443,
        "pad": 0,
        "flags": 0x18,
        "proto": 6,
        "tail": bytes(9),
    }
    assert set(changed) <= set(value), changed
    widths = (4, 4, 4, 2, 2, 4, 4, 4, 4, 2, 2, 1, 1, 1, 9)
    return record(widths, list((value | changed).values()))


def v5(
    *records: bytes,
    sequence: int = 0,
    sampling: int = 0,
    uptime_ms: int = UPTIME_MS,
    export_ms: int = NOON_MS,
    engine: int = 0,
    count: int | None = None,
) -> bytes:
    """Put records of NetFlow v5 into a datagram; *sampling* is the header's raw 16 bits."""
    head = struct.pack(
        ">HHIIIIHH",
        5,
        len(records) if count is None else count,
        uptime_ms % 2**32,
        export_ms // 1000,
        export_ms % 1000 * 1_000_000,
        sequence,
        engine,
        sampling,
    )
    return head + b"".join(records)


def v9(
    *sets: bytes,
    domain: int = 0,
    sequence: int = 0,
    uptime_ms: int = UPTIME_MS,
    export_ms: int = NOON_MS,
    count: int | None = None,
) -> bytes:
    """Put sets into a datagram of NetFlow v9; exporters count records, and many wrongly."""
    stated = len(sets) if count is None else count
    head = struct.pack(">HHIIII", 9, stated, uptime_ms % 2**32, export_ms // 1000, sequence, domain)
    return head + b"".join(sets)


def ipfix(
    *sets: bytes,
    domain: int = 0,
    sequence: int = 0,
    export_ms: int = NOON_MS,
    length: int | None = None,
) -> bytes:
    """Put sets into a message of IPFIX; *length* is what its header claims, if not the truth."""
    body = b"".join(sets)
    stated = 16 + len(body) if length is None else length
    return struct.pack(">HHIII", 10, stated, export_ms // 1000, sequence, domain) + body


def flow_set(number: int, body: bytes, *, length: int | None = None, padding: int = 0) -> bytes:
    """Put a header before a set's body; *length* is what it claims, if not the truth."""
    stated = 4 + len(body) + padding if length is None else length
    return struct.pack(">HH", number, stated) + body + bytes(padding)


def template(number: int, fields: Sequence[Field], *, version: int = 9, padding: int = 0) -> bytes:
    """Describe the layout *number* in a template set."""
    body = struct.pack(">HH", number, len(fields)) + b"".join(map(_specifier, fields))
    return flow_set(_SET_TEMPLATE[version], body, padding=padding)


def withdrawal(number: int) -> bytes:
    """Withdraw a template of IPFIX (RFC 7011, section 8.1)."""
    return flow_set(2, struct.pack(">HH", number, 0))


def options_template(
    number: int, scope: Sequence[Field], fields: Sequence[Field], *, version: int = 9
) -> bytes:
    """Describe the layout *number* of options; v9 scopes are (type, length)."""
    specifiers = b"".join(map(_specifier, (*scope, *fields)))
    if version == 9:
        head = struct.pack(">HHH", number, 4 * len(scope), 4 * len(fields))
    else:
        head = struct.pack(">HHH", number, len(scope) + len(fields), len(scope))
    padding = -(len(head) + len(specifiers)) % 4
    return flow_set(_SET_OPTIONS[version], head + specifiers, padding=padding)


def data(number: int, fields: Sequence[Field], *rows: Sequence[Value], padding: int = 0) -> bytes:
    """Lay rows of values out in a data set of layout *number*."""
    widths = [field[1] for field in fields]
    return flow_set(number, b"".join(record(widths, row) for row in rows), padding=padding)


def record(widths: Sequence[int], row: Sequence[Value]) -> bytes:
    """Lay one record out: each value in its width."""
    return b"".join(_laid(value, width) for value, width in zip(row, widths, strict=True))


def flows(*rows: Sequence[Value], number: int = 256) -> bytes:
    """Lay flows in the layout `V4_FLOW` out in a data set; without rows one of `v4_flow`."""
    return data(number, V4_FLOW, *(rows or (v4_flow(),)))


def sflow(
    *samples: bytes,
    agent: str = "192.0.2.254",
    sub_agent: int = 0,
    sequence: int = 1,
    uptime_ms: int = UPTIME_MS,
    count: int | None = None,
) -> bytes:
    """Put samples into a datagram of sFlow version 5."""
    address = ip_address(agent)
    head = struct.pack(">II", 5, 1 if address.version == 4 else 2) + address.packed
    stated = len(samples) if count is None else count
    head += struct.pack(">IIII", sub_agent, sequence, uptime_ms, stated)
    return head + b"".join(samples)


def flow_sample(
    header: bytes,
    *,
    rate: int = 1_000,
    frame_bytes: int | None = None,
    in_if: int = 1,
    out_if: int = 2,
    sequence: int = 1,
    expanded: bool = False,
    protocol: int = 1,
    header_bytes: int | None = None,
) -> bytes:
    """
    Describe one sampled packet by the raw header record.

    Args:
        header: The frame's first bytes.
        rate: 1 in so many.
        frame_bytes: Length of the whole frame; of the header if None.
        in_if: Interface, raw: format and value in one number where not *expanded*.
        out_if: As *in_if*.
        sequence: Of the data source.
        expanded: The sample's long form (type 3).
        protocol: 1 Ethernet, 11 IPv4, 12 IPv6.
        header_bytes: What the record claims to be the header's length.
    """
    frame = len(header) if frame_bytes is None else frame_bytes
    stated = len(header) if header_bytes is None else header_bytes
    raw = struct.pack(">IIII", protocol, frame, 0, stated) + header + bytes(-len(header) % 4)
    records = struct.pack(">II", 1, len(raw)) + raw
    if expanded:
        body = struct.pack(">IIIIIIIIIII", sequence, 0, 1, rate, 1, 0, 0, in_if, 0, out_if, 1)
    else:
        body = struct.pack(">IIIIIIII", sequence, 1, rate, 1, 0, in_if, out_if, 1)
    return sample(3 if expanded else 1, body + records)


def sample(kind: int, body: bytes) -> bytes:
    """Put a sample's type and length before it."""
    return struct.pack(">II", kind, len(body)) + body


def counter_sample() -> bytes:
    """Give a sample of an interface's counters, which describes no packet."""
    counters = struct.pack(">II", 1, 88) + bytes(88)
    return sample(2, struct.pack(">III", 1, 1, 1) + counters)


def frame(
    *,
    src: str = "192.0.2.1",
    dst: str = "198.51.100.1",
    proto: int = 6,
    ports: tuple[int, int] = (40_000, 443),
    flags: int = 0x18,
    payload: int = 100,
    vlans: Sequence[int] = (),
) -> bytes:
    """Make an Ethernet frame with an IPv4 or IPv6 packet of TCP, UDP or another protocol."""
    if proto == 6:
        inner = struct.pack(">HHIIBBHHH", *ports, 0, 0, 0x50, flags, 0, 0, 0)
    elif proto == 17:
        inner = struct.pack(">HHHH", *ports, 8 + payload, 0)
    else:
        inner = bytes(8)
    inner += bytes(payload)
    source, target = ip_address(src), ip_address(dst)
    if source.version == 4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(inner), 0, 0, 64, proto, 0)
        ethertype = 0x0800
    else:
        head = struct.pack(">IHBB", 0x60000000, len(inner), proto, 64)
        ethertype = 0x86DD
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    packet = head + source.packed + target.packed + inner
    return bytes(12) + tags + struct.pack(">H", ethertype) + packet


def _specifier(field: Field) -> bytes:
    if len(field) == 2:
        return struct.pack(">HH", *field)
    number, length, enterprise = field
    return struct.pack(">HHI", number | 0x8000, length, enterprise)


def _laid(value: Value, width: int) -> bytes:
    if isinstance(value, str):
        value = ip_address(value).packed
    if width == VARIABLE:
        octets = value if isinstance(value, bytes) else value.to_bytes(4, "big")
        if len(octets) < 255:
            return bytes([len(octets)]) + octets
        return b"\xff" + len(octets).to_bytes(2, "big") + octets
    if isinstance(value, bytes):
        assert len(value) == width, (value, width)
        return value
    return value.to_bytes(width, "big")


def udp_packet(payload: bytes, source: str = "203.0.113.1", proto: int = 17) -> bytes:
    """Send a payload by UDP over IPv4, or what another protocol makes of the same bytes."""
    body = struct.pack(">HHHH", 5000, 2055, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, proto, 0)
    return head + ip_address(source).packed + ip_address("192.0.2.9").packed + body


def capture_of(*packets: bytes, at_ms: int = NOON_MS) -> bytes:
    """Give a pcap file of IP packets, all captured at one time."""
    parts = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    for each in packets:
        head = (at_ms // 1000, at_ms % 1000 * 1000, len(each), len(each))
        parts.append(struct.pack("<IIII", *head) + each)
    return b"".join(parts)
