"""The block list of Feodo Tracker."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.lists.feodo import read, recognises
from hinomi.collect.lists.intake import Intake
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

HEADER = '"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"'
ROW = '"2026-01-01 10:11:12","192.0.2.1","8443","online","2026-01-03","Pikabot"'


def test_a_line_is_an_entry_with_its_times() -> None:
    """Online or not: when it was last online is kept."""
    assert parsed(f"# banner\n{HEADER}\n{ROW}\n# END 1 entries").entries == [
        ListEntry(
            base=parse_address("192.0.2.1"),
            port=8443,
            role=Role.C2,
            label="Pikabot",
            first_listed_ms=parse_time("2026-01-01T10:11:12Z"),
            last_listed_ms=parse_time("2026-01-03"),
        )
    ]


def test_the_header_may_stand_in_the_banner() -> None:
    """Older exports comment it out."""
    assert recognises(f"# banner\n# {HEADER}\n{ROW}\n")
    assert not recognises("# banner\n192.0.2.1\n")
    assert len(parsed(f"# {HEADER}\n{ROW}\n").entries) == 1


@pytest.mark.parametrize("stated", [0, 2])
def test_a_file_fetched_in_part_is_refused(stated: int) -> None:
    """Its last line counts the entries."""
    with pytest.raises(MalformedDocument, match=f"states {stated} entries but has 1"):
        parsed(f"{HEADER}\n{ROW}\n# END {stated} entries\n")


def test_bad_lines_are_counted_before_the_end_is_checked() -> None:
    """An operator who keeps the good ones gets them."""
    text = f"{HEADER}\n{ROW}\n{ROW.replace('8443', '0')}\n# END 2 entries\n"

    with pytest.raises(MalformedDocument, match="line 3"):
        parsed(text)
    keeping = parsed(text, keep_good=True)

    assert (len(keeping.entries), keeping.malformed) == (1, 1)


def test_another_text_is_not_this_format() -> None:
    """A named format is held to its header."""
    with pytest.raises(MalformedDocument, match="no header of a feodo list"):
        parsed("192.0.2.1\n")


def parsed(text: str, *, keep_good: bool = False) -> Intake:
    """Read *text* as a list of known C&C."""
    intake = Intake(Path("feodo.csv"), ListKind.KNOWN_CC, keep_good=keep_good)
    read(text, intake)
    return intake
