"""GoFlow2's binary messages are the same flows as its JSON lines."""

import json
import random
import re
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.files.goflow2 import read, recognises
from hinomi.collect.files.goflow2_protobuf import MOST_BYTES, MOST_FIELDS, is_delimited
from hinomi.collect.observing import Description
from hinomi.errors import MalformedDocument
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress
from readers import LATEST_MS, read_all, write

NUMBERS = {
    "type": 1, "sampling_rate": 3, "sequence_num": 4, "bytes": 9, "packets": 10, "src_as": 14,
    "in_if": 18, "proto": 20, "src_port": 21, "dst_port": 22, "tcp_flags": 26, "src_mac": 27,
    "etype": 30, "icmp_type": 31, "icmp_code": 32, "ip_flags": 38, "time_received_ns": 110,
    "time_flow_start_ns": 111, "time_flow_end_ns": 112, "flow_direction": 42,
}  # fmt: skip
OLD_TIMES = {"time_received": 2, "time_flow_end": 5, "time_flow_start": 38}
ADDRESSES = {"src_addr": 6, "dst_addr": 7, "sampler_address": 11, "next_hop": 12}
TYPES = {"SFLOW_5": 1, "NETFLOW_V5": 2, "NETFLOW_V9": 3, "IPFIX": 4}
PROTOCOLS = {"TCP": 6, "UDP": 17, "ICMP": 1, "": 0}

FLOW: dict[str, object] = {
    "type": "NETFLOW_V9", "time_received_ns": NOON_MS * 10**6 + 9, "sampling_rate": 1000,
    "sampler_address": "203.0.113.1", "time_flow_start_ns": (NOON_MS - 2500) * 10**6,
    "time_flow_end_ns": (NOON_MS - 500) * 10**6, "bytes": 3000, "packets": 2,
    "src_addr": "192.0.2.1", "dst_addr": "2001:db8::1", "proto": "TCP",
    "src_port": 40000, "dst_port": 443, "tcp_flags": 24,
}  # fmt: skip


def varint(number: int) -> bytes:
    """Encode a number, seven bits a byte, the lowest first."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def text(number: int, content: bytes) -> bytes:
    """Encode a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def message(flow: dict[str, object], *more: bytes) -> bytes:
    """Encode a flow given by the names and values of JSON; zeros are left out (proto3)."""
    parts: list[tuple[int, bytes]] = []
    for name, value in flow.items():
        if name in ADDRESSES:
            if value:
                number = ADDRESSES[name]
                parts.append((number, text(number, ip_address(str(value)).packed)))
            continue
        plain = TYPES.get(str(value), value) if name == "type" else value
        plain = PROTOCOLS.get(str(value), value) if name == "proto" else plain
        number = (NUMBERS | OLD_TIMES)[name]
        if plain:
            parts.append((number, varint(number << 3) + varint(int(str(plain)))))
    return b"".join(part for _, part in sorted(parts)) + b"".join(more)


def framed(*messages: bytes, end: bytes = b"") -> bytes:
    """Put each message behind its length, and *end* behind each."""
    return b"".join(varint(len(each)) + each + end for each in messages)


addresses = st.one_of(
    st.integers(0, 255).map(lambda n: f"192.0.2.{n}"),
    st.integers(0, 2**64 - 1).map(lambda n: str(ip_address(0x20010DB8 << 96 | n))),
)
flows = st.fixed_dictionaries(
    {
        "type": st.sampled_from(sorted(TYPES)),
        "time_received_ns": st.integers(1, LATEST_MS * 10**6),
        "time_flow_start_ns": st.integers(0, LATEST_MS * 10**6),
        "time_flow_end_ns": st.integers(0, LATEST_MS * 10**6),
        "sampling_rate": st.integers(0, 2**31 - 1),
        "sampler_address": addresses,
        "src_addr": addresses,
        "dst_addr": st.one_of(addresses, st.just("")),
        "bytes": st.integers(0, 2**62),
        "packets": st.integers(1, 2**40),
        "proto": st.one_of(st.sampled_from(sorted(PROTOCOLS)), st.integers(2, 255)),
        "src_port": st.integers(0, 65535),
        "dst_port": st.integers(0, 65535),
        "tcp_flags": st.integers(1, 511),
    }
)


@given(st.lists(flows, max_size=20), st.sampled_from([b"", b"\n"]))
def test_messages_are_the_same_flows_as_lines(
    tmp_path_factory: pytest.TempPathFactory, found: list[dict[str, object]], end: bytes
) -> None:
    """Record for record and count for count, with and without a line feed behind each."""
    folder = tmp_path_factory.mktemp("x")
    unknown = text(9999, b"x" * 300) + varint(200 << 3 | 5) + b"1234" + varint(201 << 3 | 1)
    binary = framed(*(message(flow, unknown, b"12345678") for flow in found), end=end)
    lines = "".join(json.dumps(flow) + "\n" for flow in found)
    rows, tally = read_all(read, write(folder / "flows.bin.gz", binary), sampling_interval=7)
    expected, same = read_all(read, write(folder / "flows.json", lines), sampling_interval=7)

    assert rows == expected
    assert (tally.records, tally.dropped) == (same.records, same.dropped)
    assert tally.notes == same.notes | ({"fields-discarded": 1} if found else {})


def test_times_of_version_1_are_seconds(tmp_path: Path) -> None:
    """In fields of their own; in later versions one of these numbers means something else."""
    old = {name: value for name, value in FLOW.items() if not name.endswith("_ns")}
    old |= {
        "time_received": NOON_MS // 1000, "time_flow_start": NOON_MS // 1000 - 4,
        "time_flow_end": NOON_MS // 1000 - 1,
    }  # fmt: skip
    new = FLOW | {"ip_flags": 2}
    path = write(tmp_path / "flows.bin", framed(message(old), message(new)))
    rows, tally = read_all(read, path)

    assert [(row["ts_ms"], row["duration_ms"]) for row in rows] == [
        (NOON_MS - 4000, 3000), (NOON_MS - 2500, 2000),
    ]  # fmt: skip
    assert tally.notes == {}


def test_what_is_not_read_is_counted_once_a_field(tmp_path: Path) -> None:
    """As columns of other formats are."""
    flow = message(FLOW | {"src_as": 64496, "next_hop": "192.0.2.9", "etype": 0x800})
    _, tally = read_all(read, write(tmp_path / "flows.bin", framed(flow, flow)))

    assert tally.notes == {"fields-discarded": 3}


def test_the_bytes_of_a_file_are_all_counted_and_its_pieces_joined(tmp_path: Path) -> None:
    """A file of many pieces gives each message once, in its order."""
    count = 20_000
    parts = [message(FLOW | {"packets": 1 + n}, text(100, bytes(n % 90))) for n in range(count)]
    path = write(tmp_path / "flows.bin", framed(*parts))
    rows, tally = read_all(read, path)

    assert [row["packets"] for row in rows] == list(range(1, count + 1))
    assert tally.bytes_read == path.stat().st_size > 1 << 20


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (message(FLOW, b"\x08" + b"\xff" * 10 + b"\x01"), "a number of more than 64 bits"),
        (message(FLOW, b"\xff" * 9 + b"\x02"), "a number of more than 64 bits"),
        (message(FLOW, b"\x12\x05abc"), "a field that reaches beyond the message"),
        (message(FLOW, b"\x12" + varint(2**64 - 1)), "a field that reaches beyond the message"),
        (message(FLOW, b"\x09123"), "a field that reaches beyond the message"),
        (message(FLOW, b"\x0b"), "a wire type that does not exist"),
        (message(FLOW, b"\x00\x01"), "a wire type that does not exist"),
        (message(FLOW, b"\x32"), "a field that reaches beyond the message"),
        (message(FLOW, varint(6 << 3), b"\x05"), "another wire type than GoFlow2 writes"),
        (message(FLOW, b"\x20\x01" * MOST_FIELDS), f"more than {MOST_FIELDS} fields"),
        (message(FLOW, text(6, b"12345")), "src_addr is not an IP address"),
        (message(FLOW | {"src_port": 65536}), "src_port is above 65535"),
        (message(FLOW | {"packets": 2**64 - 1}), "packets is above"),
        (message(FLOW | {"time_flow_start_ns": 2**61}), "lies in the future"),
    ],
)
def test_a_malformed_message_is_told_with_its_number(
    tmp_path: Path, wrong: bytes, reason: str
) -> None:
    """The message says which one it is; keep_good goes on."""
    good = message(FLOW)
    path = write(tmp_path / "flows.bin", framed(*[good] * 8, wrong, good))

    with pytest.raises(MalformedDocument, match=reason) as caught:
        read_all(read, path)

    assert "row 9" in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert len(rows) == 9
    assert (tally.malformed, tally.records) == (1, 10)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (framed(message(FLOW))[:-1], "ends inside a message"),
        (b"\x80", "ends inside a message"),
        (b"\xff\xff\xff\xff\x0f" + bytes(99), "message 9 has an impossible length"),
        (varint(MOST_BYTES + 1) + bytes(99), "message 9 has an impossible length"),
    ],
)
def test_a_file_that_is_cut_or_damaged_is_told(tmp_path: Path, tail: bytes, reason: str) -> None:
    """Whatever the operator would keep: what follows cannot be found."""
    path = write(tmp_path / "flows.bin", framed(*[message(FLOW)] * 8) + tail)

    with pytest.raises(MalformedDocument, match=reason):
        read_all(read, path, keep_good=True)


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_no_mutation_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, seed: int, changes: int
) -> None:
    """Each message of a damaged file is a record, malformed or dropped, or the file is refused."""
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets.
    head = framed(*[message(FLOW)] * 8)
    raw = bytearray(framed(*[message(FLOW)] * 20))
    for _ in range(changes):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    path = write(tmp_path_factory.mktemp("x") / "flows.bin", head + raw)
    try:
        rows, tally = read_all(read, path, keep_good=True)
    except MalformedDocument as refused:
        said = str(refused)
        found = 0
    else:
        said = "ends inside a message"
        found = tally.records - len(rows) - tally.malformed - sum(tally.dropped.values())

    assert found == 0
    assert re.search("impossible length|ends inside a message", said)


def test_messages_are_recognised_by_what_is_in_them() -> None:
    """All of the first ones must fit, and say when they were received."""
    known = framed(*[message(FLOW)] * 3)
    assert is_delimited(known)
    assert recognises(Path("x"), known)
    assert is_delimited(known + b"\x99")
    for start in (b"", b"\n", known[:-60][:50], framed(b"\x08\x01"), bytes(400), b"a" * 400):
        assert not is_delimited(start)
    assert not is_delimited(known + framed(b"\x0b" * 20))


def test_a_message_came_in_where_its_interface_looks(tmp_path: Path) -> None:
    """A direction of 0 that was written is one; what was left out is not stated."""
    written = varint(42 << 3) + varint(0)
    flows = [
        message(FLOW | {"in_if": 7}),
        message(FLOW | {"in_if": 8, "flow_direction": 1}),
        message(FLOW | {"in_if": 8}, written),
        message(FLOW | {"in_if": 2**32 - 1}),
        message(FLOW),
    ]
    path = write(tmp_path / "flows.bin", framed(*flows))
    roles = {
        7: InterfaceRole.TRANSIT, 8: InterfaceRole.PEERING, 2**32 - 1: InterfaceRole.IGNORED,
        0: InterfaceRole.SUBSCRIBER,
    }  # fmt: skip
    said = Description(roles=roles, counts=CountedDirection.EGRESS)

    rows, tally = read_all(read, path, described={"203.0.113.1": said})
    plain, discarded = read_all(read, path)

    assert [row["ingress"] for row in rows] == [
        Ingress.TRANSIT, Ingress.PEERING, Ingress.SUBSCRIBER,
    ]  # fmt: skip
    assert (tally.dropped, tally.notes) == ({"counted-elsewhere": 2}, {})
    assert [row["ingress"] for row in plain] == [0] * 5
    assert discarded.notes == {"fields-discarded": 2}
