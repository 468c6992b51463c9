"""
The case book's database: opening, migrating, and transactions that end in house errors.

Embedded it is one SQLite file (`store.sqlite`); a team shares a database of PostgreSQL
(`store.postgresql`). Whoever reads or writes cannot tell which of the two it is.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hinomi.errors import ConfigError, Unavailable
from hinomi.store.backend import Backend, Residue
from hinomi.store.schema import HEAD
from hinomi.store.sqlite import Sqlite

BUSY_MS: Final = 10_000
"""How long who reads or writes waits for another one before it gives up."""


class Database:
    """One database that holds the tables of `store.schema`, migrated to `HEAD`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._held = threading.local()  # The connection that reads of a thread share.

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """
        Give a connection that sees one state of the database.

        Raises:
            Unavailable: If the database cannot be reached.
            ConfigError: If it is damaged, no case book, or does not let us in.
        """
        held: sa.Connection | None = getattr(self._held, "connection", None)
        with self._translated():
            if held is not None:
                yield held
                return
            with self._backend.reading.begin() as connection:
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """
        Let every `read` of this thread inside see one and the same state of the database.

        What fits together is read together, and a server is asked once for a transaction
        instead of with each read. What is written meanwhile, also by this thread, is seen
        after it.

        Raises:
            As `read`.
        """
        before: sa.Connection | None = getattr(self._held, "connection", None)
        with self.read() as connection:
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = before

    @contextmanager
    def write(self, *, shared: bool = False) -> Iterator[sa.Connection]:
        """
        Give a connection whose changes become visible all at once at the end, or never.

        By default nobody else writes meanwhile: what was read stays true until the end, so
        that "read, decide, write" needs no further thought. With *shared*, others that said
        so may write at the same time where the database can do that (PostgreSQL; SQLite has
        one writer at most). Such a caller must put what it rests on into the statement that
        changes it, and look at what became of it:

        - ``UPDATE … WHERE id = :id AND version = :version`` and then the count of rows:
          0 means that somebody was faster;
        - a unique key and `IntegrityError` where the same row may be added twice;
        - ``SELECT … FOR UPDATE`` (`with_for_update`) where several rows have to agree;
        - numbers from the database's own sequences, never the greatest one plus one.

        Each statement then sees what was committed before it began, so an update waits for
        the one before it on the same row and looks at its condition anew. Nothing is ever
        overwritten unseen, and nothing is tried again in silence: who loses is told, and
        decides on what is there now. Long work on tables that nobody else changes is better
        done with *shared* as well: a sole writer waits for all others, and they for it.

        Raises:
            Unavailable: If another writer is at it for longer than `BUSY_MS`, the disk is
                full, or two wait for each other: nothing was changed.
            ConfigError: If it is damaged, no case book, or does not let us in.
        """
        with self._translated(), self._backend.writing.begin() as connection:
            self._backend.admit(connection, shared=shared)
            yield connection

    def close(self) -> None:
        """Give every connection back to the system."""
        self._backend.reading.dispose()

    def scrub(self) -> None:
        """
        Write the database anew without what was deleted.

        Of SQLite that is the file and the log of its changes. Of PostgreSQL it is the files
        of the tables, their indexes and what the planner remembers of their columns; the
        server's own log and its copies are not ours to empty (docs/howto/share-the-case-book.md).

        Raises:
            Unavailable: If somebody else is at it for longer than `BUSY_MS`, or still reads
                what was deleted.
            ConfigError: If it is damaged, or does not let us.
        """
        with self._translated():
            self._backend.scrub()

    def residue(self) -> Residue:
        """
        Look for what deletion may have left.

        Raises:
            Unavailable: If the database cannot be reached.
        """
        with self._translated():
            return self._backend.residue()

    def migrate(self) -> None:
        """
        Bring the tables to `HEAD`; a database that is there already is left alone.

        All of it happens in one transaction that nobody else writes beside: a second one that
        opens waits, and one that is killed leaves the database as it was.

        Raises:
            ConfigError: If a later hinomi made it.
        """
        with self.read() as connection:
            self._backend.require_fit(connection)
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
            raise ConfigError(
                f"case book {self._backend.name}: is a database of some other program"
            )
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found is not None and found > HEAD:
            raise ConfigError(
                f"case book {self._backend.name}: was made by a later hinomi (version {found}, "
                f"this one knows {HEAD}); upgrade hinomi"
            )
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            meant = self._backend.explain(error)
            if meant is None:
                raise  # A rule of ours was broken by our own code.
            raise type(meant)(f"case book {self._backend.name}: {meant}") from error
        except json.JSONDecodeError as error:
            raise ConfigError(
                f"case book {self._backend.name}: a row is damaged (a column that holds JSON); "
                "restore it from backup"
            ) from error
        except sa.exc.TimeoutError as error:
            raise Unavailable(
                f"case book {self._backend.name}: too many are at it in this process; try again"
            ) from error


def inserting(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Give an insertion into *table* that can say what becomes of rows that are there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def open_database(path: Path) -> Database:
    """
    Open the SQLite database at *path*, creating and migrating it as needed.

    Raises:
        ConfigError: If it cannot be created, is damaged, of some other program, or made
            by a later hinomi.
        Unavailable: If another process holds it for longer than `BUSY_MS`.
    """
    return _opened(Sqlite(path, BUSY_MS))


def open_shared_database(conninfo: str, password_file: Path | None = None) -> Database:
    """
    Open a database of PostgreSQL, creating and migrating its tables as needed.

    Args:
        conninfo: Keywords and values of libpq, without a password.
        password_file: Where the password is, for its owner alone to read; None: none is
            needed, or libpq finds it by its own means.

    Raises:
        ConfigError: If it lets nobody in by these words, sorts by the rules of a language,
            is of some other program, or made by a later hinomi.
        Unavailable: If it cannot be reached, or another process holds it for longer than
            `BUSY_MS`.
    """
    # Slow to load, and most homes have no use for it.
    from hinomi.store.postgresql import Postgresql  # noqa: PLC0415

    return _opened(Postgresql(conninfo, password_file, BUSY_MS))


def _opened(backend: Backend) -> Database:
    database = Database(backend)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load and needed once in a database's life.
    from alembic.config import Config  # noqa: PLC0415 - same.

    settings = Config()
    settings.set_main_option("script_location", "hinomi.store:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
