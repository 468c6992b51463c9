"""Sealed files: read with their key by pyarrow and the engine, by nobody without it."""

import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinomi.engine.duckdb import DuckEngine
from hinomi.errors import Unavailable
from hinomi.store.sealing import KEY_BYTES, Seal, SealedFile, dataset_of, opened, seal_files

SEAL = Seal("2026-01-01", os.urandom(KEY_BYTES))
OTHER = Seal("2026-01-02", os.urandom(KEY_BYTES))


def sealed(folder: Path, table: pa.Table, seal: Seal = SEAL) -> SealedFile:
    """Write *table* sealed under *seal*."""
    plain, target = folder / "plain", folder / f"{seal.name}.sealed"
    pq.write_table(table, plain)
    seal_files([plain], target, seal)
    return SealedFile(target, seal)


def test_without_the_key_nothing_is_read(tmp_path: Path) -> None:
    """Not by pyarrow, not by DuckDB, not by looking for a value or the name of a column."""
    file = sealed(tmp_path, pa.table({"telling_name": ["telling value"] * 3}))

    for seal in (None, OTHER):
        with pytest.raises((OSError, pa.ArrowException)):
            opened(SealedFile(file.path, seal)).read()
    with pytest.raises(duckdb.Error):
        duckdb.read_parquet(str(file.path)).fetchall()
    content = file.path.read_bytes()
    assert b"telling_name" not in content
    assert b"telling value" not in content
    assert opened(file).read().num_rows == 3


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_changed_byte_shows(tmp_path: Path, place: float) -> None:
    """GCM authenticates what it encrypts: a file is whole, or is not read."""
    file = sealed(tmp_path, pa.table({"n": list(range(10_000))}))
    content = bytearray(file.path.read_bytes())
    content[int(len(content) * place)] ^= 1
    file.path.write_bytes(content)

    with pytest.raises((OSError, pa.ArrowException)):
        opened(file).read()


@settings(deadline=None, max_examples=30)  # It writes files.
@given(
    st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50), min_size=1, max_size=4),
)
def test_sealing_keeps_rows_and_their_groups(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[int]]
) -> None:
    """Row group by row group, so that a sorted file is searched as before."""
    folder = tmp_path_factory.mktemp("sealed")
    schema = pa.schema([("n", pa.int64())])
    with pq.ParquetWriter(folder / "plain", schema) as writer:
        for group in groups:
            writer.write_table(pa.table({"n": pa.array(group, pa.int64())}))

    seal_files([folder / "plain"], folder / "sealed", SEAL)

    with opened(SealedFile(folder / "sealed", SEAL)) as file:
        assert file.num_row_groups == sum(1 for group in groups if group)
        assert file.read().column("n").to_pylist() == [n for group in groups for n in group]


def test_a_dataset_reads_files_of_several_keys(tmp_path: Path) -> None:
    """Each with its own; with a wrong one among them nothing."""
    files = [
        sealed(tmp_path, pa.table({"n": [1, 2]})),
        sealed(tmp_path, pa.table({"n": [3]}), OTHER),
    ]

    assert sorted(dataset_of(files).to_table().column("n").to_pylist()) == [1, 2, 3]
    with pytest.raises((OSError, pa.ArrowException)):
        dataset_of([files[0], SealedFile(files[1].path, SEAL)]).to_table()


def test_the_engine_filters_and_joins_sealed_files_beside_plain_ones(tmp_path: Path) -> None:
    """DuckDB's own reader fails as soon as a filter reaches it: the rows come from pyarrow."""
    rows = pa.table({"n": list(range(30_000)), "kind": [n % 7 for n in range(30_000)]})
    plain = tmp_path / "more"
    pq.write_table(pa.table({"n": [-1], "kind": [3]}), plain)
    with DuckEngine(tmp_path) as engine:
        table = engine.table([sealed(tmp_path, rows), sealed(tmp_path, rows, OTHER), plain])
        chosen = table.filter((table.kind == 3) & (table.n < 100))
        found = engine.fetch(chosen.group_by("n").agg(times=chosen.count()).order_by("n"))

    assert found.column("n").to_pylist() == [-1, *range(3, 100, 7)]
    assert found.column("times").to_pylist() == [1, *[2] * 14]


@pytest.mark.parametrize("harm", ["gone", "changed", "of another key"])
def test_the_engine_says_in_one_line_what_it_cannot_read(tmp_path: Path, harm: str) -> None:
    """Whether it shows when the files are opened or while their rows come."""
    rows = pa.table({"n": list(range(30_000))})
    (tmp_path / "other").mkdir()
    first, second = sealed(tmp_path, rows), sealed(tmp_path / "other", rows)
    if harm == "of another key":
        second = SealedFile(second.path, OTHER)

    def read() -> None:
        with DuckEngine(tmp_path) as engine:
            table = engine.table([first, second])
            if harm == "gone":
                second.path.unlink()
            elif harm == "changed":
                content = bytearray(second.path.read_bytes())
                content[len(content) // 2] ^= 1
                second.path.write_bytes(content)
            engine.fetch(table.aggregate(n=table.n.sum()))

    with pytest.raises(Unavailable, match="could not read"):
        read()


def test_a_key_has_one_length_and_does_not_show() -> None:
    """AES-256; its bytes are in no text that a log could hold."""
    with pytest.raises(ValueError, match="32 bytes"):
        Seal("2026-01-01", b"short")
    assert repr(SEAL) == "Seal(name='2026-01-01')"
    assert Seal.fleeting().key != Seal.fleeting().key
