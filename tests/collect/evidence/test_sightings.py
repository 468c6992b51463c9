"""Sightings by other members."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.sightings import NOT_SEEN, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Method
from testimony import parsed, rendered

HEADER = "address,protocol,port,says\n"


def test_the_format_is_told_by_its_header() -> None:
    """By what it says."""
    assert recognises(HEADER)
    assert not recognises("address,protocol,port\n")


def test_each_category_is_a_claim_of_the_files_day(tmp_path: Path) -> None:
    """Not to have seen it proves nothing and is counted."""
    text = HEADER + (
        "192.0.2.1,tcp,443,confirmed\n192.0.2.2,tcp,443,wrong\n"
        "192.0.2.3,udp,53,gone\n192.0.2.4,tcp,443,not-seen\n"
    )

    taken = parsed(tmp_path, text, "sightings")

    assert rendered(list(taken.evidence)) == [
        "cc 192.0.2.1 tcp/443 0",
        "benign 192.0.2.2 tcp/443 0",
        "gone 192.0.2.3 udp/53 0",
    ]
    assert {each.method for each in taken.evidence} == {Method.SIGHTING}
    assert taken.ignored == {NOT_SEEN: 1}


@pytest.mark.parametrize("row", ["192.0.2.1,tcp,443,seen", "192.0.2.1,tcp,0,gone", "x,tcp,1,gone"])
def test_a_bad_line_is_named(tmp_path: Path, row: str) -> None:
    """Nobody guesses what a member meant."""
    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(tmp_path, HEADER + row, "sightings")


def test_a_time_has_no_place(tmp_path: Path) -> None:
    """A column with one is counted and left out (R4)."""
    text = "address,protocol,port,says,seen\n192.0.2.1,tcp,443,confirmed,2020-01-01\n"

    taken = parsed(tmp_path, text, "sightings")

    assert (rendered(list(taken.evidence)), taken.ignored) == (
        ["cc 192.0.2.1 tcp/443 0"],
        {"unknown column": 1},
    )
