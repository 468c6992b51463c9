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
    """It must be an address: prose and host names are not."""
    assert recognises(TEXT)
    assert not recognises("# only\n; comments\n")
    assert not recognises("host.example\n192.0.2.1\n")


def test_a_host_name_is_a_bad_line() -> None:
    """The list would say less than its maker thinks."""
    intake = Intake(Path("list.txt"), ListKind.SUSPECTS, keep_good=False)

    with pytest.raises(MalformedDocument, match=r"list\.txt, line 2: ") as caught:
        read("192.0.2.1\nhost.example\n", intake)

    assert "host.example" not in str(caught.value)
