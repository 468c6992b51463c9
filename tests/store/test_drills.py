"""What is kept of a drill; that it comes back is shown in tests/contracts."""

import pytest

from drills import drill_record
from hinomi.store.schema import DRILLS


def test_no_column_could_hold_an_address() -> None:
    """Numbers and hashes only: nothing names a line, a server or a moment of traffic."""
    assert {column.name for column in DRILLS.c} == {
        "id", "ran_ms", "plan", "register", "sampling_interval", "hours", "lines", "rounds",
        "botnets", "found", "possible", "listed", "confirmed", "others", "wrong", "alarm", "cells",
    }  # fmt: skip


def test_the_share_attained_is_that_of_the_possible() -> None:
    """Found of what could be found; nothing is said where nothing could."""
    assert drill_record(found=30, possible=60.0).attained == pytest.approx(0.5)
    assert drill_record(found=0, possible=0.0).attained is None
