"""Moving the embedded case book into a shared one, once, and saving either into a file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from hinomi.errors import Conflict, Unavailable
from hinomi.store.database import Database, open_database
from hinomi.store.leftovers import delete
from hinomi.store.schema import METADATA

_AT_ONCE: Final = 5_000

PASSING: Final = frozenset({"hub_tables"})
"""Tables whose rows go as soon as they were used: whoever had the key later could read them."""


def move_rows(path: Path, target: Database, tell: Callable[[Mapping[str, int]], object]) -> None:
    """
    Copy all rows of the SQLite case book at *path* into *target*, at once, and delete the file.

    A move that was broken off between the two finds its rows there, and deletes the file.

    Args:
        path: Of the file.
        target: Where they go.
        tell: Takes the count of rows by table, before the file goes.

    Raises:
        Conflict: If *target* holds other rows; nothing was changed.
        Unavailable: If another process has one of the two open for too long.
        ConfigError: If *path* is damaged, of some other program, or of a later hinomi.
    """
    open_database(path).close()  # Brings it to the tables of today.
    with _to_ourselves(path) as old, target.write() as new:
        if _is_empty(new):
            counts = {table.name: _copy(old, new, table) for table in METADATA.sorted_tables}
            _restart_sequences(new)
        elif _are_equal(old, new):
            counts = {table.name: _count(new, table) for table in METADATA.sorted_tables}
        else:
            raise Conflict(
                f"{path}: the database of casebook.postgresql holds a case book already, and this "
                "home has one of its own; name an empty database, or put the file elsewhere if "
                "the one in the database is this home's"
            )
    tell(counts)
    for each in (path, *path.parent.glob(f"{path.name}-*")):
        delete(each, is_secret=True)  # Pseudonyms are in it.


def save_rows(source: Database, path: Path) -> None:
    """
    Copy the rows that *source* has at one moment into a new SQLite case book at *path*.

    What is to be gone within the day stays out: a copy would keep it (`PASSING`).

    Others go on reading and writing meanwhile. `move_rows` brings such a file into a database
    again, of either kind.

    Raises:
        Conflict: If *path* holds rows already.
        Unavailable: If *source* cannot be reached, or the disk is full.
        ConfigError: If *path* cannot be created.
    """
    with closing(open_database(path)) as target, source.read() as old, target.write() as new:
        if not _is_empty(new):
            raise Conflict(f"{path}: a case book is there already; name another file")
        for table in METADATA.sorted_tables:
            if table.name not in PASSING:
                _copy(old, new, table)


@contextmanager
def _to_ourselves(path: Path) -> Iterator[sa.Connection]:
    """Open the file where nobody else has it open, and keep it so."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": 1.0, "isolation_level": None},
        poolclass=StaticPool,
    )
    try:
        with engine.connect() as connection:
            # Out of WAL mode a file comes only when the last other one has closed it.
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            yield connection
            connection.exec_driver_sql("ROLLBACK")
    except sa.exc.OperationalError as error:
        if error.connection_invalidated or "sqlite3" not in type(error.orig).__module__:
            raise
        raise Unavailable(
            f"{path}: another process has the case book open; stop collectors and timers, then "
            "try again"
        ) from error
    finally:
        engine.dispose()


def _is_empty(connection: sa.Connection) -> bool:
    return not any(
        connection.scalar(sa.select(sa.exists(sa.select(table))))
        for table in METADATA.sorted_tables
    )


def _copy(old: sa.Connection, new: sa.Connection, table: sa.Table) -> int:
    count = 0
    for rows in old.execute(sa.select(table)).mappings().partitions(_AT_ONCE):
        new.execute(sa.insert(table), [dict(row) for row in rows])
        count += len(rows)
    return count


def _are_equal(old: sa.Connection, new: sa.Connection) -> bool:
    for table in METADATA.sorted_tables:
        ordered = sa.select(table).order_by(*table.primary_key.columns)
        pairs = zip_longest(old.execute(ordered), new.execute(ordered))
        if any(one is None or other is None or tuple(one) != tuple(other) for one, other in pairs):
            return False
    return True


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _restart_sequences(connection: sa.Connection) -> None:
    """Let sequences go on after the numbers that were copied; SQLite sees them by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        for column in table.primary_key.columns:
            sequence = connection.scalar(
                sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))
            )
            last = connection.scalar(sa.select(sa.func.max(column))) if sequence else None
            if last is not None and last > 0:  # A position may be 0, which no sequence gives.
                connection.execute(sa.select(sa.func.setval(sequence, last)))
