"""Every way to state a sampling rate."""

import struct
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.wire.meaning.rates import (
    ABSURD,
    MOST_INTERVAL,
    NOT_STATED,
    Algorithm,
    by_mode,
    read_rates,
)
from hinomi.collect.wire.sets.groups import element
from recordgroups import columns


def _read(numbers: Mapping[int | tuple[int, int], list[int]]) -> tuple[list[int], list[int], str]:
    rates = read_rates(columns(numbers))
    assert rates is not None
    return rates.interval.tolist(), rates.algorithm.tolist(), rates.origin


@pytest.mark.parametrize(
    ("numbers", "interval", "algorithm", "origin"),
    [
        ({34: [512], 35: [1]}, 512, Algorithm.COUNT_BASED, "34"),
        ({34: [512], 35: [2]}, 512, Algorithm.RANDOM_N_OF_N, "34"),
        ({34: [512]}, 512, Algorithm.UNKNOWN, "34"),
        ({48: [1], 49: [2], 50: [1_000]}, 1_000, Algorithm.RANDOM_N_OF_N, "50"),
        ({302: [1], 304: [1], 305: [1], 306: [999]}, 1_000, Algorithm.COUNT_BASED, "305/306"),
        ({304: [1], 305: [10], 306: [9_990]}, 1_000, Algorithm.COUNT_BASED, "305/306"),
        ({305: [1], 306: [0]}, 1, Algorithm.UNKNOWN, "305/306"),
        ({304: [3], 309: [5], 310: [5_000]}, 1_000, Algorithm.RANDOM_N_OF_N, "309/310"),
        ({34: [0], 50: [100]}, 100, Algorithm.UNKNOWN, "50 34"),
        ({50: [0], 34: [100]}, 100, Algorithm.UNKNOWN, "50 34"),
        ({304: [10], 34: [1]}, 1, Algorithm.UNKNOWN, "34"),
    ],
)
def test_a_rate_is_found_where_it_is_stated(
    numbers: dict[int | tuple[int, int], list[int]],
    interval: int,
    algorithm: Algorithm,
    origin: str,
) -> None:
    """N itself, interval and space, size and population; the algorithm beside it."""
    assert _read(numbers) == ([interval], [algorithm], origin)


@given(taken=st.integers(1, 10_000), interval=st.integers(1, MOST_INTERVAL))
def test_interval_and_space_give_n_back(taken: int, interval: int) -> None:
    """So many packets taken and so many left out: 1 in N, whatever the burst."""
    space = taken * interval - taken

    assert _read({305: [taken], 306: [space]})[0] == [interval]
    assert _read({309: [taken], 310: [taken * interval]})[0] == [interval]


def test_a_fraction_is_rounded_to_the_nearest() -> None:
    """2 of 5 packets is 1 in 2.5: 3."""
    assert _read({305: [2, 3], 306: [3, 4]})[0] == [3, 2]


@pytest.mark.parametrize(
    ("numbers", "interval"),
    [
        ({34: [0]}, 0),
        ({305: [0], 306: [999]}, 0),
        ({305: [1]}, NOT_STATED),
        ({309: [0], 310: [1_000]}, 0),
        ({309: [1_000], 310: [0]}, 0),
        ({309: [1_000], 310: [10]}, ABSURD),
        ({34: [MOST_INTERVAL]}, MOST_INTERVAL),
        ({34: [MOST_INTERVAL + 1]}, ABSURD),
        ({50: [2**64 - 1]}, ABSURD),
        ({305: [1], 306: [2**64 - 1]}, ABSURD),
    ],
)
def test_what_is_no_rate_is_told_apart(
    numbers: dict[int | tuple[int, int], list[int]], interval: int
) -> None:
    """0 is a statement, half a statement is none, and more than a column holds is absurd."""
    assert _read(numbers)[0] == [interval]


@pytest.mark.parametrize(("width", "code"), [(4, ">f"), (8, ">d")])
def test_a_probability_gives_its_interval(width: int, code: str) -> None:
    """The bits of a floating-point number come as an integer of the same width."""
    chances = [0.001, 1.0, 0.0, -0.5, 2.0, float("nan"), 1e-30]
    bits = [int.from_bytes(struct.pack(code, chance), "big") for chance in chances]

    rates = read_rates({element(311): np.array(bits, f"u{width}")})

    assert rates is not None
    assert rates.interval.tolist() == [1_000, 1, 0, 0, 0, 0, ABSURD]


def test_a_probability_of_another_width_is_not_read() -> None:
    """There are no floating-point numbers of two bytes in IPFIX."""
    assert read_rates({element(311): np.array([1], np.uint16)}) is None


def test_a_layout_without_rate_states_none() -> None:
    """Not 0 and not 1."""
    assert read_rates(columns({1: [1], 49: [2]})) is None


def test_algorithms_have_the_names_of_the_registry() -> None:
    """Modes of v5 and v9 are the two of them that those versions know."""
    assert by_mode(1).title == "systematic count-based"
    assert by_mode(2).title == "random n-out-of-N"
    assert by_mode(3) is Algorithm.UNKNOWN
    assert len({algorithm.title for algorithm in Algorithm}) == len(Algorithm)
