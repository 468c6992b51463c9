"""What a home holds: each class has its days or its reason, and nothing is kept unseen."""

from datetime import date
from fnmatch import fnmatchcase

import pytest

from hinomi.govern.holdings import ROWS, DataClass, Row
from hinomi.govern.matrix import Cell, LegalBasis, Power, Purpose, shipped_matrix
from hinomi.govern.parameters import default_register
from hinomi.govern.retention import class_of_file, classes_of_table, days_of, row_of
from hinomi.store.schema import METADATA

REGISTER = default_register()


def test_each_class_has_one_row_with_a_reason() -> None:
    """No class is spoken of twice or not at all; what stays says why."""
    assert [row.data_class for row in ROWS] == list(dict.fromkeys(row.data_class for row in ROWS))
    assert {row.data_class for row in ROWS} == set(DataClass)
    assert all(len(row.reason) > 20 for row in ROWS)
    assert all(row.files or row.tables for row in ROWS)


def test_each_parameter_of_a_class_is_registered_with_its_considerations() -> None:
    """The days of a class, and why so many, stand in the register."""
    for row in ROWS:
        if row.parameter is not None:
            assert days_of(row.data_class, REGISTER) >= 1
            assert "days" in REGISTER.parameters[row.parameter].unit


def test_the_matrix_permits_to_delete_every_class_that_falls_due() -> None:
    """No class waits for a ruling before it may be forgotten."""
    day = date(2099, 1, 1)
    for row in ROWS:
        cell = Cell(Purpose.OPERATE, row.data, Power.MAINTAIN, LegalBasis.LEGITIMATE_BUSINESS)
        assert shipped_matrix().ask(cell, day).is_permitted, cell


def test_every_table_of_the_case_book_is_of_a_class() -> None:
    """A new table has to say how long it keeps what."""
    for table in METADATA.tables:
        assert classes_of_table(table), f"say in govern/holdings.py how long {table} is kept"


def test_no_row_speaks_of_a_table_that_is_gone() -> None:
    """The other way round."""
    named = {table for row in ROWS for table in row.tables}

    assert named - METADATA.tables.keys() == {"alembic_version", "sqlite_sequence"}
    assert row_of(DataClass.OPERATIONS).tables == (
        "exporter_hours",
        "imports",
        "drills",
        "case_runs",
    )


def test_what_hangs_on_a_case_goes_with_it_whoever_it_is_about() -> None:
    """Cases of servers elsewhere and in the own network lie in the same tables."""
    elsewhere, own = row_of(DataClass.CASES), row_of(DataClass.OWN_CASES)

    assert elsewhere.tables == own.tables
    naming = {
        name
        for name, table in METADATA.tables.items()
        if any(key.column.table.name == "cases" for key in table.foreign_keys)
    }
    assert set(own.tables) == naming | {"cases", "evidence"}
    assert own.data is not elsewhere.data  # Somebody's line: other rulings cover it.


def test_cases_of_the_own_network_are_kept_no_longer_than_others() -> None:
    """As they are registered: they are about somebody's line."""
    assert days_of(DataClass.OWN_CASES, REGISTER) <= days_of(DataClass.CASES, REGISTER)


@pytest.mark.parametrize("row", ROWS, ids=[row.data_class for row in ROWS])
def test_no_pattern_is_taken_by_a_row_before_it_but_leftovers(row: Row) -> None:
    """A file that fits a row is of its class, unless a killed process left it."""
    for pattern in row.files:
        path = pattern.replace("[0-9]", "1").replace("*", "x")
        assert fnmatchcase(path, pattern)
        assert class_of_file(path) in {row.data_class, DataClass.LEFTOVERS}
