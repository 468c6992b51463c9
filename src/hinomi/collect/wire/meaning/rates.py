"""
The sampling rate that a record states, in every way there is to state it.

Source: RFC 3954, section 8 (34, 35); Cisco's sampler tables (48 to 50); RFC 5477, section
8.2 (304 to 311).
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.meaning.columns import Numbers, first_of, signed

NOT_STATED: Final = -1
ABSURD: Final = -2
"""Interval of a row that states one beyond `MOST_INTERVAL`, or a fraction without sense."""

MOST_INTERVAL: Final = 2**31 - 1


class Algorithm(IntEnum):
    """How packets are selected, as information element 304 numbers it."""

    UNKNOWN = 0
    COUNT_BASED = 1
    TIME_BASED = 2
    RANDOM_N_OF_N = 3
    UNIFORM = 4
    PROPERTY_MATCH = 5
    HASH_BOB = 6
    HASH_IPSX = 7
    HASH_CRC = 8
    FLOW_STATE = 9

    @property
    def title(self) -> str:
        """Name of the algorithm in IANA's registry of PSAMP parameters."""
        return _TITLES[self]


_TITLES: Final = {
    Algorithm.UNKNOWN: "not stated",
    Algorithm.COUNT_BASED: "systematic count-based",
    Algorithm.TIME_BASED: "systematic time-based",
    Algorithm.RANDOM_N_OF_N: "random n-out-of-N",
    Algorithm.UNIFORM: "uniform probabilistic",
    Algorithm.PROPERTY_MATCH: "property match",
    Algorithm.HASH_BOB: "hash-based, BOB",
    Algorithm.HASH_IPSX: "hash-based, IPSX",
    Algorithm.HASH_CRC: "hash-based, CRC",
    Algorithm.FLOW_STATE: "flow-state dependent",
}

_BY_MODE: Final = {1: Algorithm.COUNT_BASED, 2: Algorithm.RANDOM_N_OF_N}
"""Elements 35 and 49 and the mode of the v5 header: 1 deterministic, 2 random."""


class Rates(NamedTuple):
    """What n records state, shape (n,) each."""

    interval: NDArray[np.int64]  # 1 or greater; 0 as stated; `NOT_STATED`; `ABSURD`.
    algorithm: NDArray[np.int64]  # `Algorithm`.
    origin: str  # The elements that state it.


def by_mode(mode: int) -> Algorithm:
    """Name the algorithm of a mode of elements 35 and 49, or of the v5 header."""
    return _BY_MODE.get(mode, Algorithm.UNKNOWN)


def read_rates(numbers: Numbers) -> Rates | None:
    """
    Read the rate of each record; None if the layout has no element for it.

    Args:
        numbers: Columns of one layout, shape (n,) each.

    Returns:
        Of several ways in one record the first that is not 0 counts.
    """
    interval: NDArray[np.int64] | None = None
    origins = []
    for origin, stated in (
        ("50", _plain(numbers, 50)),
        ("34", _plain(numbers, 34)),
        ("305/306", _spaced(numbers)),
        ("309/310", _sized(numbers)),
        ("311", _probable(numbers)),
    ):
        if stated is None:
            continue
        origins.append(origin)
        interval = stated if interval is None else np.where(interval > 0, interval, stated)
    if interval is None:
        return None
    return Rates(interval, _algorithms(numbers, interval.size), " ".join(origins))


def _bounded(interval: NDArray[np.int64]) -> NDArray[np.int64]:
    wrong = (interval < 0) | (interval > MOST_INTERVAL)
    return np.where(wrong, ABSURD, interval) if wrong.any() else interval


def _plain(numbers: Numbers, number: int) -> NDArray[np.int64] | None:
    """Read samplingInterval or samplerRandomInterval: N itself."""
    values = first_of(numbers, number)
    return None if values is None else _bounded(signed(values))


def _ratio(whole: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give whole / part, rounded to the next N; 0 where either is 0."""
    both = (whole > 0) & (part > 0)
    with np.errstate(over="ignore"):  # A chance of next to nothing: beyond any interval.
        exact = np.divide(whole, part, out=np.zeros(whole.size), where=both)
    return _bounded(np.floor(np.minimum(exact, 2.0**40) + 0.5).astype(np.int64))


def _spaced(numbers: Numbers) -> NDArray[np.int64] | None:
    """
    Read samplingPacketInterval and samplingPacketSpace: so many taken, so many left out.

    Without the space, or with an interval of 0, nothing is stated.
    """
    taken, left = first_of(numbers, 305), first_of(numbers, 306)
    if taken is None or left is None:
        return None if taken is None else np.full(taken.size, NOT_STATED, np.int64)
    part = taken.astype(np.float64)
    return _ratio(part + left.astype(np.float64), part)


def _sized(numbers: Numbers) -> NDArray[np.int64] | None:
    """Read samplingSize of samplingPopulation: n out of N."""
    size, population = first_of(numbers, 309), first_of(numbers, 310)
    if size is None or population is None:
        return None
    exact = _ratio(population.astype(np.float64), size.astype(np.float64))
    return np.where((exact == 0) & (population > 0) & (size > 0), ABSURD, exact)


def _probable(numbers: Numbers) -> NDArray[np.int64] | None:
    """Read samplingProbability, a floating-point number whose bits came as an integer's."""
    values = first_of(numbers, 311)
    if values is None or values.dtype.itemsize not in _FLOATS:
        return None
    chance = values.view(_FLOATS[values.dtype.itemsize]).astype(np.float64)
    chance = np.where((chance > 0) & (chance <= 1), chance, 0.0)
    return _ratio(np.ones(chance.size), chance)


_FLOATS: Final = {4: np.float32, 8: np.float64}


def _algorithms(numbers: Numbers, rows: int) -> NDArray[np.int64]:
    """Give the `Algorithm` of each record."""
    selector = first_of(numbers, 304)
    if selector is not None:
        code = signed(selector)
        return np.where((code >= 0) & (code <= max(Algorithm)), code, Algorithm.UNKNOWN)
    mode = first_of(numbers, 49, 35)
    if mode is None:
        return np.zeros(rows, np.int64)
    code = signed(mode)
    found = np.where(code == 1, _BY_MODE[1], Algorithm.UNKNOWN)
    return np.where(code == 2, _BY_MODE[2], found)  # noqa: PLR2004 - as in `_BY_MODE`.
