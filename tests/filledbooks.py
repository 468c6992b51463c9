"""Case books of any version with rows in every table, made from what the database says of itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hinomi.store import database

ROWS: Final = 3
VERSION_TABLE: Final = "alembic_version"

Rows: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]


def versions() -> list[str]:
    """Name all versions of the schema, oldest first."""
    scripts = ScriptDirectory(str(Path(database.__file__).parent / "migrations"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def make_version(engine: sa.Engine, version: str) -> None:
    """Make the tables of *version* in an empty database."""
    settings = Config()
    settings.set_main_option("script_location", "hinomi.store:migrations")
    settings.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, version)


def fill(engine: sa.Engine) -> None:
    """Put rows into every table, with the least and greatest numbers, long text and nulls."""
    with engine.begin() as connection:
        for table in _tables(connection):
            rows = [
                {column.name: _value(table, column, row) for column in table.columns}
                for row in range(ROWS)
            ]
            connection.execute(sa.insert(table), rows)


def rows_of(engine: sa.Engine) -> Rows:
    """Read every row of every table, in the order of their keys."""
    with engine.begin() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    sa.select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in _tables(connection)
        }


def lost(before: Rows, after: Rows) -> list[str]:
    """
    Name what of *before* is not in *after*.

    A column may have got another name: then one of the new columns holds its values.
    """
    missing = []
    for table, rows in before.items():
        if len(after.get(table, ())) != len(rows):
            missing.append(f"{table}: {len(rows)} rows became {len(after.get(table, ()))}")
            continue
        now = after[table]
        for column in rows[0]:
            values = [row[column] for row in rows]
            names = [column] if column in now[0] else [each for each in now[0] if each not in rows[0]]
            if not any([row[each] for row in now] == values for each in names):
                missing.append(f"{table}.{column}")
    return missing


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """Give all tables but Alembic's own, those that others point to first."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def _value(table: sa.Table, column: sa.Column[Any], row: int) -> object:
    for key in column.foreign_keys:
        return _value(key.column.table, key.column, row)
    if column.nullable and row == ROWS - 1:
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return row % 2 == 0
    if isinstance(kind, sa.Integer):
        if column.primary_key:
            return row + 1
        bits = 63 if isinstance(kind, sa.BigInteger) else 31
        bits = 15 if isinstance(kind, sa.SmallInteger) else bits
        return (-(2**bits), 2**bits - 1, 0)[row]
    if isinstance(kind, sa.Float):
        return row + 0.1
    if isinstance(kind, sa.JSON):
        return {"ベ": [row, None, 0.5, True], "a": {}}
    assert isinstance(kind, sa.Text | sa.String), f"{table.name}.{column.name} is {kind}"
    return f"{table.name} {column.name} {row} 火の見 \\ ' \" %s :x"
