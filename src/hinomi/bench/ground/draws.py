"""Chance: streams of random numbers, one a part of a world, and ranks of popularity."""

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Reals = NDArray[np.float64]
Wholes = NDArray[np.int64]
Mask = NDArray[np.bool_]

Option = TypeVar("Option")


class Draws:
    """Everything random in one part of a world; parts do not disturb one another."""

    def __init__(self, seed: int, kind: str, part: str) -> None:
        """Begin the stream of *part* in the world of *seed* and *kind*."""
        self.rng = np.random.default_rng(
            [seed, zlib.crc32(kind.encode()), zlib.crc32(part.encode())]
        )

    def happens(self, share: float) -> bool:
        """Tell whether something of probability *share* happens."""
        return bool(self.rng.random() < share)

    def chances(self, share: ArrayLike, count: int) -> Mask:
        """Tell of *count* things which happen; *share* is one probability or one for each."""
        happened: Mask = self.rng.random(count) < np.asarray(share)
        return happened

    def number(self, low: float, high: float) -> float:
        """Draw a number between, evenly by logarithm."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def numbers(self, low: float, high: float, count: int) -> Reals:
        """Draw *count* numbers between, evenly by logarithm."""
        drawn: Reals = np.exp(self.rng.uniform(np.log(low), np.log(high), count))
        return drawn

    def between(self, low: float, high: float) -> float:
        """Draw a number between, evenly."""
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number of low..high-1."""
        return int(self.rng.integers(low, high))

    def wholes(self, low: int, high: int, count: int) -> Wholes:
        """Draw *count* whole numbers of low..high-1."""
        return self.rng.integers(low, high, count, dtype=np.int64)

    def spread(self, middle: float, sigma: float, count: int) -> Reals:
        """Draw log-normal factors; *middle* is the mean of their logarithm."""
        drawn: Reals = np.exp(self.rng.normal(middle, sigma, count))
        return drawn

    def pick(self, options: Sequence[Option], weights: Sequence[float] | None = None) -> Option:
        """Take one of *options*."""
        chances = None if weights is None else np.asarray(weights) / np.sum(weights)
        return options[int(self.rng.choice(len(options), p=chances))]

    def some(self, pool: Wholes, count: int) -> Wholes:
        """Take *count* of *pool*, any of them more than once."""
        taken: Wholes = pool[self.rng.integers(0, pool.size, count)]
        return taken

    def ranks(self, steepness: float, largest: int, count: int) -> Wholes:
        """Draw ranks 1..largest of which the r-th is popular as r to minus *steepness*."""
        return ranks_of(self.rng.random(count), steepness, largest)


def ranks_of(unit: Reals, steepness: float, largest: int) -> Wholes:
    """
    Turn even numbers of 0..1 into ranks of popularity.

    Args:
        unit: Shape (n,).
        steepness: Popularity falls with the rank to this power; not 1.
        largest: Ranks are 1..largest.
    """
    power = 1.0 - steepness
    ranks: Wholes = ((1.0 + unit * (largest**power - 1.0)) ** (1.0 / power)).astype(np.int64)
    return ranks
