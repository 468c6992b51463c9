"""What a run could not have seen is the binomial's answer, rounded up to whole bots."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hinomi.detect.limits import PACKETS_A_DAY, SEEN_LINES, UNCALIBRATED, limits_of, smallest_botnet


def searched(packets: float, days: float, interval: int) -> int:
    """Find the smallest botnet by trying one size after the other."""
    seen = 1.0 - (1.0 - 1.0 / interval) ** (packets * days)
    return next(bots for bots in count(5) if stats.binom.sf(4, bots, seen) >= 0.95)


@settings(deadline=None, max_examples=60)
@given(
    packets=st.floats(20, 5_000), days=st.floats(0.2, 30), interval=st.sampled_from([1, 100, 8192])
)
def test_the_answer_is_that_of_a_plain_search(packets: float, days: float, interval: int) -> None:
    """No smaller botnet suffices, the one named does."""
    assert smallest_botnet(packets, days, interval) == searched(packets, days, interval)


@pytest.mark.parametrize(
    ("behaviour", "by_days"),
    [
        ("60 s keep-alive", {0.25: 87, 1: 24, 3: 10, 7: 6}),
        ("5 min beacon", {0.25: 130, 1: 34, 3: 13, 7: 8}),
        ("hourly beacon", {0.25: 1_528, 1: 384, 3: 130, 7: 57}),
    ],
)
def test_the_published_table_comes_out(behaviour: str, by_days: dict[float, int]) -> None:
    """At 1 in 10,000: the bots that must live in the network, by behaviour and days."""
    found = {days: smallest_botnet(PACKETS_A_DAY[behaviour], days, 10_000) for days in by_days}

    assert found == by_days


@given(
    packets=st.floats(1, 10_000), days=st.floats(0.5, 30), interval=st.sampled_from([1, 64, 4096])
)
@settings(deadline=None, max_examples=40)
def test_more_packets_or_days_need_no_more_bots(packets: float, days: float, interval: int) -> None:
    """The limit falls with what is seen, and never below five."""
    bots = smallest_botnet(packets, days, interval)

    assert SEEN_LINES <= smallest_botnet(2 * packets, days, interval) <= bots
    assert smallest_botnet(packets, 2 * days, interval) <= bots
    assert smallest_botnet(packets, days, 2 * interval) >= bots


def test_unsampled_every_bot_is_seen() -> None:
    """At 1 in 1 five bots are five bots."""
    assert smallest_botnet(240, 1, 1) == 5


@pytest.mark.parametrize(("packets", "days", "interval"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_nothing_seen_is_the_callers_bug(packets: float, days: float, interval: int) -> None:
    """Packets, days and interval are positive."""
    with pytest.raises(ValueError, match="positive"):
        smallest_botnet(packets, days, interval)


def test_limits_say_what_was_missing() -> None:
    """Hours become days; flags and rhythm are told as they were."""
    found = limits_of(10_000, 24, beacon_spoke=False, flagless_share=0.25, flagless_most=0.5)
    said = found.render()

    assert said["days"] == 1.0
    assert said["smallest_botnet"] == {
        "60 s keep-alive": 24,
        "5 min beacon": 34,
        "hourly beacon": 384,
    }
    assert said["beacon"] == "not meaningful at this sampling interval"
    assert said["flags"] == "missing in 25.0% of the TCP records"
    assert "probabilities" not in said


@pytest.mark.parametrize(("share", "told"), [(0.5, ""), (0.51, UNCALIBRATED), (1.0, UNCALIBRATED)])
def test_probabilities_without_flags_are_said_to_be_uncalibrated(share: float, told: str) -> None:
    """Above the share from which no model speaks, and not at it."""
    found = limits_of(10_000, 24, beacon_spoke=False, flagless_share=share, flagless_most=0.5)

    assert found.render().get("probabilities", "") == told


@pytest.mark.parametrize(("interval", "hours"), [(0, 24), (10_000, 0)])
def test_without_interval_or_hours_no_size_is_named(interval: int, hours: int) -> None:
    """An unknown interval, or an empty window, gives no number at all."""
    said = limits_of(interval, hours, beacon_spoke=True, flagless_share=0.0, flagless_most=0.5)

    assert said.smallest == {}
    assert (said.beacon, said.flags) == ("used", "present")
