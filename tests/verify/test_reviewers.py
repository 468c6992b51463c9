"""Seeded cases measure the reviewers, and put their answers right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.model.case import Finding
from hinomi.verify.intervals import jeffreys
from hinomi.verify.reviewers import Seeded, Skill, corrected, skills


def skill(found: int, true: int, refused: int, false: int) -> Skill:
    """Give a reviewer by counts."""
    return Skill(
        reviewer=None,
        true_cases=true,
        true_found=found,
        false_cases=false,
        false_refused=refused,
        unsure=0,
    )


def test_each_reviewer_is_measured_and_all_together() -> None:
    """One who is unsure decides nothing, and is counted."""
    told = skills(
        [
            Seeded("mori", True, Finding.CC),  # noqa: FBT003 - the truth of a seeded case.
            Seeded("mori", False, Finding.CC),  # noqa: FBT003
            Seeded("abe", True, Finding.NOT_CC),  # noqa: FBT003
            Seeded("abe", False, Finding.NOT_CC),  # noqa: FBT003
            Seeded("abe", False, Finding.UNSURE),  # noqa: FBT003
        ]
    )

    assert [each.reviewer for each in told] == ["abe", "mori", None]
    abe, mori, together = told
    assert (abe.true_found, abe.true_cases, abe.false_refused, abe.false_cases) == (0, 1, 1, 1)
    assert (abe.unsure, mori.unsure, together.unsure) == (1, 0, 1)
    assert mori.sensitivity == jeffreys(1, 1)
    assert mori.specificity == jeffreys(0, 1)
    assert together.sensitivity == jeffreys(1, 2)


def test_without_seeded_cases_nobody_is_measured() -> None:
    """And nothing is put right."""
    assert skills([]) == ()
    assert corrected(5, 10, skill(0, 0, 5, 5)) is None
    assert corrected(0, 0, skill(5, 5, 5, 5)) is None


def test_the_correction_is_that_of_rogan_and_gladen() -> None:
    """Measured 0.5 by reviewers of 0.9 and 0.8: (0.5 + 0.8 - 1) / (0.9 + 0.8 - 1) = 0.4286."""
    told = corrected(500, 1_000, skill(900, 1_000, 800, 1_000))

    assert told is not None
    assert told.value == pytest.approx(3 / 7)
    assert told.low < told.value < told.high
    assert told.high - told.low < 0.15


def test_the_correction_stays_a_share() -> None:
    """Fewer right answers than false alarms explain leave 0, more than can be leave 1."""
    none = corrected(5, 100, skill(90, 100, 80, 100))
    every = corrected(99, 100, skill(80, 100, 90, 100))

    assert none is not None
    assert every is not None
    assert (none.value, none.low) == (0.0, 0.0)
    assert (every.value, every.high) == (1.0, 1.0)


@pytest.mark.parametrize("coin", [skill(50, 100, 50, 100), skill(1, 2, 2, 2), skill(1, 9, 2, 9)])
def test_reviewers_who_may_be_no_better_than_a_coin_put_nothing_right(coin: Skill) -> None:
    """Half right, worse than half, or too few seeded cases to tell."""
    assert corrected(50, 100, coin) is None


@given(st.integers(0, 60), st.integers(24, 30), st.integers(24, 30))
def test_the_correction_lies_in_its_interval(right: int, found: int, refused: int) -> None:
    """And the interval within 0 and 1; the same seed gives the same."""
    told = corrected(right, 60, skill(found, 30, refused, 30), draws=2_000)

    assert told is not None
    assert 0.0 <= told.low <= told.value <= told.high <= 1.0
    assert told == corrected(right, 60, skill(found, 30, refused, 30), draws=2_000)


def test_the_interval_holds_the_truth() -> None:
    """Reviewers of 0.9 and 0.85, 40 seeded cases of each, 100 answers, true precision 0.7."""
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(300):
        right = int(rng.binomial(100, 0.7 * 0.9 + 0.3 * 0.15))
        seeded = skill(int(rng.binomial(40, 0.9)), 40, int(rng.binomial(40, 0.85)), 40)
        told = corrected(right, 100, seeded, draws=1_000)
        inside += told is not None and told.low <= 0.7 <= told.high

    assert 0.92 < inside / 300 < 0.99
