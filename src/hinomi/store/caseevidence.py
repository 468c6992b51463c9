"""
Evidence about services, and what the operator says of its sources.

A statement is kept once, whoever brings it again. It is found by its service, so that it waits
where no case is open yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from hinomi.model.address import Address
from hinomi.model.case import Case
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.store.caseschema import CASES, EVIDENCE, OUTCOMES, PAIRS, SOURCES
from hinomi.store.database import Database, inserting
from hinomi.store.schema import LIST_ENTRIES, LISTS

_AT_ONCE: Final = 1_000
"""Rows of one statement to the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePair:
    """What the histories of two sources showed them to be to each other."""

    one: str
    other: str
    kinship: str  # A word of `verify.copying.Kinship`.
    copied: float  # The larger share of the two, 0..1.
    told: list[list[str]]  # Sentences: English and Japanese each.


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What somebody said of a source of evidence."""

    name: str
    method: Method
    grade: str  # Admiralty letter, A to F.
    family: str = ""  # Sources of one family copy from each other: they count as one.
    by: str = ""
    at_ms: int = 0


class EvidenceStore:
    """All evidence of one home; reached as `CaseBook.evidence`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, evidence: Iterable[Evidence], received_ms: int) -> int:
        """
        Take in statements, all or none, and count those that were new.

        Args:
            evidence: About services; own addresses are tokenised already.
            received_ms: The present.
        """
        new = 0
        rest = iter(evidence)
        with self._database.write(shared=True) as connection:
            insert = inserting(connection, EVIDENCE).on_conflict_do_nothing()
            while some := sorted(islice(rest, _AT_ONCE), key=_statement):  # As indexes like it.
                rows = [_row(each, received_ms) for each in some]
                # Not by `rowcount`, which is of one row alone on PostgreSQL.
                new += len(connection.execute(insert.returning(EVIDENCE.c.id), rows).all())
        return new

    def of(self, service: Service) -> tuple[Evidence, ...]:
        """Give what is known of *service*, and of its address as a whole, oldest first."""
        with self._database.read() as connection:
            return tuple(_evidence(row) for row in connection.execute(_about(service)))

    def by_method(self, method: Method) -> Iterator[Evidence]:
        """Give everything that one method ever said, in no order, row by row."""
        wanted = sa.select(EVIDENCE).where(EVIDENCE.c.method == method.value)
        with self._database.read() as connection:
            yield from map(_evidence, connection.execute(wanted))

    def affected(self, source: str, since_ms: int) -> tuple[int, ...]:
        """Give the numbers of cases on whose address *source* said something since *since_ms*."""
        same = [CASES.c[name] == EVIDENCE.c[name] for name in ("hi", "lo", "own")]
        wanted = (
            sa.select(CASES.c.id)
            .distinct()
            .join_from(EVIDENCE, CASES, sa.and_(*same))
            .where(EVIDENCE.c.source == source, EVIDENCE.c.received_ms >= since_ms)
            .order_by(CASES.c.id)
        )
        with self._database.read() as connection:
            return tuple(connection.scalars(wanted))

    def agreeing(self, source: str, since_ms: int, most: int) -> tuple[Service, ...]:
        """
        Give services without a case of which *source* and another method say: a C&C server.

        Args:
            source: Who said so since *since_ms*.
            since_ms: From then on.
            most: So many at most.
        """
        other = EVIDENCE.alias("other")
        place = ("hi", "lo", "own")
        finds = [Claim.CC.value, Claim.COMPROMISED.value]
        by_another = sa.exists().where(
            *(other.c[name] == EVIDENCE.c[name] for name in place),
            other.c.method != EVIDENCE.c.method,
            other.c.claim.in_(finds),
        )
        on_a_list = sa.exists().where(
            LIST_ENTRIES.c.base_hi == EVIDENCE.c.hi,
            LIST_ENTRIES.c.base_lo == EVIDENCE.c.lo,
            LIST_ENTRIES.c.own == EVIDENCE.c.own,
            LIST_ENTRIES.c.until_ms.is_(None),
            LIST_ENTRIES.c.snapshot == LISTS.c.id,
            LISTS.c.kind == ListKind.KNOWN_CC.value,
        )
        has_case = sa.exists().where(
            *(CASES.c[name] == EVIDENCE.c[name] for name in (*place, "proto", "port"))
        )
        wanted = (
            sa.select(*(EVIDENCE.c[name] for name in ("hi", "lo", "proto", "port", "own")))
            .distinct()
            .where(EVIDENCE.c.source == source, EVIDENCE.c.received_ms >= since_ms)
            .where(EVIDENCE.c.claim.in_(finds), EVIDENCE.c.port != ANY_PORT)
            .where(by_another | on_a_list, ~has_case)
            .limit(most)
        )
        with self._database.read() as connection:
            return tuple(_service(row) for row in connection.execute(wanted))

    def count(self) -> dict[tuple[str, Method], int]:
        """Count the statements by source and method."""
        columns = (EVIDENCE.c.source, EVIDENCE.c.method)
        wanted = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
        with self._database.read() as connection:
            return {(name, Method(how)): int(n) for name, how, n in connection.execute(wanted)}

    def put_source(self, source: Source) -> None:
        """Say what a source is; what was said before stays as history."""
        row = {
            "name": source.name,
            "method": source.method.value,
            "grade": source.grade,
            "family": source.family,
            "said_by": source.by,
            "said_ms": source.at_ms,
        }
        with self._database.write(shared=True) as connection:
            connection.execute(sa.insert(SOURCES).values(row))

    def sources(self) -> dict[str, Source]:
        """Give what was last said of each source, by name."""
        newest = sa.select(sa.func.max(SOURCES.c.id)).group_by(SOURCES.c.name)
        wanted = sa.select(SOURCES).where(SOURCES.c.id.in_(newest)).order_by(SOURCES.c.name)
        with self._database.read() as connection:
            return {
                row.name: Source(
                    name=row.name,
                    method=Method(row.method),
                    grade=row.grade,
                    family=row.family,
                    by=row.said_by,
                    at_ms=row.said_ms,
                )
                for row in connection.execute(wanted)
            }

    def put_outcomes(
        self, case: Case, outcomes: Mapping[str, tuple[Method, bool]], at_ms: int
    ) -> None:
        """
        Say which sources the answer to this episode of a case bears out; the last word counts.

        Args:
            case: Whose answer.
            outcomes: Method of each source, and whether it was right.
            at_ms: The present.
        """
        where = {"case_id": case.id, "episode": case.episode}
        rows = [
            {**where, "source": name, "method": how.value, "was_right": right, "at_ms": at_ms}
            for name, (how, right) in outcomes.items()
        ]
        with self._database.write(shared=True) as connection:
            held = sa.select(CASES.c.id).filter_by(id=case.id).with_for_update(key_share=True)
            connection.execute(held)  # Another answer to this case waits for this one.
            connection.execute(sa.delete(OUTCOMES).filter_by(**where))
            if rows:
                connection.execute(sa.insert(OUTCOMES), rows)

    def outcomes(self) -> dict[str, tuple[Method, int, int]]:
        """Give, of each source that answers speak of, its method, and its right and wrong ones."""
        columns = (OUTCOMES.c.source, OUTCOMES.c.method, OUTCOMES.c.was_right)
        wanted = sa.select(*columns, sa.func.count()).group_by(*columns)
        found: dict[str, tuple[Method, int, int]] = {}
        with self._database.read() as connection:
            for name, method, was_right, count in connection.execute(wanted):
                _, right, wrong = found.get(name, (Method(method), 0, 0))
                more = (right + count, wrong) if was_right else (right, wrong + count)
                found[name] = (Method(method), *more)
        return found

    def put_pairs(self, pairs: Iterable[SourcePair], learned_ms: int) -> None:
        """Put what histories show of pairs of sources in the place of what they showed before."""
        rows = [{**asdict(each), "learned_ms": learned_ms} for each in pairs]
        with self._database.write() as connection:
            connection.execute(sa.delete(PAIRS))
            if rows:
                connection.execute(sa.insert(PAIRS), rows)

    def pairs(self) -> tuple[SourcePair, ...]:
        """Give what histories showed of pairs of sources, by name."""
        columns = (PAIRS.c.one, PAIRS.c.other, PAIRS.c.kinship, PAIRS.c.copied, PAIRS.c.told)
        wanted = sa.select(*columns).order_by(PAIRS.c.one, PAIRS.c.other)
        with self._database.read() as connection:
            rows = connection.execute(wanted).mappings()
            return tuple(SourcePair(**row) for row in rows)


def _statement(evidence: Evidence) -> tuple[int | str, ...]:
    """Give what tells a statement from all others, to sort by."""
    service = evidence.service
    return (
        *(service.address.hi, service.address.lo, service.proto, service.port, service.own),
        *(evidence.source, evidence.method.value, evidence.claim.value),
        *(evidence.reference, evidence.observed_day),
    )


def _about(service: Service) -> sa.Select[Any]:
    address = service.address
    exact = sa.and_(EVIDENCE.c.proto == service.proto, EVIDENCE.c.port == service.port)
    return (
        sa.select(EVIDENCE)
        .where(EVIDENCE.c.hi == address.hi, EVIDENCE.c.lo == address.lo)
        .where(EVIDENCE.c.own == service.own)
        .where(exact | (EVIDENCE.c.port == ANY_PORT))
        .order_by(EVIDENCE.c.observed_day, EVIDENCE.c.id)
    )


def _row(evidence: Evidence, received_ms: int) -> dict[str, object]:
    service = evidence.service
    return {
        "hi": service.address.hi,
        "lo": service.address.lo,
        "proto": service.proto,
        "port": service.port,
        "own": service.own,
        "method": evidence.method.value,
        "source": evidence.source,
        "claim": evidence.claim.value,
        "observed_day": evidence.observed_day,
        "reference": evidence.reference,
        "strength": evidence.strength,
        "facts": dict(evidence.facts),
        "received_ms": received_ms,
    }


def _service(row: Any) -> Service:
    return Service(Address(row.hi, row.lo), row.proto, row.port, own=row.own)


def _evidence(row: Any) -> Evidence:
    return Evidence(
        service=_service(row),
        method=Method(row.method),
        source=row.source,
        claim=Claim(row.claim),
        observed_day=row.observed_day,
        reference=row.reference,
        strength=row.strength,
        facts=row.facts,
    )
