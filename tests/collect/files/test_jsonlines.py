"""JSON lines become typed columns that remember their lines."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from hinomi.collect.files.jsonlines import Count, numbered, parse_lines
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block
from hinomi.errors import MalformedDocument

PATH = Path("flows.json")


class _Inner(msgspec.Struct):
    count: Count = 0


class _Needy(msgspec.Struct):
    count: Count


class _Line(msgspec.Struct):
    name: str
    size: float | None = None
    proto: str | Count | None = None
    inner: _Inner | None = None
    needy: _Needy | None = None


DECODER = msgspec.json.Decoder(_Line)


def test_fields_become_columns() -> None:
    """Numbers and text each have their type; structs are laid flat; others are discarded."""
    text = (
        b'{"name":"a","size":1,"proto":6,"inner":{"count":3,"x":[1]}}\n{"name":"b","proto":"tcp"}\n'
    )
    rows = parse_lines(Block(text, 1), DECODER, PATH, ReadOptions(), Tally())

    assert {name: column.to_pylist() for name, column in rows.columns.items()} == {
        "name": ["a", "b"],
        "size": [1.0, None],
        "proto": ["6", "tcp"],
        "inner.count": [3, None],
        "needy.count": [None, None],
    }
    assert [column.type for column in rows.columns.values()] == [
        pa.string(),
        pa.float64(),
        pa.string(),
        pa.int64(),
        pa.int64(),
    ]


def test_rows_remember_their_lines() -> None:
    """Blank lines count as lines, and so do malformed ones that are left out."""
    block = Block(b'\n{"name":"a"}\n{}\n  \n{"name":"b"}', 7)
    tally = Tally()
    rows = parse_lines(block, DECODER, PATH, ReadOptions(keep_good=True), tally)

    assert [rows.line_of(row) for row in range(rows.count)] == [8, 11]
    assert (tally.records, tally.malformed) == (3, 1)
    assert [number for number, _ in numbered(block)] == [8, 9, 11]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"name":"caf\xe9"}', "line 2: is not UTF-8 text"),
        (b'{"name":"a"}{"name":"b"}', "line 2: is not one JSON object a line"),
        (b'{"name":"a","size":NaN}', "line 2: is not one JSON object a line"),
        (b'{"name":"a","inner":{"count":-1}}', "line 2: inner.count is negative"),
        (b'{"name":"a","inner":{"count":9e99}}', "line 2: inner.count is not a number"),
        (b'{"name":"a","inner":{"count":1.5}}', "line 2: inner.count is not a number"),
        (b'{"name":"a","inner":{"count":"x"}}', "line 2: inner.count is not a number"),
        (b'{"name":"a","proto":18446744073709551616}', f"line 2: proto is above {2**62}"),
        (b'{"name":"a","proto":[]}', "line 2: proto is neither text nor a number"),
        (b'{"name":"a","size":"x"}', "line 2: size is not a number"),
        (b'{"name":"a","inner":3}', "line 2: inner is not a JSON object"),
        (b'{"name":"a","needy":{}}', "line 2: needy.count is missing"),
        (b'{"name":7}', "line 2: name is not text"),
        (b'{"name":null}', "line 2: name is missing"),
        (b"{}", "line 2: name is missing"),
        (b"[7]", "line 2: is not one JSON object a line"),
    ],
)
def test_a_malformed_line_is_told(line: bytes, reason: str) -> None:
    """With file and line and without any value."""
    block = Block(b'{"name":"a"}\n' + line + b"\n", 1)

    with pytest.raises(MalformedDocument) as caught:
        parse_lines(block, DECODER, PATH, ReadOptions(), Tally())

    assert str(caught.value) == f"flows.json, {reason}"


def test_no_lines_give_no_rows() -> None:
    """The columns are there all the same."""
    rows = parse_lines(Block(b"\n", 1), DECODER, PATH, ReadOptions(), Tally())

    assert rows.count == 0
    assert list(rows.columns) == ["name", "size", "proto", "inner.count", "needy.count"]
