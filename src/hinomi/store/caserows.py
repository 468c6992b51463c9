"""Which rows of closed cases, and of evidence without one, are due: see `store.forgetting`."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from hinomi.model.case import CLOSED
from hinomi.store.caseschema import (
    CASES,
    EVENTS,
    EVIDENCE,
    LISTINGS,
    NOTES,
    OUTCOMES,
    RUNS,
    SEEDS,
    VERDICTS,
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that are of one class, and from when their time counts."""

    table: sa.Table
    since_ms: sa.ColumnElement[int]
    which: sa.ColumnElement[bool]


_OF_A_CASE: Final = (EVENTS, VERDICTS, NOTES, SEEDS, OUTCOMES, LISTINGS)
_CLOSED: Final = CASES.c.state.in_([state.value for state in sorted(CLOSED)])

RUN_ROWS: Final = (Rows(RUNS, RUNS.c.at_ms, sa.true()),)


def case_rows(*, own: bool) -> tuple[Rows, ...]:
    """
    Give the rows of closed cases, what hangs on them first, since one keeps the other.

    Args:
        own: Whether of servers inside the own network, or of all others.
    """
    which = sa.and_(_CLOSED, CASES.c.own if own else ~CASES.c.own)
    hanging = tuple(_hanging(table, which) for table in _OF_A_CASE)
    same = sa.and_(*(CASES.c[name] == EVIDENCE.c[name] for name in _KEY))
    evidence = Rows(EVIDENCE, _closed_ms(same), sa.exists().where(same, which))
    return (*hanging, evidence, Rows(CASES, CASES.c.changed_ms, which))


def caseless_rows() -> tuple[Rows, ...]:
    """Give the statements about addresses on which there is no case at all."""
    there = sa.and_(*(CASES.c[name] == EVIDENCE.c[name] for name in _KEY[:3]))
    return (Rows(EVIDENCE, EVIDENCE.c.received_ms, ~sa.exists().where(there)),)


_KEY: Final = ("hi", "lo", "own", "proto", "port")


def _hanging(table: sa.Table, which: sa.ColumnElement[bool]) -> Rows:
    same = CASES.c.id == table.c.case_id
    return Rows(table, _closed_ms(same), sa.exists().where(same, which))


def _closed_ms(same: sa.ColumnElement[bool]) -> Any:
    """Give when the case was closed that a row hangs on."""
    return sa.select(CASES.c.changed_ms).where(same).scalar_subquery()
