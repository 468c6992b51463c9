"""Records are thinned without bias, and replayed from other addresses at other times."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from builders import record, records
from hinomi.bench.compose import replay, thin
from hinomi.model.address import parse_address
from hinomi.model.flow import RECORDS

SYN, FIN_PSH_ACK_SYN, ACK = 0x02, 0x1B, 0x10
HOST = parse_address("192.0.2.1")
DAY_MS = 86_400_000
VICTIMS = (np.zeros(40, np.int64), parse_address("203.0.113.0").lo + np.arange(40))


def _busy(rows: int, **changed: object) -> pa.RecordBatch:
    row = record(packets=100, bytes=50_000, duration_ms=30_000, tcp_flags=FIN_PSH_ACK_SYN)
    return records(*[row | changed] * rows)


def test_one_in_one_keeps_every_packet_and_byte() -> None:
    """Thinning at interval 1 only meters anew."""
    before = _busy(5, duration_ms=200_000)

    after = thin(before, 1, np.random.default_rng(1))

    assert after.schema == RECORDS
    assert pc.sum(after["packets"]).as_py() == 500
    assert pc.sum(after["bytes"]).as_py() == pytest.approx(250_000, rel=0.001)
    assert after.num_rows > 5  # 200 s are several spans of the active timeout.


def test_thinning_is_unbiased() -> None:
    """Packets and bytes times N are those of before, within five standard deviations."""
    before = _busy(20_000)

    after = thin(before, 50, np.random.default_rng(1))

    packets = 50 * pc.sum(after["packets"]).as_py()
    assert packets == pytest.approx(2_000_000, rel=5 / np.sqrt(40_000))
    assert 50 * pc.sum(after["bytes"]).as_py() == pytest.approx(500 * packets, rel=0.001)
    assert set(after["sampling_interval"].to_pylist()) == {50}


def test_records_of_which_nothing_is_sampled_vanish() -> None:
    """Single packets at 1 in 100: about one record in a hundred is left, with one packet."""
    after = thin(_busy(20_000, packets=1, bytes=60), 100, np.random.default_rng(1))

    assert 130 < after.num_rows < 270
    assert set(after["packets"].to_pylist()) == {1}
    assert set(after["bytes"].to_pylist()) == {60}


def test_a_single_packet_of_a_connection_is_a_syn_as_seldom_as_it_should() -> None:
    """With 20 packets a connection, SYN stands alone in one record of twenty."""
    after = thin(_busy(60_000, packets=20, bytes=4_000), 1_000, np.random.default_rng(1))
    flags = after["tcp_flags"].to_numpy()

    assert abs((flags == SYN).mean() - 1 / 20) < 0.03
    assert (flags & ACK != 0).mean() > 0.9


def test_the_answering_side_sends_syn_with_ack() -> None:
    """No server's packet becomes a lone SYN."""
    before = _busy(5_000, src_port=443, dst_port=40_000, packets=4, bytes=400)

    flags = thin(before, 10, np.random.default_rng(1))["tcp_flags"].to_numpy()

    assert (flags != SYN).all()
    assert (flags == SYN | ACK).any()


def test_probes_stay_probes_and_unknown_flags_stay_unknown() -> None:
    """A record of SYNs alone stays SYN; UDP stays without flags."""
    probes = _busy(500, tcp_flags=SYN)
    datagrams = _busy(500, proto=17, tcp_flags=-1)

    rng = np.random.default_rng(1)

    assert set(thin(probes, 50, rng)["tcp_flags"].to_pylist()) == {SYN}
    assert set(thin(datagrams, 50, rng)["tcp_flags"].to_pylist()) == {-1}


def test_intervals_multiply() -> None:
    """What was sampled 1 in 10 already is 1 in 1,000 after 1 in 100; unknown counts as 1."""
    before = records(
        *[record(packets=1_000, sampling_interval=10)] * 50,
        *[record(packets=1_000, sampling_interval=0)] * 50,
    )

    after = thin(before, 100, np.random.default_rng(1))

    assert set(after["sampling_interval"].to_pylist()) == {100, 1_000}


def test_thinning_is_the_same_for_the_same_chance() -> None:
    """A seed fixes the result."""
    first, second = (thin(_busy(900), 40, np.random.default_rng(6)) for _ in range(2))

    assert first.equals(second)


def test_scaled_counters_are_refused() -> None:
    """Counters that arrived multiplied are no packets to sample."""
    with pytest.raises(ValueError, match="multiplied"):
        thin(_busy(3, counts_scaled=1), 10, np.random.default_rng(1))


def test_every_victim_replays_the_host_at_times_of_its_own() -> None:
    """Each victim stands in the host's place, either direction; others' records stay out."""
    capture = records(
        record(src="192.0.2.1", dst="198.51.100.9"),
        record(src="198.51.100.9", dst="192.0.2.1", src_port=443, dst_port=40_000),
        record(src="198.51.100.7", dst="198.51.100.9"),
    )

    replayed = replay(
        capture, host=HOST, victims=VICTIMS, rng=np.random.default_rng(1), window_ms=(0, DAY_MS)
    )

    assert replayed.schema == RECORDS
    assert replayed.num_rows == 80
    assert HOST.lo not in replayed["src_lo"].to_pylist() + replayed["dst_lo"].to_pylist()
    sent = set(replayed["src_lo"].to_pylist()) & set(VICTIMS[1].tolist())
    met = set(replayed["dst_lo"].to_pylist()) & set(VICTIMS[1].tolist())
    assert sent == met == set(VICTIMS[1].tolist())
    times_ms = replayed["ts_ms"].to_numpy()
    assert ((times_ms >= 0) & (times_ms < DAY_MS)).all()
    assert np.unique(times_ms).size == 40  # Both directions of a victim move together.


def test_replaying_thins_each_victim_by_itself() -> None:
    """40 victims of 300 records of 100 packets at 1 in 200: about 6,000 packets, from all."""
    replayed = replay(
        _busy(300),
        host=HOST,
        victims=VICTIMS,
        rng=np.random.default_rng(1),
        window_ms=(0, DAY_MS),
        interval=200,
    )

    assert pc.sum(replayed["packets"]).as_py() == pytest.approx(6_000, abs=5 * np.sqrt(6_000))
    assert len(set(replayed["src_lo"].to_pylist())) == 40


def test_an_empty_window_is_refused_and_no_victims_give_nothing() -> None:
    """A window must have a length; a host without victims gives an empty table."""
    rng = np.random.default_rng(1)
    nobody = (np.empty(0, np.int64), np.empty(0, np.int64))

    assert replay(_busy(3), host=HOST, victims=nobody, rng=rng, window_ms=(0, 9)).num_rows == 0
    with pytest.raises(ValueError, match="empty"):
        replay(_busy(3), host=HOST, victims=VICTIMS, rng=rng, window_ms=(9, 9))
