"""
How often detection is right: what was stated when a case was opened, held against its answer.

Only what somebody checked has an answer, and the likeliest are checked first. So every share
stands beside what it would be if all that was not checked were wrong, or right.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify.intervals import Estimate, jeffreys, middle, share

BANDS: Final = 10
"""Bands of probability of a tenth each; the last holds 1."""

DRAWS: Final = 2_000
"""Samples of the bootstrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    One episode of a case: what detection stated, and what came out, if anything did.

    Cases that nobody checked belong to the input as well: without them nobody can tell
    whom the checked ones speak for.
    """

    case: int
    probability: float  # That detection gave when the case was opened, 0..1.
    detectors: tuple[str, ...]  # Codes of its strongest reasons.
    month: str  # In which the case was opened, such as 2026-11.
    outcome: Finding | None  # None: nobody checked it.
    methods: frozenset[Method] = frozenset()  # How it was checked.
    opened_ms: int
    listed_ms: int | None = None  # None: not listed, or not yet.
    may_be_listed: bool = True  # Its class may; a shared host waits for nothing.
    was_still_contacted: bool | None = None  # By suspects, when it was published.
    was_stale: bool | None = None  # It was gone already when it was published.
    shift: float = 0.0  # The correction of `recalibration` that the probability went through.
    slope: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"probability {self.probability} is outside 0..1")
        if self.slope <= 0.0:
            raise ValueError(f"slope {self.slope} turns the order round")

    @property
    def is_checked(self) -> bool:
        """
        Tell whether it has an answer that counts.

        One who is unsure gave none, and flow does not check what flow found.
        """
        return self.outcome in {Finding.CC, Finding.NOT_CC} and bool(self.methods - {Method.FLOW})

    @property
    def is_right(self) -> bool:
        """Tell whether it was checked and is a C&C server."""
        return self.is_checked and self.outcome is Finding.CC

    @property
    def rests_on_reviewers(self) -> bool:
        """Tell whether people alone answered it, and nothing that cannot misjudge."""
        return self.is_checked and self.methods - {Method.FLOW} == {Method.ANALYST}

    @property
    def band(self) -> int:
        """Number its band of probability, from 0."""
        return min(int(self.probability * BANDS), BANDS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Some of the cases, and how many of them are what detection took them for."""

    name: str
    cases: int
    checked: int
    right: int
    stated: float  # So many of the checked should be right: the sum of their probabilities.
    precision: Estimate | None  # Of the checked; None: none was checked.
    if_all_wrong: float  # Share of all cases, were everything unchecked wrong.
    if_all_right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Precision over all cases, each checked one standing for the unchecked of its band."""

    precision: Estimate
    cases: int  # In bands of which something was checked: only for these it speaks.


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether probabilities mean what they say, over the checked cases."""

    brier: Estimate  # Mean squared error; 0 is perfect, 0.25 is who always says a half.
    error: Estimate  # Expected calibration error.
    error_by_chance: float  # Nineteen in twenty perfect forecasts of these cases stay below.


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Every table of this page."""

    whole: Row
    unsure: int  # Looked at, and no answer.
    by_flow_alone: int  # "Answers" that only flow gave; they count as unchecked.
    weighed: Weighed | None
    bands: tuple[Row, ...]  # Empty ones are left out.
    detectors: tuple[Row, ...]  # A case counts under each of its reasons.
    months: tuple[Row, ...]
    calibration: Calibration | None


def measure(answers: Sequence[Answer], *, seed: int = 1) -> Precision:
    """
    Measure precision over all cases, and by band, detector and month.

    Args:
        answers: All cases of the time in question, checked or not.
        seed: Of the bootstrap: the same answers give the same report.
    """
    checked = [each for each in answers if each.is_checked]
    named = {Finding.CC, Finding.NOT_CC}
    return Precision(
        whole=_row("all", answers),
        unsure=sum(each.outcome is Finding.UNSURE for each in answers),
        by_flow_alone=sum(each.outcome in named and not each.is_checked for each in answers),
        weighed=weigh(answers),
        bands=_rows(
            answers, lambda each: [f"{each.band / BANDS:.1f}-{(each.band + 1) / BANDS:.1f}"]
        ),
        detectors=_rows(answers, lambda each: dict.fromkeys(each.detectors)),
        months=_rows(answers, lambda each: [each.month]),
        calibration=calibrate(checked, seed=seed) if checked else None,
    )


def weigh(answers: Sequence[Answer]) -> Weighed | None:
    """
    Estimate precision over checked and unchecked cases alike.

    Returns:
        The share with each checked case weighed by the cases of its band over the checked
        ones; None where nothing was checked. The interval is Jeffreys' for as many cases as
        the weights leave effective.

    Notes:
        True only if, within a band, what gets checked does not depend on what comes out. Bands
        without any checked case are left out, and `Weighed.cases` says how many speak.

    Source:
        Horvitz and Thompson (1952), JASA 47:663, for the weights; Korn and Graubard (1998),
        Survey Methodology 24:193, for intervals from an effective number; Kish (1965),
        *Survey Sampling*, section 11.7, for that number.
    """
    cases = np.bincount([each.band for each in answers], minlength=BANDS)
    checked = [each for each in answers if each.is_checked]
    if not checked:
        return None
    seen = np.bincount([each.band for each in checked], minlength=BANDS)
    weights = np.array([cases[each.band] / seen[each.band] for each in checked])
    right = np.array([each.is_right for each in checked])
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    whole = min(float(weights[right].sum() / weights.sum()), 1.0)
    return Weighed(
        precision=jeffreys(whole * effective, effective), cases=int(cases[seen > 0].sum())
    )


def calibrate(checked: Sequence[Answer], *, seed: int = 1, draws: int = DRAWS) -> Calibration:
    """
    Hold probabilities against answers.

    Args:
        checked: Cases with an answer, at least one.
        seed: Of the drawings.
        draws: Number of drawings.

    Notes:
        The calibration error cannot be below 0 and leans upwards where bands hold few cases:
        read it beside `Calibration.error_by_chance`.

    Source:
        Brier (1950), Monthly Weather Review 78:1; Naeini, Cooper and Hauskrecht (2015), AAAI,
        for the error; Efron (1979), Annals of Statistics 7:1, for the bootstrap over cases;
        Broecker and Smith (2007), Weather and Forecasting 22:651, for drawing answers from
        the probabilities themselves.
    """
    stated = np.array([each.probability for each in checked])
    right = np.array([each.is_right for each in checked], dtype=np.float64)
    band = np.array([each.band for each in checked])
    rng = np.random.default_rng(seed)
    errors, squares, by_chance = (np.empty(draws) for _ in range(3))
    for draw in range(draws):
        rows = rng.integers(0, stated.size, stated.size)
        errors[draw] = _error(stated[rows], right[rows], band[rows])
        squares[draw] = ((stated[rows] - right[rows]) ** 2).mean()
        drawn = (rng.random(stated.size) < stated).astype(np.float64)
        by_chance[draw] = _error(stated, drawn, band)
    return Calibration(
        brier=middle(float(((stated - right) ** 2).mean()), squares),
        error=middle(_error(stated, right, band), errors),
        error_by_chance=float(np.quantile(by_chance, 0.95)),
    )


def _error(
    stated: NDArray[np.float64], right: NDArray[np.float64], band: NDArray[np.int64]
) -> float:
    gaps = np.bincount(band, stated - right, BANDS)
    return float(np.abs(gaps).sum() / stated.size)


def _rows(answers: Sequence[Answer], names: Callable[[Answer], Iterable[str]]) -> tuple[Row, ...]:
    groups: dict[str, list[Answer]] = {}
    for each in answers:
        for name in names(each):
            groups.setdefault(name, []).append(each)
    return tuple(_row(name, groups[name]) for name in sorted(groups))


def _row(name: str, answers: Sequence[Answer]) -> Row:
    checked = sum(each.is_checked for each in answers)
    right = sum(each.is_right for each in answers)
    cases = len(answers)
    return Row(
        name=name,
        cases=cases,
        checked=checked,
        right=right,
        stated=sum(each.probability for each in answers if each.is_checked),
        precision=share(right, checked),
        if_all_wrong=right / cases if cases else 0.0,
        if_all_right=(cases - checked + right) / cases if cases else 1.0,
    )
