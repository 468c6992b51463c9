"""
The case book in one SQLite file, readable by its owner alone.

It is in WAL mode: readers go on while one writer writes. Writers come one after the other,
whatever they write.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from hinomi.errors import ConfigError, HinomiError, Unavailable
from hinomi.store.backend import Residue

_WRITES: Final = "hinomi_writes"

_AGAIN_S: Final = 0.005


class Sqlite:
    """One SQLite file: a `store.backend.Backend`."""

    def __init__(self, path: Path, busy_ms: int) -> None:
        """
        Create the file if there is none, and narrow one that is open to others.

        Args:
            path: Of the file; its folder is created, too.
            busy_ms: How long a writer waits for another one before it gives up.

        Raises:
            ConfigError: If it cannot be created.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep_private(path)
        except OSError as error:
            raise ConfigError(f"case book {path}: {error.strerror}") from error
        self.name = str(path)
        self.reading = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            connect_args={"timeout": busy_ms / 1000},
        )
        self.writing: sa.Engine = self.reading.execution_options(**{_WRITES: True})
        sa.event.listen(self.reading, "connect", partial(_prepare, busy_ms))
        sa.event.listen(self.reading, "begin", _begin)

    def admit(self, connection: sa.Connection, *, shared: bool) -> None:
        """Do nothing: the transaction began as the only one that writes."""

    def require_fit(self, connection: sa.Connection) -> None:
        """Do nothing: each file is made by us, and text is sorted by its bytes."""

    def explain(self, error: sa.exc.DBAPIError) -> HinomiError | None:
        """Say what a failure means; None where our own code broke a rule of ours."""
        if isinstance(error, sa.exc.OperationalError):
            return Unavailable(f"{_reason(error.orig)}; nothing was changed, try again")
        if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
            return None
        if isinstance(error, sa.exc.DatabaseError):
            return ConfigError(f"{_reason(error.orig)}; restore it from backup")
        return None

    def scrub(self) -> None:
        """
        Write the file anew without gaps, and empty the log of its changes.

        Raises:
            Unavailable: If somebody else is at it for too long.
        """
        with self._outside_transactions() as connection:
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")  # The copy is on no other disk.
            connection.exec_driver_sql("VACUUM")
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if is_busy:
            raise Unavailable(
                f"case book {self.name}: another process reads what was deleted; try again "
                "when it has ended"
            )

    def residue(self) -> Residue:
        """Count the pages that no row uses, and measure the log."""
        with self._outside_transactions() as connection:
            unused = connection.exec_driver_sql("PRAGMA freelist_count").one()[0]
        log = Path(f"{self.name}-wal")
        return Residue(int(unused), log.stat().st_size if log.exists() else 0)

    @contextmanager
    def _outside_transactions(self) -> Iterator[sa.Connection]:
        """Give a connection on which nothing begins by itself."""
        with self.reading.connect().execution_options(**{_WRITES: None}) as connection:
            yield connection


def _keep_private(path: Path) -> None:
    """Create *path* for its owner alone before SQLite does; its side files follow its mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(busy_ms: int, connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # Transactions begin where `_begin` says, not by guess.
    _log_ahead(connection, busy_ms)
    # What is deleted is overwritten: retention means the bytes, not the row alone.
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: sqlite3.Connection, busy_ms: int) -> None:
    """
    Turn WAL mode on, however many open the file or leave it at this moment.

    SQLite does not wait by itself while it changes the mode, whatever its busy timeout says.
    """
    until_s = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    # A writer takes the lock at once: two that read first could not both go on.
    writes = connection.get_execution_options().get(_WRITES, False)
    if writes is not None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _reason(words: Any) -> str:
    """Give the database's own words without the statement, whose values they might repeat."""
    return str(words).splitlines()[0] if words is not None else "the database failed"
