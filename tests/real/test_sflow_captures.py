"""sFlow of real agents is decoded as tcpdump and telegraf print it."""

import gzip
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from hinomi.collect.files.datagrams_of import read_payloads
from hinomi.collect.files.framing import frames
from hinomi.collect.files.packets import Packet, parse_frame
from hinomi.collect.files.reading import Tally
from hinomi.collect.wire.datagrams import SPARE_BYTES, Datagrams
from hinomi.collect.wire.exported import Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.samplers import Samplers
from hinomi.collect.wire.packets.headers import Link, parse
from hinomi.collect.wire.sets.groups import Headers
from hinomi.collect.wire.sets.netflow9 import MALFORMED_HEADER
from hinomi.collect.wire.sflow.decode import COUNTER_SAMPLES, OTHER_SAMPLES, decode
from hinomi.collect.wire.streams import Streams
from hinomi.model.address import Address, from_packed, render_address

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
TCPDUMP: Final = DATA / "exporters" / "tcpdump-sflow"
TELEGRAF: Final = DATA / "exporters" / "telegraf"

pytestmark = pytest.mark.skipif(not TCPDUMP.is_dir(), reason="../shared/data is absent")

PRINTED: Final = {
    "sflow-print-v6": "sflow-print-v6.out",
    "sflow_expanded": "sflow_expanded.out",
    "sflow_multiple_counter_30_pdus": "sflow_multiple_counter_30_pdus.out.gz",
}
"""Captures and what tcpdump prints of them."""

DATAGRAM: Final = re.compile(r"agent-id (\d+), seqnum (\d+), uptime (\d+), samples")
FLOW: Final = re.compile(
    r"flow sample \(\d\),.* rate (\d+),.* input (\d+)(?: \(\d+\),)? output (\d+)"
)
SEVERAL: Final = 1 << 31
"""Output interface of the short form that says: more than one."""

IPV6_HEADER: Final = 40

FRAMES: Final = ("agenttesla-smtp", "quasarrat", "strrat", "mirai-class10")
MOST_FRAMES: Final = 20_000


def decode_all(payloads: list[bytes]) -> tuple[Headers, Exported, Counter[str]]:
    """Decode datagrams as one batch of one sender."""
    ledger = Ledger()
    batch = Datagrams.pack(payloads, [0] * len(payloads), [0] * len(payloads))
    streams = Streams()
    headers, _, records = decode(batch, streams, Samplers(streams, ledger), ledger)
    return headers, records, ledger.counts[0]


def printed(name: str) -> str:
    """Give what tcpdump printed."""
    path = TCPDUMP / PRINTED[name]
    octets = path.read_bytes()
    return (gzip.decompress(octets) if path.suffix == ".gz" else octets).decode("utf-8")


@pytest.mark.parametrize("name", PRINTED)
def test_datagrams_and_samples_are_those_tcpdump_prints(name: str) -> None:
    """Sub-agent, sequence and uptime of each datagram; rate and interfaces of each sample."""
    payloads = [payload.data for payload in read_payloads(TCPDUMP / f"{name}.pcap", Tally())]
    headers, records, counted = decode_all(payloads)
    text = printed(name)

    stated = [tuple(map(int, one)) for one in DATAGRAM.findall(text)]
    found = zip(headers.domain, headers.sequence, headers.uptime_ms, strict=True)
    assert [tuple(map(int, one)) for one in found] == stated
    assert counted[COUNTER_SAMPLES] == text.count("counter sample (")
    assert counted[MALFORMED_HEADER] == text.count("packet not supported")
    flows = [
        (int(rate), int(in_if), -1 if int(out_if) == SEVERAL else int(out_if))
        for rate, in_if, out_if in FLOW.findall(text)
    ]
    columns = (records.sampling_interval, records.in_if, records.out_if)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == sorted(flows)


def test_a_datagram_that_once_crashed_tcpdump_is_counted() -> None:
    """Its UDP length leaves eight bytes."""
    payloads = [one.data for one in read_payloads(TCPDUMP / "sflow_print-segv.pcap", Tally())]
    headers, records, counted = decode_all(payloads)

    assert (headers.source.size, len(records)) == (0, 0)
    assert counted == {MALFORMED_HEADER: 1}


def test_flows_are_those_telegraf_gives() -> None:
    """Addresses, ports, IP length, rate and the side that each packet was seen on."""
    folder = TELEGRAF / "sflow_issue_15918"
    _, records, counted = decode_all([(folder / "message.bin").read_bytes()])
    expected = sorted(
        flow
        for line in (folder / "expected.out").read_text("utf-8").splitlines()
        if (flow := telegraf_flow(line))
    )

    assert len(expected) == 6
    assert sorted(telegraf_row(records, row) for row in range(len(records))) == expected
    assert counted[COUNTER_SAMPLES] == 1


def telegraf_flow(line: str) -> tuple[str, int, str, int, int, int] | None:
    """Give the flow of one line; None where it has counters."""
    values = {
        name: value.strip('"').removesuffix("u")
        for name, _, value in (part.partition("=") for part in re.split(r"[, ]", line))
    }
    if "src" not in values:
        return None
    length = int(values["ipv4_total_len"]) if "ipv4_total_len" in values else None
    if length is None:  # Telegraf calls the payload's length the total's.
        length = int(values["ipv6_total_len"]) + IPV6_HEADER
    ports = (int(values.get(name, "0")) for name in ("src_port", "dst_port"))
    source, target = ports
    return values["src"], source, values["dst"], target, length, int(values["sampling_interval"])


def telegraf_row(records: Exported, row: int) -> tuple[str, int, str, int, int, int]:
    """Give one record as `telegraf_flow` does, which knows no ICMP type and code."""
    has_ports = records.proto[row] in {6, 17}
    return (
        render_address(Address(int(records.src_hi[row]), int(records.src_lo[row]))),
        int(records.src_port[row]),
        render_address(Address(int(records.dst_hi[row]), int(records.dst_lo[row]))),
        int(records.dst_port[row]) if has_ports else 0,
        int(records.bytes[row]),
        int(records.sampling_interval[row]),
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sflow_issue_15375/sflow_drop_1036.bin", OTHER_SAMPLES),
        ("sflow_issue_18876/message.bin", COUNTER_SAMPLES),
        ("sflow_v5_example/sflow_v5.bin", COUNTER_SAMPLES),
    ],
)
def test_samples_that_are_no_flows_are_counted(name: str, reason: str) -> None:
    """A notice of a drop, and counters, are no records and no fault."""
    headers, records, counted = decode_all([(TELEGRAF / name).read_bytes()])

    assert (headers.source.size, len(records)) == (1, 0)
    assert counted == {reason: 1}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("kept", [40, 64, 128])
def test_real_frames_are_read_as_each_alone(name: str, kept: int) -> None:
    """Headers over columns are those of the reader of single frames, cut as agents cut them."""
    path = next((DATA / "flows" / name).glob("*.pcap"))
    real = [
        frame.data[:kept]
        for frame in islice(frames(path, Tally()), MOST_FRAMES)
        if frame.link == Link.ETHERNET
    ]
    length = np.array([len(one) for one in real], np.int64)
    buffer = np.frombuffer(b"".join(real) + b"\xff" * SPARE_BYTES, np.uint8)
    found = parse(buffer, np.cumsum(length) - length, length, Link.ETHERNET)

    assert real
    for row, one in enumerate(real):
        packet = parse_frame(Link.ETHERNET, one)
        assert bool(found.is_ip[row]) == isinstance(packet, Packet)
        if isinstance(packet, Packet):
            half = len(packet.ends) // 2
            assert (found.src_hi[row], found.src_lo[row]) == from_packed(packet.ends[:half])
            assert (found.dst_hi[row], found.dst_lo[row]) == from_packed(packet.ends[half:])
            assert (
                tuple(
                    getattr(found, column)[row]
                    for column in (
                        "proto",
                        "src_port",
                        "dst_port",
                        "tcp_flags",
                        "length",
                        "is_whole",
                    )
                )
                == packet[1:]
            )
