"""The report reads for people and for programs, and names nobody unless asked."""

import json
from dataclasses import replace

import pytest

from answered import HOUR_MS, answer, answers_of, stated
from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify.accuracy import Accuracy, Material, measure
from hinomi.verify.accuracytext import INTERVALS, as_dict, lines
from hinomi.verify.agreement import Rating
from hinomi.verify.recalibration import Correction
from hinomi.verify.recapture import ASSUMPTION_EN, ASSUMPTION_JA
from hinomi.verify.reviewers import Seeded

REVIEWERS = ("Abe", "Mori")
BY_PEOPLE = frozenset({Method.ANALYST})
EMPTY = Material(answers=[], ratings=[], seeded=[], found={})
FULL = Material(
    answers=[
        *stated(200, shift=-1.0, slope=0.6),
        *answers_of(20, 5, methods=BY_PEOPLE, listed_ms=3 * HOUR_MS, was_stale=False),
        *answers_of(30, 0, opened_ms=HOUR_MS),
        answer(outcome=Finding.UNSURE),
        answer(outcome=None, methods=frozenset()),
    ],
    ratings=[
        Rating(case, name, Finding.CC if case % 3 else Finding.NOT_CC)
        for case in range(9)
        for name in REVIEWERS
    ],
    seeded=[
        Seeded(name, is_cc, Finding.CC if is_cc else Finding.NOT_CC)
        for name in REVIEWERS
        for is_cc in (True, False) * 10
    ],
    found={"flow": range(50), "honeypot": range(20, 80), "lists": range(10, 90, 3)},
)


def report(material: Material = FULL) -> Accuracy:
    """Measure the material."""
    return measure(
        material, as_of_ms=9 * HOUR_MS, register_version="abcd", in_force=Correction()
    )  # fmt: skip


def test_the_first_line_says_how_many_were_checked() -> None:
    """Whatever follows is of these."""
    assert lines(report())[0] == "Of 257 cases 255 were checked."
    assert lines(report(EMPTY))[0] == "Of 0 cases 0 were checked."


@pytest.mark.parametrize(
    "said",
    [
        "Not counted as checked: 1 on which the reviewer is unsure, 0 that flow alone confirmed.",
        "if everything unchecked is wrong",
        "Weighed by how much of each band was checked: ",
        "probability  cases  checked  right  expected  precision",
        "nineteen times in twenty",
        "still wait and count as having waited until now (Kaplan-Meier)",
        "not reached yet (2.0 of those listed)",
        "Stale when listed: 0.000 [0.000, ",
        "Still contacted by suspects when published: not known, known of 0 of 25 listings.",
        "reviewer 1 and reviewer 2: 9 of 9 alike, Cohen's kappa 1.000",
        "all reviewers on seeded cases: 20 of 20 true ones found",
        "People alone answered 25 cases, 20 of them as C&C",
        "recall of flow: ",
        "odds ratio 3.00: total ",
        "proposed for the register: fuse.answers_shift -",
        ASSUMPTION_EN,
        INTERVALS,
    ],
)
def test_the_text_says_what_was_measured(said: str) -> None:
    """Numbers with their intervals, and what they leave out."""
    material = replace(FULL, answers=[
        replace(each, listed_ms=each.opened_ms + 2 * HOUR_MS) if each.listed_ms else each
        for each in FULL.answers
    ])  # fmt: skip

    assert said in "\n".join(lines(report(material)))


def test_a_home_without_cases_says_that_nothing_is_known() -> None:
    """No number stands where none was measured."""
    text = "\n".join(lines(report(EMPTY)))

    assert "Precision of the checked: not known" in text
    assert "Recall is not known" in text
    assert "how often reviewers are right is not known" in text
    assert "Not enough: no case was checked." in text
    assert "proposed" not in text
    assert "nan" not in text


@pytest.mark.parametrize("material", [FULL, EMPTY])
def test_the_json_is_plain(material: Material) -> None:
    """No infinity, no NaN, and what is read back is what was written."""
    document = as_dict(report(material))

    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_json_holds_the_numbers_and_the_assumption() -> None:
    """In both languages."""
    told = report()
    document = as_dict(told)

    assert document["precision"]["whole"]["cases"] == 257
    assert document["precision"]["whole"]["precision"].keys() == {"value", "low", "high"}
    assert document["recall"]["assumption"] == ASSUMPTION_EN
    assert document["recall"]["assumption_ja"] == ASSUMPTION_JA
    assert told.lesson.proposal is not None
    assert document["lesson"]["proposal"]["slope"] == round(told.lesson.proposal.slope, 4)
    assert document["reviewers"][-1]["specificity"]["value"] == 1.0
    assert document["register_version"] == "abcd"


@pytest.mark.parametrize("named", [True, False])
def test_reviewers_are_named_only_where_asked(*, named: bool) -> None:
    """Otherwise they are numbered, in text and JSON alike."""
    told = report()
    text = "\n".join(lines(told, named=named)) + json.dumps(as_dict(told, named=named))

    assert all((name in text) is named for name in REVIEWERS)
    assert ("reviewer 2" in text) is not named
    assert "all reviewers" in text
