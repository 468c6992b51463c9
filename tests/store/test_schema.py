"""The tables and the migrations that make them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hinomi.store import database
from hinomi.store.database import open_database
from hinomi.store.schema import HEAD, METADATA


def test_the_head_is_the_newest_migration() -> None:
    """`HEAD`, which saves loading Alembic at every start, names the last script."""
    migrations = Path(database.__file__).parent / "migrations"

    assert ScriptDirectory(str(migrations)).get_current_head() == HEAD


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    """A new case book differs in nothing from what the code expects."""
    open_database(tmp_path / "casebook.sqlite").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'casebook.sqlite'}")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, METADATA)
    engine.dispose()

    assert differences == []


def test_a_missing_column_would_be_noticed(tmp_path: Path) -> None:
    """The comparison above can fail: a table without one column differs."""
    open_database(tmp_path / "casebook.sqlite").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'casebook.sqlite'}")

    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE list_entries DROP COLUMN label")
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()

    assert [difference[0] for difference in differences] == ["add_column"]


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_table_has_a_form_in_postgresql(table: sa.Table) -> None:
    """Addresses and times are 64-bit there: no column is narrower than in SQLite."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statement = str(CreateTable(table).compile(dialect=dialect))

    for column in table.columns:
        if column.name.endswith(("_ms", "_hi", "_lo")):
            assert f"{column.name} BIGINT" in statement
