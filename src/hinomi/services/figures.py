"""What the journal's entries of a period come to, in numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hinomi.govern.journal import Body, deleted_bodies
from hinomi.govern.plainwords import plain_words
from hinomi.govern.transparency import Change, Figures
from hinomi.model.window import Window

_FOLLOWS: Final = frozenset({"done", "stored", "failed", "left", "refused", "already-imported"})
"""Stages that tell what came of an act; the act itself was told before."""

_BATCHES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "listings submit": {"submitted": ("submitted",)},
    "listings feedback": {
        "sighted": ("confirmed", "not-seen", "wrong", "gone"),
        "confirmed": ("confirmed",),
    },
    # How many servers are compared, the tables hide from the hub: a page must not tell it.
    "listings corroborate": {},
}
"""Acts that hand on batches: which of an entry's counts make which figure."""

_COMPARING: Final = "listings corroborate"
_REFUSED: Final = "refused"
_SAMPLING: Final = "sampling"
_MODEL_IN_USE: Final = "model.in_use"

Entry = Mapping[str, object]


@dataclass(slots=True)
class _Tally:
    """The running sums."""

    figures: Figures = field(default_factory=Figures)
    accounts: set[str] = field(default_factory=set)
    accesses: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    met: set[int] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    batches: dict[str, dict[str, int]] = field(default_factory=dict)  # By digest, as begun.
    sent: set[str] = field(default_factory=set)  # Digests of those that may have gone.
    compared: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)  # Of the register, as far as told.


def count_entries(bodies: Iterable[Body], window: Window) -> Figures:
    """
    Add up what the entries of *window* tell; earlier ones tell what the register was before.

    Args:
        bodies: Of the journal, oldest first; those that were deleted are missing.
        window: The period.
    """
    tally = _Tally()
    for body in bodies:
        entry = body.parse()
        inside = window.covers(body.time_ms)
        _note_register(tally, entry, body.time_ms, inside=inside)
        _note_batch(tally, entry, inside=inside)
        if inside:
            _count(tally, entry)
    figures = tally.figures
    figures.handed_on += len(tally.sent)
    figures.compared = len(tally.compared)
    figures.accounts = len(tally.accounts)
    figures.accesses = tally.accesses
    figures.dropped_of_files = tally.dropped
    figures.met = tuple(sorted(tally.met))
    figures.changes = tuple(tally.changes)
    return figures


def _count(tally: _Tally, entry: Entry) -> None:
    figures, stage = tally.figures, entry.get("stage")
    operation = str(entry.get("operation", ""))
    figures.entries += 1
    if who := _who(entry):
        tally.accounts.add(who)
    if _REFUSED in (operation, stage) or _REFUSED in entry:
        figures.refusals += 1
        return  # Nothing was done.
    if operation == "retention":  # It tells of bodies that are long gone once more.
        _count_retention(figures, entry)
    else:
        figures.bodies_deleted += sum(end - first for first, end in deleted_bodies([entry]))
    words = plain_words().operations.get(operation)
    if words is not None and words.reads and stage not in _FOLLOWS:
        tally.accesses[operation] += 1
    if stage in ("done", "stored"):
        _count_done(tally, operation, entry)
    elif operation == "detect":
        figures.detections += 1
    elif operation == "listings export":
        figures.handed_on += 1
        figures.listings = max(figures.listings, _number(entry, "listings"))
    elif entry.get("act") in ("remove", "remove-context"):
        figures.deletions += operation != "store"


def _count_done(tally: _Tally, operation: str, entry: Entry) -> None:
    """Count what an act came to."""
    figures = tally.figures
    if operation == "import":
        figures.files += 1
        figures.imported += _number(entry, "records")
        figures.imported_stored += _number(entry, "stored")
        tally.dropped["malformed"] += _number(entry, "malformed")
        dropped = entry.get("dropped")
        if isinstance(dropped, dict):
            tally.dropped.update({str(name): int(count) for name, count in dropped.items()})
    elif operation == "collect":
        figures.received_stored += _number(entry, "stored")
    elif operation == "detect":
        figures.candidates = max(figures.candidates, _number(entry, "candidates"))
        figures.known = max(figures.known, _number(entry, "known"))
        if "sampling_interval" in entry and _number(entry, "sampling_interval") >= 0:
            tally.met.add(_number(entry, "sampling_interval"))
    elif operation in ("case", "case evidence"):
        figures.cases += _number(entry, "opened") + _number(entry, "returned")
    elif operation == "store" and entry.get("act") == "remove":
        figures.deleted_hours += _number(entry, "hours")
        figures.deleted_records += _number(entry, "rows")


def _count_retention(figures: Figures, entry: Entry) -> None:
    """Count what went since its time had come; what a run begins with went only later."""
    removed = entry.get("removed")
    if isinstance(removed, dict):
        gone = {str(name): int(count) for name, count in removed.items()}
        figures.deleted_records += gone.pop("flow-records", 0)
        figures.bodies_deleted += gone.pop("journal-bodies", 0)
        figures.deletions += sum(gone.values())


def _note_batch(tally: _Tally, entry: Entry, *, inside: bool) -> None:
    """
    Notice a batch that is about to go, or went.

    It may have been taken although nobody heard so, and may go days after it was made: it counts
    in the period of either entry, once.
    """
    operation, digest = str(entry.get("operation", "")), entry.get("digest")
    if operation not in _BATCHES or not isinstance(digest, str):
        return  # A plan, or nothing went.
    if entry.get("stage") == "begins":
        tally.batches[digest] = {
            figure: sum(_number(entry, name) for name in names)
            for figure, names in _BATCHES[operation].items()
        }
    if not inside or entry.get("stage") not in {"begins", "done"}:
        return
    tally.sent.add(digest)
    if operation == _COMPARING:
        tally.compared.add(digest)
    for figure, count in tally.batches.get(digest, {}).items():
        setattr(tally.figures, figure, max(getattr(tally.figures, figure), count))


def _note_register(tally: _Tally, entry: Entry, time_ms: int, *, inside: bool) -> None:
    """
    Notice that the register changed, by the act that says so or by a version never met.

    A collector goes on for a moment with the version before: such a one was met already.
    """
    after, before = entry.get("register"), entry.get("register_before")
    known = bool(tally.versions)
    new = {each for each in (after, before) if isinstance(each, str)} - tally.versions
    tally.versions |= new
    announced = isinstance(before, str) and isinstance(after, str) and before != after
    unannounced = new - {after} if announced else new
    if inside and known and unannounced:
        tally.changes.append(Change(time_ms=time_ms, kind="outside"))
    if inside and announced:
        tally.changes.append(_change(entry, time_ms))


def _change(entry: Entry, time_ms: int) -> Change:
    """Tell what was changed: the name of a parameter, but of no router."""
    if entry.get("act") == _SAMPLING:
        return Change(time_ms=time_ms, kind="interval")
    name = entry.get("name")
    if "model_before" in entry or name == _MODEL_IN_USE:
        return Change(time_ms=time_ms, kind="model")
    if not isinstance(name, str):
        return Change(time_ms=time_ms, kind="parameter")
    if name.startswith("exporter."):
        return Change(time_ms=time_ms, kind="interval")
    return Change(time_ms=time_ms, kind="parameter", name=name)


def _who(entry: Entry) -> str:
    mandate = entry.get("mandate")
    who = mandate.get("who") if isinstance(mandate, dict) else entry.get("who")
    return who if isinstance(who, str) else ""


def _number(entry: Entry, name: str) -> int:
    value = entry.get(name)
    return value if isinstance(value, int) else 0
