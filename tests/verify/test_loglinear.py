"""Log-linear models give the estimates of the literature."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hinomi.verify.loglinear import Table, fit, models, profile

HEPATITIS = {"111": 28, "110": 21, "101": 17, "100": 69, "011": 18, "010": 55, "001": 63}
"""271 cases of hepatitis A by three sources: Chao and others (2001), Statistics in Medicine 20."""

CELLS = tuple(HEPATITIS)
COUNTS = st.lists(st.integers(1, 200), min_size=7, max_size=7)


def table(counts: dict[str, int]) -> Table:
    """Turn cells written as digits into those of the module."""
    return {tuple(digit == "1" for digit in cell): number for cell, number in counts.items()}


@pytest.mark.parametrize(
    ("pairs", "total"), [((), 388), (((0, 1), (0, 2), (1, 2)), 1_313), (((0, 1), (1, 2)), 527)]
)
def test_models_give_the_published_totals(pairs: tuple[tuple[int, int], ...], total: int) -> None:
    """388 if all sources were independent, 1,313 with every pair dependent."""
    found = fit(table(HEPATITIS), pairs)

    assert found is not None
    assert round(271 + found.unseen) == total


def test_there_are_eight_models_of_three_methods_and_one_of_two() -> None:
    """Two methods leave nothing by which a dependence could be seen."""
    assert models(2) == ((),)
    assert len(models(3)) == len(set(models(3))) == 8
    assert models(3)[0] == ()


@given(COUNTS)
def test_closed_forms_are_met(numbers: list[int]) -> None:
    """All pairs; two pairs; one pair (Fienberg 1972)."""
    found = dict(zip(CELLS, numbers, strict=True))
    n111, n110, n101, n100, n011, n010, n001 = numbers
    closed = {
        ((0, 1), (0, 2), (1, 2)): n111 * n100 * n010 * n001 / (n110 * n101 * n011),
        ((0, 1), (0, 2)): n010 * n001 / n011,
        ((0, 1),): n001 * (n110 + n100 + n010) / (n111 + n101 + n011),
    }
    for pairs, unseen in closed.items():
        told = fit(table(found), pairs)
        if told is not None:
            assert told.unseen == pytest.approx(unseen, rel=1e-5)
        else:
            assert unseen > 1e4 * sum(numbers)


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 300))
def test_two_methods_give_the_product_of_what_each_found_alone(
    both: int, one: int, other: int
) -> None:
    """Petersen's estimate; where one found nothing alone the table does not tell."""
    told = fit(table({"11": both, "10": one, "01": other}), ())

    if min(one, other) == 0:
        assert told is None
    else:
        assert told is not None
        assert told.unseen == pytest.approx(one * other / both)
        assert told.deviance == pytest.approx(0.0, abs=1e-6)


def test_more_parameters_never_fit_worse() -> None:
    """The deviance falls; the AIC tells whether it was worth it."""
    fits = {pairs: fit(table(HEPATITIS), pairs) for pairs in models(3)}
    plain, full = fits[()], fits[models(3)[-1]]

    assert plain is not None
    assert full is not None
    assert plain.deviance == pytest.approx(24.36, abs=0.01)
    assert (plain.free, full.free) == (3, 0)
    assert plain.deviance >= max(each.deviance for each in fits.values() if each is not None)
    assert full.aic == pytest.approx(full.deviance + 14.0)


def test_what_the_table_does_not_determine_is_no_estimate() -> None:
    """No server in common, or so few cells that the model has more parameters than they."""
    assert fit(table({"11": 0, "10": 40, "01": 20}), ()) is None
    sparse = table({**HEPATITIS, "110": 0, "101": 0, "111": 0})
    assert fit(sparse, models(3)[-1]) is None


def test_the_interval_ends_where_the_completed_table_stops_fitting() -> None:
    """At both ends the test of independence of the completed 2 x 2 table is at 0.05."""
    counts = {"11": 30, "10": 40, "01": 50}
    found = fit(table(counts), ())
    assert found is not None

    for unseen in profile(table(counts), found):
        completed = [[30, 40], [50, unseen]]
        chance = stats.contingency.chi2_contingency(
            completed, correction=False, lambda_="log-likelihood"
        ).pvalue
        assert chance == pytest.approx(0.05, abs=1e-4)


def test_nothing_bounds_a_total_that_one_common_server_carries() -> None:
    """The interval of a saturated model on hardly any overlap has no end, or a far one."""
    counts = table({**HEPATITIS, "110": 1, "101": 1, "011": 1, "111": 1})
    found = fit(counts, models(3)[-1])

    assert found is not None
    low, high = profile(counts, found)
    assert low < found.unseen < high
    assert math.isinf(high) or high > 50 * found.unseen
