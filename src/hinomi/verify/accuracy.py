"""Everything that is known of how often detection is right, in one report."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from hinomi.verify import agreement, precision, promptness, recalibration, recapture, reviewers
from hinomi.verify.intervals import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Answers that people alone gave, put right for the people's own errors."""

    checked: int
    right: int
    precision: Estimate | None  # None: too little is known of the reviewers.


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The report. It holds counts and shares; no service, no line, no time of a communication."""

    as_of_ms: int
    register_version: str
    precision: precision.Precision
    promptness: promptness.Promptness
    agreement: agreement.Agreement
    skills: tuple[reviewers.Skill, ...]  # The last one is of all reviewers together.
    corrected: Corrected
    recall: recapture.Recall | None
    lesson: recalibration.Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the case book hands over."""

    answers: Sequence[precision.Answer]  # All cases of the time in question.
    ratings: Sequence[agreement.Rating]  # Of real cases.
    seeded: Sequence[reviewers.Seeded]
    found: Mapping[str, Collection[Hashable]]  # As `recapture.estimate` takes them; may be empty.
    method: str = "flow"  # Whose recall is estimated.


def measure(
    material: Material,
    *,
    as_of_ms: int,
    register_version: str,
    in_force: recalibration.Correction,
    rules: recalibration.Rules | None = None,
    seed: int = 1,
) -> Accuracy:
    """
    Measure accuracy: the same report for the same arguments.

    Args:
        material: What the case book knows.
        as_of_ms: When this is measured.
        register_version: The register that is in force, which the report cites.
        in_force: The correction that it holds.
        rules: When answers are enough to change it.
        seed: Of everything that is drawn.
    """
    answers = material.answers
    skills = reviewers.skills(material.seeded)
    by_people = [each for each in answers if each.rests_on_reviewers]
    right = sum(each.is_right for each in by_people)
    known = recapture.TWO <= len(material.found) <= recapture.THREE
    return Accuracy(
        as_of_ms=as_of_ms,
        register_version=register_version,
        precision=precision.measure(answers, seed=seed),
        promptness=promptness.measure(answers, as_of_ms=as_of_ms),
        agreement=agreement.measure(material.ratings, seed=seed),
        skills=skills,
        corrected=Corrected(
            checked=len(by_people),
            right=right,
            precision=reviewers.corrected(right, len(by_people), skills[-1], seed=seed)
            if skills
            else None,
        ),
        recall=recapture.estimate(material.found, material.method) if known else None,
        lesson=recalibration.learn(answers, in_force, rules, seed=seed),
    )
