"""What the newest weighing of each server came to; reached as `CaseBook.hub.weighings`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint
from hinomi.store.database import Database, inserting
from hinomi.store.hub.rows import KEY, endpoint_of, key_of, known
from hinomi.store.hub.schema import WEIGHINGS

_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What was made of one server, and when."""

    endpoint: Endpoint
    epoch: int
    outcome: str  # `hub.aggregate.Outcome`.
    posterior: float
    members: int
    methods: int
    against: int
    service_class: ServiceClass
    reasons: tuple[Mapping[str, Any], ...]  # Code and values each.
    carried: int  # Last epoch in which enough carried its listing; -1: never.
    contested: int  # Last epoch in which it was refused; -1: never.


class WeighingStore:
    """All newest weighings of one hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, weighings: Iterable[Weighing], *, forget_before: int) -> None:
        """
        Put *weighings* in the place of what was known of their servers, all at once.

        Args:
            weighings: Of one epoch; the same again changes nothing.
            forget_before: What was weighed last before that epoch goes.
        """
        rows = [_row(each) for each in weighings]
        with self._database.write() as connection:
            connection.execute(sa.delete(WEIGHINGS).where(WEIGHINGS.c.epoch < forget_before))
            insert = inserting(connection, WEIGHINGS)
            changed = {
                each.name: insert.excluded[each.name]
                for each in WEIGHINGS.columns
                if each.name not in KEY
            }
            put = insert.on_conflict_do_update(index_elements=KEY, set_=changed)
            for begin in range(0, len(rows), _AT_ONCE):
                connection.execute(put, rows[begin : begin + _AT_ONCE])

    def all(self) -> tuple[Weighing, ...]:
        """Give the newest weighing of every server, by endpoint."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(WEIGHINGS)).all()
        return tuple(sorted((_weighing(row) for row in rows), key=lambda each: each.endpoint))

    def of_outcome(self, outcome: str, epoch: int) -> tuple[Weighing, ...]:
        """Give those of one outcome that were weighed in *epoch*, by endpoint."""
        wanted = sa.select(WEIGHINGS).filter_by(outcome=outcome, epoch=epoch)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(sorted((_weighing(row) for row in rows), key=lambda each: each.endpoint))

    def newest_epoch(self) -> int | None:
        """Give the epoch of the last weighing; None: there was none."""
        with self._database.read() as connection:
            found = connection.scalar(sa.select(sa.func.max(WEIGHINGS.c.epoch)))
        return None if found is None else int(found)


def _row(weighing: Weighing) -> dict[str, object]:
    return {
        **key_of(weighing.endpoint),
        "epoch": weighing.epoch,
        "outcome": weighing.outcome,
        "posterior": weighing.posterior,
        "members": weighing.members,
        "methods": weighing.methods,
        "against": weighing.against,
        "service_class": weighing.service_class.value,
        "reasons": [dict(each) for each in weighing.reasons],
        "carried": weighing.carried,
        "contested": weighing.contested,
    }


def _weighing(row: Any) -> Weighing:
    return Weighing(
        endpoint=endpoint_of(row),
        epoch=row.epoch,
        outcome=row.outcome,
        posterior=row.posterior,
        members=row.members,
        methods=row.methods,
        against=row.against,
        service_class=known(ServiceClass, row.service_class, "hub_weighings.service_class"),
        reasons=tuple(row.reasons),
        carried=row.carried,
        contested=row.contested,
    )
