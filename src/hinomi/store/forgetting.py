"""
Deleting from the case book what is due, so that its bytes are gone as well.

SQLite marks deleted rows as free and leaves them where they are. Here they are overwritten
(``secure_delete``), the file is written anew without gaps, and the log is emptied. PostgreSQL
leaves them as well: there every table is written into new files. What stays in its own log and
in copies of it, docs/howto/share-the-case-book.md tells.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, Held
from hinomi.model.exporter import HOUR_MS
from hinomi.store.backend import Residue
from hinomi.store.caserows import RUN_ROWS, Rows, case_rows, caseless_rows
from hinomi.store.database import Database
from hinomi.store.schema import DRILLS, EXPORTER_HOURS, IMPORTS, LIST_ENTRIES, LISTS

_AGAIN: Final = LISTS.alias("again")
_FIRST: Final = LISTS.alias("first")

_CHANGED_MS: Final = (
    sa.select(sa.func.max(_AGAIN.c.added_ms))
    .select_from(
        _AGAIN.join(
            _FIRST, sa.and_(_AGAIN.c.kind == _FIRST.c.kind, _AGAIN.c.source == _FIRST.c.source)
        )
    )
    .where(_FIRST.c.id == LIST_ENTRIES.c.snapshot)
    .scalar_subquery()
)
"""When the list of an entry last got another snapshot."""

_IS_DROPPED: Final = LIST_ENTRIES.c.until_ms.is_not(None)
_IS_UNUSED: Final = LISTS.c.id.not_in(sa.select(LIST_ENTRIES.c.snapshot))

_ROWS: Final[Mapping[DataClass, tuple[Rows, ...]]] = {
    DataClass.DROPPED_OWN_ENTRIES: (
        Rows(LIST_ENTRIES, LIST_ENTRIES.c.until_ms, sa.and_(_IS_DROPPED, LIST_ENTRIES.c.own)),
    ),
    DataClass.STANDING_OWN_ENTRIES: (
        Rows(LIST_ENTRIES, _CHANGED_MS, sa.and_(~_IS_DROPPED, LIST_ENTRIES.c.own)),
    ),
    DataClass.LIST_HISTORY: (
        Rows(LIST_ENTRIES, LIST_ENTRIES.c.until_ms, sa.and_(_IS_DROPPED, ~LIST_ENTRIES.c.own)),
        # A snapshot stays as long as an entry that it was the first to hold.
        Rows(LISTS, LISTS.c.ended_ms, sa.and_(LISTS.c.ended_ms.is_not(None), _IS_UNUSED)),
    ),
    DataClass.OPERATIONS: (
        Rows(EXPORTER_HOURS, sa.cast(EXPORTER_HOURS.c.hour, sa.BigInteger) * HOUR_MS, sa.true()),
        Rows(IMPORTS, IMPORTS.c.imported_ms, sa.true()),
        Rows(DRILLS, DRILLS.c.ran_ms, sa.true()),
        *RUN_ROWS,
    ),
    DataClass.CASES: case_rows(own=False),
    DataClass.OWN_CASES: case_rows(own=True),
    DataClass.EVIDENCE: caseless_rows(),
}

CLASSES: Final = tuple(_ROWS)
"""The classes of data that the case book holds and that fall due."""


class Forgetting:
    """What is due of one case book; reached as `CaseBook.forgetting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self) -> Iterator[Held]:
        """Tell how many rows of each class there are, by the day from which they count."""
        with self._database.read() as connection:
            for data_class, parts in _ROWS.items():
                for part in parts:
                    day = (part.since_ms // DAY_MS).label("day")
                    counted = (
                        sa.select(day, sa.func.count().label("count"))
                        .select_from(part.table)
                        .where(part.which)
                        .group_by(day)
                        .order_by(day)
                    )
                    for row in connection.execute(counted):
                        yield Held(data_class, part.table.name, int(row[0]), int(row[1]))

    def forget(self, data_class: DataClass, before_ms: int) -> int:
        """
        Delete the rows of *data_class* that count from before *before_ms*, and count them.

        Raises:
            Unavailable: If another writer holds the case book for too long.
        """
        with self._database.write() as connection:
            return sum(_delete(connection, part, before_ms) for part in _ROWS.get(data_class, ()))

    def tables(self) -> list[str]:
        """Name all tables of the case book."""
        with self._database.read() as connection:
            return sorted(sa.inspect(connection).get_table_names())

    def scrub(self) -> None:
        """
        Write the case book anew without what was deleted (`Database.scrub`).

        Raises:
            Unavailable: If another process reads or writes for too long: try again.
            ConfigError: If the database does not let us.
        """
        self._database.scrub()

    def residue(self) -> Residue:
        """Tell what of deleted rows may still be there."""
        return self._database.residue()


def _delete(connection: sa.Connection, part: Rows, before_ms: int) -> int:
    found: sa.CursorResult[Any] = connection.execute(
        sa.delete(part.table).where(part.which, part.since_ms < before_ms)
    )
    return found.rowcount
