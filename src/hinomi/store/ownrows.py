"""
Every row of the case book that names something in the own network, by its pseudonym.

All of them are under one key period, and follow the flow records into the next one at once: a
case whose service has another pseudonym than its evidence would have lost it.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import sqlalchemy as sa

from hinomi.model.address import Address
from hinomi.store.caseschema import CASES, EVIDENCE
from hinomi.store.database import Database
from hinomi.store.schema import KEY_PERIOD, LIST_ENTRIES

_AT_ONCE: Final = 5_000
"""Rows that are read and written together."""


class OwnTable(NamedTuple):
    """A table with a column ``own``, and where its pseudonyms are."""

    table: sa.Table
    hi: str
    lo: str


TABLES: Final = (
    OwnTable(LIST_ENTRIES, "base_hi", "base_lo"),
    OwnTable(CASES, "hi", "lo"),
    OwnTable(EVIDENCE, "hi", "lo"),
)
"""All of them. Listings are plain, also those of own services: they are made to be shared."""


class OwnRows:
    """All rows of one home that hold pseudonyms; reached as `CaseBook.own_rows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def period(self) -> str | None:
        """Name the key period that they are under; None: it never changed."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(KEY_PERIOD.c.name))

    def retokenise(self, period: str, translate: Callable[[Address], Address]) -> dict[str, int]:
        """
        Put them all, former ones too, under another key period: all at once, or none.

        Args:
            period: Its name.
            translate: Gives a pseudonym its new form; two never get the same one.

        Returns:
            How many were changed, by table.
        """
        with self._database.write() as connection:
            counts = {
                each.table.name: sum(_changed(connection, each, translate)) for each in TABLES
            }
            connection.execute(sa.delete(KEY_PERIOD))
            connection.execute(sa.insert(KEY_PERIOD).values(name=period))
        return counts


def _changed(
    connection: sa.Connection, own: OwnTable, translate: Callable[[Address], Address]
) -> Iterator[int]:
    """Change the own rows of one table, some at once, and count them."""
    table, after = own.table, 0
    columns = (table.c.id, table.c[own.hi], table.c[own.lo])
    change = sa.update(table).where(table.c.id == sa.bindparam("row"))
    change = change.values({own.hi: sa.bindparam("new_hi"), own.lo: sa.bindparam("new_lo")})
    while True:
        some = connection.execute(
            sa.select(*columns)
            .where(table.c.own, table.c.id > after)
            .order_by(table.c.id)
            .limit(_AT_ONCE)
        ).all()
        if not some:
            return
        rows = []
        for row, hi, lo in some:
            new = translate(Address(hi, lo))
            rows.append({"row": row, "new_hi": new.hi, "new_lo": new.lo})
        connection.execute(change, rows)
        after = rows[-1]["row"]
        yield len(rows)
