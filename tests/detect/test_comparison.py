"""Two models beside each other on withheld C&Cs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.comparison import Comparison, Figure, Trial, compare


def _trial(odds: list[float], servers: list[int], own: list[float] | None = None) -> Trial:
    return Trial(
        server=np.array(servers),
        in_use=np.array(odds),
        own=np.array(odds if own is None else own),
    )


def test_average_precision_by_hand() -> None:
    """C&Cs at ranks 1 and 3 of four: (1 + 2/3) / 2."""
    found = compare([_trial([4.0, 3.0, 2.0, 1.0], [7, -1, 9, -1])], draws=10)

    assert found.average_precision.in_use == pytest.approx((1 + 2 / 3) / 2)
    assert (found.servers, found.rows) == (2, 4)


def test_ties_with_unlabelled_services_count_against() -> None:
    """Services that cannot be told from a C&C stand above it."""
    found = compare([_trial([0.0] * 4, [7, -1, -1, -1])], draws=10)

    assert found.average_precision.in_use == pytest.approx(1 / 4)


def test_windows_are_averaged_over_their_servers() -> None:
    """One right in a window of one, one last of two in another."""
    trials = [_trial([2.0, 1.0], [5, -1]), _trial([2.0, 1.0], [-1, 5])]

    found = compare(trials, draws=10)

    assert found.servers == 1
    assert found.average_precision.in_use == pytest.approx((1 + 1 / 2) / 2)


def test_the_log_loss_is_that_of_being_listed() -> None:
    """One C&C of probability 1/2 among services of 1/4: listed with share 1 / 1.25."""
    odds = [0.0, *[float(np.log(1 / 3))] * 3]
    share = 1 / (0.5 + 3 * 0.25)

    found = compare([_trial(odds, [1, -1, -1, -1])], draws=10)

    by_hand = -np.log(share * 0.5) - 3 * np.log(1 - share * 0.25)
    assert found.log_loss.in_use == pytest.approx(by_hand)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_model_equals_itself(count: int, seed: int) -> None:
    """No difference, an interval of no width, and no verdict."""
    rng = np.random.default_rng(seed)
    servers = np.where(np.arange(60) < count, np.arange(60), -1)
    odds = rng.normal(size=60)

    found = compare([Trial(server=servers, in_use=odds, own=odds)], draws=50)

    assert (found.average_precision.low, found.average_precision.high) == (0.0, 0.0)
    assert 0 < found.average_precision.own <= 1
    assert found.verdict == "no clear difference"


def test_a_better_and_a_worse_model_are_told_apart() -> None:
    """One puts forty C&Cs first, the other anywhere."""
    rng = np.random.default_rng(3)
    servers = np.where(np.arange(2_000) < 40, np.arange(2_000), -1)
    blind = rng.normal(-4.0, 1.0, 2_000)
    sharp = np.where(servers >= 0, 2.0, -4.0) + rng.normal(0.0, 1.0, 2_000)

    better = compare([Trial(server=servers, in_use=blind, own=sharp)])
    worse = compare([Trial(server=servers, in_use=sharp, own=blind)])

    assert (better.verdict, worse.verdict) == ("better", "worse")
    precision = better.average_precision
    assert 0 < precision.low <= precision.own - precision.in_use <= precision.high
    assert better.log_loss.high < 0


def test_a_gain_of_one_server_alone_is_no_difference() -> None:
    """What rests on a single C&C of many does not pass the interval."""
    servers = np.where(np.arange(500) < 10, np.arange(500), -1)
    odds = np.where(servers >= 0, 5.0, -5.0)
    used = odds.copy()
    used[0] = -5.0

    found = compare([Trial(server=servers, in_use=used, own=odds)])

    assert found.average_precision.own > found.average_precision.in_use
    assert found.average_precision.low <= 0 or found.log_loss.high < 0


def test_lower_precision_is_never_better() -> None:
    """A gain in log loss does not outweigh a lower ranking."""
    lower = Figure(in_use=0.5, own=0.4, low=-0.2, high=0.05)
    gain = Figure(in_use=5.0, own=4.0, low=-1.5, high=-0.5)

    found = Comparison(servers=5, rows=50, average_precision=lower, log_loss=gain)

    assert found.verdict == "no clear difference"


def test_what_is_told_apart_and_means_nothing_is_no_difference() -> None:
    """A sure gain of a thousandth is for nobody to act on."""
    sure = Figure(in_use=0.5, own=0.501, low=0.0005, high=0.0015)
    spared = Figure(in_use=5.0, own=4.99, low=-0.015, high=-0.005)

    found = Comparison(servers=5, rows=50, average_precision=sure, log_loss=spared)

    assert found.verdict == "no clear difference"


def test_nothing_withheld_is_the_callers_bug() -> None:
    """There is no truth to compare on."""
    with pytest.raises(ValueError, match="withheld"):
        compare([_trial([1.0], [-1])])
