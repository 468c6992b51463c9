"""Case books of any version with rows in every table, as the database itself describes it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hinomi.store import database

ROWS: Final = 3
VERSION_TABLE: Final = "alembic_version"

_VALUES: Final[Mapping[type, Callable[[int], object]]] = {
    sa.Boolean: lambda row: row % 2 == 0,
    sa.SmallInteger: lambda row: (-(2**15), 2**15 - 1, 0)[row],
    sa.BigInteger: lambda row: (-(2**63), 2**63 - 1, 0)[row],
    sa.Integer: lambda row: (-(2**31), 2**31 - 1, 0)[row],
    sa.Float: lambda row: row + 0.1,
    sa.JSON: lambda row: {"ベ": [row, None, 0.5, True], "a": {}},
    sa.LargeBinary: lambda row: bytes([row, 0, 255]),
}

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
            names = (
                [column] if column in now[0] else [each for each in now[0] if each not in rows[0]]
            )
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
    if isinstance(column.type, sa.Integer) and column.primary_key:
        return row + 1
    for kind, value in _VALUES.items():  # Narrow ones before those that they are a kind of.
        if isinstance(column.type, kind):
            return value(row)
    assert isinstance(column.type, sa.String), f"{table.name}.{column.name} is {column.type}"
    return f"{table.name} {column.name} {row} 火の見 \\ ' \" %s :x"
