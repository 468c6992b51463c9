"""
Columns of text or numbers to typed columns, with a reason for every row that is wrong.

Everything works on whole columns; only distinct addresses and names are looked at one by
one. No reason repeats a value: it may be a subscriber's address.
"""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hinomi.collect.files.reading import ReadOptions, Tally
from hinomi.model.address import unpack_columns
from hinomi.model.flow import MAX_DURATION_MS
from hinomi.model.protocol import Protocol, parse_protocol

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_PORT: Final = 65_535
MOST_COUNT: Final = 2**62
"""Above this a counter cannot be added up in 64 bits; no link ever carried as much."""

_START_OF_1990_MS: Final = 631_152_000_000
_MAPPED: Final = b"\0" * 10 + b"\xff\xff"  # RFC 4291, section 2.5.5.2.
_NO_ADDRESS: Final = b"\0" * 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MS: Final = float(2**62)
_GREATEST: Final = 2**63 - 1


class Faults:
    """Which rows of one block are malformed, and the first reason found for each."""

    def __init__(self, rows: int) -> None:
        self._code = np.zeros(rows, dtype=np.int16)  # 0: good; else 1 + index of the reason.
        self._reasons: list[str] = []

    def add(self, wrong: Bools, reason: str) -> None:
        """Mark the rows where *wrong*, shape (n,), unless they are marked already."""
        if not wrong.any():
            return
        self._reasons.append(reason)
        self._code[wrong & (self._code == 0)] = len(self._reasons)

    @property
    def good(self) -> Bools:
        """Rows without fault, shape (n,)."""
        good: Bools = self._code == 0
        return good

    def first(self) -> tuple[int, str] | None:
        """Give the first malformed row and its reason; None if every row is good."""
        rows = np.flatnonzero(self._code)
        if rows.size == 0:
            return None
        return int(rows[0]), self._reasons[int(self._code[rows[0]]) - 1]

    def count(self) -> int:
        """Count the malformed rows."""
        return int(np.count_nonzero(self._code))


def without(column: pa.Array, marks: Iterable[str]) -> pa.Array:
    """Give a text column with null in place of every value in *marks* and of blanks."""
    hollow = pc.is_in(column, value_set=pa.array(["", *marks], pa.string()))
    return pc.if_else(hollow, pa.scalar(None, pa.string()), column)


def is_text(column: pa.Array) -> bool:
    """Tell whether a column still has to be parsed."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def whole_numbers(
    column: pa.Array,
    name: str,
    faults: Faults,
    *,
    missing: int | None = 0,
    least: int = 0,
    most: int = MOST_COUNT,
) -> Ints:
    """
    Read a column of whole numbers least..most.

    Args:
        column: n texts or numbers; null where the source says nothing.
        name: What messages call the column.
        faults: Receives rows that are no whole number, or outside *least* .. *most*.
        missing: Stands for null; None makes null a fault.
        least: Smallest value allowed.
        most: Greatest value allowed.

    Returns:
        n numbers, shape (n,); what is wrong is 0.
    """
    pattern = r"^(-?[0-9]{1,18}|[1-9][0-9]{18}|0x[0-9A-Fa-f]{1,8})$"
    numbers = _cast(column, pa.int64(), pattern, name, faults)
    absent = _mask(pc.is_null(numbers))
    filled = numbers.fill_null(0 if missing is None else missing)
    values: Ints = filled.to_numpy(zero_copy_only=False).astype(np.int64)
    if missing is None:
        faults.add(absent, f"{name} is missing")
    below = "negative" if least == 0 else f"below {least}"
    faults.add(~absent & (values < least), f"{name} is {below}")
    faults.add(~absent & (values > most), f"{name} is above {most}")
    return values


def real_numbers(column: pa.Array, name: str, faults: Faults, *, missing: float | None) -> Floats:
    """
    Read a column of finite real numbers.

    Returns:
        n numbers, shape (n,); null became *missing*, or a fault if that is None.
    """
    pattern = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"
    numbers = _cast(column, pa.float64(), pattern, name, faults)
    absent = _mask(pc.is_null(numbers))
    values = numbers.fill_null(0.0 if missing is None else missing)
    values = values.to_numpy(zero_copy_only=False).astype(np.float64)
    if missing is None:
        faults.add(absent, f"{name} is missing")
    endless = ~np.isfinite(values)
    faults.add(endless, f"{name} is not finite")
    return np.where(endless, 0.0, values)


def addresses(column: pa.Array, name: str, faults: Faults) -> tuple[Ints, Ints]:
    """
    Read a column of IP addresses as text, or as 16 bytes each.

    Returns:
        Their signed halves, shape (n,) each. Zones, blanks and other text are faults.
    """
    if pa.types.is_fixed_size_binary(column.type):
        faults.add(_mask(column.is_null()), f"{name} is missing")
        filled = column.fill_null(_NO_ADDRESS)
        first, size = filled.offset * len(_NO_ADDRESS), len(filled) * len(_NO_ADDRESS)
        return unpack_columns(memoryview(filled.buffers()[1])[first : first + size])
    coded = column.dictionary_encode()
    indices = coded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    packed = [pack_address(text) for text in coded.dictionary.to_pylist()]
    wrong = np.fromiter((item is None for item in packed), dtype=bool, count=len(packed))
    if not packed:
        wrong, packed = np.ones(1, dtype=bool), [None]
    faults.add(_mask(column.is_null()), f"{name} is missing")
    faults.add(wrong[indices], f"{name} is not an IP address")
    hi, lo = unpack_columns(b"".join(item or _NO_ADDRESS for item in packed))
    return hi[indices], lo[indices]


def pack_address(text: str) -> bytes | None:
    """Give the 16 bytes of an address (IPv4 mapped), None if *text* is none."""
    try:
        if ":" in text:
            return socket.inet_pton(socket.AF_INET6, text)
        return _MAPPED + socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):  # ValueError: a zero byte or what is not UTF-8.
        return None


def named(column: pa.Array, read: Callable[[str], int | None], *, missing: int, wrong: int) -> Ints:
    """
    Map a column of few distinct names to numbers.

    Args:
        column: n texts.
        read: Gives the number of a name, None if it knows none.
        missing: Stands for null.
        wrong: Stands for names that *read* does not know.

    Returns:
        n numbers, shape (n,).
    """
    coded = column.dictionary_encode()
    table = [read(text) for text in coded.dictionary.to_pylist()]
    numbers = np.array([wrong if n is None else n for n in table] + [missing], dtype=np.int64)
    indices = coded.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
    chosen: Ints = numbers[indices]
    return chosen


def protocol_number(name: str) -> int | None:
    """Give the IANA number of a protocol's name or number, None if it is no IP protocol."""
    try:
        return parse_protocol(name)
    except ValueError:
        return None


def protocols(column: pa.Array, name: str, faults: Faults) -> Ints:
    """Read a column of protocol names or numbers; what is neither is a fault."""
    if not is_text(column):
        return whole_numbers(column, name, faults, missing=None, most=255)
    numbers = named(column, protocol_number, missing=-1, wrong=-2)
    faults.add(numbers == -1, f"{name} is missing")
    faults.add(numbers == -2, f"{name} is not an IP protocol")  # noqa: PLR2004 - the mark above.
    return np.maximum(numbers, 0)


def starts(
    times_ms: Floats | Ints, name: str, faults: Faults, options: ReadOptions, tally: Tally
) -> Ints:
    """
    Check start times and add the operator's offset.

    Args:
        times_ms: As the source has them, ms since the Unix epoch, shape (n,).
        name: What messages call the column.
        faults: Receives times that are negative or later than `ReadOptions.latest_ms`.
        options: Its offset is added.
        tally: Learns of times before 1990.

    Returns:
        Start times in whole ms, shape (n,).
    """
    negative = times_ms < 0
    faults.add(negative, f"{name} is negative")
    beyond = times_ms > _MOST_MS
    faults.add(beyond, f"{name} lies in the future")
    whole = np.rint(np.where(negative | beyond, 0, times_ms)).astype(np.int64)
    relative = (whole < _START_OF_1990_MS) & ~negative & ~beyond & faults.good
    if relative.any():
        tally.relative_times = True
    shifted = whole + options.time_offset_ms
    faults.add(shifted < 0, f"{name} is negative once the offset is added")
    faults.add(shifted > options.latest_ms, f"{name} lies in the future")
    return shifted


def moments_ms(column: pa.Array, name: str, faults: Faults) -> Floats:
    """
    Read ISO 8601 times with or without zone (none means UTC).

    Returns:
        ms since the Unix epoch, shape (n,); what is missing or no time is a fault.
    """
    faults.add(_mask(column.is_null()), f"{name} is missing")
    times = None
    for zone in ("UTC", None):  # Arrow demands a zone in every text, or in none.
        with suppress(pa.ArrowInvalid):
            times = column.cast(pa.timestamp("us", zone)).cast(pa.int64())
            break
    if times is None:
        coded = column.dictionary_encode()
        table = [_moment_us(text) for text in coded.dictionary.to_pylist()]
        times = pa.array(table, pa.int64()).take(coded.indices)
        faults.add(_mask(times.is_null()), f"{name} is not a time")
    values: Floats = times.fill_null(0).to_numpy(zero_copy_only=False) / 1000.0
    return values


def durations(lengths_ms: Floats | Ints, name: str, faults: Faults, tally: Tally) -> Ints:
    """Check durations in ms, shape (n,); what is above 32 bits is cut there and counted."""
    negative = lengths_ms < 0
    faults.add(negative, f"{name} is negative")
    tally.notes["durations-cut"] += int(np.count_nonzero(lengths_ms > MAX_DURATION_MS))
    if not tally.notes["durations-cut"]:
        del tally.notes["durations-cut"]
    return np.rint(np.clip(lengths_ms, 0, MAX_DURATION_MS)).astype(np.int64)


def has_ports(proto: Ints) -> Bools:
    """Tell where a protocol has ports: TCP, UDP, DCCP, SCTP, UDP-Lite."""
    return np.isin(proto, (Protocol.TCP, Protocol.UDP, 33, 132, 136))


def is_icmp(proto: Ints) -> Bools:
    """Tell where the protocol is ICMP or ICMPv6."""
    found: Bools = (proto == Protocol.ICMP) | (proto == Protocol.ICMPV6)
    return found


def _cast(column: pa.Array, kind: pa.DataType, pattern: str, name: str, faults: Faults) -> pa.Array:
    """Cast text or numbers; where the whole column does not cast, find the rows to blame."""
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        if kind == pa.int64():
            column = _within_64_bits(column)
            if pa.types.is_int64(column.type):
                return column
        if not is_text(column):
            faults.add(np.ones(len(column), dtype=bool), f"{name} has values of the wrong kind")
            return pa.nulls(len(column), kind).fill_null(0)
    fits = pc.match_substring_regex(column, pattern).fill_null(True)  # noqa: FBT003 - pyarrow's.
    faults.add(~_mask(fits), f"{name} is not a number")
    return pc.if_else(fits, column, pa.scalar("0")).cast(kind)


def _within_64_bits(column: pa.Array) -> pa.Array:
    """
    Give whole numbers beyond 2^63 - 1, text or not, as that number.

    It is above every limit: what is too great is then told as such, and not as no number.
    """
    if pa.types.is_uint64(column.type):
        greatest = pa.scalar(_GREATEST, pa.uint64())
        return pc.min_element_wise(column, greatest, skip_nulls=False).cast(pa.int64())
    if not is_text(column):
        return column
    digits = pc.utf8_ltrim(column, "0")
    length = pc.binary_length(digits)
    places = len(str(_GREATEST))
    beyond = pc.or_(
        pc.greater(length, places),
        pc.and_(pc.equal(length, places), pc.greater(digits, str(_GREATEST))),
    )
    beyond = pc.and_(beyond, pc.match_substring_regex(column, "^[0-9]+$"))
    return pc.if_else(beyond, pa.scalar(str(_GREATEST), column.type), column)


def _moment_us(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _mask(column: pa.Array) -> Bools:
    mask: Bools = column.to_numpy(zero_copy_only=False).astype(bool)
    return mask
