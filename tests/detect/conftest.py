"""An engine and opened conversation records for the tests of detection."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import Open, conversations
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import Register, default_register


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    """Give an engine with a scratch folder of its own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with DuckEngine(scratch, memory_mib=512, threads=1) as made:
        yield made


@pytest.fixture
def opened(engine: DuckEngine, tmp_path: Path) -> Open:
    """Give a function that writes conversation records to a file and opens it."""
    written: list[Path] = []

    def open_rows(rows: Iterable[Mapping[str, int]]) -> Any:
        path = tmp_path / f"flows-{len(written)}.parquet"
        pq.write_table(pa.Table.from_batches([conversations(rows)]), path)
        written.append(path)
        return engine.table([path])

    return open_rows


@pytest.fixture(scope="session")
def register() -> Register:
    """Give the parameters that ship with hinomi."""
    return default_register()
