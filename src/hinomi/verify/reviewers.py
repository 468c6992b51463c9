"""
How often reviewers are right, measured on seeded cases whose truth is known beforehand.

Reviewers cannot tell seeded cases from others. What they get wrong there they get wrong
elsewhere, so what they measure can be put right by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.model.case import Finding
from hinomi.verify.intervals import Estimate, middle, plausible, share

DRAWS: Final = 20_000
_TELLING: Final = 0.05
"""Share of the drawings in which reviewers may be no better than a coin, at most."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What one reviewer found of one seeded case."""

    reviewer: str
    is_cc: bool  # The truth.
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """How often a reviewer, or all of them, are right on seeded cases that they decided."""

    reviewer: str | None  # None: all of them together.
    true_cases: int  # Decided: one who is unsure decides nothing.
    true_found: int
    false_cases: int
    false_refused: int
    unsure: int

    @property
    def sensitivity(self) -> Estimate | None:
        """Share of true cases that were called C&C servers."""
        return share(self.true_found, self.true_cases)

    @property
    def specificity(self) -> Estimate | None:
        """Share of false cases that were called none."""
        return share(self.false_refused, self.false_cases)


def skills(seeded: Sequence[Seeded]) -> tuple[Skill, ...]:
    """Measure each reviewer, by name, and then all of them together; empty if none is."""
    names = sorted({each.reviewer for each in seeded})
    told = [_skill(name, [each for each in seeded if each.reviewer == name]) for name in names]
    return (*told, _skill(None, seeded)) if told else ()


def corrected(
    right: int, checked: int, skill: Skill, *, seed: int = 1, draws: int = DRAWS
) -> Estimate | None:
    """
    Put measured precision right for the reviewers' own errors.

    Args:
        right: Of the checked cases those that reviewers called C&C servers.
        checked: Cases with an answer by these reviewers.
        skill: Measured on seeded cases.
        seed: Of the drawings.
        draws: Number of drawings.

    Returns:
        (measured + specificity - 1) / (sensitivity + specificity - 1), cut at 0 and 1, with an
        interval that holds the uncertainty of all three; None where nothing was measured, or
        where the reviewers may be no better than a coin.

    Notes:
        It takes seeded cases for as hard as real ones: with easier ones the correction is too
        small. Cases that a honeypot or a seized server answered need none.

    Source:
        Rogan and Gladen (1978), American Journal of Epidemiology 107:71, formula 3. The
        interval draws all three shares from their posteriors under Jeffreys' prior.
    """
    sensitivity, specificity = skill.sensitivity, skill.specificity
    if checked == 0 or sensitivity is None or specificity is None:
        return None
    telling = sensitivity.value + specificity.value - 1.0
    if telling <= 0.0:
        return None
    rng = np.random.default_rng(seed)
    measured = plausible(right, checked, draws, rng)
    found = plausible(skill.true_found, skill.true_cases, draws, rng)
    refused = plausible(skill.false_refused, skill.false_cases, draws, rng)
    worth = found + refused - 1.0
    if (worth <= 0.0).mean() > _TELLING:
        return None
    kept = worth > 0.0
    drawn = np.clip((measured + refused - 1.0)[kept] / worth[kept], 0.0, 1.0)
    value = (right / checked + specificity.value - 1.0) / telling
    estimate = middle(min(max(value, 0.0), 1.0), drawn)
    # Shares of 0 and 1 lie outside of what is drawn: an interval holds its own value.
    return Estimate(
        estimate.value, min(estimate.low, estimate.value), max(estimate.high, estimate.value)
    )


def _skill(name: str | None, seeded: Sequence[Seeded]) -> Skill:
    true = [each.finding for each in seeded if each.is_cc]
    false = [each.finding for each in seeded if not each.is_cc]
    return Skill(
        reviewer=name,
        true_cases=sum(each is not Finding.UNSURE for each in true),
        true_found=sum(each is Finding.CC for each in true),
        false_cases=sum(each is not Finding.UNSURE for each in false),
        false_refused=sum(each is Finding.NOT_CC for each in false),
        unsure=sum(each.finding is Finding.UNSURE for each in seeded),
    )
