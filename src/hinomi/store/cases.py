"""
The cases of one home: their present state, and everything that led to it.

Every change names the version of the case that it was decided on, and makes the next one: of two
people who decide on the same version, the second is told to look again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from hinomi.errors import Conflict, NotFound
from hinomi.model.address import Address
from hinomi.model.case import (
    Case,
    CaseEvent,
    CaseState,
    Finding,
    ServiceClass,
    Step,
    Verdict,
)
from hinomi.model.listing import Listing
from hinomi.model.service import Reason, Service
from hinomi.store.caseschema import CASES, EVENTS, LISTINGS, NOTES, VERDICTS
from hinomi.store.database import Database

MOST_SHOWN: Final = 1000
"""Longest page of cases."""

_KEY: Final = ("hi", "lo", "proto", "port", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Words that somebody left at a case."""

    by: str
    at_ms: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a case, why, and what goes with it: all of it, or nothing."""

    after: Case  # Its version is one more than that of the case as it was seen.
    event: CaseEvent
    verdict: Verdict | None = None
    listing: Listing | None = None  # Let out, or renewed, with this validity.
    was_contacted: bool = False  # The listing, by suspects, when it was let out.
    since_epoch: int = 0  # Of the listing.


class CaseStore:
    """All cases of one home; reached as `CaseBook.cases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, case_id: int) -> Case:
        """
        Give one case.

        Raises:
            NotFound: If there is none of this number.
        """
        with self._database.read() as connection:
            row = connection.execute(sa.select(CASES).filter_by(id=case_id)).one_or_none()
        if row is None:
            raise NotFound(f"no case has the number {case_id}; `hinomi case list` shows all")
        return read_case(row)

    def get_each(self, numbers: Sequence[int]) -> tuple[Case, ...]:
        """
        Give several cases, by number.

        Raises:
            NotFound: If there is none of one of the numbers.
        """
        found: dict[int, Case] = {}
        with self._database.read() as connection:
            for start in range(0, len(numbers), MOST_SHOWN):
                some = numbers[start : start + MOST_SHOWN]
                for row in connection.execute(sa.select(CASES).where(CASES.c.id.in_(some))):
                    found[row.id] = read_case(row)
        missing = [each for each in numbers if each not in found]
        if missing:
            raise NotFound(f"no case has the number {missing[0]}; `hinomi case list` shows all")
        return tuple(found[each] for each in sorted(found))

    def find(self, service: Service) -> Case | None:
        """Give the case of *service*; None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(CASES).filter_by(**_key(service))).one_or_none()
        return None if row is None else read_case(row)

    def page(
        self,
        states: Sequence[CaseState] = (),
        *,
        only_urgent: bool = False,
        most: int = 50,
        skip: int = 0,
    ) -> tuple[Case, ...]:
        """
        Give cases, urgent ones first, then by posterior, then newest first.

        Args:
            states: Those in one of these; empty: all.
            only_urgent: Those alone that a reviewer is waited for.
            most: So many at most, up to `MOST_SHOWN`.
            skip: So many are left out at the beginning.
        """
        order = (CASES.c.is_urgent.desc(), CASES.c.posterior.desc(), CASES.c.id.desc())
        wanted = sa.select(CASES).order_by(*order).limit(min(most, MOST_SHOWN)).offset(skip)
        if states:
            wanted = wanted.where(CASES.c.state.in_([each.value for each in states]))
        if only_urgent:
            wanted = wanted.where(CASES.c.is_urgent)
        with self._database.read() as connection:
            return tuple(read_case(row) for row in connection.execute(wanted))

    def in_states(self, states: Sequence[CaseState]) -> tuple[Case, ...]:
        """Give all cases in one of *states*, by number."""
        wanted = sa.select(CASES).where(CASES.c.state.in_([each.value for each in states]))
        with self._database.read() as connection:
            return tuple(read_case(row) for row in connection.execute(wanted.order_by(CASES.c.id)))

    def count(self) -> dict[CaseState, int]:
        """Count the cases by state; states without one are left out."""
        counted = sa.select(CASES.c.state, sa.func.count()).group_by(CASES.c.state)
        with self._database.read() as connection:
            return {CaseState(state): int(n) for state, n in connection.execute(counted)}

    def open(self, change: Change) -> Case:
        """
        Open a case; its number is given here, whatever the change says.

        Raises:
            Conflict: If its service has a case already.
        """
        with self._database.write(shared=True) as connection:
            return write_case(connection, change)

    def change(self, *changes: Change) -> Case:
        """
        Make one change, or several of one case, if it still is at the version they rest on.

        Args:
            changes: Each made on what the one before it left; all of them are made, or none.

        Returns:
            The case after the last.

        Raises:
            Conflict: If somebody else changed it since: nothing was changed.
            NotFound: If there is no such case.
        """
        with self._database.write(shared=True) as connection:
            for change in changes:
                if not _made(connection, change):
                    raise _refused(connection, change.after.id)
        return changes[-1].after

    def change_each(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """
        Make changes of different cases together, and leave those alone that others changed since.

        Returns:
            Those that were made, by case.
        """
        ordered = sorted(changes, key=lambda change: change.after.id)  # Two never cross.
        if not ordered:
            return ()
        with self._database.write(shared=True) as connection:
            return tuple(change for change in ordered if _made(connection, change))

    def add_note(self, case_id: int, note: Note) -> None:
        """
        Leave a note at a case; it changes nothing and needs no version.

        Raises:
            NotFound: If there is no such case.
        """
        self.get(case_id)
        row = {"case_id": case_id, "said_by": note.by, "said_ms": note.at_ms, "words": note.words}
        with self._database.write(shared=True) as connection:
            connection.execute(sa.insert(NOTES).values(row))

    def notes(self, case_id: int) -> tuple[Note, ...]:
        """Give the notes of a case, oldest first."""
        wanted = sa.select(NOTES).filter_by(case_id=case_id).order_by(NOTES.c.id)
        with self._database.read() as connection:
            rows = connection.execute(wanted)
            return tuple(Note(by=r.said_by, at_ms=r.said_ms, words=r.words) for r in rows)

    def verdicts(self, case_id: int) -> tuple[Verdict, ...]:
        """Give the verdicts on a case, oldest first, of all its episodes."""
        wanted = sa.select(VERDICTS).filter_by(case_id=case_id).order_by(VERDICTS.c.id)
        with self._database.read() as connection:
            return tuple(read_verdict(row) for row in connection.execute(wanted))

    def history(self, case_id: int) -> tuple[CaseEvent, ...]:
        """Give every change of a case, oldest first."""
        wanted = sa.select(EVENTS).filter_by(case_id=case_id).order_by(EVENTS.c.version)
        with self._database.read() as connection:
            return tuple(read_event(row) for row in connection.execute(wanted))


def write_case(connection: sa.Connection, change: Change) -> Case:
    """
    Write a new case down with its history.

    Raises:
        Conflict: If its service has a case already.
    """
    row = {**_key(change.after.service), **_state(change.after)}
    try:
        statement = sa.insert(CASES).values(row).returning(CASES.c.id)
        case_id = int(connection.execute(statement).scalar_one())
    except sa.exc.IntegrityError as error:
        raise Conflict("this service has a case already; look for it again") from error
    _write_history(connection, case_id, change)
    return replace(change.after, id=case_id)


def read_event(row: Any) -> CaseEvent:
    """Read a row of `caseschema.EVENTS`."""
    return CaseEvent(
        version=row.version,
        episode=row.episode,
        at_ms=row.at_ms,
        step=Step(row.step),
        before=None if row.before is None else CaseState(row.before),
        after=CaseState(row.after),
        by=row.said_by,
        register=row.register,
        entry=row.entry,
        posterior=row.posterior,
        reasons=tuple(Reason(**each) for each in row.reasons),
    )


def read_verdict(row: Any) -> Verdict:
    """Read a row of `caseschema.VERDICTS`."""
    return Verdict(
        by=row.said_by,
        at_ms=row.said_ms,
        finding=Finding(row.finding),
        service_class=ServiceClass(row.service_class),
        reason=row.reason,
        lifted=tuple(row.lifted),
        episode=row.episode,
        posterior=row.posterior,
    )


def _made(connection: sa.Connection, change: Change) -> bool:
    """
    Make one change of a case, with its history; False: the case is not at its version.

    The version stands in the statement, so that of two who saw the same one the second finds
    nothing to change, also where it had to wait for the first.
    """
    after = change.after
    done = connection.execute(
        sa.update(CASES)
        .where(CASES.c.id == after.id, CASES.c.version == after.version - 1)
        .values(_state(after))
    )
    if done.rowcount != 1:
        return False
    _write_history(connection, after.id, change)
    if change.listing is not None:
        _write_listing(connection, change, change.listing)
    elif change.event.step in {Step.EXPIRE, Step.WITHDRAW}:
        connection.execute(
            sa.update(LISTINGS)
            .filter_by(case_id=after.id, ended_ms=None)
            .values(ended_ms=change.event.at_ms)
        )
    return True


def _refused(connection: sa.Connection, case_id: int) -> Conflict | NotFound:
    """Say why a change was not made."""
    if connection.scalar(sa.select(CASES.c.id).filter_by(id=case_id)) is None:
        return NotFound(f"no case has the number {case_id}")
    return Conflict(
        f"case {case_id} has changed since it was looked at; look again with "
        f"`hinomi case show {case_id}` and decide anew"
    )


def _write_history(connection: sa.Connection, case_id: int, change: Change) -> None:
    event, verdict = change.event, change.verdict
    row = {
        "case_id": case_id,
        "episode": event.episode,
        "version": event.version,
        "at_ms": event.at_ms,
        "step": event.step.value,
        "before": None if event.before is None else event.before.value,
        "after": event.after.value,
        "said_by": event.by,
        "register": event.register,
        "entry": event.entry,
        "posterior": event.posterior,
        "reasons": [asdict(reason) for reason in event.reasons],
    }
    connection.execute(sa.insert(EVENTS).values(row))
    if verdict is not None:
        said = {
            "case_id": case_id,
            "episode": verdict.episode,
            "said_by": verdict.by,
            "said_ms": verdict.at_ms,
            "finding": verdict.finding.value,
            "service_class": verdict.service_class.value,
            "reason": verdict.reason,
            "lifted": list(verdict.lifted),
            "posterior": verdict.posterior,
        }
        connection.execute(sa.insert(VERDICTS).values(said))


def _write_listing(connection: sa.Connection, change: Change, listing: Listing) -> None:
    where = {"case_id": change.after.id, "episode": change.after.episode}
    renewed = connection.execute(
        sa.update(LISTINGS)
        .filter_by(**where, ended_ms=None)
        .values(valid_until=listing.valid_until, service_class=listing.service_class.value)
    )
    if renewed.rowcount:
        return
    row = {
        **where,
        "hi": listing.address.hi,
        "lo": listing.address.lo,
        "proto": listing.proto,
        "port": listing.port,
        "service_class": listing.service_class.value,
        "since_epoch": change.since_epoch,
        "valid_until": listing.valid_until,
        "was_contacted": change.was_contacted,
    }
    connection.execute(sa.insert(LISTINGS).values(row))


def _key(service: Service) -> dict[str, int | bool]:
    address = service.address
    values = (address.hi, address.lo, service.proto, service.port, service.own)
    return dict(zip(_KEY, values, strict=True))


def _state(case: Case) -> dict[str, object]:
    """Give what may change; a service that did is under another key period, and stays so."""
    return {
        "state": case.state.value,
        "service_class": case.service_class.value,
        "episode": case.episode,
        "version": case.version,
        "opened_ms": case.opened_ms,
        "changed_ms": case.changed_ms,
        "posterior": case.posterior,
        "methods": case.methods,
        "holds": list(case.holds),
        "is_urgent": case.is_urgent,
    }


def read_case(row: Any) -> Case:
    """Read a row of `caseschema.CASES`."""
    return Case(
        id=row.id,
        service=Service(Address(row.hi, row.lo), row.proto, row.port, own=row.own),
        state=CaseState(row.state),
        service_class=ServiceClass(row.service_class),
        episode=row.episode,
        version=row.version,
        opened_ms=row.opened_ms,
        changed_ms=row.changed_ms,
        posterior=row.posterior,
        methods=row.methods,
        holds=tuple(row.holds),
        is_urgent=row.is_urgent,
    )
