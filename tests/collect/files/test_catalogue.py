"""The catalogue tells the format of a file from what is in it."""

import struct
from pathlib import Path

import pytest

from hinomi.collect.files.catalogue import FORMATS, find_format, format_names
from readers import write

PCAP_HEADER = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
EXPORT = (
    struct.pack(">BBHHHBBHII", 0x45, 0, 100, 0, 0, 64, 17, 0, 0xC0000201, 0xC0000202)
    + struct.pack(">HHHH", 2055, 2055, 80, 0)
    + struct.pack(">HH20x48x", 5, 1)
)
"""A packet with a datagram of NetFlow v5, one record in it."""

STARTS = {
    "zeek": b'{"ts":1,"id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","conn_state":"SF"}\n',
    "argus": b"StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,TotPkts,TotBytes,SrcBytes\n",
    "nfcapd": b"\x0c\xa5\x01\x00" + bytes(300),
    "goflow2": b'{"type":"IPFIX","src_addr":"192.0.2.1","time_flow_start_ns":1}\n',
    "pmacct": b"SRC_IP,DST_IP,SRC_PORT,DST_PORT,PROTOCOL,TIMESTAMP_START,PACKETS,BYTES\n",
    "suricata": b'{"timestamp":"2026-01-01T00:00:00+0000","event_type":"flow"}\n',
    "table": b"ts_ms,proto,src_addr,dst_addr\n",
    "export": PCAP_HEADER + struct.pack("<IIII", 1, 0, 100, 100) + EXPORT,
    "capture": PCAP_HEADER,
}


def test_there_is_an_example_of_every_format() -> None:
    """And no two have one name."""
    assert sorted(STARTS) == sorted(format_names())
    assert len(set(format_names())) == len(FORMATS)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("name", STARTS)
def test_a_format_is_told_by_its_content(tmp_path: Path, name: str, suffix: str) -> None:
    """One format recognises each, plain or compressed, whatever the file's name."""
    path = write(tmp_path / f"data{suffix}", STARTS[name])
    found = find_format(path, None)

    assert found is not None
    assert found.name == name
    all_names = [known.name for known in FORMATS if known.recognises(path, STARTS[name])]
    assert all_names == (["export", "capture"] if name == "export" else [name])


@pytest.mark.parametrize("content", [b"", b"\n", b"hello\n", b"{}\n", b"\x1f\x8b", bytes(99)])
def test_what_is_none_of_them_is_none(tmp_path: Path, content: bytes) -> None:
    """Nothing is guessed."""
    assert find_format(write(tmp_path / "conn.log", content), None) is None


def test_the_operator_may_say_which(tmp_path: Path) -> None:
    """A name is taken at its word; an unknown one is none."""
    path = write(tmp_path / "x", b"")
    found = find_format(path, "argus")

    assert found is not None
    assert found.name == "argus"
    assert find_format(path, "fax") is None


def test_only_captures_hold_packets() -> None:
    """Which is why only laboratory homes take them."""
    assert [known.name for known in FORMATS if known.is_packets] == ["capture"]
