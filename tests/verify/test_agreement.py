"""Agreement coefficients are those of the literature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.case import Finding
from hinomi.verify.agreement import Counts, Rating, cohen, gwet, krippendorff, measure

FINDINGS = st.sampled_from(list(Finding))
PUBLISHED = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""Four observers, twelve units: Krippendorff (2011), section C; a point is no rating."""


def counts(*observers: str) -> Counts:
    """Count ratings 1 to 5 by unit."""
    table = np.zeros((12, 5))
    for each in observers:
        for unit, rating in enumerate(each):
            if rating != ".":
                table[unit, int(rating) - 1] += 1
    return table


def test_alpha_and_ac1_are_those_of_the_published_example() -> None:
    """0.743 for alpha; 0.775 for AC1 on the same data (Gwet 2014)."""
    table = counts(*PUBLISHED)

    assert krippendorff(table) == pytest.approx(0.743, abs=5e-4)
    assert gwet(table) == pytest.approx(0.775, abs=5e-4)


def test_kappa_is_that_of_the_published_example() -> None:
    """118 slides read by two pathologists: 0.493, standard error 0.057 (Agresti 2002)."""
    told = cohen(np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]]))

    assert told is not None
    assert told.value == pytest.approx(0.493, abs=5e-4)
    assert (told.high - told.low) / 2 / 1.96 == pytest.approx(0.057, abs=5e-4)


def test_chance_alone_is_no_agreement() -> None:
    """Rows and columns that say nothing of each other."""
    told = cohen(np.array([[4, 6], [8, 12]]))

    assert told is not None
    assert told.value == pytest.approx(0.0)
    assert told.low < 0 < told.high


@pytest.mark.parametrize("table", [np.array([[9, 0], [0, 0]]), np.zeros((2, 2), dtype=int)])
def test_kappa_is_not_known_where_nothing_could_differ(table: np.ndarray) -> None:
    """Both always say the same one thing, or nothing."""
    assert cohen(table) is None


@given(st.dictionaries(st.integers(0, 20), FINDINGS, min_size=1))
def test_reviewers_who_never_differ_agree_fully(found: dict[int, Finding]) -> None:
    """Alpha is 1, or not known where only one finding was ever given; AC1 is 1 always."""
    ratings = [Rating(case, name, each) for case, each in found.items() for name in "abc"]

    told = measure(ratings, draws=20)

    assert told.agreed == 1.0
    assert told.ac1 is not None
    assert told.ac1.value == pytest.approx(1.0)
    if told.alpha is None:
        assert len(set(found.values())) == 1
    else:
        assert told.alpha.value == pytest.approx(1.0)


@given(st.lists(st.builds(Rating, st.integers(0, 9), st.sampled_from("abc"), FINDINGS)))
def test_agreement_depends_on_neither_names_nor_order_of_cases(ratings: list[Rating]) -> None:
    """What is told stays within -1 and 1, and ratings by one alone tell nothing."""
    told = measure(ratings, draws=20)
    renamed = measure(
        [Rating(9 - each.case, each.reviewer.upper(), each.finding) for each in ratings], draws=20
    )

    for one, other in ((told.alpha, renamed.alpha), (told.ac1, renamed.ac1)):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.value == pytest.approx(other.value)
            assert -1.0 <= one.value <= 1.0
            assert one.low <= one.high
    if told.several == 0:
        assert (told.agreed, told.alpha, told.ac1, told.pairs) == (None, None, None, ())


def test_the_last_rating_of_a_reviewer_counts() -> None:
    """Who changes their mind has one opinion."""
    told = measure(
        [
            Rating(1, "a", Finding.NOT_CC),
            Rating(1, "b", Finding.CC),
            Rating(1, "a", Finding.CC),
            Rating(2, "a", Finding.UNSURE),
        ],
        draws=10,
    )

    assert (told.reviewers, told.cases, told.several, told.agreed) == (2, 2, 1, 1.0)
    (pair,) = told.pairs
    assert (pair.reviewers, pair.cases, pair.agreed, pair.kappa) == (("a", "b"), 1, 1, None)


def test_where_nearly_all_is_of_one_kind_ac1_stays_and_alpha_falls() -> None:
    """Two reviewers differ on two of forty cases, and are alike on the others."""
    ratings = [Rating(case, name, Finding.CC) for case in range(40) for name in "ab"]
    ratings += [Rating(0, "a", Finding.NOT_CC), Rating(1, "b", Finding.NOT_CC)]

    told = measure(ratings, draws=200)

    assert told.agreed == 0.95
    assert told.alpha is not None
    assert told.ac1 is not None
    assert told.alpha.value < 0.0
    assert told.ac1.low > 0.8


def test_the_interval_of_alpha_holds_it() -> None:
    """Two reviewers who are right nine times in ten: alpha is 0.64; 60 cases, 100 drawings."""
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(100):
        true = rng.random(60) < 0.5
        ratings = [
            Rating(case, name, Finding.CC if true[case] != (rng.random() < 0.1) else Finding.NOT_CC)
            for case in range(60)
            for name in "ab"
        ]
        told = measure(ratings, draws=200)
        assert told.alpha is not None
        inside += told.alpha.low <= 0.64 <= told.alpha.high

    assert 88 <= inside <= 99
