"""
Whether what a hub keeps holds together: signatures, chain, lists, entries, batches, the journal.

It reads everything anew from the disk and trusts no column that something signed tells as well.
What is signed by nobody is held against the digests in the journal (`services.hub.states`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hinomi.errors import ConfigError, Conflict, MalformedDocument
from hinomi.govern.note import BadNote, Verifier
from hinomi.hub.publish import snapshot_of
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import Entry, Snapshot
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.batchchecks import Batches, Entries
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.restored import DONE, Told, told_in
from hinomi.services.hub.states import Comparison
from hinomi.services.mandates import Operation
from hinomi.share.canonical import digest
from hinomi.share.snapshot import (
    Head,
    check_head,
    read_head,
    render_json,
    require_body,
    require_next,
)
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.rounds import RoundStore
from hinomi.store.hub.snapshots import Published, SnapshotStore, Summary

_Facts = tuple[ServiceClass, int, bool]  # Class, last epoch, and whether it ended.


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at, and what is wrong of it."""

    snapshots: int
    lists: int  # Of them, those whose list is kept.
    entries: int  # That stand on the newest one.
    batches: int  # Of members.
    faults: tuple[str, ...]  # A line each; empty: all holds together.
    left_out: tuple[str, ...]  # What could not be looked at, and why; a line each.


@dataclass(slots=True)
class _Journal:
    """What the journal tells, read once."""

    told: list[Told] = field(default_factory=list)
    published: dict[int, Mapping[str, object]] = field(default_factory=dict)  # By index.
    entries: Entries = field(default_factory=Entries)

    @classmethod
    def read(cls, home: Home) -> "_Journal":
        """Read all bodies that are kept."""
        found = cls()
        for body in home.journal().bodies():
            entry = body.parse()
            found.entries.add(body.index, entry)
            if entry.get("operation") == Operation.PUBLISH.word:
                found.published[body.index] = entry
                found.told += told_in(body.index, entry)
        return found


def check(home: Home) -> Checked:
    """
    Check every snapshot of a hub, what it rests on, and what the journal tells of both.

    Raises:
        Unavailable: If it cannot be read.
    """
    verifier = list_signer(home).verifier
    with home.casebook() as casebook, casebook.snapshot():
        # The journal comes after the database: it may tell of more, and never of less.
        store, journal = casebook.hub.snapshots, _Journal.read(home)
        summaries = tuple(store.summaries())
        batches, compared = Batches(journal.entries), Comparison()
        lists: list[Snapshot] = []
        faults = [
            *_chain_faults(summaries, verifier),
            *_caught(lambda: _list_faults(store, summaries, verifier, lists)),
            *_caught(lambda: _standing_faults(store, summaries)),
            *_caught(lambda: _version_faults(store, lists)),
            *_round_faults(casebook.hub.rounds, summaries),
            *_sealing_faults(store, summaries, present_epoch(home).number),
            *_caught(lambda: batches.faults(home, casebook)),
            *_journal_faults(journal, summaries),
            *_caught(lambda: compared.faults(home, casebook, store.summary())),
        ]
        standing = _standing(casebook)
    left_out = list(compared.left_out)
    if batches.earlier_keys:
        left_out.append(
            f"{batches.earlier_keys} signatures are by keys that members have no more: only what "
            "they are under was checked"
        )
    return Checked(
        snapshots=len(summaries),
        lists=len(lists),
        entries=standing,
        batches=batches.looked,
        faults=tuple(faults),
        left_out=tuple(left_out),
    )


def _caught(part: Callable[[], Iterable[str]]) -> Iterator[str]:
    """Give the faults that a part finds; rows that cannot be read are one, and end that part."""
    try:
        yield from part()
    except (BadNote, MalformedDocument, ConfigError) as error:
        yield str(error)


def _standing(casebook: CaseBook) -> int:
    try:
        return len(casebook.hub.snapshots.standing())
    except (MalformedDocument, ConfigError):
        return 0  # It is told of as a fault.


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


def _list_faults(
    store: SnapshotStore, summaries: Sequence[Summary], verifier: Verifier, lists: list[Snapshot]
) -> Iterator[str]:
    """Hold each list that is kept against its signed head, and add it to *lists* if it is right."""
    for each in summaries:
        kept = store.find(each.number)
        if kept is not None:
            yield from _body_faults(kept, verifier, lists)


def _body_faults(kept: Published, verifier: Verifier, lists: list[Snapshot]) -> Iterator[str]:
    try:
        head = check_head(kept.head, verifier)
        lists.append(require_body(head, kept.json))
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
    try:
        head = read_head(kept.head)
    except BadNote:
        return  # It is told of with the chain.
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


def _version_faults(store: SnapshotStore, lists: Sequence[Snapshot]) -> Iterator[str]:
    """Make the versions of entries anew from each two lists that follow on each other."""
    versions: dict[int, list[Entry]] = {}
    known: dict[Endpoint, Entry] = {}
    began: dict[int, list[Entry]] = {}
    for each in store.versions():
        versions.setdefault(each.modified, []).append(each)
        before = known.get(each.endpoint)
        if not _follows(before, each):
            began.setdefault(each.modified, []).append(each)
        known[each.endpoint] = each
    last: Snapshot | None = None
    for snapshot in lists:
        here = versions.get(snapshot.epoch, [])
        follows = snapshot.number == (1 if last is None else last.number + 1)
        if follows:
            before_it = _facts(last)
            wanted = _changed(before_it, _facts(snapshot), snapshot.epoch)
            late = any(
                each.since != snapshot.epoch or (last is None and each.episode != 1)
                for each in here
                if each.endpoint not in before_it
            )
            found = {
                each.endpoint: (each.service_class, each.valid_until, each.is_revoked)
                for each in here
            }
            if found != wanted or late or began.get(snapshot.epoch):
                yield (
                    f"versions of entries of snapshot {snapshot.number} are not what it changed "
                    "of the list before it"
                )
        last = snapshot


def _follows(before: Entry | None, each: Entry) -> bool:
    """Tell whether since when and in which episode an entry stands fits the version before it."""
    if each.since == each.modified and not each.is_revoked:
        return before is None or (before.is_revoked and each.episode == before.episode + 1)
    # What came before the first version that is kept, retention took.
    return before is None or (before.since, before.episode) == (each.since, each.episode)


def _facts(snapshot: Snapshot | None) -> dict[Endpoint, tuple[ServiceClass, int]]:
    if snapshot is None:
        return {}
    return {
        Endpoint(each.address, each.proto, each.port): (each.service_class, each.valid_until)
        for each in snapshot.listings
    }


def _changed(
    before: Mapping[Endpoint, tuple[ServiceClass, int]],
    now: Mapping[Endpoint, tuple[ServiceClass, int]],
    epoch: int,
) -> dict[Endpoint, _Facts]:
    """Give what is new of a list: what changed, and what ended."""
    changed: dict[Endpoint, _Facts] = {
        each: (*facts, False) for each, facts in now.items() if before.get(each) != facts
    }
    ended = {each: before[each][0] for each in before.keys() - now.keys()}
    return changed | {each: (what, epoch - 1, True) for each, what in ended.items()}


def _sealing_faults(
    store: SnapshotStore, summaries: Sequence[Summary], present: int
) -> Iterator[str]:
    """Hold what is sealed against what was published, and against today."""
    sealed = store.sealed()
    for each in summaries:
        if each.epoch not in sealed:
            yield f"snapshot {each.number}: its epoch is not sealed: more could count for it"
    if any(each > present for each in sealed):
        yield "an epoch is sealed that is still to come: members could say nothing for its list"


def _journal_faults(journal: _Journal, summaries: Sequence[Summary]) -> Iterator[str]:
    """Hold what the journal says was published against what is there."""
    there = {each.number: each for each in summaries}
    for each in summaries:
        told = journal.published.get(each.entry, {})
        same = (told.get("number"), told.get("digest")) == (each.number, each.digest)
        same &= told.get("stage") != DONE
        if journal.entries.has(each.entry) and not same:
            yield f"snapshot {each.number}: its entry of the journal is about other bytes"
    done: dict[int, str] = {}
    epochs: dict[str, int] = {}
    for said in journal.told:
        if said.stage != DONE:
            continue
        if done.setdefault(said.number, said.digest) != said.digest:
            yield f"the journal tells of two snapshots with the number {said.number}"
        if epochs.setdefault(said.day, said.number) != said.number:
            yield f"the journal tells of two snapshots of the epoch {said.day}"
        found = there.get(said.number)
        if found is None or found.digest != said.digest:
            yield f"the journal tells of a snapshot {said.number} that is not there"
