"""Fox-IT's list of team servers."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.foxit import read, recognises
from hinomi.collect.lists.intake import Intake
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

HEADER = "ip,port,first_seen,last_seen"


def test_a_line_is_a_team_server() -> None:
    """First and last seen are days."""
    intake = Intake(Path("servers.csv"), ListKind.KNOWN_CC, keep_good=False)

    read(f"{HEADER}\n192.0.2.1,443,2017-06-20,2017-07-01\n", intake)

    assert intake.entries == [
        ListEntry(
            base=parse_address("192.0.2.1"),
            port=443,
            role=Role.C2,
            label="Cobalt Strike",
            first_listed_ms=parse_time("2017-06-20"),
            last_listed_ms=parse_time("2017-07-01"),
        )
    ]


def test_these_four_columns_tell_the_format() -> None:
    """One more is somebody's own CSV."""
    assert recognises(f"{HEADER}\n")
    assert not recognises(f"{HEADER},label\n")


@pytest.mark.parametrize("text", ["address\n192.0.2.1\n", f"{HEADER}\n192.0.2.1,443,soon,\n"])
def test_other_lines_are_refused(text: str) -> None:
    """A header of another kind, a time that is none."""
    with pytest.raises(MalformedDocument, match=r"servers\.csv, line \d"):
        read(text, Intake(Path("servers.csv"), ListKind.KNOWN_CC, keep_good=False))
