"""
Lists in: read, own addresses made pseudonyms, kept as a snapshot in the case book.

No list keeps a subscriber's address in plain, whatever it says of it.
"""

from dataclasses import dataclass
from pathlib import Path

from hinomi.collect.lists.catalogue import parse_list
from hinomi.collect.lists.tokenise import tokenise_entries
from hinomi.errors import UsageError
from hinomi.model.listed import HUB_LIST, ListKind
from hinomi.services.home import Home, require_one_period
from hinomi.services.mandates import Operation, record
from hinomi.services.ownership import own_matcher_of
from hinomi.store.lists import Snapshot
from hinomi.telemetry import mask_addresses, name_without_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedList:
    """What became of one list file."""

    kind: ListKind
    source: str
    format: str
    added: int  # Entries that the snapshot before did not hold.
    ended: int  # Entries of the snapshot before that are gone.
    entries: int  # Of the snapshot that is current now.
    ignored: dict[str, int]  # Well formed but not kept, by reason.
    malformed: int


def add_list(
    home: Home,
    kind: ListKind,
    path: Path,
    source: str,
    *,
    keep_good: bool = False,
    format_name: str | None = None,
) -> AddedList:
    """
    Make the file at *path* the current snapshot of the list (*kind*, *source*).

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If it is no list, has a bad line, or holds no entry.
        UsageError: If *source* is blank, or the name of the hub's list.
    """
    if source.strip().lower() == HUB_LIST:
        raise UsageError(
            f"{HUB_LIST!r} is the source of the list that `hinomi listings pull` brings: call "
            "another list something else"
        )
    mandate = home.mandate(Operation.LIST)
    facts: dict[str, object] = {
        "act": "add",
        "kind": kind.value,
        "source": mask_addresses(source),
        "file": name_without_addresses(path),
        "register": home.register.version,
    }
    record(home.journal(), Operation.LIST, mandate, {**facts, "stage": "begins"})
    parsed = parse_list(path, kind, format_name, keep_good)
    with home.casebook() as casebook:
        require_one_period(home, casebook)
        match_own = own_matcher_of(home, casebook)
        entries = tokenise_entries(parsed.entries, match_own, name=str(path))
        replaced = casebook.lists.replace(
            kind, source, entries, sha256=parsed.sha256, added_ms=home.clock()
        )
    counts = {
        "added": replaced.added,
        "ended": replaced.ended,
        "entries": len(entries),
        "ignored": dict(sorted(parsed.ignored.items())),
        "malformed": parsed.malformed,
    }
    record(home.journal(), Operation.LIST, mandate, {**facts, "stage": "done", **counts})
    return AddedList(
        kind=kind,
        source=source,
        format=parsed.format,
        added=replaced.added,
        ended=replaced.ended,
        entries=len(entries),
        ignored=dict(sorted(parsed.ignored.items())),
        malformed=parsed.malformed,
    )


def show_lists(home: Home) -> tuple[Snapshot, ...]:
    """Give the current snapshot of every list."""
    with home.casebook() as casebook:
        return casebook.lists.show()


def remove_list(home: Home, kind: ListKind, source: str) -> int:
    """
    End the list (*kind*, *source*) and give how many entries that ended.

    Raises:
        NotFound: If there is no such list.
    """
    mandate = home.mandate(Operation.LIST)
    with home.casebook() as casebook:
        ended = casebook.lists.remove(kind, source, ended_ms=home.clock())
    facts = {
        "act": "remove",
        "kind": kind.value,
        "source": mask_addresses(source),
        "ended": ended,
        "register": home.register.version,
    }
    record(home.journal(), Operation.LIST, mandate, facts)
    return ended
