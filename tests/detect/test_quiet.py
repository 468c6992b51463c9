"""Hours of rest are those with the fewest records."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.detect.quiet import REST_HOURS, quiet_hours


@given(st.lists(st.integers(0, 10**9), min_size=24, max_size=24))
def test_no_hour_of_rest_is_busier_than_another(counts: list[int]) -> None:
    """Eight hours in order; their share is of all records."""
    hours, share = quiet_hours(np.array(counts))

    others = [count for hour, count in enumerate(counts) if hour not in hours]
    rest = [counts[hour] for hour in hours]
    assert len(hours) == REST_HOURS
    assert list(hours) == sorted(hours)
    assert max(rest) <= min(others)
    assert share == pytest.approx(sum(rest) / max(sum(counts), 1))


def test_without_records_the_first_hours_rest() -> None:
    """A share of nothing is none."""
    assert quiet_hours(np.zeros(24, dtype=np.int64)) == (tuple(range(REST_HOURS)), 0.0)
