"""Spark for the tests: found or skipped, made cheap for many small queries."""

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from peers import program

if TYPE_CHECKING:
    from hinomi.engine.spark import SparkEngine

TWO_WORKERS: Final = "local-cluster[2,1,1024]"
"""A master and two workers, of one core and 1024 MiB each, whose executors are processes."""

_QUICK: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
CHEAP: Final = {
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": _QUICK,
    "spark.executor.extraJavaOptions": _QUICK,
}
"""Tiny queries: what a compiler could save costs more than running them."""


def require_spark() -> None:
    """Skip without Java or pyspark, or fail where every peer is required."""
    program("java")
    if importlib.util.find_spec("pyspark") is None:
        reason = "pyspark is not installed (pip install 'hinomi[spark]')"
        if os.environ.get("HINOMI_REQUIRE_PEERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def spark_home(folder: Path) -> dict[str, str]:
    """
    Make a home for Spark, and give the environment that names it.

    Workers of `TWO_WORKERS` keep their logs in Spark's home: those of the package are not
    for tests to write in.
    """
    package = Path(str(importlib.util.find_spec("pyspark").origin)).parent  # type: ignore[union-attr]
    for name in ("bin", "jars"):
        (folder / name).symlink_to(package / name)
    return {"SPARK_HOME": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"}


def open_spark(scratch: Path, master: str = "local[2]", **settings: str) -> "SparkEngine":
    """Open an engine with little memory and cheap settings."""
    from hinomi.engine.spark import SparkEngine  # noqa: PLC0415 - an optional extra.

    return SparkEngine(scratch, master=master, memory_mib=1024, settings=CHEAP | settings)
