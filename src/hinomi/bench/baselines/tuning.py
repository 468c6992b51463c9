"""
Tuning of baselines: the setting with the best average precision on development worlds.

What is tuned now was tuned on 2026-11-22 on five worlds of the development split that the
commands below draw (seven days at 1 in 10,000, families drawn anew for each), by their mean:
``hinomi bench world --kind dense --split development --lines 20000`` with the seeds 101, 102
and 103, and ``--kind sparse --lines 60000`` with 111 and 112. The forest that ships was
trained on the same five. ``benchmarks/tune_baselines.py`` tunes and trains anew, on worlds whose
seeds are below 100.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hinomi.bench.baselines.forest import TrueForest
from hinomi.bench.baselines.interface import Baseline, Observed, named
from hinomi.bench.score import average_precision
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
        A forest that learns from truth is trained on the other worlds each time.
        All settings, the best mean average precision first; of equal ones the first tried.
    """
    tried = [
        Tuned(baseline=each, precision=tuple(_quality_of_each(each, worlds)))
        for each in baseline.alternatives()
    ]
    return sorted(tried, key=lambda one: -one.mean)


def _quality_of_each(baseline: Baseline, worlds: Sequence[Observed]) -> Iterator[float]:
    for number, world in enumerate(worlds):
        others = [other for place, other in enumerate(worlds) if place != number]
        judge = baseline.trained(others) if isinstance(baseline, TrueForest) else baseline
        yield quality(judge, world)


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
        0..1, by the rules of `bench.score`: over the detectable C&C servers that no list of
        known ones names; another unknown C&C is right, and asked for by nobody.
    """
    services = world.survey.services
    listed = named(services, world.lists, [ListKind.KNOWN_CC])
    order = positions(keys(table, SERVICE), keys(services, SERVICE))
    order = order[~listed[order]]
    right, wanted = world.cc()[order], world.detectable()[order]
    return average_precision(right, wanted, _wanted(world)) or 0.0


def _wanted(world: Observed) -> int:
    """Count what is to be found, met by the survey or not."""
    unlisted = ~named(world.truth, world.lists, [ListKind.KNOWN_CC])
    found = (ints(world.truth, "cc") == 1) & (ints(world.truth, "detectable") == 1)
    return int((found & unlisted).sum())
