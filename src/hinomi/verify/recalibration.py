"""
What answers teach detection: by how much its log-odds should be shifted and stretched.

Two numbers, so that a few dozen answers can teach them, and both keep the order of the
candidates. They start from "change nothing" and leave it only as far as the answers insist.
Nothing is proposed unless probabilities of answers that were held back get better by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from hinomi.verify.intervals import WIDTH, Estimate
from hinomi.verify.precision import Answer

FOLDS: Final = 10
SHIFT_SPREAD: Final = 1.0
"""Prior deviation of the shift, in log-odds."""

SLOPE_SPREAD: Final = 0.35
"""Prior deviation of ln slope: half to twice within two of them."""

LEAST_OF_EACH: Final = 20
"""Right answers, and wrong ones, below which nothing is proposed."""

CERTAINTY: Final = 0.95
"""How sure it must be, at least, that held-back answers got better."""

LEAST: Final = 1e-6
"""Stated probabilities are rounded to six digits: 1 means no more than 1 less this."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Log-odds become *shift* + *slope* times themselves; 0 and 1 change nothing."""

    shift: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        if self.slope <= 0.0:
            raise ValueError(f"slope {self.slope} turns the order round")

    def apply(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Correct log-odds; their order stays."""
        return self.shift + self.slope * log_odds

    def undo(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the log-odds of before the correction."""
        return (log_odds - self.shift) / self.slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When answers are enough; the register has each under ``accuracy.``."""

    least_of_each: int = LEAST_OF_EACH
    shift_spread: float = SHIFT_SPREAD
    slope_spread: float = SLOPE_SPREAD
    certainty: float = CERTAINTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What the answers come to, and whether it is enough to change something."""

    right: int
    wrong: int
    shift: Estimate | None  # None: without answers there is nothing to fit.
    slope: Estimate | None
    loss_before: float | None  # Nats an answer, with the correction in force.
    loss_after: float | None  # The same, each answer by a fit that never saw it.
    gain: Estimate | None  # Mean of what is won per answer, with its 95 % interval.
    proposal: Correction | None  # None: not enough.
    why: str  # In one sentence.


def learn(
    answers: Sequence[Answer],
    in_force: Correction,
    rules: Rules | None = None,
    *,
    seed: int = 1,
) -> Lesson:
    """
    Learn a correction from the checked cases among *answers*.

    Args:
        answers: Their probabilities are first freed of the correction that they went through.
        in_force: The correction that detection applies now.
        rules: When answers are enough.
        seed: Of the division into folds.

    Returns:
        A proposal takes the place of what is in force; it is not put on top of it.

    Notes:
        What gets checked may depend on what was stated, but not, given that, on the truth. The
        interval of the gain takes answers for independent and folds for separate; neither is
        quite so, and it is somewhat too narrow.

    Source:
        Cox (1958), Biometrika 45:562, and Platt (1999) for the two numbers; Le Cessie and van
        Houwelingen (1992), Applied Statistics 41:191, for penalised fits; cross-validation:
        Stone (1974), JRSS B 36:111.
    """
    rules = rules or Rules()
    checked = [each for each in answers if each.is_checked]
    true = np.array([each.is_right for each in checked], dtype=bool)
    right, wrong = int(true.sum()), int((~true).sum())
    if not checked:
        return _nothing("No case was checked.")
    raw = np.array([_raw(each) for each in checked])
    shift, slope = _with_ends(raw, true, rules)
    before = losses(in_force.apply(raw), true)
    after = _held_back(raw, true, rules, seed)
    won = before - after
    error = float(won.std(ddof=1) / np.sqrt(won.size)) if won.size > 1 else np.inf
    mean = float(won.mean())
    why = _doubt(right, wrong, mean, error, rules)
    return Lesson(
        right=right,
        wrong=wrong,
        shift=shift,
        slope=slope,
        loss_before=float(before.mean()),
        loss_after=float(after.mean()),
        gain=Estimate(mean, mean - WIDTH * error, mean + WIDTH * error),
        proposal=None if why else Correction(shift.value, slope.value),
        why=why or "Answers that were held back are clearly better foretold with the proposal.",
    )


def fit(raw: NDArray[np.float64], true: NDArray[np.bool_], rules: Rules) -> NDArray[np.float64]:
    """
    Fit shift and ln slope, shape (2,).

    Args:
        raw: Log-odds as stated, without any correction, shape (n,).
        true: Whether each is a C&C server.
        rules: How far from "change nothing" the prior lets them go.
    """
    spreads = np.array([rules.shift_spread, rules.slope_spread])
    sign = np.where(true, 1.0, -1.0)

    def cost(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        stretched = np.exp(at[1]) * raw
        odds = sign * (at[0] + stretched)
        pull = -sign * special.expit(-odds)
        value = -special.log_expit(odds).sum() + 0.5 * ((at / spreads) ** 2).sum()
        slopes = np.array([pull.sum(), (pull * stretched).sum()]) + at / spreads**2
        return float(value), slopes

    found = optimize.minimize(cost, np.zeros(2), jac=True, method="BFGS")
    return np.asarray(found.x, dtype=np.float64)


def losses(log_odds: NDArray[np.float64], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give -ln of the probability that was stated for what is true, shape (n,)."""
    return np.asarray(-special.log_expit(np.where(true, log_odds, -log_odds)), dtype=np.float64)


def _raw(answer: Answer) -> float:
    bounded = min(max(answer.probability, LEAST), 1.0 - LEAST)
    went = Correction(answer.shift, answer.slope)
    return float(went.undo(np.array(special.logit(bounded))))


def _with_ends(
    raw: NDArray[np.float64], true: NDArray[np.bool_], rules: Rules
) -> tuple[Estimate, Estimate]:
    """Give shift and slope with intervals from the curvature of the penalised likelihood."""
    shift, stretch = fit(raw, true, rules)
    stretched = np.exp(stretch) * raw
    weight = special.expit(shift + stretched) * special.expit(-(shift + stretched))
    columns = np.column_stack([np.ones(raw.size), stretched])
    prior = np.diag([rules.shift_spread**-2, rules.slope_spread**-2])
    spread = WIDTH * np.sqrt(
        np.diag(np.linalg.inv(columns.T @ (columns * weight[:, None]) + prior))
    )
    return (
        Estimate(float(shift), float(shift - spread[0]), float(shift + spread[0])),
        Estimate(
            float(np.exp(stretch)),
            float(np.exp(stretch - spread[1])),
            float(np.exp(stretch + spread[1])),
        ),
    )


def _held_back(
    raw: NDArray[np.float64], true: NDArray[np.bool_], rules: Rules, seed: int
) -> NDArray[np.float64]:
    """Give the loss of each answer by a fit to the other folds, shape (n,)."""
    fold = np.random.default_rng(seed).permutation(raw.size) % min(FOLDS, raw.size)
    after = np.empty(raw.size)
    for each in range(int(fold.max()) + 1):
        held = fold == each
        shift, stretch = fit(raw[~held], true[~held], rules)
        after[held] = losses(shift + np.exp(stretch) * raw[held], true[held])
    return after


def _doubt(right: int, wrong: int, mean: float, error: float, rules: Rules) -> str:
    """Say why it is not enough; empty where it is."""
    least = rules.least_of_each
    if min(right, wrong) < least:
        return (
            f"Not enough: {right} right and {wrong} wrong answers; "
            f"at least {least} of each are wanted."
        )
    if mean - float(stats.norm.ppf(rules.certainty)) * error <= 0.0:
        return "Not enough: held-back answers are not clearly better foretold."
    return ""


def _nothing(why: str) -> Lesson:
    return Lesson(
        right=0,
        wrong=0,
        shift=None,
        slope=None,
        loss_before=None,
        loss_after=None,
        gain=None,
        proposal=None,
        why=f"Not enough: {why[0].lower()}{why[1:]}",
    )
