"""What each list came to, in counts; reached as `CaseBook.hub.figures`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hinomi.store.database import Database
from hinomi.store.hub.schema import FIGURES


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one snapshot."""

    number: int
    epoch: int
    told: Mapping[str, Any]


class FigureStore:
    """The figures of all snapshots of one hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, measured: Measured) -> None:
        """Keep the figures of a snapshot in the place of what was known of it."""
        row = {
            "number": measured.number,
            "epoch": measured.epoch,
            "told": dict(measured.told),
        }
        with self._database.write() as connection:
            connection.execute(sa.delete(FIGURES).filter_by(number=measured.number))
            connection.execute(sa.insert(FIGURES).values(row))

    def newest(self) -> Measured | None:
        """Give the figures of the highest number; None: there are none."""
        wanted = sa.select(FIGURES).order_by(FIGURES.c.number.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Measured(row.number, row.epoch, row.told)

    def between(self, first: int, last: int) -> Iterator[Measured]:
        """Give the figures of epochs *first* to *last*, both inclusive, by epoch."""
        wanted = sa.select(FIGURES).where(FIGURES.c.epoch.between(first, last))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(FIGURES.c.epoch)).all()
        return (Measured(row.number, row.epoch, row.told) for row in rows)
