"""What people at the hub decided of servers; reached as `CaseBook.hub.rulings`."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hinomi.model.case import Finding, ServiceClass
from hinomi.model.statement import Endpoint
from hinomi.store.database import Database
from hinomi.store.hub.rows import KEY, endpoint_of, key_of, known
from hinomi.store.hub.schema import RULINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One decision of people, and how long it counts."""

    endpoint: Endpoint
    finding: Finding
    service_class: ServiceClass
    reason: str
    said_by: str
    approved_by: str = ""  # Empty: it takes nobody else.
    epoch: int
    until: int  # Last epoch in which it counts.
    entry: int = -1  # Of the journal.

    def counts(self, epoch: int) -> bool:
        """Tell whether it counts in *epoch*."""
        return epoch <= self.until


class RulingStore:
    """All rulings of one hub; once given they stay, and a later one stands beside them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, ruling: Ruling) -> None:
        """Keep *ruling*: from now on it is the one that counts."""
        row = {
            **key_of(ruling.endpoint),
            "finding": ruling.finding.value,
            "service_class": ruling.service_class.value,
            "reason": ruling.reason,
            "said_by": ruling.said_by,
            "approved_by": ruling.approved_by,
            "epoch": ruling.epoch,
            "until": ruling.until,
            "entry": ruling.entry,
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(RULINGS).values(row))

    def newest(self) -> dict[Endpoint, Ruling]:
        """Give the last ruling on each server, also those that count no more."""
        last = sa.select(sa.func.max(RULINGS.c.id)).group_by(*(RULINGS.c[name] for name in KEY))
        with self._database.read() as connection:
            rows = connection.execute(sa.select(RULINGS).where(RULINGS.c.id.in_(last))).all()
        return {each.endpoint: each for each in map(_ruling, rows)}

    def of(self, endpoint: Endpoint) -> tuple[Ruling, ...]:
        """Give every ruling on one server, the last one last."""
        where = key_of(endpoint)
        wanted = sa.select(RULINGS).filter_by(**where).order_by(RULINGS.c.id)
        with self._database.read() as connection:
            return tuple(map(_ruling, connection.execute(wanted)))


def _ruling(row: Any) -> Ruling:
    return Ruling(
        endpoint=endpoint_of(row),
        finding=known(Finding, row.finding, "hub_rulings.finding"),
        service_class=known(ServiceClass, row.service_class, "hub_rulings.service_class"),
        reason=row.reason,
        said_by=row.said_by,
        approved_by=row.approved_by,
        epoch=row.epoch,
        until=row.until,
        entry=row.entry,
    )
