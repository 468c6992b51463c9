"""Chance is fixed by seed, kind and part; ranks fall off as they should."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinomi.bench.ground.draws import Draws, ranks_of


def test_a_stream_is_fixed_by_seed_kind_and_part() -> None:
    """The same three give the same numbers, and each of them changes the numbers."""
    first = Draws(1, "dense", "web").wholes(0, 1 << 40, 50).tolist()

    assert Draws(1, "dense", "web").wholes(0, 1 << 40, 50).tolist() == first
    for other in (Draws(2, "dense", "web"), Draws(1, "sparse", "web"), Draws(1, "dense", "ntp")):
        assert other.wholes(0, 1 << 40, 50).tolist() != first


@given(
    unit=st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
    steepness=st.sampled_from([0.6, 0.9, 1.01, 1.06, 1.3]),
    largest=st.integers(2, 10**6),
)
def test_ranks_lie_in_their_range_and_ascend(
    unit: list[float], steepness: float, largest: int
) -> None:
    """Every number of 0..1 gives a rank of 1..largest; larger numbers give no smaller ranks."""
    ranks = ranks_of(np.sort(np.array(unit)), steepness, largest)

    assert ranks.min() >= 1
    assert ranks.max() <= largest
    assert (np.diff(ranks) >= 0).all()


def test_first_ranks_are_the_most_popular() -> None:
    """Rank 1 comes about twice as often as rank 2 where steepness is near 1."""
    counts = np.bincount(Draws(1, "dense", "x").ranks(1.01, 1_000, 200_000), minlength=4)

    assert counts[1] > 1.5 * counts[2] > 1.5 * counts[3]


def test_numbers_lie_between() -> None:
    """Numbers are even by logarithm: as many below the geometric mean as above."""
    drawn = Draws(1, "dense", "x").numbers(1, 10_000, 20_000)

    assert 1 <= drawn.min() < drawn.max() <= 10_000
    assert abs((drawn < 100).mean() - 0.5) < 0.02


def test_picks_follow_their_weights() -> None:
    """An option without weight is never taken."""
    draws = Draws(1, "dense", "x")

    assert {draws.pick("abc", (1.0, 0.0, 3.0)) for _ in range(200)} == {"a", "c"}
