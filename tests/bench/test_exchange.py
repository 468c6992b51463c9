"""Exchanges are sampled packet by packet and metered into records."""

import numpy as np
import pytest

from hinomi.bench.addressing import Codes, line_codes, random_remote
from hinomi.bench.exchange import (
    ACK,
    FIN,
    PSH,
    SYN,
    Clock,
    Flows,
    Packets,
    Sessions,
    Shape,
    join,
    lone_packets,
    meter,
    sample_flows,
    sample_sessions,
)
from hinomi.model.flow import UNKNOWN_FLAGS, Ingress

WEB = Shape(proto=6, up_share=0.4, up_bytes=300, down_bytes=1_000)
BEAT = Clock(proto=6, per_tick=3, up_bytes=90, down_bytes=80)
MINUTE_MS = 60_000


def _ends(count: int) -> tuple[Codes, Codes]:
    return line_codes(count), random_remote(count, np.random.default_rng(9))


def _flows(count: int, packets: int) -> Flows:
    client, server = _ends(count)
    return Flows(
        client=client,
        server=server,
        port=np.full(count, 443, np.int32),
        start_ms=np.zeros(count, np.int64),
        duration_ms=np.full(count, 10_000, np.int64),
        packets=np.full(count, packets, np.int64),
    )


def _sessions(count: int, minutes: int) -> Sessions:
    client, server = _ends(count)
    return Sessions(
        client=client,
        server=server,
        port=np.full(count, 6_667, np.int32),
        start_ms=np.zeros(count, np.int64),
        end_ms=np.full(count, minutes * MINUTE_MS, np.int64),
        period_ms=np.full(count, MINUTE_MS, np.int64),
    )


def _flat(count: int, **changed: int) -> Packets:
    ports = np.full(count, changed.get("port", 1_000), np.int32)
    return lone_packets(
        ts_ms=np.arange(count, dtype=np.int64) * changed.get("gap_ms", 1_000),
        src=np.repeat(line_codes(1), count),
        dst=np.repeat(random_remote(1, np.random.default_rng(1)), count),
        ports=(ports, ports),
        proto=changed.get("proto", 6),
        flags=changed.get("flags", SYN),
        size=40,
    )


def test_an_unsampled_flow_has_one_handshake_and_one_end() -> None:
    """At 1 in 1 each flow shows SYN from the client, SYN-ACK from the server, one FIN."""
    flows = _flows(20, 12)

    packets = sample_flows(flows, WEB, 1, np.random.default_rng(1), met=True)

    assert packets.ts_ms.size == 240
    assert (packets.flags == SYN).sum() == (packets.flags == SYN | ACK).sum() == 20
    assert (packets.flags & FIN != 0).sum() == 20
    assert set(packets.dst[packets.flags == SYN].tolist()) == set(flows.server.tolist())
    assert (packets.dst_port[packets.flags == SYN] == 443).all()
    assert (packets.src_port[packets.flags == SYN | ACK] == 443).all()


def test_a_single_sampled_packet_is_seldom_a_syn() -> None:
    """Of flows with 12 packets one in twelve sampled packets is a SYN, not each first one."""
    packets = sample_flows(_flows(50_000, 12), WEB, 1_000, np.random.default_rng(1), met=True)

    assert abs((packets.flags == SYN).mean() - 1 / 12) < 0.01


def test_one_way_flows_bear_their_flags_only() -> None:
    """A flood has no answers."""
    shape = Shape(proto=6, up_share=1.0, up_bytes=40, down_bytes=40, one_way_flags=SYN)

    packets = sample_flows(_flows(50, 20), shape, 5, np.random.default_rng(1), met=False)

    assert (packets.flags == SYN).all()
    assert (packets.dst_port == 443).all()


@pytest.mark.parametrize("interval", [1, 60, 1_000])
def test_keep_alives_are_sampled_one_in_n(interval: int) -> None:
    """A 60 s keep-alive makes 3 packets a minute, of which 1 in N is seen."""
    sessions = _sessions(200, 1_440)

    packets = sample_sessions(sessions, BEAT, interval, np.random.default_rng(4))

    expected = 200 * 4_320 / interval
    assert abs(packets.ts_ms.size - expected) < 5 * np.sqrt(expected)
    assert packets.ts_ms.max() < 1_440 * MINUTE_MS
    assert (packets.flags & ACK != 0).mean() > 0.99


def test_keep_alives_keep_to_their_clock() -> None:
    """Unsampled, the calls of one client come once a minute, less 2 % of jitter."""
    packets = sample_sessions(_sessions(1, 60), BEAT, 1, np.random.default_rng(4))
    calls_ms = np.sort(packets.ts_ms)[::3]

    assert calls_ms.size == 60
    assert (np.abs(np.diff(calls_ms) - MINUTE_MS) <= 0.02 * MINUTE_MS).all()
    assert np.unique(packets.src_port[packets.dst_port == 6_667]).size == 1


def test_a_client_that_reconnects_uses_a_port_for_each_call() -> None:
    """Each contact is a connection of its own, with SYN and FIN."""
    clock = Clock(proto=6, per_tick=6, up_bytes=90, down_bytes=80, reconnects=True)

    packets = sample_sessions(_sessions(1, 60), clock, 1, np.random.default_rng(4))

    assert (packets.flags == SYN).sum() == 60
    assert np.unique(packets.src_port[packets.flags == SYN]).size > 55


def test_flags_of_other_protocols_are_unknown() -> None:
    """UDP has no flags."""
    shape = Shape(proto=17, up_share=0.5, up_bytes=90, down_bytes=90)
    flows = sample_flows(_flows(5, 10), shape, 1, np.random.default_rng(1), met=False)

    assert (flows.flags == UNKNOWN_FLAGS).all()
    assert (_flat(3, proto=17).flags == UNKNOWN_FLAGS).all()


def test_packets_arrive_from_the_side_of_their_source() -> None:
    """Own sources enter at the subscriber's side, all others from transit."""
    packets = sample_flows(_flows(20, 12), WEB, 1, np.random.default_rng(1), met=True)
    up = packets.dst_port == 443

    assert (packets.ingress[up] == Ingress.SUBSCRIBER).all()
    assert (packets.ingress[~up] == Ingress.TRANSIT).all()


def test_packets_of_one_flow_within_a_minute_are_one_record() -> None:
    """Six packets a second apart: one record with their sums, their OR and their span."""
    syn, rest = _flat(1), _flat(6, flags=PSH | ACK)

    records = meter(join([rest, syn]))

    assert records.packets.tolist() == [7]
    assert records.octets.tolist() == [280]
    assert records.duration_ms.tolist() == [5_000]
    assert records.first.flags.tolist() == [SYN | PSH | ACK]
    assert records.first.ts_ms.tolist() == [0]


def test_packets_of_other_flows_or_minutes_are_other_records() -> None:
    """The 5-tuple and the active timeout divide records; they come in order of time."""
    packets = join([_flat(3, gap_ms=MINUTE_MS), _flat(1, port=7), _flat(1, proto=17)])

    records = meter(packets)

    assert records.packets.tolist() == [1] * 5
    assert (np.diff(records.first.ts_ms) >= 0).all()


def test_metering_loses_nothing() -> None:
    """Packets and bytes of the records sum to those of the packets."""
    packets = sample_flows(_flows(500, 30), WEB, 3, np.random.default_rng(1), met=False)

    records = meter(packets)

    assert records.packets.sum() == packets.ts_ms.size
    assert records.octets.sum() == packets.size.sum()
