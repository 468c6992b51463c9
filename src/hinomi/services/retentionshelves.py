"""
Where a home keeps what falls due: how to list it, clear it, and see whether it is gone.

Every shelf lists what is there by looking at the disk, so that what was cleared and is still
there is found again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hinomi.clock import day_of
from hinomi.govern.checkpoint import Checkpoint
from hinomi.govern.holdings import DataClass
from hinomi.govern.mandate import Mandate
from hinomi.govern.note import BadNote
from hinomi.govern.retention import DAY_MS, Cutoffs, Held
from hinomi.model.context import TableStatement
from hinomi.services.context import context_store
from hinomi.services.home import COLLECT, KEYS, LAKE, PARTIALS, REQUESTS, Home
from hinomi.services.journals import JOURNAL
from hinomi.services.mandates import VALID_FOR_MS
from hinomi.services.researchbook import RESEARCH
from hinomi.services.rollover import period_began_ms, roll_over_if_due
from hinomi.store import forgetting
from hinomi.store.hub import forgetting as hubforgetting
from hinomi.store.inventory import arrived_partials, arrived_records, stray_files
from hinomi.store.leftovers import changed_ms, delete, drafts_in

_EPOCH: Final = date(1970, 1, 1)

_DATED: Final = (
    (DataClass.COLLECTOR_STATE, f"{COLLECT}/*.json"),
    (DataClass.COLLECTOR_STATE, f"{COLLECT}/*.kept"),
    (DataClass.REPORTS, "*.html"),
    (DataClass.REPORTS, "reports/*"),
    (DataClass.LEFTOVERS, "scratch-*"),
    (DataClass.LEFTOVERS, ".journal.building"),
    (DataClass.LEFTOVERS, f"{PARTIALS}/draft-*"),
    (DataClass.LEFTOVERS, f"{KEYS}/days/.*"),
    (DataClass.LEFTOVERS, f"{RESEARCH}/.*"),
)
"""What counts from when it was last written."""

_SWEPT_BY_THEMSELVES: Final = {JOURNAL, LAKE, PARTIALS}
"""Folders whose writers see to their own drafts."""


def _nothing(_home: Home, _cutoffs: Cutoffs) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A place of the home from which data goes in time."""

    name: str
    held: Callable[[Home], Iterable[Held]]
    clear: Callable[[Home, Cutoffs, Mandate], Mapping[DataClass, int]]
    """Deletes what is due and counts it by class."""
    residue: Callable[[Home, Cutoffs], Iterable[str]] = _nothing
    """Names what deletion left that `held` does not show."""
    at: Callable[[Home], bool] = lambda _home: True
    """Tells whether such a home has it at all."""


def _flows_held(home: Home) -> Iterator[Held]:
    for each in arrived_records(home.folder / LAKE):
        yield Held(DataClass.FLOW_RECORDS, each.day, _day(each.day), each.count)
    for each in arrived_partials(home.folder / PARTIALS):
        yield Held(DataClass.PARTIAL_RESULTS, each.day or "(damaged)", _day(each.day), each.count)


def _flows_clear(home: Home, cutoffs: Cutoffs, mandate: Mandate) -> Mapping[DataClass, int]:
    """Remove what arrived before: first the manifest lets go of it, then its files go."""
    before_ms = cutoffs.ms(DataClass.FLOW_RECORDS)
    partials = home.partials().expire(day_of(before_ms), mandate)
    removed = home.lake().expire(before_ms, mandate)
    return {DataClass.FLOW_RECORDS: removed.rows, DataClass.PARTIAL_RESULTS: partials}


def _flows_residue(home: Home, cutoffs: Cutoffs) -> Iterator[str]:
    """Compare the files on the disk with the manifest; one that is being written is younger."""
    before_ms = cutoffs.ms(DataClass.FLOW_RECORDS)
    for path in stray_files(home.folder / LAKE):
        if changed_ms(path) < before_ms:
            yield f"{path.relative_to(home.folder)}: a flow file that the manifest does not name"
    for day in sorted(_sealed_ahead(home)):
        yield (
            f"records of {day}, a day that has not come: a clock ran ahead when they arrived; "
            "`hinomi store remove` takes them, with all that lies in the same hours"
        )


def _rows_held(home: Home) -> Iterator[Held]:
    with home.casebook() as casebook:
        yield from casebook.forgetting.held()


def _rows_clear(home: Home, cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    """Delete rows, then write all anew in any case: a killed run may have left bytes."""
    with home.casebook() as casebook:
        gone = {
            each: casebook.forgetting.forget(each, cutoffs.ms(each)) for each in forgetting.CLASSES
        }
        casebook.forgetting.scrub()
    return gone


def _rows_residue(home: Home, _cutoffs: Cutoffs) -> Iterator[str]:
    with home.casebook() as casebook:
        left = casebook.forgetting.residue()
    if left.unused:
        yield f"case book: {left.unused} pages that rows were deleted from"


def _hub_held(home: Home) -> Iterator[Held]:
    with home.casebook() as casebook:
        yield from casebook.hub.forgetting.held(home.register.integer("share.epoch_days"))


def _hub_clear(home: Home, cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    """Delete rows of the hub; the case book, which comes after it, is written anew."""
    days = home.register.integer("share.epoch_days")
    with home.casebook() as casebook:
        return {
            each: casebook.hub.forgetting.forget(each, cutoffs.ms(each), days)
            for each in hubforgetting.CLASSES
        }


def _superseded(home: Home) -> list[TableStatement]:
    """Give the context tables that a later one of the same kind and source has followed."""
    tables = context_store(home).show()
    newest = {(each.kind, each.source): each for each in tables}  # By day: the last wins.
    return [each for each in tables if newest[each.kind, each.source] != each]


def _context_held(home: Home) -> Iterator[Held]:
    for each in _superseded(home):
        yield Held(DataClass.CONTEXT_TABLES, f"{each.kind.value} of {each.day}", _day(each.day))


def _context_clear(home: Home, cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    before_ms = cutoffs.ms(DataClass.CONTEXT_TABLES)
    due = [each for each in _superseded(home) if _day(each.day) * DAY_MS < before_ms]
    for each in due:
        context_store(home).remove(each.kind, each.source, each.day)
    return {DataClass.CONTEXT_TABLES: len(due)}


def _dated(home: Home) -> Iterator[tuple[DataClass, Path]]:
    """Yield files and folders that count from when they were last written."""
    for data_class, pattern in _DATED:
        for path in sorted(home.folder.glob(pattern)):
            yield data_class, path
    for data_class, name in ((DataClass.REQUESTS, REQUESTS), (DataClass.RESEARCH, RESEARCH)):
        numbered = sorted((home.folder / name).glob("[0-9]*"), key=lambda path: int(path.stem))
        yield from ((data_class, path) for path in numbered[:-1])
    yield from (
        (DataClass.LEFTOVERS, path)
        for path in drafts_in(
            each
            for each in sorted(home.folder.iterdir())
            if each.is_dir() and each.name not in _SWEPT_BY_THEMSELVES
        )
    )
    yield from ((DataClass.LEFTOVERS, path) for path in sorted(home.folder.glob(".*.tmp")))


def _files_held(home: Home) -> Iterator[Held]:
    for data_class, path in _dated(home):
        what = path.relative_to(home.folder).as_posix()
        yield Held(data_class, what, changed_ms(path) // DAY_MS)


def _files_clear(home: Home, cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    gone: Counter[DataClass] = Counter()
    for data_class, path in list(_dated(home)):
        if changed_ms(path) < cutoffs.ms(data_class):
            delete(path, is_secret=KEYS in path.relative_to(home.folder).parts)
            gone[data_class] += 1
    return gone


def _bodies_held(home: Home) -> Iterator[Held]:
    days = Counter(body.time_ms // DAY_MS for body in home.journal().bodies())
    for day, count in sorted(days.items()):
        yield Held(DataClass.JOURNAL_BODIES, day_of(day * DAY_MS), day, count)


def _bodies_clear(home: Home, cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    """Delete the bodies that an entry has told of before."""
    gone = home.journal().delete_bodies(cutoffs.ms(DataClass.JOURNAL_BODIES))
    return {DataClass.JOURNAL_BODIES: sum(end - first for first, end in gone)}


def _bodies_residue(home: Home, _cutoffs: Cutoffs) -> Iterator[str]:
    """Prove the first and the last entry that has no body any more."""
    journal = home.journal()
    note = journal.note()
    kept = {body.index for body in journal.bodies()}
    bare = [each for each in range(Checkpoint.parse(note.text).size) if each not in kept]
    for index in sorted({*bare[:1], *bare[-1:]}):
        try:
            journal.prove(index, note).require(journal.leaf(index).encode(), journal.verifier)
        except BadNote as error:
            yield f"journal: the proof of entry {index} does not hold: {error}"


def _keys_held(home: Home) -> Iterator[Held]:
    for day in home.keeper.days():
        yield Held(DataClass.DAY_KEYS, day, _day(day))


def _keys_clear(home: Home, cutoffs: Cutoffs, mandate: Mandate) -> Mapping[DataClass, int]:
    """Destroy keys that are due, and those of days to come that nothing is under."""
    ahead = set(_ahead(home, home.keeper.days())) - _sealed_ahead(home)
    due = [each.what for each in _keys_held(home) if cutoffs.cover(each) or each.what in ahead]
    for day in due:
        home.keeper.destroy(day, mandate)
    return {DataClass.DAY_KEYS: len(due)}


def _ahead(home: Home, days: Iterable[str]) -> Iterator[str]:
    """Choose the days that have not come, by more than the clocks of two machines may differ."""
    tomorrow = day_of(home.clock() + DAY_MS)
    return (day for day in days if day > tomorrow)


def _sealed_ahead(home: Home) -> set[str]:
    """Name the days that have not come and that records or partial results arrived on."""
    arrived = (
        *arrived_records(home.folder / LAKE),
        *arrived_partials(home.folder / PARTIALS),
    )
    return set(_ahead(home, (each.day for each in arrived)))


def _period_held(home: Home) -> Iterator[Held]:
    yield Held(DataClass.PERIOD_KEYS, home.key_period, period_began_ms(home) // DAY_MS)


def _period_clear(home: Home, _cutoffs: Cutoffs, _mandate: Mandate) -> Mapping[DataClass, int]:
    """Change the key if its period is over; own rows of the case book change with it."""
    done = roll_over_if_due(home)
    if done is None:
        return {}
    with home.casebook() as casebook:
        casebook.forgetting.scrub()
    destroyed = done.get("destroyed")
    return {DataClass.PERIOD_KEYS: len(destroyed) if isinstance(destroyed, list) else 0}


def _period_residue(home: Home, _cutoffs: Cutoffs) -> Iterator[str]:
    """Look for keys of former periods that nothing can come in under any more."""
    present = home.lake().period()
    if present.since_ms is not None and home.clock() - present.since_ms >= VALID_FOR_MS:
        for path in (home.folder / KEYS).glob("period-*.key"):
            if path.stem < present.name:
                yield f"{path.relative_to(home.folder)}: the key of a period that is over"


def _has_flows(home: Home) -> bool:
    return not home.is_hub


def _is_hub(home: Home) -> bool:
    return home.is_hub


ALL: Final = (
    Shelf("flows", _flows_held, _flows_clear, _flows_residue, _has_flows),
    Shelf("hub", _hub_held, _hub_clear, at=_is_hub),
    Shelf("case book", _rows_held, _rows_clear, _rows_residue),
    Shelf("context", _context_held, _context_clear),
    Shelf("files", _files_held, _files_clear),
    Shelf("journal", _bodies_held, _bodies_clear, _bodies_residue),
    Shelf("keys", _keys_held, _keys_clear, at=_has_flows),
    Shelf("key period", _period_held, _period_clear, _period_residue, _has_flows),
)
"""In the order in which they are cleared: keys last, since that makes the rest final."""


def shelves_of(home: Home) -> tuple[Shelf, ...]:
    """Give the shelves that *home* has, in the order in which they are cleared."""
    return tuple(each for each in ALL if each.at(home))


def _day(text: str) -> int:
    """Give a day as its number; what tells none is the first of all."""
    return (date.fromisoformat(text) - _EPOCH).days if text else 0
