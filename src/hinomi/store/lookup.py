"""What the operator's lists say of one service: now, and before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from hinomi.model.address import Address, from_int, to_int
from hinomi.model.case import CaseState
from hinomi.model.context import DAY_MS
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.service import Service
from hinomi.store.caseschema import CASES, SEEDS
from hinomi.store.database import Database
from hinomi.store.schema import LIST_ENTRIES, LISTS

_BITS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry that covers a service, and how long its list held it."""

    kind: ListKind
    source: str
    entry: ListEntry
    since_ms: int  # When it came to the list.
    until_ms: int | None  # When it was gone; None: it stands there now.
    confirmed_ms: int  # When the list was last taken in with it.


class ListLookup:
    """The lists of one home, asked by service; reached as `CaseBook.listed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def about(self, service: Service) -> tuple[Told, ...]:
        """
        Give every entry that covers *service*, former ones too, oldest first.

        Args:
            service: Own ones by their pseudonym, which no network covers.

        Notes:
            One look-up in an index for each length of prefix: it does not read the lists.
        """
        current = LISTS.alias("current")
        same = sa.and_(
            current.c.kind == LISTS.c.kind,
            current.c.source == LISTS.c.source,
            current.c.ended_ms.is_(None),
        )
        wanted = (
            sa.select(
                LISTS.c.kind,
                LISTS.c.source,
                LIST_ENTRIES,
                current.c.added_ms.label("confirmed_ms"),
            )
            .join_from(LIST_ENTRIES, LISTS)
            .outerjoin(current, same)
            .where(_is_around(service))
            .where(LIST_ENTRIES.c.own == service.own)
            .order_by(LIST_ENTRIES.c.id)
        )
        with self._database.read() as connection:
            return tuple(_covering(service, connection.execute(wanted)))

    def histories(self, kind: ListKind) -> dict[str, dict[tuple[int, int], int]]:
        """
        Give, of each list of *kind*, on which day it first named each address.

        Returns:
            Days since 1970-01-01, UTC, by the two halves of the address, by source. Ports are
            left out, since some lists have none; so are networks and the own network.
        """
        first = sa.func.min(LIST_ENTRIES.c.since_ms)
        wanted = (
            sa.select(LISTS.c.source, LIST_ENTRIES.c.base_hi, LIST_ENTRIES.c.base_lo, first)
            .join_from(LIST_ENTRIES, LISTS)
            .where(LISTS.c.kind == kind.value, LIST_ENTRIES.c.length == _BITS)
            .where(~LIST_ENTRIES.c.own)
            .group_by(LISTS.c.source, LIST_ENTRIES.c.base_hi, LIST_ENTRIES.c.base_lo)
        )
        found: dict[str, dict[tuple[int, int], int]] = {}
        with self._database.read() as connection:
            for source, hi, lo, since_ms in connection.execute(wanted):
                found.setdefault(source, {})[hi, lo] = since_ms // DAY_MS
        return found

    def rejected(self) -> set[tuple[int, int]]:
        """
        Give the halves of the addresses that people rejected: what lists had there is wrong.

        A case that measured its reviewers ends rejected whatever its server is.
        """
        was_seed = sa.exists().where(SEEDS.c.case_id == CASES.c.id, CASES.c.episode == 1)
        wanted = sa.select(CASES.c.hi, CASES.c.lo).where(
            CASES.c.state == CaseState.REJECTED.value, ~CASES.c.own, ~was_seed
        )
        with self._database.read() as connection:
            return {(hi, lo) for hi, lo in connection.execute(wanted)}


def _is_around(service: Service) -> sa.ColumnElement[bool]:
    """Ask for the base of every network that holds the service's address, half by half."""
    hi, lo = LIST_ENTRIES.c.base_hi, LIST_ENTRIES.c.base_lo
    here = service.address
    if service.own:
        return sa.and_(hi == here.hi, lo == here.lo)
    around = [_masked(here, length) for length in range(_BITS + 1)]
    # Pairs of both halves would be read as a list to compare with, past the index.
    wide = sa.and_(lo == 0, hi.in_({each.hi for each in around}))
    narrow = sa.and_(hi == here.hi, lo.in_({each.lo for each in around}))
    return sa.or_(wide, narrow)


def _masked(address: Address, length: int) -> Address:
    return from_int(to_int(address) >> (_BITS - length) << (_BITS - length))


def _covering(service: Service, rows: Any) -> Iterator[Told]:
    for row in rows:
        entry = ListEntry(
            base=Address(row.base_hi, row.base_lo),
            length=row.length,
            proto=row.proto,
            port=row.port,
            role=Role(row.role),
            label=row.label,
            first_listed_ms=row.first_listed_ms,
            last_listed_ms=row.last_listed_ms,
            own=row.own,
        )
        if entry.proto not in {None, service.proto} or entry.port not in {None, service.port}:
            continue
        if _masked(service.address, entry.length) == entry.base:
            ended = row.until_ms
            yield Told(
                kind=ListKind(row.kind),
                source=row.source,
                entry=entry,
                since_ms=row.since_ms,
                until_ms=ended,
                confirmed_ms=row.confirmed_ms if ended is None else ended,
            )
