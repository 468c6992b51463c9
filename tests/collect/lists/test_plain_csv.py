"""Plain CSV lists."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.plain_csv import read, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role


def test_a_header_with_an_address_is_recognised() -> None:
    """Its place and case do not matter, nor comments above it."""
    assert recognises("# made by hand\nPort,Address\n")
    assert recognises("ip,label\n")
    assert not recognises("192.0.2.1\n")
    assert not recognises("")


def test_all_columns_are_read() -> None:
    """Each field of an entry can be stated."""
    text = (
        "address,protocol,port,role,label,first_listed,last_listed\n"
        "2001:db8::/32,udp,53,upper,Family,2026-01-01,2026-01-02T03:04:05Z\n"
    )

    assert parsed(text).entries == [
        ListEntry(
            base=parse_address("2001:db8::"),
            length=32,
            proto=17,
            port=53,
            role=Role.UPPER,
            label="Family",
            first_listed_ms=parse_time("2026-01-01"),
            last_listed_ms=parse_time("2026-01-02T03:04:05Z"),
        )
    ]


def test_the_address_alone_is_enough() -> None:
    """What is not stated holds for any protocol and port."""
    assert parsed("address\n192.0.2.1\n").entries == [ListEntry(base=parse_address("192.0.2.1"))]


def test_other_columns_are_counted_and_left_out() -> None:
    """Somebody's remarks are nothing to keep."""
    taken = parsed("address,remark,owner\n192.0.2.1,x,y\n")

    assert taken.ignored == {"unknown column": 2}
    assert len(taken.entries) == 1


def test_host_names_are_counted_and_left_out() -> None:
    """A line with one in place of the address is no entry, and no mistake."""
    taken = parsed("address,port\nhost.example,80\n192.0.2.1,80\n")

    assert [entry.base for entry in taken.entries] == [parse_address("192.0.2.1")]
    assert (taken.ignored, taken.malformed) == ({"hostname": 1}, 0)


@pytest.mark.parametrize("header", ["host,port", "address,ip", "address,port,port"])
def test_a_header_without_one_address_column_is_refused(header: str) -> None:
    """Nor may a column stand there twice: which one would count?"""
    with pytest.raises(MalformedDocument, match="line 1"):
        parsed(f"{header}\n")


@pytest.mark.parametrize(
    "line", ["192.0.2.256,tcp,80", "192.0.2.1,tcp,99999", "192.0.2.1,sky,80", "192.0.2.1,tcp"]
)
def test_a_bad_line_is_named(line: str) -> None:
    """The second of three; with good ones kept the other two are there."""
    text = f"address,protocol,port\n192.0.2.1,tcp,80\n{line}\n192.0.2.2,tcp,80\n"

    with pytest.raises(MalformedDocument, match=r"list\.csv, line 3: "):
        parsed(text)

    keeping = parsed(text, keep_good=True)
    assert (len(keeping.entries), keeping.malformed) == (2, 1)


def parsed(text: str, *, keep_good: bool = False) -> Intake:
    """Read *text* as a list of known C&C."""
    intake = Intake(Path("list.csv"), ListKind.KNOWN_CC, keep_good=keep_good)
    read(text, intake)
    return intake
