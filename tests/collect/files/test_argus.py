"""Argus binetflow files become flow records of both directions, at the IP layer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.files.argus import read, recognises, split_packets, state_flags
from hinomi.errors import MalformedDocument
from readers import read_all, write

NAMES = [
    "StartTime", "Dur", "Proto", "SrcAddr", "Sport", "Dir", "DstAddr", "Dport", "State", "sTos",
    "dTos", "TotPkts", "TotBytes", "SrcBytes", "Label",
]  # fmt: skip
FLOW = {
    "StartTime": "2026/01/01 12:00:00.123456", "Dur": "1.500000", "Proto": "tcp",
    "SrcAddr": "192.0.2.1", "Sport": "40000", "Dir": "   ->", "DstAddr": "198.51.100.1",
    "Dport": "443", "State": "SRPA_FSPA", "sTos": "0", "dTos": "0", "TotPkts": "9",
    "TotBytes": "1000", "SrcBytes": "400", "Label": "flow=Background",
}  # fmt: skip


def flows(*rows: dict[str, str], names: list[str] = NAMES, mark: str = ",") -> str:
    """Lay rows out as ``ra`` prints them."""
    lines = [mark.join(row.get(name, "") for name in names) for row in rows]
    return "\n".join([mark.join(names), *lines]) + "\n"


@pytest.mark.parametrize("mark", [",", "\t"])
def test_a_flow_becomes_two_records(tmp_path: Path, mark: str) -> None:
    """Bytes lose 14 a packet; packets are split by bytes and that is counted."""
    rows, tally = read_all(read, write(tmp_path / "x.binetflow.gz", flows(FLOW, mark=mark)))

    there, back = rows
    assert there == {
        "ts_ms": 1767268800123, "exporter": None, "sampling_interval": 0, "counts_scaled": 0,
        "proto": 6, "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40000, "dst_port": 443,
        "tcp_flags": 0x1E, "packets": 4, "bytes": 400 - 4 * 14, "duration_ms": 1500, "ingress": 0,
    }  # fmt: skip
    assert back == there | {
        "src": "198.51.100.1", "dst": "192.0.2.1", "src_port": 443, "dst_port": 40000,
        "packets": 5, "bytes": 600 - 5 * 14, "tcp_flags": 0x1B,
    }  # fmt: skip
    assert tally.records == 1
    assert tally.notes == {"packets-split-by-bytes": 1}


def test_packets_of_the_source_are_taken_where_stated(tmp_path: Path) -> None:
    """With SrcPkts nothing has to be split."""
    text = flows(FLOW | {"SrcPkts": "8"}, names=[*NAMES, "SrcPkts"])
    rows, tally = read_all(read, write(tmp_path / "x.binetflow", text))

    assert [row["packets"] for row in rows] == [8, 1]
    assert not tally.notes


def test_payload_is_discarded_and_counted(tmp_path: Path) -> None:
    """Columns with user data are never decoded, whatever bytes they hold."""
    text = flows(FLOW | {"srcUdata": "s[2]=?"}, names=[*NAMES, "srcUdata", "dstUdata"])
    raw = text.encode().replace(b"=?", b"=\xff\xfe")
    rows, tally = read_all(read, write(tmp_path / "x.binetflow", raw))

    assert len(rows) == 2
    assert tally.notes["payload-columns-discarded"] == 2


def test_what_is_not_ip_is_dropped_and_counted(tmp_path: Path) -> None:
    """ARP, LLC and management rows, and MAC addresses, are no IP flows."""
    others = [
        FLOW | {"Proto": "arp", "Sport": "", "Dport": ""},
        FLOW | {"Proto": "llc", "SrcAddr": "00:00:00:00:00:00", "DstAddr": "0:0:0:0:0:0"},
        FLOW | {"Proto": "man", "SrcAddr": "0", "DstAddr": "0"},
        FLOW | {"SrcAddr": "00:11:22:33:44:55"},
    ]
    rows, tally = read_all(read, write(tmp_path / "x.binetflow", flows(*others, FLOW)))

    assert len(rows) == 2
    assert tally.records == 5
    assert tally.dropped == {"not-ip": 4}


def test_a_row_without_packets_is_dropped_and_counted(tmp_path: Path) -> None:
    """A row with no packet in either direction tells of no communication."""
    silent = FLOW | {"TotPkts": "0", "TotBytes": "0", "SrcBytes": "0"}
    _, tally = read_all(read, write(tmp_path / "x.binetflow", flows(silent)))

    assert tally.dropped == {"no-packets": 1}


@pytest.mark.parametrize(
    ("proto", "sport", "dport", "there", "back"),
    [
        ("icmp", "0x0008", "0x2d34", 8 * 256, 0),
        ("icmp", "0x0303", "0x0000", 3 * 256 + 3, 3 * 256 + 3),
        ("icmp", "0x000b", "0x9d41", 11 * 256, 11 * 256),
        ("ipv6-icmp", "135", "0", 135 * 256, 136 * 256),
        ("ipv6-icmp", "1", "4", 256 + 4, 256 + 4),
        ("igmp", "", "", 0, 0),
    ],
)
def test_icmp_type_and_code_stand_in_the_destination_port(
    tmp_path: Path, proto: str, sport: str, dport: str, *, there: int, back: int
) -> None:
    """Argus prints code and type of ICMP in the hex source port."""
    row = FLOW | {"Proto": proto, "Sport": sport, "Dport": dport, "State": "ECO"}
    rows, _ = read_all(read, write(tmp_path / "x.binetflow", flows(row)))

    assert [row["dst_port"] for row in rows] == [there, back]
    assert {row["src_port"] for row in rows} == {0}
    assert {row["tcp_flags"] for row in rows} == {-1}


def test_applications_inside_udp_are_udp(tmp_path: Path) -> None:
    """Argus prints rtp, rtcp and udt in place of the protocol."""
    named = [FLOW | {"Proto": name} for name in ("rtp", "rtcp", "udt")]
    rows, _ = read_all(read, write(tmp_path / "x.binetflow", flows(*named)))

    assert {row["proto"] for row in rows} == {17}
    assert {row["dst_port"] for row in rows} == {443, 40000}


def test_times_may_be_seconds_since_the_epoch(tmp_path: Path) -> None:
    """``ra -u`` prints them; other times keep their milliseconds beside them."""
    text = flows(FLOW | {"StartTime": "1767268800.123456"}, FLOW)
    rows, _ = read_all(read, write(tmp_path / "x.binetflow", text))

    assert {row["ts_ms"] for row in rows} == {1767268800123}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"StartTime": "2026/13/01 12:00:00.0"}, "StartTime is not a time"),
        ({"StartTime": "1969/12/31 23:59:59.000000"}, "StartTime is negative"),
        ({"StartTime": "2126/01/01 12:00:00.000000"}, "StartTime lies in the future"),
        ({"Dur": "-1.0"}, "Dur is negative"),
        ({"Dur": "inf"}, "Dur is not finite"),
        ({"SrcAddr": "fe80::1%em0"}, "SrcAddr is not an IP address"),
        ({"Sport": "70000"}, "Sport is above 65535"),
        ({"TotPkts": "-9"}, "TotPkts is negative"),
        ({"TotBytes": ""}, "TotBytes is not a number"),
        ({"SrcBytes": "1001"}, "SrcBytes is above TotBytes"),
        ({"Label": "a,b"}, "has 16 fields, the header 15"),
        ({"Label": "\udce9"}, "is not UTF-8 text"),
    ],
)
def test_a_malformed_line_is_told_with_its_number(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    """The message names file and line; keep_good goes on."""
    text = flows(FLOW | {"Sport": "0x0008", "Proto": "icmp"}, FLOW | change, FLOW)
    path = write(tmp_path / "x.binetflow", text.encode(errors="surrogateescape"))

    with pytest.raises(MalformedDocument) as caught:
        read_all(read, path)

    assert caught.value.line == 3
    assert reason in str(caught.value)
    rows, tally = read_all(read, path, keep_good=True)
    assert (len(rows), tally.malformed, tally.records) == (4, 1, 3)
    assert rows[0]["dst_port"] == 8 * 256


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    """Without addresses there is no flow."""
    text = flows(FLOW, names=[name for name in NAMES if name != "DstAddr"])

    with pytest.raises(MalformedDocument, match="line 1: the header lacks DstAddr"):
        read_all(read, write(tmp_path / "x.binetflow", text))


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    """Nothing, or a header only, is no error."""
    assert read_all(read, write(tmp_path / "a.binetflow", ""))[1].records == 0
    assert read_all(read, write(tmp_path / "b.binetflow", flows()))[1].records == 0


def test_binetflow_is_recognised_by_its_header() -> None:
    """Any order of columns will do."""
    assert recognises(Path("x"), flows(FLOW, names=NAMES[::-1]).encode())
    assert not recognises(Path("x.binetflow"), b"StartTime,Dur\n")


counts = st.integers(0, 2**40)


@given(packets=counts, there=counts, back=counts)
def test_split_packets_add_up(packets: int, there: int, back: int) -> None:
    """No packet is lost or made; a side with bytes has one where there are two or more."""
    columns = (np.array([value], dtype=np.int64) for value in (packets, there, back))
    sent = int(split_packets(*columns)[0])

    assert 0 <= sent <= packets
    if packets > 1:
        assert sent >= (there > 0)
        assert packets - sent >= (back > 0)
    if there == 0 and back > 0:
        assert sent == 0
    if back == 0:
        assert sent == packets


@pytest.mark.parametrize(
    ("state", "flags"),
    [
        ("S_RA", (0x02, 0x14)),
        ("S_", (0x02, -1)),
        ("CON", (-1, -1)),
        ("FIN", (-1, -1)),
        ("", (-1, -1)),
    ],
)
def test_state_gives_the_flags_of_each_side(state: str, flags: tuple[int, int]) -> None:
    """Before the underscore stands the source; other words say nothing of flags."""
    assert (state_flags(state, 0), state_flags(state, 1)) == flags
