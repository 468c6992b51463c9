"""The captures of exporters that others published with what their programs read in them."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, Final

from arrivals import EXPORTER
from captures import DATA
from goldens import Golden
from hinomi.collect.files.datagrams_of import read_payloads
from hinomi.collect.files.reading import Tally
from hinomi.model.protocol import parse_protocol

EXPORTERS: Final = DATA / "exporters"

_EVENTS: Final = EXPORTERS / "logstash" / "expected_events_from_netflow_spec.json"

LOGSTASH_COLUMNS: Final[Mapping[str, str]] = {
    "ipv4_src_addr": "src", "sourceIPv4Address": "src", "sourceIPv6Address": "src",
    "ipv4_dst_addr": "dst", "destinationIPv4Address": "dst", "destinationIPv6Address": "dst",
    "l4_src_port": "src_port", "sourceTransportPort": "src_port",
    "l4_dst_port": "dst_port", "destinationTransportPort": "dst_port",
    "protocol": "proto", "protocolIdentifier": "proto",
    "tcp_flags": "tcp_flags", "tcpControlBits": "tcp_flags", "unionTCPFlags": "tcp_flags",
    "in_pkts": "packets", "packetDeltaCount": "packets", "packetTotalCount": "packets",
    "in_bytes": "bytes", "octetDeltaCount": "bytes", "octetTotalCount": "bytes",
    "in_permanent_bytes": "bytes", "fwd_flow_delta_bytes": "bytes",
    "proceraOutgoingOctets": "bytes",
    "first_switched": "ts_ms", "flowStartMilliseconds": "ts_ms", "flowStartSeconds": "ts_ms",
    "flowStartMicroseconds": "ts_ms", "flow_start_msec": "ts_ms", "flowStartSysUpTime": "ts_ms",
    "last_switched": "end_ms", "flowEndMilliseconds": "end_ms", "flowEndSeconds": "end_ms",
    "flowEndMicroseconds": "end_ms", "flowEndSysUpTime": "end_ms",
    "input_snmp": "in_if", "ingressInterface": "in_if",
    "output_snmp": "out_if", "egressInterface": "out_if",
    "direction": "observed", "flowDirection": "observed",
    "sampling_interval": "sampling_interval",
}  # fmt: skip
"""Which of our columns each field of logstash's codec fills; all its others are none of ours."""

LOGSTASH_EXPORTERS: Final[Mapping[str, str]] = {
    "Netflow 5 valid 01": "not named",
    "Netflow 5 invalid 01": "none: random bytes",
    "Netflow 5 invalid 02": "none: random bytes",
    "Netflow 9 valid 01": "softflowd",
    "Netflow 9 macaddress": "not named",
    "Netflow 9 multiple netflow exporters": "nProbe, softflowd",
    "Netflow 9 invalid 01": "softflowd",
    "Netflow 9 options template with scope fields": "nProbe",
    "IPFIX": "softflowd",
    "Netflow 9 Cisco ASA #2": "Cisco ASA",
    "Netflow5 mikrotik": "MikroTik",
    "Netflow 9 ipt_netflow reduced size encoding": "ipt_NETFLOW",
    "Netflow 9 IE150 IE151": "not named",
    "Netflow 9 Palo Alto 1 flowset in large zero filled packet": "Palo Alto PAN-OS 8.1",
    "Netflow 9 H3C Netstream with varstring": "H3C NetStream",
    "Netflow 9 Fortigate FortiOS 54x appid": "Fortinet FortiOS 5.4.2",
    "Netflow 9 Fortigate FortiOS 5.2.1": "Fortinet FortiOS 5.2.1",
    "IPFIX from IXIA something something": "Ixia",
    "IPFIX options template from Juniper MX240 JunOS 15.1 R6 S3": "Juniper MX240, Junos 15.1R6-S3",
    "IPFIX Barracuda extended uniflow template 256": "Barracuda firewall",
    "Netflow 9 Ubiquiti Edgerouter with MPLS labels": "Ubiquiti EdgeRouter",
    "Netflow 9 nprobe DPI L7": "nProbe",
    "IPFIX Mikrotik RouterOS 6.39.2": "MikroTik RouterOS 6.39.2",
    "IPFIX Netscaler with variable length fields": "Citrix NetScaler",
    "IPFIX Netscaler with variable length fields, missing templates": "Citrix NetScaler",
    "Juniper SRX options template with 0 scope field length": "Juniper SRX",
    "Netflow 9 template with 0 length fields": "not named",
    "Netflow 9 Cisco ASR 9000 series options template 256": "Cisco ASR 9000",
    "Netflow 9 Cisco ASR 9000 series template 260": "Cisco ASR 9000",
    "Netflow 9 field layer2segmentid": "not named",
    "Netflow 9 Cisco NBAR options template 260": "Cisco, NBAR",
    "Netflow 9 Cisco NBAR flowset 262": "Cisco, NBAR",
    "Netflow 9 Cisco 1941/K9 release 15.1": "Cisco 1941/K9, IOS 15.1",
    "Netflow 9 Cisco ASR1001-X": "Cisco ASR 1001-X",
    "Netflow 9 Palo Alto PAN-OS with app-id": "Palo Alto PAN-OS",
    "IPFIX vIPtela with VPN id": "Viptela",
    "IPFIX YAF basic with applabel": "YAF",
}
"""Exporters of those cases whose title does not name them by itself."""

TELEGRAF_EXPORTERS: Final[Mapping[str, str]] = {
    "ipfix_example": "YAF",
    "ipfix_options": "Cisco, application table",
    "ipfix_pen_35632": "nProbe",
    "issue_13305": "nProbe",
    "issue_14370": "not named, both address families in one record",
    "netflow_v5_example": "softflowd",
    "netflow_v9_example": "softflowd",
    "netflow_v9_options": "Cisco, interface table",
    "sflow_issue_15375": "hsflowd, dropped packets",
    "sflow_issue_15918": "Fortinet FortiGate",
    "sflow_issue_18876": "not named, counters",
    "sflow_v5_example": "hsflowd, counters",
}

PMACCT_EXPORTERS: Final[Mapping[str, str]] = {"106-IPFIXv10-HUAWEI-vrf_name": "Huawei"}
"""All others are of Cisco IOS XR."""

RENORMALISED: Final = frozenset({"104-IPFIXv10-IPv6-CISCO-sampling_option"})
"""Sets whose expected counters nfacctd multiplied by the sampling interval."""

_FLAGS: Final = {
    "FIN": 1,
    "SYN": 2,
    "RST": 4,
    "PSH": 8,
    "ACK": 16,
    "URG": 32,
    "ECN": 64,
    "CWR": 128,
}
_TELEGRAF_FLAGS: Final = "CEUAPRSF"


def goldens() -> Iterator[Golden]:
    """Yield every capture."""
    yield from logstash()
    yield from pmacct()
    yield from telegraf()
    yield from tcpdump()


def logstash() -> Iterator[Golden]:
    """Yield the cases of logstash's codec: datagrams in files, events in one document."""
    for case in json.loads(_EVENTS.read_text("utf-8")):
        payloads = [
            (_EVENTS.parent / "spec" / "codecs" / name).read_bytes() for name in case["dat_files"]
        ]
        events = [event.get("netflow", {}) for event in case["expected_events"]]
        title = case["context"].strip()
        is_late = len(set(case["dat_files"])) < len(case["dat_files"])
        started_ms = next((e[k] for e in events for k in e if k.startswith("systemInit")), None)
        expected = [_logstash_row(event, payloads, started_ms) for event in events]
        yield Golden(
            collection="logstash",
            name=title + (", templates late" if is_late else ""),
            exporter=LOGSTASH_EXPORTERS.get(title, re.sub(r"^(Netflow ?\d|IPFIX) ", "", title)),
            datagrams=[(EXPORTER, payload) for payload in payloads],
            expected=[row for row in expected if "src" in row and "dst" in row],
            others=sum(1 for row in expected if not ("src" in row and "dst" in row)),
        )


def pmacct() -> Iterator[Golden]:
    """Yield pmacct's sets: captures of one router each, and what nfacctd printed of them."""
    for folder in sorted((EXPORTERS / "pmacct").iterdir()):
        output = next(folder.glob("output-flow-00.json*"))
        printed = [json.loads(line) for line in _text(output).splitlines() if line.strip()]
        flows = [each for each in printed if "ip_src" in each]
        routers = sorted({str(each["peer_ip_src"]) for each in flows})
        captures = sorted(folder.glob("traffic-*.pcap"))
        assert len(routers) == len(captures), folder.name
        keys = [
            "source",
            "src",
            "dst",
            "src_port",
            "dst_port",
            "proto",
            "tcp_flags",
            "in_if",
            "out_if",
        ]
        keys += [ours for ours, theirs in _PMACCT_TIMES.items() if theirs in flows[0]]
        yield Golden(
            collection="pmacct",
            name=folder.name,
            exporter=PMACCT_EXPORTERS.get(folder.name, "Cisco IOS XR"),
            datagrams=[
                (router, payload)
                for router, capture in zip(routers, captures, strict=True)
                for _, payload in _payloads(capture)
            ],
            expected=[_pmacct_row(each) for each in flows],
            kind="sums",
            keys=("source", "src", "dst", "src_port", "dst_port", "proto", "in_if", "out_if"),
            times_rate=folder.name in RENORMALISED,
        )


def telegraf() -> Iterator[Golden]:
    """Yield telegraf's sets: datagrams in files, metrics in line protocol."""
    for folder in sorted(path for path in (EXPORTERS / "telegraf").iterdir() if path.is_dir()):
        payloads = [path.read_bytes() for path in sorted(folder.glob("*.bin"))]
        lines = (folder / "expected.out").read_text("utf-8").splitlines()
        rows = [_telegraf_row(_fields(line), payloads[0]) for line in lines if line.strip()]
        yield Golden(
            collection="telegraf",
            name=folder.name,
            exporter=TELEGRAF_EXPORTERS[folder.name],
            datagrams=[(EXPORTER, payload) for payload in payloads],
            expected=[row for row in rows if "src" in row],
            others=sum(1 for row in rows if "src" not in row),
        )


def tcpdump() -> Iterator[Golden]:
    """Yield tcpdump's captures of sFlow: of samples it prints rate and interfaces only."""
    for capture in sorted((EXPORTERS / "tcpdump-sflow").glob("*.pcap")):
        printed = capture.with_suffix(".out")
        text = _text(printed if printed.exists() else printed.with_suffix(".out.gz"))
        rows = [
            {
                "sampling_interval": int(rate),
                "in_if": _interface(int(in_if), in_format),
                "out_if": _interface(int(out_if), out_format),
            }
            for rate, in_if, in_format, out_if, out_format in re.findall(_FLOW_SAMPLE, text)
        ]
        yield Golden(
            collection="tcpdump-sflow",
            name=capture.stem,
            exporter="not named",
            datagrams=_payloads(capture),
            expected=rows,
            others=len(re.findall(r"counter sample", text)),
        )


_FLOW_SAMPLE: Final = (
    r"flow sample .*rate (\d+),.* input (\d+)(?: \((\d+)\))?,? output (\d+)(?: \((\d+)\))?"
)
_PMACCT_TIMES: Final = {"start_s": "timestamp_start", "end_s": "timestamp_end"}


def _logstash_row(
    event: Mapping[str, Any], payloads: list[bytes], started_ms: int | None
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in event.items():
        column = LOGSTASH_COLUMNS.get(name)
        if column in {"ts_ms", "end_ms"}:
            if "SysUpTime" in name:
                if started_ms is None:
                    continue
                row[column] = started_ms + value
            else:
                row[column] = _milliseconds(value, unit_ms=1_000 if "Seconds" in name else 1)
        elif column in {"src", "dst"} and column in row:
            row[column] = row[column] if value in {"::", "0.0.0.0"} else value  # noqa: S104
        elif column:
            row[column] = value
    if row.get("proto") != 6:
        row.pop("tcp_flags", None)
    return row


def _pmacct_row(printed: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "source": str(printed["peer_ip_src"]),
        "src": printed["ip_src"],
        "dst": printed["ip_dst"],
        "src_port": printed["port_src"],
        "dst_port": printed["port_dst"],
        "proto": parse_protocol(str(printed["ip_proto"])),
        "tcp_flags": sum(_FLAGS[name] for name in printed["tcp_flags"]),
        "in_if": printed["iface_in"],
        "out_if": printed["iface_out"],
        "packets": printed["packets"],
        "bytes": printed["bytes"],
    }
    for ours, theirs in _PMACCT_TIMES.items():
        if theirs in printed:
            row[ours] = int(float(printed[theirs]))
    return row


_TELEGRAF_COLUMNS: Final = {
    "src": "src", "dst": "dst", "src_port": "src_port", "dst_port": "dst_port",
    "in_packets": "packets", "in_bytes": "bytes", "in_total_bytes": "bytes",
    "flow_start_ms": "ts_ms", "flow_end_ms": "end_ms", "in_snmp": "in_if", "out_snmp": "out_if",
    "sampling_interval": "sampling_interval", "ipv4_total_len": "bytes",
}  # fmt: skip


def _telegraf_row(fields: Mapping[str, str], payload: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {}
    is_sflow = payload[:4] == b"\0\0\0\5"
    for name, value in fields.items():
        column = _TELEGRAF_COLUMNS.get(name)
        if column:
            row[column] = value if column in {"src", "dst"} else int(value.rstrip("u"))
    if "in_total_packets" in fields and not is_sflow:
        row["packets"] = int(fields["in_total_packets"].rstrip("u"))
    if "protocol" in fields:
        row["proto"] = parse_protocol(fields["protocol"])
    if row.get("proto") == 6 and "tcp_flags" in fields:
        row["tcp_flags"] = sum(
            128 >> place for place, mark in enumerate(fields["tcp_flags"]) if mark != "."
        )
    if payload[:2] == b"\0\5":
        _add_v5_times(row, fields, payload)
    if is_sflow and "src" in row:
        row["packets"] = 1
    if "ipv6_total_len" in fields:  # Of the payload behind the header of 40 bytes.
        row["bytes"] = 40 + int(fields["ipv6_total_len"].rstrip("u"))
    return row


def _add_v5_times(row: dict[str, Any], fields: Mapping[str, str], payload: bytes) -> None:
    seconds, nanoseconds = (int.from_bytes(payload[at : at + 4], "big") for at in (8, 12))
    export_ms = seconds * 1_000 + nanoseconds // 1_000_000
    uptime_ms = int(fields["sys_uptime"].rstrip("u"))
    for ours, theirs in (("ts_ms", "first_switched"), ("end_ms", "last_switched")):
        row[ours] = export_ms - (uptime_ms - int(fields[theirs].rstrip("u")))


def _fields(line: str) -> dict[str, str]:
    """Read the fields of a line of line protocol, text without its quotes."""
    _, fields = re.split(r"(?<!\\) ", line, maxsplit=1)
    found = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,\s]+)', fields)
    return {name: value.strip('"') for name, value in found}


def _milliseconds(value: object, *, unit_ms: int) -> int:
    if isinstance(value, int):
        return value * unit_ms
    text = re.sub(r"#\{\w+\}", "", str(value))
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1_000_000) // 1_000


def _interface(value: int, stated_format: str) -> int:
    """Give an interface's index; samples in short form have the format in the high bits."""
    kind = int(stated_format) if stated_format else value >> 30
    return -1 if kind or value == 0x3FFFFFFF else value


def _payloads(capture: Path) -> list[tuple[str, bytes]]:
    found = []
    for payload in read_payloads(capture, Tally()):
        address = IPv6Address(payload.address)
        found.append((str(address.ipv4_mapped or address), payload.data))
    return found


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
