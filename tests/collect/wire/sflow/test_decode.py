"""sFlow version 5: what was encoded is decoded, and nothing hostile gets through."""

import struct
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporting import UPTIME_MS, counter_sample, flow_sample, frame, sample, sflow
from hinomi.collect.wire.datagrams import Datagrams
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.defaults import SAMPLING_DEFAULT_WRONG, SAMPLING_DEFAULTED
from hinomi.collect.wire.meaning.samplers import (
    SAMPLING_ABSURD,
    SAMPLING_OVERRIDDEN,
    SAMPLING_UNKNOWN,
    Samplers,
)
from hinomi.collect.wire.sets.groups import Headers
from hinomi.collect.wire.sets.netflow9 import MALFORMED_HEADER, STREAM_REFUSED
from hinomi.collect.wire.sflow.agentdrops import SAMPLES_DROPPED, AgentDrops
from hinomi.collect.wire.sflow.decode import (
    AGENT_REFUSED,
    BYTES_BEHIND_SAMPLES,
    COUNTER_SAMPLES,
    MALFORMED_AGENT,
    MALFORMED_SAMPLE,
    MOST_SAMPLES,
    OTHER_SAMPLES,
    SAMPLES_OVER_LIMIT,
    decode,
)
from hinomi.collect.wire.streams import Streams
from hinomi.model.address import Address, from_packed, render_address

ARRIVED_MS: Final = 1_700_000_000_123

Row = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a batch came to; the datagrams' sources are 0, 1, 2 ..."""

    headers: Headers
    units: np.ndarray
    records: Exported
    counts: dict[int, Counter[str]]

    def rows(self, source: int = 0) -> list[Row]:
        """Give what the records of one source say, in their order."""
        which = np.flatnonzero(self.records.source == source).tolist()
        return [as_row(self.records, row) for row in which]


def as_row(records: Exported, row: int) -> Row:
    """Give the columns of one record that samples differ in."""
    ends = (
        render_address(Address(int(hi[row]), int(lo[row])))
        for hi, lo in ((records.src_hi, records.src_lo), (records.dst_hi, records.dst_lo))
    )
    names = ("src_port", "dst_port", "proto", "tcp_flags", "bytes", "sampling_interval")
    rest = (int(getattr(records, name)[row]) for name in (*names, "in_if", "out_if"))
    return (*ends, *rest)


def run(
    *payloads: bytes,
    streams: Streams | None = None,
    overrides: dict[int, int] | None = None,
    default_interval: int = 0,
    drops: AgentDrops | None = None,
) -> Result:
    """Decode datagrams, each from a source of its own."""
    ledger = Ledger()
    batch = Datagrams.pack(payloads, range(len(payloads)), [ARRIVED_MS] * len(payloads))
    streams = streams or Streams()
    samplers = Samplers(streams, ledger, overrides=overrides, default_interval=default_interval)
    headers, units, records = decode(batch, streams, samplers, ledger, drops=drops)
    for name, dtype in DTYPES.items():
        column = getattr(records, name)
        assert (column.dtype, column.shape) == (np.dtype(dtype), (len(records),)), name
    assert units.tolist() == [1] * headers.source.size
    return Result(headers, units, records, dict(ledger.counts))


@st.composite
def packets(draw: st.DrawFn) -> tuple[bytes, Row]:
    """Draw a frame and what is to be read from it."""
    is_v4 = draw(st.booleans())
    src, dst = (
        f"192.0.2.{draw(st.integers(0, 255))}" if is_v4 else f"2001:db8::{draw(st.integers(1, 9))}"
        for _ in range(2)
    )
    proto = draw(st.sampled_from([6, 17, 47]))
    ports = draw(st.integers(0, 65_535)), draw(st.integers(0, 65_535))
    flags, payload = draw(st.integers(0, 255)), draw(st.integers(0, 300))
    octets = frame(
        src=src, dst=dst, proto=proto, ports=ports, flags=flags, payload=payload,
        vlans=draw(st.lists(st.integers(1, 4094), max_size=2)),
    )  # fmt: skip
    length = (20 if is_v4 else 40) + {6: 20, 17: 8, 47: 8}[proto] + payload
    known = ports if proto != 47 else (0, 0)
    return octets[:128], (src, dst, *known, proto, flags if proto == 6 else -1, length)


@st.composite
def flow_samples(draw: st.DrawFn) -> tuple[bytes, Row]:
    """Draw a flow sample and the record it stands for."""
    octets, packet = draw(packets())
    rate = draw(st.integers(1, 2**31 - 1))
    in_if, out_if = draw(st.integers(1, 2**30 - 2)), draw(st.integers(1, 2**30 - 2))
    encoded = flow_sample(
        octets, rate=rate, in_if=in_if, out_if=out_if, frame_bytes=draw(st.integers(0, 2**32 - 1)),
        expanded=draw(st.booleans()),
    )  # fmt: skip
    return encoded, (*packet, rate, in_if, out_if)


@st.composite
def datagrams(draw: st.DrawFn) -> tuple[bytes, list[Row]]:
    """Draw a datagram and its records."""
    skipped = st.sampled_from([(counter_sample(), None), (sample(5, bytes(36)), None)])
    chosen = draw(st.lists(flow_samples() | skipped, max_size=8))
    encoded = sflow(
        *(one for one, _ in chosen),
        agent=draw(st.sampled_from(["192.0.2.254", "2001:db8::fe"])),
        sub_agent=draw(st.integers(0, 2**32 - 1)),
    )
    return encoded, [row for _, row in chosen if row is not None]


@given(st.lists(datagrams(), max_size=6))
def test_what_was_encoded_is_decoded(drawn: list[tuple[bytes, list[Row]]]) -> None:
    """Every flow sample of every datagram is one record, all else is none."""
    found = run(*(payload for payload, _ in drawn))

    assert found.headers.source.tolist() == list(range(len(drawn)))
    for source, (_, rows) in enumerate(drawn):
        assert sorted(found.rows(source), key=repr) == sorted(rows, key=repr)
    assert not [reason for counts in found.counts.values() for reason in counts if "mal" in reason]


@given(datagrams(), st.data())
def test_mutations_are_decoded_or_counted(
    drawn: tuple[bytes, list[Row]], data: st.DataObject
) -> None:
    """Changed bytes never raise, and never touch the datagrams beside."""
    beside, row = data.draw(flow_samples())
    changed = bytearray(drawn[0])
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(changed)))
    found = run(sflow(beside), bytes(changed[:kept]), sflow(beside))

    assert found.rows(0) == found.rows(2) == [row]
    assert (found.records.bytes >= 0).all()
    assert (found.records.sampling_interval >= 0).all()
    assert found.counts.get(0) == found.counts.get(2) == run(sflow(beside)).counts.get(0)


@given(st.lists(st.binary(max_size=200).map(lambda tail: sflow(count=3) + tail), max_size=5))
def test_no_bytes_break_the_decoder(payloads: list[bytes]) -> None:
    """Random samples never raise."""
    assert len(run(*payloads).records) <= 3 * len(payloads)


def test_a_datagram_that_is_cut_keeps_its_whole_samples() -> None:
    """At every length the samples that are whole are decoded, and the rest is counted."""
    one = flow_sample(frame())
    whole = sflow(one, flow_sample(frame(), expanded=True), one)
    ends = [28 + len(one), len(whole) - len(one), len(whole)]
    found = run(*(whole[:kept] for kept in range(len(whole) + 1)))

    for kept in range(len(whole)):
        assert len(found.rows(kept)) == sum(kept >= end for end in ends)
        assert found.counts[kept][MALFORMED_HEADER if kept < 28 else MALFORMED_SAMPLE] == 1
    assert len(found.rows(len(whole))) == 3


def test_headers_say_who_when_and_which() -> None:
    """The sub-agent is the domain; arrival stands in for the clock that agents do not send."""
    found = run(
        sflow(sub_agent=7, sequence=2**32 - 1), sflow(agent="2001:db8::1", uptime_ms=5)
    ).headers

    assert found.domain.tolist() == [7, 0]
    assert found.sequence.tolist() == [2**32 - 1, 1]
    assert found.uptime_ms.tolist() == [UPTIME_MS, 5]
    assert found.export_ms.tolist() == found.arrived_ms.tolist() == [ARRIVED_MS] * 2
    assert found.stream.tolist() == [0, 1]


def test_a_record_is_one_packet_at_its_arrival() -> None:
    """No duration, counters as sampled."""
    found = run(sflow(flow_sample(frame()))).records

    assert (found.ts_ms[0], found.duration_ms[0]) == (ARRIVED_MS, 0)
    assert (found.packets[0], found.counts_scaled[0], found.observed[0]) == (1, 0, 0)


def test_datagrams_without_a_sound_header_are_left_out() -> None:
    """Another version, another kind of address, too short."""
    sound = sflow(flow_sample(frame()))
    found = run(
        sound[:3] + b"\4" + sound[4:], sound[:7] + b"\3" + sound[8:], sound[:27], b"", sound
    )

    assert found.headers.source.tolist() == [4]
    assert found.counts[1] == {MALFORMED_AGENT: 1}
    assert all(found.counts[source] == {MALFORMED_HEADER: 1} for source in (0, 2, 3))
    assert len(found.records) == 1


def test_an_agent_without_an_address_is_no_fault() -> None:
    """Address type 0 has no octets."""
    sent = sflow(flow_sample(frame()), agent="192.0.2.1")
    found = run(sent[:7] + b"\0" + sent[12:])

    assert len(found.records) == 1


def test_other_samples_are_counted_by_kind() -> None:
    """Counters in both forms, notices of drops, vendors' own."""
    found = run(
        sflow(
            counter_sample(), sample(4, bytes(16)), sample(5, bytes(36)), sample(1 << 12 | 1, b"")
        )
    )

    assert found.counts[0] == {COUNTER_SAMPLES: 2, OTHER_SAMPLES: 2}


def test_samples_too_short_too_many_and_behind_the_last_are_counted() -> None:
    """What came before stays."""
    one = flow_sample(frame())
    found = run(
        sflow(one, sample(1, bytes(28)), one),
        sflow(one, sample(3, bytes(40)), one),
        sflow(one, one, count=1),
        sflow(*[one] * 3, *[sample(2, b"")] * MOST_SAMPLES),
    )

    assert [len(found.rows(source)) for source in range(4)] == [2, 2, 1, 3]
    assert [found.counts[source][MALFORMED_SAMPLE] for source in range(4)] == [1, 1, 0, 0]
    assert found.counts[2][BYTES_BEHIND_SAMPLES] == 1
    assert found.counts[3][SAMPLES_OVER_LIMIT] == 1


@pytest.mark.parametrize("expanded", [False, True])
def test_rates_are_those_of_each_sample_unless_the_operator_says_otherwise(
    *, expanded: bool
) -> None:
    """0 is unknown; what does not fit is unknown too; an override rules both."""
    rates = [0, 1, 5_000, 2**31 - 1, 2**31]
    sent = sflow(*(flow_sample(frame(), rate=rate, expanded=expanded) for rate in rates))
    found = run(sent, sent, overrides={1: 5_000, 9: 3})

    intervals = found.records.sampling_interval
    assert intervals[found.records.source == 0].tolist() == [0, 1, 5_000, 2**31 - 1, 0]
    assert intervals[found.records.source == 1].tolist() == [5_000] * 5
    assert found.counts[0][SAMPLING_UNKNOWN] == 2
    assert found.counts[0][SAMPLING_ABSURD] == 1
    assert found.counts[1][SAMPLING_OVERRIDDEN] == 2
    assert SAMPLING_UNKNOWN not in found.counts[1]


def sampling(counts: Counter[str]) -> dict[str, int]:
    """Give what was counted about rates."""
    return {reason: count for reason, count in counts.items() if reason.startswith("sampling-")}


def test_the_operators_default_holds_where_a_sample_states_no_rate() -> None:
    """0 and what cannot be take it, and are counted; an override still wins over it."""
    sent = sflow(*(flow_sample(frame(), rate=rate) for rate in (0, 2**32 - 1, 512)))
    found = run(sent, sent, overrides={1: 5_000}, default_interval=1_000)

    intervals = found.records.sampling_interval
    assert intervals[found.records.source == 0].tolist() == [1_000, 1_000, 512]
    assert intervals[found.records.source == 1].tolist() == [5_000] * 3
    assert sampling(found.counts[0]) == {SAMPLING_DEFAULTED: 2, SAMPLING_ABSURD: 1}
    assert sampling(found.counts[1]) == {SAMPLING_OVERRIDDEN: 1, SAMPLING_ABSURD: 1}


def test_a_denser_rate_than_the_default_is_told_for_samples_too() -> None:
    """The agent's first datagram states none, its second one that is denser."""
    streams, ledger = Streams(), Ledger()
    samplers = Samplers(streams, ledger, default_interval=1_000)
    for rate in (0, 512, 512):
        sent = sflow(*[flow_sample(frame(), rate=rate)] * 3)
        decode(Datagrams.pack([sent], [0], [ARRIVED_MS]), streams, samplers, ledger)

    assert sampling(ledger.counts[0]) == {SAMPLING_DEFAULTED: 3, SAMPLING_DEFAULT_WRONG: 3}


def test_only_samples_of_ip_packets_count_for_the_default() -> None:
    """What is left out took no rate."""
    other = bytes(12) + b"\x08\x06" + bytes(50)
    found = run(sflow(flow_sample(other, rate=0), flow_sample(frame(), rate=0)), default_interval=9)

    assert found.counts[0][SAMPLING_DEFAULTED] == len(found.records) == 1


def test_sub_agents_beyond_the_limit_are_refused() -> None:
    """Their datagrams are counted, and those of known ones go on."""
    one = flow_sample(frame())
    streams = Streams(most_per_source=1)
    payloads = [sflow(one, sub_agent=domain) for domain in (4, 5, 4)]
    batch = Datagrams.pack(payloads, [3, 3, 3], [ARRIVED_MS] * 3)
    ledger = Ledger()
    headers, units, records = decode(batch, streams, Samplers(streams, ledger), ledger)

    assert headers.domain.tolist() == [4, 4]
    assert (units.tolist(), len(records)) == ([1, 1], 2)
    assert ledger.counts[3][STREAM_REFUSED] == 1


def test_agents_are_exporters_if_the_operator_trusts_them() -> None:
    """IPv4 comes mapped; one without a number is refused; one without address is the sender."""
    one = flow_sample(frame())
    unnamed = sflow(one)
    numbers = {"192.0.2.7": 40, "2001:db8::7": 41}
    asked: defaultdict[str, int] = defaultdict(int)

    def number(address: bytes) -> int:
        text = render_address(from_packed(address))
        asked[text] += 1
        return numbers.get(text, -1)

    payloads = [
        *(sflow(one, agent=agent) for agent in ("192.0.2.7", "2001:db8::7", "192.0.2.8")),
        unnamed[:7] + b"\0" + unnamed[12:],
        sflow(one, agent="192.0.2.7"),
        b"\0\0\0\5",
    ]
    batch = Datagrams.pack(payloads, range(6), [ARRIVED_MS] * 6)
    ledger = Ledger()
    streams = Streams()
    samplers = Samplers(streams, ledger)
    headers, _, records = decode(batch, streams, samplers, ledger, agent_number=number)

    assert headers.source.tolist() == [40, 41, 3, 40]
    assert sorted(records.source.tolist()) == [3, 40, 40, 41]
    assert ledger.counts[2] == {AGENT_REFUSED: 1}
    assert set(asked.values()) == {1}


def test_what_agents_dropped_is_counted_from_batch_to_batch() -> None:
    """The counter of each data source, as far as it went on."""

    def sent(dropped: int) -> bytes:
        one = bytearray(flow_sample(frame()))
        one[24:28] = struct.pack(">I", dropped)
        return sflow(bytes(one))

    drops, streams = AgentDrops(), Streams()
    first = run(sent(10), streams=streams, drops=drops)
    second = run(sent(15), streams=streams, drops=drops)

    assert SAMPLES_DROPPED not in first.counts[0]
    assert second.counts[0][SAMPLES_DROPPED] == 5


def test_no_datagrams_give_no_records() -> None:
    """An empty batch is no special case; nor is one of which nothing can be read."""
    assert len(run().records) == 0
    assert len(run(b"", b"\0").records) == 0


def test_the_exporter_is_who_sent_it() -> None:
    """The agent's address is a claim that nothing is built on."""
    found = run(sflow(flow_sample(frame())), sflow(flow_sample(frame()), agent="203.0.113.7"))

    assert found.records.source.tolist() == [0, 1]
