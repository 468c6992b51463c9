"""
The embedded engine: Ibis expressions run by DuckDB in this process.

Memory is bounded twice: DuckDB spills beyond its limit, and callers run large
expressions by hash bucket (`buckets_for`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql.datatypes import DuckDBType

from hinomi.engine.queries import typed_columns, written
from hinomi.errors import Unavailable
from hinomi.store.sealing import SealedFile, Stored, dataset_of, opened

BUCKET_ROWS: Final = 2_500_000
"""Conversation records that one bucket may hold on average."""

PARTED_ROWS: Final = 50_000
"""Rows that a thread gathers before it writes them by part: it holds as many of each part."""

_STREAM: Final = "reading the stream registered as"
"""How DuckDB begins what pyarrow says of a sealed file that is gone, damaged or of another key."""

GROUP_ROWS: Final = 16_384
"""Rows of a sorted file that are read or left out together."""


class DuckEngine:
    """A DuckDB connection with bounded memory and a scratch folder of its own."""

    def __init__(self, scratch: Path, *, memory_mib: int = 3000, threads: int = 0) -> None:
        self._scratch = scratch
        self._written = 0
        self._views = 0
        self._backend: Any = ibis.duckdb.connect()
        settings = {
            "memory_limit": f"'{memory_mib}MiB'",
            "temp_directory": f"'{_quoted(scratch / 'spill')}'",
            "preserve_insertion_order": "false",
            "enable_progress_bar": "false",
            "partitioned_write_flush_threshold": str(PARTED_ROWS),
        }
        if threads:
            settings["threads"] = str(threads)
        for name, value in settings.items():
            self._run(f"SET {name} = {value}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._backend.disconnect()

    def buckets(self, rows: int) -> int:
        """Tell by how many hash buckets to process *rows* records (`buckets_for`)."""
        return buckets_for(rows)

    def table(self, files: Sequence[Stored], schema: pa.Schema | None = None) -> Any:
        """
        Open Parquet files as one Ibis table.

        Args:
            files: Their paths, and keys; where there is none, *schema* gives an empty table.
            schema: Columns of the table if there is no file.

        Notes:
            Sealed files are read by pyarrow, which hands their rows to DuckDB. DuckDB 2.0
            opens them too, but loses count of pages once a query has a filter, or a column
            has two pages (its messages say that the key is wrong); pyarrow also decrypts
            faster, since DuckDB carries an AES without the processor's help.

        Raises:
            Unavailable: If a file cannot be read; also below, where memory or disk do not
                suffice.
        """
        if not files:
            if schema is None:
                raise ValueError("no file and no schema")
            files = [self._empty(schema)]
        plain = [each for each in files if isinstance(each, Path)]
        sealed = [each for each in files if isinstance(each, SealedFile)]
        sources = []
        if plain:
            # Columns are what the files hold: the lake's folders date=.../hour=... add none.
            quoted = ", ".join(f"'{_quoted(path)}'" for path in plain)
            sources.append(f"read_parquet([{quoted}], hive_partitioning = false)")
        self._views += 1
        if sealed:
            with _failures():
                self._backend.con.register(f"sealed_{self._views}", dataset_of(sealed))
            sources.append(f"sealed_{self._views}")
        view = f"files_{self._views}"
        query = " UNION ALL BY NAME ".join(f"SELECT * FROM {source}" for source in sources)  # noqa: S608 - names of our own, quoted.
        self._run(f"CREATE TEMP VIEW {view} AS {query}")
        with _failures():
            rows = self._backend.con.view(view)
        columns = {
            name: _kind(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
        }
        return ibis.table(columns, name=view)

    def keep(self, expression: Any) -> Path:
        """Run *expression* and keep its rows in a scratch Parquet file, whose path it returns."""
        return self._kept(expression)

    def keep_ordered(self, expression: Any) -> Path:
        """Keep rows as `keep` does, of a sorted expression: `read` finds a range of them."""
        # Version 2 keeps numbers in order by their differences, two thirds as large.
        return self._kept(
            expression, f"COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE {GROUP_ROWS}"
        )

    def _kept(self, expression: Any, options: str = "COMPRESSION lz4") -> Path:
        path = self._next("kept")
        self._run(f"COPY ({_typed(expression)}) TO '{_quoted(path)}' (FORMAT parquet, {options})")
        return path

    def keep_parts(self, expression: Any, part: Any, parts: int) -> list[list[Path]]:
        """
        Run *expression* once and keep its rows by part, in scratch Parquet files.

        Args:
            expression: What to run.
            part: A column of its rows: the number of the part, 0..parts-1.
            parts: Number of parts.

        Returns:
            The files of each part, at least one.
        """
        if parts == 1:
            return [[self.keep(expression)]]
        folder = self._next("parts")
        sql = _typed(expression.mutate(part=part))
        options = "FORMAT parquet, COMPRESSION lz4, PARTITION_BY (part)"
        self._run(f"COPY ({sql}) TO '{_quoted(folder)}' ({options})")
        schema = expression.schema().to_pyarrow()
        return [
            sorted(folder.glob(f"part={number}/*.parquet")) or [self._empty(schema)]
            for number in range(parts)
        ]

    def keep_table(self, table: pa.Table) -> Any:
        """Open an in-memory table for use in expressions, by way of a scratch file."""
        path = self._next("given")
        with _failures():
            pq.write_table(table, path, compression="lz4")
        return self.table([path])

    def fetch(self, expression: Any) -> pa.Table:
        """Run *expression* and return its rows as an Arrow table."""
        sql = written(expression, "duckdb")
        with _failures():
            rows = self._backend.con.sql(sql).to_arrow_table()
        return expression.__pyarrow_result__(rows)

    def read(
        self, path: Stored, columns: Sequence[str], within: tuple[str, int, int] | None = None
    ) -> pa.Table:
        """
        Read rows of one Parquet file in their order, without a query.

        Args:
            path: A file whose rows lie in order.
            columns: Which columns.
            within: Name of an ascending column, the least value and the value beyond the
                greatest; None: all rows.
        """
        with _failures(), opened(path) as file:
            if within is None:
                return _plain(file.read(list(columns), use_threads=False), columns)
            name, low, high = within
            place = file.schema_arrow.get_field_index(name)
            groups = [
                number
                for number in range(file.num_row_groups)
                if _overlaps(file.metadata.row_group(number).column(place), low, high)
            ]
            rows = file.read_row_groups(groups, sorted({*columns, name}), use_threads=False)
        first, beyond = np.searchsorted(rows.column(name).to_numpy(), [low, high])
        return _plain(rows.slice(int(first), int(beyond - first)), columns)

    def keep_mapped(self, table: pa.Table) -> Path:
        """Keep an in-memory table in a scratch file that `mapped` opens at no cost."""
        path = self._next("mapped")
        with (
            _failures(),
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        return path

    def mapped(self, path: Path) -> pa.Table:
        """Open what `keep_mapped` kept: read from the disk as it is looked at."""
        with _failures():
            return pa.ipc.open_file(pa.memory_map(str(path))).read_all()

    def drop(self, paths: Iterable[Path]) -> None:
        """Delete scratch files that are no longer needed."""
        for path in paths:
            path.unlink(missing_ok=True)

    def _empty(self, schema: pa.Schema) -> Path:
        path = self._next("empty")
        with _failures():
            pq.write_table(schema.empty_table(), path)
        return path

    def _next(self, stem: str) -> Path:
        self._written += 1
        return self._scratch / f"{stem}-{self._written:05d}.parquet"

    def _run(self, sql: str) -> None:
        with _failures():
            self._backend.raw_sql(sql).fetchall()


def buckets_for(rows: int) -> int:
    """Tell by how many hash buckets to process *rows* records so that memory stays bounded."""
    return max(1, -(-rows // BUCKET_ROWS))


def _typed(expression: Any) -> str:
    """
    Write *expression* as SQL whose columns have the types that it states.

    DuckDB sums int64 to a wider type, which Parquet would hold as a float, and Ibis, to
    which it is an int64 already, leaves out a cast.
    """
    columns = typed_columns(expression.schema(), "duckdb")
    return f"SELECT {columns} FROM ({written(expression, 'duckdb')})"  # noqa: S608 - Ibis wrote both.


@cache
def _kind(name: str) -> Any:
    """Give the type that DuckDB calls by *name*."""
    return DuckDBType.from_string(name)


def _plain(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Give *columns* as a query would: in that order, with no promise about nulls."""
    kinds = pa.schema([(name, rows.schema.field(name).type) for name in columns])
    return rows.select(list(columns)).cast(kinds)


def _overlaps(column: Any, low: int, high: int) -> bool:
    found = column.statistics
    return found is None or not found.has_min_max or (found.max >= low and found.min < high)


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what the machine lacks into one line that says so."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Unavailable(
            "the engine ran out of memory: raise engine.memory_mib in config.toml"
        ) from error
    except (duckdb.IOException, duckdb.InvalidInputException, OSError) as error:
        if isinstance(error, duckdb.InvalidInputException) and _STREAM not in str(error):
            raise  # An expression that DuckDB cannot run is a bug.
        raise Unavailable(
            "the engine could not read or write its files: make room on the disk of the home, "
            "then try again; if that does not help, restore the lake from backup"
        ) from error
    except RuntimeError as error:
        if "interrupted" in str(error):  # DuckDB took the signal.
            raise KeyboardInterrupt from error
        raise
