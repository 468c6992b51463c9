"""Survival curves and episodes: the textbook's figures, and properties that hold for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hinomi.verify.survival import (
    SurvivalCurve,
    find_episodes,
    fit_half_life,
    fit_visibility,
    kaplan_meier,
)

# Remission of leukaemia patients under 6-MP, weeks; the + of the paper (censored) is False here.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
lives = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=60)


def curve_of(pairs: list[tuple[int, bool]]) -> SurvivalCurve:
    """Estimate from pairs of duration and whether the end was seen."""
    durations, ended = zip(*pairs, strict=True)
    return kaplan_meier(np.array(durations, float), np.array(ended, bool))


def test_the_estimate_is_that_of_the_textbook() -> None:
    """The 6-MP arm of Freireich et al. (1963), as every textbook works it out."""
    curve = kaplan_meier(np.array(WEEKS, float), np.array(RELAPSED, bool))

    assert curve.days.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert np.round(curve.survival, 3).tolist() == [0.857, 0.807, 0.753, 0.69, 0.627, 0.538, 0.448]
    assert curve.median_days == 23


def test_the_interval_is_that_of_the_textbook() -> None:
    """Greenwood's standard error at week 10 is 0.0963; the interval is its log-log transform."""
    curve = kaplan_meier(np.array(WEEKS, float), np.array(RELAPSED, bool))
    share, low, high = curve.at(10)
    inner = 1.959964 * 0.0963 / (share * -np.log(share))

    assert (low, high) == pytest.approx((share ** np.exp(inner), share ** np.exp(-inner)), abs=2e-4)


def test_before_the_first_end_all_are_there() -> None:
    """A curve says 1, without doubt, for ages at which nothing had ended."""
    assert kaplan_meier(np.array([5.0]), np.array([True])).at(4.9) == (1.0, 1.0, 1.0)


def test_what_was_never_seen_to_end_ends_nowhere() -> None:
    """With right censoring alone nothing is known to end, and there is no median."""
    curve = kaplan_meier(np.array([3.0, 4.0]), np.array([False, False]))

    assert curve.days.size == 0
    assert curve.at(100) == (1.0, 1.0, 1.0)
    assert curve.median_days is None


def test_a_late_entry_says_nothing_of_younger_ages() -> None:
    """Who came under observation at 10 days is not at risk at 5, though alive then."""
    durations, ended = np.array([5.0, 20.0, 20.0]), np.array([True, True, False])
    curve = kaplan_meier(durations, ended, np.array([0.0, 10.0, 0.0]))

    assert curve.at_risk.tolist() == [2, 2]
    assert curve.survival.tolist() == [0.5, 0.25]


def test_ignoring_late_entry_makes_lives_look_longer() -> None:
    """The bias that left truncation is there to mend: those who died early are not in the data."""
    rng = np.random.default_rng(6)
    lasted, entry = rng.exponential(10.0, 40_000), rng.uniform(0.0, 20.0, 40_000)
    kept = lasted > entry
    all_ended = np.ones(int(kept.sum()), bool)

    mended = kaplan_meier(lasted[kept], all_ended, entry[kept])
    naive = kaplan_meier(lasted[kept], all_ended)

    assert mended.at(10.0)[0] == pytest.approx(np.exp(-1.0), abs=0.02)
    assert naive.at(10.0)[0] > mended.at(10.0)[0] + 0.1


@given(lives)
def test_a_curve_never_rises_and_lies_within_its_interval(pairs: list[tuple[int, bool]]) -> None:
    """Whatever the data: 1 ≥ survival, falling, low ≤ survival ≤ high."""
    curve = curve_of(pairs)

    assert (np.diff(curve.survival, prepend=1.0) < 0).all()
    assert (curve.low <= curve.survival).all()
    assert (curve.survival <= curve.high).all()
    assert ((curve.low >= 0) & (curve.high <= 1)).all()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60))
def test_without_censoring_it_is_the_share_that_lasts_longer(durations: list[int]) -> None:
    """Kaplan and Meier's estimate of whole lives is the plain share."""
    curve = curve_of([(each, True) for each in durations])

    for day in range(61):
        assert curve.at(day)[0] == pytest.approx(np.mean(np.array(durations) > day))


@given(lives)
def test_an_end_that_was_not_seen_never_lowers_the_curve(pairs: list[tuple[int, bool]]) -> None:
    """Taking one seen end for a censored one raises the curve or leaves it."""
    before = curve_of([(day, True) for day, _ in pairs])
    after = curve_of(pairs)

    for day in range(61):
        assert after.at(day)[0] >= before.at(day)[0] - 1e-12


def test_what_does_not_fit_together_is_refused() -> None:
    """Vectors of two lengths, negative ages and entries after the end are the caller's bug."""
    one, yes = np.array([1.0]), np.array([True])
    with pytest.raises(ValueError, match="one length"):
        kaplan_meier(one, np.array([True, True]))
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier(np.array([-1.0]), yes)
    with pytest.raises(ValueError, match="age at entry"):
        kaplan_meier(one, yes, np.array([1.0]))
    with pytest.raises(ValueError, match="confidence"):
        kaplan_meier(one, yes, confidence=1.0)
    with pytest.raises(ValueError, match="table"):
        find_episodes(np.array([True]))
    with pytest.raises(ValueError, match="negative"):
        find_episodes(np.array([[True]]), lag_days=-1)


def days(text: str) -> NDArray[np.bool_]:
    """Read one service per word, one day per letter; x is listed."""
    return np.array([[mark == "x" for mark in row] for row in text.split()])


def test_an_entry_that_returns_is_a_new_episode() -> None:
    """Two stays of one service are two episodes with the gap between them."""
    found = find_episodes(days("..xxx..xx. .........."))

    assert found.rows.tolist() == [0, 0]
    assert (found.first_days.tolist(), found.last_days.tolist()) == ([2, 7], [4, 8])
    assert found.gaps_days.tolist() == [-1, 2]
    assert found.is_ended.all()
    assert found.is_first_seen.all()


def test_a_short_gap_is_bridged() -> None:
    """A gap of two days is none where two days are bridged; one of three is."""
    assert find_episodes(days("x..x...x"), bridge_days=2).last_days.tolist() == [3, 7]


def test_a_window_of_seven_days_is_taken_off_every_end() -> None:
    """Last seen seven days before it left the list, but not before it came."""
    found = find_episodes(days("xxxxxxxxxx.xx."), lag_days=7)

    assert found.last_days.tolist() == [2, 11]


def test_the_first_and_last_day_looked_at_are_no_begin_and_no_end() -> None:
    """What stands there on the first day is truncated, on the last day censored."""
    found = find_episodes(days("xx.xx"), lag_days=7)

    assert found.is_first_seen.tolist() == [False, True]
    assert found.is_ended.tolist() == [True, False]
    assert found.last_days.tolist() == [0, 4]


def test_a_list_without_entries_has_no_episodes() -> None:
    """Nothing listed, nothing found."""
    assert find_episodes(days("...")).rows.size == 0


@given(st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=8))
def test_episodes_cover_what_was_listed_and_nothing_else(table: list[list[bool]]) -> None:
    """Without lag and bridges the episodes painted again are the list."""
    listed = np.array(table)
    found = find_episodes(listed)
    painted = np.zeros_like(listed)
    for row, first, last in zip(found.rows, found.first_days, found.last_days, strict=True):
        painted[row, first : last + 1] = True

    assert (painted == listed).all()
    assert (found.gaps_days[found.gaps_days >= 0] > 0).all()


@pytest.mark.parametrize("half_life_days", [1.0, 10.0, 80.0])
def test_the_half_life_that_lives_were_drawn_with_is_found_again(half_life_days: float) -> None:
    """With a third of the ends unseen, the fit is within a tenth of the truth."""
    rng = np.random.default_rng(7)
    spans = rng.integers(0, 60, 30_000)
    known = half_life_days + spans
    rests = np.floor(known * (1.0 / rng.random(spans.size) - 1.0)).astype(np.int64)
    looked = rng.integers(0, 200, spans.size)
    fitted = fit_half_life(spans, np.minimum(rests, looked), rests < looked)

    assert fitted == pytest.approx(half_life_days, rel=0.1)


def test_a_half_life_is_not_fitted_to_nothing() -> None:
    """Where no end was seen, or days are negative, there is nothing to fit."""
    one, yes = np.array([1]), np.array([True])
    for spans, rests, ended in ((one, one, ~yes), (-one, one, yes), (one, -one, yes)):
        with pytest.raises(ValueError, match=r"nothing ended|negative"):
            fit_half_life(spans, rests, ended)


@pytest.mark.parametrize(("mean", "weight"), [(0.1, 200.0), (0.3, 5.0), (0.6, 1.0)])
def test_the_visibility_that_sightings_were_drawn_with_is_found_again(
    mean: float, weight: float
) -> None:
    """From days between two sightings alone: mean and spread of being seen on a day."""
    rng = np.random.default_rng(8)
    spans = rng.integers(0, 80, 20_000)
    chance = rng.beta(mean * weight, (1 - mean) * weight, spans.size)
    seen = np.where(spans > 0, 2 + rng.binomial(np.maximum(spans - 1, 0), chance), 1)
    found, worth = fit_visibility(spans, seen)

    assert found == pytest.approx(mean, rel=0.05)
    assert worth == pytest.approx(weight, rel=0.2)


def test_a_visibility_is_not_fitted_to_nothing() -> None:
    """Where nothing was seen twice with a day between, there is nothing to fit."""
    with pytest.raises(ValueError, match="day between"):
        fit_visibility(np.array([0, 1]), np.array([1, 2]))
