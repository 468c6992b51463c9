"""What the case book asks of the database below it: the port that SQLite and PostgreSQL fill."""

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from hinomi.errors import HinomiError


@dataclass(frozen=True, slots=True)
class Residue:
    """Where bytes of deleted rows may still be."""

    unused: int | None  # Pages that no row uses; None: nobody but the server can tell.
    log_bytes: int | None  # Of changes that are not yet, or also, in the database; None: unknown.


class Backend(Protocol):
    """One database, below `store.database.Database`. See tests/contracts/test_database.py."""

    name: str
    """For messages: where it is, and nothing secret."""

    reading: sa.Engine
    """Its transactions see one state of the database."""

    writing: sa.Engine
    """Its transactions may change it."""

    def admit(self, connection: sa.Connection, *, shared: bool) -> None:
        """Wait until the transaction on *connection* may write, as `Database.write` says."""

    def require_fit(self, connection: sa.Connection) -> None:
        """
        Return if the database keeps what the case book gives it, and sorts as it expects.

        Raises:
            ConfigError: If it does not.
        """

    def explain(self, error: sa.exc.DBAPIError) -> HinomiError | None:
        """Say what a failure means to who uses hinomi; None: it is a mistake of our own."""

    def scrub(self) -> None:
        """
        Write what deletion left out of the database, as `Database.scrub` says.

        Raises:
            Unavailable: If somebody is at it for too long, or still reads what was deleted.
        """

    def residue(self) -> Residue:
        """Look for what deletion may have left."""
