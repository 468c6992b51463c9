"""Captures of flow exports give the records that exporters sent, and are told from others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from exporting import (
    V4_FLOW,
    capture_of,
    flow_sample,
    flows,
    frame,
    ipfix,
    options_template,
    sflow,
    template,
    udp_packet,
    v5,
    v5_record,
    v9,
)
from exporting import data as data_set
from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.exports import looks_like_export, read
from hinomi.collect.observing import Description
from hinomi.errors import MalformedDocument
from hinomi.model.exporter import InterfaceRole
from hinomi.model.flow import Ingress
from readers import read_all, write

EXPORTER = "203.0.113.1"
FOUND = {
    "ts_ms": NOON_MS - 10_000, "exporter": EXPORTER, "sampling_interval": 0, "counts_scaled": 0,
    "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40_000, "dst_port": 443,
    "tcp_flags": 0x18, "packets": 10, "bytes": 1_000, "duration_ms": 5_000, "ingress": 0,
}  # fmt: skip
SCOPE, RATE = ((1, 4),), ((34, 4), (35, 1))  # The whole system; interval and algorithm.
STATES_RATE = v9(options_template(300, SCOPE, RATE), data_set(300, (*SCOPE, *RATE), [0, 2_000, 2]))
EXPORTS = (
    v5(v5_record()), v9(template(256, V4_FLOW)), ipfix(template(256, V4_FLOW, version=10)),
    sflow(flow_sample(frame())),
)  # fmt: skip


def capture(path: Path, *packets: bytes, at_ms: int = NOON_MS) -> Path:
    """Write packets to a pcap file."""
    return write(path, capture_of(*packets, at_ms=at_ms))


def sent(path: Path, *payloads: bytes) -> Path:
    """Write the datagrams of one exporter to a pcap file."""
    return capture(path, *(udp_packet(payload) for payload in payloads))


def test_the_records_in_the_datagrams_are_given(tmp_path: Path) -> None:
    """Of every protocol, named by who sent them; records, not packets, are counted."""
    path = capture(
        tmp_path / "export.pcap.gz",
        udp_packet(v5(v5_record(), v5_record(packets=3))),
        udp_packet(v9(template(256, V4_FLOW), flows())),
        udp_packet(v5(v5_record()), source="203.0.113.2"),
    )
    rows, tally = read_all(read, path)

    rows.sort(key=lambda row: (str(row["exporter"]), str(row["packets"])))
    assert rows == [FOUND, FOUND, FOUND | {"packets": 3}, FOUND | {"exporter": "203.0.113.2"}]
    assert (tally.records, tally.malformed, tally.dropped) == (4, 0, {})


def test_records_wait_for_a_template_at_the_end_of_the_file(tmp_path: Path) -> None:
    """However long that takes by the clock of the capture."""
    early = capture(tmp_path / "early.pcap", udp_packet(v9(flows())))
    late = capture(
        tmp_path / "late.pcap", udp_packet(v9(template(256, V4_FLOW))), at_ms=NOON_MS + 80_000_000
    )
    path = write(tmp_path / "export.pcap", early.read_bytes() + late.read_bytes()[24:])
    rows, tally = read_all(read, path)

    assert rows == [FOUND]
    assert "sets-without-template" not in tally.notes


def test_sets_whose_template_never_comes_are_counted(tmp_path: Path) -> None:
    """They are no records, since nobody can say how many they would be."""
    rows, tally = read_all(read, sent(tmp_path / "export.pcap", v9(flows()), v9(flows())))

    assert rows == []
    assert (tally.records, tally.notes["sets-without-template"]) == (0, 2)


def test_a_rate_that_is_stated_late_holds_for_the_whole_file(tmp_path: Path) -> None:
    """Options come once in many minutes; the operator's interval is for who never states it."""
    path = sent(tmp_path / "a.pcap", v9(template(256, V4_FLOW), flows()), STATES_RATE, v9(flows()))
    rows, _ = read_all(read, path, sampling_interval=7)
    assert [row["sampling_interval"] for row in rows] == [2_000, 2_000]

    rows, _ = read_all(read, sent(tmp_path / "b.pcap", v5(v5_record())), sampling_interval=7)
    assert [row["sampling_interval"] for row in rows] == [7]


def test_a_layout_is_used_from_where_it_stands(tmp_path: Path) -> None:
    """A number that is used again later with another layout does not change earlier records."""
    turned = (V4_FLOW[1], V4_FLOW[0], *V4_FLOW[2:])
    path = sent(
        tmp_path / "a.pcap", v9(template(256, V4_FLOW), flows()), v9(template(256, turned), flows())
    )
    rows, _ = read_all(read, path)

    assert [row["src"] for row in rows] == ["192.0.2.1", "198.51.100.1"]


def test_the_operator_may_name_the_exporter(tmp_path: Path) -> None:
    """One name in the place of all addresses."""
    rows, _ = read_all(read, sent(tmp_path / "a.pcap", v5(v5_record())), exporter="edge-1")

    assert [row["exporter"] for row in rows] == ["edge-1"]


def test_what_was_sent_wrongly_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    """Malformed datagrams are noted by their reason; the good ones give their records."""
    path = sent(
        tmp_path / "export.pcap", v5(v5_record()), b"\0\5", b"GET / HTTP", v5(v5_record(), count=31)
    )
    rows, tally = read_all(read, path)

    assert rows == [FOUND]
    assert tally.malformed == 3
    assert {reason for reason in tally.notes if reason.startswith("malformed-")} == {
        "malformed-short", "malformed-version", "malformed-count",
    }  # fmt: skip


def test_records_that_are_no_flows_are_dropped_and_counted(tmp_path: Path) -> None:
    """They are records of the source all the same."""
    path = sent(tmp_path / "export.pcap", v5(v5_record(packets=0, bytes=0), v5_record()))
    rows, tally = read_all(read, path)

    assert rows == [FOUND]
    assert (tally.records, tally.dropped) == (2, {"no-packets": 1})


def test_a_capture_that_was_cut_is_refused(tmp_path: Path) -> None:
    """Half a datagram at its end is told, and nothing of the file is kept."""
    whole = sent(tmp_path / "export.pcap", v5(v5_record()), v5(v5_record()))
    path = write(tmp_path / "cut.pcap", whole.read_bytes()[:-10])
    found = find_format(path, None)

    assert found is not None
    assert found.name == "export"
    with pytest.raises(MalformedDocument, match="cut"):
        read_all(read, path)


@pytest.mark.parametrize("payload", EXPORTS, ids=["v5", "v9", "ipfix", "sflow"])
def test_a_capture_of_exports_is_told_from_others(tmp_path: Path, payload: bytes) -> None:
    """Nine in ten datagrams must be exports, and one in ten packets."""
    export, other, tcp = (
        udp_packet(payload),
        udp_packet(b"\0\5 something else"),
        udp_packet(b"x", proto=6),
    )
    for packets, name in (
        ([export], "export"),
        ([export] * 9 + [other], "export"),
        ([export] * 8 + [other] * 2, "capture"),
        ([export] + [tcp] * 9, "export"),
        ([export] + [tcp] * 10, "capture"),
        ([other], "capture"),
        ([], "capture"),
    ):
        found = find_format(capture(tmp_path / "x.pcap", *packets), None)
        assert found is not None
        assert found.name == name, packets


@given(st.binary(max_size=60), st.integers(0, 60))
def test_datagrams_that_are_cut_or_made_up_rarely_look_like_exports(tail: bytes, kept: int) -> None:
    """No bytes make the look fail; a header alone is no export of v5 and v9."""
    assert not looks_like_export(tail[:3])
    for start in (b"\0\5", b"\0\x09", b"\0\x0a", b"\0\0\0\5"):
        looks_like_export(start + tail)
    assert not looks_like_export(EXPORTS[0][: min(kept, 71)])
    assert not looks_like_export(EXPORTS[1][: min(kept, len(EXPORTS[1]) - 1)])


@given(st.lists(st.binary(max_size=120), max_size=4), st.data())
def test_no_datagram_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, tails: list[bytes], draw: st.DataObject
) -> None:
    """Whatever stands behind the version, each record is given, dropped, or never was one."""
    payloads = [draw.draw(st.sampled_from(EXPORTS))[:20] + tail for tail in tails]
    path = sent(tmp_path_factory.mktemp("x") / "a.pcap", *payloads, v5(v5_record()))
    rows, tally = read_all(read, path, keep_good=True)

    assert any(row == FOUND for row in rows)
    assert len(rows) + sum(tally.dropped.values()) <= tally.records


def test_sampled_packets_are_records_too(tmp_path: Path) -> None:
    """One record a sample; when the packet came is when the datagram did."""
    rows, _ = read_all(read, sent(tmp_path / "a.pcap", sflow(flow_sample(frame(), rate=512))))

    assert [(row["sampling_interval"], row["ts_ms"]) for row in rows] == [(512, NOON_MS)]


def test_what_the_operator_says_of_exporters_holds(tmp_path: Path) -> None:
    """As it does for the same datagrams when they are received."""
    path = sent(
        tmp_path / "export.pcap",
        v5(v5_record(in_if=7), v5_record(in_if=8), v5_record(in_if=9), sampling=100),
    )
    roles = {7: InterfaceRole.TRANSIT, 8: InterfaceRole.IGNORED}
    said = Description(roles=roles, interval=10_000)

    rows, tally = read_all(read, path, described={EXPORTER: said})

    assert [row["ingress"] for row in rows] == [Ingress.TRANSIT, Ingress.UNKNOWN]
    assert [row["sampling_interval"] for row in rows] == [10_000, 10_000]
    assert tally.dropped == {"counted-elsewhere": 1}
    assert tally.notes["sampling-overridden"] == 2
