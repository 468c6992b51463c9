"""Files of nfcapd are read through nfdump, whose word alone is not trusted."""

import os
import shutil
import struct
from pathlib import Path

import pytest

from builders import NOON_MS
from hinomi.collect.files.nfdump import read, recognises
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.observing import Description
from hinomi.errors import MalformedDocument, Unavailable
from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.model.flow import Ingress
from readers import read_all, write

HEADER = struct.pack("<HHII128sQ", 0xA50C, 1, 0, 1, b"none", 2) + bytes(200)
"""The start of a file that states two flows, in the layout of nfdump 1.6."""

RECORD = """{
	"type" : "FLOW",
	"sampled" : 1,
	"export_sysid" : 7,
	"first" : "2026-01-01T12:00:00.123",
	"last" : "2026-01-01T12:00:02.000",
	"in_packets" : 3000,
	"in_bytes" : 150000,
	"proto" : 6,
	"tcp_flags" : "...AP.S.",
	"src_port" : 40000,
	"dst_port" : 443,
	"src4_addr" : "192.0.2.1",
	"dst4_addr" : "198.51.100.1",
	"ip4_router" : "203.0.113.1",
	"label" : "<none>"
}"""
OTHER = """{
	"type" : "FLOW",
	"sampled" : 0,
	"export_sysid" : 8,
	"first" : "2026-01-01T12:00:00.000",
	"last" : "2026-01-01T12:00:00.000",
	"in_packets" : 1,
	"in_bytes" : 96,
	"out_packets" : 2,
	"out_bytes" : 192,
	"proto" : 58,
	"icmp_type" : 128,
	"icmp_code" : 0,
	"src6_addr" : "2001:db8::1",
	"dst6_addr" : "2001:db8::2"
}"""


@pytest.fixture
def nfdump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program on the path that answers as nfdump would; see `answer`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "nfdump"


def answer(
    program: Path, *, output: str = "", errors: str = "", code: int = 0, exporters: str = ""
) -> None:
    """Let the program print *output* and *errors* and end with *code*."""
    for name, text in (("output", output), ("errors", errors), ("exporters", exporters)):
        program.with_name(name).write_text(text)
    here = program.parent
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = -E ] && {{ cat {here}/exporters; exit 0; }}\n'
        f'[ "$TZ" = UTC ] || exit 9\ncat {here}/output\ncat {here}/errors >&2\nexit {code}\n'
    )
    program.chmod(0o755)


def test_a_record_keeps_milliseconds_and_its_scaled_counters(tmp_path: Path, nfdump: Path) -> None:
    """Sampled counters came multiplied; the router names the exporter."""
    answer(nfdump, output=RECORD + "\n", errors="Skip unknown record type 9\n\n")
    rows, tally = read_all(read, write(tmp_path / "nfcapd.1", HEADER))

    assert rows == [
        {
            "ts_ms": NOON_MS + 123, "exporter": "203.0.113.1", "sampling_interval": 0,
            "counts_scaled": 1, "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1",
            "src_port": 40000, "dst_port": 443, "tcp_flags": 0x1A, "packets": 3000,
            "bytes": 150000, "duration_ms": 1877, "ingress": 0,
        }
    ]  # fmt: skip
    assert tally.records == 1
    assert tally.bytes_read == len(HEADER)


@pytest.mark.parametrize("frame", ["{}", "[\n{}\n]\n", "[\n{}]\n"])
def test_counters_of_both_directions_become_two_records(
    tmp_path: Path, nfdump: Path, frame: str
) -> None:
    """With or without brackets around them, as versions of nfdump differ."""
    answer(nfdump, output=frame.replace("{}", f"{RECORD},\n{OTHER}"))
    rows, tally = read_all(read, write(tmp_path / "nfcapd.1", HEADER))

    assert tally.records == 2
    assert [(row["src"], row["packets"], row["dst_port"]) for row in rows[1:]] == [
        ("2001:db8::1", 1, 128 * 256),
        ("2001:db8::2", 2, 129 * 256),
    ]
    assert [row["counts_scaled"] for row in rows] == [1, 0, 0]
    assert rows[2]["exporter"] is None


def test_the_interval_an_exporter_states_wins(tmp_path: Path, nfdump: Path) -> None:
    """What nfdump -E tells of an exporter holds for its sampled records."""
    stated = "SysID: 7, IP: 203.0.113.1, version: 9, ID: 0\n\tSampler: id: 1, interval: 3000\n"
    answer(nfdump, output=f"{RECORD},\n{OTHER}", exporters=stated)
    path = write(tmp_path / "nfcapd.1", HEADER)
    rows, _ = read_all(read, path, sampling_interval=100, exporter="edge-1")

    assert [row["sampling_interval"] for row in rows] == [3000, 100, 100]
    assert {row["exporter"] for row in rows} == {"edge-1"}


@pytest.mark.parametrize(
    ("sampler", "interval"),
    [
        ("Generic Sampler: algorithm: 1, packet interval: 1, packet space: 2999", 3000),
        ("Assigned Sampler: id: 2, algorithm: 2, packet interval: 10, packet space: 990", 100),
        ("Generic Sampler: algorithm: 0, packet interval: 1, packet space: 0", 1),
    ],
)
def test_interval_and_space_make_the_rate(
    tmp_path: Path, nfdump: Path, sampler: str, interval: int
) -> None:
    """What nfdump 1.7 states: how many packets are taken and how many are then passed over."""
    stated = f"SysID: 7, IP: 203.0.113.1, version: 9, ID: 0\n    Sampler: {sampler}\n"
    answer(nfdump, output=RECORD, exporters=stated)
    rows, _ = read_all(read, write(tmp_path / "nfcapd.1", HEADER))

    assert [row["sampling_interval"] for row in rows] == [interval]


def test_records_without_addresses_are_dropped_and_counted(tmp_path: Path, nfdump: Path) -> None:
    """A collector may keep records of layer 2 as well."""
    answer(nfdump, output='{\n\t"type" : "FLOW",\n\t"in_packets" : 5\n}')
    rows, tally = read_all(read, write(tmp_path / "nfcapd.1", HEADER))

    assert rows == []
    assert tally.dropped == {"not-ip": 1}


def test_no_matching_flows_is_an_empty_file(tmp_path: Path, nfdump: Path) -> None:
    """The program says so on standard output, in place of records."""
    answer(nfdump, output="No matching flows\n")

    assert read_all(read, write(tmp_path / "nfcapd.1", HEADER))[1].records == 0


@pytest.mark.parametrize(
    ("errors", "code", "reason"),
    [
        ("Corrupt data file. Inconsistent block size", 0, "Corrupt data file"),
        ("read() error: Short read: Expected: 9", 0, "Short read"),
        ("Open file: bad magic: 0x6144", 0, "bad magic"),
        ("something else\n", 250, "something else"),
        ("", 3, "it ended with code 3"),
    ],
)
def test_a_broken_file_is_refused_whatever_the_exit_code(
    tmp_path: Path, nfdump: Path, errors: str, *, code: int, reason: str
) -> None:
    """Standard error tells; the message names the file and the cause."""
    answer(nfdump, output=RECORD, errors=f"Skip unknown record type 9\n{errors}", code=code)
    path = write(tmp_path / "nfcapd.1", HEADER)

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.path == str(path)
    assert reason in str(caught.value)


def test_output_that_is_no_json_is_refused(tmp_path: Path, nfdump: Path) -> None:
    """A version with another output is noticed, not misread."""
    answer(nfdump, output='{\n\t"in_packets" : many\n}')

    with pytest.raises(MalformedDocument, match="JSON output cannot be read"):
        read_all(read, write(tmp_path / "nfcapd.1", HEADER))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Date flow start, Duration\n", "its magic is missing"),
        (b"", "its magic is missing"),
        (b"\xa5\x0c\0\1" + bytes(200), "the other byte order"),
        (b"\x0c\xa5\1\0", "cut inside its header"),
        (b"\x0c\xa5\x09\0" + bytes(200), "has layout 9"),
        (b"\x1f\x8b" + bytes(200), "compressed with gzip"),
    ],
)
def test_a_file_that_is_not_of_nfcapd_is_refused(
    tmp_path: Path, nfdump: Path, content: bytes, reason: str
) -> None:
    """The header is checked before nfdump is asked."""
    answer(nfdump, output=RECORD)

    with pytest.raises(MalformedDocument, match=reason):
        read_all(read, write(tmp_path / "nfcapd.1", content))


def test_without_the_program_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is a package of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="apt install nfdump"):
        read_all(read, write(tmp_path / "nfcapd.1", HEADER))


def test_reading_that_stops_ends_the_program(tmp_path: Path, nfdump: Path) -> None:
    """A caller who breaks off leaves no process behind."""
    mark = tmp_path / "pid"
    answer(nfdump)
    record = (RECORD + ",\n") * 30_000
    nfdump.with_name("output").write_text(record)
    nfdump.write_text(
        f'#!/bin/sh\n[ "$1" = -E ] && exit 0\necho $$ > {mark}\n'
        f"exec sh -c 'cat {nfdump.with_name('output')}; exec sleep 600'\n"
    )
    batches = read(write(tmp_path / "nfcapd.1", HEADER), ReadOptions(), Tally())
    next(iter(batches))
    batches.close()  # type: ignore[attr-defined]

    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_nfcapd_is_recognised_by_its_magic() -> None:
    """The name says nothing: nfcapd.sample2 may be text."""
    assert recognises(Path("x"), HEADER)
    assert not recognises(Path("nfcapd.202601011200"), b"Date flow start")


def test_the_stand_in_is_on_the_path(nfdump: Path) -> None:
    """The tests above ask the stand-in and never the real program."""
    answer(nfdump)

    assert shutil.which("nfdump") == str(nfdump)


def test_a_record_came_in_where_its_interface_looks(tmp_path: Path, nfdump: Path) -> None:
    """The way back came in where the way there left, and was seen the other way."""
    seen = '"src_port" : 40000,\n\t"input_snmp" : 7,\n\t"output_snmp" : 8,\n\t"direction" : 0'
    there = RECORD.replace('"src_port" : 40000', seen)
    both = there.replace('"in_bytes"', '"out_packets" : 1,\n\t"out_bytes" : 40,\n\t"in_bytes"')
    answer(nfdump, output=f"{there},\n{both},\n{RECORD}\n")
    roles = {7: InterfaceRole.TRANSIT, 8: InterfaceRole.SUBSCRIBER}
    path = write(tmp_path / "nfcapd.1", HEADER)

    rows, _ = read_all(read, path, described={"203.0.113.1": Description(roles=roles)})
    counted, tally = read_all(
        read,
        path,
        described={"203.0.113.1": Description(roles=roles, counts=CountedDirection.EGRESS)},
    )

    assert [row["ingress"] for row in rows] == [
        Ingress.TRANSIT, Ingress.TRANSIT, Ingress.SUBSCRIBER, Ingress.UNKNOWN,
    ]  # fmt: skip
    assert [row["ingress"] for row in counted] == [Ingress.SUBSCRIBER, Ingress.UNKNOWN]
    assert tally.dropped == {"counted-elsewhere": 2}


def test_counters_multiplied_by_a_wrong_rate_are_divided_by_it(
    tmp_path: Path, nfdump: Path
) -> None:
    """Nfcapd believed the exporter; the operator's word came later."""
    answer(nfdump, output=RECORD + "\n", exporters="SysID: 7\nSampler: interval: 100\n")
    path = write(tmp_path / "nfcapd.1", HEADER)
    said = Description(interval=10_000)

    (row,), tally = read_all(read, path, described={"203.0.113.1": said})

    assert (row["sampling_interval"], row["counts_scaled"]) == (10_000, 0)
    assert (row["packets"], row["bytes"]) == (30, 1500)
    assert tally.notes == {"sampling-overridden": 1}
