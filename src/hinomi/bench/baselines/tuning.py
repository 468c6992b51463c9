"""Tuning of baselines: the setting with the best average precision on development worlds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.baselines.ranking import Baseline, Observed, named
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.orient import SERVICE
from hinomi.model.listed import ListKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """One setting and what it reached."""

    baseline: Baseline
    precision: tuple[float, ...]  # Average precision on each world, 0..1.

    @property
    def mean(self) -> float:
        """Average precision, mean over the worlds."""
        return float(np.mean(self.precision))


def tune(baseline: Baseline, worlds: Sequence[Observed]) -> list[Tuned]:
    """
    Try every alternative of *baseline* on development worlds.

    Args:
        baseline: What to tune.
        worlds: Development worlds only: what was tuned on a world is not judged on it.

    Returns:
        All settings, the best mean average precision first; of equal ones the first tried.
    """
    tried = [
        Tuned(baseline=each, precision=tuple(quality(each, world) for world in worlds))
        for each in baseline.alternatives()
    ]
    return sorted(tried, key=lambda one: -one.mean)


def quality(baseline: Baseline, world: Observed) -> float:
    """Measure the average precision with which *baseline* finds the unknown C&Cs of *world*."""
    table = baseline.rank(world.engine, world.survey, world.lists, world.register)
    return precision_of(table, world)


def precision_of(table: pa.Table, world: Observed) -> float:
    """
    Measure the average precision of a ranking.

    Args:
        table: What `Baseline.rank` returned.
        world: Tells what is true.

    Returns:
        0..1, over the detectable C&C servers that no list of known ones names. Listed
        services and C&C servers that are not detectable count neither for nor against.
    """
    services = world.survey.services
    wanted = world.detectable()
    listed = named(services, world.lists, [ListKind.KNOWN_CC])
    counts = ~listed & (wanted | ~world.cc())
    order = positions(keys(table, SERVICE), keys(services, SERVICE))
    order = order[counts[order]]
    return average_precision(wanted[order], _wanted(world))


def _wanted(world: Observed) -> int:
    """Count what is to be found, met by the survey or not."""
    unlisted = ~named(world.truth, world.lists, [ListKind.KNOWN_CC])
    found = (ints(world.truth, "cc") == 1) & (ints(world.truth, "detectable") == 1)
    return int((found & unlisted).sum())


def average_precision(hits: NDArray[np.bool_], wanted: int) -> float:
    """
    Average the precision at each hit over all that was wanted.

    Args:
        hits: Whether each place of the ranking is right, first place first.
        wanted: How many are to be found; those not in the ranking count as 0.
    """
    places = np.flatnonzero(hits)
    precision = np.arange(1, places.size + 1) / (places + 1.0)
    return float(precision.sum() / max(wanted, 1))
