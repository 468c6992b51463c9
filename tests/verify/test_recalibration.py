"""Few answers change little, unclear ones nothing, and order always stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from answered import answer, answers_of, stated
from hinomi.verify.recalibration import Correction, Rules, fit, learn, losses

NONE = Correction()


def test_what_is_off_is_found_and_proposed() -> None:
    """Stated log-odds that are half as large again and one too high."""
    told = learn(stated(400, shift=-1.0, slope=0.6), NONE)

    assert told.shift is not None
    assert told.slope is not None
    assert told.shift.low < -1.0 < told.shift.high
    assert told.slope.low < 0.6 < told.slope.high
    assert told.proposal == Correction(told.shift.value, told.slope.value)
    assert told.loss_before is not None
    assert told.loss_after is not None
    assert told.gain is not None
    assert told.gain.low > 0.0
    assert told.gain.value == pytest.approx(told.loss_before - told.loss_after)


def test_calibrated_detection_is_left_alone() -> None:
    """In 40 drawings of 150 answers nothing is proposed, but once at most."""
    proposals = [
        learn(stated(150, seed=seed), NONE).proposal is not None for seed in range(40)
    ]  # fmt: skip

    assert sum(proposals) <= 1


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (100, 0), (19, 60), (60, 19)])
def test_too_few_answers_of_a_kind_propose_nothing(right: int, wrong: int) -> None:
    """However wrong the probabilities were; the reason names the numbers."""
    told = learn(answers_of(right, wrong, probability=0.999), NONE)

    assert told.proposal is None
    assert told.why.startswith("Not enough")
    if right + wrong:
        assert str(right) in told.why
        assert str(wrong) in told.why
    else:
        assert (told.shift, told.slope, told.gain, told.loss_before) == (None,) * 4


def test_few_answers_change_little_and_many_much() -> None:
    """Of log-odds of 4, two wrong answers leave 1; a hundred turn them below -2."""
    few, many = (
        shift + np.exp(stretch) * 4.0
        for shift, stretch in (
            fit(np.full(count, 4.0), np.zeros(count, dtype=bool), Rules()) for count in (2, 100)
        )
    )

    assert few == pytest.approx(1.05, abs=0.05)
    assert many < -2.0


def test_a_wider_prior_gives_the_plain_fit() -> None:
    """With hardly any prior the mean probability is the share, as in every logistic fit."""
    cases = stated(300, shift=0.7, slope=1.3)
    raw = special.logit(np.clip([each.probability for each in cases], 1e-6, 1 - 1e-6))
    true = np.array([each.is_right for each in cases])

    shift, stretch = fit(raw, true, Rules(shift_spread=100.0, slope_spread=100.0))
    chance = special.expit(shift + np.exp(stretch) * raw)

    assert chance.mean() == pytest.approx(true.mean(), abs=1e-4)
    assert ((chance - true) * raw).sum() == pytest.approx(0.0, abs=0.05)


def test_what_was_corrected_already_is_not_corrected_twice() -> None:
    """Answers given under a correction teach the same as those given before it."""
    plain = stated(300, shift=-1.0, slope=0.6)
    in_force = Correction(-0.8, 0.7)
    raw = special.logit(np.clip([each.probability for each in plain], 1e-6, 1.0 - 1e-6))
    corrected = [
        answer(case=each.case, probability=chance, outcome=each.outcome, shift=-0.8, slope=0.7)
        for each, chance in zip(plain, special.expit(in_force.apply(raw)).tolist(), strict=True)
    ]

    one, other = learn(plain, NONE), learn(corrected, in_force)

    assert one.shift is not None
    assert other.shift is not None
    assert one.shift.value == pytest.approx(other.shift.value, abs=1e-3)
    assert one.loss_after == pytest.approx(other.loss_after, abs=1e-3)
    assert one.loss_before is not None
    assert other.loss_before is not None
    assert other.loss_before < one.loss_before


def test_a_correction_that_is_right_already_is_not_proposed_again() -> None:
    """What is in force does as well as what could be learned."""
    told = learn(stated(400, shift=-1.0, slope=0.6), Correction(-1.0, 0.6))

    assert told.proposal is None
    assert "not clearly better" in told.why


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(0, 9)
)
def test_whatever_the_answers_the_order_stays(cases: list[tuple[float, bool]], seed: int) -> None:
    """The slope is above 0, everything is a number, and unsure answers change nothing."""
    answers = [
        *(each for p, right in cases for each in answers_of(right, not right, probability=p)),
        answer(outcome=None, probability=0.0),
    ]
    told = learn(answers, NONE, Rules(least_of_each=1), seed=seed)

    assert told.right + told.wrong == len(cases)
    assert told.slope is not None
    assert told.shift is not None
    assert 0.0 < told.slope.low <= told.slope.value <= told.slope.high
    assert np.isfinite([told.shift.low, told.shift.value, told.shift.high]).all()


@given(st.floats(-20, 20), st.floats(-5, 5), st.floats(0.05, 5))
def test_a_correction_can_be_undone(log_odds: float, shift: float, slope: float) -> None:
    """Back and forth; nothing turns the order round."""
    correction = Correction(shift, slope)
    there = correction.apply(np.array([log_odds, log_odds + 1.0]))

    assert correction.undo(there)[0] == pytest.approx(log_odds, abs=1e-9)
    assert there[1] > there[0]
    with pytest.raises(ValueError, match="order"):
        Correction(shift, -slope)


def test_losses_are_what_was_stated_for_the_truth() -> None:
    """The logarithm of 4 where a quarter was stated for what is true."""
    odds = special.logit(np.array([0.25, 0.25]))

    told = losses(odds, np.array([True, False]))

    assert told == pytest.approx([np.log(4.0), np.log(4.0 / 3.0)])
