"""A small network as the baselines get it, with its truth."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest

from builders import remote
from hinomi.bench.baselines.interface import Observed
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.listed import ListKind
from surveys import CC, CC_PORT, LOADER, LOADER_PORT, entry, small_network, survey


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """Give one engine for all baselines."""
    with DuckEngine(tmp_path_factory.mktemp("scratch"), memory_mib=512, threads=1) as made:
        yield made


@pytest.fixture(scope="session")
def network(engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Give 800 lines of which 16 scan, hold on to a C&C and fetch from a listed loader."""
    truth = [
        {**remote(CC), "proto": 6, "remote_port": CC_PORT, "cc": 1, "detectable": 1},
        {**remote(LOADER), "proto": 6, "remote_port": LOADER_PORT, "cc": 0, "detectable": 1},
    ]
    return Observed(
        engine=engine,
        survey=survey(engine, tmp_path_factory.mktemp("flows"), small_network()),
        lists={ListKind.KNOWN_CC: [entry(LOADER, LOADER_PORT)]},
        register=default_register(),
        truth=pa.Table.from_pylist(truth),
    )


@pytest.fixture(scope="session")
def in_four_parts(
    engine: DuckEngine, network: Observed, tmp_path_factory: pytest.TempPathFactory
) -> Observed:
    """Give the same network, surveyed in four parts instead of one."""
    found = survey(engine, tmp_path_factory.mktemp("flows"), small_network(), buckets=4)
    return replace(network, survey=found)
