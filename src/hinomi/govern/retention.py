"""
Retention: what a home holds, how long each class of it stays, and what is due when.

Each class of data has a row here. It names the parameter of the register that says how long
it stays, or the reason for which it stays as long as the home; and the files and tables that
are of it. What no row speaks of is told as unknown, so that nothing is kept unseen.

Days count from the end of a day, UTC: what happened on one day is due at one moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Final

from hinomi.govern.holdings import ROWS, DataClass, Row
from hinomi.govern.parameters import Register

DAY_MS: Final = 86_400_000


CAME_BACK: Final = "was destroyed before, and came back: from a backup, say"
"""The reason why something is due before its time."""

_UNDER_DAY_KEYS: Final = (DataClass.FLOW_RECORDS, DataClass.PARTIAL_RESULTS, DataClass.DAY_KEYS)


@dataclass(frozen=True, slots=True)
class Held:
    """Something that a home holds, and the day from whose end its time counts."""

    data_class: DataClass
    what: str  # A day, a table, a file: never an address.
    day: int  # Days since the Unix epoch, UTC.
    count: int = 1  # Of records, rows, files or entries.


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a home holds, and when it is due."""

    held: Held
    due_ms: int  # Since the Unix epoch: the end of its day, and the days of its class.
    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now, and what will be."""

    now_ms: int
    due: tuple[Item, ...]  # By class, oldest first.
    later: tuple[Item, ...]  # Soonest first.

    def next_of(self, data_class: DataClass) -> Item | None:
        """Give what falls due next of a class, None where nothing of it will."""
        return next((each for each in self.later if each.held.data_class is data_class), None)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Up to when each class is due."""

    register: Register
    now_ms: int
    destroyed_until_ms: int = 0
    """Flow information that arrived earlier was once announced to be destroyed."""

    def ms(self, data_class: DataClass) -> int:
        """
        Give the moment before which all of a class is due: the beginning of a day, UTC.

        What was destroyed once stays so, whatever the register says later. A clock that was
        far ahead for a moment takes no more than what detection no longer reads.

        Raises:
            ConfigError: If the register lacks the parameter.
            ValueError: If the class stays as long as the home (the caller's bug).
        """
        today = self.now_ms // DAY_MS
        cutoff_ms = (today - days_of(data_class, self.register)) * DAY_MS
        if data_class not in _UNDER_DAY_KEYS:
            return cutoff_ms
        read_ms = (today - self.register.integer("detect.window_days")) * DAY_MS
        return max(cutoff_ms, min(self.destroyed_until_ms, read_ms))

    def cover(self, held: Held) -> bool:
        """Tell whether something is due."""
        return held.day * DAY_MS < self.ms(held.data_class)


def plan(held: Iterable[Held], cutoffs: Cutoffs) -> Plan:
    """
    Tell what is due.

    Args:
        held: What there is, of classes that have a parameter.
        cutoffs: Up to when each class is due.

    Raises:
        ConfigError: If the register lacks a parameter.
    """
    due: list[Item] = []
    later: list[Item] = []
    for each in held:
        (due if cutoffs.cover(each) else later).append(_item(each, cutoffs))
    order = {data_class: place for place, data_class in enumerate(DataClass)}
    due.sort(key=lambda each: (order[each.held.data_class], each.due_ms, each.held.what))
    later.sort(key=lambda each: (each.due_ms, order[each.held.data_class], each.held.what))
    return Plan(cutoffs.now_ms, tuple(due), tuple(later))


def counts_of(items: Sequence[Item]) -> dict[str, int]:
    """Sum up how much of each class items come to; items of a class stand together."""
    return {
        str(name): sum(each.held.count for each in group)
        for name, group in groupby(items, key=lambda each: each.held.data_class)
    }


def row_of(data_class: DataClass) -> Row:
    """Give the row of a class."""
    return next(row for row in ROWS if row.data_class is data_class)


def days_of(data_class: DataClass, register: Register) -> int:
    """
    Give how many days a class stays.

    Raises:
        ValueError: If it stays as long as the home (the caller's bug).
    """
    parameter = row_of(data_class).parameter
    if parameter is None:
        raise ValueError(f"{data_class} stays as long as the home")
    return register.integer(parameter)


def class_of_file(path: str) -> DataClass | None:
    """
    Tell of which class a file is; None if nothing speaks of it.

    Args:
        path: In the home, with slashes.
    """
    leftovers = row_of(DataClass.LEFTOVERS)
    for row in (leftovers, *ROWS):
        if any(fnmatchcase(path, pattern) for pattern in row.files):
            return row.data_class
    return None


def classes_of_table(table: str) -> tuple[DataClass, ...]:
    """Tell of which classes the rows of a table are; none if nothing speaks of it."""
    return tuple(row.data_class for row in ROWS if table in row.tables)


def _item(held: Held, cutoffs: Cutoffs) -> Item:
    days = days_of(held.data_class, cutoffs.register)
    due_ms, reason = (held.day + 1 + days) * DAY_MS, row_of(held.data_class).reason
    if cutoffs.cover(held) and due_ms > cutoffs.now_ms:
        return Item(held, cutoffs.now_ms, days, CAME_BACK)
    return Item(held, due_ms, days, reason)
