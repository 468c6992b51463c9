"""Streams of chance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.communal.chance import Chance, popularity


def test_a_stream_repeats_itself_and_nobody_else() -> None:
    """The same seed and name give the same draws; another name or seed gives others."""
    draws = [
        Chance(seed, name).unit(20).tolist()
        for seed, name in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))
    ]

    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    assert draws[0] != draws[3]


@given(count=st.integers(1, 300), exponent=st.floats(0.1, 3.0), shift=st.floats(0, 50))
def test_popularity_falls_with_the_rank(count: int, exponent: float, shift: float) -> None:
    """The cumulated shares reach one, each rank adding no more than the one before."""
    reach = popularity(count, exponent, shift)
    shares = np.diff(reach, prepend=0.0)

    assert np.isclose(reach[-1], 1.0)
    assert (np.diff(shares) <= 1e-12).all()


@given(weight=st.lists(st.floats(0, 10), min_size=1, max_size=50), count=st.integers(0, 60))
def test_a_weighted_choice_takes_each_once_and_none_without_weight(
    weight: list[float], count: int
) -> None:
    """As many as asked for, or all that have any weight."""
    weights = np.array(weight)
    taken = Chance(1, "weighted").weighted(weights, count)

    assert taken.size == min(count, int((weights > 0).sum()))
    assert np.unique(taken).size == taken.size
    assert (weights[taken] > 0).all()


def test_heavier_options_are_taken_more_often() -> None:
    """Options with weights are drawn in proportion."""
    taken = Chance(5, "some").some((7, 8), 10_000, (3.0, 1.0))

    assert 0.72 < (taken == 7).mean() < 0.78


def test_a_subset_repeats_nothing() -> None:
    """Without replacement, and no more than there are."""
    pool = np.arange(10)

    assert sorted(Chance(1, "subset").subset(pool, 40).tolist()) == pool.tolist()
