"""
Deleting in time what the register says, and looking afterwards whether it is gone.

The journal says first what will go. A run that is killed, at whatever point, is finished by
the next one: each step may be done again, and ends in the same state.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hinomi.clock import day_of, parse_time
from hinomi.errors import HinomiError, Unavailable
from hinomi.govern.holdings import ROWS, DataClass
from hinomi.govern.journal import deleted_bodies
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import Power
from hinomi.govern.retention import (
    Cutoffs,
    Held,
    Plan,
    class_of_file,
    classes_of_table,
    counts_of,
    plan,
)
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.retentionshelves import shelves_of

_FLOWS_UNTIL: Final = "flows_until"
"""What entries call the day before which flow information is destroyed, keys included."""

_BODIES: Final = "bodies_deleted"
_MARK: Final = f'"{_FLOWS_UNTIL}"'.encode()
_DELETED: Final = f'"{_BODIES}"'.encode()
_NAMED_MOST: Final = 20

Tell = Callable[[str], object]
"""Is told each step before it is done."""


@dataclass(slots=True)
class Outcome:
    """What one run did."""

    removed: Counter[str] = field(default_factory=Counter)  # By class.
    looked: dict[str, int] = field(default_factory=dict)  # At how much, by shelf.
    left: list[str] = field(default_factory=list)  # Due, and still there.
    unknown: list[str] = field(default_factory=list)  # Files that no class speaks of.


def plan_retention(home: Home) -> Plan:
    """
    Tell what is due now, and what will be; reads counts and days, no record.

    Raises:
        ConfigError: If the register is wrong.
        Unavailable: If something cannot be read.
    """
    return plan(_held(home), _cutoffs(home))


def run_retention(home: Home, tell: Tell = lambda _step: None) -> Outcome:
    """
    Delete what is due and look whether it is gone; journalled before and after.

    Args:
        home: The home.
        tell: Is told each step.

    Raises:
        NotPermitted: If the matrix does not permit it.
        Unavailable: If something that was due is still there, or cannot be reached now: the
            message names it, and another run goes on where this one ended.
    """
    mandate = home.mandate(Operation.RETAIN)
    guard = home.guard()
    for data in sorted({row.data for row in ROWS if row.parameter is not None}):
        guard.admit(mandate, Power.MAINTAIN, data)
    cutoffs, outcome = _cutoffs(home), Outcome()
    tell("begins")
    _announce(home, mandate, cutoffs)
    try:
        _clear(home, mandate, cutoffs, outcome, tell)
        tell("look")
        _look(home, cutoffs, outcome)
    except HinomiError as error:
        _note(home, mandate, {"stage": "failed", "error": type(error).__name__})
        raise
    tell("done")
    _note(home, mandate, {
        "stage": "left" if outcome.left else "done",
        "removed": dict(outcome.removed),
        "looked": outcome.looked,
        "left": len(outcome.left),
        "unknown": len(outcome.unknown),
    })  # fmt: skip
    if outcome.left:
        raise Unavailable(
            f"{len(outcome.left)} things that were due are still there: {_some(outcome.left)}; "
            "end what holds them, then repeat"
        )
    return outcome


def unknown_files(home: Home) -> list[str]:
    """Name the files of *home*, and the tables of its case book, that no class speaks of."""
    files = [
        path.relative_to(home.folder).as_posix()
        for path in _files(home.folder)
        if class_of_file(path.relative_to(home.folder).as_posix()) is None
    ]
    with home.casebook() as casebook:
        tables = [each for each in casebook.forgetting.tables() if not classes_of_table(each)]
    return [*files, *(f"case book: table {each}" for each in tables)]


def _cutoffs(home: Home) -> Cutoffs:
    """Read from the register, and from what was announced before, up to when what is due."""
    told = [
        parse_time(until)
        for body in home.journal().bodies()
        if _MARK in body.text and isinstance(until := body.parse().get(_FLOWS_UNTIL), str)
    ]
    return Cutoffs(home.register, home.clock(), max(told, default=0))


def _announce(home: Home, mandate: Mandate, cutoffs: Cutoffs) -> None:
    """
    Write what will go, and which entries of the journal will say nothing any more.

    What entries that go themselves told of others is told again: else nobody would know why
    those have no body.
    """
    due = plan(_held(home), cutoffs).due
    facts: dict[str, object] = {
        "stage": "begins",
        "due": counts_of(due),
        _FLOWS_UNTIL: day_of(cutoffs.ms(DataClass.FLOW_RECORDS)),
    }
    before_ms = cutoffs.ms(DataClass.JOURNAL_BODIES)
    going = [body for body in home.journal().bodies() if body.time_ms < before_ms]
    if going:
        told = deleted_bodies(body.parse() for body in going if _DELETED in body.text)
        facts[_BODIES] = joined([*told, *((each.index, each.index + 1) for each in going)])
    _note(home, mandate, facts)


def _clear(home: Home, mandate: Mandate, cutoffs: Cutoffs, outcome: Outcome, tell: Tell) -> None:
    """Delete what is due, shelf by shelf."""
    for shelf in shelves_of(home):
        tell(shelf.name)
        for data_class, count in shelf.clear(home, cutoffs, mandate).items():
            outcome.removed[str(data_class)] += count


def _look(home: Home, cutoffs: Cutoffs, outcome: Outcome) -> None:
    """List everything anew: what is due now was not deleted, or came back meanwhile."""
    for shelf in shelves_of(home):
        held = list(shelf.held(home))
        outcome.looked[shelf.name] = len(held)
        outcome.left += [f"{each.data_class}: {each.what}" for each in held if cutoffs.cover(each)]
        outcome.left += shelf.residue(home, cutoffs)
    outcome.unknown = unknown_files(home)


def _note(home: Home, mandate: Mandate, facts: dict[str, object]) -> None:
    version = {"register": home.register.version}
    record(home.journal(), Operation.RETAIN, mandate, {**version, **facts})


def _held(home: Home) -> Iterator[Held]:
    for shelf in shelves_of(home):
        yield from shelf.held(home)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in sorted(names))


def joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges, end exclusive, that overlap or touch."""
    found: list[tuple[int, int]] = []
    for first, end in sorted(ranges):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_MOST
    return ", ".join(names[:_NAMED_MOST]) + (f" and {more} more" if more > 0 else "")
