"""JSON lines as typed columns that remember their lines."""

from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
import pyarrow as pa

from hinomi.collect.files.columns import MOST_COUNT
from hinomi.collect.files.delimited import Rows
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import Block
from hinomi.errors import MalformedDocument

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_COUNT)]
"""A counter: what is negative or absurd is refused at decoding."""

_KINDS: Final = {str: pa.string(), int: pa.int64(), float: pa.float64()}


def parse_lines(
    block: Block,
    decoder: "msgspec.json.Decoder[Any]",
    path: Path,
    options: ReadOptions,
    tally: Tally,
) -> Rows:
    """
    Decode every line of a block to the struct of *decoder* and give its fields as columns.

    Only the struct's fields are decoded; whatever else a line has is discarded (R2).

    Raises:
        MalformedDocument: At a line that is not JSON, lacks a field or has one of the wrong
            kind, unless `ReadOptions.keep_good`.
    """
    found, numbers = decode_lines(block, decoder, path, options, tally)
    return as_rows(found, numbers, decoder.type)


def decode_lines(
    block: Block,
    decoder: "msgspec.json.Decoder[Any]",
    path: Path,
    options: ReadOptions,
    tally: Tally,
) -> tuple[list[Any], list[int]]:
    """Decode every line of a block; give the structs and their lines, and count both."""
    lines = block.lines()
    found: list[Any]
    try:
        found = decoder.decode_lines(block.text)
        if len(found) == len(lines):
            numbers = list(range(block.first_line, block.first_line + len(lines)))
        else:
            found, numbers = _one_by_one(block, decoder, path, options, tally)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found, numbers = _one_by_one(block, decoder, path, options, tally)
    tally.records += len(found)
    return found, numbers


def as_rows(found: Iterable[Any], numbers: list[int], kind: Any) -> Rows:
    """Turn structs of *kind* into columns, named as in JSON."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    types = [_arrow_type(field.type) for field in msgspec.structs.fields(kind)]
    values: Iterable[Any] = zip(*map(msgspec.structs.astuple, found), strict=True)
    if not numbers:
        values = ([] for _ in names)
    columns = {
        name: pa.array(column, type_)
        for name, type_, column in zip(names, types, values, strict=True)
    }
    return Rows(columns=columns, count=len(numbers), line_of=numbers.__getitem__)


def _one_by_one(
    block: Block,
    decoder: "msgspec.json.Decoder[Any]",
    path: Path,
    options: ReadOptions,
    tally: Tally,
) -> tuple[list[Any], list[int]]:
    found, numbers = [], []
    for number, line in enumerate(block.lines(), start=block.first_line):
        if not line.strip():
            continue
        try:
            found.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if not options.keep_good:
                raise MalformedDocument(_reason(error), str(path), number) from None
            tally.records += 1
            tally.malformed += 1
        else:
            numbers.append(number)
    return found, numbers


def _reason(error: Exception) -> str:
    """Say what is wrong; msgspec names fields and kinds, never values."""
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    if isinstance(error, msgspec.ValidationError):
        return str(error).replace(" - at `$.", ", in `")
    return "is not one JSON object a line"


def _arrow_type(annotation: Any) -> pa.DataType:
    """Give the column type of ``T`` or ``T | None``."""
    if isinstance(annotation, UnionType) or get_origin(annotation) is not Annotated:
        for part in get_args(annotation) or (annotation,):
            if part is not type(None):
                return _KINDS[_bare(part)]
    return _KINDS[_bare(annotation)]


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
