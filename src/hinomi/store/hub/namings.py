"""Which members named a listed server before it was listed; reached as `CaseBook.hub.namings`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint
from hinomi.store.database import Database
from hinomi.store.hub.rows import bound, endpoint_of, key_of, the_one
from hinomi.store.hub.schema import NAMINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Who named one server in the batches that its listing began with."""

    endpoint: Endpoint
    since: int  # Epoch in which the listing began.
    members: tuple[str, ...]  # By name; empty: it was listed without a word of theirs.


class NamingStore:
    """Who named what of all that one hub lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Naming, ...]:
        """Give those of every listed server; of one that was taken up from a copy there is none."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(NAMINGS).order_by(*NAMINGS.primary_key)).all()
        return tuple(
            Naming(
                endpoint=endpoint_of(row),
                since=row.since,
                members=tuple(row.members),
            )
            for row in rows
        )


def follow(
    connection: sa.Connection,
    versions: Iterable[Entry],
    named: Mapping[Endpoint, tuple[str, ...]],
    epoch: int,
) -> None:
    """
    Carry what is kept on to the list of *epoch*, in the transaction that publishes it.

    What is kept of a server ends with its listing.

    Args:
        connection: Of that transaction.
        versions: The new ones of the list's entries.
        named: Who named each server whose listing begins; one that is not here is not known of.
        epoch: Of the list.
    """
    new = [each for each in versions if each.since == epoch and not each.is_revoked]
    gone = [*new, *(each for each in versions if each.is_revoked)]
    if gone:
        keys = [bound(each.endpoint) for each in gone]
        connection.execute(sa.delete(NAMINGS).where(*the_one(NAMINGS)), keys)
    connection.execute(sa.update(NAMINGS).values(epoch=epoch))
    rows = [
        {
            **key_of(each.endpoint),
            "since": epoch,
            "epoch": epoch,
            "members": sorted(named[each.endpoint]),
        }
        for each in new
        if each.endpoint in named
    ]
    if rows:
        connection.execute(sa.insert(NAMINGS), rows)
