"""The chance to miss a service: reckoned, and compared with what happens."""

import numpy as np
import pytest
from numpy.typing import NDArray

from corroborations import a_round, elements, tables_of
from hinomi.share.private.chances import missed, pair_hits
from hinomi.share.private.rounds import CAPACITIES, INSERTIONS, THRESHOLDS
from hinomi.share.private.shares import NOBODY


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("capacity", [CAPACITIES[0], 1_000, 10_000, CAPACITIES[-1]])
def test_a_service_is_missed_less_than_once_in_2_to_the_40(threshold: int, capacity: int) -> None:
    """For every round that can be agreed on."""
    assert 2.0**-43 < missed(a_round(threshold, capacity=capacity)) < 2.0**-40


def test_two_insertions_miss_as_the_paper_says() -> None:
    """A pair with two insertions has no common bin in 0.0614 of the cases: 2^-40 in ten pairs."""
    order = (np.arange(100_000) + 0.5) / 100_000
    both = np.ones_like(order)
    for seen in (order, 1 - order):
        both *= (1 - np.exp(-seen)) * (1 - np.exp(-1 - seen))

    assert both.mean() == pytest.approx(0.06138, abs=1e-5)
    assert 2.0**-41 < both.mean() ** 10 < 2.0**-40


@pytest.mark.parametrize("threshold", [2, 3, 5])
def test_common_bins_are_as_many_as_reckoned(threshold: int) -> None:
    """
    Elements of t members that are full of others meet in as many bins of a pair as reckoned.

    20 elements in common, each member full up: in 1,100 cases each number of common bins comes
    as often as reckoned, within four standard errors.
    """
    agreed = a_round(threshold)
    common = elements(20)
    sets = {
        number: set(common) | set(elements(80, first=1000 * number))
        for number in range(1, threshold + 1)
    }
    counted = np.concatenate(
        [
            _by_pair(
                np.logical_and.reduce(
                    [
                        _lies(own.placed, own.elements)
                        for own in tables_of(agreed, sets, bytes([seed]) * 32, seed).values()
                    ]
                ),
                agreed.bins,
            )
            for seed in range(5)
        ]
    )

    found = np.bincount(counted, minlength=2 * INSERTIONS + 1) / len(counted)
    reckoned = pair_hits(agreed.bins, threshold * 80 + 19)
    error = np.sqrt(reckoned * (1 - reckoned) / len(counted)) + 1e-3
    assert (np.abs(found - reckoned) < 4 * error).all(), (found, reckoned)


def _lies(placed: NDArray[np.int32], own: tuple[bytes, ...]) -> NDArray[np.bool_]:
    """Tell for each of the 20 common elements, and each insertion, in which bin it lies."""
    common = {one: at for at, one in enumerate(elements(20))}
    rows = np.zeros((20, INSERTIONS, len(placed)), np.bool_)
    for position in np.flatnonzero(placed != NOBODY):
        element, insertion = divmod(int(placed[position]), INSERTIONS)
        if own[element] in common:
            rows[common[own[element]], insertion, position] = True
    return rows


def _by_pair(rows: NDArray[np.bool_], bins: int) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = rows.reshape(20, INSERTIONS, -1, 2 * bins).sum(axis=(1, 3))
    return counts.ravel()
