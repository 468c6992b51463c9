"""
The lists an operator brings, with their history.

A list is known by its kind and its source. Adding it again makes a new snapshot; what
the old one held is ended, not erased, so that a list can be read as it stood.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from hinomi.errors import Conflict, NotFound, UsageError
from hinomi.model.address import Address
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.store.database import Database
from hinomi.store.schema import LIST_ENTRIES, LISTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """What a list's new snapshot changed."""

    added: int  # Entries that the snapshot before did not hold.
    ended: int  # Entries of the snapshot before that are gone.
    number: int  # Of the snapshot that is current now.


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The current state of one list."""

    kind: ListKind
    source: str
    number: int  # From 1, one more each time the list is replaced.
    added_ms: int
    entries: int
    sha256: str  # Of the file it was read from, hex.


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry and the list it stands on."""

    source: str
    number: int  # Of the first snapshot that holds it as it stands.
    entry: ListEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """One entry that its list dropped, and when it was gone."""

    source: str
    until_ms: int
    entry: ListEntry


class _Key(NamedTuple):
    """What makes two entries the same entry; the rest may change while it stands."""

    base: Address
    length: int
    proto: int | None
    port: int | None
    own: bool


class ListStore:
    """All lists of one home; reached as `CaseBook.lists`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(
        self,
        kind: ListKind,
        source: str,
        entries: Iterable[ListEntry],
        *,
        sha256: str,
        added_ms: int,
    ) -> Replaced:
        """
        Make *entries* the current snapshot of the list (*kind*, *source*), at once.

        The same file with the same entries again changes nothing and makes no snapshot.

        Args:
            kind: What the list says of its entries.
            source: Who made it, as the operator calls them.
            entries: The whole list; own addresses are tokenised already.
            sha256: Of the file it was read from, hex.
            added_ms: The present.

        Raises:
            UsageError: If *source* is blank.
            Conflict: If somebody else began the same list at this very moment.
            ValueError: If two of *entries* are the same (`collapse` comes before).
        """
        if not source.strip():
            raise UsageError("a list needs a source: name who made it")
        wanted = _by_key(entries)
        with self._database.write(shared=True) as connection:
            _hold(connection, kind, source)
            current = connection.execute(_current(kind, source)).one_or_none()
            standing = _standing(connection, kind, source)
            before = {key: entry for key, (_, entry) in standing.items()}
            if current is not None and current.sha256 == sha256 and wanted == before:
                return Replaced(added=0, ended=0, number=current.number)
            # A clock that was set back must not end an entry before it began.
            now_ms = added_ms if current is None else max(added_ms, current.added_ms)
            number = _next_number(connection, kind, source)
            snapshot = _add_snapshot(
                connection,
                {
                    "kind": kind.value,
                    "source": source,
                    "number": number,
                    "added_ms": now_ms,
                    "sha256": sha256,
                    "entries": len(wanted),
                },
            )
            changed = {key for key in wanted | before if wanted.get(key) != before.get(key)}
            _end(connection, [standing[key][0] for key in changed & before.keys()], now_ms)
            fresh = [entry for key, entry in wanted.items() if key in changed]
            _insert(connection, snapshot, fresh, now_ms)
        return Replaced(
            added=len(wanted.keys() - standing.keys()),
            ended=len(standing.keys() - wanted.keys()),
            number=number,
        )

    def remove(self, kind: ListKind, source: str, *, ended_ms: int) -> int:
        """
        End the list (*kind*, *source*) and give how many entries that ended.

        Raises:
            NotFound: If there is no such list now.
        """
        with self._database.write(shared=True) as connection:
            _hold(connection, kind, source)
            current = connection.execute(_current(kind, source)).one_or_none()
            if current is None:
                raise NotFound(f"no {kind} list of this source; `hinomi lists show` names all")
            standing = _standing(connection, kind, source)
            now_ms = max(ended_ms, current.added_ms)
            connection.execute(
                sa.update(LISTS).where(LISTS.c.id == current.id).values(ended_ms=now_ms)
            )
            _end(connection, (row for row, _ in standing.values()), now_ms)
        return len(standing)

    def show(self, kind: ListKind | None = None, source: str | None = None) -> tuple[Snapshot, ...]:
        """Give the current snapshots, by kind and source, of all or of those asked for."""
        wanted = sa.select(LISTS).where(LISTS.c.ended_ms.is_(None))
        if kind is not None:
            wanted = wanted.where(LISTS.c.kind == kind.value)
        if source is not None:
            wanted = wanted.where(LISTS.c.source == source)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(LISTS.c.kind, LISTS.c.source))
            return tuple(
                Snapshot(
                    kind=ListKind(row.kind),
                    source=row.source,
                    number=row.number,
                    added_ms=row.added_ms,
                    entries=row.entries,
                    sha256=row.sha256,
                )
                for row in rows
            )

    def entries(self, kind: ListKind, *, at_ms: int | None = None) -> tuple[Listed, ...]:
        """
        Give the entries of all lists of *kind*, by source.

        Args:
            kind: What the lists say of their entries.
            at_ms: The moment as of which to read them; None is the present.

        Notes:
            An entry on two lists is given twice: ask for distinct ones before a join.
        """
        wanted = (
            sa.select(LISTS.c.source, LISTS.c.number, LIST_ENTRIES)
            .join_from(LIST_ENTRIES, LISTS)
            .where(LISTS.c.kind == kind.value)
            .order_by(LISTS.c.source, LIST_ENTRIES.c.id)
        )
        until = LIST_ENTRIES.c.until_ms
        if at_ms is None:
            wanted = wanted.where(until.is_(None))
        else:
            wanted = wanted.where(LIST_ENTRIES.c.since_ms <= at_ms)
            wanted = wanted.where(until.is_(None) | (until > at_ms))
        with self._database.read() as connection:
            rows = connection.execute(wanted)
            return tuple(
                Listed(source=row.source, number=row.number, entry=_entry(row)) for row in rows
            )

    def former(self, kind: ListKind, *, since_ms: int, before_ms: int) -> tuple[Former, ...]:
        """
        Give the entries with a port that lists of *kind* held and dropped, latest first.

        Args:
            kind: What the lists said of them.
            since_ms: What was gone earlier is left out.
            before_ms: What came to its list at this moment or later is left out.

        Notes:
            Of a list that was removed nothing is given: its operator trusts it no longer.
            Nor are entries of the own network. An entry may stand on a list again.
        """
        with self._database.read() as connection:
            return tuple(_former(connection, kind, since_ms, before_ms))


def _former(
    connection: sa.Connection, kind: ListKind, since_ms: int, before_ms: int
) -> Iterator[Former]:
    current = sa.select(LISTS.c.source).where(
        LISTS.c.kind == kind.value, LISTS.c.ended_ms.is_(None)
    )
    wanted = (
        sa.select(LISTS.c.source, LIST_ENTRIES)
        .join_from(LIST_ENTRIES, LISTS)
        .where(LISTS.c.kind == kind.value, LISTS.c.source.in_(current))
        .where(LIST_ENTRIES.c.port.is_not(None), ~LIST_ENTRIES.c.own)
        .where(LIST_ENTRIES.c.since_ms < before_ms, LIST_ENTRIES.c.until_ms >= since_ms)
        .order_by(LIST_ENTRIES.c.until_ms.desc(), LIST_ENTRIES.c.id)
    )
    seen: set[_Key] = set()
    for row in connection.execute(wanted):
        entry = _entry(row)
        if _key(entry) not in seen:
            seen.add(_key(entry))
            yield Former(source=row.source, until_ms=row.until_ms, entry=entry)


def _by_key(entries: Iterable[ListEntry]) -> dict[_Key, ListEntry]:
    keyed: dict[_Key, ListEntry] = {}
    for entry in entries:
        if keyed.setdefault(_key(entry), entry) is not entry:
            raise ValueError("two entries of a list are the same")
    return keyed


def _key(entry: ListEntry) -> _Key:
    return _Key(entry.base, entry.length, entry.proto, entry.port, entry.own)


def _hold(connection: sa.Connection, kind: ListKind, source: str) -> None:
    """Let who changes the same list wait until this is done; other lists and cases go on."""
    snapshots = sa.select(LISTS.c.id).filter_by(kind=kind.value, source=source)
    connection.execute(snapshots.with_for_update()).all()


def _current(kind: ListKind, source: str) -> sa.Select[Any]:
    return sa.select(LISTS).where(
        LISTS.c.kind == kind.value, LISTS.c.source == source, LISTS.c.ended_ms.is_(None)
    )


def _standing(
    connection: sa.Connection, kind: ListKind, source: str
) -> dict[_Key, tuple[int, ListEntry]]:
    """Read what stands on a list now: row id and entry, by key."""
    rows = connection.execute(
        sa.select(LIST_ENTRIES)
        .join_from(LIST_ENTRIES, LISTS)
        .where(LISTS.c.kind == kind.value, LISTS.c.source == source)
        .where(LIST_ENTRIES.c.until_ms.is_(None))
    )
    found = ((row.id, _entry(row)) for row in rows)
    return {_key(entry): (row, entry) for row, entry in found}


def _next_number(connection: sa.Connection, kind: ListKind, source: str) -> int:
    """Give the number after the last one this list ever had: removed ones count too."""
    last = sa.select(sa.func.max(LISTS.c.number)).filter_by(kind=kind.value, source=source)
    return 1 + (connection.scalar(last) or 0)


def _add_snapshot(connection: sa.Connection, row: dict[str, Any]) -> int:
    """End the list's current snapshot, add *row* as the next one and give its id."""
    connection.execute(
        sa.update(LISTS)
        .filter_by(kind=row["kind"], source=row["source"], ended_ms=None)
        .values(ended_ms=row["added_ms"])
    )
    statement = sa.insert(LISTS).values(row).returning(LISTS.c.id)
    try:
        return int(connection.execute(statement).scalar_one())
    except sa.exc.IntegrityError as error:
        raise Conflict("somebody else began this list just now; add it again") from error


def _end(connection: sa.Connection, rows: Iterable[int], now_ms: int) -> None:
    ended = [{"row": row} for row in rows]
    if ended:
        which = LIST_ENTRIES.c.id == sa.bindparam("row")
        connection.execute(sa.update(LIST_ENTRIES).where(which).values(until_ms=now_ms), ended)


def _insert(
    connection: sa.Connection, snapshot: int, entries: Iterable[ListEntry], now_ms: int
) -> None:
    rows = [
        {
            "snapshot": snapshot,
            "base_hi": entry.base.hi,
            "base_lo": entry.base.lo,
            "length": entry.length,
            "proto": entry.proto,
            "port": entry.port,
            "role": entry.role.value,
            "label": entry.label,
            "first_listed_ms": entry.first_listed_ms,
            "last_listed_ms": entry.last_listed_ms,
            "own": entry.own,
            "since_ms": now_ms,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(sa.insert(LIST_ENTRIES), rows)


def _entry(row: Any) -> ListEntry:
    return ListEntry(
        base=Address(row.base_hi, row.base_lo),
        length=row.length,
        proto=row.proto,
        port=row.port,
        role=Role(row.role),
        label=row.label,
        first_listed_ms=row.first_listed_ms,
        last_listed_ms=row.last_listed_ms,
        own=row.own,
    )
