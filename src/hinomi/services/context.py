"""
Context in: bulk data of others, kept as dated tables, read as of before a window (R19).

What lies in the own network is left out: own lines have no context, and nothing keeps a
subscriber's address in plain.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from hinomi.clock import render_time
from hinomi.collect.context.catalogue import parse_context
from hinomi.collect.context.intake import Parsed
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.detect.background import Background, FormerEntry
from hinomi.errors import MalformedDocument, UsageError
from hinomi.model.context import DAY_MS, ContextKind, ContextTable, TableStatement, parse_day
from hinomi.model.listed import ListKind
from hinomi.model.window import Window
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.context import ContextStore
from hinomi.telemetry import mask_addresses, name_without_addresses

CONTEXT: Final = "context"
"""The folder of the home in which the tables lie."""

_DAY: Final = len("2026-01-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedContext:
    """What became of one context file."""

    statement: TableStatement
    ignored: dict[str, int]  # Well formed but not kept, by reason.
    malformed: int


def add_context(
    home: Home,
    kind: ContextKind,
    path: Path,
    *,
    source: str,
    licence: str,
    day: str,
    keep_good: bool = False,
) -> AddedContext:
    """
    Keep the file at *path* as the table of (*kind*, *source*) as of *day*.

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If it is not of this kind, has a bad line, holds nothing, or
            says itself that it is younger than *day*.
        UsageError: If source or licence is blank, or *day* is no day or has not come yet.
    """
    day = _checked_day(home, day)
    if not source.strip() or not licence.strip():
        raise UsageError("a context table needs a source and a licence: say both")
    mandate = home.mandate(Operation.LIST)
    facts: dict[str, object] = {
        "act": "add-context",
        "kind": kind.value,
        "source": mask_addresses(source),
        "licence": mask_addresses(licence),
        "day": day,
        "file": name_without_addresses(path),
        "register": home.register.version,
    }
    record(home.journal(), Operation.LIST, mandate, {**facts, "stage": "begins"})
    parsed = parse_context(kind, path, day, keep_good=keep_good)
    rows = _without_own(home, parsed, path)
    statement = TableStatement(
        kind=kind,
        source=source,
        licence=licence,
        day=day,
        rows=rows.num_rows,
        sha256=parsed.sha256,
        added_ms=home.clock(),
    )
    context_store(home).put(ContextTable(statement=statement, rows=rows))
    ignored = dict(sorted(parsed.ignored.items()))
    counts = {"rows": rows.num_rows, "ignored": ignored, "malformed": parsed.malformed}
    record(home.journal(), Operation.LIST, mandate, {**facts, "stage": "done", **counts})
    return AddedContext(statement=statement, ignored=ignored, malformed=parsed.malformed)


def show_context(home: Home) -> tuple[TableStatement, ...]:
    """Give what every context table states of itself."""
    return context_store(home).show()


def remove_context(
    home: Home, kind: ContextKind, source: str, day: str | None = None
) -> tuple[TableStatement, ...]:
    """
    Delete the tables of (*kind*, *source*), or the one of *day*, and give what went.

    Raises:
        NotFound: If there is none.
    """
    mandate = home.mandate(Operation.LIST)
    gone = context_store(home).remove(kind, source, day)
    facts = {
        "act": "remove-context",
        "kind": kind.value,
        "source": mask_addresses(source),
        "days": [each.day for each in gone],
        "register": home.register.version,
    }
    record(home.journal(), Operation.LIST, mandate, facts)
    return gone


def context_before(home: Home, starts_ms: int) -> tuple[ContextTable, ...]:
    """
    Read the context for a window that starts at *starts_ms*: nothing of that day or later.

    Raises:
        Unavailable: If a table cannot be read.
    """
    return context_store(home).before(starts_ms)


def background_of(home: Home, window: Window) -> Background | None:
    """
    Gather what was known of addresses before *window*; None where nothing was.

    Args:
        home: Its context tables, and what lists of known C&Cs dropped.
        window: An open begin is that of the first record of the lake.

    Raises:
        Unavailable: If a table cannot be read.
    """
    starts_ms = window.since_ms
    if starts_ms is None:
        starts_ms = home.lake().statistics().first_ms
    if starts_ms is None:
        return None
    since_ms = starts_ms - home.register.integer("context.history_days") * DAY_MS
    with home.casebook() as casebook:
        former = casebook.lists.former(ListKind.KNOWN_CC, since_ms=since_ms, before_ms=starts_ms)
    tables = context_before(home, starts_ms)
    if not tables and not former:
        return None
    entries = tuple(
        FormerEntry(entry=each.entry, source=each.source, until=render_time(each.until_ms)[:_DAY])
        for each in former
    )
    return Background(starts_ms=starts_ms, tables=tables, former=entries)


def context_store(home: Home) -> ContextStore:
    """Open the context tables of *home*."""
    return ContextStore(home.folder / CONTEXT)


def _checked_day(home: Home, day: str) -> str:
    try:
        checked = parse_day(day)
    except ValueError:
        raise UsageError("--date is no day such as 2026-01-31") from None
    today = np.datetime64(home.clock(), "ms").astype("datetime64[D]")
    if np.datetime64(checked) > today:
        raise UsageError("--date lies in the future; give the day as of which the file stands")
    return checked


def _without_own(home: Home, parsed: Parsed, path: Path) -> pa.Table:
    """Leave out rows about single addresses of the own network as it is now."""
    rows = parsed.rows
    if "hi" not in rows.column_names:
        return rows
    with home.casebook() as casebook:
        table = OwnTable(casebook.own_networks())
    hi, lo = (np.asarray(rows.column(name).to_numpy(), np.int64) for name in ("hi", "lo"))
    is_own = table.find(hi, lo, np.full(hi.size, home.clock(), np.int64)) != NOT_OWN
    if is_own.any():
        parsed.ignored["own-network"] += int(is_own.sum())
        rows = rows.filter(pa.array(~is_own))
    if rows.num_rows == 0:
        raise MalformedDocument("holds nothing but addresses of the own network", str(path))
    return rows
