"""The listings that cases became: what may be shared, and until when it holds."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hinomi.errors import NotFound
from hinomi.model.address import Address
from hinomi.model.case import Case, ServiceClass
from hinomi.model.listing import Listing
from hinomi.model.service import Service
from hinomi.store.caseschema import CASES, LISTINGS
from hinomi.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A listing with what the house itself knows of it; none of this leaves with it."""

    listing: Listing
    case_id: int
    episode: int
    since_epoch: int
    was_contacted: bool  # By suspects, when it was listed.
    ended_ms: int | None  # None: it stands.


class ListingStore:
    """All listings of one home; reached as `CaseBook.listings`. `CaseStore.change` writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, case: Case) -> Listing:
        """
        Give the listing of a case's present episode.

        Raises:
            NotFound: If it has none.
        """
        wanted = sa.select(LISTINGS).filter_by(case_id=case.id, episode=case.episode)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound(f"case {case.id} has no listing")
        return _published(row).listing

    def was_listed(self, service: Service, since_ms: int) -> bool:
        """
        Tell whether a listing of a service stands, or ended at *since_ms* or later.

        Args:
            service: Own ones by their pseudonym.
            since_ms: From then on, ms since the Unix epoch.
        """
        address, ended = service.address, LISTINGS.c.ended_ms
        wanted = (
            sa.select(LISTINGS.c.id)
            .join(CASES, CASES.c.id == LISTINGS.c.case_id)
            .where(CASES.c.hi == address.hi, CASES.c.lo == address.lo, CASES.c.own == service.own)
            .where(CASES.c.proto == service.proto, CASES.c.port == service.port)
            .where(ended.is_(None) | (ended >= since_ms))
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def standing(self, epoch: int) -> tuple[Listing, ...]:
        """
        Give what holds in *epoch*, by address, protocol and port: in no order that tells of time.

        A listing that nobody looked at until its lease was over holds no longer.
        """
        return tuple(sorted(each.listing for each in self.published(epoch)))

    def published(self, epoch: int) -> tuple[Published, ...]:
        """Give what holds in *epoch* with its case, by case."""
        wanted = (
            sa.select(LISTINGS)
            .where(LISTINGS.c.ended_ms.is_(None), LISTINGS.c.valid_until >= epoch)
            .order_by(LISTINGS.c.case_id, LISTINGS.c.episode)
        )
        with self._database.read() as connection:
            return tuple(_published(row) for row in connection.execute(wanted))

    def all(self) -> tuple[Published, ...]:
        """Give every listing there ever was, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(LISTINGS).order_by(LISTINGS.c.id))
            return tuple(_published(row) for row in rows)


def _published(row: Any) -> Published:
    return Published(
        listing=Listing(
            Address(row.hi, row.lo),
            row.proto,
            row.port,
            ServiceClass(row.service_class),
            row.valid_until,
        ),
        case_id=row.case_id,
        episode=row.episode,
        since_epoch=row.since_epoch,
        was_contacted=row.was_contacted,
        ended_ms=row.ended_ms,
    )
