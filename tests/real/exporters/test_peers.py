"""Real exporters on the loopback interface: what we read is what nfcapd reads, to the byte."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from arrivals import EXPORTER, Arrivals, Row
from goldens import exported_ms
from hinomi.collect.normalise import Normaliser, RecordColumns
from hinomi.collect.ownership import OwnTable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation, mandate_for
from peers import captured, pmacctd, printed, softflowd, totals, unpacked
from terminal import hinomi, make_home

ORDERED: Final = ("teams.pcap", "KakaoTalk_talk.pcap", "whatsappfiles.pcap")
"""Captures of one session each, whose times softflowd can tell."""

MIXED: Final = (*ORDERED, "1kxun.pcap", "gnutella.pcap", "ipsec_isakmp_esp.pcap")
"""Also IPv6, ICMP, protocols without ports, and packets out of their order."""

PROBES: Final[Mapping[str, dict[str, str]]] = {
    "nfprobe 5": {"plugins": "nfprobe", "nfprobe_version": "5"},
    "nfprobe 9": {"plugins": "nfprobe", "nfprobe_version": "9"},
    "nfprobe 10": {"plugins": "nfprobe", "nfprobe_version": "10"},
    "sfprobe": {"plugins": "sfprobe", "sfprobe_agentip": "127.0.0.1", "sampling_rate": "1"},
}

PROBED: Final = "gnutella.pcap"
"""What pmacctd plays: it takes some seconds each time, whatever the capture."""

FRAME_BYTES: Final = 18
"""Bytes of an Ethernet frame beside its packet: header and frame check sequence."""

_FLAGS: Final = {"C": 128, "E": 64, "U": 32, "A": 16, "P": 8, "R": 4, "S": 2, "F": 1}
_TCP, _ICMP, _UDP = 6, 1, 17

Flow = tuple[str, str, int, int, int, int, int, int]
"""Source, destination, protocol, ports, TCP flags, packets, bytes."""


@pytest.fixture(name="mixed", scope="module")
def captures_to_play(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Unpack the captures that softflowd plays."""
    return unpacked(tmp_path_factory.mktemp("captures"), *MIXED)


@pytest.fixture(name="probed", scope="module")
def what_pmacctd_sends(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[bytes]]:
    """Let all probes of pmacctd run at the same time."""
    folder = tmp_path_factory.mktemp("pmacctd")
    (capture,) = unpacked(folder, PROBED)
    return dict(zip(PROBES, pmacctd(capture, list(PROBES.values()), folder), strict=True))


@pytest.mark.parametrize("interval", [1, 10])
@pytest.mark.parametrize("version", [5, 9, 10])
def test_softflowd_is_read_as_nfcapd_reads_it(
    version: int, interval: int, mixed: list[Path], tmp_path: Path
) -> None:
    """Records, packets and bytes in all, and flow by flow, are those of nfdump."""
    payloads = [
        payload
        for capture in mixed
        for payload in softflowd(capture, version, tmp_path, interval=interval)
    ]
    rows = Arrivals().send(*payloads)
    path = captured(payloads, tmp_path / "nfcapd")
    # Of v5 nfcapd multiplies by the header's rate; of softflowd's v9 and IPFIX it knows none.
    times = interval if version == 5 else 1

    assert all_in_all(rows, times) == totals(path)
    assert Counter(map(ours, rows)) == Counter(theirs(each, times) for each in printed(path))
    assert {row["sampling_interval"] for row in rows} == {
        0 if (version, interval) == (5, 1) else interval
    }


@pytest.mark.parametrize("probe", ["nfprobe 5", "nfprobe 9", "nfprobe 10"])
def test_pmacctds_nfprobe_is_read_as_nfcapd_reads_it(
    probe: str, probed: Mapping[str, list[bytes]], tmp_path: Path
) -> None:
    """Records, packets and bytes in all, and flow by flow, are those of nfdump."""
    rows = Arrivals().send(*probed[probe])
    path = captured(probed[probe], tmp_path / "nfcapd")

    assert len(rows) > 900
    assert all_in_all(rows) == totals(path)
    assert Counter(map(ours, rows)) == Counter(map(theirs, printed(path)))


def test_pmacctds_sfprobe_is_read_as_sfcapd_reads_it(
    probed: Mapping[str, list[bytes]], tmp_path: Path
) -> None:
    """Samples of single packets: as many, of the same packets and bytes, as nfdump tells."""
    rows = Arrivals().send(*probed["sfprobe"])
    path = captured(probed["sfprobe"], tmp_path / "sfcapd", by="sfcapd")

    assert len(rows) > 3_000
    # Ours is the IP packet's length, theirs the frame's with its checksum.
    for row in rows:
        row["bytes"] += FRAME_BYTES
    assert all_in_all(rows) == totals(path)
    assert Counter(map(ours, rows)) == Counter(map(theirs, printed(path)))


@pytest.mark.parametrize("version", [5, 9])
@pytest.mark.parametrize("interval", [1, 10])
def test_both_ways_into_the_lake_give_equal_rows(
    version: int, interval: int, mixed: list[Path], tmp_path: Path
) -> None:
    """By nfcapd and `hinomi import`, or by decoder and normaliser: the same conversations."""
    payloads = softflowd(mixed[0], version, tmp_path, interval=interval)
    home = make_home(tmp_path / "home", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    path = captured(payloads, tmp_path / "nfcapd")
    said = hinomi(
        "import", path, "--exporter", EXPORTER, "--sampling-interval", interval, "--json", home=home
    )
    assert said.code == 0, said.err

    imported = stored(home)
    collected = normalised(home, payloads, interval)

    assert imported.num_rows == collected.num_rows > 50
    assert divided(imported) == divided(collected)


def all_in_all(rows: Sequence[Row], times: int = 1) -> tuple[int, int, int]:
    """Add records, packets and bytes up, as nfdump does."""
    packets, octets = (sum(row[name] for row in rows) * times for name in ("packets", "bytes"))
    return len(rows), packets, octets


def ours(row: Row) -> Flow:
    """Give what identifies a flow in both programs; of ports only where both speak of ports."""
    proto = row["proto"]
    ports = (row["src_port"], row["dst_port"]) if proto in {_TCP, _UDP} else (0, 0)
    flags = row["tcp_flags"] if proto == _TCP else 0
    return (row["src"], row["dst"], proto, *ports, flags, row["packets"], row["bytes"])


def theirs(record: Mapping[str, Any], times: int = 1) -> Flow:
    """As `ours`, of a record that nfdump prints."""
    proto = record["proto"]
    ports = (record["src_port"], record["dst_port"]) if proto in {_TCP, _UDP} else (0, 0)
    flags = sum(_FLAGS.get(letter, 0) for letter in record.get("tcp_flags", ""))
    source, target = (
        record.get(f"{end}4_addr") or record[f"{end}6_addr"] for end in ("src", "dst")
    )
    packets, octets = record["in_packets"] // times, record["in_bytes"] // times
    return (source, target, proto, *ports, flags if proto == _TCP else 0, packets, octets)


def stored(folder: Path) -> pa.Table:
    """Give everything in a home's lake."""
    home = open_home(folder)
    batches = home.lake().scan(Window(), mandate_for(Operation.DETECT, home.clock))
    return pa.Table.from_batches(batches, schema=CONVERSATIONS)


def normalised(folder: Path, payloads: Sequence[bytes], interval: int) -> pa.Table:
    """Decode datagrams and turn the records into the conversations of a home."""
    arrivals = Arrivals(default_interval=interval)
    at_ms = exported_ms(payloads[-1])
    exported = arrivals.decode([(EXPORTER, payload) for payload in payloads], at_ms=at_ms)
    home = open_home(folder)
    with home.casebook() as casebook:
        number = casebook.exporter_number(EXPORTER)
        normaliser = Normaliser(
            own=OwnTable(casebook.own_networks()),
            cipher=home.cipher(),
            exporter_number=casebook.exporter_number,
        )
    columns = RecordColumns.from_exported(
        exported,
        np.full(len(exported), number, np.int32),
        np.zeros(len(exported), np.int16),
    )
    found = normaliser.normalise_columns(columns)
    return pa.Table.from_batches([found.conversations], schema=CONVERSATIONS)


def divided(table: pa.Table) -> Counter[tuple[int, ...]]:
    """Count equal rows; counters that were multiplied are divided back."""
    rows = []
    for row in table.to_pylist():
        if row.pop("counts_scaled"):
            for name in ("packets", "bytes"):
                assert row[name] % row["sampling_interval"] == 0
                row[name] //= row["sampling_interval"]
        rows.append(tuple(row.values()))
    return Counter(rows)
