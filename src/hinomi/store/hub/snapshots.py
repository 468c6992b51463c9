"""What the hub published: snapshots as bytes, every version of every entry, and who has it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from hinomi.errors import Conflict, NotFound
from hinomi.model.case import ServiceClass
from hinomi.model.member import Member
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Endpoint
from hinomi.store.database import Database
from hinomi.store.hub.members import require_unchanged
from hinomi.store.hub.namings import follow
from hinomi.store.hub.rows import KEY, bound, endpoint_of, key_of, known, the_one
from hinomi.store.hub.schema import ACKNOWLEDGEMENTS, ENTRIES, SEALINGS, SNAPSHOTS

_NOBODY: Final[Mapping[Endpoint, tuple[str, ...]]] = MappingProxyType({})
_AT_ONCE: Final = 10_000  # Rows of versions that are read together.
_SUMMARY: Final = ("number", "epoch", "previous", "digest", "head", "entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One snapshot as it was signed."""

    number: int
    epoch: int
    previous: str
    digest: str  # Of the JSON.
    head: str  # The signed note.
    json: bytes
    csv: bytes
    entry: int  # Of the journal.


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of a snapshot without its list."""

    number: int
    epoch: int
    previous: str
    digest: str
    head: str  # The signed note.
    entry: int  # Of the journal.


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A member has put a snapshot to use."""

    member: str
    number: int
    epoch: int
    note: str


class SnapshotStore:
    """All snapshots of one hub; reached as `CaseBook.hub.snapshots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self, epoch: int) -> bool:
        """
        Take in nothing more that would count for the list of *epoch*: it is about to be made.

        Whoever makes it again, since the first attempt was broken off, finds the same batches.

        Returns:
            Whether nobody had begun to make it.

        Raises:
            Conflict: If a list of this epoch or a later one was published.
        """
        with self._database.write() as connection:
            number, newest, _ = _last(connection)
            if epoch <= newest:
                raise Conflict(f"snapshot {number} is of this epoch, or of a later one")
            if connection.scalar(sa.select(SEALINGS.c.epoch).filter_by(epoch=epoch)) is not None:
                return False
            connection.execute(sa.insert(SEALINGS).values(epoch=epoch))
        return True

    def sealed(self) -> frozenset[int]:
        """Give the epochs whose list was begun, as long as that is remembered."""
        with self._database.read() as connection:
            return frozenset(connection.scalars(sa.select(SEALINGS.c.epoch)))

    def publish(
        self,
        snapshot: Published,
        versions: Iterable[Entry],
        named: Mapping[Endpoint, tuple[str, ...]] = _NOBODY,
    ) -> None:
        """
        Keep a snapshot with the new versions of its entries: both, or nothing.

        Args:
            snapshot: What was signed.
            versions: What it changes.
            named: Who named each server whose listing begins, as far as that is known.

        Raises:
            Conflict: If its epoch has one already, or it does not follow on the newest one.
        """
        with self._database.write() as connection:
            number, epoch, digest = _last(connection)
            follows = (snapshot.number, snapshot.previous) == (number + 1, digest)
            if snapshot.epoch <= epoch or not follows:
                raise Conflict(f"snapshot {number} was published meanwhile; nothing was changed")
            connection.execute(
                sa.insert(SNAPSHOTS).values(
                    number=snapshot.number,
                    epoch=snapshot.epoch,
                    previous=snapshot.previous,
                    digest=snapshot.digest,
                    head=snapshot.head,
                    json=snapshot.json,
                    csv=snapshot.csv,
                    entry=snapshot.entry,
                )
            )
            changed = list(versions)
            _put_versions(connection, changed)
            follow(connection, changed, named, snapshot.epoch)

    def newest(self) -> Published | None:
        """Give the snapshot with the highest number; None: nothing was published."""
        wanted = sa.select(SNAPSHOTS).order_by(SNAPSHOTS.c.number.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _published(row)

    def summary(self, number: int | None = None) -> Summary | None:
        """Give what is told of one snapshot, or of the newest, without its list; None: none."""
        wanted = sa.select(*(SNAPSHOTS.c[name] for name in _SUMMARY))
        if number is not None:
            wanted = wanted.filter_by(number=number)
        with self._database.read() as connection:
            row = connection.execute(
                wanted.order_by(SNAPSHOTS.c.number.desc()).limit(1)
            ).one_or_none()
        return None if row is None else Summary(*row)

    def newest_number(self) -> int:
        """Give the highest number, 0 where nothing was published."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.max(SNAPSHOTS.c.number))) or 0

    def summaries(self) -> Iterator[Summary]:
        """Give what is told of every snapshot without its list, by number."""
        columns = (SNAPSHOTS.c[name] for name in _SUMMARY)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(SNAPSHOTS.c.number)).all()
        return (Summary(*row) for row in rows)

    def oldest_kept(self) -> Summary | None:
        """Give what is told of the oldest snapshot whose list is kept; None: there is none."""
        wanted = (
            sa.select(*(SNAPSHOTS.c[name] for name in _SUMMARY))
            .where(sa.func.length(SNAPSHOTS.c.json) > 0)  # Without reading it.
            .order_by(SNAPSHOTS.c.number)
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Summary(*row)

    def kept(self) -> frozenset[int]:
        """Give the numbers of the snapshots whose list is kept."""
        with self._database.read() as connection:
            wanted = sa.select(SNAPSHOTS.c.number).where(SNAPSHOTS.c.json != b"")
            return frozenset(connection.scalars(wanted))

    def get(self, number: int) -> Published:
        """
        Give one snapshot.

        Raises:
            NotFound: If there is none of this number, or its list is not kept any more.
        """
        found = self.find(number)
        if found is None:
            raise NotFound(f"no list is here of a snapshot with the number {number}")
        return found

    def find(self, number: int) -> Published | None:
        """Give one snapshot; None: there is none, or its list is not kept any more."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(SNAPSHOTS).filter_by(number=number)).one_or_none()
        return None if row is None or not row.json else _published(row)

    def heads(self, after: int, most: int) -> tuple[tuple[int, str], ...]:
        """Give number and signed head of at most *most* snapshots after number *after*."""
        wanted = (
            sa.select(SNAPSHOTS.c.number, SNAPSHOTS.c.head)
            .where(SNAPSHOTS.c.number > after)
            .order_by(SNAPSHOTS.c.number)
            .limit(most)
        )
        with self._database.read() as connection:
            return tuple((row.number, row.head) for row in connection.execute(wanted))

    def standing(self) -> tuple[Entry, ...]:
        """Give what the newest snapshot lists, by endpoint."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(ENTRIES).where(ENTRIES.c.is_newest, ~ENTRIES.c.is_revoked)
            ).all()
        return tuple(sorted(_entries(rows)))

    def ended_in(self, epoch: int) -> frozenset[Endpoint]:
        """Give the servers whose listing ended with the list of *epoch*."""
        wanted = sa.select(ENTRIES).filter_by(modified=epoch, is_revoked=True)
        with self._database.read() as connection:
            return frozenset(endpoint_of(row) for row in connection.execute(wanted))

    def episodes(self) -> dict[Endpoint, int]:
        """Give how many episodes each server has had, of all that were ever published."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(*(ENTRIES.c[name] for name in KEY), ENTRIES.c.episode).where(
                    ENTRIES.c.is_newest
                )
            ).all()
        return {endpoint_of(row): row.episode for row in rows}

    def versions(self, until: int | None = None, least: int | None = None) -> Iterator[Entry]:
        """
        Give every version of every entry, by the epoch it was published in, then endpoint.

        Args:
            until: Last epoch whose versions are given; None: all are.
            least: Of earlier epochs only what still stood at the end of *until* is given: neither
                what ended nor what was followed; None: all is.
        """
        order = (ENTRIES.c.modified, *(ENTRIES.c[name] for name in KEY), ENTRIES.c.episode)
        wanted = sa.select(ENTRIES).order_by(*order)
        if until is not None:
            wanted = wanted.where(ENTRIES.c.modified <= until)
        if least is not None:
            wanted = wanted.where(sa.or_(ENTRIES.c.modified >= least, _stands(until)))
        with self._database.read() as connection:
            found = connection.execute(wanted).yield_per(_AT_ONCE)
            return iter([*_entries(found)])

    def acknowledge(self, said: Acknowledged, heard: Member | None = None) -> None:
        """
        Note that a member has put a snapshot to use; the first word on it counts.

        Args:
            said: Signed, as it was checked.
            heard: Its member as it was let in, which has to be so still; None: is not looked at.

        Raises:
            NotFound: If there is none of this number.
            NotPermitted: If the member was suspended, or got another key, meanwhile.
        """
        key = {"member": said.member, "number": said.number}
        with self._database.write() as connection:
            if not connection.scalar(sa.select(SNAPSHOTS.c.number).filter_by(number=said.number)):
                raise NotFound(f"no snapshot has the number {said.number}")
            if connection.execute(sa.select(ACKNOWLEDGEMENTS).filter_by(**key)).one_or_none():
                return
            require_unchanged(connection, heard)
            connection.execute(
                sa.insert(ACKNOWLEDGEMENTS).values(**key, epoch=said.epoch, note=said.note)
            )

    def has_acknowledged(self, member: str, number: int) -> bool:
        """Tell whether *member* has said before that it put this snapshot to use."""
        wanted = sa.select(ACKNOWLEDGEMENTS.c.number).filter_by(member=member, number=number)
        with self._database.read() as connection:
            return connection.scalar(wanted) is not None

    def acknowledgements(self) -> tuple[Acknowledged, ...]:
        """Give every word of members on what they have put to use, by member and number."""
        order = (ACKNOWLEDGEMENTS.c.member, ACKNOWLEDGEMENTS.c.number)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(ACKNOWLEDGEMENTS).order_by(*order)).all()
        return tuple(Acknowledged(**row._asdict()) for row in rows)

    def acknowledged(self) -> dict[str, int]:
        """Give the highest number that each member has put to use."""
        newest = sa.select(
            ACKNOWLEDGEMENTS.c.member, sa.func.max(ACKNOWLEDGEMENTS.c.number).label("number")
        ).group_by(ACKNOWLEDGEMENTS.c.member)
        with self._database.read() as connection:
            return {row.member: row.number for row in connection.execute(newest)}


def _last(connection: sa.Connection) -> tuple[int, int, str]:
    """Give number, epoch and digest of the newest snapshot, and what stands for none."""
    wanted = sa.select(SNAPSHOTS.c.number, SNAPSHOTS.c.epoch, SNAPSHOTS.c.digest)
    row = connection.execute(wanted.order_by(SNAPSHOTS.c.number.desc()).limit(1)).one_or_none()
    return (0, -1, NO_PREVIOUS) if row is None else (row.number, row.epoch, row.digest)


def _put_versions(connection: sa.Connection, versions: Sequence[Entry]) -> None:
    if not versions:
        return
    older = (
        sa.update(ENTRIES)
        .where(*the_one(ENTRIES))
        .where(ENTRIES.c.is_newest)
        .values(is_newest=False)
    )
    rows = [_row(each) for each in versions]
    connection.execute(older, [bound(each.endpoint) for each in versions])
    connection.execute(sa.insert(ENTRIES), rows)


def _row(entry: Entry) -> dict[str, object]:
    return {
        **key_of(entry.endpoint),
        "episode": entry.episode,
        "modified": entry.modified,
        "since": entry.since,
        "service_class": entry.service_class.value,
        "valid_until": entry.valid_until,
        "is_revoked": entry.is_revoked,
        "is_newest": True,
    }


def _entries(rows: Iterable[Any]) -> Iterator[Entry]:
    """Read many rows: versions of one server share it, and what is said of classes is few words."""
    servers: dict[tuple[int, ...], Endpoint] = {}
    classes: dict[str, ServiceClass] = {}
    for row in rows:
        *key, episode, modified, since, named, valid_until, is_revoked, _ = row
        endpoint = servers.get(tuple(key))
        if endpoint is None:
            endpoint = servers[tuple(key)] = endpoint_of(row)
        if named not in classes:
            classes[named] = known(ServiceClass, named, "hub_entries.service_class")
        yield Entry(
            endpoint=endpoint,
            episode=episode,
            since=since,
            modified=modified,
            service_class=classes[named],
            valid_until=valid_until,
            is_revoked=is_revoked,
        )


def _stands(until: int | None) -> sa.ColumnElement[bool]:
    """Tell whether a version was neither an end nor followed by the end of an epoch."""
    later = ENTRIES.alias("later")
    follows = [later.c[name] == ENTRIES.c[name] for name in KEY]
    follows.append(later.c.modified > ENTRIES.c.modified)
    if until is not None:
        follows.append(later.c.modified <= until)
    return sa.and_(~ENTRIES.c.is_revoked, ~sa.exists().where(*follows))


def _published(row: Any) -> Published:
    return Published(
        number=row.number,
        epoch=row.epoch,
        previous=row.previous,
        digest=row.digest,
        head=row.head,
        json=row.json,
        csv=row.csv,
        entry=row.entry,
    )
