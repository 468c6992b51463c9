"""
Rounds of private corroboration at the hub: what was agreed on, tables that came, answers to them.

Tables are taken out once, by whoever combines them: a process that is killed then leaves a round
without answers, and no tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from hinomi.errors import Conflict
from hinomi.model.member import Member
from hinomi.store.database import Database
from hinomi.store.hub.batches import require_unsealed
from hinomi.store.hub.members import require_unchanged
from hinomi.store.hub.schema import ANSWERS, ROUNDS, TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """One round as it was agreed on: the same for all who ask, whatever the register says later."""

    epoch: int
    threshold: int
    capacity: int
    numbers: Mapping[str, int]  # By member's name; who is not here takes no part.


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What one member sent in a round."""

    epoch: int
    member: str
    digest: str
    note: str
    point: int  # Where its shares were evaluated.
    body: bytes = field(repr=False)
    entry: int  # Of the journal.


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one member is told of a round."""

    epoch: int
    member: str
    digest: str  # Of the tables that it answers.
    body: bytes = field(repr=False)


class RoundStore:
    """All rounds of one hub; reached as `CaseBook.hub.rounds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deal(self, dealt: Dealt) -> Dealt:
        """
        Keep what is agreed on, and give it; where it was agreed on before, that.

        Raises:
            Conflict: If the list that the round is combined with is made, or being made.
        """
        with self._database.write() as connection:
            found = _dealt(connection, dealt.epoch)
            if found is not None:
                return found
            require_unsealed(connection, dealt.epoch)
            connection.execute(
                sa.insert(ROUNDS).values(
                    epoch=dealt.epoch,
                    threshold=dealt.threshold,
                    capacity=dealt.capacity,
                    numbers=dict(dealt.numbers),
                )
            )
        return dealt

    def find(self, epoch: int) -> Dealt | None:
        """Give what was agreed on in the round of an epoch; None: there is none."""
        with self._database.read() as connection:
            return _dealt(connection, epoch)

    def add(self, tables: Tables, heard: Member | None = None) -> bool:
        """
        Keep what a member sent; the same again changes nothing.

        Args:
            tables: Signed, as they were checked.
            heard: Their member as it was let in, which has to be so still; None: is not looked at.

        Returns:
            Whether it is new.

        Raises:
            NotPermitted: If the member was suspended, or got another key, meanwhile.
            Conflict: If the member sent something else in this round, another member's tables have
                the same point, or the round is over.
        """
        key = {"epoch": tables.epoch, "member": tables.member}
        with self._database.write() as connection:
            known = connection.scalar(sa.select(TABLES.c.digest).filter_by(**key))
            if known is None:
                require_unchanged(connection, heard)
                require_unsealed(connection, tables.epoch)
                _require_free(connection, tables)
                row = {
                    "digest": tables.digest,
                    "note": tables.note,
                    "point": tables.point,
                    "body": tables.body,
                    "entry": tables.entry,
                }
                connection.execute(sa.insert(TABLES).values(**key, **row))
                return True
        if known != tables.digest:
            raise Conflict("other tables were taken in this round already: send those again")
        return False

    def digest_of(self, epoch: int, member: str) -> str | None:
        """Give the digest of what a member sent in a round, also when it is over; None: nothing."""
        key = {"epoch": epoch, "member": member}
        with self._database.read() as connection:
            return connection.scalar(
                sa.select(TABLES.c.digest).filter_by(**key)
            ) or connection.scalar(sa.select(ANSWERS.c.digest).filter_by(**key))

    def take_out(self, until: int) -> tuple[Tables, ...]:
        """
        Delete all tables of rounds up to epoch *until*, and give them, by epoch and member.

        Whoever asks a second time gets nothing.
        """
        which = TABLES.c.epoch <= until
        with self._database.write() as connection:
            rows = connection.execute(
                sa.select(TABLES).where(which).order_by(TABLES.c.epoch, TABLES.c.member)
            ).all()
            connection.execute(sa.delete(TABLES).where(which))
        return tuple(
            Tables(
                epoch=row.epoch,
                member=row.member,
                digest=row.digest,
                note=row.note,
                point=row.point,
                body=row.body,
                entry=row.entry,
            )
            for row in rows
        )

    def epochs_with_tables(self) -> tuple[int, ...]:
        """Give the epochs of whose rounds tables are here, ascending."""
        wanted = sa.select(TABLES.c.epoch).distinct().order_by(TABLES.c.epoch)
        with self._database.read() as connection:
            return tuple(connection.scalars(wanted))

    def put_answer(self, answered: Answered) -> None:
        """Keep what a member is told of a round."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(ANSWERS).values(
                    epoch=answered.epoch,
                    member=answered.member,
                    digest=answered.digest,
                    body=answered.body,
                )
            )

    def answer(self, epoch: int, member: str) -> bytes | None:
        """Give what a member is told of a round; None: nothing."""
        key = {"epoch": epoch, "member": member}
        with self._database.read() as connection:
            return connection.scalar(sa.select(ANSWERS.c.body).filter_by(**key))


def _require_free(connection: sa.Connection, tables: Tables) -> None:
    """Refuse a second point: what two members have in common would lie open in their tables."""
    taken = sa.select(TABLES.c.member).filter_by(epoch=tables.epoch, point=tables.point)
    if connection.scalar(taken) is not None:
        raise Conflict("other tables of this round have the same point: draw another next time")


def _dealt(connection: sa.Connection, epoch: int) -> Dealt | None:
    row = connection.execute(sa.select(ROUNDS).filter_by(epoch=epoch)).one_or_none()
    if row is None:
        return None
    return Dealt(
        epoch=row.epoch,
        threshold=row.threshold,
        capacity=row.capacity,
        numbers=dict(row.numbers),
    )
