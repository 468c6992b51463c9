"""Kinds and sizes of communal worlds."""

import pytest

from hinomi.bench.communal.kinds import KINDS, size_of


def test_a_sparse_world_is_larger_and_healthier() -> None:
    """Many lines, few of them infected."""
    dense, sparse = size_of("dense", 1, 1.0), size_of("sparse", 1, 1.0)

    assert set(KINDS) == {"dense", "sparse"}
    assert sparse.lines > 5 * dense.lines
    assert sparse.infected < dense.infected


def test_scales_have_a_least_size() -> None:
    """A number scales with the world, but not below the least scale given."""
    size = size_of("dense", 1, 0.1)

    assert size.scaled(1_000) == 100
    assert size.scaled(1_000, 0.5) == 500


@pytest.mark.parametrize(
    ("kind", "seed", "scale"), [("huge", 1, 1.0), ("dense", -1, 1.0), ("dense", 1, 0.001)]
)
def test_what_cannot_be_is_refused(kind: str, seed: int, scale: float) -> None:
    """Unknown kinds, negative seeds and scales without bots are no worlds."""
    with pytest.raises(ValueError, match=r"kind|seed|scale"):
        size_of(kind, seed, scale)
