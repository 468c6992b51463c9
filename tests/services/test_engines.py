"""A run opens the engine that was asked for, with what the configuration grants it."""

import sys
from pathlib import Path

import pytest

from hinomi.config import EngineConfig
from hinomi.engine.duckdb import DuckEngine
from hinomi.errors import Unavailable
from hinomi.services.engines import EngineKind, open_engine
from sparks import CHEAP, require_spark


def test_duckdb_takes_memory_and_threads(tmp_path: Path) -> None:
    """What the configuration grants is what the engine has."""
    config = EngineConfig(memory_mib=512, threads=1)

    with open_engine(EngineKind.DUCKDB, tmp_path, config) as engine:
        assert isinstance(engine, DuckEngine)
        settings = engine._backend.raw_sql(  # noqa: SLF001 - nothing else tells.
            "SELECT current_setting('threads'), current_setting('memory_limit')"
        ).fetchall()

    assert settings == [(1, "512.0 MiB")]


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unavailable, with the command and the other engine."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "hinomi.engine.spark", raising=False)

    with pytest.raises(Unavailable, match=r"hinomi\[spark\].*duckdb"):
        open_engine(EngineKind.SPARK, tmp_path, EngineConfig())


def test_a_cluster_that_is_none_is_named(tmp_path: Path) -> None:
    """Spark goes where the configuration says; where nothing is, Unavailable names it."""
    require_spark()
    config = EngineConfig(spark_master="nowhere", spark_settings=CHEAP, memory_mib=512)

    with pytest.raises(Unavailable, match=r"nowhere.*engine\.spark_master"):
        open_engine(EngineKind.SPARK, tmp_path, config)


def test_without_a_cluster_spark_runs_here(tmp_path: Path) -> None:
    """An empty master is this machine, with the threads of the configuration."""
    require_spark()
    config = EngineConfig(threads=1, spark_settings=CHEAP, memory_mib=512)

    with open_engine(EngineKind.SPARK, tmp_path, config) as engine:
        assert engine._session.sparkContext.master == "local[1]"  # noqa: SLF001
