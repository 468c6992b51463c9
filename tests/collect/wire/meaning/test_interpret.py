"""Groups of records to flow records."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.counters import BYTES_FROM_FRAMES, COUNTS_ABSURD, PACKETS_ASSUMED
from hinomi.collect.wire.meaning.interpret import (
    NO_ADDRESSES,
    NO_COUNTERS,
    NO_PACKETS,
    NO_PROTOCOL,
    NOT_IP,
    Interpreter,
)
from hinomi.collect.wire.meaning.samplers import SAMPLING_UNKNOWN, Samplers
from hinomi.collect.wire.meaning.times import TIME_MISSING
from hinomi.collect.wire.sets.groups import REVERSE_PEN, RecordGroup, element
from hinomi.collect.wire.streams import Streams
from hinomi.model.flow import MAX_DURATION_MS
from recordgroups import BUFFER, UPTIME_MS, flow, group, headers, rows_of

Numbers = Mapping[int | tuple[int, int], Sequence[int]]


class Reader:
    """One interpreter, and what it counted."""

    def __init__(self, **options: Any) -> None:
        self.streams, self.ledger = Streams(), Ledger()
        self.samplers = Samplers(self.streams, self.ledger, default_interval=1)
        self.interpreter = Interpreter(self.samplers, self.ledger, **options)

    def exported(self, some: RecordGroup | Numbers, *, datagrams: int = 1) -> Exported:
        """Give the flow records of one group."""
        laid = some if isinstance(some, RecordGroup) else group(some)
        of = headers(self.streams, datagrams=datagrams, version=laid.version)
        return self.interpreter.interpret(BUFFER, of, laid)

    def rows(self, some: RecordGroup | Numbers) -> list[dict[str, Any]]:
        """Give the flow records of one group as rows."""
        return rows_of(self.exported(some))

    def counted(self) -> dict[str, int]:
        """Give what was counted, the default sampling rate aside."""
        counts = dict(self.ledger.counts[0])
        counts.pop("sampling-defaulted", None)
        return counts


def test_a_flow_has_every_column() -> None:
    """All that is stored of a record, in its unit and type."""
    reader = Reader()
    reader.samplers.learn(headers(reader.streams), group({34: [1_000]}, scope=()))

    exported = reader.exported(flow())

    assert rows_of(exported) == [
        {
            "source": 0, "ts_ms": NOON_MS - 10_000, "duration_ms": 5_000,
            "sampling_interval": 1_000, "counts_scaled": 0, "proto": 6,
            "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40_000, "dst_port": 443,
            "tcp_flags": 0x18, "packets": 10, "bytes": 1_000, "in_if": 3, "out_if": 4,
            "observed": -1,
        }
    ]  # fmt: skip
    assert {name: getattr(exported, name).dtype for name in DTYPES} == {
        name: np.dtype(kind) for name, kind in DTYPES.items()
    }
    assert reader.counted() == {}


def test_a_bare_flow_says_what_it_does_not_know() -> None:
    """No flags, no interfaces, no times: each has its own value for unknown."""
    reader = Reader()

    (row,) = reader.rows(flow(ie_6=[], ie_10=[], ie_14=[], ie_21=[], ie_22=[]))

    assert (row["tcp_flags"], row["in_if"], row["out_if"], row["observed"]) == (-1, -1, -1, -1)
    assert (row["ts_ms"], row["duration_ms"]) == (NOON_MS, 0)
    assert reader.counted() == {TIME_MISSING: 1}


def test_physical_interfaces_stand_in_for_logical_ones() -> None:
    """Elements 252 and 253 where 10 and 14 are absent; the direction is one of two."""
    (row,) = Reader().rows(flow(ie_10=[], ie_14=[], ie_252=[8], ie_253=[9], ie_61=[1]))
    (odd,) = Reader().rows(flow(ie_61=[255]))

    assert (row["in_if"], row["out_if"], row["observed"]) == (8, 9, 1)
    assert odd["observed"] == -1


def test_what_is_no_flow_of_packets_is_dropped_and_counted() -> None:
    """Whole layouts: MAC addresses alone, no protocol, events without counters."""
    reader = Reader()

    assert reader.rows(flow(ie_8=[])) == []
    assert reader.rows(flow(ie_4=[])) == []
    assert reader.rows(flow(ie_1=[], ie_2=[])) == []
    assert reader.counted() == {NO_ADDRESSES: 1, NO_PROTOCOL: 1, NO_COUNTERS: 1}


def test_single_records_are_dropped_with_their_reason_and_the_rest_stays() -> None:
    """No addresses, no packets, absurd counts; a dropped record raises no other doubt."""
    reader = Reader()
    named = flow()[8][0]
    numbers = flow(
        ie_8=[named, 0, named, named, named], ie_12=[named, 0, named, named, named],
        ie_4=[6] * 5, ie_6=[1, 2, 3, 4, 5], ie_7=[1, 2, 3, 4, 5], ie_11=[80] * 5,
        ie_2=[1, 1, 0, 1, 5], ie_1=[60, 60, 0, 2**60, 500], ie_10=[], ie_14=[],
        ie_22=[UPTIME_MS - 9, 0, 0, 0, UPTIME_MS - 8], ie_21=[UPTIME_MS, 0, 0, 0, UPTIME_MS],
    )  # fmt: skip

    rows = reader.rows(numbers)

    assert [(row["src_port"], row["packets"], row["duration_ms"]) for row in rows] == [
        (1, 1, 9), (5, 5, 8),
    ]  # fmt: skip
    assert reader.counted() == {NO_ADDRESSES: 1, NO_PACKETS: 1, COUNTS_ABSURD: 1}


def test_both_ways_of_a_firewalls_record_become_two_records() -> None:
    """Initiator and responder: ends and interfaces turned, the same times, flags unknown."""
    reader = Reader()

    there, back = reader.rows(
        flow(ie_1=[], ie_2=[], ie_231=[500], ie_232=[9_000], ie_298=[5], ie_299=[8], ie_61=[0])
    )

    assert (there["src"], there["src_port"], there["packets"], there["bytes"]) == (
        "192.0.2.1", 40_000, 5, 500,
    )  # fmt: skip
    assert back == there | {
        "src": "198.51.100.1", "dst": "192.0.2.1", "src_port": 443, "dst_port": 40_000,
        "packets": 8, "bytes": 9_000, "tcp_flags": -1, "in_if": 4, "out_if": 3, "observed": 1,
    }  # fmt: skip
    assert reader.counted() == {}


def test_the_ways_of_a_biflow_have_flags_and_times_of_their_own() -> None:
    """RFC 5103; a way without packets gives no record, and no doubt about its times."""
    reader = Reader()
    numbers = flow(
        ie_8=[1, 2, 3], ie_12=[9, 9, 9], ie_4=[6, 6, 6], ie_7=[1, 2, 3], ie_11=[80] * 3,
        ie_6=[2, 2, 2], ie_10=[], ie_14=[], ie_1=[60, 60, 0], ie_2=[1, 1, 0],
        ie_22=[UPTIME_MS - 900] * 3, ie_21=[UPTIME_MS - 100] * 3,
        ie_1_29305=[90, 0, 91], ie_2_29305=[2, 0, 3], ie_6_29305=[0x12, 0, 0x14],
        ie_22_29305=[UPTIME_MS - 800, 0, UPTIME_MS - 700],
        ie_21_29305=[UPTIME_MS - 400, 0, UPTIME_MS - 600],
    )  # fmt: skip

    rows = reader.rows(numbers)

    assert [
        (row["src_port"], row["packets"], row["bytes"], row["tcp_flags"], row["ts_ms"] - NOON_MS,
         row["duration_ms"])
        for row in rows
    ] == [
        (1, 1, 60, 2, -900, 800), (2, 1, 60, 2, -900, 800),
        (80, 2, 90, 0x12, -800, 400), (80, 3, 91, 0x14, -700, 100),
    ]  # fmt: skip
    assert reader.counted() == {}


def test_the_way_back_takes_the_times_of_the_way_there_if_it_has_none() -> None:
    """Biflows without reverse times began and ended together."""
    there, back = Reader().rows({**flow(), (1, REVERSE_PEN): [5], (2, REVERSE_PEN): [1]})

    assert (back["ts_ms"], back["duration_ms"]) == (there["ts_ms"], there["duration_ms"])


def test_reverse_counts_of_one_vendor_need_the_operators_word() -> None:
    """Elements 23 and 24 make a second record only for the exporters named."""
    numbers = flow(ie_23=[700], ie_24=[7])

    assert len(Reader().rows(numbers)) == 1
    _, back = Reader(post_is_reverse={0}).rows(numbers)
    assert (back["src"], back["packets"], back["bytes"]) == ("198.51.100.1", 7, 700)


def test_frames_that_are_no_ip_are_counted() -> None:
    """A buffer of zeros holds no packet."""
    reader = Reader()

    assert reader.rows(group({312: [64]}, frames={315: [(0, 30)]})) == []
    assert reader.counted() == {NOT_IP: 1}


def test_addresses_win_over_frames() -> None:
    """A flow record may carry a piece of its first packet too: it is not needed."""
    laid = group(flow(), frames={315: [(0, 30)]})

    (row,) = Reader().rows(laid)

    assert row["packets"] == 10


def test_layer_2_counts_are_brought_down_to_ip() -> None:
    """352 less 14 a packet; a size alone is one packet."""
    reader = Reader()

    (many,) = reader.rows(flow(ie_1=[], ie_352=[1_140]))
    (one,) = reader.rows(flow(ie_1=[], ie_2=[], ie_312=[74]))

    assert (many["bytes"], one["packets"], one["bytes"]) == (1_000, 1, 60)
    assert reader.counted() == {BYTES_FROM_FRAMES: 2, PACKETS_ASSUMED: 1}


def test_the_sampler_of_each_record_gives_its_rate() -> None:
    """By sampler id, by what the record states, or by the interface it was seen at."""
    reader = Reader()
    reader.samplers.learn(
        headers(reader.streams), group({48: [1, 2], 50: [100, 200]}, scope=(), datagram=[0, 0])
    )
    twice = {name: list(values) * 2 for name, values in flow().items()}
    by_id = reader.rows({**twice, 48: [2, 1]})
    stated = reader.rows({**twice, 34: [7, 0], 48: [1, 1]})
    reader.samplers.learn(headers(reader.streams), group({10: [4], 34: [50]}, scope=(element(10),)))
    observed = reader.rows({**twice, 61: [0, 1]})

    assert [row["sampling_interval"] for row in by_id] == [200, 100]
    assert [row["sampling_interval"] for row in stated] == [7, 100]
    assert [row["sampling_interval"] for row in observed] == [1, 50]


def test_a_rate_that_comes_later_does_not_reach_back() -> None:
    """What was interpreted before stays unknown."""
    reader = Reader()
    reader.samplers = Samplers(reader.streams, reader.ledger)
    reader.interpreter = Interpreter(reader.samplers, reader.ledger)

    (before,) = reader.rows(flow())
    learnt = reader.exported(group({34: [512]}, scope=()))
    (after,) = reader.rows(flow())

    assert (before["sampling_interval"], len(learnt), after["sampling_interval"]) == (0, 0, 512)
    assert reader.counted() == {SAMPLING_UNKNOWN: 1}


def test_an_empty_group_gives_nothing() -> None:
    """A set may have a header and padding alone."""
    assert len(Reader().exported(group({1: [], 2: []}))) == 0


ELEMENTS = (
    1, 2, 4, 6, 7, 8, 10, 11, 12, 14, 21, 22, 23, 24, 32, 34, 48, 50, 61, 85, 86, 139, 150, 151,
    152, 153, 154, 158, 160, 161, 176, 177, 180, 181, 182, 183, 231, 232, 252, 298, 299, 302, 305,
    306, 309, 310, 311, 312, 322, 352,
)  # fmt: skip
any_number = st.sampled_from([0, 1, 6, 17, 58, 255, 40_000, 2**31, 2**32 - 1, 2**63, 2**64 - 1])


@given(
    numbers=st.dictionaries(
        st.sampled_from(ELEMENTS)
        | st.tuples(st.sampled_from([1, 2, 6, 22, 152, 153]), st.just(REVERSE_PEN)),
        st.tuples(any_number, any_number, any_number),
    ),
    version=st.sampled_from([9, 10]),
    is_options=st.booleans(),
)
def test_no_value_of_any_element_escapes_its_column(
    numbers: dict[int | tuple[int, int], Sequence[int]],
    version: int,
    is_options: bool,  # noqa: FBT001
) -> None:
    """Hostile or broken: every record has columns in their ranges, nothing raises."""
    stated: Numbers = {3: [1, 1, 1], **{key: list(values) for key, values in numbers.items()}}
    ends: Numbers = {8: [1, 2, 3], 12: [4, 5, 6], 4: [6, 17, 1]}
    for some in (stated, {**ends, **stated}):
        scope = () if is_options else None
        exported = Reader().exported(group(some, version=version, scope=scope))

        assert len(exported) <= 6
        assert (exported.packets > 0).all()
        assert (exported.bytes >= 0).all()
        assert ((exported.src_port >= 0) & (exported.src_port <= 65_535)).all()
        assert ((exported.dst_port >= 0) & (exported.dst_port <= 65_535)).all()
        assert ((exported.tcp_flags >= -1) & (exported.tcp_flags <= 0x1FF)).all()
        assert ((exported.proto >= 0) & (exported.proto <= 255)).all()
        assert (exported.sampling_interval >= 0).all()
        assert ((exported.duration_ms >= 0) & (exported.duration_ms <= MAX_DURATION_MS)).all()
        assert (exported.ts_ms <= NOON_MS + 300_000).all()
