"""Digests of what a hub keeps beside its lists; reached as `CaseBook.hub.prints`."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from hinomi.store.database import Database
from hinomi.store.hub.schema import (
    ACKNOWLEDGEMENTS,
    BATCHES,
    CREDENTIALS,
    ENTRIES,
    FIGURES,
    HISTORIES,
    MEMBERS,
    NAMINGS,
    OUTCOMES,
    RULINGS,
    SNAPSHOTS,
    WEIGHINGS,
)

_ENCODER: Final = msgspec.json.Encoder(order="sorted")

_NEWEST: Final = sa.select(sa.func.max(SNAPSHOTS.c.epoch)).scalar_subquery()
"""What members said before its epoch, they can say no more."""

_TABLES: Final[tuple[tuple[sa.Table, sa.Column[int], sa.ColumnElement[bool]], ...]] = (
    (ENTRIES, ENTRIES.c.modified, ENTRIES.c.is_newest),
    (WEIGHINGS, WEIGHINGS.c.epoch, sa.true()),
    (HISTORIES, HISTORIES.c.epoch, sa.true()),
    (NAMINGS, NAMINGS.c.epoch, sa.true()),
    (FIGURES, FIGURES.c.epoch, sa.true()),
    (ACKNOWLEDGEMENTS, ACKNOWLEDGEMENTS.c.epoch, ACKNOWLEDGEMENTS.c.epoch < _NEWEST),
    (BATCHES, BATCHES.c.epoch, BATCHES.c.epoch < _NEWEST),  # Their bodies by their digests.
    (RULINGS, RULINGS.c.until, sa.true()),
    (OUTCOMES, OUTCOMES.c.epoch, sa.true()),
)
"""What changes with a list or by people; by which column it falls due; which of its rows count."""


@dataclass(frozen=True, slots=True)
class Print:
    """All rows of one table, as one digest."""

    table: str
    digest: str  # SHA-256, 64 hex digits.
    oldest: int | None  # Epoch by which the first row falls due; None: there is no row.


class PrintStore:
    """The digests of one hub's tables; each is the same on every database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tables(self) -> tuple[Print, ...]:
        """Give one digest of each table."""
        found = []
        for table, due, which in _TABLES:
            told = [each for each in table.columns if each is not BATCHES.c.body]
            wanted = sa.select(*told).where(which).order_by(*table.primary_key)
            with self._database.read() as connection:
                rows = connection.execute(wanted)
                digest = _digest(tuple(row) for row in rows)
                oldest = connection.scalar(sa.select(sa.func.min(due)).where(which))
            found.append(Print(table.name, digest, oldest))
        return tuple(found)

    def members(self) -> dict[str, str]:
        """Give a digest of what is known of each member, its certificates included."""
        with self._database.read() as connection:
            members = connection.execute(sa.select(MEMBERS).order_by(MEMBERS.c.name)).all()
            order = (CREDENTIALS.c.member, CREDENTIALS.c.fingerprint)
            credentials = connection.execute(sa.select(CREDENTIALS).order_by(*order)).all()
        rows = {row.name: [tuple(row)] for row in members}
        for row in credentials:
            rows.setdefault(row.member, []).append(tuple(row))
        return {name: _digest(its) for name, its in sorted(rows.items())}


def _digest(rows: Iterable[tuple[object, ...]]) -> str:
    found = hashlib.sha256()
    for row in rows:
        found.update(_ENCODER.encode(row) + b"\n")
    return found.hexdigest()
