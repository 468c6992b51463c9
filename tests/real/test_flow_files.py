"""Every flow file of the real data is read, with counts found without hinomi."""

import gzip
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

import dpkt
import pytest

from hinomi.collect.files.catalogue import find_format
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.errors import MalformedDocument
from hinomi.model.flow import MAX_DURATION_MS
from readers import checked

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
FLOWS: Final = DATA / "flows"
NFCAPD: Final = DATA / "nfcapd"

pytestmark = pytest.mark.skipif(not FLOWS.is_dir(), reason="../shared/data is absent")

CONN_LOGS: Final = [
    "androidtester/conn.log", "njrat/conn.log.gz", "office-lan/conn.log.labeled.gz",
    "p2p-zeus-like/conn.log.gz", "portscan/horizontal/conn.log", "portscan/vertical/conn.log",
    "remcosrat/zeek-labeled/conn.log.labeled.gz", "windows-normal-008/data/conn.log.labeled.gz",
    "windows-normal-010/data/conn.log.labeled.gz",
    *(f"iot-benign/Zeek/{name}" for name in ("b1.log.gz", "b2.log.gz")),
    *(f"iot-benign/Zeek/b3{letter}.log" for letter in "abcdef"),
]  # fmt: skip
BINETFLOWS: Final = [
    "bittorrent-normal/CTU-Normal-7-2013-13-07.binetflow.gz",
    "ctu-207-1/CTU-Malware-Capture-Botnet-207-1.gz",
    "simda-test5/test5.binetflow.gz",
    "win1-2016/2016-09-09_win1.binetflow.gz",
]
CAPTURES: Final = [
    "agenttesla-smtp/agenttesla-smtp.headers.pcap",
    "mirai-class10/class10-capture1.headers.pcap",
    "quasarrat/quasarrat.headers.pcap",
    "strrat/strrat.headers.pcap",
]
STATED_PACKETS: Final = {"nfcapd-large-bz2": 551_025_205, "nfcapd-small-lzo": 123_000}


def run(path: Path) -> tuple[str, Counter[str], Tally]:
    """Read a file as import does; give its format, sums over its records, and the tally."""
    found = find_format(path, None)
    assert found is not None, path
    tally, sums = Tally(), Counter[str]()
    for batch in checked(found.read(path, ReadOptions(latest_ms=2_000_000_000_000), tally)):
        sums["records"] += batch.num_rows
        for name in ("packets", "bytes"):
            values = batch[name].to_numpy()
            assert (values >= (name == "packets")).all()
            sums[name] += int(values.sum())
        assert batch["duration_ms"].to_numpy().max() <= MAX_DURATION_MS
    assert tally.bytes_read == path.stat().st_size
    return found.name, sums, tally


def lines(path: Path) -> list[str]:
    """Give the lines of a log that are not blank."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("name", CONN_LOGS)
def test_every_line_of_a_conn_log_is_accounted_for(name: str) -> None:
    """Records are its lines; each gives one or two records, or is dropped without packets."""
    path = FLOWS / name
    rows = [line for line in lines(path) if not line.startswith("#")]
    form, sums, tally = run(path)

    assert form == "zeek"
    assert tally.records == len(rows)
    assert tally.malformed == 0
    assert set(tally.dropped) <= {"no-packets"}
    if rows[0].startswith("{"):
        return
    header = next(line for line in lines(path) if line.startswith("#fields")).split("\t")[1:]
    packets = {
        side: [int(row.split("\t")[header.index(f"{side}_pkts")]) for row in rows]
        for side in ("orig", "resp")
    }
    assert sums["records"] == sum(count > 0 for side in packets.values() for count in side)
    assert sums["packets"] == sum(sum(side) for side in packets.values())


@pytest.mark.parametrize("name", BINETFLOWS)
def test_every_line_of_a_binetflow_is_accounted_for(name: str) -> None:
    """Records are its lines; arp, llc and man rows are dropped; packets add up."""
    path = FLOWS / name
    header, *rows = lines(path)
    mark = "\t" if "\t" in header else ","
    names = header.split(mark)
    fields = [dict(zip(names, row.split(mark), strict=True)) for row in rows]
    ip = [row for row in fields if row["Proto"] not in {"arp", "llc", "man"}]
    form, sums, tally = run(path)

    assert form == "argus"
    assert tally.records == len(rows)
    assert tally.malformed == 0
    assert tally.dropped["not-ip"] == len(rows) - len(ip)
    assert sums["packets"] == sum(int(row["TotPkts"]) for row in ip)
    assert len(ip) <= sums["records"] <= 2 * len(ip)
    assert set(tally.notes) <= {"packets-split-by-bytes", "payload-columns-discarded"}


@pytest.mark.parametrize("name", CAPTURES)
def test_every_ip_packet_of_a_capture_is_metered(name: str) -> None:
    """Packets and IP lengths add up to what dpkt alone finds."""
    path = FLOWS / name
    packets, octets, others = 0, 0, 0
    with path.open("rb") as file:
        for _, data in dpkt.pcap.UniversalReader(file):
            kind = int.from_bytes(data[12:14])
            if kind == 0x0800:
                packets, octets = packets + 1, octets + int.from_bytes(data[16:18])
            elif kind == 0x86DD:
                packets, octets = packets + 1, octets + 40 + int.from_bytes(data[18:20])
            else:
                others += 1
    form, sums, tally = run(path)

    assert form == "capture"
    assert sums["packets"] == packets
    assert sums["bytes"] == octets
    assert sums["records"] == tally.records
    assert tally.dropped["not-ip"] == others


def test_files_that_are_no_flow_logs_are_not_recognised() -> None:
    """Other logs of Zeek, labels, readme files and NFStream's tables are skipped."""
    expected = {FLOWS / name for name in (*CONN_LOGS, *BINETFLOWS, *CAPTURES)}
    expected.add(FLOWS / "njrat/labeled-conn.log.gz")  # The same flows as conn.log.gz.
    found = {
        path
        for path in FLOWS.rglob("*")
        if path.is_file() and "ndpi" not in path.parts and find_format(path, None)
    }

    assert found == expected


@pytest.fixture
def nfdump() -> str:
    """Give the program, or skip; where peers are required its absence is a failure."""
    program = shutil.which("nfdump")
    if program is None:
        reason = "nfdump is not installed (Debian: apt install nfdump)"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.mark.parametrize(
    ("name", "flows"),
    [("nfcapd-large-bz2", 100_000), ("nfcapd-small-lzo", 10), ("nfcapd-empty", 0)],
)
def test_every_flow_of_nfcapd_is_read(nfdump: str, name: str, flows: int) -> None:
    """Flows, packets and bytes add up to the totals that nfdump states."""
    path = NFCAPD / name
    command = [nfdump, "-I", "-r", str(path)]
    shown = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    stated = dict(line.split(": ", 1) for line in shown.splitlines() if ": " in line)
    form, sums, tally = run(path)

    assert form == "nfcapd"
    assert tally.records == flows == int(stated["Flows"])
    assert sums["packets"] == int(stated["Packets"]) == STATED_PACKETS.get(name, 0)
    assert sums["bytes"] == int(stated["Bytes"])
    assert not tally.dropped


def test_nfcapd_keeps_both_versions_of_ip_and_milliseconds(nfdump: str) -> None:
    """Start and end of each record are those of nfdump's own pipe output, in its order."""
    path = NFCAPD / "nfcapd-large-bz2"
    command = [nfdump, "-q", "-r", str(path), "-o", "pipe"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    expected = [line.split("|") for line in shown.splitlines()]
    found = find_format(path, None)
    assert found is not None
    batches = list(found.read(path, ReadOptions(), Tally()))

    def column(name: str) -> list[int]:
        return [value for batch in batches for value in batch[name].to_pylist()]

    assert column("ts_ms") == [int(row[1]) for row in expected]
    assert column("duration_ms") == [max(int(row[2]) - int(row[1]), 0) for row in expected]
    assert column("proto") == [int(row[3]) for row in expected]
    is_v6 = [
        hi != 0 or lo >> 32 != 0xFFFF
        for hi, lo in zip(column("src_hi"), column("src_lo"), strict=True)
    ]
    assert is_v6 == [row[0] == "10" for row in expected]
    assert Counter(column("counts_scaled")) == {1: 99_880, 0: 120}
    flags = [int(row[-4]) if row[3] == "6" else -1 for row in expected]
    assert column("tcp_flags") == flags


@pytest.mark.parametrize(
    ("name", "cause"), [("nfcapd-corrupt", "Corrupt data file"), ("nfcapd.sample2", "its magic")]
)
def test_broken_files_of_nfcapd_are_refused(nfdump: str, name: str, cause: str) -> None:
    """The message names the file and the cause."""
    found = find_format(NFCAPD / name, "nfcapd")
    assert found is not None

    with pytest.raises(MalformedDocument, match=cause) as caught:
        list(found.read(NFCAPD / name, ReadOptions(), Tally()))

    assert caught.value.path.endswith(name)


def test_captures_of_many_applications_are_read(tmp_path: Path) -> None:
    """Some 30 captures of all kinds of traffic: no packet is lost that dpkt finds."""
    archive = FLOWS / "ndpi" / "ndpi-default-pcaps.tar.zst"
    if shutil.which("zstd") is None or not archive.is_file():
        pytest.skip("zstd or the nDPI captures are absent")
    with subprocess.Popen(
        ["zstd", "-dc", "--long=27", str(archive)], stdout=subprocess.PIPE
    ) as unpacked:
        command = ["tar", "-x", "-C", str(tmp_path), "--wildcards", "*/[b-d]*[a-e].pcap*"]
        subprocess.run(command, stdin=unpacked.stdout, check=True)
    paths = [path for path in sorted(tmp_path.rglob("*.pcap*")) if path.stat().st_size < 2_000_000]
    assert len(paths) >= 30

    for path in paths[:40]:
        _, sums, tally = run(path)
        with path.open("rb") as file:
            frames = sum(1 for _ in dpkt.pcap.UniversalReader(file))
        refused = tally.dropped["not-ip"] + tally.notes["ip-headers-cut"]
        assert sums["packets"] + refused == frames, path.name
