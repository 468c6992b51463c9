"""
When each flow record began and how long it lasted, in every encoding that exporters use.

A time that cannot be true is replaced by the time of export, and that by the time of arrival
where the exporter's clock is absurd; each such record is counted under a reason of its own.

Source: RFC 3954, sections 5.1 and 8; RFC 7011, section 6.1; information elements 21, 22, 150
to 162 and 322 to 325 of IANA's registry.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.boots import EARLIEST_MS, UNKNOWN_BOOT, BootTimes
from hinomi.collect.wire.meaning.columns import Numbers, first_of, narrowed, signed
from hinomi.collect.wire.sets.groups import Headers, RecordGroup
from hinomi.model.flow import MAX_DURATION_MS

TIME_MISSING: Final = "time-missing"
"""Records without a start, or with 0: placed at their end, else at their export."""

TIME_NO_ANCHOR: Final = "time-no-anchor"
"""Records timed since the start of the exporter, which it never states: they end at export."""

TIME_IMPLAUSIBLE: Final = "time-implausible"
"""Records that start before `EARLIEST_MS`: placed at their export."""

TIME_FUTURE: Final = "time-future"
"""Records that start more than `MOST_AHEAD_MS` after their export: placed at their export."""

TIME_AHEAD: Final = "time-ahead"
"""Records that start a little after their export: kept as they stand."""

TIME_END_MISSING: Final = "time-end-missing"
"""Records with a start alone: kept with duration 0."""

TIME_END_BEFORE_START: Final = "time-end-before-start"
"""Records that end before they start: kept with duration 0."""

TIME_DURATION_CUT: Final = "time-duration-cut"
"""Records that last until long after their export, or longer than a column holds: cut."""

TIME_CLOCK_OFF: Final = "time-clock-off"
"""Records of datagrams whose clock is off by more than `MOST_OFF_MS`: kept as they stand."""

TIME_CLOCK_REPLACED: Final = "time-clock-replaced"
"""Records of datagrams whose clock cannot be true: their arrival stands for their export."""

MOST_AHEAD_MS: Final = 300_000
MOST_OFF_MS: Final = 3_600_000
MOST_EARLY_MS: Final = 86_400_000
"""How far a clock may be ahead of the arrival: more than a wrong time zone is absurd."""

_ROUNDING_MS: Final = 1_000  # The headers of v9 and IPFIX hold whole seconds.
_NTP_EPOCH_S: Final = 2_208_988_800  # From 1900-01-01 to 1970-01-01.
_NTP_ERA_BIT: Final = 31
_NO_ANCHOR: Final = -(1 << 62)  # Stands for a start that cannot be computed.
_IPFIX: Final = 10

_FIRST_UPTIME, _LAST_UPTIME, _INIT_TIME = 22, 21, 160
_DURATION_MS, _DURATION_US = 161, 162

Ints = NDArray[np.int64]


class Spans(NamedTuple):
    """Times of n records, shape (n,) each."""

    start_ms: Ints  # Since the Unix epoch.
    duration_ms: NDArray[np.int32]  # 0 or greater.


class _Context(NamedTuple):
    """What every encoding of one group is read with, shape (n,) each."""

    group: RecordGroup
    source: NDArray[np.int32]  # Exporter of each datagram, not of each record.
    export_ms: Ints  # The believed one.
    uptime: NDArray[np.uint32] | None  # Of the exporter at export; None: nobody asks for it.
    anchored: NDArray[np.bool_] | None  # Where it is known; None: everywhere.
    enterprise: int

    def column(self, *elements: int) -> NDArray[Any] | None:
        return first_of(self.group.numbers, *elements, enterprise=self.enterprise)


def spans(
    headers: Headers, group: RecordGroup, boots: BootTimes, ledger: Ledger, *, enterprise: int = 0
) -> Spans:
    """
    Read the times of each record of *group*.

    Args:
        headers: Of the batch's datagrams.
        group: n data records of one layout, n > 0.
        boots: When the exporting processes started, as they stated in options.
        ledger: Counts every doubt.
        enterprise: 0, or `REVERSE_PEN` for the times of the way back.

    Returns:
        Times of the n records.
    """
    export_ms = _believed(headers, group, ledger)[group.datagram]
    uptime, anchored = _uptimes(headers, group, export_ms, boots, enterprise)
    context = _Context(group, headers.source, export_ms, uptime, anchored, enterprise)
    start, duration = _started(context)
    doubts: dict[str, NDArray[np.bool_] | None] = {}
    if start is None:
        start, duration = _ended(context), _stated_duration(context)
        if start is None:
            doubts[TIME_MISSING] = None
            start, duration = export_ms, None
        elif duration is None:
            doubts[TIME_MISSING] = None
        else:
            start = start - np.maximum(duration, 0)
    elif duration is None and first_of(group.numbers, *_INSTANTS) is None:
        doubts[TIME_END_MISSING] = None
    if duration is None:
        duration = np.zeros(len(group), np.int32)
    return _settle(start, duration, context, doubts, ledger)


def has_times(numbers: Numbers, enterprise: int) -> bool:
    """Tell whether a layout states when the flow began or ended."""
    elements = [number for each in _ENCODINGS for number in (each.first, each.last)]
    return first_of(numbers, *elements, enterprise=enterprise) is not None


def _believed(headers: Headers, group: RecordGroup, ledger: Ledger) -> Ints:
    """Give the export time of each datagram, its arrival where the clock cannot be true."""
    late_ms = headers.arrived_ms - headers.export_ms
    absurd = (headers.export_ms < EARLIEST_MS) | (late_ms < -MOST_EARLY_MS)
    off = (np.abs(late_ms) > MOST_OFF_MS) & ~absurd
    if not (absurd | off).any():
        return headers.export_ms
    records = np.bincount(group.datagram, minlength=absurd.size)
    for which, reason in ((absurd, TIME_CLOCK_REPLACED), (off, TIME_CLOCK_OFF)):
        ledger.add_rows(headers.source[which], reason, records[which])
    return np.where(absurd, headers.arrived_ms, headers.export_ms)


def _uptimes(
    headers: Headers, group: RecordGroup, export_ms: Ints, boots: BootTimes, enterprise: int
) -> tuple[NDArray[np.uint32] | None, NDArray[np.bool_] | None]:
    """
    Give the exporter's uptime at each record's export, modulo 2^32, and where it is known.

    Without one in the header it is the export time less systemInitTimeMilliseconds, of the
    record itself or else of its stream's options (robustness case 15).
    """
    if first_of(group.numbers, _FIRST_UPTIME, _LAST_UPTIME, enterprise=enterprise) is None:
        return None, None
    rows = group.datagram
    if group.version != _IPFIX:
        return headers.uptime_ms.astype(np.uint32)[rows], None
    init_ms = boots.of(headers.stream)[rows]
    stated = first_of(group.numbers, _INIT_TIME)
    if stated is not None:
        own_ms = signed(stated)
        init_ms = np.where((own_ms >= EARLIEST_MS) & (own_ms <= export_ms), own_ms, init_ms)
    return (export_ms - init_ms).astype(np.uint32), init_ms != UNKNOWN_BOOT


def _of_uptime(values: NDArray[Any], context: _Context) -> Ints:
    """
    Place times that count from the exporter's start, across the wrap after 49.7 days.

    The distance to the export is taken modulo 2^32 with its sign: from 2^31 on the time is
    after the export (robustness case 14).
    """
    if context.uptime is None:
        return np.full(values.size, _NO_ANCHOR, np.int64)
    after = (narrowed(values, np.uint32) - context.uptime).view(np.int32)
    placed = context.export_ms + after
    if values.dtype.itemsize > after.itemsize and values.max() >= EARLIEST_MS:
        # An uptime of 30 years: of the few exporters that send 8 bytes some send the epoch's.
        placed = np.where(values >= EARLIEST_MS, signed(values), placed)
    if context.anchored is not None and not context.anchored.all():
        placed[~context.anchored] = _NO_ANCHOR
    return placed


def _of_milliseconds(values: NDArray[Any], _context: _Context) -> Ints:
    return signed(values)


def _of_seconds(values: NDArray[Any], _context: _Context) -> Ints:
    return values.astype(np.int64) * 1_000


def _of_ntp(values: NDArray[Any], _context: _Context) -> Ints:
    """
    Read seconds since 1900 and their fraction, 32 bits each; 0 stays 0.

    Without its highest bit the number of seconds is of the era that begins in 2036
    (RFC 5905, section 6).
    """
    wide = values.astype(np.uint64)
    seconds = (wide >> np.uint64(32)).astype(np.int64)
    fraction_ms = (((wide & np.uint64(0xFFFFFFFF)) * np.uint64(1_000)) >> np.uint64(32)).astype(
        np.int64
    )
    era = (seconds >> _NTP_ERA_BIT == 0).astype(np.int64) << 32
    placed = (seconds + era - _NTP_EPOCH_S) * 1_000 + fraction_ms
    return np.where(wide == 0, 0, placed)


def _of_microseconds_before(values: NDArray[Any], context: _Context) -> Ints:
    return context.export_ms - (values.astype(np.int64) + 999) // 1_000  # To the earlier ms.


class _Encoding(NamedTuple):
    """One way to state a time: the elements of the first and the last packet."""

    first: int
    last: int
    place: Callable[[NDArray[Any], _Context], Ints]


_ENCODINGS: Final = (
    _Encoding(152, 153, _of_milliseconds),
    _Encoding(154, 155, _of_ntp),
    _Encoding(156, 157, _of_ntp),
    _Encoding(158, 159, _of_microseconds_before),
    _Encoding(_FIRST_UPTIME, _LAST_UPTIME, _of_uptime),
    _Encoding(150, 151, _of_seconds),
    _Encoding(323, 323, _of_milliseconds),
    _Encoding(324, 324, _of_ntp),
    _Encoding(325, 325, _of_ntp),
    _Encoding(322, 322, _of_seconds),
)
"""The finest first; a later one fills in where an earlier one says nothing plausible."""

_INSTANTS: Final = (322, 323, 324, 325)
"""Times of an observation: it has no end of its own."""


def _started(context: _Context) -> tuple[Ints | None, NDArray[Any] | None]:
    """Give start and duration by the encodings of the start; None where there is none."""
    start: Ints | None = None
    duration: NDArray[Any] | None = None
    for encoding in _ENCODINGS:
        first = context.column(encoding.first)
        if first is None:
            continue
        placed = encoding.place(first, context)
        lasting = _lasting(encoding, first, placed, context)
        if start is None:
            start, duration = placed, lasting
        else:
            better = (start < EARLIEST_MS) & (placed >= EARLIEST_MS)
            start = np.where(better, placed, start)
            if duration is not None or lasting is not None:
                duration = np.where(
                    better,
                    0 if lasting is None else lasting,
                    0 if duration is None else duration,
                )
        if start.min() >= EARLIEST_MS:
            break
    return start, duration


def _lasting(
    encoding: _Encoding, first: NDArray[Any], start: Ints, context: _Context
) -> NDArray[Any] | None:
    """Give the duration of records whose start is known; None if nothing states it."""
    last = context.column(encoding.last)
    if last is None:
        stated = _stated_duration(context)
        if stated is not None:
            return stated
        end = _ended(context)
        return None if end is None else np.subtract(end, start)
    if encoding.first != _FIRST_UPTIME:
        return np.subtract(encoding.place(last, context), start)
    begun, ended = narrowed(first, np.uint32), narrowed(last, np.uint32)
    if begun.min() == 0:  # Both 0: the exporter has no times (robustness case 16).
        start[(begun | ended) == 0] = 0
    lasting: NDArray[np.int32] = (ended - begun).view(np.int32)
    return lasting


def _ended(context: _Context) -> Ints | None:
    """Give the end of each record by the first encoding that states one."""
    for encoding in _ENCODINGS:
        last = context.column(encoding.last)
        if last is not None:
            return encoding.place(last, context)
    return None


def _stated_duration(context: _Context) -> Ints | None:
    """Give flowDurationMilliseconds, or microseconds in whole milliseconds."""
    values = context.column(_DURATION_MS)
    if values is not None:
        return signed(values)
    micros = context.column(_DURATION_US)
    if micros is None:
        return None
    whole: Ints = signed(micros) // 1_000
    return whole


def _settle(
    start: Ints,
    duration: NDArray[Any],
    context: _Context,
    doubts: dict[str, NDArray[np.bool_] | None],
    ledger: Ledger,
) -> Spans:
    """
    Replace what cannot be true, and count every doubt.

    Args:
        start: As read, shape (n,).
        duration: As read, shape (n,), of either width; may be negative.
        context: Of the group.
        doubts: Rows by reason, so far; None stands for all of them.
        ledger: Where they are counted.
    """
    export_ms = context.export_ms
    ago = export_ms - start
    if start.min() < EARLIEST_MS or ago.min() < -_ROUNDING_MS:
        start, duration = _replaced(start, duration, export_ms, doubts)
        ago = export_ms - start
    if duration.min() < 0:
        doubts[TIME_END_BEFORE_START] = duration < 0
        duration = np.maximum(duration, 0)
    if duration.max() > min(int(ago.min()) + MOST_AHEAD_MS, MAX_DURATION_MS):
        cut = duration > np.minimum(ago + MOST_AHEAD_MS, MAX_DURATION_MS)
        doubts[TIME_DURATION_CUT] = cut
        duration = np.where(cut, np.clip(ago, 0, MAX_DURATION_MS), duration)
    for reason, which in doubts.items():
        rows = context.group.datagram if which is None else context.group.datagram[which]
        ledger.add_rows(context.source[rows], reason)
    return Spans(start, duration.astype(np.int32, copy=False))


def _replaced(
    start: Ints,
    duration: NDArray[Any],
    export_ms: Ints,
    doubts: dict[str, NDArray[np.bool_] | None],
) -> tuple[Ints, Ints]:
    """Put records whose start cannot be true at their export; give start and duration anew."""
    missing, unanchored = start == 0, start == _NO_ANCHOR
    early = (start < EARLIEST_MS) & ~missing & ~unanchored
    ahead = (start >= EARLIEST_MS) & (start > export_ms + _ROUNDING_MS)
    future = ahead & (start > export_ms + MOST_AHEAD_MS)
    doubts.setdefault(TIME_MISSING, missing)
    doubts[TIME_NO_ANCHOR] = unanchored
    doubts[TIME_IMPLAUSIBLE] = early
    doubts[TIME_FUTURE] = future
    doubts[TIME_AHEAD] = ahead & ~future
    kept = np.where(missing | early | future, 0, duration).astype(np.int64)
    lasted = np.clip(kept, 0, MAX_DURATION_MS)  # Flows are exported soon after their end.
    moved = np.where(unanchored, export_ms - lasted, export_ms)
    return np.where(missing | early | future | unanchored, moved, start), kept
