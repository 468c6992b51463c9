"""Flow events of Suricata's eve.json become flow records of both directions."""

import json
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.collect.files.suricata import read, recognises
from hinomi.errors import MalformedDocument
from readers import read_all, write

Event = dict[str, object]

COUNTERS: Event = {
    "pkts_toserver": 5, "pkts_toclient": 4, "bytes_toserver": 500, "bytes_toclient": 4000,
    "start": "2026-01-01T21:00:00.123456+0900", "end": "2026-01-01T21:00:02.000000+0900",
    "age": 2, "state": "closed",
}  # fmt: skip
FLOW: Event = {
    "timestamp": "2026-01-01T21:01:00.000000+0900", "flow_id": 1, "event_type": "flow",
    "src_ip": "192.0.2.1", "src_port": 40000, "dest_ip": "198.51.100.1", "dest_port": 443,
    "proto": "TCP", "app_proto": "tls", "flow": COUNTERS,
    "tcp": {"tcp_flags": "1b", "tcp_flags_ts": "1b", "tcp_flags_tc": "12", "syn": True},
}  # fmt: skip
DNS: Event = {"timestamp": "x", "event_type": "dns", "src_ip": "192.0.2.1", "dns": {"flow": 1}}


def lines(*events: Event) -> str:
    """Lay events out as Suricata does, without blanks."""
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def test_a_flow_becomes_two_records(tmp_path: Path) -> None:
    """Bytes lose 14 a packet; each way has its own flags."""
    rows, tally = read_all(read, write(tmp_path / "eve.json.gz", lines(FLOW)))

    there, back = rows
    assert there == {
        "ts_ms": NOON_MS + 123, "exporter": None, "sampling_interval": 0, "counts_scaled": 0,
        "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40000, "dst_port": 443,
        "tcp_flags": 0x1B, "packets": 5, "bytes": 430, "duration_ms": 1877, "ingress": 0,
    }  # fmt: skip
    assert back == there | {
        "src": "198.51.100.1", "dst": "192.0.2.1", "src_port": 443, "dst_port": 40000,
        "tcp_flags": 0x12, "packets": 4, "bytes": 3944,
    }  # fmt: skip
    assert tally.records == 1


def test_other_events_are_skipped_and_counted(tmp_path: Path) -> None:
    """They are no flow records, and names in them are not even decoded."""
    path = write(tmp_path / "eve.json", lines(DNS, FLOW, DNS) + json.dumps(FLOW) + "\n")
    rows, tally = read_all(read, path)

    assert len(rows) == 4
    assert tally.records == 2
    assert tally.notes == {"other-events": 2}


def test_icmp_type_and_code_stand_in_the_destination_port(tmp_path: Path) -> None:
    """An echo is answered by an echo reply."""
    icmp = FLOW | {"proto": "ICMP", "icmp_type": 8, "icmp_code": 0, "tcp": None}
    rows, _ = read_all(read, write(tmp_path / "eve.json", lines(icmp)))

    assert [(row["src_port"], row["dst_port"], row["tcp_flags"]) for row in rows] == [
        (0, 8 * 256, -1),
        (0, 0, -1),
    ]


def test_a_flow_without_packets_is_dropped_and_counted(tmp_path: Path) -> None:
    """Suricata logs flows that it only expected."""
    silent = FLOW | {"flow": {"start": COUNTERS["start"]}}
    _, tally = read_all(read, write(tmp_path / "eve.json", lines(silent)))

    assert tally.records == 1
    assert tally.dropped == {"no-packets": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"flow": COUNTERS | {"pkts_toclient": -1}},
            "flow.pkts_toclient is negative",
        ),
        ({"flow": COUNTERS | {"start": "yesterday"}}, "flow.start is not a time"),
        ({"flow": COUNTERS | {"start": "2126-01-01T00:00:00+0000"}}, "lies in the future"),
        ({"flow": COUNTERS | {"start": "1969-01-01T00:00:00+0000"}}, "flow.start is negative"),
        ({"flow": None}, "flow is missing"),
        ({"dest_port": 65536}, "dest_port is above 65535"),
        ({"src_ip": "fe80::1%eth0"}, "src_ip is not an IP address"),
    ],
)
def test_a_malformed_event_is_told_with_its_line(
    tmp_path: Path, change: Event, reason: str
) -> None:
    """Lines of other events count as lines; keep_good goes on."""
    path = write(tmp_path / "eve.json", lines(DNS, FLOW, FLOW | change, FLOW))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert (len(rows), tally.malformed, tally.records) == (4, 1, 3)


@pytest.mark.parametrize("line", ["hello", "[]", '{"a": 1}'])
def test_a_line_that_is_no_event_is_told(tmp_path: Path, line: str) -> None:
    """Rubbish between events is noticed."""
    path = write(tmp_path / "eve.json", lines(FLOW) + line + "\n" + lines(FLOW))

    with pytest.raises(MalformedDocument, match="line 2: is no event of Suricata"):
        read_all(read, path)
    assert read_all(read, path, keep_good=True)[1].malformed == 1


def test_a_cut_event_is_told(tmp_path: Path) -> None:
    """The last line of a file that was cut is half an event."""
    path = write(tmp_path / "eve.json", lines(FLOW, FLOW)[:-30])

    with pytest.raises(MalformedDocument, match="line 2: is not one JSON object a line"):
        read_all(read, path)


def test_eve_is_recognised_by_its_first_event() -> None:
    """Of whatever type it is."""
    assert recognises(Path("x"), lines(DNS).encode())
    assert not recognises(Path("eve.json"), b'{"event_type": "flow"}\n')
    assert not recognises(Path("eve.json"), b'"timestamp" "event_type":"flow"\n')
