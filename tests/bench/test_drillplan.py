"""What a drill plants: sizes, rounds within their budget, bounds and limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinomi.bench.drillplan import (
    PACES,
    detection_limit,
    parse_sizes,
    plan_rounds,
    seen_bound,
)
from hinomi.detect.limits import PACKETS_A_DAY
from hinomi.errors import ConfigError


def test_the_paces_are_those_of_the_limits() -> None:
    """A day of calls has the packets that the theoretical limit reckons with."""
    told = {pace.name: pace.per_tick * 86_400 // pace.period_s for pace in PACES}

    assert told == PACKETS_A_DAY


@pytest.mark.parametrize("text", ["", "5 x", "5 5", "20 10", "4 8", "5,10", "-5 10"])
def test_sizes_that_cannot_be_meant_are_refused(text: str) -> None:
    """The register holds them as text: what is no ascending row is told by name."""
    with pytest.raises(ConfigError, match=r"drill\.sizes"):
        parse_sizes(text)


def test_sizes_are_read() -> None:
    """Numbers separated by spaces."""
    assert parse_sizes(" 5 10  320 ") == (5, 10, 320)


@given(
    each=st.integers(1, 4),
    rounds=st.integers(1, 4),
    budget=st.integers(0, 500),
    seed=st.integers(0, 99),
)
def test_no_round_exceeds_its_budget(each: int, rounds: int, budget: int, seed: int) -> None:
    """However little room: bots of one round stay within it, no size is planted too often."""
    plan = plan_rounds(
        (5, 40), each, rounds=rounds, budget=budget, shares=(0.5, 0.5),
        rng=np.random.default_rng(seed),
    )  # fmt: skip

    assert len(plan) <= rounds
    assert all(0 < sum(botnet.size for botnet in botnets) <= budget for botnets in plan)
    for size in (5, 40):
        for pace in PACES:
            planted = sum((b.size, b.pace) == (size, pace) for botnets in plan for b in botnets)
            assert planted <= each
            assert planted == each or budget * rounds < 10 * 45 * 3 * each


def test_shares_of_none_and_all_hold_for_every_botnet() -> None:
    """With 0 nobody scans, with 1 every botnet has a listed twin."""
    rng = np.random.default_rng(1)
    (botnets,) = plan_rounds((5,), 3, rounds=1, budget=99, shares=(0.0, 1.0), rng=rng)

    assert len(botnets) == 9
    assert not any(botnet.scans for botnet in botnets)
    assert all(botnet.twin for botnet in botnets)


@given(bots=st.integers(0, 60), chance=st.floats(0, 1))
def test_the_bound_of_equal_bots_is_binomial(bots: int, chance: float) -> None:
    """The recursion over trials equals the closed form where there is one."""
    expected = float(stats.binom.sf(4, bots, chance))

    assert seen_bound(np.full(bots, chance)) == pytest.approx(expected, abs=1e-9)


def test_a_bot_that_was_hardly_there_adds_hardly_anything() -> None:
    """Four certain bots and one of chance 0.3 are five with probability 0.3."""
    assert seen_bound(np.array([1.0, 1.0, 0.3, 1.0, 1.0])) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("shares", "limit"),
    [
        ([(5, 0.0), (10, 0.6), (20, 1.0)], 10),
        ([(5, 0.9), (10, 0.2), (20, 1.0)], 20),  # One lucky small size is no limit.
        ([(5, 0.5), (10, 0.5)], 5),
        ([(5, 1.0), (10, 0.4)], None),
        ([], None),
    ],
)
def test_the_limit_is_where_the_share_stays(
    shares: list[tuple[int, float]], limit: int | None
) -> None:
    """The smallest size from which on all larger ones are found as well."""
    assert detection_limit(shares, 0.5) == limit
