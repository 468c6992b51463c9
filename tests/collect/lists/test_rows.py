"""Lines and rows of text lists."""

from pathlib import Path

import pytest

from hinomi.collect.lists.intake import Intake
from hinomi.collect.lists.rows import (
    content_lines,
    first_line,
    header_position,
    parse_rows,
    read_header,
    require_header,
    rows_below,
)
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListKind


def test_comments_and_blank_lines_keep_their_numbers() -> None:
    """A message names the line as an editor counts it."""
    assert list(content_lines("# a\n\nb\n  # c\nd")) == [(3, "b"), (5, "d")]


def test_the_first_line_may_be_a_comment() -> None:
    """Some feeds have their header there."""
    assert first_line("\n  #ip,port\nx") == "#ip,port"


def test_a_header_is_read_quoted_or_commented_out() -> None:
    """Names come in lower case without quotes."""
    assert read_header('# "First_Seen_UTC", "ioc_id"') == ["first_seen_utc", "ioc_id"]


@pytest.mark.parametrize("line", ["address\rport", "a" * 200_000 + ",b"], ids=["return", "long"])
def test_what_is_no_csv_names_no_columns(line: str) -> None:
    """Whoever reads it then says what it should be."""
    assert read_header(line) == []


def test_rows_are_fields_by_column() -> None:
    """Quotes hold commas; a space before a quote is nothing."""
    lines = iter([(4, 'x, "y, z"')])

    assert list(parse_rows(lines, ["a", "b"], intake())) == [(4, {"a": "x", "b": "y, z"})]


@pytest.mark.parametrize("line", ["1.1", "1.1,1.2,1.3", '1.1,"1.2', '1.1,"1.2"1.3'])
def test_a_row_of_another_width_is_a_bad_line(line: str) -> None:
    """Missing and surplus fields, and quotes that do not close."""
    with pytest.raises(MalformedDocument, match="line 4: ") as caught:
        list(parse_rows(iter([(4, line)]), ["a", "b"], intake()))

    assert "1.1" not in str(caught.value)


def test_bad_rows_are_left_out_where_good_ones_are_kept() -> None:
    """And counted."""
    keeping = intake(keep_good=True)
    lines = iter([(1, "x"), (2, "y,z"), (3, 'x,"')])

    assert [row for row, _ in parse_rows(lines, ["a", "b"], keeping)] == [2]
    assert keeping.malformed == 2


def test_a_header_is_found_inside_or_below_the_banner() -> None:
    """But not below the first line of data."""
    assert header_position('# x\n# "a","b"\n1,2', ("a", "b")) == 2
    assert header_position("# x\na,b\n1,2", ("a", "b")) == 2
    assert header_position("# x\n1,2\na,b", ("a", "b")) is None
    assert header_position("# x\n", ("a", "b")) is None


def test_rows_begin_below_the_header() -> None:
    """Comments between them are no rows."""
    found = rows_below("# x\na,b\n1,2\n# end\n3,4\n", 2, intake())

    assert list(found) == [(3, {"a": "1", "b": "2"}), (5, {"a": "3", "b": "4"})]


def test_a_missing_header_is_named() -> None:
    """The operator named the format: the message says what was looked for."""
    assert require_header(3, intake(), "feodo") == 3
    with pytest.raises(MalformedDocument, match="no header of a feodo list"):
        require_header(None, intake(), "feodo")


def intake(*, keep_good: bool = False) -> Intake:
    """Open an intake for a file called list."""
    return Intake(Path("list"), ListKind.KNOWN_CC, keep_good=keep_good)
