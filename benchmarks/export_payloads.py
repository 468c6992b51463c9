"""Export datagrams to send: made up like softflowd's and switches', or taken from a capture."""

import struct
from pathlib import Path
from typing import Final

import dpkt
import numpy as np
from numpy.typing import NDArray

PROTOCOLS: Final = ("v5", "v9", "ipfix", "sflow")
SAMPLING: Final = 10_000
OWN: Final = 0xC6120000  # 198.18.0.0/15, RFC 2544.
OTHERS: Final = 0xF0000000  # 240.0.0.0/4, RFC 1112.
UPTIME_MS: Final = 86_400_000
TEMPLATES_EVERY: Final = 4  # Datagrams, as softflowd does.

Columns = dict[str, NDArray[np.int64]]
"""Made-up flows, by the names of their fields."""

Fields = tuple[tuple[str, int, str], ...]
"""A layout: name, number of the element, and code of its numbers."""

V5: Final = np.dtype(
    [("src", ">u4"), ("dst", ">u4"), ("hop", ">u4"), ("in_if", ">u2"), ("out_if", ">u2"),
     ("packets", ">u4"), ("bytes", ">u4"), ("first", ">u4"), ("last", ">u4"),
     ("src_port", ">u2"), ("dst_port", ">u2"), ("pad", "u1"), ("flags", "u1"), ("proto", "u1"),
     ("rest", "V9")]
)  # fmt: skip
V9: Final[Fields] = (
    ("src", 8, ">u4"), ("dst", 12, ">u4"), ("last", 21, ">u4"), ("first", 22, ">u4"),
    ("bytes", 1, ">u4"), ("packets", 2, ">u4"), ("in_if", 10, ">u4"), ("out_if", 14, ">u4"),
    ("src_port", 7, ">u2"), ("dst_port", 11, ">u2"), ("proto", 4, "u1"), ("flags", 6, "u1"),
    ("ip", 60, "u1"), ("tos", 5, "u1"),
)  # fmt: skip
IPFIX: Final[Fields] = tuple(
    {"last": ("last", 153, ">u8"), "first": ("first", 152, ">u8")}.get(name, (name, number, code))
    for name, number, code in V9
)
_DATA, _OPTIONS = 1024, 1025  # Numbers of the templates.


def of_capture(path: Path) -> list[bytes]:
    """Give the UDP payloads of a capture of Ethernet or raw IP frames, in their order."""
    payloads = []
    with path.open("rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        is_ethernet = reader.datalink() == dpkt.pcap.DLT_EN10MB
        for _, frame in reader:
            packet = dpkt.ethernet.Ethernet(frame).data if is_ethernet else _raw(frame)
            udp = getattr(packet, "data", None)
            if isinstance(udp, dpkt.udp.UDP):
                payloads.append(bytes(udp.data))
    return payloads


def made_up(
    protocol: str, *, datagrams: int = 1024, records: int = 30, seed: int = 1
) -> list[bytes]:
    """
    Make datagrams up: conversations of own networks with others, each direction in turn.

    Args:
        protocol: One of `PROTOCOLS`.
        datagrams: How many.
        records: Flow records, or samples, in each.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    if protocol == "sflow":
        return [_sflow(draw(rng, records), at) for at in range(datagrams)]
    write = {"v5": _v5, "v9": _v9, "ipfix": _ipfix}[protocol]
    return [write(draw(rng, records), at) for at in range(datagrams)]


def _raw(frame: bytes) -> object:
    return dpkt.ip6.IP6(frame) if frame[0] >> 4 == 6 else dpkt.ip.IP(frame)


def draw(rng: np.random.Generator, count: int) -> Columns:
    """Draw what sampling 1 in 10,000 leaves: nearly always one packet a record."""
    own = OWN + rng.integers(0, 1 << 16, count)
    other = OTHERS + rng.integers(0, 1 << 16, count)
    is_up = np.arange(count) % 2 == 0
    service = rng.choice(np.array([443, 80, 53, 123, 22, 8080]), count)
    client = rng.integers(32_768, 61_000, count)
    packets = rng.choice(np.array([1, 2, 7]), count, p=[0.97, 0.02, 0.01])
    first = UPTIME_MS - rng.integers(1, 60_000, count)
    return {
        "src": np.where(is_up, own, other),
        "dst": np.where(is_up, other, own),
        "src_port": np.where(is_up, client, service),
        "dst_port": np.where(is_up, service, client),
        "in_if": np.where(is_up, 1, 2),
        "out_if": np.where(is_up, 2, 1),
        "packets": packets,
        "bytes": packets * rng.integers(40, 1500, count),
        "first": first,
        "last": np.minimum(first + rng.integers(0, 5_000, count), UPTIME_MS),
        "proto": np.where(service == 53, 17, 6),
        "flags": np.where(service == 53, 0, rng.choice(np.array([0x10, 0x18, 0x02]), count)),
        "ip": np.full(count, 4),
    }


def rows_of(columns: Columns, dtype: np.dtype) -> bytes:
    """Write flows as rows of *dtype*; fields that flows lack are 0."""
    rows = np.zeros(columns["src"].size, dtype)
    for name in set(columns) & set(dtype.names or ()):
        rows[name] = columns[name]
    return rows.tobytes()


def _v5(columns: Columns, _at: int) -> bytes:
    count = columns["src"].size
    mode_and_interval = 1 << 14 | SAMPLING
    head = struct.pack("!HHIIIIBBH", 5, count, UPTIME_MS, 0, 0, 0, 0, 0, mode_and_interval)
    return head + rows_of(columns, V5)


def _v9(columns: Columns, at: int) -> bytes:
    sets, count = [], columns["src"].size
    if at % TEMPLATES_EVERY == 0:
        sets = [
            put_set(0, template_of(V9, _DATA)),
            put_set(1, struct.pack("!9H", _OPTIONS, 4, 8, 1, 4, 34, 4, 35, 1)),
            put_set(_OPTIONS, struct.pack("!IIB", 0, SAMPLING, 2)),
        ]
        count += 3
    sets.append(put_set(_DATA, rows_of(columns, dtype_of(V9))))
    return struct.pack("!HHIIII", 9, count, UPTIME_MS, 0, 0, 0) + b"".join(sets)


def _ipfix(columns: Columns, at: int) -> bytes:
    sets = []
    if at % TEMPLATES_EVERY == 0:
        sets = [
            put_set(2, template_of(IPFIX, _DATA)),
            put_set(3, struct.pack("!9H", _OPTIONS, 3, 1, 149, 4, 34, 4, 35, 1)),
            put_set(_OPTIONS, struct.pack("!IIB", 0, SAMPLING, 2)),
        ]
    sets.append(put_set(_DATA, rows_of(columns, dtype_of(IPFIX))))
    body = b"".join(sets)
    return struct.pack("!HHIII", 10, 16 + len(body), 0, 0, 0) + body


def dtype_of(fields: Fields) -> np.dtype:
    """Give the type of one row of a layout."""
    return np.dtype([(name, code) for name, _, code in fields])


def template_of(fields: Fields, template: int) -> bytes:
    """Write the template record of a layout under a number."""
    described = [struct.pack("!HH", number, np.dtype(code).itemsize) for _, number, code in fields]
    return struct.pack("!HH", template, len(fields)) + b"".join(described)


def put_set(number: int, body: bytes) -> bytes:
    """Write a set of NetFlow v9 or IPFIX, padded."""
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", number, 4 + len(body)) + body


def _sflow(columns: Columns, at: int) -> bytes:
    count = columns["src"].size
    agent = struct.pack("!IIIIIII", 5, 1, 0xC0000201, 0, 0, UPTIME_MS, count)
    return agent + sflow_samples(columns, at)


def sflow_samples(columns: Columns, at: int) -> bytes:
    """Write flow samples of 128-byte Ethernet headers, as a switch does."""
    count = columns["src"].size
    return b"".join(
        _sample({name: int(column[row]) for name, column in columns.items()}, at * count + row)
        for row in range(count)
    )


def _sample(flow: dict[str, int], number: int) -> bytes:
    length = max(flow["bytes"] // flow["packets"], 40)
    ip = struct.pack(
        "!BBHHHBBHII", 0x45, 0, length, 1, 0x4000, 60, flow["proto"], 0, flow["src"], flow["dst"]
    )
    ports = struct.pack("!HH", flow["src_port"], flow["dst_port"])
    tcp = struct.pack("!IIBBHHH", 1, 1, 0x50, flow["flags"], 8192, 0, 0)
    udp = struct.pack("!HH", length - 20, 0)
    ethernet = bytes.fromhex("0200000000010200000000020800")
    frame = ethernet + ip + ports + (tcp if flow["proto"] == 6 else udp)
    frame = frame.ljust(128, b"\0")
    raw = struct.pack("!IIIIII", 1, 16 + len(frame), 1, length + 18, 4, len(frame)) + frame
    head = struct.pack(
        "!IIIIIIII", number, flow["in_if"], SAMPLING, number * SAMPLING & 0xFFFFFFFF, 0,
        flow["in_if"], flow["out_if"], 1,
    )  # fmt: skip
    return struct.pack("!II", 1, len(head) + len(raw)) + head + raw
