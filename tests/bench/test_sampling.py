"""Sampling is exact: each packet with probability 1/N, none twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.sampling import (
    meeting_probability,
    sample_met,
    sample_within,
    scatter,
    scatter_unit,
    skip_positions,
)


@given(total=st.integers(0, 5_000), interval=st.integers(1, 300), seed=st.integers(0, 99))
def test_positions_ascend_inside_the_sequence(total: int, interval: int, seed: int) -> None:
    """No packet is taken twice, none outside of the sequence."""
    positions = skip_positions(total, interval, np.random.default_rng(seed))

    assert (np.diff(positions) > 0).all()
    assert positions.size == 0 or (positions[0] >= 0 and positions[-1] < total)


def test_an_interval_of_one_takes_every_packet() -> None:
    """At 1 in 1 nothing is lost."""
    assert skip_positions(7, 1, np.random.default_rng(1)).tolist() == list(range(7))


def test_one_in_n_is_taken() -> None:
    """Of ten million packets at 1 in 1,000 about 10,000 are taken, evenly spread."""
    positions = skip_positions(10_000_000, 1_000, np.random.default_rng(1))

    assert abs(positions.size - 10_000) < 500  # Five standard deviations.
    assert abs(positions.mean() / 10_000_000 - 0.5) < 0.02


def test_flows_are_sampled_in_proportion_to_their_packets() -> None:
    """A flow ten times as long gives ten times the packets; positions stay inside."""
    packets = np.tile(np.array([100, 1_000], np.int64), 2_000)

    flow, position = sample_within(packets, 50, np.random.default_rng(2))

    assert (position < packets[flow]).all()
    assert abs((flow % 2 == 1).mean() - 10 / 11) < 0.01
    assert abs(flow.size - packets.sum() / 50) < 5 * np.sqrt(packets.sum() / 50)


@pytest.mark.parametrize("interval", [1, 3, 100])
def test_flows_known_to_be_met_look_as_if_the_others_were_thrown_away(interval: int) -> None:
    """Sampling only what is met gives the same mean and the same first packet."""
    packets = np.full(40_000, 40, np.int64)
    rng = np.random.default_rng(3)
    flow, position = sample_within(packets, interval, rng)
    met = np.unique(flow)

    met_flow, met_position = sample_met(packets[: met.size], interval, rng)

    assert np.unique(met_flow).size == met.size  # Each at least once.
    assert np.unique(met_flow * 40 + met_position).size == met_flow.size  # No packet twice.
    assert abs(met_flow.size / flow.size - 1) < 0.05
    assert abs(met_position.mean() - position.mean()) < 1.0


@given(packets=st.integers(0, 100_000), interval=st.integers(1, 100_000))
def test_the_chance_to_be_met_is_that_of_the_binomial(packets: int, interval: int) -> None:
    """1 - (1 - 1/N)^n, to the precision of floats."""
    chance = float(meeting_probability(np.array([packets], np.int64), interval)[0])

    assert chance == pytest.approx(1 - (1 - 1 / interval) ** packets, abs=1e-9)


def test_scattered_numbers_are_the_same_for_the_same_keys_only() -> None:
    """A key gives one number always; 100,000 keys give as many numbers, spread over 0..1."""
    keys = np.arange(100_000, dtype=np.int64)

    assert (scatter(keys, 1) == scatter(keys, 1)).all()
    assert np.unique(scatter(keys, 1)).size == keys.size
    assert not (scatter(keys, 1) == scatter(keys, 2)).any()
    assert abs(scatter_unit(keys).mean() - 0.5) < 0.01
