"""Times as text and as numbers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.clock import parse_time, render_time, wall_clock


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_whole_seconds_go_in_and_out(seconds: int) -> None:
    """Any time of the years 1 to 9999."""
    assert parse_time(render_time(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("2026-01-01", 1_767_225_600_000),
        ("2026-01-01T00:00:00", 1_767_225_600_000),
        ("2026-01-01T09:00:00+09:00", 1_767_225_600_000),
        ("2026-01-01T00:00:00.250Z", 1_767_225_600_250),
    ],
)
def test_no_zone_means_utc(text: str, time_ms: int) -> None:
    """Dates, zones and fractions are understood."""
    assert parse_time(text) == time_ms


def test_what_is_no_time_is_refused() -> None:
    """The caller says where it stood."""
    with pytest.raises(ValueError, match=r"[Ii]so"):
        parse_time("yesterday")


def test_the_wall_clock_counts_milliseconds_since_1970() -> None:
    """It agrees with the system's."""
    assert abs(wall_clock() - time.time() * 1000) < 10_000
