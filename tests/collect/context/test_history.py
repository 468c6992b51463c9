"""Earlier lists give single addresses with their first listing."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.context import history
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.errors import MalformedDocument

ROWS = """\
address,port,role,first_listed
198.51.100.9,443,c2,2024-06-01
198.51.100.9,8443,c2,2024-05-01
198.51.100.7,443,c2,
203.0.113.0/24,,c2,2024-06-01
203.0.113.1,443,sinkhole,2024-06-01
203.0.113.2,443,c2,2025-01-02
"""


def read(path: Path, text: str, day: str = "2025-01-01", *, keep_good: bool = False) -> Parsed:
    """Read a list of *text*."""
    path.write_text(text, "utf-8")
    return history.read(Intake(path, day, keep_good=keep_good))


def test_an_address_is_dated_by_its_first_listing(tmp_path: Path) -> None:
    """One row an address: the earliest day stated on any port; unknown stays unknown."""
    rows = read(tmp_path / "x.csv", ROWS).rows.to_pydict()

    assert [lo & 0xFFFFFFFF for lo in rows["lo"]] == [0xC6336407, 0xC6336409]
    assert rows["listed_ms"] == [-1, parse_time("2024-05-01")]


def test_what_says_nothing_of_neighbours_is_left_out(tmp_path: Path) -> None:
    """Prefixes, sinkholes and what the list dates after the table's day are counted."""
    assert read(tmp_path / "x.csv", ROWS).ignored == {
        "prefix": 1, "sinkhole": 1, "later-than-the-table": 1,
    }  # fmt: skip


def test_a_listing_on_the_day_itself_counts(tmp_path: Path) -> None:
    """The table stands as of the end of its day."""
    text = "address,first_listed\n198.51.100.1,2025-01-01T23:59:59Z\n"

    assert read(tmp_path / "x.csv", text).rows.num_rows == 1


def test_bad_lines_stop_or_are_counted(tmp_path: Path) -> None:
    """As in every list: with file and line, unless good ones are kept."""
    text = ROWS + "198.51.100.8,99999,c2,\n"

    with pytest.raises(MalformedDocument, match="line 8: the port"):
        read(tmp_path / "x.csv", text)
    assert read(tmp_path / "x.csv", text, keep_good=True).malformed == 1


def test_a_list_without_a_single_address_is_refused(tmp_path: Path) -> None:
    """A list of prefixes alone says nothing here."""
    with pytest.raises(MalformedDocument, match=r"holds nothing of the kind history \(but 1 pre"):
        read(tmp_path / "x.csv", "address\n203.0.113.0/24\n")
