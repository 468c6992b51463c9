"""
How often the intervals of `hinomi accuracy` hold the truth, where the truth is known.

Run it as ``python benchmarks/accuracy_coverage.py [repetitions]``. The tables that it prints
stand in docs/explanation/how-accuracy-is-measured.md.
"""

import sys
from collections.abc import Callable

import numpy as np
from scipy import special

from hinomi.model.case import Finding
from hinomi.model.evidence import Method
from hinomi.verify import precision, recalibration, recapture, reviewers
from hinomi.verify.intervals import Estimate, jeffreys

METHODS = ("flow", "honeypot", "lists")
Sample = Callable[[np.random.Generator], tuple[float, Estimate | None]]
"""Draws one world; gives the truth and what is estimated of it."""


def share_of(number: int, true: float) -> Sample:
    """Precision of *number* checked cases."""

    def sample(rng: np.random.Generator) -> tuple[float, Estimate | None]:
        return true, jeffreys(rng.binomial(number, true), number)

    return sample


def weighed(cases: int) -> Sample:
    """Precision of all cases where the likeliest are checked first."""

    def sample(rng: np.random.Generator) -> tuple[float, Estimate | None]:
        stated = special.expit(rng.normal(0.0, 2.0, cases))
        true = rng.random(cases) < stated
        checked = rng.random(cases) < 0.1 + 0.8 * stated
        answers = [
            precision.Answer(
                case=row,
                probability=float(stated[row]),
                detectors=("enriched",),
                month="2026-11",
                outcome=(Finding.CC if true[row] else Finding.NOT_CC) if checked[row] else None,
                methods=frozenset({Method.HONEYPOT}),
                opened_ms=0,
            )
            for row in range(cases)
        ]
        told = precision.weigh(answers)
        return float(true.mean()), None if told is None else told.precision

    return sample


def naive(cases: int) -> Sample:
    """The same from the checked cases alone."""

    def sample(rng: np.random.Generator) -> tuple[float, Estimate | None]:
        stated = special.expit(rng.normal(0.0, 2.0, cases))
        true = rng.random(cases) < stated
        checked = rng.random(cases) < 0.1 + 0.8 * stated
        return float(true.mean()), jeffreys(int(true[checked].sum()), int(checked.sum()))

    return sample


def by_reviewers(checked: int, seeded: int, sensitivity: float, specificity: float) -> Sample:
    """Precision put right for the reviewers' errors."""

    def sample(rng: np.random.Generator) -> tuple[float, Estimate | None]:
        said = 0.7 * sensitivity + 0.3 * (1.0 - specificity)
        skill = reviewers.Skill(
            reviewer=None,
            true_cases=seeded,
            true_found=int(rng.binomial(seeded, sensitivity)),
            false_cases=seeded,
            false_refused=int(rng.binomial(seeded, specificity)),
            unsure=0,
        )
        right = int(rng.binomial(checked, said))
        return 0.7, reviewers.corrected(right, checked, skill, draws=2_000)

    return sample


def recall_of(
    servers: int, chances: tuple[float, ...], *, together: float = 0.0, unequal: float = 0.0
) -> Sample:
    """
    Recall of flow.

    Args:
        servers: How many there are.
        chances: Of each method to find one.
        together: Log odds ratio between the second and the third method.
        unequal: Deviation of how easily servers are found, log-odds, alike for all methods.
    """

    def sample(rng: np.random.Generator) -> tuple[float, Estimate | None]:
        ease = rng.normal(0.0, unequal, servers) if unequal else np.zeros(servers)
        found = [rng.random(servers) < special.expit(special.logit(p) + ease) for p in chances]
        if together:
            moved = special.logit(chances[2]) + together * (found[1] - chances[1])
            found[2] = rng.random(servers) < special.expit(moved)
        told = recapture.estimate(
            {
                name: np.flatnonzero(each).tolist()
                for name, each in zip(METHODS[: len(found)], found, strict=True)
            },
            "flow",
        )
        return float(found[0].mean()), None if told is None else told.recall

    return sample


CASES: dict[str, Sample] = {
    "precision, 10 checked, true 0.9": share_of(10, 0.9),
    "precision, 40 checked, true 0.9": share_of(40, 0.9),
    "precision, 200 checked, true 0.9": share_of(200, 0.9),
    "all 100 cases, likeliest checked first, weighed": weighed(100),
    "all 300 cases, likeliest checked first, weighed": weighed(300),
    "the same 300, checked ones alone": naive(300),
    "100 answers of reviewers 0.9/0.9, 30 seeded of each": by_reviewers(100, 30, 0.9, 0.9),
    "100 answers of reviewers 0.95/0.8, 100 seeded of each": by_reviewers(100, 100, 0.95, 0.8),
    "recall, 100 servers, two independent 0.4 0.3": recall_of(100, (0.4, 0.3)),
    "recall, 300 servers, two independent 0.4 0.3": recall_of(300, (0.4, 0.3)),
    "recall, 100 servers, three independent 0.4 0.3 0.3": recall_of(100, (0.4, 0.3, 0.3)),
    "recall, 300 servers, three independent 0.4 0.3 0.3": recall_of(300, (0.4, 0.3, 0.3)),
    "recall, 300, honeypot and lists odds ratio 4": recall_of(
        300, (0.4, 0.3, 0.3), together=float(np.log(4.0))
    ),
    "recall, 300, two, servers unequal by 1": recall_of(300, (0.4, 0.3), unequal=1.0),
    "recall, 300, three, servers unequal by 1": recall_of(300, (0.4, 0.3, 0.3), unequal=1.0),
}


LESSONS: dict[str, tuple[float, float, int]] = {
    "calibrated, 100": (0.0, 1.0, 100),
    "calibrated, 400": (0.0, 1.0, 400),
    "log-odds 1 too high, 100": (-1.0, 1.0, 100),
    "slope 0.6, 100": (0.0, 0.6, 100),
    "both, 100": (-1.0, 0.6, 100),
    "both, 300": (-1.0, 0.6, 300),
}
"""Shift, slope and number of answers."""

CERTAINTIES = (0.5, 0.95, 0.999)


def proposed(shift: float, slope: float, number: int, certainty: float, seed: int) -> bool:
    """Tell whether answers of that truth lead to a proposal."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(0.0, 2.5, number)
    true = rng.random(number) < special.expit(shift + slope * raw)
    answers = [
        precision.Answer(
            case=row,
            probability=round(float(special.expit(raw[row])), 6),
            detectors=("enriched",),
            month="2026-11",
            outcome=Finding.CC if true[row] else Finding.NOT_CC,
            methods=frozenset({Method.HONEYPOT}),
            opened_ms=0,
        )
        for row in range(number)
    ]
    rules = recalibration.Rules(certainty=certainty)
    told = recalibration.learn(answers, recalibration.Correction(), rules)
    return told.proposal is not None


def lessons(repetitions: int) -> None:
    """Print how often a correction is proposed, at each certainty."""
    print("| truth, answers | " + " | ".join(f"at {each}" for each in CERTAINTIES) + " |")
    print("|---" * (1 + len(CERTAINTIES)) + "|")
    for name, truth in LESSONS.items():
        counts = [
            sum(proposed(*truth, certainty, seed) for seed in range(repetitions))
            for certainty in CERTAINTIES
        ]
        told = " | ".join(f"{each} of {repetitions}" for each in counts)
        print(f"| {name} | {told} |", flush=True)


def main(repetitions: int) -> None:
    """Print one line a case: how often the truth is inside, and on which side it lies else."""
    print("| what is measured | inside | truth below | truth above | no answer | mean error |")
    print("|---|---|---|---|---|---|")
    for name, sample in CASES.items():
        rng = np.random.default_rng(1)
        drawn = [sample(rng) for _ in range(repetitions)]
        told = [(true, estimate) for true, estimate in drawn if estimate is not None]
        below = sum(true < estimate.low for true, estimate in told) / len(told)
        above = sum(true > estimate.high for true, estimate in told) / len(told)
        error = sum(estimate.value - true for true, estimate in told) / len(told)
        print(
            f"| {name} | {1 - below - above:.3f} | {below:.3f} | {above:.3f} "
            f"| {1 - len(told) / repetitions:.3f} | {error:+.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    main(times)
    lessons(max(times // 5, 1))
