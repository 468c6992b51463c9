"""Runs of detection that cases were opened from, and cases that are there to measure reviewers."""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hinomi.model.case import Finding
from hinomi.store.caseschema import RUNS, SEEDS
from hinomi.store.database import Database, inserting


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

    def days(self, since_day: int) -> tuple[int, ...]:
        """Give the days on which runs ended that saw *since_day* or later, each once, in order."""
        day = RUNS.c.until_day
        wanted = sa.select(day).distinct().where(day >= since_day).order_by(day)
        with self._database.read() as connection:
            return tuple(connection.scalars(wanted))

    def put_seed(self, seed: Seed) -> None:
        """Note that a case is there to measure its reviewers."""
        values = asdict(seed) | {"truth": seed.truth.value}
        with self._database.write(shared=True) as connection:
            connection.execute(sa.insert(SEEDS).values(values))

    def seed(self, case_id: int) -> Seed | None:
        """Give what is known beforehand of a case; None: nothing, as of nearly all."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(SEEDS).filter_by(case_id=case_id)).one_or_none()
        return None if row is None else _seed(row)

    def seeds(self) -> tuple[Seed, ...]:
        """Give all seeds, by case."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(SEEDS).order_by(SEEDS.c.case_id))
            return tuple(_seed(row) for row in rows)

    def reveal_seed(self, case_id: int, at_ms: int) -> None:
        """Note that reviewers were told."""
        with self._database.write(shared=True) as connection:
            connection.execute(
                sa.update(SEEDS).filter_by(case_id=case_id).values(revealed_ms=at_ms)
            )


def _seed(row: Any) -> Seed:
    return Seed(
        case_id=row.case_id,
        truth=Finding(row.truth),
        made_ms=row.made_ms,
        made_by=row.made_by,
        revealed_ms=row.revealed_ms,
    )
