"""Several worlds become one figure with its interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.result import ALL, Result
from hinomi.bench.score import Share
from hinomi.bench.summary import (
    RECALLS,
    by_method,
    mean_curve,
    mean_of,
    mean_over_worlds,
    once,
    pooled_calibration,
    pooled_groups,
    pooled_traps,
)
from hinomi.errors import UsageError
from results import result


def test_a_mean_has_students_interval() -> None:
    """Of 0.8, 0.9 and 1.0: 0.9, give or take 4.303 standard errors."""
    mean = mean_of([0.8, 0.9, 1.0])

    assert mean is not None
    assert mean.value == pytest.approx(0.9)
    assert mean.half == pytest.approx(4.303 * 0.1 / np.sqrt(3), rel=1e-3)


def test_one_world_has_no_interval_and_none_no_mean() -> None:
    """What a world could not measure is left out, not counted as 0."""
    mean = mean_of([None, 0.4])

    assert mean is not None
    assert (mean.value, mean.half, mean.worlds) == (0.4, None, 1)
    assert mean_of([None]) is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_mean_lies_among_the_values(values: list[float]) -> None:
    """And its interval is never negative."""
    mean = mean_of(values)

    assert mean is not None
    assert mean.half is not None
    assert min(values) - 1e-9 <= mean.value <= max(values) + 1e-9
    assert mean.half >= 0


def test_samples_of_one_world_are_no_new_worlds() -> None:
    """Two samples of w1 count as much as one of w2; of w1 alone they show sampling's luck."""
    samples = [
        result(world=f"w1/2#{seed}", recall_100=value) for seed, value in ((1, 0.2), (2, 0.4))
    ]
    both = mean_over_worlds([*samples, result(world="w2", recall_100=0.9)], _recall)
    alone = mean_over_worlds(samples, _recall)

    assert both is not None
    assert alone is not None
    assert both.value == pytest.approx(0.6)
    assert alone.value == pytest.approx(0.3)
    assert both.worlds == alone.worlds == 2


def _recall(one: Result) -> float | None:
    return one.score.figures["recall_100"]


def test_results_are_parted_by_method_and_pooled() -> None:
    """Counts add up over worlds; traps are a mean a world."""
    parts = by_method([result(), result("odd-ports"), result(world="w2")])

    assert {name: len(each) for name, each in parts.items()} == {"hinomi": 2, "odd-ports": 1}
    assert pooled_groups(parts["hinomi"], "family")["moth"] == Share(2, 4)
    assert pooled_groups(parts["hinomi"], "design") == {}
    assert pooled_traps(parts["hinomi"]) == {"loader": 2, "unnamed": 1}
    sums = pooled_calibration(parts["hinomi"], ALL)
    assert sums is not None
    assert sum(sums.ccs) == 6
    assert pooled_calibration(parts["odd-ports"], ALL) is None


def test_a_curve_gives_the_best_precision_at_a_recall_or_above() -> None:
    """Never reached is nothing; a later better place counts for lower recalls too."""
    given_curve = [(0.25, 0.5), (0.5, 0.8), (0.75, 0.6)]
    curve = mean_curve([_with_curve(given_curve)])

    assert curve[RECALLS <= 0.5] == pytest.approx(0.8)
    assert curve[(RECALLS > 0.5) & (RECALLS <= 0.75)] == pytest.approx(0.6)
    assert (curve[RECALLS > 0.75] == 0).all()
    assert mean_curve([_with_curve(given_curve), _with_curve([])]) == pytest.approx(curve / 2)


def _with_curve(curve: list[tuple[float, float]]) -> Result:
    made = result()
    made.score.curve[:] = curve
    return made


def test_a_result_that_is_there_twice_counts_once() -> None:
    """The same file named twice must not count double."""
    other = result("other")

    assert once([result(), other, result()]) == [result(), other]


def test_two_results_of_one_method_on_one_world_are_refused() -> None:
    """Which of them holds, or whether two folders share a name, only a person knows."""
    with pytest.raises(UsageError, match="two results of hinomi on w1"):
        once([result(), result(average_precision=0.9)])
