"""The embedded engine keeps its types, its scratch folder and its bounds."""

from pathlib import Path
from types import SimpleNamespace

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import conversation, conversations
from hinomi.engine.duckdb import BUCKET_ROWS, DuckEngine, buckets_for
from hinomi.errors import Unavailable
from hinomi.model.flow import CONVERSATIONS

ROWS = pa.table({"n": pa.array([3, -(2**63), 2**63 - 1], pa.int64())})


def test_without_files_the_schema_gives_an_empty_table(tmp_path: Path) -> None:
    """No file: no row, every column with its type."""
    with DuckEngine(tmp_path) as engine:
        found = engine.fetch(engine.table([], CONVERSATIONS))

    assert found.num_rows == 0
    assert found.schema.remove_metadata() == CONVERSATIONS.remove_metadata()


def test_without_files_and_schema_there_is_no_table(tmp_path: Path) -> None:
    """Neither is the caller's bug."""
    with DuckEngine(tmp_path) as engine, pytest.raises(ValueError, match="no schema"):
        engine.table([])


def test_several_files_are_one_table(tmp_path: Path) -> None:
    """Rows of all files, however many."""
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        batch = conversations([conversation(line_lo=number), conversation(line_lo=-number)])
        pq.write_table(pa.Table.from_batches([batch]), path)

    with DuckEngine(tmp_path) as engine:
        found = engine.fetch(engine.table(paths, CONVERSATIONS))

    assert sorted(found["line_lo"].to_pylist()) == [-2, -1, 0, 0, 1, 2]
    assert found.schema.field("line_port").type == pa.int32()


@pytest.mark.parametrize("parts", [1, 4])
def test_rows_are_kept_by_part(tmp_path: Path, parts: int) -> None:
    """Each row lies in the part of its number, without it; a part may be empty."""
    with DuckEngine(tmp_path) as engine:
        rows = engine.keep_table(pa.table({"n": pa.array([0, 1, 2, 5, 6], pa.int64())}))
        kept = engine.keep_parts(rows, rows.n % parts, parts)
        found = [engine.fetch(engine.table(files)) for files in kept]

    assert [sorted(table["n"].to_pylist()) for table in found] == (
        [[0, 1, 2, 5, 6]] if parts == 1 else [[0], [1, 5], [2, 6], []]
    )
    assert {table.schema for table in found} == {pa.schema([("n", pa.int64())])}


def test_folders_of_the_lake_add_no_columns(tmp_path: Path) -> None:
    """A file under date=.../hour=... has the columns that it holds."""
    path = tmp_path / "date=2026-01-01" / "hour=03" / "x.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(ROWS, path)

    with DuckEngine(tmp_path) as engine:
        assert engine.table([path]).columns == ("n",)


def test_kept_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """The whole range of int64 survives: to a scratch file, and from memory."""
    with DuckEngine(tmp_path) as engine:
        given_rows = engine.keep_table(ROWS)
        path = engine.keep(given_rows.filter(given_rows.n != 3))
        found = engine.fetch(engine.table([path]))

    assert path.parent == tmp_path
    assert found.schema.field("n").type == pa.int64()
    assert sorted(found["n"].to_pylist()) == [-(2**63), 2**63 - 1]


def test_a_kept_sum_stays_an_integer(tmp_path: Path) -> None:
    """In its file too: beyond 2**53 floats have gaps."""
    big = pa.table({"n": pa.array([2**60, 1], pa.int64())})

    with DuckEngine(tmp_path) as engine:
        rows = engine.keep_table(big)
        kept = engine.table([engine.keep(rows.aggregate(n=rows.n.sum()))])
        part = engine.keep_parts(rows.aggregate(n=rows.n.sum()), 0, 2)[0]
        assert engine.fetch(kept)["n"].to_pylist() == [2**60 + 1]
        assert kept.schema() == engine.table(part).schema() == ibis.schema({"n": "int64"})


def test_files_of_the_scratch_folder_never_meet(tmp_path: Path) -> None:
    """Each kept result has a file of its own; dropped ones are gone, twice is no error."""
    with DuckEngine(tmp_path) as engine:
        table = engine.keep_table(ROWS)
        paths = [engine.keep(table) for _ in range(3)]
        assert len(set(paths)) == 3

        engine.drop(paths[:2])
        engine.drop(paths[:2])

    assert [path.exists() for path in paths] == [False, False, True]


def test_a_quote_in_the_path_is_no_harm(tmp_path: Path) -> None:
    """A home may be called anything."""
    folder = tmp_path / 'd\'or "1"'
    folder.mkdir()

    with DuckEngine(folder) as engine:
        path = engine.keep(engine.keep_table(ROWS))
        assert engine.fetch(engine.table([path])).num_rows == 3


@pytest.mark.parametrize("way", ["keep", "fetch"])
def test_too_little_memory_is_said_in_one_line(tmp_path: Path, way: str) -> None:
    """What cannot be spilled ends as Unavailable and names the option."""
    rows = ibis.range(0, 2_000_000).unnest().name("n").as_table()

    with (
        DuckEngine(tmp_path, memory_mib=8, threads=1) as engine,
        pytest.raises(Unavailable, match=r"engine\.memory_mib"),
    ):
        getattr(engine, way)(rows.aggregate(every=rows.n.collect()))


def test_a_sort_beyond_memory_spills_into_the_scratch_folder(tmp_path: Path) -> None:
    """A million wide rows within 64 MiB: slower, not wrong; nothing is left behind."""
    rows = ibis.range(0, 1_000_000).unnest().name("n").as_table()
    wide = rows.mutate(key=(rows.n * 7_919) % 1_000_000, text=rows.n.cast("string").lpad(60, "x"))

    with DuckEngine(tmp_path, memory_mib=64, threads=1) as engine:
        path = engine.keep(wide.order_by("key"))

    assert pq.ParquetFile(path).metadata.num_rows == 1_000_000
    assert [each for each in (tmp_path / "spill").glob("*") if each.is_file()] == []


@pytest.mark.parametrize("act", ["keep", "keep_table", "table", "empty"])
def test_a_disk_that_refuses_is_said_in_one_line(tmp_path: Path, act: str) -> None:
    """A scratch folder that is gone, or a file of the lake that is: Unavailable."""
    folder = tmp_path / "gone"
    rows = ibis.range(0, 3).unnest().name("n").as_table()
    acts = {
        "keep": lambda engine: engine.keep(rows),
        "keep_table": lambda engine: engine.keep_table(ROWS),
        "table": lambda engine: engine.table([tmp_path / "missing.parquet"]),
        "empty": lambda engine: engine.table([], CONVERSATIONS),
    }

    with DuckEngine(folder) as engine, pytest.raises(Unavailable, match="disk"):
        acts[act](engine)


@given(rows=st.integers(0, 10**12))
def test_no_bucket_holds_more_than_its_bound(rows: int) -> None:
    """As few buckets as keep the average within the bound, at least one."""
    buckets = buckets_for(rows)

    assert buckets >= 1
    assert rows <= buckets * BUCKET_ROWS
    assert buckets == 1 or rows > (buckets - 1) * BUCKET_ROWS


@pytest.mark.parametrize(
    "within", [(0, 99_999), (20_000, 20_001), (16_383, 40_000), (60_000, 70_000)]
)
def test_a_range_of_a_sorted_file_is_read(tmp_path: Path, within: tuple[int, int]) -> None:
    """In order, the columns that were asked for, whatever groups of rows they lie in."""
    numbers = np.random.default_rng(3).permutation(50_000)
    with DuckEngine(tmp_path) as engine:
        given = engine.keep_table(pa.table({"n": numbers, "twice": 2 * numbers}))
        path = engine.keep_ordered(given.order_by("n"))
        found = engine.read(path, ["twice"], ("n", *within))
        whole = engine.read(path, ["twice", "n"])

    assert found.column_names == ["twice"]
    assert found["twice"].to_pylist() == list(range(2 * within[0], 2 * min(within[1], 50_000), 2))
    assert whole["n"].to_pylist() == list(range(50_000))


def test_a_range_of_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    """With its columns and their types."""
    with DuckEngine(tmp_path) as engine:
        path = engine.keep_ordered(engine.keep_table(ROWS.slice(0, 0)).order_by("n"))
        found = engine.read(path, ["n"], ("n", 0, 9))

    assert found.schema == ROWS.schema
    assert found.num_rows == 0


def test_what_is_mapped_comes_back(tmp_path: Path) -> None:
    """Also nothing."""
    with DuckEngine(tmp_path) as engine:
        for table in (ROWS, ROWS.slice(0, 0)):
            assert engine.mapped(engine.keep_mapped(table)) == table


def test_a_file_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    """One line that says what to do."""
    with DuckEngine(tmp_path) as engine:
        with pytest.raises(Unavailable, match="could not read"):
            engine.read(tmp_path / "gone", ["n"])
        with pytest.raises(Unavailable, match="could not read"):
            engine.mapped(tmp_path / "gone")


@pytest.mark.parametrize(
    ("said", "raised"), [("Query interrupted", KeyboardInterrupt), ("anything else", RuntimeError)]
)
def test_an_interrupted_query_is_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, raised: type[BaseException]
) -> None:
    """DuckDB takes the signal itself and calls it an error of its own."""

    def interrupted(_sql: object) -> None:
        raise RuntimeError(said)

    with DuckEngine(tmp_path) as engine:
        table = engine.keep_table(ROWS)
        with monkeypatch.context() as patch:
            patch.setattr(engine._backend, "raw_sql", interrupted)  # noqa: SLF001
            patch.setattr(engine._backend, "con", SimpleNamespace(sql=interrupted))  # noqa: SLF001
            for run in (engine.keep, engine.fetch):
                with pytest.raises(raised):
                    run(table)
