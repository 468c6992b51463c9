"""Results of drills come back as they were kept."""

from pathlib import Path

import pytest

from drills import drill_record
from hinomi.store.casebook import open_casebook
from hinomi.store.schema import DRILLS


def test_drills_come_back_oldest_first(tmp_path: Path) -> None:
    """Every number, and the cells; also after the book was closed."""
    first, second = drill_record(), drill_record(ran_ms=1, found=7, alarm=True)
    with open_casebook(tmp_path / "book.sqlite") as book:
        book.drills.add(first)
        book.drills.add(second)

    with open_casebook(tmp_path / "book.sqlite") as book:
        assert book.drills.all() == (first, second)


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
