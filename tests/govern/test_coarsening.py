"""Counts are told so coarsely that nobody can be told from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.errors import ConfigError
from hinomi.govern.coarsening import LEAST_COUNT, coarsen, least_count
from hinomi.govern.parameters import default_register


@given(count=st.integers(1, 10**15), least=st.integers(3, 1000))
def test_a_count_tells_two_digits_or_that_it_is_small(count: int, least: int) -> None:
    """Below the least nothing but that; above it, no more than two digits, within a twentieth."""
    told = coarsen(count, least)

    if count < least:
        assert told == {"fewer_than": least}
    else:
        about = told["about"]
        assert len(str(about).rstrip("0")) <= 2
        assert abs(about - count) <= count / 20


def test_nought_counts_nobody() -> None:
    """That something did not happen is told as it is."""
    assert coarsen(0, 10) == {"about": 0}


def test_a_negative_count_is_a_fault() -> None:
    """It is no count."""
    with pytest.raises(ValueError, match="no count"):
        coarsen(-1, 10)


def test_a_least_count_that_protects_nobody_is_refused() -> None:
    """Two is told from one; the register cannot set it."""
    register = default_register()

    assert least_count(register) == 10
    assert least_count(register.with_value(LEAST_COUNT, 3, decided_by="a test")) == 3
    with pytest.raises(ConfigError, match="protects nobody"):
        least_count(register.with_value(LEAST_COUNT, 2, decided_by="a test"))
