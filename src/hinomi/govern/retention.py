"""
Retention: what a home holds, how long each class of it stays, and what is due when.

Each class of data has a row here. It names the parameter of the register that says how long
it stays, or the reason for which it stays as long as the home; and the files and tables that
are of it. What no row speaks of is told as unknown, so that nothing is kept unseen.

Days count from the end of a day, UTC: what happened on one day is due at one moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Final

from hinomi.govern.matrix import Data
from hinomi.govern.parameters import Register

DAY_MS: Final = 86_400_000


class DataClass(StrEnum):
    """Data that is kept equally long, for one reason."""

    FLOW_RECORDS = "flow-records"
    PARTIAL_RESULTS = "partial-results"
    DAY_KEYS = "day-keys"
    PERIOD_KEYS = "period-keys"
    DROPPED_OWN_ENTRIES = "dropped-own-entries"
    STANDING_OWN_ENTRIES = "standing-own-entries"
    LIST_HISTORY = "list-history"
    OPERATIONS = "operations"
    COLLECTOR_STATE = "collector-state"
    CONTEXT_TABLES = "context-tables"
    REPORTS = "reports"
    CASES = "cases"
    OWN_CASES = "own-cases"
    EVIDENCE = "evidence"
    LEFTOVERS = "leftovers"
    JOURNAL_BODIES = "journal-bodies"
    REQUESTS = "requests"
    RESEARCH = "research"
    JOURNAL = "journal"
    STANDING_LISTS = "standing-lists"
    NETWORK_PLAN = "network-plan"
    FOLLOWED_FILES = "followed-files"
    MODELS = "models"
    RULES = "rules"
    MECHANISM = "mechanism"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How long one class stays, why, and where it lies."""

    data_class: DataClass
    data: Data  # What the matrix calls it.
    parameter: str | None  # Days in the register; None: as long as the home.
    reason: str  # From when the days count; or why it stays.
    files: tuple[str, ...] = ()  # Patterns of paths in the home.
    tables: tuple[str, ...] = ()  # Of the case book, some or all of whose rows are of it.


_CASE_TABLES: Final = (
    "cases",
    "case_events",
    "case_verdicts",
    "case_notes",
    "case_seeds",
    "source_outcomes",
    "listings",
    "evidence",
)

ROWS: Final = (
    Row(
        data_class=DataClass.FLOW_RECORDS,
        data=Data.FLOW_RECORDS,
        parameter="retention.flow_records_days",
        reason="counted from the day of arrival: an old capture that is imported today is new",
        files=("lake/flows/*.parquet",),
    ),
    Row(
        data_class=DataClass.PARTIAL_RESULTS,
        data=Data.FLOW_RECORDS,
        parameter="retention.flow_records_days",
        reason="counted from the day on which the first of its records arrived",
        files=("partials/[0-9]*/*",),
    ),
    Row(
        data_class=DataClass.DAY_KEYS,
        data=Data.FLOW_RECORDS,
        parameter="retention.flow_records_days",
        reason="counted from its day: with the key, every copy of that day's files is gone",
        files=("keys/days/[0-9]*.key",),
    ),
    Row(
        data_class=DataClass.PERIOD_KEYS,
        data=Data.FLOW_RECORDS,
        parameter="store.key_period_days",
        reason="counted from when its period began; then all that is kept comes under another "
        "key, and this one is destroyed a day later",
        files=("keys/period-*.key",),
    ),
    Row(
        data_class=DataClass.DROPPED_OWN_ENTRIES,
        data=Data.LISTS,
        parameter="retention.flow_records_days",
        reason="lines of the own network on a list, counted from when the list dropped them",
        tables=("list_entries",),
    ),
    Row(
        data_class=DataClass.STANDING_OWN_ENTRIES,
        data=Data.LISTS,
        parameter="retention.own_list_entries_days",
        reason="lines of the own network on a list, counted from when the list last changed",
        tables=("list_entries",),
    ),
    Row(
        data_class=DataClass.LIST_HISTORY,
        data=Data.LISTS,
        parameter="retention.list_history_days",
        reason="counted from when a list dropped the entry, or ended",
        tables=("list_entries", "lists"),
    ),
    Row(
        data_class=DataClass.OPERATIONS,
        data=Data.STATISTICS,
        parameter="retention.operations_days",
        reason="counted from the hour, import, drill or run that the numbers are of",
        tables=("exporter_hours", "imports", "drills", "case_runs"),
    ),
    Row(
        data_class=DataClass.COLLECTOR_STATE,
        data=Data.NETWORK_PLAN,
        parameter="retention.collector_state_days",
        reason="counted from when a collector last wrote it",
        files=("collect/*.json", "collect/*.kept"),
    ),
    Row(
        data_class=DataClass.CONTEXT_TABLES,
        data=Data.REFERENCE_TABLES,
        parameter="retention.context_tables_days",
        reason="counted from the table's own day; the newest of a kind and source stays",
        files=("context/*/*.parquet",),
    ),
    Row(
        data_class=DataClass.REPORTS,
        data=Data.CANDIDATES,
        parameter="retention.reports_days",
        reason="counted from when the report was written",
        files=("*.html", "reports/*"),
    ),
    Row(
        data_class=DataClass.CASES,
        data=Data.CANDIDATES,
        parameter="retention.cases_days",
        reason="closed cases with their evidence, verdicts, notes and listings, counted from when "
        "they were closed; open ones stay until they are",
        tables=_CASE_TABLES,
    ),
    Row(
        data_class=DataClass.OWN_CASES,
        data=Data.OWN_SERVICES,
        parameter="retention.own_cases_days",
        reason="the same of servers inside the own network, which are on somebody's line",
        tables=_CASE_TABLES,
    ),
    Row(
        data_class=DataClass.EVIDENCE,
        data=Data.LISTS,
        parameter="retention.evidence_days",
        reason="what others said of services that have no case, counted from when it came",
        tables=("evidence",),
    ),
    Row(
        data_class=DataClass.LEFTOVERS,
        data=Data.FLOW_RECORDS,
        parameter="retention.leftovers_days",
        reason="what a killed process left, counted from when it last wrote it",
        files=(
            "scratch-*",
            ".journal.building/*",
            "lake/staging/*",
            "partials/draft-*",
            "keys/days/.*",
            "research/.*",
            ".*.tmp",
            "*/.*.tmp",
        ),
    ),
    Row(
        data_class=DataClass.JOURNAL_BODIES,
        data=Data.GOVERNANCE_RECORDS,
        parameter="retention.journal_bodies_days",
        reason="what an entry says, counted from the act; its hash and time stay",
        files=("journal/bodies/*",),
    ),
    Row(
        data_class=DataClass.REQUESTS,
        data=Data.GOVERNANCE_RECORDS,
        parameter="retention.journal_bodies_days",
        reason="acts that take four eyes: asked for, approved, done, counted from the last "
        "word on them; the last request stays, so that no number is used twice",
        files=("requests/[0-9]*.json",),
    ),
    Row(
        data_class=DataClass.RESEARCH,
        data=Data.GOVERNANCE_RECORDS,
        parameter="retention.journal_bodies_days",
        reason="what research asked for and was given, counted from when it was last written; "
        "the last request stays, so that no number is used twice",
        files=("research/[0-9]*",),
    ),
    Row(
        data_class=DataClass.JOURNAL,
        data=Data.GOVERNANCE_RECORDS,
        parameter=None,
        reason="hashes, times and signatures: proofs of deleted entries need them",
        files=("journal/*", "keys/journal.key"),
    ),
    Row(
        data_class=DataClass.STANDING_LISTS,
        data=Data.LISTS,
        parameter=None,
        reason="what lists of others hold now, until `hinomi lists add` or `lists remove`",
        tables=("list_entries", "lists"),
    ),
    Row(
        data_class=DataClass.NETWORK_PLAN,
        data=Data.NETWORK_PLAN,
        parameter=None,
        reason="the own prefixes, exporters and interfaces: no record can be read without them",
        tables=("exporters", "interfaces", "own_networks"),
    ),
    Row(
        data_class=DataClass.FOLLOWED_FILES,
        data=Data.STATISTICS,
        parameter=None,
        reason="names of flow files, as long as they lie in the followed folder: forgotten "
        "earlier, an old file would be taken in again as new",
        tables=("spool",),
    ),
    Row(
        data_class=DataClass.MODELS,
        data=Data.MODELS,
        parameter=None,
        reason="thresholds and shares that tell of no line, until `hinomi models remove`",
        files=("models/*",),
    ),
    Row(
        data_class=DataClass.RULES,
        data=Data.GOVERNANCE_RECORDS,
        parameter=None,
        reason="by what and by whom the home is run, the documents that permitted it, and the "
        "numbers that its parameters were argued with: they tell of no line",
        files=(
            "config.toml",
            "register.toml",
            "people.toml",
            "sanctioned/*.toml",
            "rulings/*",
            "evidence/*",
        ),
        tables=("evidence_sources",),
    ),
    Row(
        data_class=DataClass.MECHANISM,
        data=Data.STATISTICS,
        parameter=None,
        reason="what keeps the rest together: names and counts of files, locks, the database",
        files=(
            "casebook.sqlite*",
            "lake/manifest/*",
            "lake/lock",
            "lake/writing",
            "collect/lock",
            "requests/lock",
            "sanctioned/lock",
        ),
        tables=("alembic_version", "key_period", "sqlite_sequence", "source_pairs"),
    ),
)
"""All classes. The first row whose pattern fits a path speaks of it, leftovers before all."""


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
