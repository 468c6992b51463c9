"""Pairwise beacon score: how clock-like single lines call single services."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.bench.baselines.interface import ranked
from hinomi.detect import passes
from hinomi.detect.columns import floats, ints
from hinomi.detect.observe import Lists
from hinomi.detect.orient import LINE, SERVICE
from hinomi.govern.parameters import Register

# Tuned 2026-11-22, see `tuning`: average precision 0.080, mean over five worlds. Four
# sightings are RITA's own least.
LEAST_SIGHTINGS: Final = 4
LEVEL: Final = 0.5
SHARE_MOST: Final = 0.01
DEGREE_POWER: Final = 0.5

PAIRS: Final = b"pairs"
SIGHTED: Final = b"pairs-sighted-often-enough"

_BINS: Final = 24  # Of the histogram: hours of a day in RITA.


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacons:
    """
    Rank by the beacon scores of the pairs of a service, as in RITA.

    Notes:
        Four parts of a quarter each: regularity of the gaps between sightings, sameness of
        their sizes, how much of the window is covered, how even the histogram over the
        window is. Changed for 1 in 10,000: a sighting is a sampled record, not a
        connection, so that gaps are those of chance; RITA lists pairs, here a service has
        the sum of what its pairs score above a level over a power of its
        clients; the modifier by prevalence is a cut.
        RITA needs four connections of a pair; so does this. The schema metadata of the
        ranking say how many pairs there are (`PAIRS`) and how few have so many sightings
        (`SIGHTED`): 0.54 of 3.7 million in a week of 450,000 lines.
        Cost: the records of those pairs, one part at a time.

    Source:
        RITA 5, Active Countermeasures, analysis/beacons.go: Bowley's skewness and the
        median absolute deviation of gaps and sizes, duration, histogram.
    """

    name: ClassVar[str] = "beacons"
    source: ClassVar[str] = "RITA 5, Active Countermeasures (pairwise beacons)"

    least_sightings: int = LEAST_SIGHTINGS
    level: float = LEVEL  # What a pair scores beyond this counts, 0..1.
    share_most: float = SHARE_MOST  # Of all lines; what more of them use is a public service.
    degree_power: float = DEGREE_POWER  # 0 ranks by the sum over pairs, 1 by their mean.

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score sums over pairs what lies above the level."""
        del register
        services = survey.services
        few = floats(services, "clients") <= max(self.share_most * survey.talking.num_rows, 2)
        held = np.flatnonzero(few)
        chosen = engine.keep_table(_numbered(services.take(pa.array(held)), held))
        score = np.zeros(services.num_rows)
        pairs = sighted = 0
        for part in survey.parts:
            pair = engine.table([part.pairs])
            counted = engine.fetch(_counts(pair, self.least_sightings))
            pairs += int(ints(counted, "pairs")[0])
            sighted += int(ints(counted, "sighted")[0])
            often = engine.keep(_often(pair, chosen, self.least_sightings))
            service, scores = _scored(engine, part, often, _span(services))
            beyond = np.maximum(scores - self.level, 0.0)
            score += np.bincount(service, beyond, minlength=services.num_rows)
        score /= np.maximum(floats(services, "clients"), 1.0) ** self.degree_power
        return ranked(services, score, lists).replace_schema_metadata(
            {PAIRS: str(pairs).encode(), SIGHTED: str(sighted).encode()}
        )

    def alternatives(self) -> Sequence["Beacons"]:
        """Vary the level, what the degree takes away, and what is everybody's service."""
        return [
            Beacons(level=level, share_most=most, degree_power=power)
            for level in (0.0, 0.4, 0.5, 0.6)
            for most in (1.0, 0.02, 0.01)
            for power in (0.0, 0.5)
        ]


def pair_scores(
    pair: NDArray[np.int64],
    ts_ms: NDArray[np.int64],
    size_bytes: NDArray[np.int64],
    span_ms: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    Score how much each pair looks like a beacon.

    Args:
        pair: Number of the pair of each sighting, shape (n,), as all that follow; a pair
            has two sightings at least.
        ts_ms: When, ms since the Unix epoch.
        size_bytes: IP bytes of the sighting.
        span_ms: Begin and end of the window.

    Returns:
        The distinct pairs, ascending, and the score of each, 0..1: the mean of regularity,
        sameness of size, coverage and evenness.
    """
    order = np.lexsort((ts_ms, pair))
    number, time_ms = pair[order], ts_ms[order]
    found, first, count = np.unique(number, return_index=True, return_counts=True)
    inside = np.diff(number) == 0
    gaps = np.diff(time_ms)[inside].astype(np.float64)
    place = np.repeat(np.arange(found.size), count)
    regular = _steadiness(gaps, place[1:][inside], found.size)
    same = _steadiness(size_bytes[order].astype(np.float64), place, found.size)
    length_ms = max(span_ms[1] - span_ms[0], 1)
    covered = (time_ms[first + count - 1] - time_ms[first]) / length_ms
    bins = ((time_ms - span_ms[0]) * _BINS // (length_ms + 1)).clip(0, _BINS - 1)
    histogram = np.bincount(place * _BINS + bins, minlength=found.size * _BINS)
    filled = histogram.reshape(found.size, _BINS)
    even = np.maximum(1.0 - filled.std(axis=1) / filled.mean(axis=1), 0.0)
    return found, (regular + same + np.minimum(covered, 1.0) + even) / 4


def _steadiness(
    value: NDArray[np.float64], group: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Mean of 1 - |Bowley's skewness| and 1 - MAD / median of each group, shape (groups,)."""
    low, middle, high = _quantiles(value, group, groups, (0.25, 0.5, 0.75))
    spread = high - low
    plain = (spread == 0) | (middle == low) | (middle == high)
    skew = np.where(plain, 0.0, (low + high - 2 * middle) / np.where(plain, 1.0, spread))
    (deviation,) = _quantiles(np.abs(value - middle[group]), group, groups, (0.5,))
    tight = np.where(middle > 0, 1.0 - deviation / np.where(middle > 0, middle, 1.0), 0.0)
    return np.asarray((1.0 - np.abs(skew) + np.maximum(tight, 0.0)) / 2, dtype=np.float64)


def _quantiles(
    value: NDArray[np.float64],
    group: NDArray[np.int64],
    groups: int,
    shares: Sequence[float],
) -> list[NDArray[np.float64]]:
    """Give quantiles of each group, between two values linearly; no group is empty."""
    ordered = value[np.lexsort((value, group))]
    count = np.bincount(group, minlength=groups)
    start = np.cumsum(count) - count
    found = []
    for share in shares:
        at = share * (count - 1)
        below = at.astype(np.int64)
        above = np.minimum(below + 1, count - 1)
        weight = at - below
        found.append(ordered[start + below] * (1 - weight) + ordered[start + above] * weight)
    return found


def _span(services: pa.Table) -> tuple[int, int]:
    if services.num_rows == 0:
        return 0, 0
    return int(ints(services, "first_ms").min()), int(ints(services, "last_ms").max())


def _numbered(services: pa.Table, number: NDArray[np.int64]) -> pa.Table:
    return services.select(SERVICE).append_column("service", pa.array(number))


def _counts(pair: Any, least: int) -> Any:
    spoke = pair.filter(pair.spoke == 1)
    often = (spoke.records >= least).cast("int64").sum().cast("int64").coalesce(0)
    return spoke.aggregate(pairs=spoke.count(), sighted=often)


def _often(pair: Any, chosen: Any, least: int) -> Any:
    """Number the pairs that were sighted often enough: `SERVICE`, `LINE`, `service`, `pair`."""
    enough = pair.filter((pair.spoke == 1) & (pair.records >= least)).select(*SERVICE, *LINE)
    return enough.inner_join(chosen, SERVICE).mutate(pair=ibis.row_number().cast("int64"))


def _scored(
    engine: passes.Engine, part: passes.Part, often: Path, span_ms: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Score the pairs of one part: the number of the service, and the score, of each."""
    kept = engine.table([often])
    records = engine.table([part.records])
    found = engine.fetch(
        records.inner_join(kept, [*SERVICE, *LINE]).select("service", "pair", "ts_ms", "bytes")
    )
    pair = ints(found, "pair")
    number, scores = pair_scores(pair, ints(found, "ts_ms"), ints(found, "bytes"), span_ms)
    service = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    service[pair] = ints(found, "service")
    return service[number], scores
