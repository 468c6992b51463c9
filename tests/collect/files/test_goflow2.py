"""GoFlow2's lines, of both versions, become flow records."""

import json
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.collect.files.goflow2 import read, recognises
from hinomi.collect.observing import Description
from hinomi.errors import MalformedDocument
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress
from readers import read_all, write

FLOW = {
    "type": "NETFLOW_V9", "time_received_ns": NOON_MS * 10**6 + 9, "sampling_rate": 1000,
    "sampler_address": "203.0.113.1", "time_flow_start_ns": (NOON_MS - 2500) * 10**6,
    "time_flow_end_ns": (NOON_MS - 500) * 10**6, "bytes": 3000, "packets": 2,
    "src_addr": "192.0.2.1", "dst_addr": "2001:db8::1", "etype": "IPv4", "proto": "TCP",
    "src_port": 40000, "dst_port": 443, "tcp_flags": 24, "src_mac": "00:00:00:00:00:00",
}  # fmt: skip
FOUND = {
    "ts_ms": NOON_MS - 2500, "exporter": "203.0.113.1", "sampling_interval": 1000,
    "counts_scaled": 0, "proto": 6, "src": "192.0.2.1", "dst": "2001:db8::1", "src_port": 40000,
    "dst_port": 443, "tcp_flags": 24, "packets": 2, "bytes": 3000, "duration_ms": 2000,
    "ingress": 0,
}  # fmt: skip
OLD = {
    "Type": "IPFIX", "TimeReceived": NOON_MS // 1000, "TimeFlowStart": NOON_MS // 1000 - 4,
    "TimeFlowEnd": NOON_MS // 1000 - 1, "Bytes": 70, "Packets": 1, "SamplingRate": 100,
    "SamplerAddress": "203.0.113.1", "DstAddr": "198.51.100.1", "SrcAddr": "192.0.2.1",
    "Etype": 2048, "EtypeName": "IPv4", "Proto": 17, "ProtoName": "UDP", "SrcPort": 9,
    "DstPort": 53, "TCPFlags": 0,
}  # fmt: skip


def lines(*flows: dict[str, object]) -> str:
    """Lay flows out one JSON object a line."""
    return "".join(json.dumps(flow) + "\n" for flow in flows)


def test_a_line_becomes_one_record(tmp_path: Path) -> None:
    """Names, nanoseconds and the line's own sampling rate are taken."""
    path = write(tmp_path / "flows.json.gz", lines(FLOW))
    rows, tally = read_all(read, path, sampling_interval=7)

    assert rows == [FOUND]
    assert tally.records == 1


def test_lines_of_version_1_are_read_too(tmp_path: Path) -> None:
    """Their names are in camel case and their times in seconds."""
    rows, _ = read_all(read, write(tmp_path / "flows.json", lines(OLD)))

    assert rows == [
        {
            "ts_ms": NOON_MS - 4000, "exporter": "203.0.113.1", "sampling_interval": 100,
            "counts_scaled": 0, "proto": 17, "src": "192.0.2.1", "dst": "198.51.100.1",
            "src_port": 9, "dst_port": 53, "tcp_flags": -1, "packets": 1, "bytes": 70,
            "duration_ms": 3000, "ingress": 0,
        }
    ]  # fmt: skip


def test_sflow_loses_the_ethernet_header(tmp_path: Path) -> None:
    """The length of sFlow is that of the frame with its check sequence."""
    flow = FLOW | {"type": "SFLOW_5", "bytes": 1518, "packets": 1}
    rows, _ = read_all(read, write(tmp_path / "flows.json", lines(flow)))

    assert rows[0]["bytes"] == 1500


def test_what_a_line_does_not_say_is_filled(tmp_path: Path) -> None:
    """Without a start the time of receipt counts; without flags they are unknown."""
    bare = {name: FLOW[name] for name in ("src_addr", "dst_addr", "time_received_ns")}
    path = write(tmp_path / "flows.json", lines(bare | {"proto": 6, "sampling_rate": 0}))
    (row,), tally = read_all(read, path, sampling_interval=7, exporter="edge-1")

    assert (row["ts_ms"], row["tcp_flags"], row["packets"], row["proto"]) == (NOON_MS, -1, 1, 6)
    assert (row["exporter"], row["sampling_interval"]) == ("edge-1", 7)
    assert tally.notes == {"packets-assumed": 1}


@pytest.mark.parametrize(
    ("proto", "number"), [("ICMPv6", 58), ("ICMP", 1), ("SCTP", 132), (47, 47), ("", 255)]
)
def test_protocols_are_names_or_numbers(tmp_path: Path, proto: str | int, number: int) -> None:
    """GoFlow2 names five protocols and leaves the others blank."""
    rows, _ = read_all(read, write(tmp_path / "flows.json", lines(FLOW | {"proto": proto})))

    assert rows[0]["proto"] == number


def test_icmp_type_and_code_stand_in_the_destination_port(tmp_path: Path) -> None:
    """From their own fields, or from the port where NetFlow carried them."""
    icmp = FLOW | {"proto": "ICMP", "src_port": 0, "dst_port": 771}
    own = icmp | {"dst_port": 0, "icmp_type": 3, "icmp_code": 1}
    rows, _ = read_all(read, write(tmp_path / "flows.json", lines(icmp, own)))

    assert [row["dst_port"] for row in rows] == [771, 769]


def test_frames_without_addresses_are_dropped_and_counted(tmp_path: Path) -> None:
    """ARP has no IP addresses."""
    arp = FLOW | {"src_addr": "", "dst_addr": "", "etype": "ARP", "proto": ""}
    rows, tally = read_all(read, write(tmp_path / "flows.json", lines(arp, FLOW)))

    assert rows == [FOUND]
    assert tally.records == 2
    assert tally.dropped == {"not-ip": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"packets": -1}, "packets is negative"),
        ({"src_port": 65536}, "src_port is above 65535"),
        ({"dst_addr": "fe80::1%1"}, "dst_addr is not an IP address"),
        ({"time_flow_start_ns": "soon"}, "time_flow_start_ns is not a number"),
        ({"time_flow_start_ns": 2**61}, "the start of the flow lies in the future"),
        ({"time_flow_start_ns": 0, "time_received_ns": 0}, "has no time"),
        ({"src_addr": None}, "src_addr is missing"),
    ],
)
def test_a_malformed_line_is_told_with_its_number(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    """The message names file and line; keep_good goes on."""
    path = write(tmp_path / "flows.json", "\n" + lines(FLOW, FLOW | change, FLOW))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert rows == [FOUND, FOUND]
    assert (tally.malformed, tally.records) == (1, 3)


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    """No line is no error."""
    assert read_all(read, write(tmp_path / "flows.json", ""))[1].records == 0


def test_goflow2_is_recognised_by_its_names() -> None:
    """Either version's."""
    assert recognises(Path("x"), lines(FLOW).encode())
    assert recognises(Path("x"), lines(OLD).encode())
    assert not recognises(Path("x"), b'{"src_ip": "192.0.2.1"}\n')
    assert not recognises(Path("x"), b'src_addr "time_flow_start_ns"\n')


@pytest.mark.parametrize(
    ("flow", "in_if", "direction"),
    [(FLOW, "in_if", "flow_direction"), (OLD, "InIf", "FlowDirection")],
)
def test_a_line_came_in_where_its_interface_looks(
    tmp_path: Path, flow: dict[str, object], in_if: str, direction: str
) -> None:
    """Of both versions; a direction is stated only where the line has one."""
    path = write(
        tmp_path / "flows.json",
        lines(
            flow | {in_if: 7},
            flow | {in_if: 8, direction: 1},
            flow | {in_if: 8, direction: 0},
            flow | {in_if: 9},
            flow,
        ),
    )
    roles = {7: InterfaceRole.TRANSIT, 8: InterfaceRole.PEERING, 9: InterfaceRole.IGNORED}
    said = Description(roles=roles, counts=CountedDirection.EGRESS)

    rows, tally = read_all(read, path, described={"203.0.113.1": said})

    assert [row["ingress"] for row in rows] == [Ingress.TRANSIT, Ingress.PEERING, Ingress.UNKNOWN]
    assert tally.dropped == {"counted-elsewhere": 2}
