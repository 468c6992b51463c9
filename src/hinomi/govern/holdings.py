"""
What a home holds, class by class: how long each stays, or why it stays, and where it lies.

A row names the parameter of the register that says how long its class stays, or the reason for
which it stays as long as the home; and the files and tables that are of it. What no row speaks of
is told as unknown, so that nothing is kept unseen.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hinomi.govern.matrix import Data


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
    MEMBER_STATEMENTS = "member-statements"
    PAST_LISTS = "past-lists"
    RULINGS = "rulings"
    HUB_FIGURES = "hub-figures"
    ROUNDS = "rounds"
    MEMBERS = "members"
    PUBLISHED = "published"
    MEMBERSHIP = "membership"
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
        data_class=DataClass.MEMBER_STATEMENTS,
        data=Data.MEMBER_STATEMENTS,
        parameter="retention.hub_statements_days",
        reason="what members said to the hub, and how it was weighed, counted from the end of the "
        "epoch that it is of",
        tables=("hub_batches", "hub_weighings", "hub_histories", "hub_namings"),
    ),
    Row(
        data_class=DataClass.PAST_LISTS,
        data=Data.LISTINGS,
        parameter="retention.hub_lists_days",
        reason="lists of past snapshots, versions of entries that others followed, and who put "
        "them to use, counted from the end of their epoch; heads stay, what stands now, and the "
        "last version of each server, by which one that returns is known; one that ended goes to "
        "nobody",
        tables=("hub_snapshots", "hub_entries", "hub_acknowledgements"),
    ),
    Row(
        data_class=DataClass.RULINGS,
        data=Data.LISTINGS,
        parameter="retention.cases_days",
        reason="what people at the hub decided, and whose word it bore out, counted from the last "
        "epoch in which it counts",
        tables=("hub_rulings", "hub_outcomes"),
    ),
    Row(
        data_class=DataClass.HUB_FIGURES,
        data=Data.STATISTICS,
        parameter="retention.operations_days",
        reason="what each list came to in counts, by member too, counted from the end of its epoch",
        tables=("hub_figures",),
    ),
    Row(
        data_class=DataClass.ROUNDS,
        data=Data.MEMBER_STATEMENTS,
        parameter="share.lease_days",
        reason="rounds of private corroboration and what each member was answered, counted from "
        "the end of their epoch; tables go earlier, when the next list is begun",
        tables=("hub_rounds", "hub_tables", "hub_answers"),
    ),
    Row(
        data_class=DataClass.MEMBERS,
        data=Data.GOVERNANCE_RECORDS,
        parameter=None,
        reason="who takes part in the hub and by which attestations and keys, and the hub's own "
        "keys: without them nothing that it published can be checked",
        files=("keys/hub/*",),
        tables=("hub_members", "hub_credentials"),
    ),
    Row(
        data_class=DataClass.PUBLISHED,
        data=Data.LISTINGS,
        parameter=None,
        reason="signed heads, which lead members who were away to today's list; what stands; and "
        "the last version of what ended, so that a server that returns is counted on",
        tables=("hub_snapshots", "hub_entries", "hub_acknowledgements", "hub_sealings"),
    ),
    Row(
        data_class=DataClass.MEMBERSHIP,
        data=Data.GOVERNANCE_RECORDS,
        parameter=None,
        reason="how this home reaches the hub, the list that it took, which of it enough lines "
        "met, and what it sent: servers, and nothing of communications",
        files=("hub/*", "keys/membership/*"),
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
            "hub.restored",
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
