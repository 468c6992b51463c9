"""The tables and the migrations that make them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hinomi.model.exporter import CountedDirection, InterfaceRole
from hinomi.store import database
from hinomi.store.casebook import open_casebook
from hinomi.store.caseschema import CASES
from hinomi.store.database import open_database
from hinomi.store.schema import HEAD

METADATA = CASES.metadata


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


def test_an_older_case_book_keeps_what_it_holds(tmp_path: Path) -> None:
    """A book of the first version is brought up to date with its exporters and interfaces."""
    path = tmp_path / "casebook.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    settings = Config()
    settings.set_main_option("script_location", "hinomi.store:migrations")
    settings.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.exec_driver_sql("INSERT INTO exporters (number, name) VALUES (1, 'edge1')")
        connection.exec_driver_sql("INSERT INTO interfaces VALUES (1, 7, 3)")
    engine.dispose()

    with open_casebook(path) as book:
        assert book.exporters() == {1: "edge1"}
        assert book.counts() == {1: CountedDirection.ALL}
        assert book.interfaces() == {(1, 7): InterfaceRole.TRANSIT}


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_table_has_a_form_in_postgresql(table: sa.Table) -> None:
    """Addresses and times are 64-bit there: no column is narrower than in SQLite."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statement = str(CreateTable(table).compile(dialect=dialect))

    for column in table.columns:
        if column.name.endswith(("_ms", "_hi", "_lo")):
            assert f"{column.name} BIGINT" in statement
