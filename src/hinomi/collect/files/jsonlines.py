"""JSON lines as typed columns that remember their lines."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import NoneType
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

_ARROW: Final = {str: pa.string(), int: pa.int64(), float: pa.float64()}


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
    return parse_numbered(numbered(block), decoder, path, options, tally)


def numbered(block: Block) -> list[tuple[int, bytes]]:
    """Give the lines of a block that are not blank, each with its number in the file."""
    lines = enumerate(block.lines(), start=block.first_line)
    return [(number, line) for number, line in lines if line.strip()]


def parse_numbered(
    lines: list[tuple[int, bytes]],
    decoder: "msgspec.json.Decoder[Any]",
    path: Path,
    options: ReadOptions,
    tally: Tally,
) -> Rows:
    """Do the same with lines that were chosen before."""
    numbers = [number for number, _ in lines]
    found: list[Any]
    try:
        found = decoder.decode_lines(b"\n".join(line for _, line in lines))
        if len(found) != len(lines):  # Two values on one line, or one on two.
            raise msgspec.DecodeError  # noqa: TRY301 - the same way on as a bad line.
    except (msgspec.DecodeError, UnicodeDecodeError):
        found, numbers = _one_by_one(lines, decoder, path, options, tally)
    tally.records += len(found)
    return as_rows(found, numbers, decoder.type)


def as_rows(found: Iterable[Any], numbers: list[int], kind: Any) -> Rows:
    """
    Turn structs of *kind* into columns, named as in JSON.

    A field that may be text or number becomes text; one that is a struct gives a column
    ``outer.inner`` for each of its own fields.
    """
    columns = _columns(list(found), kind)
    return Rows(columns=columns, count=len(numbers), line_of=numbers.__getitem__)


def _columns(rows: Sequence[Any], kind: Any) -> dict[str, pa.Array]:
    """Lay out structs of *kind*; None stands for one that is absent."""
    columns: dict[str, pa.Array] = {}
    for field in msgspec.structs.fields(kind):
        # No tuple per row: thousands of them at once keep the garbage collector busy.
        column = [None if row is None else getattr(row, field.name) for row in rows]
        kinds = _kinds(field.type)
        name = field.encode_name
        if kinds[0] not in _ARROW:
            for part, values in _columns(column, kinds[0]).items():
                columns[f"{name}.{part}"] = values
        elif len(kinds) > 1 and str in kinds:
            texts = [item if item is None else str(item) for item in column]
            columns[name] = pa.array(texts, pa.string())
        else:
            columns[name] = pa.array(column, _ARROW[kinds[0]])
    return columns


def _one_by_one(
    lines: list[tuple[int, bytes]],
    decoder: "msgspec.json.Decoder[Any]",
    path: Path,
    options: ReadOptions,
    tally: Tally,
) -> tuple[list[Any], list[int]]:
    found, numbers = [], []
    for number, line in lines:
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
    """Say what is wrong in the words that columns use, with the name of the field alone."""
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    if isinstance(error, msgspec.ValidationError):
        return _plain_words(str(error))
    return "is not one JSON object a line"


def _plain_words(text: str) -> str:
    """Put msgspec's finding plainly; it names fields and kinds, never values."""
    text, _, place = text.partition(" - at `$")
    field = place.strip(".`")
    if lacking := re.search(r"missing required field `(.+)`", text):
        return f"{field}.{lacking[1]} is missing" if field else f"{lacking[1]} is missing"
    if not field:
        return "is not one JSON object a line"
    return f"{field} is {_fault(text)}"


def _fault(text: str) -> str:
    expected, _, got = text.partition(", got ")
    if got == "`null`":
        return "missing"
    if limit := re.search(r"<= ([0-9]+)$", expected):
        return f"above {limit[1]}"
    if expected.endswith(">= 0"):
        return "negative"
    kinds = set(re.findall(r"[a-z]+", expected.partition("`")[2]))
    if "str" in kinds:
        return "not text" if kinds.isdisjoint({"int", "float"}) else "neither text nor a number"
    return "not a JSON object" if "object" in kinds else "not a number"


def _kinds(annotation: Any) -> list[type]:
    """Give the plain types of an annotation such as ``str | Count | None``."""
    if annotation in _ARROW:
        return [annotation]
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [kind for part in get_args(annotation) if part is not NoneType for kind in _kinds(part)]
