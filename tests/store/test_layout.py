"""How columns are encoded: whatever the values, every reader gets them back."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOON_MS, conversation, conversations
from hinomi.model.flow import CONVERSATIONS
from hinomi.store.layout import COMPACTED, FRESH, Layout

LAYOUTS = pytest.mark.parametrize("layout", [FRESH, COMPACTED], ids=["fresh", "compacted"])


def _values(field: pa.Field) -> st.SearchStrategy[int]:
    top = 2 ** (field.type.bit_width - 1)
    return st.integers(-top, top - 1) | st.sampled_from([-top, -1, 0, 1, top - 1])


_rows = st.fixed_dictionaries({field.name: _values(field) for field in CONVERSATIONS})


def _write(path: Path, layout: Layout, rows: list[dict[str, int]]) -> None:
    with pq.ParquetWriter(path, CONVERSATIONS, **layout.options()) as writer:
        writer.write_table(pa.Table.from_batches([conversations(rows)]))


@LAYOUTS
@settings(deadline=None, max_examples=40)  # It writes files.
@given(rows=st.lists(_rows, max_size=40))
def test_every_value_comes_back_from_both_readers(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, rows: list[dict[str, int]]
) -> None:
    """Arrow and DuckDB read what was written: signs, limits and jumps between them included."""
    path = tmp_path_factory.mktemp("file") / "x.parquet"
    _write(path, layout, rows)

    table = pq.read_table(path)
    assert table.schema.equals(CONVERSATIONS, check_metadata=True)
    assert table.to_pylist() == rows
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM '{path}'").fetchall()
    assert found == [tuple(row[name] for name in CONVERSATIONS.names) for row in rows]


@LAYOUTS
def test_each_file_tells_the_times_it_holds(tmp_path: Path, layout: Layout) -> None:
    """Engines skip row groups by the least and greatest start."""
    rows = [conversation(ts_ms=NOON_MS + offset) for offset in (5, 0, 9)]
    _write(tmp_path / "x.parquet", layout, rows)

    column = pq.read_metadata(tmp_path / "x.parquet").row_group(0).column(0)

    assert column.path_in_schema == "ts_ms"
    assert (column.statistics.min, column.statistics.max) == (NOON_MS, NOON_MS + 9)


@LAYOUTS
def test_a_layout_names_columns_of_the_schema_only(layout: Layout) -> None:
    """A column has one encoding, and none is forgotten when the schema changes."""
    named = layout.dictionary | layout.delta | layout.uncompressed | layout.statistics

    assert named <= set(CONVERSATIONS.names)
    assert not layout.dictionary & layout.delta
