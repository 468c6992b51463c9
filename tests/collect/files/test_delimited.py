"""Delimited text becomes columns that remember their lines."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hinomi.collect.files.columns import Faults
from hinomi.collect.files.delimited import Layout, headed, settle
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block
from hinomi.errors import MalformedDocument

PATH = Path("flows.csv")
KEEP = ReadOptions(keep_good=True)


def layout(*, quoted: bool = True, checks_all: bool = True) -> Layout:
    """Describe a file with columns a, b and c, of which a and c are wanted."""
    return Layout(PATH, ("a", "b", "c"), frozenset("ac"), ",", quoted, checks_all)


def test_only_wanted_columns_are_kept() -> None:
    """All others are discarded at decoding."""
    rows = layout().parse(Block(b"1,2,3\n4,5,6\n", 2), ReadOptions(), Tally())

    assert {name: column.to_pylist() for name, column in rows.columns.items()} == {
        "a": ["1", "4"],
        "c": ["3", "6"],
    }
    assert rows.column("d").null_count == 2


def test_rows_remember_their_lines() -> None:
    """Blank lines and lines left out count as lines."""
    block = Block(b"1,2,3\n\n4,5,6\n7,8\n\r\n9,9,9", 10)
    tally = Tally()
    rows = layout().parse(block, KEEP, tally)

    assert [rows.line_of(row) for row in range(rows.count)] == [10, 12, 15]
    assert (tally.records, tally.malformed) == (4, 1)
    chosen = rows.where(np.array([False, True, True])).where(np.array([False, True]))
    assert chosen.line_of(0) == 15
    assert chosen.column("a").to_pylist() == ["9"]


def test_quotes_are_marks_or_letters() -> None:
    """As the format says."""
    text = b'"1,1",2,3\n'
    assert layout().parse(Block(text, 1), ReadOptions(), Tally()).column("a").to_pylist() == ["1,1"]
    with pytest.raises(MalformedDocument, match="line 1: has 4 fields, the header 3"):
        layout(quoted=False).parse(Block(text, 1), ReadOptions(), Tally())


def test_a_discarded_column_may_hold_any_bytes_where_it_is_payload() -> None:
    """Elsewhere the whole line is UTF-8."""
    block = Block(b"1,2,3\n1,\xff,3\n", 1)

    assert layout(checks_all=False).parse(block, ReadOptions(), Tally()).count == 2
    assert layout().parse(block, KEEP, Tally()).count == 1
    with pytest.raises(MalformedDocument, match="line 2: is not UTF-8 text"):
        layout().parse(block, ReadOptions(), Tally())
    with pytest.raises(MalformedDocument, match="line 1: is not UTF-8 text"):
        layout(checks_all=False).parse(Block(b"1,2,\xff\n", 1), ReadOptions(), Tally())


def test_faults_stop_or_are_counted() -> None:
    """The first one is told with its line; keep_good counts them all."""
    rows = layout().parse(Block(b"1,2,3\n4,5,6\n", 5), ReadOptions(), Tally())
    faults = Faults(2)
    faults.add(np.array([False, True]), "is wrong")
    tally = Tally()

    with pytest.raises(MalformedDocument, match=r"flows\.csv, line 6: is wrong"):
        settle(rows, faults, PATH, ReadOptions(), tally)
    assert settle(rows, faults, PATH, KEEP, tally).tolist() == [True, False]
    assert tally.malformed == 1


def test_the_header_is_the_first_line_that_is_not_blank() -> None:
    """What follows keeps its line numbers; a byte order mark is no part of it."""

    def blocks() -> Iterator[Block]:
        yield Block(b"\n\xef\xbb\xbfa,b\r\n1,2\n", 1)
        yield Block(b"3,4\n", 4)

    header, rest = headed(blocks())

    assert header == b"a,b"
    assert list(rest) == [Block(b"1,2\n", 3), Block(b"3,4\n", 4)]
    assert headed(iter([Block(b"\n\n", 1)]))[0] == b""
