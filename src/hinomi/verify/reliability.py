"""
How far a source can be trusted: learned from answers, begun from a registered grade.

A source's reliability is the share of its statements that turn out right. Each checked answer
counts one for or against it (beta-binomial); before there are any, the grade that a person
registered counts as a few. People see it as an Admiralty code: a letter for the source, a digit
for the item.

No answer counts for a source that it gave itself: see `outcomes`.

Source:
    Admiralty code: NATO AJP-2.1. Its numbers: MISP's taxonomy admiralty-scale, A 100, B 75,
    C 50, D 25, E 0, F 50. Beta-binomial: Jeffreys (1946), Proc. R. Soc. A 186:453.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from scipy import special

from hinomi.govern.parameters import Register
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.verify.independence import independent_methods

_JEFFREYS: Final = 0.5
"""Outcomes of each kind that stand for knowing nothing."""

_SAYS_CC: Final = frozenset({Claim.CC, Claim.COMPROMISED})
_SAYS_OTHER: Final = frozenset({Claim.BENIGN, Claim.LOADER, Claim.SINKHOLE, Claim.SHARED})
"""`GONE` and `MOVED` speak of another time than the verdict, `SUPPORT` of no verdict at all."""

_LEAST_SPREAD: Final = 1e-6

_FLAT: Final = 0.5
"""A claim that its own source holds for less likely than not is none."""


class Grade(StrEnum):
    """The letter of the Admiralty code: how far a source can be trusted."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"

    @property
    def worth(self) -> float:
        """Give MISP's number for it as a share, 0..1; F is 0.5 and means not known."""
        return _WORTH[self]

    @property
    def text(self) -> str:
        """Say it in words."""
        return _GRADE_WORDS[self][0]

    @property
    def text_ja(self) -> str:
        """Say it in Japanese words."""
        return _GRADE_WORDS[self][1]


_WORTH: Final = {
    Grade.A: 1.0, Grade.B: 0.75, Grade.C: 0.5, Grade.D: 0.25, Grade.E: 0.0, Grade.F: 0.5,
}  # fmt: skip

_GRADE_WORDS: Final = {
    Grade.A: ("completely reliable", "完全に信頼できる"),
    Grade.B: ("usually reliable", "たいてい信頼できる"),
    Grade.C: ("fairly reliable", "ある程度信頼できる"),
    Grade.D: ("not usually reliable", "あまり信頼できない"),
    Grade.E: ("unreliable", "信頼できない"),
    Grade.F: ("reliability cannot be judged", "信頼性を判断できない"),
}

_GRADE_FROM: Final = ((0.875, Grade.A), (0.625, Grade.B), (0.375, Grade.C), (0.125, Grade.D))
"""A mean from here on has this letter: half way between MISP's numbers. Below all: E."""

_CREDIBLE_FROM: Final = ((0.625, 2), (0.375, 3), (0.125, 4))
_CONFIRMED_FROM: Final = 0.875
_IMPROBABLE: Final = 5
_UNJUDGED: Final = 6

_CREDIBILITY_WORDS: Final = {
    1: ("confirmed by other sources", "他の情報源により確認済み"),
    2: ("probably true", "おそらく真実"),
    3: ("possibly true", "真実の可能性がある"),
    4: ("doubtful", "疑わしい"),
    5: ("improbable", "真実とは考えにくい"),
    6: ("truth cannot be judged", "真偽を判断できない"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What reliability is reckoned with; the values that ship stand in the register."""

    prior_outcomes: float = 4.0  # So many answers a registered grade is worth.
    least_outcomes: int = 5  # With fewer, and no registered grade, a source is F.
    interval: float = 0.9  # Mass of the credible interval, half of the rest on each side.
    verdict_methods: int = 2  # So many independent methods a verdict must have without the source.

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``evidence.*``."""
        return cls(
            prior_outcomes=register.number("evidence.prior_outcomes"),
            least_outcomes=register.integer("evidence.least_outcomes"),
            interval=register.number("evidence.interval"),
            verdict_methods=register.integer("evidence.verdict_methods"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A source, and how often checked answers bore it out."""

    name: str
    method: Method
    right: int = 0
    wrong: int = 0
    grade: Grade = Grade.F  # As a person registered it; F: nobody could say.

    def __post_init__(self) -> None:
        if min(self.right, self.wrong) < 0:
            raise ValueError(f"{self.name} was right {self.right} and wrong {self.wrong} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The probability that a statement of one source is right, as far as answers tell."""

    name: str
    method: Method
    mean: float  # 0..1, never 0 or 1.
    low: float  # Ends of the credible interval.
    high: float
    grade: Grade  # The letter to show.
    right: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A checked answer: what a service turned out to be, and all that was said of it before."""

    is_cc: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What checked answers say of one source."""

    right: int = 0
    wrong: int = 0
    circular: int = 0  # Answers that would not stand without it, and so say nothing of it.


def outcomes(
    source: str, answers: Iterable[Answer], groups: Mapping[str, str], *, verdict_methods: int
) -> Outcomes:
    """
    Count how often *source* was right, leaving out every answer that rested on it.

    If a list's word helped to make a verdict, the verdict is no check of the list: it would be
    right because it was believed, be believed more, and be right more often. An answer counts
    only if it stands when the source is taken away, and with it all that is not independent of
    it: sources of its group (copies of it) and, where the answer bears it out, of its method
    (they err for the same reasons).

    Args:
        source: Its name.
        answers: One for each checked case.
        groups: The independence group of each source; one that is missing stands alone.
        verdict_methods: So many independent methods must still speak for the answer.

    Returns:
        Right and wrong answers, and those left out. Where a source changed its mind, its
        latest word counts.

    Notes:
        Entries of which nobody else speaks are never answered, and a list's mistakes are more
        often among them than its truths: what comes out is measured in
        docs/reference/independence.md.
    """
    right = wrong = circular = 0
    for answer in answers:
        own = [
            each for each in answer.evidence if each.source == source and _side(each) is not None
        ]
        if not own:
            continue
        is_right = _side(max(own, key=lambda each: each.observed_day)) == answer.is_cc
        if _stands_without(own, answer, groups, is_right=is_right) < verdict_methods:
            circular += 1
        elif is_right:
            right += 1
        else:
            wrong += 1
    return Outcomes(right, wrong, circular)


def _stands_without(
    own: Collection[Evidence], answer: Answer, groups: Mapping[str, str], *, is_right: bool
) -> int:
    """Count the methods for *answer* that are independent of those who said *own*."""
    # Sources of its method may contradict it (a list of public servers does), not bear it out.
    methods = {each.method for each in own} if is_right else set()
    taken = {groups.get(each.source, each.source) for each in own}
    rest = (
        each
        for each in answer.evidence
        if _side(each) == answer.is_cc
        and each.method not in methods
        and groups.get(each.source, each.source) not in taken
    )
    return independent_methods(rest, groups)


def _side(evidence: Evidence) -> bool | None:
    """Tell whether it says C&C, says something else, or (None) gives no verdict."""
    if evidence.strength is not None and evidence.strength < _FLAT:
        return None
    if evidence.claim in _SAYS_CC:
        return True
    return False if evidence.claim in _SAYS_OTHER else None


def reliabilities(records: Collection[SourceRecord], grading: Grading) -> dict[str, Reliability]:
    """
    Judge every source.

    A source that nobody graded begins as the other sources of its method turned out to be, as
    far as their answers tell and agree (empirical Bayes); each of them counts once at most, so
    that a long list does not speak for short ones. One with a grade begins with that.

    Args:
        records: One for each source.
        grading: What they are judged with.

    Returns:
        By name.

    Raises:
        ValueError: If two records have one name (the caller's bug).

    Notes:
        Measured in docs/reference/independence.md.
    """
    found = {each.name: _judge(each, _prior(each, records, grading), grading) for each in records}
    if len(found) != len(records):
        raise ValueError("two records have one name")
    return found


def _prior(
    record: SourceRecord, records: Iterable[SourceRecord], grading: Grading
) -> tuple[float, float]:
    """Give the outcomes, right and wrong, that stand for what is known before any."""
    if record.grade is not Grade.F:
        worth, weight = record.grade.worth, grading.prior_outcomes
    else:
        worth, weight = _peers(record, records, grading)
    return _JEFFREYS + weight * worth, _JEFFREYS + weight * (1.0 - worth)


def _peers(
    record: SourceRecord, records: Iterable[SourceRecord], grading: Grading
) -> tuple[float, float]:
    """Give the mean of the other sources of its method, and the outcomes that it is worth."""
    known: list[tuple[float, float]] = []
    for peer in records:
        count = peer.right + peer.wrong
        if peer.name != record.name and peer.method is record.method and count:
            share = (peer.right + _JEFFREYS) / (count + 2.0 * _JEFFREYS)
            known.append((count / (count + grading.prior_outcomes), share))
    total = sum(part for part, _ in known)
    if not total:
        return Grade.F.worth, 0.0
    mean = sum(part * share for part, share in known) / total
    spread = sum(part * (share - mean) ** 2 for part, share in known) / total
    # The more they differ, the less they tell: the beta law of that mean and spread weighs so much.
    alike = max(mean * (1.0 - mean) / max(spread, _LEAST_SPREAD) - 1.0, 0.0)
    return mean, min(grading.prior_outcomes, alike) * total / (total + 1.0)


def _judge(record: SourceRecord, prior: tuple[float, float], grading: Grading) -> Reliability:
    right, wrong = prior[0] + record.right, prior[1] + record.wrong
    rest = (1.0 - grading.interval) / 2.0
    mean = right / (right + wrong)
    is_unknown = record.grade is Grade.F and record.right + record.wrong < grading.least_outcomes
    return Reliability(
        name=record.name,
        method=record.method,
        mean=mean,
        low=float(special.betaincinv(right, wrong, rest)),
        high=float(special.betaincinv(right, wrong, 1.0 - rest)),
        grade=Grade.F if is_unknown else grade_of(mean),
        right=record.right,
        wrong=record.wrong,
    )


def grade_of(mean: float) -> Grade:
    """Give the letter, A to E, whose number in MISP is nearest to *mean*, 0..1."""
    return next((grade for least, grade in _GRADE_FROM if mean >= least), Grade.E)


def credibility(posterior: float, *, methods_for: int, methods_against: int, confirmed: int) -> int:
    """
    Give the digit of the Admiralty code for one item.

    Args:
        posterior: Probability that it is true, from all evidence, 0..1.
        methods_for: Independent methods that speak for it.
        methods_against: Independent methods that speak against it.
        confirmed: So many methods for it, with none against it, confirm it.

    Returns:
        1 (confirmed by independent methods, at 0.875 or more) to 5 (improbable), each nearest
        to MISP's number as letters are; 6 where nobody says anything. However probable, what
        is not confirmed is 2 at best.
    """
    if methods_for == methods_against == 0:
        return _UNJUDGED
    if posterior >= _CONFIRMED_FROM and methods_for >= confirmed and methods_against == 0:
        return 1
    return next((digit for least, digit in _CREDIBLE_FROM if posterior >= least), _IMPROBABLE)


def credibility_text(digit: int) -> tuple[str, str]:
    """Say the digit of the Admiralty code in English and in Japanese words."""
    return _CREDIBILITY_WORDS[digit]
