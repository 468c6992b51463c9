"""The hub's tables hold no time finer than an epoch, and no subscriber."""

import re

import sqlalchemy as sa

from hinomi.store.hub import schema
from hinomi.store.schema import METADATA

TABLES = [table for name, table in METADATA.tables.items() if name.startswith("hub_")]


def test_no_column_holds_a_time() -> None:
    """Neither by its name nor by its type: days and epochs are whole numbers."""
    assert len(TABLES) >= 10
    for column in (column for table in TABLES for column in table.columns):
        assert not re.search(r"_(ms|s|ns|at)$|time|seen|arriv", column.name), column
        assert not isinstance(column.type, sa.DateTime | sa.Time | sa.Interval), column


def test_no_column_holds_a_line() -> None:
    """What a provider knows of its subscribers has no place here."""
    names = {column.name for table in TABLES for column in table.columns}

    assert not names & {"line", "lines", "line_hi", "line_lo", "client", "clients", "own"}
    assert schema.BATCHES in TABLES
