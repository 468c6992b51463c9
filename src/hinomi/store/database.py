"""
The case book's database: opening, migrating, and transactions that end in house errors.

Embedded it is one SQLite file, readable by its owner alone, in WAL mode: readers go on
while one writer writes.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from hinomi.errors import ConfigError, Unavailable
from hinomi.store.schema import HEAD

BUSY_MS: Final = 10_000
"""How long a writer waits for another one before it gives up."""

_WRITES: Final = "hinomi_writes"


@dataclass(frozen=True, slots=True)
class Residue:
    """Where bytes of deleted rows may still be."""

    free_pages: int  # Of the database that no row uses.
    log_bytes: int  # Of changes that are not yet, or also, in the database.


class Database:
    """One database that holds the tables of `store.schema`, migrated to `HEAD`."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{_WRITES: True})
        self._name = name  # For messages.

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """
        Give a connection that sees one state of the database.

        Raises:
            Unavailable: If the database cannot be reached.
            ConfigError: If it is damaged or no case book.
        """
        with self._translated(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """
        Give a connection whose changes become visible all at once at the end, or never.

        Raises:
            Unavailable: If another writer holds the database for longer than `BUSY_MS`,
                or the disk is full: nothing was changed.
            ConfigError: If it is damaged or no case book.
        """
        with self._translated(), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back to the system."""
        self._reading.dispose()

    def scrub(self) -> None:
        """
        Write the database anew without gaps, and empty the log of its changes.

        Raises:
            Unavailable: If somebody else is at it for longer than `BUSY_MS`.
            ConfigError: If it is damaged.
        """
        with self._unwrapped() as connection:
            connection.execute("PRAGMA temp_store=MEMORY")  # The copy is on no other disk.
            connection.execute("VACUUM")
            (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise Unavailable(
                f"case book {self._name}: another process reads what was deleted; try again "
                "when it has ended"
            )

    def residue(self) -> Residue:
        """
        Look for what deletion may have left.

        Raises:
            Unavailable: If the database cannot be reached.
        """
        with self._unwrapped() as connection:
            (free_pages,) = connection.execute("PRAGMA freelist_count").fetchone()
        log = Path(f"{self._name}-wal")
        return Residue(int(free_pages), log.stat().st_size if log.exists() else 0)

    @contextmanager
    def _unwrapped(self) -> Iterator[sqlite3.Connection]:
        """Give a connection of SQLite's own, outside all transactions."""
        try:
            with closing(self._reading.raw_connection()) as pooled:
                connection: Any = pooled.driver_connection
                yield connection
        except sqlite3.DatabaseError as error:
            kind = Unavailable if isinstance(error, sqlite3.OperationalError) else ConfigError
            raise kind(f"case book {self._name}: {error}; try again") from error

    def migrate(self) -> None:
        """
        Bring the tables to `HEAD`; a database that is there already is left alone.

        Raises:
            ConfigError: If a later hinomi made it.
        """
        with self.read() as connection:
            found = self._version(connection)
        if found == HEAD:
            return
        with self.write() as connection:
            if self._version(connection) != HEAD:  # Nobody was faster.
                _upgrade(connection)

    def _version(self, connection: sa.Connection) -> str | None:
        """Read which migration the database is at, None if it is new."""
        tables = sa.inspect(connection).get_table_names()
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise ConfigError(f"case book {self._name}: is a database of some other program")
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found is not None and found > HEAD:
            raise ConfigError(
                f"case book {self._name}: was made by a later hinomi (version {found}, this "
                f"one knows {HEAD}); upgrade hinomi"
            )
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise Unavailable(
                f"case book {self._name}: {_reason(error)}; nothing was changed, try again"
            ) from error
        except sa.exc.DatabaseError as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
                raise  # A rule of ours was broken by our own code.
            raise ConfigError(
                f"case book {self._name}: {_reason(error)}; restore it from backup"
            ) from error


def open_database(path: Path) -> Database:
    """
    Open the SQLite database at *path*, creating and migrating it as needed.

    Raises:
        ConfigError: If it cannot be created, is damaged, of some other program, or made
            by a later hinomi.
        Unavailable: If another process holds it for longer than `BUSY_MS`.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_private(path)
    except OSError as error:
        raise ConfigError(f"case book {path}: {error.strerror}") from error
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_MS / 1000},
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    database = Database(engine, str(path))
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _keep_private(path: Path) -> None:
    """Create *path* for its owner alone before SQLite does; its side files follow its mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # Transactions begin where `_begin` says, not by guess.
    # What is deleted is overwritten: retention means the bytes, not the row alone.
    pragmas = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "secure_delete=ON")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A writer takes the lock at once: two that read first could not both go on.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load and needed once in a database's life.
    from alembic.config import Config  # noqa: PLC0415 - same.

    settings = Config()
    settings.set_main_option("script_location", "hinomi.store:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def _reason(error: sa.exc.DBAPIError) -> str:
    """Give the database's own words without the statement, whose values they might repeat."""
    words: Any = error.orig
    return str(words).splitlines()[0] if words is not None else "the database failed"
