"""
How likely private corroboration misses a service that t members named.

A bin holds one element, the one of lowest order among those that fall into it. An element
of order x (uniform in 0..1) stays in its bin at all of t members if none of their other n elements,
t (M - 1) at most, falls there with a lower order: (1 - x / B)^n with B bins. The second insertion
puts all elements into the bins that the first left empty, by another hash: at all t
members nothing must have come there before, (1 - 1 / B)^n, and nothing of lower order now; and so
on. Tables come in pairs: the second reverses the order, so that who is last in one is
first in the other.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.share.private.rounds import CONFIRMATIONS, INSERTIONS, TABLES, Round

_NODES: Final = 64
"""Of Gauss-Legendre: exact to rounding for functions as smooth as these."""


def missed(agreed: Round) -> float:
    """
    Bound the chance that an element which t members named is not opened by them.

    Returns:
        0..1, for one element and one round, where exactly t members named it and all have as many
        elements as they may, no other in common: the worst case.

    Notes:
        2^-41.0 at 10,000 elements and t = 3, and below 2^-40 for every round that can be agreed
        on (tests/share/private/test_chances.py). What is left out (that being free in one
        bin makes it a little less likely to be free in another) changes it by a few parts in B.
    """
    hits = pair_hits(agreed.bins, agreed.threshold * (agreed.capacity - 1))
    total = np.ones(1)
    for _ in range(TABLES // 2):
        total = np.convolve(total, hits)
    return float(total[:CONFIRMATIONS].sum())


@cache
def pair_hits(bins: int, others: int) -> NDArray[np.float64]:
    """
    Tell how many common bins an element of t members gets in a pair of tables.

    Args:
        bins: B, of one table.
        others: n, elements that these members hold besides.

    Returns:
        Chance of 0, 1, ... 2 INSERTIONS common bins, shape (2 INSERTIONS + 1,).
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    order, weights = (nodes + 1) / 2, weights / 2
    counts = np.zeros((2 * INSERTIONS + 1, _NODES))
    counts[0] = 1.0
    for seen in (order, 1 - order):
        for insertion in range(INSERTIONS):
            # The own earlier bins are taken, too: one in B for each.
            free = (1 - 1 / bins) ** (insertion * others) * (1 - insertion / bins)
            hit = free * (1 - seen / bins) ** others
            counts[1:] = counts[1:] * (1 - hit) + counts[:-1] * hit
            counts[0] *= 1 - hit
    return np.asarray(counts @ weights, dtype=np.float64)
