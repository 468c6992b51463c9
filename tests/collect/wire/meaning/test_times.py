"""Times of records: every encoding, the wrap of uptimes, and what is done about nonsense."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.boots import EARLIEST_MS, BootTimes
from hinomi.collect.wire.meaning.times import (
    MOST_AHEAD_MS,
    TIME_AHEAD,
    TIME_CLOCK_OFF,
    TIME_CLOCK_REPLACED,
    TIME_DURATION_CUT,
    TIME_END_BEFORE_START,
    TIME_END_MISSING,
    TIME_FUTURE,
    TIME_IMPLAUSIBLE,
    TIME_MISSING,
    TIME_NO_ANCHOR,
    has_times,
    spans,
)
from hinomi.collect.wire.sets.groups import REVERSE_PEN, Headers
from hinomi.collect.wire.streams import Streams
from hinomi.model.flow import MAX_DURATION_MS
from recordgroups import UPTIME_MS, columns, group, headers

WRAP = 1 << 32
NTP_EPOCH_S = 2_208_988_800
Numbers = Mapping[int | tuple[int, int], Sequence[int]]


def read(
    numbers: Numbers,
    *,
    version: int = 10,
    of: Headers | None = None,
    boots: BootTimes | None = None,
    enterprise: int = 0,
) -> tuple[list[tuple[int, int]], dict[str, int]]:
    """Give start and duration of each record, and what was counted."""
    ledger = Ledger()
    read_spans = spans(
        headers(version=version) if of is None else of,
        group(numbers, version=version),
        boots or BootTimes(Streams()),
        ledger,
        enterprise=enterprise,
    )
    assert read_spans.start_ms.dtype == np.int64
    assert read_spans.duration_ms.dtype == np.int32
    pairs = zip(read_spans.start_ms.tolist(), read_spans.duration_ms.tolist(), strict=True)
    return list(pairs), dict(ledger.counts[0])


def ntp(ms: int) -> int:
    """Give a time as 64-bit NTP fixed point, as exporters compute it."""
    seconds, rest = divmod(ms, 1_000)
    return ((seconds + NTP_EPOCH_S) % WRAP) << 32 | -(-rest * WRAP // 1_000)


@given(
    uptime=st.integers(0, WRAP - 1),
    before=st.integers(0, 2**31 - 1),
    lasting=st.integers(0, 2**31 - 1),
)
def test_uptimes_give_the_distance_to_the_export_across_any_wrap(
    uptime: int, before: int, lasting: int
) -> None:
    """Whenever the counter wrapped, a flow of up to 24.8 days is placed exactly."""
    lasting = min(lasting, before)
    first = (uptime - before) % WRAP
    last = (first + lasting) % WRAP

    rows, counted = read({22: [first], 21: [last]}, version=9, of=headers(uptime_ms=uptime))

    if first == last == 0:
        assert counted == {TIME_MISSING: 1}
    else:
        assert rows == [(NOON_MS - before, lasting)]
        assert counted == {}


@given(ahead=st.integers(1, MOST_AHEAD_MS), uptime=st.integers(0, WRAP - 1))
def test_an_uptime_just_after_the_header_is_a_little_ahead(ahead: int, uptime: int) -> None:
    """A difference of 2^31 and more is after the export; beyond a second it is counted."""
    at = (uptime + ahead) % WRAP

    rows, counted = read({22: [at], 21: [at]}, version=9, of=headers(uptime_ms=uptime))

    if at:
        assert rows == [(NOON_MS + ahead, 0)]
        assert counted == ({TIME_AHEAD: 1} if ahead > 1_000 else {})


@given(ms=st.integers(EARLIEST_MS, NOON_MS + 1_000))
def test_ntp_fixed_point_gives_the_millisecond(ms: int) -> None:
    """Seconds since 1900 and a binary fraction come back to the millisecond they were."""
    for elements in ((154, 155), (156, 157)):
        rows, counted = read({number: [ntp(ms)] for number in elements})

        assert rows == [(ms, 0)]
        assert counted == {}


def test_ntp_goes_on_after_2036() -> None:
    """When the 32 bits of seconds are used up, the next era counts on from 0."""
    ms = 2_085_978_496_000 + 5_000  # Five seconds into the next era.

    rows, counted = read(
        {154: [ntp(ms)], 155: [ntp(ms)]}, of=headers(version=10, export_ms=ms, arrived_ms=ms)
    )

    assert rows == [(ms, 0)]
    assert counted == {}


@pytest.mark.parametrize(
    "numbers",
    [
        {150: [NOON_MS // 1_000 - 10], 151: [NOON_MS // 1_000 - 5]},
        {152: [NOON_MS - 10_000], 153: [NOON_MS - 5_000]},
        {154: [ntp(NOON_MS - 10_000)], 155: [ntp(NOON_MS - 5_000)]},
        {156: [ntp(NOON_MS - 10_000)], 157: [ntp(NOON_MS - 5_000)]},
        {158: [10_000_000], 159: [5_000_000]},
        {152: [NOON_MS - 10_000], 161: [5_000]},
        {152: [NOON_MS - 10_000], 162: [5_000_999]},
        {153: [NOON_MS - 5_000], 161: [5_000]},
        {152: [NOON_MS - 10_000], 151: [NOON_MS // 1_000 - 5]},
        {22: [UPTIME_MS - 10_000], 21: [UPTIME_MS - 5_000], 160: [NOON_MS - UPTIME_MS]},
    ],
    ids=[
        "seconds", "milliseconds", "ntp-micro", "ntp-nano", "deltas", "start-and-duration",
        "start-and-microseconds", "end-and-duration", "mixed", "uptime-with-its-start",
    ],
)  # fmt: skip
def test_every_encoding_of_a_time_gives_the_same_flow(numbers: Numbers) -> None:
    """Ten ways to say: from ten seconds before the export to five."""
    rows, counted = read(numbers)

    assert rows == [(NOON_MS - 10_000, 5_000)]
    assert counted == {}


@pytest.mark.parametrize(
    "numbers",
    [
        {322: [NOON_MS // 1_000 - 7]},
        {323: [NOON_MS - 7_000]},
        {324: [ntp(NOON_MS - 7_000)]},
        {325: [ntp(NOON_MS - 7_000)]},
    ],
)
def test_an_observation_has_no_duration_and_needs_none(numbers: Numbers) -> None:
    """The time of one packet is start and end in one."""
    assert read(numbers) == ([(NOON_MS - 7_000, 0)], {})


def test_uptimes_of_ipfix_count_from_the_start_that_options_stated() -> None:
    """The systemInitTimeMilliseconds of the same stream serves all its records."""
    streams = Streams()
    boots = BootTimes(streams)
    of = headers(streams, version=10, domains=(7,))
    boots.learn(of, group({160: [NOON_MS - UPTIME_MS]}, version=10, scope=()))

    rows, counted = read({22: [UPTIME_MS - 10_000], 21: [UPTIME_MS - 5_000]}, of=of, boots=boots)

    assert rows == [(NOON_MS - 10_000, 5_000)]
    assert counted == {}


def test_a_start_of_another_domain_does_not_serve() -> None:
    """Domains of one exporter may be line cards that started at their own times."""
    streams = Streams()
    boots = BootTimes(streams)
    other = headers(streams, version=10, domains=(7,))
    boots.learn(other, group({160: [NOON_MS - UPTIME_MS]}, version=10, scope=()))

    _, counted = read({22: [10], 21: [20]}, of=headers(streams, version=10), boots=boots)

    assert counted == {TIME_NO_ANCHOR: 1}


def test_uptimes_without_any_start_end_at_the_export() -> None:
    """Start and end are unknown, the duration is not; the record says so in the counts."""
    rows, counted = read({22: [20_000], 21: [25_000]})

    assert rows == [(NOON_MS - 5_000, 5_000)]
    assert counted == {TIME_NO_ANCHOR: 1}


def test_eight_bytes_of_uptime_may_be_a_time_of_the_epoch() -> None:
    """An uptime of 30 years is none: it is read as the milliseconds it can only be."""
    rows, counted = read({22: [NOON_MS - 9_000], 21: [NOON_MS - 8_000]}, version=9)

    assert rows == [(NOON_MS - 9_000, 1_000)]
    assert counted == {}


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({1: [5]}, TIME_MISSING),
        ({152: [0], 153: [0]}, TIME_MISSING),
        ({154: [0], 155: [0]}, TIME_MISSING),
        ({150: [0], 151: [0]}, TIME_MISSING),
        ({152: [1], 153: [1]}, TIME_IMPLAUSIBLE),
        ({150: [86_400], 151: [86_401]}, TIME_IMPLAUSIBLE),
        ({152: [2**64 - 1], 153: [2**64 - 1]}, TIME_IMPLAUSIBLE),
        ({152: [2**62], 153: [2**62]}, TIME_FUTURE),
        ({152: [NOON_MS + MOST_AHEAD_MS + 1], 153: [0]}, TIME_FUTURE),
        ({154: [NOON_MS * 1_000], 155: [NOON_MS * 1_000]}, TIME_FUTURE),
    ],
)
def test_what_cannot_be_a_start_becomes_the_export_and_is_counted(
    numbers: Numbers, reason: str
) -> None:
    """No start, 1970, beyond all ages, a count where fixed point belongs: the export time."""
    rows, counted = read(numbers)

    assert rows == [(NOON_MS, 0)]
    assert counted == {reason: 1}


def test_nonsense_in_one_record_leaves_the_others_alone() -> None:
    """Every record is settled by itself, also beside records of all kinds of doubt."""
    starts = [NOON_MS - 4_000, 0, 5, 2**63, NOON_MS + 2_000, NOON_MS + 10**9]
    ends = [NOON_MS - 1_000, 0, 9, 2**63, NOON_MS + 2_500, NOON_MS + 10**9]

    rows, counted = read({152: starts, 153: ends})

    assert rows == [
        (NOON_MS - 4_000, 3_000), (NOON_MS, 0), (NOON_MS, 0), (NOON_MS, 0),
        (NOON_MS + 2_000, 500), (NOON_MS, 0),
    ]  # fmt: skip
    assert counted == {TIME_MISSING: 1, TIME_IMPLAUSIBLE: 2, TIME_AHEAD: 1, TIME_FUTURE: 1}


def test_a_second_encoding_fills_in_where_the_first_is_empty() -> None:
    """An exporter with both milliseconds and seconds may leave either at 0."""
    seconds = NOON_MS // 1_000

    rows, counted = read(
        {
            152: [0, NOON_MS - 3_000], 153: [0, NOON_MS - 2_000],
            150: [seconds - 9, 0], 151: [seconds - 8, 0],
        }
    )  # fmt: skip

    assert rows == [(NOON_MS - 9_000, 1_000), (NOON_MS - 3_000, 1_000)]
    assert counted == {}


def test_an_end_before_its_start_is_a_duration_of_nothing() -> None:
    """The start is kept."""
    rows, counted = read({152: [NOON_MS - 5_000], 153: [NOON_MS - 9_000]})

    assert rows == [(NOON_MS - 5_000, 0)]
    assert counted == {TIME_END_BEFORE_START: 1}


def test_a_start_alone_has_no_duration_and_that_is_counted() -> None:
    """0 stands for a duration that nobody stated."""
    assert read({152: [NOON_MS - 5_000]}) == ([(NOON_MS - 5_000, 0)], {TIME_END_MISSING: 1})


def test_an_end_alone_is_where_the_record_is_placed() -> None:
    """Without a start the end is nearer to the truth than the export."""
    assert read({153: [NOON_MS - 5_000]}) == ([(NOON_MS - 5_000, 0)], {TIME_MISSING: 1})


def test_a_flow_does_not_last_beyond_its_export() -> None:
    """An end in the far future is cut to the export."""
    rows, counted = read({152: [NOON_MS - 5_000], 153: [NOON_MS + MOST_AHEAD_MS + 1]})

    assert rows == [(NOON_MS - 5_000, 5_000)]
    assert counted == {TIME_DURATION_CUT: 1}


def test_a_duration_beyond_its_column_is_cut_to_the_greatest() -> None:
    """Twenty-five days do not fit into the column."""
    start = NOON_MS - MAX_DURATION_MS - 100_000

    rows, counted = read({152: [start], 153: [NOON_MS]})

    assert rows == [(start, MAX_DURATION_MS)]
    assert counted == {TIME_DURATION_CUT: 1}


def test_a_clock_that_was_never_set_gives_way_to_the_arrival() -> None:
    """Export in 1970, or days ahead of its arrival: distances to the export still hold."""
    for export_ms in (3_000_000, NOON_MS + 200_000_000):
        of = headers(export_ms=export_ms, arrived_ms=NOON_MS)

        rows, counted = read({22: [UPTIME_MS - 10_000], 21: [UPTIME_MS - 5_000]}, version=9, of=of)

        assert rows == [(NOON_MS - 10_000, 5_000)]
        assert counted == {TIME_CLOCK_REPLACED: 1}


def test_a_clock_hours_off_is_kept_and_counted() -> None:
    """A wrong time zone, or an old capture played back: the times stand as they are."""
    export_ms = NOON_MS - 9 * 3_600_000
    of = headers(export_ms=export_ms, arrived_ms=NOON_MS)

    rows, counted = read({22: [UPTIME_MS - 10_000], 21: [UPTIME_MS]}, version=9, of=of)

    assert rows == [(export_ms - 10_000, 10_000)]
    assert counted == {TIME_CLOCK_OFF: 1}


def test_doubts_are_counted_for_their_exporter_and_record_by_record() -> None:
    """Two datagrams of two exporters: three records of the second have no times."""
    ledger = Ledger()
    of = headers(datagrams=2, sources=(0, 1))
    some = group({22: [UPTIME_MS] + [0] * 3, 21: [UPTIME_MS] + [0] * 3}, datagram=[0, 1, 1, 1])

    spans(of, some, BootTimes(Streams()), ledger)

    assert {number: dict(counts) for number, counts in ledger.counts.items()} == {
        1: {TIME_MISSING: 3}
    }


def test_the_way_back_has_times_of_its_own() -> None:
    """RFC 5103: elements of the enterprise 29305 tell when the answers began and ended."""
    numbers: Numbers = {
        152: [NOON_MS - 9_000], 153: [NOON_MS - 2_000],
        (152, REVERSE_PEN): [NOON_MS - 8_000], (153, REVERSE_PEN): [NOON_MS - 3_000],
    }  # fmt: skip

    assert has_times(columns(numbers), REVERSE_PEN)
    assert read(numbers)[0] == [(NOON_MS - 9_000, 7_000)]
    assert read(numbers, enterprise=REVERSE_PEN)[0] == [(NOON_MS - 8_000, 5_000)]


any_time = st.integers(0, 2**64 - 1) | st.integers(NOON_MS - 10**7, NOON_MS + 10**7)


@given(
    numbers=st.dictionaries(
        st.sampled_from([*range(150, 163), 21, 22, 322, 323, 324, 325]),
        st.tuples(any_time, any_time),
        max_size=6,
    ),
    version=st.sampled_from([5, 9, 10]),
    export_ms=st.integers(0, 2**33 * 1_000),
    uptime_ms=st.integers(0, WRAP - 1),
)
def test_whatever_is_stated_the_times_are_possible(
    numbers: dict[int, tuple[int, int]], version: int, export_ms: int, uptime_ms: int
) -> None:
    """No value of any element gives an impossible time, an overflow or an error."""
    stated: Numbers = {number: numbers.get(number, (1, 1)) for number in (1, *numbers)}
    of = headers(version=version, export_ms=export_ms, arrived_ms=NOON_MS, uptime_ms=uptime_ms)

    rows, _ = read(stated, version=version, of=of)

    for start_ms, duration_ms in rows:
        assert start_ms >= EARLIEST_MS - MAX_DURATION_MS
        assert start_ms <= NOON_MS + 86_400_000 + MOST_AHEAD_MS
        assert 0 <= duration_ms <= MAX_DURATION_MS
