"""
Context tables at rest: one Parquet file for each kind, source and day, beside the case book.

The file tells itself what it is: its statement stands in the metadata. Several days are
kept; a reader asks for what stood before a moment and is given nothing later (R19).
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.errors import ConfigError, NotFound, Unavailable, UsageError
from hinomi.model.context import SCHEMAS, ContextKind, ContextTable, TableStatement
from hinomi.store.durable import draft_of, on_disk, publish, sync_folder
from hinomi.store.flowfile import readable

SCHEMA_VERSION: Final = "1"
_VERSION_KEY: Final = b"hinomi.context_version"
_STATEMENT_KEY: Final = b"hinomi.context"


class ContextStore:
    """
    The context tables of one home.

    Args:
        root: Their folder; it need not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, table: ContextTable) -> None:
        """
        Keep *table*, in place of one of the same kind, source and day; whole or not at all.

        Raises:
            UsageError: If source or licence is blank.
            Unavailable: If the disk refuses; what was there stays.
        """
        statement = table.statement
        if not statement.source.strip() or not statement.licence.strip():
            raise UsageError("a context table needs a source and a licence: say both")
        path = self._path(statement)
        rows = table.rows.cast(SCHEMAS[statement.kind]).replace_schema_metadata(
            {
                _VERSION_KEY: SCHEMA_VERSION,
                _STATEMENT_KEY: json.dumps(asdict(statement), sort_keys=True),
            }
        )
        with on_disk(path):
            for folder in (self._root, path.parent):
                folder.mkdir(mode=0o700, exist_ok=True)  # A table makes no home.
            try:
                pq.write_table(rows, draft_of(path), compression="zstd", version="2.6")
                publish(path)
            finally:
                draft_of(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def show(self) -> tuple[TableStatement, ...]:
        """
        Give what every table states of itself, by kind, source and day.

        Raises:
            Unavailable: If a file cannot be read.
        """
        found = [self._statement(path) for path in self._files()]
        return tuple(sorted(found, key=lambda each: (each.kind, each.source, each.day)))

    def remove(
        self, kind: ContextKind, source: str, day: str | None = None
    ) -> tuple[TableStatement, ...]:
        """
        Delete the tables of (*kind*, *source*), or the one of *day*, and give what went.

        Raises:
            NotFound: If there is none.
        """
        gone = tuple(
            each
            for each in self.show()
            if each.kind is kind and each.source == source and day in {None, each.day}
        )
        if not gone:
            raise NotFound(f"no such {kind} table; `hinomi context show` names all")
        for each in gone:
            with on_disk(self._path(each)):
                self._path(each).unlink()
                sync_folder(self._path(each).parent)
        return gone

    def before(self, moment_ms: int, kind: ContextKind | None = None) -> tuple[ContextTable, ...]:
        """
        Read what stood before *moment_ms*: the newest table of each kind and source.

        Args:
            moment_ms: Milliseconds since the Unix epoch.
            kind: Of this one alone; None: of all.

        Of history every earlier day is given: a feed that forgets is remembered, and an
        address without a stated day is dated by the first table that holds it.

        Raises:
            Unavailable: If a file cannot be read.
            ConfigError: If one was written under another version of the schema.
        """
        asked = [each for each in self.show() if kind in {None, each.kind}]
        earlier = [each for each in asked if each.is_before(moment_ms)]
        newest = {(each.kind, each.source): each for each in earlier}  # By day: the last wins.
        return tuple(
            ContextTable(statement=each, rows=self._rows(each))
            for each in earlier
            if each.kind is ContextKind.HISTORY or newest[each.kind, each.source] == each
        )

    def _path(self, statement: TableStatement) -> Path:
        # A source is called what its operator likes: its digest makes a file name.
        name = hashlib.sha256(statement.source.encode()).hexdigest()[:16]
        return self._root / statement.kind.value / f"{statement.day}-{name}.parquet"

    def _files(self) -> list[Path]:
        return sorted(self._root.glob("*/*.parquet"))

    def _statement(self, path: Path) -> TableStatement:
        with readable(path):
            metadata = pq.read_schema(path).metadata or {}
        version = metadata.get(_VERSION_KEY, b"none").decode()
        if version != SCHEMA_VERSION:
            raise ConfigError(
                f"{path} has context schema {version}, this hinomi reads {SCHEMA_VERSION}; "
                "delete it and add its source again"
            )
        stated = json.loads(metadata[_STATEMENT_KEY])
        return TableStatement(**{**stated, "kind": ContextKind(stated["kind"])})

    def _rows(self, statement: TableStatement) -> pa.Table:
        path = self._path(statement)
        with readable(path):
            rows = pq.read_table(path, partitioning=None).replace_schema_metadata(None)
        if rows.num_rows != statement.rows or not rows.schema.equals(SCHEMAS[statement.kind]):
            raise Unavailable(f"{path} is not what it states; add its source again")
        return rows
