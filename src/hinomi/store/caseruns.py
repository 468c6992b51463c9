"""Runs of detection that cases were opened from, and cases that are there to measure reviewers."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import sqlalchemy as sa

from hinomi.model.case import CLOSED, Case, Finding
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.store.cases import Change, read_case, write_case
from hinomi.store.caseschema import CASES, RUNS, SEEDS
from hinomi.store.database import Database, inserting

_PLAIN: Final = ("source", "observed_day", "reference", "strength")
"""Fields of evidence that JSON holds as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of detection did to the cases."""

    digest: str  # Of what it found: the same findings have the same one.
    at_ms: int
    until_day: int  # The last day that it saw; 0: it saw nothing.
    candidates: int  # That were worth a case.
    below: int  # That were not.
    opened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A case whose truth was known beforehand."""

    case_id: int
    truth: Finding
    made_ms: int
    made_by: str
    revealed_ms: int | None = None  # None: reviewers do not know it yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown:
    """A case to be opened whose truth is known."""

    change: Change  # Its opening.
    truth: Finding
    by: str
    lent: tuple[Evidence, ...]  # What it is shown with: another service's, made out as its own.


class RunStore:
    """All runs and seeds of one home; reached as `CaseBook.runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, digest: str) -> Run | None:
        """Give the run that found this; None if there was none."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(RUNS).filter_by(digest=digest)).mappings()
            row = rows.one_or_none()
        return None if row is None else Run(**row)

    def put(self, run: Run) -> None:
        """Note a run; the same findings again stay as they were noted first."""
        with self._database.write(shared=True) as connection:
            insert = inserting(connection, RUNS)
            connection.execute(insert.on_conflict_do_nothing(), asdict(run))

    def all(self) -> tuple[Run, ...]:
        """Give all runs, oldest first."""
        order = (RUNS.c.at_ms, RUNS.c.digest)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(RUNS).order_by(*order)).mappings()
            return tuple(Run(**row) for row in rows)

    def days(self) -> tuple[int, ...]:
        """Give the last days that runs saw, each once, in order."""
        day = RUNS.c.until_day
        with self._database.read() as connection:
            return tuple(connection.scalars(sa.select(day).distinct().order_by(day)))

    def sow(self, sown: Iterable[Sown]) -> tuple[Case, ...]:
        """
        Open cases that are there to measure their reviewers: all of them, or none.

        Raises:
            Conflict: If a service has a case already.
        """
        with self._database.write(shared=True) as connection:
            return tuple(_sow(connection, each) for each in sown)

    def seed(self, case: Case) -> Seed | None:
        """
        Give what was known beforehand of a case; None: nothing, as of nearly all.

        Only the first episode is a seed: what returns was really found.
        """
        if case.episode > 1:
            return None
        with self._database.read() as connection:
            row = connection.execute(sa.select(SEEDS).filter_by(case_id=case.id)).one_or_none()
        return None if row is None else _seed(row)

    def seeds(self) -> tuple[Seed, ...]:
        """Give all seeds, by case: each is the first episode of it."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(SEEDS).order_by(SEEDS.c.case_id))
            return tuple(_seed(row) for row in rows)

    def lent(self) -> dict[Service, tuple[Evidence, ...]]:
        """
        Give the evidence that open seeds are shown with, by service, oldest first.

        It is no evidence of these services: it ends with the seed, and counts nowhere else.
        """
        unknown = sa.select(SEEDS.c.case_id, SEEDS.c.lent).where(SEEDS.c.revealed_ms.is_(None))
        closed = [each.value for each in CLOSED]
        with self._database.read() as connection:
            lent = {row.case_id: row.lent for row in connection.execute(unknown)}
            # Not as a join, which would be free to read all cases for the few seeds.
            cases = sa.select(CASES).where(CASES.c.id.in_(lent), CASES.c.episode == 1)
            cases = cases.where(CASES.c.state.not_in(closed))
            rows = connection.execute(cases.order_by(CASES.c.id)) if lent else ()
            found = [(read_case(row).service, lent[row.id]) for row in rows]
        return {
            service: tuple(_evidence(service, each) for each in told) for service, told in found
        }

    def reveal_seed(self, case_id: int, at_ms: int) -> None:
        """Note that reviewers were told, and destroy what it was shown with."""
        with self._database.write(shared=True) as connection:
            connection.execute(
                sa.update(SEEDS).filter_by(case_id=case_id).values(revealed_ms=at_ms, lent=[])
            )


def _sow(connection: sa.Connection, sown: Sown) -> Case:
    case = write_case(connection, sown.change)
    row = {
        "case_id": case.id,
        "truth": sown.truth.value,
        "lent": [_told(each) for each in sown.lent],
        "made_ms": sown.change.after.opened_ms,
        "made_by": sown.by,
    }
    connection.execute(sa.insert(SEEDS).values(row))
    return case


def _told(evidence: Evidence) -> dict[str, object]:
    told = {name: getattr(evidence, name) for name in _PLAIN}
    return {
        **told,
        "is_exact": evidence.is_exact,
        "method": evidence.method.value,
        "claim": evidence.claim.value,
        "facts": dict(evidence.facts),
    }


def _evidence(service: Service, told: Mapping[str, Any]) -> Evidence:
    return Evidence(
        service=service if told["is_exact"] else replace(service, proto=ANY_PORT, port=ANY_PORT),
        method=Method(told["method"]),
        claim=Claim(told["claim"]),
        facts=told["facts"],
        **{name: told[name] for name in _PLAIN},
    )


def _seed(row: Any) -> Seed:
    return Seed(
        case_id=row.case_id,
        truth=Finding(row.truth),
        made_ms=row.made_ms,
        made_by=row.made_by,
        revealed_ms=row.revealed_ms,
    )
