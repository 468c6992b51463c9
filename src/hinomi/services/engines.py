"""The engine of a run: embedded DuckDB, or Spark where it is installed and asked for."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from hinomi.config import EngineConfig
from hinomi.errors import Unavailable


class EngineKind(StrEnum):
    """What computes."""

    DUCKDB = "duckdb"  # Inside this process.
    SPARK = "spark"  # On the cluster of the configuration, or in a Java process beside this one.


def open_engine(kind: EngineKind, scratch: Path, config: EngineConfig) -> Any:
    """
    Open an engine; it is a context manager (`engine.duckdb.DuckEngine`).

    Args:
        kind: Which one.
        scratch: Folder for its files.
        config: What it may use.

    Raises:
        Unavailable: If Spark is asked for and it or Java is missing, or its cluster is.
    """
    if kind is EngineKind.DUCKDB:
        # DuckDB and Ibis take a while to load: commands that only name an engine do without.
        from hinomi.engine.duckdb import DuckEngine  # noqa: PLC0415

        return DuckEngine(scratch, memory_mib=config.memory_mib, threads=config.threads)
    try:
        from hinomi.engine.spark import SparkEngine  # noqa: PLC0415 - an optional extra.
    except ImportError as error:
        raise Unavailable(
            "the Spark engine is not installed: pip install 'hinomi[spark]', or use --engine duckdb"
        ) from error
    local = f"local[{config.threads or '*'}]"
    return SparkEngine(
        scratch,
        master=config.spark_master or local,
        memory_mib=config.memory_mib,
        settings=config.spark_settings,
    )
