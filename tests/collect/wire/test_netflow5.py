"""NetFlow version 5."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from exporting import UPTIME_MS, v5, v5_record
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.rates import Algorithm
from hinomi.collect.wire.meaning.samplers import (
    SAMPLING_OVERRIDDEN,
    SAMPLING_UNKNOWN,
    STATED,
    Samplers,
)
from hinomi.collect.wire.netflow5 import (
    MALFORMED_COUNT,
    MALFORMED_HEADER,
    RECORDS_CUT,
    STREAMS_OVER_LIMIT,
    SURPLUS_BYTES,
    decode,
)
from hinomi.collect.wire.streams import Stream, Streams
from recordgroups import rows_of


class Collector:
    """Streams, rates and counts of one collector."""

    def __init__(self, *, overrides: dict[int, int] | None = None, most_streams: int = 256) -> None:
        self.streams, self.ledger = Streams(most_per_source=most_streams), Ledger()
        self.samplers = Samplers(self.streams, self.ledger, overrides=overrides)

    def take(self, *payloads: bytes, source: int = 0) -> tuple[list[dict[str, object]], list[int]]:
        """Decode datagrams of one exporter: rows, and the units of each datagram."""
        count = len(payloads)
        batch = Datagrams.pack(payloads, [source] * count, [NOON_MS] * count)
        headers, units, records = decode(batch, self.streams, self.samplers, self.ledger)
        self.headers = headers
        assert len(units) == len(headers.stream)
        return rows_of(records), units.tolist()

    def counted(self) -> dict[str, int]:
        """Give what was counted of exporter 0, unknown rates aside."""
        counts = dict(self.ledger.counts[0])
        counts.pop(SAMPLING_UNKNOWN, None)
        return counts


def test_a_record_has_all_its_columns() -> None:
    """Addresses, ports, counters, flags, interfaces and times of the fixed layout."""
    collector = Collector()

    rows, units = collector.take(v5(v5_record(), sequence=99, sampling=0x4000 | 100, engine=0x0102))

    assert rows == [
        {
            "source": 0, "ts_ms": NOON_MS - 10_000, "duration_ms": 5_000,
            "sampling_interval": 100, "counts_scaled": 0, "proto": 6,
            "src": "192.0.2.1", "dst": "198.51.100.1", "src_port": 40_000, "dst_port": 443,
            "tcp_flags": 0x18, "packets": 10, "bytes": 1_000, "in_if": 1, "out_if": 2,
            "observed": -1,
        }
    ]  # fmt: skip
    assert units == [1]
    assert collector.streams.known == [Stream(0, 5, 0x0102)]
    headers = collector.headers
    assert (headers.sequence[0], headers.export_ms[0], headers.uptime_ms[0]) == (
        99, NOON_MS, UPTIME_MS,
    )  # fmt: skip
    assert collector.counted() == {}


@given(
    flows=st.lists(
        st.tuples(
            st.integers(1, 2**32 - 1),
            st.integers(0, 2**32 - 1),
            st.integers(0, 65_535),
            st.sampled_from([6, 17]),
            st.integers(0, 255),
            st.integers(0, 2**31 - 1),
        ),
        min_size=1,
        max_size=30,
    ),
    parts=st.integers(1, 5),
)
def test_what_is_laid_out_comes_back(
    flows: list[tuple[int, int, int, int, int, int]], parts: int
) -> None:
    """Any values in any number of datagrams, in their order."""
    records = [
        v5_record(packets=packets, bytes=octets, src_port=port, proto=proto, flags=flags,
                  first=(UPTIME_MS - ago) % 2**32, last=UPTIME_MS)
        for packets, octets, port, proto, flags, ago in flows
    ]  # fmt: skip
    pieces = [records[part::parts] for part in range(parts)]
    order = [flow for part in range(parts) for flow in flows[part::parts]]

    rows, units = Collector().take(*(v5(*piece) for piece in pieces))

    assert units == [len(piece) for piece in pieces]
    assert [
        (row["packets"], row["bytes"], row["src_port"], row["proto"], row["tcp_flags"],
         row["ts_ms"], row["duration_ms"])
        for row in rows
    ] == [
        (packets, octets, port, proto, flags if proto == 6 else -1, NOON_MS - ago, ago)
        for packets, octets, port, proto, flags, ago in order
    ]  # fmt: skip


def test_the_time_of_export_has_milliseconds() -> None:
    """Seconds and nanoseconds; more nanoseconds than a second has are cut."""
    payload = bytearray(v5(v5_record()))
    struct.pack_into(">I", payload, 12, 123_999_999)
    wrong = bytearray(payload)
    struct.pack_into(">I", wrong, 12, 4_000_000_000)

    rows, _ = Collector().take(bytes(payload), bytes(wrong))

    assert [row["ts_ms"] for row in rows] == [NOON_MS - 9_877, NOON_MS - 9_001]


def test_a_rate_in_the_header_is_that_of_its_datagram() -> None:
    """0 is unknown whatever the datagram before it said; the last one is shown."""
    collector = Collector()

    rows, _ = collector.take(
        v5(v5_record(), sampling=0x8000 | 1_000), v5(v5_record()), v5(v5_record(), sampling=16_383)
    )

    assert [row["sampling_interval"] for row in rows] == [1_000, 0, 16_383]
    (shown,) = collector.samplers.snapshot()
    assert (shown.kind, shown.interval, shown.origin) == (STATED, 16_383, "v5 header")
    assert Algorithm(shown.algorithm) is Algorithm.UNKNOWN
    assert collector.ledger.counts[0] == {SAMPLING_UNKNOWN: 1}


def test_the_operators_rate_wins() -> None:
    """And differences are counted, record by record."""
    collector = Collector(overrides={0: 500})

    rows, _ = collector.take(v5(v5_record(), v5_record(), sampling=100), v5(v5_record()))

    assert [row["sampling_interval"] for row in rows] == [500] * 3
    assert collector.counted() == {SAMPLING_OVERRIDDEN: 2}


def test_records_that_are_cut_off_are_counted_and_the_others_kept() -> None:
    """The sequence number goes on by what the header says."""
    collector = Collector()
    whole = v5(v5_record(), v5_record(src_port=7))

    rows, units = collector.take(whole[:-1], v5(v5_record(), count=30), v5(count=3))

    assert len(rows) == 2
    assert units == [2, 30, 3]
    assert collector.counted() == {RECORDS_CUT: 1 + 29 + 3}


def test_a_count_beyond_30_is_not_believed() -> None:
    """No datagram of version 5 has more: its records are left alone, its neighbours decoded."""
    collector = Collector()

    rows, units = collector.take(v5(*[v5_record()] * 31), v5(v5_record()), v5(count=65_535))

    assert (len(rows), units) == (1, [1])
    assert collector.counted() == {MALFORMED_COUNT: 2}


def test_bytes_behind_the_last_record_are_counted() -> None:
    """What the header does not announce is not read."""
    collector = Collector()

    rows, units = collector.take(v5(v5_record(), v5_record(), count=1), v5(v5_record()) + b"x")

    assert (len(rows), units) == (2, [1, 1])
    assert collector.counted() == {SURPLUS_BYTES: 2}


def test_a_datagram_that_ends_in_its_header_is_counted() -> None:
    """Its neighbours are decoded."""
    collector = Collector()
    whole = v5(v5_record())

    rows, units = collector.take(whole[:23], whole, whole[:4])

    assert (len(rows), units) == (1, [1])
    assert collector.counted() == {MALFORMED_HEADER: 2}


def test_engines_beyond_the_limit_are_refused() -> None:
    """Case 20: an exporter does not make streams without end."""
    collector = Collector(most_streams=2)

    rows, units = collector.take(*(v5(v5_record(src_port=each), engine=each) for each in range(5)))

    assert [row["src_port"] for row in rows] == [0, 1]
    assert units == [1, 1]
    assert collector.counted() == {STREAMS_OVER_LIMIT: 3}


def test_icmp_has_type_and_code_in_the_destination_port() -> None:
    """As Cisco writes it."""
    ((row,), _) = Collector().take(v5(v5_record(proto=1, src_port=0, dst_port=0x0800, flags=0)))

    assert (row["src_port"], row["dst_port"], row["tcp_flags"]) == (0, 0x0800, -1)


@given(st.lists(st.binary(max_size=200).map(lambda tail: b"\x00\x05" + tail), max_size=6))
def test_any_bytes_decode_or_are_counted(payloads: list[bytes]) -> None:
    """Nothing raises, and no more records come than there is room for."""
    collector = Collector()

    rows, units = collector.take(*payloads)

    assert len(rows) <= sum(len(payload) // 48 for payload in payloads)
    refused = sum(collector.counted().get(each, 0) for each in (MALFORMED_HEADER, MALFORMED_COUNT))
    assert len(units) == len(payloads) - refused
    assert refused >= sum(len(payload) < 24 for payload in payloads)
