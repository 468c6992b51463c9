"""
Whether reviewers agree with one another.

Agreement alone is easy where nearly every case is of one kind, so it is corrected for what
chance would give. That says nothing of who is right: `reviewers` measures that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.model.case import Finding
from hinomi.verify.intervals import WIDTH, Estimate, middle

DRAWS: Final = 2_000
_SEVERAL: Final = 2

Counts = NDArray[np.float64]
"""Ratings by case and finding, shape (cases, findings)."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one reviewer found of one case, without having seen what others found."""

    case: int
    reviewer: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """How two reviewers agree on the cases that both rated."""

    reviewers: tuple[str, str]
    cases: int
    agreed: int
    kappa: Estimate | None  # None: they never differed in what they say at all.


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How all reviewers agree on the cases that several rated."""

    reviewers: int
    cases: int  # Rated by one reviewer or more.
    several: int  # Rated by two or more: only these tell anything.
    agreed: float | None  # Mean share of pairs of ratings of a case that agree.
    alpha: Estimate | None  # Krippendorff's; None where all ratings are the same.
    ac1: Estimate | None  # Gwet's, which holds where nearly all cases are of one kind.
    pairs: tuple[Pair, ...]


def measure(ratings: Sequence[Rating], *, seed: int = 1, draws: int = DRAWS) -> Agreement:
    """
    Measure agreement over all reviewers and by pair.

    Args:
        ratings: Of each reviewer and case the last one counts.
        seed: Of the bootstrap over cases.
        draws: Its samples.
    """
    last = {(each.case, each.reviewer): each.finding for each in ratings}
    names = sorted({reviewer for _, reviewer in last})
    counts = _counts(last)
    several = counts[counts.sum(axis=1) >= _SEVERAL]
    alpha, ac1 = krippendorff(counts), gwet(counts)
    drawn = _bootstrap(counts, seed, draws) if several.size else np.empty((2, 0))
    return Agreement(
        reviewers=len(names),
        cases=len(counts),
        several=len(several),
        agreed=float(_agreement(several).mean()) if several.size else None,
        alpha=_with_ends(alpha, drawn[0]),
        ac1=_with_ends(ac1, drawn[1]),
        pairs=tuple(
            pair
            for one, other in combinations(names, 2)
            if (pair := _pair(one, other, last)) is not None
        ),
    )


def cohen(table: NDArray[np.int64]) -> Estimate | None:
    """
    Give Cohen's kappa of two reviewers.

    Args:
        table: Cases by what the one and the other found, shape (findings, findings).

    Returns:
        1 for full agreement, 0 for as much as chance gives; None where both always say the
        same one thing. The interval is the large-sample one and is wide below some 50 cases.

    Source:
        Cohen (1960), Educational and Psychological Measurement 20:37; Fleiss, Cohen and
        Everitt (1969), Psychological Bulletin 72:323, for the variance.
    """
    total = table.sum()
    if total == 0:
        return None
    shares = table / total
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    agreed, chance = float(np.trace(shares)), float(rows @ columns)
    if chance >= 1.0:
        return None
    kappa = (agreed - chance) / (1.0 - chance)
    both = columns[:, np.newaxis] + rows[np.newaxis, :]
    diagonal = np.diag(shares) * (1.0 - (rows + columns) * (1.0 - kappa)) ** 2
    off = (1.0 - kappa) ** 2 * (shares * both**2)
    spread = diagonal.sum() + off.sum() - np.trace(off) - (kappa - chance * (1.0 - kappa)) ** 2
    error = WIDTH * float(np.sqrt(max(spread, 0.0) / total)) / (1.0 - chance)
    return Estimate(kappa, max(kappa - error, -1.0), min(kappa + error, 1.0))


def krippendorff(counts: Counts) -> float | None:
    """
    Give Krippendorff's alpha for nominal findings; ratings may be missing.

    Returns:
        None where no case has two ratings, or all ratings are the same.

    Source:
        Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C.
    """
    several = counts[counts.sum(axis=1) >= _SEVERAL]
    by_finding = several.sum(axis=0)
    total = by_finding.sum()
    if total == 0:
        return None
    sizes = several.sum(axis=1)
    differing = ((sizes**2 - (several**2).sum(axis=1)) / (sizes - 1.0)).sum() / total
    expected = (total**2 - (by_finding**2).sum()) / (total * (total - 1.0))
    return None if expected == 0.0 else float(1.0 - differing / expected)


def gwet(counts: Counts) -> float | None:
    """
    Give Gwet's AC1; ratings may be missing.

    Returns:
        None where no case has two ratings.

    Source:
        Gwet (2008), British Journal of Mathematical and Statistical Psychology 61:29. Why it
        stands beside alpha: Feinstein and Cicchetti (1990), Journal of Clinical Epidemiology
        43:543: with nearly all cases of one kind, kappa and alpha are low although reviewers
        hardly ever differ.
    """
    sizes = counts.sum(axis=1)
    rated, several = counts[sizes > 0], counts[sizes >= _SEVERAL]
    if not several.size:
        return None
    shares = (rated / rated.sum(axis=1, keepdims=True)).mean(axis=0)
    chance = float((shares * (1.0 - shares)).sum() / (counts.shape[1] - 1))
    return float((_agreement(several).mean() - chance) / (1.0 - chance))


def _agreement(several: Counts) -> NDArray[np.float64]:
    sizes = several.sum(axis=1)
    agreed: NDArray[np.float64] = (several * (several - 1.0)).sum(axis=1) / (sizes * (sizes - 1.0))
    return agreed


def _counts(last: Mapping[tuple[int, str], Finding]) -> Counts:
    cases = {case: row for row, case in enumerate(dict.fromkeys(case for case, _ in last))}
    place = {finding: column for column, finding in enumerate(Finding)}
    counts = np.zeros((len(cases), len(place)))
    for (case, _), finding in last.items():
        counts[cases[case], place[finding]] += 1
    return counts


def _bootstrap(counts: Counts, seed: int, draws: int) -> NDArray[np.float64]:
    """Draw cases anew and give alpha and AC1 of each drawing, shape (2, draws)."""
    rng = np.random.default_rng(seed)
    drawn = np.full((2, draws), np.nan)
    for draw in range(draws):
        sample = counts[rng.integers(0, len(counts), len(counts))]
        for row, value in enumerate((krippendorff(sample), gwet(sample))):
            drawn[row, draw] = np.nan if value is None else value
    return drawn


def _with_ends(value: float | None, drawn: NDArray[np.float64]) -> Estimate | None:
    """Leave out drawings in which all ratings were the same: they have no alpha."""
    if value is None:
        return None
    told = drawn[np.isfinite(drawn)]
    return middle(value, told) if told.size else Estimate(value, -1.0, 1.0)


def _pair(one: str, other: str, last: Mapping[tuple[int, str], Finding]) -> Pair | None:
    place = {finding: column for column, finding in enumerate(Finding)}
    table = np.zeros((len(place), len(place)), dtype=np.int64)
    for (case, reviewer), finding in last.items():
        if reviewer == one and (case, other) in last:
            table[place[finding], place[last[case, other]]] += 1
    if not table.any():
        return None
    return Pair(
        reviewers=(one, other),
        cases=int(table.sum()),
        agreed=int(np.trace(table)),
        kappa=cohen(table),
    )
