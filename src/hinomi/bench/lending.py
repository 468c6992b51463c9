"""
Probabilities lent to methods that have only scores, so that they can be compared in these too.

What a score means is learned from the *truth* of the other worlds of the table: more than
any operator has, and more than hinomi is given.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from hinomi.bench.result import Result, ScoredRows, calibrations, drawn_world
from hinomi.bench.score import Fact, shown
from hinomi.bench.summary import by_method

_PSEUDO: Final = 0.5
"""Right ones and wrong ones added to each step: none is certain."""


def lend(results: Sequence[Result]) -> list[Result]:
    """
    Give probabilities to the results of methods that state none.

    Args:
        results: Of one or more methods and worlds.

    Returns:
        The same in the same order. Where a method has scores on at least one other world,
        figures and calibration that need probabilities are filled.

    Source:
        Isotonic regression of what is right on the score: Zadrozny and Elkan (2002), KDD.
    """
    others = by_method(results)
    return [
        each if each.rows is None else _lent(each, each.rows, _elsewhere(each, others[each.method]))
        for each in results
    ]


def _elsewhere(result: Result, results: Sequence[Result]) -> list[Result]:
    """Give the results of other worlds: another sample of the same one has the same truth."""
    return [one for one in results if drawn_world(one) != drawn_world(result)]


def _lent(result: Result, rows: ScoredRows, others: Sequence[Result]) -> Result:
    teachers = [one.rows for one in others if one.rows is not None and one.rows.scores]
    if not teachers:
        return result
    curve = _learn(teachers)
    scores = np.array(rows.scores, np.float64)
    facts = np.array(rows.facts, np.int64)
    place = np.searchsorted(curve[0], scores, side="right") - 1
    probability = curve[1][np.maximum(place, 0)]
    missed = sum(one.missed[0] for one in teachers)
    rest = sum(each.services for each in others) - sum(len(one.scores) for one in teachers)
    base = (missed + _PSEUDO) / (max(rest, 0) + 2 * _PSEUDO)
    figures = shown(probability, facts, sought=result.sought, alive=rows.alive, days=result.days)
    return replace(
        result,
        score=replace(result.score, figures=result.score.figures | figures),
        calibration=calibrations(
            probability, facts, rows.missed, met=result.services, unjudged=min(base, 1.0)
        ),
    )


def _learn(teachers: Sequence[ScoredRows]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the steps of the curve: from which score on, ascending, and what it means."""
    scores = np.concatenate([one.scores for one in teachers])
    facts = np.concatenate([np.array(one.facts, np.int64) for one in teachers])
    levels, place = np.unique(scores, return_inverse=True)
    count = np.bincount(place).astype(np.float64)
    right = np.bincount(place, weights=(facts & Fact.RIGHT) != 0)
    blocks = optimize.isotonic_regression(right / count, weights=count).blocks
    starts = blocks[:-1]
    shares = (np.add.reduceat(right, starts) + _PSEUDO) / (
        np.add.reduceat(count, starts) + 2 * _PSEUDO
    )
    # A small block may fall below its neighbour once none is certain.
    return levels[starts], np.maximum.accumulate(shares)
