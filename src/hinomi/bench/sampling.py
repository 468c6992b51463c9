"""Exact random packet sampling, 1 in N, without drawing the packets that are not sampled."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)


def skip_positions(total: int, interval: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """
    Sample a sequence of packets 1 in N and give the positions that were taken.

    Each packet is taken independently with probability 1/N: the gaps between taken
    packets are geometric, so the cost is that of the packets taken, not of all.

    Args:
        total: Length of the sequence, packets, at least 0.
        interval: N of 1-in-N, at least 1.
        rng: Source of chance.

    Returns:
        Positions in 0..total-1, strictly ascending.

    Source:
        Fan, Muller and Rezucha (1962), JASA 57:387, skipping; RFC 5475, section 5.2.2.2.
    """
    if total <= 0:
        return np.empty(0, np.int64)
    if interval == 1:
        return np.arange(total, dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    last = -1
    while last < total - 1:
        expected = (total - 1 - last) / interval
        count = int(expected + 5.0 * np.sqrt(expected)) + 16
        steps = last + np.cumsum(rng.geometric(1.0 / interval, count).astype(np.int64))
        parts.append(steps)
        last = int(steps[-1])
    positions = np.concatenate(parts)
    return positions[: int(np.searchsorted(positions, total))]


def sample_within(
    packets: NDArray[np.int64], interval: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Sample the packets of many flows 1 in N.

    Args:
        packets: Packets of each flow, shape (n,), at least 0.
        interval: N of 1-in-N, at least 1.
        rng: Source of chance.

    Returns:
        For each sampled packet the index of its flow, and its position in that flow
        (0 is the first); both ascending by flow, then position.
    """
    ends = np.cumsum(packets, dtype=np.int64)
    positions = skip_positions(int(ends[-1]) if ends.size else 0, interval, rng)
    flow = np.searchsorted(ends, positions, side="right").astype(np.int64)
    return flow, positions - (ends[flow] - packets[flow])


def sample_met(
    packets: NDArray[np.int64], interval: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Sample flows of which it is already known that at least one packet is taken.

    Flows that arrive by chance can so be drawn only where they are met
    (`meeting_probability`), which saves drawing the many that are not.

    Args:
        packets: Packets of each flow, shape (n,), at least 1.
        interval: N of 1-in-N, at least 1.
        rng: Source of chance.

    Returns:
        As `sample_within`, but ascending by neither.

    Notes:
        The first taken packet follows the geometric distribution cut at the flow's
        length; behind it, each packet is taken independently. This is exact.
    """
    if interval == 1:
        return sample_within(packets, 1, rng)
    share = 1.0 / interval
    reach = meeting_probability(packets, interval)
    first = np.floor(np.log1p(-rng.random(packets.size) * reach) / np.log1p(-share))
    first = np.minimum(first.astype(np.int64), packets - 1)
    flow, behind = sample_within(packets - first - 1, interval, rng)
    return (
        np.concatenate([np.arange(packets.size, dtype=np.int64), flow]),
        np.concatenate([first, first[flow] + 1 + behind]),
    )


def meeting_probability(packets: NDArray[np.int64], interval: int) -> NDArray[np.float64]:
    """Give the probability that 1-in-N sampling takes at least one of n packets."""
    if interval == 1:
        return (packets > 0).astype(np.float64)
    chance: NDArray[np.float64] = -np.expm1(packets * np.log1p(-1.0 / interval))
    return chance


def scatter(*keys: NDArray[np.int64] | int) -> NDArray[np.uint64]:
    """
    Turn whole-number keys into well-mixed 64-bit numbers, the same for the same keys.

    Source:
        The finaliser of splitmix64 (Steele, Lea and Flood 2014), applied once a key.
    """
    with np.errstate(over="ignore"):  # Arithmetic modulo 2**64 is what is meant.
        mixed: NDArray[np.uint64] = np.zeros(1, np.uint64)
        for key in keys:
            mixed = mixed + np.atleast_1d(np.asarray(key, np.int64)).astype(np.uint64) + _GOLDEN
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
            mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def scatter_unit(*keys: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Turn whole-number keys into numbers in 0..1 (1 excluded), the same for the same keys."""
    return (scatter(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53
