"""Scan results of Carbon Black."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.carbonblack import read, recognises
from hinomi.collect.lists.intake import Intake
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

HEADER = "c2_ip\tfirst_seen\tlast_seen\tprotocol\tport\tversion"


def test_a_line_is_an_entry_of_the_files_family() -> None:
    """Family from the file's name, transport from the application, dates with slashes."""
    assert parsed(line("TLS", "443")).entries == [
        ListEntry(
            base=parse_address("192.0.2.1"),
            proto=6,
            port=443,
            role=Role.C2,
            label="shadowpad",
            first_listed_ms=parse_time("2022-06-13"),
            last_listed_ms=parse_time("2022-06-14T01:02:03Z"),
        )
    ]


@pytest.mark.parametrize(
    ("protocol", "port", "kept"),
    [
        ("DNS", "53", (17, 53)),
        ("ICMP", "", (1, None)),
        ("HTTP & DNS", "8080", (None, 8080)),
        ("HTTP & HTTPS", "8080", (6, 8080)),
        ("SMB", "4444", (None, None)),
    ],
)
def test_the_transport_follows_from_the_application(
    protocol: str, port: str, kept: tuple[int | None, int | None]
) -> None:
    """Two that differ leave it open; behind a named pipe nobody listens on the port."""
    assert [(entry.proto, entry.port) for entry in parsed(line(protocol, port)).entries] == [kept]


def test_quotes_mean_nothing() -> None:
    """A stray one in a later column does not swallow the lines behind it."""
    text = f'{line("TCP", "1")} "\n{line("TCP", "2")}'

    assert [entry.port for entry in parsed(text).entries] == [1, 2]


@pytest.mark.parametrize("bad", ["192.0.2.1", "192.0.2.1\t\t\tSKY\t1", "\t\t\tTCP\t1"])
def test_a_bad_line_is_named(bad: str) -> None:
    """A line that was broken in two is one."""
    with pytest.raises(MalformedDocument, match="line 3"):
        parsed(f"{line('TCP', '1')}\n{bad}")


def test_the_header_tells_the_format() -> None:
    """A named format is held to it."""
    assert recognises(HEADER)
    assert not recognises(HEADER.replace("\t", ","))
    with pytest.raises(MalformedDocument, match="no header of a carbonblack list"):
        read("192.0.2.1\n", Intake(Path("x"), ListKind.KNOWN_CC, keep_good=False))


def line(protocol: str, port: str) -> str:
    """Write one line."""
    return f"192.0.2.1\t2022/06/13\t2022/06/14 01:02:03\t{protocol}\t{port}\tVariant1"


def parsed(lines: str) -> Intake:
    """Read *lines* below the header as a list of known C&C."""
    intake = Intake(Path("shadowpad_202210.tsv.gz"), ListKind.KNOWN_CC, keep_good=False)
    read(f"{HEADER}\n{lines}\n", intake)
    return intake
