"""Probabilities are held against what is true, and worlds can be pooled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hinomi.bench.calibration import (
    BANDS,
    bands,
    base_log_loss,
    brier,
    calibrate,
    expected_error,
    log_loss,
    reliability,
    shift_odds,
    wilson,
)

CHANCES = arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1))


@given(CHANCES, st.integers(0, 2**32))
def test_brier_and_log_loss_are_what_their_definitions_say(
    stated: np.ndarray, seed: int
) -> None:  # fmt: skip
    """From the sums comes the same as from the services one by one."""
    true = np.random.default_rng(seed).random(stated.size) < 0.5
    sums = calibrate(stated, true)
    bounded = np.clip(stated, 1e-9, 1 - 1e-9)

    assert brier(sums) == pytest.approx(np.mean((stated - true) ** 2))
    assert log_loss(sums) == pytest.approx(-np.log(np.where(true, bounded, 1 - bounded)).mean())


@given(CHANCES, CHANCES)
def test_pooling_is_as_if_all_had_been_one_world(one: np.ndarray, other: np.ndarray) -> None:
    """The sums of two worlds are those of both together."""
    pooled = calibrate(one, one > 0.5) + calibrate(other, other > 0.3)
    whole = calibrate(
        np.concatenate([one, other]), np.concatenate([one > 0.5, other > 0.3])
    )  # fmt: skip

    assert pooled.ccs == pytest.approx(whole.ccs)
    assert pooled.probability_others == pytest.approx(whole.probability_others)
    assert log_loss(pooled) == pytest.approx(log_loss(whole))


def test_no_constant_is_better_than_the_base_rate() -> None:
    """What `base_log_loss` gives is the loss of stating the share, and others lose more."""
    true = np.arange(100) < 7
    base = base_log_loss(calibrate(np.zeros(100), true))

    assert base == pytest.approx(log_loss(calibrate(np.full(100, 0.07), true)))
    assert all(base < log_loss(calibrate(np.full(100, p), true)) for p in (0.01, 0.05, 0.1, 0.5))


def test_services_that_were_never_judged_count_by_their_number() -> None:
    """A row may stand for a million services."""
    many = calibrate(np.array([0.001, 0.9]), np.array([False, True]), np.array([1e6, 1.0]))

    assert sum(many.others) == 1e6
    assert brier(many) == pytest.approx((1e6 * 1e-6 + 0.01) / (1e6 + 1))


def test_a_wrong_certainty_costs_much_and_not_everything() -> None:
    """The loss stays a number: ln of a thousand million at most."""
    assert log_loss(calibrate(np.array([1.0]), np.array([False]))) == pytest.approx(20.7, abs=0.1)


def test_a_calibrated_forecast_has_no_error_and_an_overconfident_one_has() -> None:
    """Seven of ten right at 0.7 is what 0.7 means; two of ten is an error of a half."""
    stated = np.full(10, 0.7)
    (right,) = bands(calibrate(stated, np.arange(10) < 7), ((0.7, 0.9),))
    (wrong,) = bands(calibrate(stated, np.arange(10) < 2), ((0.7, 0.9),))

    assert right.error == pytest.approx(0)
    assert right.share_low < 0.7 < right.share_high
    assert wrong.error == pytest.approx(0.5)
    assert wrong.share_high < 0.7


def test_bands_without_services_are_left_out() -> None:
    """Nothing is said of probabilities that nobody stated; 1 lies in the last tenth."""
    sums = calibrate(np.array([0.0, 0.35, 1.0]), np.array([False, True, True]))

    assert [(each.low, each.right) for each in bands(sums, BANDS)] == [(0.3, 1)]
    assert [each.low for each in reliability(sums)] == [0.0, 0.3, 0.9]


def test_the_expected_error_lies_in_its_interval() -> None:
    """A thousand calibrated forecasts err little, shifted ones by the shift."""
    rng = np.random.default_rng(5)
    stated = rng.uniform(0.1, 0.9, 4_000)
    true = rng.random(4_000) < stated

    good = expected_error(calibrate(stated, true))
    bad = expected_error(calibrate(np.clip(stated + 0.2, 0, 1), true))

    assert good is not None
    assert bad is not None
    assert good[0] < 0.03
    assert good[1] <= bad[0]
    assert bad[1] <= bad[0] <= bad[2]
    assert bad[0] == pytest.approx(0.2, abs=0.03)


def test_nothing_stated_has_no_expected_error() -> None:
    """Where every service has next to nothing, its error would say nothing."""
    assert expected_error(calibrate(np.full(50, 0.01), np.zeros(50, np.bool_))) is None


def test_where_ccs_are_rarer_each_counts_for_a_part() -> None:
    """A calibrated 0.5 is overconfident at a tenth of the prior, and right when shifted."""
    stated, true = np.full(200, 0.5), np.arange(200) < 100
    shifted = shift_odds(stated, 0.1)
    (as_is,) = bands(calibrate(stated, true), ((0.5, 0.7),), 0.1)
    plain, moved = calibrate(stated, true), calibrate(shifted, true)

    assert as_is.share == pytest.approx(1 / 11)
    assert shifted[0] == pytest.approx(1 / 11)
    assert log_loss(moved, 0.1) < log_loss(plain, 0.1)
    assert log_loss(moved, 0.1) == pytest.approx(base_log_loss(plain, 0.1))


@given(st.integers(1, 2_000), st.data())
def test_wilsons_interval_holds_the_share_and_stays_within_reason(
    number: int, data: st.DataObject
) -> None:
    """It is never empty, not even of none of five."""
    right = data.draw(st.integers(0, number))
    low, high = wilson(right / number, number)

    assert 0 <= low <= right / number + 1e-9
    assert right / number - 1e-9 <= high <= 1
    assert high > low


def test_wilsons_interval_as_published() -> None:
    """Of ten, none: 0 to 0.278."""
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
