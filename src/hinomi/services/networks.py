"""The own networks after `init`: shown, and replaced as a whole."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hinomi.collect.lists.tokenise import MatchOwn, tokenise_entries
from hinomi.errors import MalformedDocument
from hinomi.model.address import to_int
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.network import OwnNetwork
from hinomi.services.home import Home, read_own_networks
from hinomi.services.mandates import Operation, record
from hinomi.services.ownership import own_matcher, spans
from hinomi.store.casebook import CaseBook
from hinomi.telemetry import name_without_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedList:
    """A list that was read against other own networks than those that hold now."""

    kind: ListKind
    source: str
    plain: int  # Entries that name own lines, and stand there in plain.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedNetworks:
    """What a new file of own networks changed."""

    own_networks: int
    added: int
    removed: int  # A network of which something else is said now was removed and added.
    kept: int
    foreign: int  # Networks whose addresses, all or some, are no longer ours.
    later: int  # Networks that begin after the present.
    outdated: tuple[OutdatedList, ...]


def show_networks(home: Home) -> tuple[OwnNetwork, ...]:
    """Give the own networks in the order of their file."""
    with home.casebook() as casebook:
        return casebook.own_networks()


def replace_networks(home: Home, path: Path) -> ReplacedNetworks:
    """
    Put the networks that the file at *path* names in the place of all own networks.

    Lists are left as they are: only their files hold the addresses that a pseudonym stands
    for. Which of them are to be added again is told.

    Raises:
        NotFound: If the file cannot be read.
        MalformedDocument: If a line of it is no own network, or it names none.
        Unavailable: If the disk or the journal refuses; the old networks stay.
    """
    networks = read_own_networks(path)
    with home.casebook() as casebook:
        before, after = set(casebook.own_networks()), set(networks)
        counts = {
            "own_networks": len(networks),
            "added": len(after - before),
            "removed": len(before - after),
            "kept": len(before & after),
        }
        facts = {"act": "replace", "file": name_without_addresses(path), **counts}
        facts["register"] = home.register.version
        mandate = home.mandate(Operation.NETWORKS)
        record(home.journal(), Operation.NETWORKS, mandate, facts)
        casebook.replace_own_networks(networks)
        match_own = own_matcher(networks, home.cipher(), home.clock())
        outdated = tuple(_outdated(casebook, match_own)) if before != after else ()
    return ReplacedNetworks(
        **counts,
        foreign=_uncovered(before, networks),
        later=sum(each.valid_from_ms > home.clock() for each in networks),
        outdated=outdated,
    )


def _outdated(casebook: CaseBook, match_own: MatchOwn) -> Iterable[OutdatedList]:
    """Name every list, with how many entries would be pseudonyms if it were added now."""
    for snapshot in casebook.lists.show():
        entries = [
            listed.entry
            for listed in casebook.lists.entries(snapshot.kind)
            if listed.source == snapshot.source and not listed.entry.own
        ]
        plain = sum(_names_own_lines(entry, match_own) for entry in entries)
        yield OutdatedList(kind=snapshot.kind, source=snapshot.source, plain=plain)


def _names_own_lines(entry: ListEntry, match_own: MatchOwn) -> bool:
    try:
        return any(part.own for part in tokenise_entries((entry,), match_own))
    except MalformedDocument:  # A range of own lines that no list may keep.
        return True


def _uncovered(before: Iterable[OwnNetwork], after: Sequence[OwnNetwork]) -> int:
    """Count the networks of *before* that *after* does not hold wholly."""
    starts, ends = spans(after)
    uncovered = 0
    for each in before:
        first = to_int(each.base)
        last = first | ((1 << (128 - each.length)) - 1)
        place = bisect_right(starts, first) - 1
        uncovered += place < 0 or last > ends[place]
    return uncovered
