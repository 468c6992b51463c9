"""Episodes of cases with what accuracy is measured by: when they began, what came out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hinomi.model.case import Case, CaseEvent, CaseState, ServiceClass, Step, Verdict
from hinomi.store.cases import read_case, read_event, read_verdict
from hinomi.store.caseschema import CASES, EVENTS, LISTINGS, VERDICTS
from hinomi.store.database import Database

_TOLD = (Step.OPEN, Step.RETURN, Step.LIST, Step.EXPIRE, Step.WITHDRAW, Step.REJECT)


@dataclass(slots=True, kw_only=True)
class Episode:
    """One episode of one case."""

    case: Case  # As it is now; its state is that of its last episode.
    number: int
    events: list[CaseEvent] = field(default_factory=list)  # Beginning and ends, oldest first.
    verdicts: list[Verdict] = field(default_factory=list)
    was_contacted: bool | None = None  # By suspects, when it was listed; None: it was not.

    def event(self, *steps: Step) -> CaseEvent | None:
        """Give the last event that is one of *steps*; None if there is none."""
        return next((each for each in reversed(self.events) if each.step in steps), None)

    @property
    def service_class(self) -> ServiceClass:
        """What kind of server people held it to be at last."""
        return self.verdicts[-1].service_class if self.verdicts else ServiceClass.UNKNOWN

    @property
    def is_rejected(self) -> bool:
        """Tell whether it ended as no C&C server, or none that may be listed."""
        ended = self.event(Step.REJECT)
        return ended is not None and ended.after is CaseState.REJECTED


def read_episodes(database: Database, since_ms: int) -> Iterator[Episode]:
    """
    Give every episode that began at *since_ms* or later, by case and number.

    Notes:
        Four queries, whatever their number; they are held in memory, some kilobytes each.
    """
    began = (
        sa.select(EVENTS.c.case_id, EVENTS.c.episode)
        .where(EVENTS.c.step.in_([Step.OPEN.value, Step.RETURN.value]), EVENTS.c.at_ms >= since_ms)
        .subquery()
    )
    found: dict[tuple[int, int], Episode] = {}
    with database.read() as connection:
        cases = {row.id: read_case(row) for row in connection.execute(sa.select(CASES))}
        for row in connection.execute(sa.select(began)):
            found[row.case_id, row.episode] = Episode(case=cases[row.case_id], number=row.episode)
        told = (
            sa.select(EVENTS)
            .where(EVENTS.c.step.in_([each.value for each in _TOLD]))
            .order_by(EVENTS.c.case_id, EVENTS.c.version)
        )
        for row in connection.execute(told):
            _append(found, row, "events", read_event(row))
        for row in connection.execute(sa.select(VERDICTS).order_by(VERDICTS.c.id)):
            _append(found, row, "verdicts", read_verdict(row))
        for row in connection.execute(sa.select(LISTINGS)):
            if (row.case_id, row.episode) in found:
                found[row.case_id, row.episode].was_contacted = row.was_contacted
    yield from (found[key] for key in sorted(found))


def _append(found: dict[tuple[int, int], Episode], row: Any, name: str, value: object) -> None:
    episode = found.get((row.case_id, row.episode))
    if episode is not None:
        getattr(episode, name).append(value)
