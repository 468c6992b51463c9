"""
Whether what a hub published holds together: signatures, chain, lists, entries, and the journal.

It reads everything anew from the disk and trusts no column that a signed head tells as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hinomi.errors import Conflict, MalformedDocument
from hinomi.govern.note import BadNote, Verifier
from hinomi.hub.publish import snapshot_of
from hinomi.services.home import Home
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.restored import DONE, told_of
from hinomi.share.canonical import digest
from hinomi.share.snapshot import (
    Head,
    check_head,
    read_head,
    render_json,
    require_body,
    require_next,
)
from hinomi.store.hub.rounds import RoundStore
from hinomi.store.hub.snapshots import Published, SnapshotStore, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at, and what is wrong of it."""

    snapshots: int
    lists: int  # Of them, those whose list is kept.
    entries: int  # That stand on the newest one.
    faults: tuple[str, ...]  # A line each; empty: all holds together.


def check(home: Home) -> Checked:
    """
    Check every snapshot of a hub, what stands now, and what the journal tells of them.

    Raises:
        Unavailable: If it cannot be read.
    """
    verifier = list_signer(home).verifier
    with home.casebook() as casebook, casebook.snapshot():
        store = casebook.hub.snapshots
        summaries = tuple(store.summaries())
        faults = [*_chain_faults(summaries, verifier)]
        lists = 0
        for each in summaries:
            kept = store.find(each.number)
            if kept is not None:
                lists += 1
                faults += _body_faults(kept, verifier)
        faults += _standing_faults(store, summaries)
        faults += _round_faults(casebook.hub.rounds, summaries)
        standing = len(store.standing())
    faults += _journal_faults(home, summaries)
    return Checked(snapshots=len(summaries), lists=lists, entries=standing, faults=tuple(faults))


def _chain_faults(summaries: Sequence[Summary], verifier: Verifier) -> Iterator[str]:
    """Hold rows against what was signed of them, and each head against the one before it."""
    if [each.number for each in summaries] != [*range(1, len(summaries) + 1)]:
        yield "numbers of snapshots have a gap"
    before: Head | None = None
    for each in summaries:
        try:
            head = check_head(each.head, verifier)
            require_next(before, (head,))
        except (BadNote, Conflict) as error:
            yield f"snapshot {each.number}: {error}"
            continue
        told = (head.number, head.epoch, head.previous, head.json_digest)
        if told != (each.number, each.epoch, each.previous, each.digest):
            yield f"snapshot {each.number}: its row says something else than its signed head"
        before = head


def _body_faults(kept: Published, verifier: Verifier) -> Iterator[str]:
    """Hold a list against its signed head."""
    try:
        head = check_head(kept.head, verifier)
        require_body(head, kept.json)
    except (BadNote, MalformedDocument) as error:
        yield f"snapshot {kept.number}: {error}"
        return
    if digest(kept.csv) != head.csv_digest:
        yield f"snapshot {kept.number}: its CSV is not the one whose digest was signed"


def _standing_faults(store: SnapshotStore, summaries: Sequence[Summary]) -> Iterator[str]:
    """Hold the entries against the newest list, and each version against its epoch."""
    epochs = {each.epoch for each in summaries}
    stray = sum(each.modified not in epochs for each in store.versions())
    if stray:
        yield f"{stray} versions of entries are of epochs that have no snapshot"
    kept = store.newest()
    if kept is None:
        return
    head = read_head(kept.head)
    again = snapshot_of(
        store.standing(),
        hub=head.hub,
        number=kept.number,
        epoch=kept.epoch,
        epoch_days=head.epoch_days,
        previous=kept.previous,
    )
    if render_json(again) != kept.json:
        yield f"the entries that stand are not those of snapshot {kept.number}"


def _round_faults(rounds: RoundStore, summaries: Sequence[Summary]) -> Iterator[str]:
    """Look for tables that should have gone when a list was begun."""
    newest = max((each.epoch for each in summaries), default=-1)
    stale = [each for each in rounds.epochs_with_tables() if each < newest]
    if stale:
        yield f"tables are still there of rounds that are over: {len(stale)}"


def _journal_faults(home: Home, summaries: Sequence[Summary]) -> Iterator[str]:
    """Hold what the journal says was published against what is there."""
    there = {each.number: each for each in summaries}
    done: dict[int, str] = {}
    epochs: dict[str, int] = {}
    for told in told_of(home.journal(), 0):
        found = there.get(told.number)
        if found is not None and found.entry == told.entry and found.digest != told.digest:
            yield f"snapshot {told.number}: its entry of the journal is about other bytes"
        if told.stage != DONE:
            continue
        if done.setdefault(told.number, told.digest) != told.digest:
            yield f"the journal tells of two snapshots with the number {told.number}"
        if epochs.setdefault(told.day, told.number) != told.number:
            yield f"the journal tells of two snapshots of the epoch {told.day}"
        if found is None or found.digest != told.digest:
            yield f"the journal tells of a snapshot {told.number} that is not there"
