"""Chance: the draws of which everything here is made, each part from a stream of its own."""

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_T = TypeVar("_T")


class Chance:
    """A stream of draws, the same for the same seed and name."""

    def __init__(self, seed: int, name: str) -> None:
        self.rng = np.random.default_rng([seed, zlib.crc32(name.encode())])

    def happens(self, share: float) -> bool:
        """Tell whether something of that probability happens."""
        return bool(self.rng.random() < share)

    def each(self, count: int, share: float | Floats) -> Mask:
        """Tell of *count* things which happen, each with its probability."""
        happen: Mask = self.rng.random(count) < share
        return happen

    def unit(self, count: int) -> Floats:
        """Draw *count* numbers in 0..1 (1 excluded)."""
        return self.rng.random(count)

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number from *low* to below *high*."""
        return int(self.rng.integers(low, high))

    def wholes(self, low: int, high: int, count: int) -> Ints:
        """Draw *count* whole numbers from *low* to below *high*."""
        return self.rng.integers(low, high, count, dtype=np.int64)

    def between(self, low: float, high: float) -> float:
        """Draw a number between two."""
        return float(self.rng.uniform(low, high))

    def decade(self, low: float, high: float) -> float:
        """Draw a number between two, its logarithm uniform."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def around(self, median: float, sigma: float) -> float:
        """Draw one log-normal number."""
        return float(median * np.exp(sigma * self.rng.standard_normal()))

    def spread(self, median: float, sigma: float, count: int) -> Floats:
        """Draw *count* log-normal numbers."""
        numbers: Floats = median * np.exp(sigma * self.rng.standard_normal(count))
        return numbers

    def poisson(self, mean: Floats) -> Ints:
        """Draw a Poisson number for each mean."""
        return self.rng.poisson(np.maximum(mean, 0.0)).astype(np.int64)

    def geometric(self, share: float) -> int:
        """Draw how many trials it takes until something of that probability happens."""
        return int(self.rng.geometric(share))

    def one(self, options: Sequence[_T], weights: Sequence[float] | None = None) -> _T:
        """Take one of the options."""
        return options[int(self._indices(len(options), weights, 1)[0])]

    def some(
        self, options: Sequence[int] | Ints, count: int, weights: Sequence[float] | None = None
    ) -> Ints:
        """Take *count* of the options, the same more than once."""
        pool = np.asarray(options, np.int64)
        taken: Ints = pool[self._indices(pool.size, weights, count)]
        return taken

    def subset(self, pool: Ints, count: int) -> Ints:
        """Take *count* of the pool, or all if there are no more, in any order."""
        taken: Ints = self.rng.permutation(pool)[:count]
        return taken

    def ranked(self, popularity: Floats, count: int) -> Ints:
        """Draw *count* ranks by a cumulated `popularity`."""
        ranks = np.searchsorted(popularity, self.rng.random(count))
        return np.minimum(ranks, popularity.size - 1).astype(np.int64)

    def weighted(self, weight: Floats, count: int) -> Ints:
        """
        Take *count* different indices, the heavier the likelier; never one without weight.

        Source:
            Efraimidis and Spirakis (2006), Information Processing Letters 97:181.
        """
        count = min(count, int((weight > 0).sum()))
        if count <= 0:
            return np.empty(0, np.int64)
        waits = self.rng.exponential(1.0, weight.size) / np.maximum(weight, 1e-12)
        waits = np.where(weight > 0, waits, np.inf)
        return np.argpartition(waits, count - 1)[:count].astype(np.int64)

    def _indices(self, size: int, weights: Sequence[float] | None, count: int) -> Ints:
        if weights is None:
            return self.wholes(0, size, count)
        share = np.asarray(weights, np.float64)
        return self.rng.choice(size, count, p=share / share.sum()).astype(np.int64)


def popularity(count: int, exponent: float, shift: float = 0.0) -> Floats:
    """
    Cumulate the shares of ranks under the law of Zipf and Mandelbrot.

    Args:
        count: How many there are.
        exponent: How much the first have more than the others.
        shift: Added to each rank: the first few become alike.

    Returns:
        Ascending to 1, shape (count,).
    """
    weight = (np.arange(count) + 1.0 + shift) ** -exponent
    cumulated: Floats = np.cumsum(weight) / weight.sum()
    return cumulated
