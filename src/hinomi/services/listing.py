"""
Lists in: read, own addresses made pseudonyms, kept as a snapshot in the case book.

No list keeps a subscriber's address in plain, whatever it says of it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hinomi.collect.lists.catalogue import parse_list
from hinomi.collect.lists.tokenise import MatchOwn, tokenise_entries
from hinomi.collect.ownership import NOT_OWN, OwnTable
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import Address, to_int
from hinomi.model.listed import ListKind
from hinomi.model.network import OwnNetwork
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, mandate_for, record
from hinomi.store.lists import Snapshot
from hinomi.telemetry import mask_addresses


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
        UsageError: If *source* is blank.
    """
    mandate = mandate_for(Operation.LIST, home.clock)
    facts: dict[str, object] = {
        "act": "add",
        "kind": kind.value,
        "source": mask_addresses(source),
        "file": mask_addresses(path.name),
        "register": home.register.version,
    }
    record(home.journal(), Operation.LIST, mandate, {**facts, "stage": "begins"})
    parsed = parse_list(path, kind, format_name, keep_good)
    with home.casebook() as casebook:
        match_own = own_matcher(casebook.own_networks(), home.cipher(), home.clock())
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
    mandate = mandate_for(Operation.LIST, home.clock)
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


def own_matcher(networks: Sequence[OwnNetwork], cipher: LineCipher, now_ms: int) -> MatchOwn:
    """
    Give the function that turns an own address, as of *now_ms*, into its line's pseudonym.

    Notes:
        Lists are mostly foreign: a search in the sorted prefixes settles those, and only
        what may be ours costs a look into the table (0.1 ms).
    """
    table = OwnTable(networks)
    starts, ends = _spans(networks)
    when = np.array([now_ms], dtype=np.int64)
    no_port, no_proto = np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int16)

    def match(address: Address) -> Address | None:
        number = to_int(address)
        place = bisect_right(starts, number) - 1
        if place < 0 or number > ends[place]:
            return None
        hi, lo = np.array([address.hi], np.int64), np.array([address.lo], np.int64)
        network = table.find(hi, lo, when)
        if network[0] == NOT_OWN:
            return None
        key_hi, key_lo = table.line_keys(network, hi, lo, no_port, no_proto)
        return cipher.tokenise_one(Address(int(key_hi[0]), int(key_lo[0])))

    return match


def _spans(networks: Sequence[OwnNetwork]) -> tuple[list[int], list[int]]:
    """Give the first and last addresses of disjoint spans that together cover *networks*."""
    starts: list[int] = []
    ends: list[int] = []
    for first, last in sorted(
        (to_int(each.base), to_int(each.base) | ((1 << (128 - each.length)) - 1))
        for each in networks
    ):
        if ends and first <= ends[-1]:
            ends[-1] = max(ends[-1], last)
        else:
            starts.append(first)
            ends.append(last)
    return starts, ends
