"""Places for a case book: the same tests run on every database that may hold it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from hinomi.store.casebook import CaseBook
from hinomi.store.database import Database, open_database, open_shared_database
from postgres import Server


class Place(Protocol):
    """Where one case book is, empty at first; it can be opened several times."""

    def open(self) -> Database:
        """Open the database; the caller closes it."""

    def engine(self) -> sa.Engine:
        """Give a way to the bare database, past our code; the caller disposes of it."""

    def raw(self) -> bytes:
        """Read the files in which the tables are, as they lie on the disk."""


@dataclass(frozen=True, slots=True)
class SqlitePlace:
    """A file."""

    path: Path

    def open(self) -> Database:
        """Open the database; the caller closes it."""
        return open_database(self.path)

    def engine(self) -> sa.Engine:
        """Give a way to the bare database, past our code; the caller disposes of it."""
        return sa.create_engine(sa.URL.create("sqlite", database=str(self.path)))

    def raw(self) -> bytes:
        """Read the file and its log."""
        return b"".join(path.read_bytes() for path in sorted(self.path.parent.iterdir()))


@dataclass(frozen=True, slots=True)
class PostgresqlPlace:
    """A database of a server."""

    server: Server
    conninfo: str

    def open(self) -> Database:
        """Open the database; the caller closes it."""
        return open_shared_database(self.conninfo)

    def engine(self) -> sa.Engine:
        """Give a way to the bare database, past our code; the caller disposes of it."""
        words = dict(pair.split("=", 1) for pair in self.conninfo.split())
        return sa.create_engine("postgresql+psycopg://", connect_args=words)

    def raw(self) -> bytes:
        """Read all files of all databases; the log of the server is not among them."""
        self.server.run("CHECKPOINT")
        files = sorted((self.server.data / "base").rglob("*"))
        return b"".join(path.read_bytes() for path in files if path.is_file())


@contextmanager
def opened(place: Place) -> Iterator[CaseBook]:
    """Open the case book at *place*."""
    with CaseBook(place.open()) as book:
        yield book


@contextmanager
def a_reader_that_holds_on(place: Place, table: str) -> Iterator[None]:
    """Let another session read *table* and keep what it saw."""
    engine = place.engine()
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if _is_server(engine) else "BEGIN")
        cursor.execute(str(sa.select(sa.func.count()).select_from(sa.table(table))))
        cursor.fetchall()
        yield
        connection.rollback()
    engine.dispose()


def _is_server(engine: sa.Engine) -> bool:
    return engine.dialect.name == "postgresql"
