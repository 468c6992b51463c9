"""The case book of a home: its tables, and the stores that hold cases, evidence and lists."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Final, Self

import sqlalchemy as sa

from hinomi.errors import NotFound
from hinomi.model.address import Address
from hinomi.model.exporter import (
    HOUR_MS,
    CountedDirection,
    ExporterHour,
    InterfaceRole,
    SequenceUnit,
)
from hinomi.model.network import AccessKind, Customer, OwnNetwork
from hinomi.model.window import Window
from hinomi.store.caseevidence import EvidenceStore
from hinomi.store.caseruns import RunStore
from hinomi.store.cases import CaseStore
from hinomi.store.database import Database, open_database
from hinomi.store.drills import DrillStore
from hinomi.store.episodes import Episode, read_episodes
from hinomi.store.forgetting import Forgetting
from hinomi.store.hub.book import HubBook
from hinomi.store.listings import ListingStore
from hinomi.store.lists import ListStore
from hinomi.store.lookup import ListLookup
from hinomi.store.moving import save_rows
from hinomi.store.ownrows import OwnRows
from hinomi.store.schema import (
    EXPORTER_HOURS,
    EXPORTERS,
    IMPORTS,
    INTERFACES,
    OWN_NETWORKS,
    SPOOL,
)

UNNAMED: Final = "(unnamed)"
"""The exporter of records whose source does not say where they were exported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """What the import of one flow file made of it."""

    content_id: str  # SHA-256 of the file, hex.
    file_name: str  # Its folders are left out.
    format: str
    records: int
    stored: int
    malformed: int
    imported_ms: int
    dropped: Mapping[str, int] = field(default_factory=dict)  # Records by reason.
    options: Mapping[str, object] = field(default_factory=dict)  # What the operator chose.


class CaseBook:
    """The tables of one home. Use it as a context, or `close` it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.lists = ListStore(database)
        self.drills = DrillStore(database)
        self.forgetting = Forgetting(database)
        self.cases = CaseStore(database)
        self.evidence = EvidenceStore(database)
        self.listed = ListLookup(database)
        self.listings = ListingStore(database)
        self.runs = RunStore(database)
        self.own_rows = OwnRows(database)
        self.hub = HubBook(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def episodes(self, since_ms: int) -> tuple[Episode, ...]:
        """Give every episode of a case that began at *since_ms* or later, by case and number."""
        return tuple(read_episodes(self._database, since_ms))

    def save(self, path: Path) -> None:
        """Copy all of it, as of one moment, into a new file (`store.moving.save_rows`)."""
        save_rows(self._database, path)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let everything that this thread reads inside be of one state (`Database.snapshot`)."""
        return self._database.snapshot()

    def exporter_number(self, name: str | None) -> int:
        """
        Give the number of the exporter called *name*, from 1; a new name gets the next one.

        Args:
            name: None where the source does not say; all such records share `UNNAMED`.
        """
        known = sa.select(EXPORTERS.c.number).where(EXPORTERS.c.name == (name or UNNAMED))
        with self._database.read() as connection:
            number = connection.scalar(known)
        if number is None:
            with self._database.write() as connection:
                number = connection.scalar(known)  # Somebody may have been faster.
                if number is None:
                    number = 1 + (connection.scalar(sa.func.max(EXPORTERS.c.number)) or 0)
                    connection.execute(
                        sa.insert(EXPORTERS).values(number=number, name=name or UNNAMED)
                    )
        return int(number)

    def exporters(self) -> dict[int, str]:
        """Give the name of every exporter by its number."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(EXPORTERS).order_by(EXPORTERS.c.number))
            return {row.number: row.name for row in rows}

    def find_exporter(self, name: str) -> int:
        """
        Give the number of the exporter called *name*.

        Raises:
            NotFound: If there is none.
        """
        with self._database.read() as connection:
            number = connection.scalar(
                sa.select(EXPORTERS.c.number).where(EXPORTERS.c.name == name)
            )
        if number is None:
            raise NotFound(f"no exporter is called {name}; `hinomi exporters list` shows them")
        return int(number)

    def put_counts(self, exporter: int, counts: CountedDirection) -> None:
        """
        Say which observations of exporter number *exporter* are kept.

        Raises:
            NotFound: If no exporter has that number.
        """
        with self._database.write() as connection:
            _require_exporter(connection, exporter)
            connection.execute(
                sa.update(EXPORTERS).filter_by(number=exporter).values(counts=counts.value)
            )

    def counts(self) -> dict[int, CountedDirection]:
        """Give which observations of each exporter are kept, by its number."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(EXPORTERS).order_by(EXPORTERS.c.number))
            return {row.number: CountedDirection(row.counts) for row in rows}

    def put_interface(self, exporter: int, ifindex: int, role: InterfaceRole) -> None:
        """
        Say where the interface *ifindex* of exporter number *exporter* looks; the last word counts.

        Raises:
            NotFound: If no exporter has that number.
        """
        where = {"exporter": exporter, "ifindex": ifindex}
        with self._database.write() as connection:
            _require_exporter(connection, exporter)
            connection.execute(sa.delete(INTERFACES).filter_by(**where))
            connection.execute(sa.insert(INTERFACES).values(**where, role=int(role)))

    def interfaces(self) -> dict[tuple[int, int], InterfaceRole]:
        """Give where each interface looks, by exporter number and interface index."""
        order = (INTERFACES.c.exporter, INTERFACES.c.ifindex)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(INTERFACES).order_by(*order))
            return {(row.exporter, row.ifindex): InterfaceRole(row.role) for row in rows}

    def add_exporter_hours(self, rows: Iterable[ExporterHour]) -> None:
        """
        Add *rows* to what is known of their exporters' hours, all at once.

        Notes:
            It adds: a caller that cannot tell whether it was done does better to leave a
            few counts out than to add them twice.

        Raises:
            NotFound: If an exporter has no number there; nothing was added.
        """
        key, sums = ("exporter", "hour", "unit"), ("datagrams", "records", "received", "lost")
        with self._database.write() as connection:
            for row in rows:
                _require_exporter(connection, row.exporter)
                values = asdict(row) | {"unit": row.unit.value}
                added = connection.execute(
                    sa.update(EXPORTER_HOURS)
                    .filter_by(**{name: values[name] for name in key})
                    .values({name: EXPORTER_HOURS.c[name] + values[name] for name in sums})
                )
                if not added.rowcount:
                    connection.execute(sa.insert(EXPORTER_HOURS).values(values))

    def exporter_hours(self, window: Window) -> tuple[ExporterHour, ...]:
        """Give what arrived in each hour that overlaps *window*, earliest first."""
        hour = EXPORTER_HOURS.c.hour
        found = sa.select(EXPORTER_HOURS).order_by(
            hour, EXPORTER_HOURS.c.exporter, EXPORTER_HOURS.c.unit
        )
        if window.since_ms is not None:
            found = found.where(hour >= window.since_ms // HOUR_MS)
        if window.until_ms is not None:
            found = found.where(hour < -(-window.until_ms // HOUR_MS))
        with self._database.read() as connection:
            rows = connection.execute(found).mappings()
            return tuple(ExporterHour(**{**row, "unit": SequenceUnit(row["unit"])}) for row in rows)

    def spool_take(self, folder: str, name: str, size: int, mtime_ns: int, at_ms: int) -> None:
        """Note that the file *name* of a followed folder was taken in; the last word counts."""
        where = {"folder": folder, "name": name}
        with self._database.write() as connection:
            connection.execute(sa.delete(SPOOL).filter_by(**where))
            connection.execute(
                sa.insert(SPOOL).values(**where, size=size, mtime_ns=mtime_ns, taken_ms=at_ms)
            )

    def spool_forget(self, folder: str, names: Iterable[str]) -> None:
        """Forget files of a followed folder that are gone, so that the table does not grow."""
        rows = [{"gone": name} for name in names]
        if not rows:
            return
        gone = sa.delete(SPOOL).where(
            SPOOL.c.folder == folder, SPOOL.c.name == sa.bindparam("gone")
        )
        with self._database.write() as connection:
            connection.execute(gone, rows)

    def spool_seen(self, folder: str) -> dict[str, tuple[int, int]]:
        """Give the size and time of change (ns) of each file of *folder* that was taken in."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(SPOOL).filter_by(folder=folder))
            return {row.name: (row.size, row.mtime_ns) for row in rows}

    def replace_own_networks(self, networks: Iterable[OwnNetwork]) -> None:
        """
        Put *networks* in the place of all own networks, at once.

        Raises:
            ValueError: If a prefix stands there twice for the same date.
        """
        rows = [_network_row(position, network) for position, network in enumerate(networks)]
        keys = {(r["base_hi"], r["base_lo"], r["length"], r["valid_from_ms"]) for r in rows}
        if len(keys) != len(rows):
            raise ValueError("an own prefix stands there twice for the same date")
        with self._database.write() as connection:
            connection.execute(sa.delete(OWN_NETWORKS))
            if rows:
                connection.execute(sa.insert(OWN_NETWORKS), rows)

    def own_networks(self) -> tuple[OwnNetwork, ...]:
        """Give all own networks in the order in which they were put."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(OWN_NETWORKS).order_by(OWN_NETWORKS.c.position))
            return tuple(_network(row) for row in rows)

    def record_import(self, record: ImportRecord) -> None:
        """
        Note what became of a flow file; the last word on the same content counts.

        The lake decides whether a file is imported; this is the record for people, so an
        import that was killed between the two may write it again.
        """
        row = asdict(record)
        row["file_name"] = PurePath(record.file_name).name
        row["dropped"], row["options"] = dict(record.dropped), dict(record.options)
        with self._database.write() as connection:
            connection.execute(sa.delete(IMPORTS).filter_by(content_id=record.content_id))
            connection.execute(sa.insert(IMPORTS).values(row))

    def find_import(self, content_id: str) -> ImportRecord | None:
        """Give the record of the file with this content, None if there is none."""
        with self._database.read() as connection:
            found = connection.execute(sa.select(IMPORTS).filter_by(content_id=content_id))
            row = found.mappings().one_or_none()
        return None if row is None else ImportRecord(**row)

    def imports(self) -> tuple[ImportRecord, ...]:
        """Give the records of all imports, oldest first."""
        order = (IMPORTS.c.imported_ms, IMPORTS.c.content_id)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(IMPORTS).order_by(*order)).mappings()
            return tuple(ImportRecord(**row) for row in rows)


def open_casebook(path: Path) -> CaseBook:
    """
    Open the case book at *path*, creating and migrating it as needed.

    Raises:
        ConfigError: If it cannot be created, is damaged, of some other program, or made
            by a later hinomi.
        Unavailable: If another process holds it for too long.
    """
    return CaseBook(open_database(path))


def _require_exporter(connection: sa.Connection, number: int) -> None:
    known = sa.select(EXPORTERS.c.number).where(EXPORTERS.c.number == number)
    if connection.scalar(known) is None:
        raise NotFound(f"no exporter has the number {number}")


def _network_row(position: int, network: OwnNetwork) -> dict[str, object]:
    return {
        "position": position,
        "base_hi": network.base.hi,
        "base_lo": network.base.lo,
        "length": network.length,
        "kind": network.kind.value,
        "line_bits": network.line_bits,
        "port_offset": network.port_offset,
        "customer": network.customer.value,
        "valid_from_ms": network.valid_from_ms,
    }


def _network(row: sa.Row[tuple[object, ...]]) -> OwnNetwork:
    return OwnNetwork(
        base=Address(row.base_hi, row.base_lo),
        length=row.length,
        kind=AccessKind(row.kind),
        line_bits=row.line_bits,
        port_offset=row.port_offset,
        customer=Customer(row.customer),
        valid_from_ms=row.valid_from_ms,
    )
