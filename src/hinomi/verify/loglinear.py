"""
Log-linear models of who was found by which methods, for `recapture`.

A model says which pairs of methods find the same servers more, or less, often than chance
would. What no method found follows from it, and only from it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from hinomi.verify.intervals import CONFIDENCE

Pair = tuple[int, int]
"""Two methods, by their place."""

Table = Mapping[tuple[bool, ...], int]
"""Servers by whether each method found them; the cell of those that none found is missing."""

_STEPS: Final = 100
_NEAR: Final = 1e-10
_FAR: Final = 25.0
"""Linear predictors beyond it mean that a cell of nothing is fitted: there is no estimate."""

_MOST: Final = 1e4
"""More unseen servers for each seen one are no estimate but the want of one."""

_DROP: Final = float(stats.chi2.ppf(CONFIDENCE, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One model, fitted."""

    pairs: tuple[Pair, ...]  # That depend on each other; none: all methods are independent.
    unseen: float  # Servers that no method found.
    deviance: float
    free: int  # Cells less parameters; with 0 the model cannot be seen to be wrong.
    aic: float  # Up to what all models of a table have in common.


def models(methods: int) -> tuple[tuple[Pair, ...], ...]:
    """Name the models of two or three methods, the plainest first."""
    pairs = tuple(combinations(range(methods), 2))
    if methods == 2:  # noqa: PLR2004 - two methods leave three cells, and no more to learn.
        return ((),)
    return tuple(
        chosen for number in range(len(pairs) + 1) for chosen in combinations(pairs, number)
    )


def fit(table: Table, pairs: tuple[Pair, ...]) -> Fit | None:
    """
    Fit a model to what was found.

    Returns:
        None where the table does not determine what was not found, as when two methods have
        nothing in common.

    Source:
        Fienberg (1972), Biometrika 59:591; iteratively reweighted least squares for Poisson
        counts: Nelder and Wedderburn (1972), JRSS A 135:370.
    """
    methods = len(next(iter(table)))
    cells = [cell for cell in product((False, True), repeat=methods) if any(cell)]
    counts = np.array([table.get(cell, 0) for cell in cells], dtype=np.float64)
    design = _design(cells, pairs)
    if np.linalg.matrix_rank(design[counts > 0]) < design.shape[1]:
        return None
    weights = _poisson(design, counts)
    if weights is None:
        return None
    unseen = math.exp(weights[0])
    if unseen > _MOST * counts.sum():
        return None
    parameters = design.shape[1]
    deviance = _deviance(counts, np.exp(design @ weights))
    return Fit(
        pairs=pairs,
        unseen=unseen,
        deviance=deviance,
        free=len(cells) - parameters,
        aic=deviance + 2.0 * parameters,
    )


def profile(table: Table, found: Fit) -> tuple[float, float]:
    """
    Give the 95 % interval of the servers that no method found, by profile likelihood.

    Args:
        table: What was found.
        found: The model, fitted to it.

    Returns:
        The ends; math.inf where nothing bounds it from above.

    Source:
        Cormack (1992), Biometrics 48:567: the missing cell is filled in with each number in
        turn, and those numbers stay with which the complete table still fits.
    """
    methods = len(next(iter(table)))
    cells = list(product((False, True), repeat=methods))
    counts = np.array([table.get(cell, 0) if any(cell) else 0 for cell in cells], dtype=float)
    design = _design(cells, found.pairs)

    def excess(unseen: float) -> float:
        full = counts.copy()
        full[0] = unseen
        weights = _poisson(design, full)
        if weights is None:
            return math.inf
        return _deviance(full, np.exp(design @ weights)) - found.deviance - _DROP

    seen = float(counts.sum())
    low = 0.0
    if found.unseen > _NEAR and excess(1e-6) > 0.0:
        low = _root(excess, 1e-6, found.unseen)
    high = max(2.0 * found.unseen, 1.0)
    while excess(high) < 0.0:
        high *= 2.0
        if high > _MOST * seen:
            return low, math.inf
    return low, _root(excess, found.unseen, high)


def _root(excess: Callable[[float], float], one: float, other: float) -> float:
    if excess(one) * excess(other) > 0.0:
        return one
    return float(optimize.brentq(excess, one, other, rtol=1e-6))


def _design(cells: list[tuple[bool, ...]], pairs: tuple[Pair, ...]) -> NDArray[np.float64]:
    """Give the model's columns: 1, each method, each pair; the unseen cell is all 0 but the 1."""
    return np.array(
        [[1.0, *cell, *(cell[one] and cell[other] for one, other in pairs)] for cell in cells],
        dtype=np.float64,
    )


def _poisson(
    design: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Fit logarithms of expected counts; None where they run away."""
    predictor = np.log(counts + 0.5)
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        expected = np.exp(np.clip(predictor, -_FAR, _FAR))
        working = predictor + (counts - expected) / expected
        scaled = design * expected[:, np.newaxis]
        try:
            after = np.linalg.solve(design.T @ scaled, scaled.T @ working)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(after).all() or np.abs(after).max() > _FAR:
            return None
        step = np.abs(after - weights).max()
        weights = after
        predictor = design @ weights
        if step < _NEAR * (1.0 + np.abs(weights).max()):
            break
    return weights


def _deviance(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    return float(2.0 * (special.xlogy(counts, counts / expected) - (counts - expected)).sum())
