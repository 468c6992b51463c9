"""One report of everything, the same for the same material."""

from dataclasses import replace

from answered import HOUR_MS, answer, answers_of
from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify import precision, reviewers
from hinomi.verify.accuracy import Accuracy, Material, measure
from hinomi.verify.agreement import Rating
from hinomi.verify.recalibration import Correction
from hinomi.verify.reviewers import Seeded

BY_PEOPLE = frozenset({Method.ANALYST})
MATERIAL = Material(
    answers=[
        *answers_of(8, 2, methods=BY_PEOPLE, listed_ms=HOUR_MS),
        *answers_of(5, 1),
        answer(outcome=None, methods=frozenset()),
    ],
    ratings=[Rating(case, name, Finding.CC) for case in range(3) for name in ("abe", "mori")],
    seeded=[
        Seeded(name, is_cc, Finding.CC if is_cc else Finding.NOT_CC)
        for name in ("abe", "mori")
        for is_cc in (True, False) * 10
    ],
    found={"flow": range(50), "honeypot": range(20, 80)},
)


def report(material: Material = MATERIAL) -> Accuracy:
    """Measure the material."""
    return measure(
        material, as_of_ms=2 * HOUR_MS, register_version="abcd", in_force=Correction()
    )  # fmt: skip


def test_every_part_is_of_the_same_cases() -> None:
    """Each module says of the material what it says alone."""
    told = report()

    assert told.precision == precision.measure(MATERIAL.answers)
    assert told.promptness.listings == 10
    assert told.skills == reviewers.skills(MATERIAL.seeded)
    assert told.agreement.several == 3
    assert told.recall is not None
    assert (told.recall.method, told.recall.seen) == ("flow", 80)
    assert (told.lesson.right, told.lesson.wrong) == (13, 3)
    assert (told.as_of_ms, told.register_version) == (2 * HOUR_MS, "abcd")
    assert told == report()


def test_only_answers_of_people_are_put_right_for_peoples_errors() -> None:
    """Ten of the sixteen answers rest on people alone; what a honeypot says needs no correction."""
    told = report().corrected

    assert (told.checked, told.right) == (10, 8)
    assert told.precision == reviewers.corrected(8, 10, report().skills[-1])
    assert report(replace(MATERIAL, seeded=[])).corrected.precision is None


def test_a_home_without_cases_has_a_report() -> None:
    """Nothing is known, and nothing breaks."""
    told = report(Material(answers=[], ratings=[], seeded=[], found={}))

    assert told.precision.whole.precision is None
    assert (told.recall, told.skills, told.lesson.proposal) == (None, (), None)


def test_one_method_alone_tells_no_recall() -> None:
    """Nor do four: three at most are weighed."""
    for names in (("flow",), ("flow", "honeypot", "lists", "other")):
        assert report(replace(MATERIAL, found={name: [1] for name in names})).recall is None
