"""The distributed engine starts and ends its Java process, and keeps to itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinomi.errors import Unavailable
from sparks import open_spark, require_spark

if TYPE_CHECKING:
    from hinomi.engine.spark import SparkEngine

ROWS = pa.table({"n": pa.array([3, -1, 5], pa.int64())})
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
"""127.0.0.1, ::ffff:127.0.0.1 and ::1 as /proc/net writes them."""


@pytest.fixture(scope="module", name="scratch")
def a_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the scratch folder."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module", name="earlier")
def an_engine_that_ended(tmp_path_factory: pytest.TempPathFactory) -> "tuple[int, Path]":
    """Open an engine and end it: the process of its Java, and its scratch folder."""
    require_spark()
    folder = tmp_path_factory.mktemp("earlier")
    with open_spark(folder, "local[1]") as engine:
        java: int = engine._gateway.proc.pid  # noqa: SLF001 - nothing else tells.
    shutil.rmtree(folder)
    return java, folder


@pytest.fixture(scope="module", name="engine")
def one_for_all(earlier: tuple[int, Path], scratch: Path) -> "Iterator[SparkEngine]":
    """Give the second engine of this process."""
    with open_spark(scratch, "local[1]", **{"spark.sql.shuffle.partitions": "3"}) as engine:
        yield engine


def conf(engine: Any, name: str) -> str:
    """Tell a setting of the running application."""
    return str(engine._session.sparkContext.getConf().get(name))  # noqa: SLF001


def test_an_engine_ends_its_java(earlier: tuple[int, Path]) -> None:
    """No process outlives the engine."""
    java, _ = earlier

    assert not Path("/proc", str(java)).exists()


def test_the_next_engine_has_a_scratch_folder_of_its_own(
    engine: "SparkEngine", earlier: tuple[int, Path], scratch: Path
) -> None:
    """Sorting and shuffling write there, and nothing where the first engine was."""
    _, gone = earlier
    rows = engine.keep_table(ROWS)

    found = engine.fetch(rows.group_by("n").aggregate(times=rows.count()).order_by("n"))

    assert found["n"].to_pylist() == [-1, 3, 5]
    assert not gone.exists()
    assert conf(engine, "spark.local.dir").startswith(str(scratch))


def test_it_listens_on_loopback_alone(engine: "SparkEngine") -> None:
    """Whatever its Java listens on, nobody beyond this machine reaches; there is no web page."""
    java = engine._gateway.proc.pid  # noqa: SLF001
    links = [str(link.readlink()) for link in Path(f"/proc/{java}/fd").iterdir()]
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{java}/net/{table}").read_text("ascii").splitlines()[1:]
    ]

    listening = [each[1] for each in lines if each[3] == "0A" and f"socket:[{each[9]}]" in links]

    assert listening
    assert {address.split(":")[0] for address in listening} <= set(LOOPBACK)
    assert conf(engine, "spark.ui.enabled") == "false"


def test_others_on_the_machine_are_kept_out(engine: "SparkEngine") -> None:
    """Its ports ask for a secret, and the arguments of the process do not tell it."""
    java = engine._gateway.proc.pid  # noqa: SLF001
    secret = conf(engine, "spark.authenticate.secret")

    assert conf(engine, "spark.authenticate") == "true"
    assert len(secret) == 64
    assert secret.encode() not in Path(f"/proc/{java}/cmdline").read_bytes()


def test_settings_win_over_defaults(engine: "SparkEngine") -> None:
    """What the operator sets is what runs; options of Java are added to those needed."""
    assert conf(engine, "spark.sql.shuffle.partitions") == "3"
    options = Path(f"/proc/{engine._gateway.proc.pid}/cmdline").read_text("utf-8").split("\0")  # noqa: SLF001
    assert "-XX:+UseSerialGC" in options
    assert any(each.startswith("-Djava.io.tmpdir=") for each in options)


def test_a_file_that_is_gone_is_said_in_one_line(engine: "SparkEngine", tmp_path: Path) -> None:
    """Before a table is opened and after it was: Unavailable, without the names of columns."""
    path = tmp_path / "rows.parquet"
    with pytest.raises(Unavailable, match="files"):
        engine.table([path])

    pq.write_table(ROWS, path)
    table = engine.table([path])
    path.unlink()

    with pytest.raises(Unavailable, match="path"):
        engine.fetch(table)


def test_a_kept_result_that_is_gone_is_said_in_one_line(engine: "SparkEngine") -> None:
    """What the workers should see and do not."""
    path = engine.keep(engine.keep_table(ROWS))
    shutil.rmtree(path)

    with pytest.raises(Unavailable, match="do not see the home"):
        engine.table([path])


def test_a_disk_that_refuses_is_said_in_one_line(engine: "SparkEngine", scratch: Path) -> None:
    """A scratch folder that is gone: Unavailable."""
    hidden = scratch.with_name("hidden")
    scratch.rename(hidden)
    try:
        with pytest.raises(Unavailable, match="disk"):
            engine.keep_table(ROWS)
    finally:
        hidden.rename(scratch)


@pytest.mark.parametrize(("rows", "buckets"), [(0, 1), (50_000_000, 1), (50_000_001, 2)])
def test_buckets_are_larger_than_one_machine_could_hold(
    engine: "SparkEngine", rows: int, buckets: int
) -> None:
    """Workers share a bucket, so that few are needed."""
    assert engine.buckets(rows) == buckets


def test_without_java_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No java on the path: Unavailable, with the name of the package."""
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unavailable, match="default-jre-headless"):
        open_spark(tmp_path)


def test_a_java_that_ends_at_once_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Too old, or refused by the system: Unavailable; nothing is printed."""
    pytest.importorskip("pyspark")
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho unsupported >&2\nexit 1\n", "utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(Unavailable, match="Java ended"):
        open_spark(tmp_path)


def test_a_relative_scratch_folder_is_made_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Java and Spark are told whole paths alone, wherever hinomi was called."""
    pytest.importorskip("pyspark")
    from hinomi.engine import spark  # noqa: PLC0415 - an optional extra.

    monkeypatch.chdir(tmp_path)
    (java := tmp_path / "bin" / "java").parent.mkdir()
    java.touch(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    told: dict[str, str] = {}

    def tell(conf: Any, _: object) -> None:
        told.update(conf.getAll())
        raise OSError  # No Java is started.

    monkeypatch.setattr(spark, "launch_gateway", tell)
    Path("scratch").mkdir()

    with pytest.raises(Unavailable, match="Java ended"):
        open_spark(Path("scratch"))

    options = told["spark.driver.extraJavaOptions"]
    assert f"-Djava.io.tmpdir={tmp_path}/scratch/java" in options
    assert f"file://{tmp_path}/scratch/java/log4j2.properties" in options
