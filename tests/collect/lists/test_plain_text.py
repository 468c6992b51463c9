"""Plain text lists."""

from pathlib import Path

import pytest

from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.plain_text import read, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind

TEXT = """\
# ranges
192.0.2.0/24 ; SBL1
198.51.100.7:8080   # a port

2001:db8::1
"""


def test_each_line_is_an_entry() -> None:
    """Comments stand on lines of their own or behind an entry, after # or ;."""
    intake = Intake(Path("list.txt"), ListKind.SUSPECTS, keep_good=False)

    read(TEXT, intake)

    assert intake.entries == [
        ListEntry(base=parse_address("192.0.2.0"), length=120),
        ListEntry(base=parse_address("198.51.100.7"), port=8080),
        ListEntry(base=parse_address("2001:db8::1")),
    ]


def test_the_first_entry_tells_the_format() -> None:
    """It must be an address or a host name: prose is neither."""
    assert recognises(TEXT)
    assert not recognises("# only\n; comments\n")
    assert recognises("host.example\n192.0.2.1\n")
    assert not recognises("Dear reader,\n192.0.2.1\n")
    assert not recognises("indicator\n192.0.2.1\n")


def test_host_names_are_counted_and_left_out() -> None:
    """They name no address; the lines around them are read."""
    intake = Intake(Path("list.txt"), ListKind.SUSPECTS, keep_good=False)

    read("host.example\n192.0.2.1\nc2.host.example.  # a remark\n", intake)

    assert [entry.base for entry in intake.entries] == [parse_address("192.0.2.1")]
    assert intake.ignored == {"hostname": 2}
    assert intake.malformed == 0


def test_what_is_neither_address_nor_host_name_is_a_bad_line() -> None:
    """The list would say less than its maker thinks."""
    intake = Intake(Path("list.txt"), ListKind.SUSPECTS, keep_good=False)

    with pytest.raises(MalformedDocument, match=r"list\.txt, line 2: ") as caught:
        read("192.0.2.1\nhost_of.example\n", intake)

    assert "host_of" not in str(caught.value)
