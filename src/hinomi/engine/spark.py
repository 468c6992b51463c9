"""
The distributed engine: the same Ibis expressions, run by Apache Spark.

Scratch files are folders of Parquet files, which every worker must see at the same path.
Results come back by way of such a folder too: no rows pass through the driver's heap.
"""

import os
import re
import secrets
import shutil
import subprocess
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import AnalysisException, PySparkRuntimeError
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from hinomi.engine.queries import written
from hinomi.errors import Unavailable
from hinomi.store.sealing import SealedFile, Stored

BUCKET_ROWS: Final = 50_000_000
"""Conversation records that one bucket may hold: its services come to this process at once."""

_DIALECT: Final = "databricks"  # What the parser calls the types of Spark.
_LOOPBACK: Final = "127.0.0.1"
_END_SECONDS: Final = 30
_GLOB: Final = re.compile(r"([][{}*?\\])")
"""What Spark takes for a pattern in a path that it reads."""

_JAVA_OPTIONS: Final = "spark.driver.extraJavaOptions"
_LOG_SETTINGS: Final = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
"""


class SparkEngine:
    """A Spark application with a Java process and a scratch folder of its own."""

    def __init__(
        self,
        scratch: Path,
        *,
        master: str = "local[*]",
        memory_mib: int = 3000,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """
        Start Spark.

        Args:
            scratch: Where scratch files lie; workers read and write there.
            master: Address of the cluster, or ``local[N]`` for N threads on this machine.
            memory_mib: Heap of the driver: with ``local``, of all there is.
            settings: Spark's own settings, which win over those made here.

        Raises:
            Unavailable: If Java is missing or the cluster does not answer; also below, where
                memory, disk or workers fail.
        """
        scratch = scratch.absolute()  # A home may be named relatively; workers are elsewhere.
        self._scratch = scratch
        self._written = 0
        self._schemas: dict[Path, ibis.Schema] = {}
        self._unsealed_files: dict[SealedFile, Path] = {}
        # Of columns as objects of pandas, which nothing here makes.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        _ = ibis.pyspark  # Loads what `to_sql` needs to know of Spark.
        self._gateway = _start_java(scratch, memory_mib, settings or {})
        try:
            self._session = _start_session(self._gateway, master, scratch, settings or {})
        except BaseException:
            _end_java(self._gateway)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._session.stop()
        finally:
            _end_java(self._gateway)

    def buckets(self, rows: int) -> int:
        """Tell by how many hash buckets to process *rows* records."""
        return max(1, -(-rows // BUCKET_ROWS))

    def table(self, files: Sequence[Stored], schema: pa.Schema | None = None) -> Any:
        """
        Open Parquet files as one Ibis table.

        Args:
            files: Their paths, and keys; where there is none, *schema* gives an empty table.
            schema: Columns of the table if there is no file.

        Notes:
            Spark takes keys from a key server alone, by way of a class in Java: sealed files
            are copied into the scratch folder in plain, once each.
        """
        if not files:
            if schema is None:
                raise ValueError("no file and no schema")
            files = [self._empty(schema)]
        with _failures():
            plain = [self._unsealed(file) for file in files]
            columns = self._schemas.get(plain[0]) or _columns(plain[0])
            # Columns are what the files hold: the lake's folders date=.../hour=... add none.
            reader = self._session.read.schema(_definitions(columns))
            frame = reader.parquet(*(_GLOB.sub(r"\\\1", _address(file)) for file in plain))
            name = f"table_{self._count()}"
            frame.createOrReplaceTempView(name)
        return ibis.table(columns, name=name)

    def keep(self, expression: Any) -> Path:
        """Run *expression* and keep its rows in a scratch folder, whose path it returns."""
        path = self._next("kept")
        self._write(expression, path)
        self._schemas[path] = expression.schema()
        return path

    def keep_parts(self, expression: Any, part: Any, parts: int) -> list[list[Path]]:
        """
        Run *expression* once and keep its rows by part, in scratch folders.

        Args:
            expression: What to run.
            part: A column of its rows: the number of the part, 0..parts-1.
            parts: Number of parts.

        Returns:
            The folder of each part.
        """
        if parts == 1:
            return [[self.keep(expression)]]
        folder = self._next("parts")
        self._write(expression.mutate(part=part), folder, "part")
        schema = expression.schema()
        kept = []
        for number in range(parts):
            path = folder / f"part={number}"
            kept.append([path if path.exists() else self._empty(schema.to_pyarrow())])
            self._schemas[kept[-1][0]] = schema
        return kept

    def keep_table(self, table: pa.Table) -> Any:
        """Open an in-memory table for use in expressions, by way of a scratch file."""
        path = self._next("given")
        with _failures():
            pq.write_table(table, path, compression="lz4")
        return self.table([path])

    def fetch(self, expression: Any) -> pa.Table:
        """Run *expression* and return its rows as an Arrow table."""
        path = self.keep(expression)
        schema = expression.schema().to_pyarrow()
        with _failures():
            # Spark numbers the files in the order of the rows.
            files = sorted(path.glob("part-*.parquet"))
            tables = [pq.read_table(file, partitioning=None).cast(schema) for file in files]
        self.drop([path])
        return pa.concat_tables([schema.empty_table(), *tables])

    def drop(self, paths: Iterable[Path]) -> None:
        """Delete scratch files that are no longer needed."""
        for path in paths:
            self._schemas.pop(path, None)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _write(self, expression: Any, path: Path, *partitions: str) -> None:
        sql = written(expression, "pyspark")
        with _failures():
            writer = self._session.sql(sql).write.option("compression", "lz4_raw")
            writer.partitionBy(*partitions).parquet(_address(path))

    def _unsealed(self, file: Stored) -> Path:
        """Give the path of a file that Spark can read."""
        if isinstance(file, Path):
            return file
        if file.seal is None:
            return file.path
        if file not in self._unsealed_files:
            path = self._next("unsealed")
            with file.open() as sealed:
                schema = sealed.schema_arrow
                with pq.ParquetWriter(path, schema, compression="lz4") as writer:
                    for batch in sealed.iter_batches():
                        writer.write_batch(batch)
            self._unsealed_files[file] = path
        return self._unsealed_files[file]

    def _empty(self, schema: pa.Schema) -> Path:
        path = self._next("empty")
        with _failures():
            pq.write_table(schema.empty_table(), path)
        return path

    def _next(self, stem: str) -> Path:
        return self._scratch / f"{stem}-{self._count():05d}.parquet"

    def _count(self) -> int:
        self._written += 1
        return self._written


def _columns(file: Path) -> ibis.Schema:
    # Files of the lake promise that nothing is null: to Ibis that is another type.
    found = ibis.Schema.from_pyarrow(pq.read_schema(file))
    return ibis.schema({name: kind(nullable=True) for name, kind in found.items()})


def _definitions(columns: ibis.Schema) -> str:
    defined = columns.to_sqlglot_column_defs(_DIALECT)
    return ", ".join(column.sql(_DIALECT) for column in defined)


def _address(path: Path) -> str:
    # A cluster's default file system may be another one.
    return f"file://{path.absolute()}"


def _start_java(scratch: Path, memory_mib: int, settings: Mapping[str, str]) -> Any:
    """Start the Java process of the driver, with what must be known before it starts."""
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        raise Unavailable(
            "the Spark engine needs Java 17 or newer: install a headless JRE "
            "(Debian: default-jre-headless), or use --engine duckdb"
        )
    folder = scratch / "java"
    with _failures():
        folder.mkdir()
        logs = folder / "log4j2.properties"
        logs.write_text(_LOG_SETTINGS, encoding="utf-8")
    options = [
        f"-Djava.io.tmpdir={folder}",
        f"-Dlog4j2.configurationFile={logs.as_uri()}",
        "-XX:-UsePerfData",  # Else a file in the system's temporary folder.
    ]
    more = settings.get(_JAVA_OPTIONS, "")
    # Arguments of a process can be read by all: nothing else is handed over that way.
    first = {
        "spark.driver.memory": settings.get("spark.driver.memory", f"{memory_mib}m"),
        _JAVA_OPTIONS: " ".join([*map(_escaped, options), more]).strip(),
    }
    conf = SparkConf(loadDefaults=False).setAll(list(first.items()))
    with (folder / "output.log").open("wb") as log:
        try:
            return launch_gateway(conf, {"stdout": log, "stderr": log})
        except (PySparkRuntimeError, OSError) as error:
            raise Unavailable(
                "Java ended before Spark had started: look whether Java is 17 or newer and "
                "grants engine.memory_mib of config.toml, or use --engine duckdb"
            ) from error


def _escaped(option: str) -> str:
    return re.sub(r"([\s\"'\\])", r"\\\1", option)


def _start_session(
    gateway: Any, master: str, scratch: Path, settings: Mapping[str, str]
) -> SparkSession:
    chosen = {
        "spark.app.name": "hinomi",
        "spark.master": master,
        "spark.driver.host": _LOOPBACK,
        "spark.driver.bindAddress": _LOOPBACK,
        "spark.local.dir": str(scratch / "java"),
        "spark.sql.warehouse.dir": _address(scratch / "java"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.ansi.enabled": "true",  # An overflow is an error, as in DuckDB.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "64",
    }
    if master.startswith("local"):
        # Others on this machine must not reach the driver's ports.
        chosen["spark.authenticate"] = "true"
        chosen["spark.authenticate.secret"] = secrets.token_hex(32)
    chosen |= settings
    if secret := chosen.pop("spark.authenticate.secret.file", ""):
        with _failures():
            chosen["spark.authenticate.secret"] = Path(secret).read_text("utf-8").strip()
    conf = SparkConf(loadDefaults=False).setAll(list(chosen.items()))
    try:
        return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except Py4JError as error:
        raise Unavailable(
            f"Spark could not start at {master}: look whether it runs and can reach this "
            "machine (engine.spark_master and engine.spark_settings in config.toml)"
        ) from error


def _end_java(gateway: Any) -> None:
    """End the Java process: the next engine of this process has another scratch folder."""
    # Spark keeps it for good, and offers no way to let go of it.
    SparkContext._gateway = None  # noqa: SLF001
    SparkContext._jvm = None  # noqa: SLF001
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what machine or cluster lack into one line that says so."""
    try:
        yield
    except AnalysisException as error:
        if error.getCondition() != "PATH_NOT_FOUND":
            raise  # An expression that Spark cannot run is a bug.
        raise Unavailable(
            "a file of the lake is gone, or the workers do not see the home at the same path"
        ) from error
    except Py4JError as error:
        if "OutOfMemoryError" in str(error):
            raise Unavailable(
                "Spark ran out of memory: raise engine.memory_mib, or spark.executor.memory in "
                "engine.spark_settings, in config.toml"
            ) from error
        raise Unavailable(
            "Spark could not finish its work: look whether its workers run, see the home at "
            "the same path and have room on their disks, then try again"
        ) from error
    except OSError as error:
        raise Unavailable(
            "the engine could not read or write its files: make room on the disk of the home, "
            "then try again"
        ) from error
