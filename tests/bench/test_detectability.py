"""The bound of what sampling leaves, and what was found of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.detectability import Server, bound, by_pace, by_setting, seen_chance, steps
from hinomi.detect.limits import smallest_botnet


@pytest.mark.parametrize(
    ("packets", "days", "expected"),
    [(4_320, 1, 0.35), (4_320, 7, 0.95), (2_880, 1, 0.25), (2_880, 7, 0.87), (240, 7, 0.15)],
)
def test_a_bot_is_seen_as_often_as_calculated(packets: float, days: float, expected: float) -> None:
    """The figures of the project's own table for 1 in 10,000."""
    assert seen_chance(packets, days, 10_000) == pytest.approx(expected, abs=0.01)


@given(
    st.integers(5, 3_000),
    st.floats(1, 1e5),
    st.floats(0.1, 30),
    st.sampled_from([1, 100, 1_000, 10_000]),
)
def test_more_of_anything_is_never_harder_to_find(
    members: int, packets: float, days: float, interval: int
) -> None:
    """More bots, more packets, more days, denser sampling: each raises the bound."""
    here = float(bound(members, packets, days, interval))

    assert 0 <= here <= 1
    assert bound(members + 10, packets, days, interval) >= here - 1e-12
    assert bound(members, packets * 2, days, interval) >= here - 1e-12
    assert bound(members, packets, days * 2, interval) >= here - 1e-12
    assert bound(members, packets, days, interval * 10) <= here + 1e-12


def test_the_bound_agrees_with_the_limits_that_a_run_prints() -> None:
    """The smallest botnet that a run names is the first whose bound is above 95 %."""
    smallest = smallest_botnet(4_320, 7, 10_000)

    assert bound(smallest, 4_320, 7, 10_000) >= 0.95 > bound(smallest - 1, 4_320, 7, 10_000)


def test_fewer_bots_than_it_takes_are_never_found() -> None:
    """Four bots are not five, however much they talk; unsampled, five are."""
    assert bound(4, 1e6, 7, 1) == 0
    assert bound(5, 1, 1, 1) == 1


@pytest.mark.parametrize(("members", "packets"), [(8, 4_320.0), (30, 900.0), (200, 240.0)])
def test_the_bound_is_what_drawing_packets_gives(members: int, packets: float) -> None:
    """Bots drawn one by one are sampled five at a time as often as the bound says."""
    rng = np.random.default_rng(3)
    sampled = rng.binomial(int(packets) * 3, 1e-4, (20_000, members)) > 0

    assert (sampled.sum(axis=1) >= 5).mean() == pytest.approx(
        float(bound(members, packets, 3, 10_000)), abs=0.012
    )


def _server(members: int, packets: float | None = 4_320.0, *, found: bool = True) -> Server:
    return Server(
        members=members,
        packets_a_day=packets,
        days=7.0,
        interval=10_000,
        detectable=members > 6,
        found=found,
    )


def test_steps_count_found_and_possible_by_size() -> None:
    """C&Cs of a size stand together, sizes that nobody has are left out."""
    small, large = steps([_server(6, found=False), _server(8), _server(100)], (5, 10, 20, 80))

    assert (small.low, small.high, small.servers, small.found) == (5, 10, 2, 1)
    assert (small.detectable, large.low, large.servers, large.found) == (1, 80, 1, 1)
    assert small.bound is not None
    assert large.bound is not None
    assert small.bound < large.bound


def test_no_bound_is_told_where_a_pace_is_not_stated() -> None:
    """Half of the servers would be no mean of all."""
    (step,) = steps([_server(8), _server(9, None)], (5, 10))[:1]

    assert step.bound is None
    assert step.servers == 2


def test_servers_are_parted_by_how_often_their_bots_call() -> None:
    """Keep-alive packets, beacons of minutes and hourly ones are told apart."""
    paces = (4_320.0, 2_880.0, 240.0, 5_000.0, None)
    parts = by_pace([_server(9, pace) for pace in paces])

    assert {name: len(each) for name, each in parts.items()} == {
        "hourly": 1, "5 min": 1, "60 s": 2, "pace not stated": 1,
    }  # fmt: skip


def test_servers_are_parted_by_days_and_interval() -> None:
    """A week at 1 in 10,000 is no day at 1 in 1,000."""
    week, day = _server(9), replace(_server(9), days=1.04, interval=1_000)

    assert by_setting([week, day, week]) == {(1.0, 1_000): [day], (7.0, 10_000): [week, week]}
