"""
GoFlow2's messages in binary: each behind its length, as ``-format bin`` writes them to files.

Messages are walked in lock step: round r reads the r-th field of every message, so that the
cost is some passes over columns for each field and nothing for each message but finding its
end. The line feed that GoFlow2's file transport sets behind each message is skipped.

Source: GoFlow2, pb/flow.proto (versions 1 to 3); Protocol Buffers, encoding (varints, tags,
length-delimited fields).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.collect.files.columns import Faults, Ints
from hinomi.collect.files.delimited import Rows, settle
from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.collect.files.text import pieces
from hinomi.errors import MalformedDocument
from hinomi.model.address import Address, render_address, unpack_columns

MOST_BYTES: Final = 1 << 16
"""Of one message; those of GoFlow2 have some hundred."""

MOST_FIELDS: Final = 512
"""Of one message, the unknown ones too: bounds the rounds."""

_MOST_MESSAGES: Final = 32_768
"""Messages decoded at once: bounds memory."""

_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_FIELDS: Final = {
    "type": (1, _NUMBER), "time_received_s": (2, _NUMBER), "sampling_rate": (3, _NUMBER),
    "time_flow_end_s": (5, _NUMBER), "src_addr": (6, _BYTES), "dst_addr": (7, _BYTES),
    "bytes": (9, _NUMBER), "packets": (10, _NUMBER), "sampler_address": (11, _BYTES),
    "proto": (20, _NUMBER), "src_port": (21, _NUMBER), "dst_port": (22, _NUMBER),
    "tcp_flags": (26, _NUMBER), "icmp_type": (31, _NUMBER), "icmp_code": (32, _NUMBER),
    "time_flow_start_s": (38, _NUMBER), "time_received_ns": (110, _NUMBER),
    "time_flow_start_ns": (111, _NUMBER), "time_flow_end_ns": (112, _NUMBER),
    "in_if": (18, _NUMBER), "flow_direction": (42, _NUMBER),
}  # fmt: skip
"""
Fields by number and wire type; all others are skipped (R2). Numbers 2, 5 and 38 are those of
version 1; 38 became ``ip_flags`` later, in messages that have 110 to 112. Version 2 has 42
where its mapping asks for it.
"""

_SEEN: Final = ("in_if", "flow_direction")
"""Wanted only where the operator says something of exporters."""

_HIGHEST: Final = 127  # Stands for every field number from here on.
_COLUMN: Final = np.zeros(_HIGHEST + 1, dtype=np.intp)  # 0: not wanted.
_KIND: Final = np.full(len(_FIELDS) + 1, 255, dtype=np.uint8)
for _place, (_field, _wire) in enumerate(_FIELDS.values(), start=1):
    _COLUMN[_field], _KIND[_place] = _place, _wire
_FEWER: Final = _COLUMN.copy()
_FEWER[[_FIELDS[_name][0] for _name in _SEEN]] = 0
_UNSEEN: Final = np.uint64(2**64 - 1)  # No direction is stated; 0 is one.

_SFLOW_TYPES: Final = (1, 5)  # GoFlow2's number, and that of its forerunner goflow.
_SPARE_BYTES: Final = 64  # Behind the last message: whatever is read at its end stays inside.
_LINE_FEED: Final = 10
_V4_BYTES, _V6_BYTES = 4, 16
_MAPPED: Final = np.frombuffer(b"\0" * 10 + b"\xff\xff", dtype=np.uint8)

_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_ONE: Final = np.uint64(1)

Numbers = NDArray[np.uint64]

_TOO_LONG, _BEYOND, _UNREADABLE, _OTHER_KIND, _TOO_MANY = range(1, 6)
_REASONS: Final = {
    _TOO_LONG: "has a number of more than 64 bits",
    _BEYOND: "has a field that reaches beyond the message",
    _UNREADABLE: "has a field of a wire type that does not exist",
    _OTHER_KIND: "has a field of another wire type than GoFlow2 writes",
    _TOO_MANY: f"has more than {MOST_FIELDS} fields",
}


class _Walked(NamedTuple):
    """What n messages hold."""

    fields: Numbers  # By place in `_FIELDS` + 1, shape (22, n); bytes: place x 256 + length.
    fault: NDArray[np.uint8]  # Key of `_REASONS`, 0 good; shape (n,).
    skipped: NDArray[np.bool_]  # Field numbers, the last for all beyond, shape (128,).


def is_delimited(start: bytes) -> bool:
    """Tell whether a file begins with messages, each behind its length: the first ones fit."""
    begins, ends, _, _ = _frame(start, 8)
    if not begins.size:
        return False
    walked = _walk(_buffer(start), begins, ends, _FEWER)
    received = walked.fields[_place_of("time_received_ns")]
    received |= walked.fields[_place_of("time_received_s")]
    return not walked.fault.any() and bool((received > 0).all())


def parse(path: Path, options: ReadOptions, tally: Tally) -> Iterator[Rows]:
    """
    Yield the messages as columns named as in GoFlow2's JSON.

    Addresses are 16 bytes, null where a message has none; what a message leaves out is null.

    Raises:
        MalformedDocument: If the file ends inside a message or a length is impossible; at a
            message that breaks the rules, unless `ReadOptions.keep_good`.
    """
    rest, before = b"", 0
    skipped = np.zeros(_HIGHEST + 1, dtype=bool)
    column_of = _COLUMN if options.described else _FEWER
    for piece in pieces(path, tally):
        rest += piece
        while True:
            begins, ends, used, is_damaged = _frame(rest, _MOST_MESSAGES)
            if begins.size:
                buffer = _buffer(rest[:used])
                walked = _walk(buffer, begins, ends, column_of)
                skipped |= walked.skipped
                yield _rows(buffer, walked, before, (path, options, tally))
                before += begins.size
            rest = rest[used:]
            if is_damaged:
                reason = f"message {before + 1} has an impossible length; the file is damaged"
                raise MalformedDocument(reason, str(path))
            if not used:
                break
    if rest:
        raise MalformedDocument("ends inside a message; the file was cut", str(path))
    tally.note("fields-discarded", int(np.count_nonzero(skipped)))


def _frame(raw: bytes, most: int) -> tuple[Ints, Ints, int, bool]:
    """
    Find whole messages.

    Returns:
        Where they begin and end, how many bytes they take up with their lengths, and whether
        what follows has an impossible length.
    """
    begins: list[int] = []
    ends: list[int] = []
    at, size = 0, len(raw)
    is_damaged = False
    while at < size and len(begins) < most:
        length = raw[at]
        if length == _LINE_FEED:  # No flow fits into ten bytes: it is the separator.
            at += 1
            continue
        begin = at + 1
        if length > 127:  # noqa: PLR2004 - the bit that says: another byte follows.
            if size - begin < 2:  # noqa: PLR2004 - the most that may follow.
                break
            length = (length & 0x7F) | (raw[begin] & 0x7F) << 7
            begin += 1
            if raw[begin - 1] > 127:  # noqa: PLR2004 - the same bit.
                length |= raw[begin] << 14
                begin += 1
            if length > MOST_BYTES:
                is_damaged = True
                break
        if begin + length > size:
            break
        begins.append(begin)
        ends.append(begin + length)
        at = begin + length
    return np.array(begins, np.int64), np.array(ends, np.int64), at, is_damaged


def _buffer(raw: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(raw + bytes(_SPARE_BYTES), dtype=np.uint8)


def _walk(
    buffer: NDArray[np.uint8], begins: Ints, ends: Ints, column_of: NDArray[np.intp]
) -> _Walked:
    """Read the fields of all messages, one of each in a round."""
    words = np.ndarray((buffer.size - 7,), "<u8", buffer, strides=(1,))
    fields = np.zeros((len(_FIELDS) + 1, begins.size), dtype=np.uint64)
    fields[_place_of("flow_direction")] = _UNSEEN
    fault = np.zeros(begins.size, dtype=np.uint8)
    skipped = np.zeros(_HIGHEST + 1, dtype=bool)
    at, end, row = begins, ends, np.arange(begins.size)
    for _ in range(MOST_FIELDS):
        live = at < end
        if not live.all():
            at, end, row = at[live], end[live], row[live]
        if not row.size:
            break
        tag, body, is_long = _varints(words, at)
        value, behind, is_long_too = _varints(words, body)
        kind, number = tag & np.uint64(7), np.minimum(tag >> np.uint64(3), np.uint64(_HIGHEST))
        column = column_of[number.astype(np.intp)]
        # A length above every file stays so, and still adds up in 64 bits.
        length = np.where(kind == _BYTES, np.minimum(value, np.uint64(1 << 40)), np.uint64(0))
        following = behind + length.astype(np.int64)
        is_fixed = (kind == _EIGHT_BYTES) | (kind == _FOUR_BYTES)
        if is_fixed.any():
            following = np.where(is_fixed, body + np.where(kind == _EIGHT_BYTES, 8, 4), following)
        wrong = np.select(
            [
                is_long | (is_long_too & ~is_fixed),
                (number == 0) | ~(is_fixed | (kind == _NUMBER) | (kind == _BYTES)),
                following > end,
                (column > 0) & (kind != _KIND[column]),
            ],
            [_TOO_LONG, _UNREADABLE, _BEYOND, _OTHER_KIND],
            default=0,
        )
        skipped[number[column == 0].astype(np.intp)] = True
        place = behind.astype(np.uint64) << np.uint64(8) | np.minimum(length, np.uint64(255))
        fields[column, row] = np.where(kind == _BYTES, place, value)
        fault[row] = wrong
        at = np.where(wrong > 0, end, following)
    else:
        fault[row[at < end]] = _TOO_MANY
    return _Walked(fields, fault, skipped)


def _varints(words: NDArray[np.uint64], at: Ints) -> tuple[Numbers, Ints, NDArray[np.bool_]]:
    """
    Read a number of 1 to 10 bytes, 7 bits in each, at each place.

    Returns:
        The numbers, where each ends, and which are longer than 64 bits, shape (n,) each.
    """
    word = words[at]
    stops = ~word & _HIGH_BITS
    lowest = stops & (~stops + _ONE)  # The bit that ends the number; 0: not in these 8 bytes.
    value = word & ((lowest << _ONE) - _ONE) & ~_HIGH_BITS
    for shift, low, high in (
        (1, 0x007F007F007F007F, 0x7F007F007F007F00),
        (2, 0x00003FFF00003FFF, 0x3FFF00003FFF0000),
        (4, 0x000000000FFFFFFF, 0x0FFFFFFF00000000),
    ):
        value = (value & np.uint64(low)) | ((value & np.uint64(high)) >> np.uint64(shift))
    size = (np.bitwise_count(lowest - _ONE).astype(np.int64) + 1) >> 3
    is_long = stops == 0
    if is_long.any():
        rows = np.flatnonzero(is_long)
        more = words[at[rows] + 8]
        ninth, tenth = more & np.uint64(0xFF), (more >> np.uint64(8)) & np.uint64(0xFF)
        has_ten = ninth > np.uint64(0x7F)
        value[rows] |= (ninth & np.uint64(0x7F)) << np.uint64(56)
        value[rows] |= np.where(has_ten, tenth, np.uint64(0)) << np.uint64(63)
        size[rows] = np.where(has_ten, 10, 9)
        is_long[rows] = has_ten & (tenth > _ONE)
    return value, at + size, is_long


def _place_of(name: str) -> int:
    return list(_FIELDS).index(name) + 1


def _rows(
    buffer: NDArray[np.uint8],
    walked: _Walked,
    before: int,
    reading: tuple[Path, ReadOptions, Tally],
) -> Rows:
    path, options, tally = reading
    count = walked.fault.size
    found = {name: walked.fields[place] for place, name in enumerate(_FIELDS, start=1)}
    faults = Faults(count)
    for code, reason in _REASONS.items():
        faults.add(walked.fault == code, reason)
    columns = {
        name: _addresses(buffer, found.pop(name), name, faults)
        for name in ("src_addr", "dst_addr", "sampler_address")
    }
    columns["sampler_address"] = _texts(columns["sampler_address"])
    is_sflow = np.isin(found.pop("type"), _SFLOW_TYPES)
    columns["type"] = pa.DictionaryArray.from_arrays(
        pa.array(is_sflow.astype(np.int32)), pa.array(["", "SFLOW_5"])
    ).cast(pa.string())
    in_if, observed = (found.pop(name) for name in _SEEN)
    if options.described:
        columns["in_if"] = pa.array(in_if)  # 0 is an index, here as in JSON.
        columns["flow_direction"] = pa.array(observed, mask=observed == _UNSEEN)
    columns |= {name: _stated(found.pop(name)) for name in _times(found)}
    columns |= {name: _stated(values) for name, values in found.items()}
    tally.records += count
    rows = Rows(columns=columns, count=count, line_of=lambda row: before + row + 1, has_lines=False)
    return rows.where(settle(rows, faults, path, options, tally))


def _times(found: dict[str, Numbers]) -> tuple[str, ...]:
    """Bring the seconds of version 1 to ns, into the columns of version 2."""
    is_old = (found["time_received_ns"] | found["time_flow_start_ns"]) == 0
    names = ("time_received", "time_flow_start", "time_flow_end")
    for name in names:
        seconds = found.pop(f"{name}_s")
        ns = np.minimum(seconds, np.uint64(1 << 33)) * np.uint64(1_000_000_000)
        found[f"{name}_ns"] = np.where(is_old, ns, found[f"{name}_ns"])
    return tuple(f"{name}_ns" for name in names)


def _stated(values: Numbers) -> pa.Array:
    """Give numbers of which 0 stands for what was left out: null."""
    return pa.array(values, pa.uint64(), mask=values == 0)


def _addresses(
    buffer: NDArray[np.uint8], places: Numbers, name: str, faults: Faults
) -> pa.FixedSizeBinaryArray:
    """Give addresses as 16 bytes, IPv4 mapped (RFC 4291, section 2.5.5.2); null: none."""
    length = (places & np.uint64(0xFF)).astype(np.int64)
    begin = (places >> np.uint64(8)).astype(np.int64)
    packed = np.zeros((places.size, _V6_BYTES), dtype=np.uint8)
    for width in (_V4_BYTES, _V6_BYTES):
        rows = np.flatnonzero(length == width)
        packed[rows, _V6_BYTES - width :] = buffer[begin[rows, None] + np.arange(width)]
        if width == _V4_BYTES:
            packed[rows, : _MAPPED.size] = _MAPPED
    faults.add(~np.isin(length, (0, _V4_BYTES, _V6_BYTES)), f"{name} is not an IP address")
    valid = np.packbits(length > 0, bitorder="little")
    parts = [pa.py_buffer(valid), pa.py_buffer(packed.reshape(-1))]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(_V6_BYTES), places.size, parts)


def _texts(column: pa.FixedSizeBinaryArray) -> pa.Array:
    """Render addresses, each distinct one once."""
    coded = column.dictionary_encode()
    hi, lo = unpack_columns(b"".join(coded.dictionary.to_pylist()))
    names = [render_address(Address(int(h), int(w))) for h, w in zip(hi, lo, strict=True)]
    return pa.array(names, pa.string()).take(coded.indices)
