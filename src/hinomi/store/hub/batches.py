"""What members said: one batch of each kind an epoch, kept as it was signed."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hinomi.errors import Conflict
from hinomi.model.member import Member
from hinomi.model.statement import Deed
from hinomi.store.database import Database
from hinomi.store.hub.members import require_unchanged
from hinomi.store.hub.rows import known
from hinomi.store.hub.schema import BATCHES, SEALINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One signed document of a member."""

    member: str
    deed: Deed
    epoch: int
    media: str  # "json" or "csv".
    digest: str
    note: str
    body: bytes
    statements: int
    entry: int  # Of the journal.


class BatchStore:
    """All batches of one hub; reached as `CaseBook.hub.batches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, batch: Batch, heard: Member | None = None) -> bool:
        """
        Keep *batch*; the same one again changes nothing.

        Args:
            batch: Signed, as it was checked.
            heard: Its member as it was let in, which has to be so still; None: is not looked at.

        Returns:
            Whether it is new.

        Raises:
            NotPermitted: If the member was suspended, or got another key, meanwhile.
            Conflict: If the member said something else for this epoch already, or the list that
                it would count for is being made: whoever gets no error has been heard in time.
        """
        key = {"member": batch.member, "deed": batch.deed.value, "epoch": batch.epoch}
        with self._database.write() as connection:
            row = connection.execute(sa.select(BATCHES.c.digest).filter_by(**key)).one_or_none()
            if row is None:
                require_unchanged(connection, heard)
                require_unsealed(connection, batch.epoch)
                connection.execute(
                    sa.insert(BATCHES).values(
                        **key,
                        media=batch.media,
                        digest=batch.digest,
                        note=batch.note,
                        body=batch.body,
                        statements=batch.statements,
                        entry=batch.entry,
                    )
                )
                return True
        if row.digest != batch.digest:
            raise Conflict(
                "another batch was taken for this epoch already; what has changed goes into the "
                "next one"
            )
        return False

    def find(self, member: str, deed: Deed, epoch: int) -> Batch | None:
        """Give what a member said of one epoch; None: nothing."""
        key = {"member": member, "deed": deed.value, "epoch": epoch}
        with self._database.read() as connection:
            row = connection.execute(sa.select(BATCHES).filter_by(**key)).one_or_none()
        return None if row is None else _batch(row)

    def index(self) -> tuple[tuple[str, Deed, int], ...]:
        """Give member, deed and epoch of every batch that is kept, in this order."""
        columns = (BATCHES.c.member, BATCHES.c.deed, BATCHES.c.epoch)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(*columns)).all()
        return tuple(
            (row.member, known(Deed, row.deed, "hub_batches.deed"), row.epoch) for row in rows
        )

    def of_epoch(self, deed: Deed, epoch: int) -> tuple[Batch, ...]:
        """Give what all members said of one epoch, by member."""
        key = {"deed": deed.value, "epoch": epoch}
        wanted = sa.select(BATCHES).filter_by(**key).order_by(BATCHES.c.member)
        with self._database.read() as connection:
            return tuple(_batch(row) for row in connection.execute(wanted))

    def newest(self, deed: Deed, since: int, until: int) -> tuple[Batch, ...]:
        """
        Give the newest batch of each member from epoch *since* to *until*, both inclusive.

        They come by member: nothing tells in which order they arrived.
        """
        last = (
            sa.select(BATCHES.c.member, sa.func.max(BATCHES.c.epoch).label("epoch"))
            .where(BATCHES.c.deed == deed.value, BATCHES.c.epoch.between(since, until))
            .group_by(BATCHES.c.member)
            .subquery()
        )
        wanted = (
            sa.select(BATCHES)
            .join(last, (last.c.member == BATCHES.c.member) & (last.c.epoch == BATCHES.c.epoch))
            .where(BATCHES.c.deed == deed.value)
            .order_by(BATCHES.c.member)
        )
        with self._database.read() as connection:
            return tuple(_batch(row) for row in connection.execute(wanted))


def require_unsealed(connection: sa.Connection, epoch: int) -> None:
    """Return if no list was begun that a batch of *epoch* would have counted for."""
    sealed = connection.scalar(sa.select(sa.func.max(SEALINGS.c.epoch)))
    if sealed is not None and sealed > epoch:
        raise Conflict(
            "the list of the present epoch is made, or being made: what was found by then goes "
            "into the next batch"
        )


def _batch(row: Any) -> Batch:
    return Batch(
        member=row.member,
        deed=known(Deed, row.deed, "hub_batches.deed"),
        epoch=row.epoch,
        media=row.media,
        digest=row.digest,
        note=row.note,
        body=row.body,
        statements=row.statements,
        entry=row.entry,
    )
