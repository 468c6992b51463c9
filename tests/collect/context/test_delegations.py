"""Delegation files give blocks in use with the day of their registration."""

from pathlib import Path

import pytest

from hinomi.clock import parse_time
from hinomi.collect.context import delegations
from hinomi.collect.context.intake import Intake, Parsed
from hinomi.errors import MalformedDocument

VERSION = "2|bureau|20250101|5|19830101|20250101|+0000\n"
ROWS = """\
# a remark
bureau|*|ipv4|*|3|summary
bureau|ZZ|ipv4|198.51.100.0|256|20240215|allocated|id-1
bureau|ZZ|ipv4|203.0.113.0|96|20200101|assigned|id-2|extra
bureau|ZZ|ipv4|192.0.2.0|256||reserved|
bureau|ZZ|ipv4|198.18.0.0|256||allocated|id-3
bureau|ZZ|ipv4|198.19.0.0|256|20250102|allocated|id-4
bureau|ZZ|ipv6|2001:db8::|32|20100203|allocated|id-5
bureau|ZZ|asn|64496|1|20100203|allocated|id-6
"""


def read(path: Path, text: str, day: str = "2025-01-01") -> Parsed:
    """Read a delegation file of *text*."""
    path.write_text(text, "utf-8")
    return delegations.read(Intake(path, day))


def test_blocks_in_use_are_kept_with_their_day(tmp_path: Path) -> None:
    """A block that is no prefix keeps its size; what is not dated, not in use or later goes."""
    parsed = read(tmp_path / "x", VERSION + ROWS)

    assert parsed.rows.to_pydict() == {
        "first": [0xC6336400, 0xCB007100, 0x20010DB8 << 32],
        "last": [0xC63364FF, 0xCB00715F, (0x20010DB9 << 32) - 1],
        "registered_ms": [parse_time(day) for day in ("2024-02-15", "2020-01-01", "2010-02-03")],
    }
    assert parsed.ignored == {
        "not-in-use": 1, "no-date": 1, "later-than-the-table": 1, "asn": 1,
    }  # fmt: skip


def test_a_file_of_a_later_day_is_refused(tmp_path: Path) -> None:
    """The version line states the last day the file knows of (R19)."""
    with pytest.raises(MalformedDocument, match="was made after 2024-12-31"):
        read(tmp_path / "x", VERSION + ROWS, day="2024-12-31")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("bureau|ZZ|ipv4|198.51.100.0|256|20240215", "6 fields where 7"),
        ("bureau|ZZ|ipx|198.51.100.0|256|20240215|allocated", "unknown type"),
        ("bureau|ZZ|ipv4|nowhere|256|20240215|allocated", "no IP address"),
        ("bureau|ZZ|ipv6|198.51.100.0|32|20240215|allocated", "not of the type"),
        ("bureau|ZZ|ipv4|198.51.100.0|all|20240215|allocated", "no number"),
        ("bureau|ZZ|ipv4|198.51.100.0|0|20240215|allocated", "empty or goes past"),
        ("bureau|ZZ|ipv4|255.255.255.255|2|20240215|allocated", "empty or goes past"),
        ("bureau|ZZ|ipv6|2001:db8::|129|20240215|allocated", "out of range"),
        ("bureau|ZZ|ipv4|198.51.100.0|256|20241315|allocated", "YYYYMMDD"),
        ("bureau|ZZ|ipv4|198.51.100.0|256|yesterday|allocated", "YYYYMMDD"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    """One line: file, number, what is wrong, and no address."""
    with pytest.raises(MalformedDocument, match=f"line 2: .*{message}") as caught:
        read(tmp_path / "x", f"{VERSION}{row}\n")
    assert "198.51" not in str(caught.value)


def test_a_file_without_its_version_line_is_refused(tmp_path: Path) -> None:
    """So that a list of another kind is not taken for one."""
    with pytest.raises(MalformedDocument, match="line 2: is no delegation file"):
        read(tmp_path / "x", ROWS)


def test_good_rows_are_kept_where_asked_for(tmp_path: Path) -> None:
    """A bad row is counted and left out."""
    path = tmp_path / "x"
    path.write_text(VERSION + "rubbish\n" + ROWS, "utf-8")

    parsed = delegations.read(Intake(path, "2025-01-01", keep_good=True))

    assert (parsed.rows.num_rows, parsed.malformed) == (3, 1)
