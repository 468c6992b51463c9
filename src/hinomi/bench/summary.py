"""Results of several worlds as one figure with its interval."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hinomi.bench.calibration import CONFIDENCE, Calibration
from hinomi.bench.result import Result, drawn_world
from hinomi.bench.score import Share
from hinomi.errors import UsageError

RECALLS: Final = np.linspace(0.0, 1.0, 51)
"""Where precision-recall curves are averaged."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over worlds."""

    value: float
    half: float | None  # Half of the 95 % interval; None of one world.
    worlds: int


def mean_of(values: Iterable[float | None]) -> Mean | None:
    """
    Average what worlds gave, with Student's interval; None of nothing.

    Args:
        values: One a world; None where a world had nothing to measure, which is left out.

    Notes:
        The interval is of worlds like these, drawn anew. It does not know that a share ends
        at 1.

    Source:
        Student (1908), Biometrika 6:1.
    """
    given = np.array([value for value in values if value is not None], dtype=np.float64)
    if given.size == 0:
        return None
    if given.size == 1:
        return Mean(float(given[0]), None, 1)
    spread = float(given.std(ddof=1)) / float(np.sqrt(given.size))
    width = float(stats.t.ppf((1 + CONFIDENCE) / 2, given.size - 1))
    return Mean(float(given.mean()), width * spread, given.size)


def mean_over_worlds(
    results: Sequence[Result], value: Callable[[Result], float | None]
) -> Mean | None:
    """
    Average one figure over worlds, with its interval.

    Notes:
        Samples of one world are averaged first: they are no new worlds. Where there is one
        world only, the interval is over its samples, and tells the luck of sampling alone.
    """
    worlds: dict[str, list[Result]] = {}
    for each in results:
        worlds.setdefault(drawn_world(each), []).append(each)
    if len(worlds) == 1:
        return mean_of(value(each) for each in results)
    samples = (mean_of(value(each) for each in some) for some in worlds.values())
    return mean_of(None if mean is None else mean.value for mean in samples)


def once(results: Sequence[Result]) -> list[Result]:
    """
    Keep each result once: a world that counts double has the say of two.

    Raises:
        UsageError: If two results of one method on one world differ.
    """
    kept: dict[tuple[str, str], Result] = {}
    for each in results:
        if kept.setdefault((each.method, each.world), each) != each:
            raise UsageError(
                f"there are two results of {each.method} on {each.world}, which differ; "
                "leave one of them out, or give the worlds different names"
            )
    return list(kept.values())


def by_method(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Part results by method, in the order in which methods first come."""
    parts: dict[str, list[Result]] = {}
    for each in results:
        parts.setdefault(each.method, []).append(each)
    return parts


def pooled_groups(results: Sequence[Result], kind: str) -> dict[str, Share]:
    """Add up what was found, by the groups of one *kind* (family, size, tier, design)."""
    pooled: dict[str, Share] = {}
    for each in results:
        for group, share in each.score.groups.get(kind, {}).items():
            pooled[group] = pooled.get(group, Share(0, 0)) + share
    return pooled


def pooled_traps(results: Sequence[Result]) -> dict[str, float]:
    """Give the wrong ones in the first 100 by label, a mean over worlds, most first."""
    counts: dict[str, float] = {}
    for each in results:
        for label, count in each.score.traps.items():
            counts[label] = counts.get(label, 0.0) + count / len(results)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def pooled_calibration(results: Sequence[Result], name: str) -> Calibration | None:
    """Add up the calibration called *name*; None if no result has it."""
    pooled: Calibration | None = None
    for each in results:
        sums = each.calibration.get(name)
        if sums is not None:
            pooled = sums if pooled is None else pooled + sums
    return pooled


def mean_curve(results: Sequence[Result]) -> NDArray[np.float64]:
    """
    Average precision-recall curves over worlds.

    Returns:
        Precision at each of RECALLS: the best that is reached at this recall or above, 0
        where it is never reached, mean over the worlds with anything to find.
    """
    curves = [_interpolated(each.score.curve) for each in results if each.sought]
    return np.mean(curves, axis=0) if curves else np.zeros(RECALLS.size)


def _interpolated(curve: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    recall, precision = np.array(curve, dtype=np.float64).reshape(-1, 2).T
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    # Recalls were rounded when they were kept: a little less reaches them too.
    filled: NDArray[np.float64] = best[np.searchsorted(recall + 1e-6, RECALLS)]
    return filled
