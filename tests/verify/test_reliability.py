"""How far a source can be trusted."""

from typing import Final

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.govern.parameters import default_register
from hinomi.model.address import parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.verify.reliability import (
    Answer,
    Grade,
    Grading,
    Outcomes,
    SourceRecord,
    credibility,
    credibility_text,
    grade_of,
    outcomes,
    reliabilities,
)

GRADING: Final = Grading()
COUNTS: Final = st.integers(0, 100_000)
GRADES: Final = st.sampled_from(Grade)


def record(**changed: object) -> SourceRecord:
    """Give the record of a list without answers and without a grade."""
    return SourceRecord(**{"name": "a", "method": Method.LIST} | changed)  # type: ignore[arg-type]  # Names are checked when it is made.


def said(source: str, method: Method, claim: Claim = Claim.CC, **changed: object) -> Evidence:
    """Give a statement about a service of the documentation ranges."""
    return Evidence(
        **{  # type: ignore[arg-type]  # Names are checked when it is made.
            "service": Service(parse_address("192.0.2.1"), 6, 443),
            "method": method,
            "source": source,
            "claim": claim,
            "observed_day": 20_000,
        }
        | changed
    )


LIST: Final = said("list", Method.LIST)
FLOW: Final = said("flow", Method.FLOW)
TRAP: Final = said("trap", Method.HONEYPOT)


def of(source: str, *answers: Answer, groups: dict[str, str] | None = None) -> Outcomes:
    """Score *source* as the register asks."""
    return outcomes(source, answers, groups or {}, verdict_methods=2)


@pytest.mark.parametrize("grade", Grade)
def test_a_grade_without_answers_is_shown_as_it_was_registered(grade: Grade) -> None:
    """What a person registered stands until answers say otherwise; F stays F."""
    found = reliabilities([record(grade=grade)], GRADING)["a"]

    assert found.grade is grade


@given(right=COUNTS, wrong=COUNTS, grade=GRADES)
def test_the_mean_lies_in_its_interval_and_is_never_certain(
    right: int, wrong: int, grade: Grade
) -> None:
    """However many answers, something remains open."""
    found = reliabilities([record(right=right, wrong=wrong, grade=grade)], GRADING)["a"]

    assert 0.0 < found.mean < 1.0
    assert 0.0 <= found.low < found.high <= 1.0
    assert found.low < found.mean < found.high


@given(right=COUNTS, wrong=COUNTS, grade=GRADES)
def test_an_answer_moves_the_mean_its_way(right: int, wrong: int, grade: Grade) -> None:
    """One more right answer raises the mean, one more wrong answer lowers it."""
    one, better, worse = (
        reliabilities([record(right=right + up, wrong=wrong + down, grade=grade)], GRADING)["a"]
        for up, down in ((0, 0), (1, 0), (0, 1))
    )

    assert worse.mean < one.mean < better.mean


@given(grade=GRADES, share=st.sampled_from([0.05, 0.3, 0.5, 0.7, 0.95]))
def test_many_answers_outweigh_any_grade(grade: Grade, share: float) -> None:
    """After a thousand answers the mean is their share, whatever was registered."""
    right = round(1000 * share)

    found = reliabilities([record(right=right, wrong=1000 - right, grade=grade)], GRADING)["a"]

    assert found.mean == pytest.approx(share, abs=0.005)
    assert found.low < share < found.high


def test_the_interval_holds_its_mass_of_the_beta_distribution() -> None:
    """Nine right and one wrong of an unknown source: 5 % of Beta(9.5, 1.5) lie on each side."""
    found = reliabilities([record(right=9, wrong=1)], GRADING)["a"]
    x = (np.arange(1_000_000) + 0.5) / 1_000_000
    mass = x**8.5 * (1 - x) ** 0.5
    mass /= mass.sum()

    assert found.mean == pytest.approx(9.5 / 11)
    assert mass[x < found.low].sum() == pytest.approx(0.05, abs=1e-4)
    assert mass[x > found.high].sum() == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("count", "grade"), [(4, Grade.F), (5, Grade.A)])
def test_few_answers_and_no_grade_cannot_be_judged(count: int, grade: Grade) -> None:
    """With fewer answers than registered the letter is F, even if all were right."""
    assert reliabilities([record(right=count)], GRADING)["a"].grade is grade


def test_a_source_without_a_grade_begins_like_its_peers() -> None:
    """Other lists that were mostly wrong lower what a new list is believed; the letter stays F."""
    bad = [record(name=f"bad{n}", right=20, wrong=80) for n in range(3)]
    good = [record(name=f"trap{n}", right=99, wrong=1, method=Method.HONEYPOT) for n in range(3)]

    found = reliabilities([record(), *bad, *good], GRADING)["a"]
    alone = reliabilities([record(), *good], GRADING)["a"]

    assert found.mean == pytest.approx(0.3, abs=0.06)
    assert found.grade is Grade.F
    assert alone.mean == pytest.approx(0.5)


def test_a_long_list_does_not_speak_for_all_lists() -> None:
    """One peer with a hundred thousand answers counts no more than one with a few hundred."""
    short = record(name="short", right=120, wrong=280)
    long = record(name="long", right=70_000, wrong=30_000)

    assert reliabilities([record(), short, long], GRADING)["a"].mean == pytest.approx(0.5, abs=0.02)


def test_peers_that_differ_say_little() -> None:
    """Peers of 0.2 and 1.0 lift a new list less than two of 0.6 would, which is as high a mean."""
    apart = [record(name="bad", right=20, wrong=80), record(name="good", right=100)]
    alike = [record(name=f"fair{n}", right=60, wrong=40) for n in range(2)]

    lifted = [reliabilities([record(), *peers], GRADING)["a"].mean for peers in (apart, alike)]

    assert 0.5 < lifted[0] < lifted[1] < 0.6


def test_a_graded_source_does_not_lean_on_its_peers() -> None:
    """Whoever graded it knew it; its peers say nothing of it."""
    bad = record(name="bad", wrong=100)
    graded = record(grade=Grade.B)

    assert reliabilities([graded, bad], GRADING)["a"] == reliabilities([graded], GRADING)["a"]


def test_records_of_one_name_are_refused() -> None:
    """Two records of one source are a bug of the caller."""
    with pytest.raises(ValueError, match="one name"):
        reliabilities([record(), record()], GRADING)


def test_a_negative_count_is_refused() -> None:
    """Nobody is right a negative number of times."""
    with pytest.raises(ValueError, match="right -1"):
        record(right=-1)


@pytest.mark.parametrize(
    ("mean", "grade"),
    [(1.0, "A"), (0.875, "A"), (0.874, "B"), (0.625, "B"), (0.5, "C"), (0.3, "D"), (0.1, "E")],
)
def test_letters_are_the_nearest_number_of_misp(mean: float, grade: str) -> None:
    """Thresholds lie half way between A 100, B 75, C 50, D 25 and E 0."""
    assert grade_of(mean) == grade


def test_a_verdict_that_stands_without_it_counts_for_a_source() -> None:
    """Flow and honeypot agree, so the list can be checked against them."""
    assert of("list", Answer(is_cc=True, evidence=(LIST, FLOW, TRAP))) == Outcomes(1, 0, 0)


def test_a_verdict_that_contradicts_it_counts_against_a_source() -> None:
    """Two methods hold the server for harmless, and the list does not."""
    others = [
        said(name, method, Claim.BENIGN)
        for name, method in (("flow", Method.FLOW), ("desk", Method.ANALYST))
    ]

    assert of("list", Answer(is_cc=False, evidence=(LIST, *others))) == Outcomes(0, 1, 0)


def test_no_source_is_right_because_it_was_believed() -> None:
    """A verdict that falls without the source says nothing of it: not right, and not wrong."""
    rests_on_it = Answer(is_cc=True, evidence=(LIST, FLOW))
    its_own_word = Answer(is_cc=True, evidence=(LIST,))

    assert of("list", rests_on_it, its_own_word) == Outcomes(0, 0, 2)
    assert of("flow", rests_on_it) == Outcomes(0, 0, 1)


def test_copies_and_sources_of_its_method_do_not_bear_a_source_out() -> None:
    """A second list is no second method, and a honeypot report taken from the list is the list."""
    second = said("second", Method.LIST)
    answer = Answer(is_cc=True, evidence=(LIST, second, FLOW, TRAP))

    assert of("list", Answer(is_cc=True, evidence=(LIST, second, FLOW))) == Outcomes(0, 0, 1)
    assert of("list", answer) == Outcomes(1, 0, 0)
    assert of("list", answer, groups={"list": "x", "trap": "x"}) == Outcomes(0, 0, 1)


def test_others_must_speak_for_the_answer_and_not_against_it() -> None:
    """Methods that contradict the verdict do not hold it up."""
    against = said("desk", Method.ANALYST, Claim.BENIGN)

    assert of("list", Answer(is_cc=True, evidence=(LIST, FLOW, against))) == Outcomes(0, 0, 1)


def test_a_source_of_its_method_may_contradict_a_source() -> None:
    """A list of public servers and an analyst are enough to find a C&C list wrong."""
    public = said("public", Method.LIST, Claim.BENIGN)
    desk = said("desk", Method.ANALYST, Claim.BENIGN)
    answer = Answer(is_cc=False, evidence=(LIST, public, desk))

    assert of("list", answer) == Outcomes(0, 1, 0)
    assert of("public", answer) == Outcomes(0, 0, 1)
    assert of("list", answer, groups={"list": "x", "public": "x"}) == Outcomes(0, 0, 1)


@pytest.mark.parametrize("claim", [Claim.GONE, Claim.MOVED, Claim.SUPPORT])
def test_what_gives_no_verdict_is_not_scored(claim: Claim) -> None:
    """That a server is gone by now makes no statement right or wrong, nor does a trait."""
    answer = Answer(is_cc=True, evidence=(said("list", Method.LIST, claim), FLOW, TRAP))

    assert of("list", answer) == Outcomes()


def test_a_claim_that_its_source_doubts_is_not_scored() -> None:
    """Whoever says 0.3 does not claim it."""
    answer = Answer(is_cc=False, evidence=(said("list", Method.LIST, strength=0.3), FLOW, TRAP))

    assert of("list", answer) == Outcomes()


def test_the_latest_word_of_a_source_counts_once() -> None:
    """A list that named a server, and later its harmlessness, was right in the end."""
    later = said("list", Method.LIST, Claim.BENIGN, observed_day=20_009)
    others = (said("flow", Method.FLOW, Claim.BENIGN), said("desk", Method.ANALYST, Claim.SHARED))

    answer = Answer(is_cc=False, evidence=(later, LIST, *others))

    assert of("list", answer) == Outcomes(1, 0, 0)


@pytest.mark.parametrize(
    ("posterior", "methods_for", "methods_against", "digit"),
    [
        (0.97, 2, 0, 1),
        (0.97, 1, 0, 2),
        (0.97, 2, 1, 2),
        (0.80, 3, 0, 2),
        (0.50, 1, 1, 3),
        (0.20, 1, 0, 4),
        (0.05, 0, 2, 5),
        (0.50, 0, 0, 6),
    ],
)
def test_an_item_is_confirmed_by_independent_methods_alone(
    posterior: float, methods_for: int, methods_against: int, digit: int
) -> None:
    """1 needs two methods and none against; 6 is what nobody speaks of."""
    found = credibility(
        posterior, methods_for=methods_for, methods_against=methods_against, confirmed=2
    )

    assert found == digit


def test_every_code_has_words_in_both_languages() -> None:
    """No letter or digit is left to be looked up elsewhere."""
    words = [(grade.text, grade.text_ja) for grade in Grade]
    words += [credibility_text(digit) for digit in range(1, 7)]

    assert len({english for english, _ in words}) == 12
    assert len({japanese for _, japanese in words}) == 12
    assert all(english.isascii() and not japanese.isascii() for english, japanese in words)


def test_the_values_come_from_the_register() -> None:
    """What is registered is what is used, and what is missing is said."""
    shipped = default_register()
    some = next(iter(shipped.parameters.values()))
    values = {"prior_outcomes": 7.5, "least_outcomes": 9, "interval": 0.8, "verdict_methods": 3}
    register = shipped
    for name, value in values.items():
        parameter = msgspec.structs.replace(some, value=value)
        register = register.with_parameter(f"evidence.{name}", parameter)

    assert Grading.from_register(register) == Grading(**values)  # type: ignore[arg-type]  # Mixed kinds.
    with pytest.raises(ConfigError, match=r"evidence\.interval"):
        Grading.from_register(register.without("evidence.interval"))
