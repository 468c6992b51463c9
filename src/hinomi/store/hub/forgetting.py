"""Deleting from the hub's tables what is due; they count by epochs, and know no finer time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, Held
from hinomi.store.database import Database
from hinomi.store.hub.schema import (
    ACKNOWLEDGEMENTS,
    ANSWERS,
    BATCHES,
    ENTRIES,
    FIGURES,
    HISTORIES,
    NAMINGS,
    OUTCOMES,
    ROUNDS,
    RULINGS,
    SNAPSHOTS,
    TABLES,
    WEIGHINGS,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one table that are of one class, and the epoch from whose end their time counts."""

    table: sa.Table
    epoch: sa.ColumnElement[int]
    which: sa.ColumnElement[bool]
    emptied: tuple[str, ...] = ()  # Columns that go; none: the row itself does.


_OTHERS: Final = ACKNOWLEDGEMENTS.alias("others")
_IS_FOLLOWED: Final = sa.exists().where(
    _OTHERS.c.member == ACKNOWLEDGEMENTS.c.member, _OTHERS.c.number > ACKNOWLEDGEMENTS.c.number
)
_LATER: Final = SNAPSHOTS.alias("later")
_IS_PAST: Final = sa.exists().where(_LATER.c.number > SNAPSHOTS.c.number)

_PARTS: Final[Mapping[DataClass, tuple[_Part, ...]]] = {
    DataClass.MEMBER_STATEMENTS: (
        _Part(BATCHES, BATCHES.c.epoch, sa.true()),
        _Part(WEIGHINGS, WEIGHINGS.c.epoch, sa.true()),
        _Part(HISTORIES, HISTORIES.c.epoch, sa.true()),
        _Part(NAMINGS, NAMINGS.c.epoch, sa.true()),
    ),
    DataClass.PAST_LISTS: (
        _Part(
            SNAPSHOTS,
            SNAPSHOTS.c.epoch,
            sa.and_(_IS_PAST, SNAPSHOTS.c.json != b""),
            emptied=("json", "csv"),
        ),
        _Part(ENTRIES, ENTRIES.c.modified, ~ENTRIES.c.is_newest),
        _Part(ACKNOWLEDGEMENTS, ACKNOWLEDGEMENTS.c.epoch, _IS_FOLLOWED),
    ),
    DataClass.RULINGS: (
        _Part(RULINGS, RULINGS.c.until, sa.true()),
        _Part(OUTCOMES, OUTCOMES.c.epoch, sa.true()),
    ),
    DataClass.HUB_FIGURES: (_Part(FIGURES, FIGURES.c.epoch, sa.true()),),
    DataClass.ROUNDS: (
        _Part(TABLES, TABLES.c.epoch, sa.true()),
        _Part(ANSWERS, ANSWERS.c.epoch, sa.true()),
        _Part(ROUNDS, ROUNDS.c.epoch, sa.true()),  # Last: the others refer to it.
    ),
}

CLASSES: Final = tuple(_PARTS)
"""The classes of data that the hub's tables hold and that fall due."""


class HubForgetting:
    """What is due of one hub; reached as `CaseBook.hub.forgetting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self, epoch_days: int) -> Iterator[Held]:
        """
        Tell how many rows of each class there are, by the day from which they count.

        Args:
            epoch_days: Length of an epoch.
        """
        with self._database.read() as connection:
            for data_class, parts in _PARTS.items():
                for part in parts:
                    counted = (
                        sa.select(part.epoch.label("epoch"), sa.func.count())
                        .select_from(part.table)
                        .where(part.which)
                        .group_by(part.epoch)
                        .order_by(part.epoch)
                    )
                    for epoch, count in connection.execute(counted):
                        last_day = (int(epoch) + 1) * epoch_days - 1
                        yield Held(data_class, part.table.name, last_day, int(count))

    def forget(self, data_class: DataClass, before_ms: int, epoch_days: int) -> int:
        """
        Delete the rows of *data_class* whose epoch ended before the day of *before_ms*.

        Args:
            data_class: Of which class; one of other places has no rows here.
            before_ms: The beginning of a day, in ms since the Unix epoch.
            epoch_days: Length of an epoch.

        Returns:
            How many rows went, or lost what they held.

        Raises:
            Unavailable: If another writer holds the case book for too long.
        """
        before_epoch = before_ms // DAY_MS // epoch_days
        with self._database.write() as connection:
            return sum(
                _clear(connection, part, before_epoch) for part in _PARTS.get(data_class, ())
            )


def _clear(connection: sa.Connection, part: _Part, before_epoch: int) -> int:
    due = (part.which, part.epoch < before_epoch)
    if part.emptied:
        emptied = sa.update(part.table).where(*due).values(dict.fromkeys(part.emptied, b""))
        found: sa.CursorResult[Any] = connection.execute(emptied)
    else:
        found = connection.execute(sa.delete(part.table).where(*due))
    return found.rowcount
