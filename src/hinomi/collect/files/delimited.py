"""Delimited text (CSV, TSV) as columns of text that remember their lines."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from hinomi.collect.files.columns import Faults
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block, encoding_fault, refuse_encoding
from hinomi.errors import MalformedDocument


@dataclass(frozen=True, kw_only=True)
class Rows:
    """n rows as columns, shape (n,) each, and the way back to their lines."""

    columns: dict[str, pa.Array]
    count: int
    line_of: Callable[[int], int]  # From row to line in the file.
    has_lines: bool = True  # Else *line_of* gives the number of the row in the file.

    def column(self, name: str) -> pa.Array:
        """Give a column of text; all null where the source has no such column."""
        found = self.columns.get(name)
        return pa.nulls(self.count, pa.string()) if found is None else found

    def where(self, kept: NDArray[np.bool_]) -> "Rows":
        """Give the rows where *kept*, shape (n,)."""
        if kept.all():
            return self
        rows, mask = np.flatnonzero(kept), pa.array(kept)
        return Rows(
            columns={name: column.filter(mask) for name, column in self.columns.items()},
            count=rows.size,
            line_of=lambda row: self.line_of(int(rows[row])),
            has_lines=self.has_lines,
        )


def settle(
    rows: Rows, faults: Faults, path: Path, options: ReadOptions, tally: Tally
) -> NDArray[np.bool_]:
    """
    Act on the faults found: stop at the first, or count them.

    Returns:
        Which rows are good, shape (n,).

    Raises:
        MalformedDocument: With file and line, unless `ReadOptions.keep_good`.
    """
    first = faults.first()
    if first is not None and not options.keep_good:
        number = rows.line_of(first[0])
        if rows.has_lines:
            raise MalformedDocument(first[1], str(path), number)
        raise MalformedDocument(f"row {number}: {first[1]}", str(path))
    tally.malformed += faults.count()
    return faults.good


@dataclass(frozen=True)
class Layout:
    """What the header of a delimited file says."""

    path: Path
    names: tuple[str, ...]  # Of the columns, in the file's order.
    wanted: frozenset[str]  # Those to keep; all others are discarded at decoding (R2).
    delimiter: str
    quoted: bool  # Values may stand in double quotes.
    checks_all: bool = True  # Discarded columns must be UTF-8 too (payload need not be).

    def __post_init__(self) -> None:
        for name in self.wanted:
            if self.names.count(name) > 1:
                raise MalformedDocument(f"the header names {name} twice", str(self.path))

    @cached_property
    def _places(self) -> list[int]:
        return [place for place, name in enumerate(self.names) if name in self.wanted]

    def parse(self, block: Block, options: ReadOptions, tally: Tally) -> Rows:
        """
        Split a block without header or comments into columns of text.

        Raises:
            MalformedDocument: At a line with another number of fields than the header, or
                that is not UTF-8, unless `ReadOptions.keep_good`.
        """
        if self.checks_all and not options.keep_good:
            refuse_encoding(block, self.path)
        try:
            if self.checks_all and encoding_fault(block.text) is not None:
                raise pa.ArrowInvalid("not UTF-8")  # noqa: TRY301 - same way on as a bad line.
            rows = self._columns(block.text, _Lines(block))
        except pa.ArrowInvalid:
            rows = self._sift(block, options, tally)
        tally.records += rows.count
        return rows

    def _columns(self, text: bytes, line_of: Callable[[int], int]) -> Rows:
        if not text.strip(b"\r\n"):
            nothing = pa.array([], pa.string())
            names = (self.names[place] for place in self._places)
            return Rows(columns=dict.fromkeys(names, nothing), count=0, line_of=line_of)
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            read_options=pa_csv.ReadOptions(
                column_names=[str(place) for place in range(len(self.names))],
                block_size=len(text) + 1,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.delimiter, quote_char='"' if self.quoted else False
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=[str(place) for place in self._places],
                column_types={str(place): pa.string() for place in self._places},
                null_values=[],
                strings_can_be_null=False,
            ),
        ).combine_chunks()
        columns = {
            self.names[place]: _whole(table.column(at)) for at, place in enumerate(self._places)
        }
        return Rows(columns=columns, count=table.num_rows, line_of=line_of)

    def _sift(self, block: Block, options: ReadOptions, tally: Tally) -> Rows:
        """Look at every line by itself: some of this block are wrong."""
        good: list[bytes] = []
        numbers: list[int] = []
        for number, line in enumerate(block.lines(), start=block.first_line):
            if not line:
                continue
            reason = self._fault(line)
            if reason is None:
                good.append(line)
                numbers.append(number)
                continue
            if not options.keep_good:
                raise MalformedDocument(reason, str(self.path), number)
            tally.records += 1
            tally.malformed += 1
        return self._columns(b"".join(line + b"\n" for line in good), numbers.__getitem__)

    def _fault(self, line: bytes) -> str | None:
        text = line.decode(errors="surrogateescape")
        if self.quoted:
            fields = next(csv.reader([text]), [])
            if line.count(b'"') % 2:
                return "a quoted value does not end on its line"
        else:
            fields = text.split(self.delimiter)
        if len(fields) != len(self.names):
            return f"has {len(fields)} fields, the header {len(self.names)}"
        checked = fields if self.checks_all else [fields[place] for place in self._places]
        if any(
            encoding_fault(field.encode(errors="surrogateescape")) is not None for field in checked
        ):
            return "is not UTF-8 text"
        return None


class _Lines:
    """From row to line in a block whose every line that is not blank is a row."""

    def __init__(self, block: Block) -> None:
        self._block = block

    def __call__(self, row: int) -> int:
        return self._numbers[row]

    @cached_property
    def _numbers(self) -> list[int]:
        lines = enumerate(self._block.lines(), start=self._block.first_line)
        return [number for number, line in lines if line]


def headed(blocks: Iterator[Block]) -> tuple[bytes, Iterator[Block]]:
    """
    Take the first line that is not blank as the header.

    Returns:
        The header (empty if there is none) without byte order mark, and the blocks after it.
    """
    for block in blocks:
        start = 0
        while start < len(block.text):
            end = block.text.find(b"\n", start)
            end = len(block.text) if end < 0 else end
            line = block.text[start:end].strip(b"\r").removeprefix(b"\xef\xbb\xbf")
            start = end + 1
            if line.strip():
                number = block.first_line + block.text.count(b"\n", 0, start)
                return line, _after(Block(block.text[start:], number), blocks)
    return b"", iter(())


def _after(rest: Block, blocks: Iterator[Block]) -> Iterator[Block]:
    if rest.text:
        yield rest
    yield from blocks


def _whole(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.num_chunks
    return column.chunk(0) if chunks == 1 else pa.concat_arrays(column.chunks)
