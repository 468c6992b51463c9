"""Precision is of the checked cases, and says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answered import CHECKED, answer, answers_of, stated
from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify.intervals import jeffreys
from hinomi.verify.precision import calibrate, measure, weigh


def test_precision_is_of_the_checked_and_bounded_by_the_others() -> None:
    """Eight of ten checked are right; ten more nobody checked."""
    unchecked = [answer(case=each, outcome=None, methods=frozenset()) for each in range(10)]

    told = measure(answers_of(8, 2) + unchecked).whole

    assert (told.cases, told.checked, told.right) == (20, 10, 8)
    assert told.precision == jeffreys(8, 10)
    assert (told.if_all_wrong, told.if_all_right) == (0.4, 0.9)
    assert told.stated == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("outcome", "methods", "is_checked"),
    [
        (Finding.CC, CHECKED, True),
        (Finding.NOT_CC, frozenset({Method.ANALYST}), True),
        (Finding.CC, frozenset({Method.FLOW}), False),
        (Finding.CC, frozenset(), False),
        (Finding.UNSURE, CHECKED, False),
        (None, frozenset(), False),
    ],
)
def test_flow_does_not_check_what_flow_found(
    outcome: Finding | None, methods: frozenset[Method], *, is_checked: bool
) -> None:
    """An answer needs another method, and somebody who is sure."""
    case = answer(outcome=outcome, methods=methods)

    assert case.is_checked is is_checked
    assert case.is_right is (is_checked and outcome is Finding.CC)


def test_what_does_not_count_is_counted_apart() -> None:
    """Unsure reviewers, and flow that confirms itself."""
    told = measure(
        [
            answer(outcome=Finding.UNSURE),
            answer(methods=frozenset({Method.FLOW})),
            answer(outcome=None, methods=frozenset()),
        ]
    )

    assert (told.unsure, told.by_flow_alone, told.whole.checked) == (1, 1, 0)
    assert told.whole.precision is None
    assert told.weighed is None
    assert told.calibration is None


@pytest.mark.parametrize(
    ("methods", "expected"),
    [({Method.ANALYST}, True), ({Method.ANALYST, Method.FLOW}, True), (CHECKED, False),
     ({Method.ANALYST, Method.HONEYPOT}, False)],
)  # fmt: skip
def test_it_is_told_what_people_alone_answered(methods: set[Method], *, expected: bool) -> None:
    """Only there the errors of people count."""
    assert answer(methods=frozenset(methods)).rests_on_reviewers is expected


def test_tables_split_by_band_reason_and_month() -> None:
    """A case counts once in its band and month, and under each of its reasons."""
    told = measure(
        [
            answer(probability=0.05, month="2026-10"),
            answer(probability=1.0, detectors=("enriched", "rhythm", "rhythm")),
            answer(probability=0.95, outcome=Finding.NOT_CC),
        ]
    )

    def rows(name: str) -> list[tuple[str, int, int]]:
        return [(each.name, each.cases, each.right) for each in getattr(told, name)]

    assert rows("bands") == [("0.0-0.1", 1, 1), ("0.9-1.0", 2, 1)]
    assert rows("detectors") == [("enriched", 3, 2), ("rhythm", 1, 1)]
    assert rows("months") == [("2026-10", 1, 1), ("2026-11", 2, 1)]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([*Finding, None])), max_size=40))
def test_bands_and_months_add_up(cases: list[tuple[float, Finding | None]]) -> None:
    """No case is lost or told twice, and the truth of the checked lies between the bounds."""
    told = measure([answer(probability=p, outcome=outcome) for p, outcome in cases], seed=3)

    for rows in (told.bands, told.months):
        for name in ("cases", "checked", "right", "stated"):
            whole = getattr(told.whole, name)
            assert sum(getattr(each, name) for each in rows) == pytest.approx(whole)
    assert told.whole.if_all_wrong <= told.whole.if_all_right
    if told.weighed is not None:
        assert 0.0 <= told.weighed.precision.low <= told.weighed.precision.high <= 1.0


def test_checked_cases_speak_for_the_unchecked_of_their_band() -> None:
    """All likely cases are checked and half of ten unlikely ones: each of those counts twice."""
    cases = answers_of(10, 0, probability=0.95) + answers_of(1, 4, probability=0.25)
    cases += [answer(probability=0.25, outcome=None) for _ in range(5)]

    told = weigh(cases)

    assert told is not None
    assert told.precision.value == pytest.approx((10 + 2) / 20)
    assert told.cases == 20
    effective = 20**2 / (10 * 1 + 5 * 4)
    assert told.precision == jeffreys(told.precision.value * effective, effective)


def test_bands_that_nobody_checked_are_not_spoken_for() -> None:
    """The number of cases that the weighed share is about says so."""
    told = weigh([*answers_of(3, 1), answer(probability=0.1, outcome=None)])

    assert told is not None
    assert told.cases == 4


def test_weights_mend_what_checking_the_likeliest_first_spoils() -> None:
    """Of 4,000 cases the likely ones are checked nine times as often as the others."""
    rng = np.random.default_rng(5)
    cases = stated(4_000, seed=5)
    true = np.mean([each.is_right for each in cases])
    seen = [
        each if rng.random() < 0.1 + 0.8 * each.probability else answer(
            probability=each.probability, outcome=None
        )
        for each in cases
    ]  # fmt: skip
    told = measure(seen)

    assert told.weighed is not None
    assert told.whole.precision is not None
    assert told.weighed.precision.value == pytest.approx(true, abs=0.03)
    assert told.whole.precision.low > true + 0.1


def test_calibration_is_what_its_definitions_say() -> None:
    """Four at 0.75, of which three are right, have no error; none right, one of 0.75."""
    even = calibrate(answers_of(3, 1, probability=0.75))
    wrong = calibrate(answers_of(0, 4, probability=0.75))

    assert even.error.value == pytest.approx(0.0)
    assert even.brier.value == pytest.approx((3 * 0.25**2 + 0.75**2) / 4)
    assert wrong.error.value == pytest.approx(0.75)
    assert wrong.error.value > wrong.error_by_chance


def test_calibrated_probabilities_are_not_blamed() -> None:
    """The error of a calibrated forecast is within chance; of an overconfident one it is not."""
    right, bold = (calibrate(stated(300, slope=slope)) for slope in (1.0, 0.3))

    assert right.error.value < right.error_by_chance
    assert bold.error.value > bold.error_by_chance
    assert bold.error.low < bold.error.value < bold.error.high


def test_the_same_answers_give_the_same_report() -> None:
    """Whatever is drawn is drawn from a seed."""
    cases = stated(50)

    assert measure(cases, seed=4) == measure(cases, seed=4)
    assert measure(cases, seed=4) != measure(cases, seed=5)


@pytest.mark.parametrize("given", [{"probability": 1.1}, {"probability": -0.1}, {"slope": 0.0}])
def test_what_cannot_be_meant_is_refused(given: dict[str, float]) -> None:
    """The caller's bug."""
    with pytest.raises(ValueError, match=r"outside 0\.\.1|order"):
        answer(**given)
