"""Whoever detects or looks after a collector is told when retention has not run."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hinomi.services.overdue import overdue_days, warn_if_overdue
from hinomi.services.retention import run_retention
from retained import Ageing, rows_of

FLOWS = 30


@pytest.fixture(name="ageing")
def a_home_with_records(tmp_path: Path) -> Ageing:
    """Give a home to which records came on day 0."""
    return Ageing.make(tmp_path / "home").take_in(*rows_of(0))


def test_a_home_without_records_is_never_overdue(tmp_path: Path) -> None:
    """There is nothing to delete."""
    ageing = Ageing.make(tmp_path / "home")
    ageing.days = 900

    assert overdue_days(ageing.home) == 0


def test_it_is_overdue_a_day_after_it_was_due(ageing: Ageing) -> None:
    """A timer that runs once a day gets its day first."""
    for days, expected in ((FLOWS, 0), (FLOWS + 1, 0), (FLOWS + 2, 1), (FLOWS + 9, 8)):
        ageing.days = days
        assert overdue_days(ageing.home) == expected
        with capture_logs() as said:
            warn_if_overdue(ageing.home)
        assert [each["days"] for each in said] == ([expected] if expected else [])


def test_a_run_makes_good(ageing: Ageing) -> None:
    """Nothing is overdue after it."""
    ageing.days = FLOWS + 9
    run_retention(ageing.home)

    assert overdue_days(ageing.home) == 0
