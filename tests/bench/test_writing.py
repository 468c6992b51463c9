"""A world goes to disk in parts, the same whatever the parts."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hinomi.bench.spec import WorldSpec
from hinomi.bench.spool import Spool
from hinomi.bench.world import World, build_world, observe
from hinomi.bench.worldfiles import find_world, read_truth
from hinomi.bench.writing import make_world


@pytest.fixture(scope="module")
def spec(tiny: WorldSpec) -> WorldSpec:
    """Two days of the tiny world with all that makes records differ."""
    access = replace(tiny.access, releases_per_day=0.2, map_e_share=0.2)
    return replace(
        tiny, days=2, volume=0.01, access=access, exporters=(1, 2, 5), kind="tiny", transit=5.0
    )


@pytest.fixture(scope="module")
def folder(spec: WorldSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It on disk."""
    made = tmp_path_factory.mktemp("world") / "made"
    make_world(spec, made)
    return made


def test_one_file_a_day_ascending_in_time(spec: WorldSpec, folder: Path) -> None:
    """Addresses are plain text to any reader; each day has its own records."""
    for day, path in enumerate(find_world(folder).flows):
        table = pq.read_table(path)
        times_ms = table["ts_ms"].to_numpy() - spec.starts_ms

        assert table.schema.field("src_addr").type == pa.string()
        assert (times_ms[1:] >= times_ms[:-1]).all()
        assert set((times_ms // 86_400_000).tolist()) == {day}


def test_disk_and_memory_give_the_same_world(spec: WorldSpec, folder: Path) -> None:
    """To the last record and row of truth."""
    world: World = build_world(spec)
    files = find_world(folder)
    flows = pa.concat_tables(pq.read_table(path) for path in files.flows)

    assert flows.cast(world.flows.schema).equals(world.flows.combine_chunks())
    truth = read_truth(files.truth)
    assert truth["address"].to_pylist() == world.truth["address"].to_pylist()
    assert truth["clients"].to_pylist() == world.truth["clients"].to_pylist()


def test_how_packets_waited_changes_no_record(spec: WorldSpec) -> None:
    """Other slices, spilled to disk: the same records."""
    tables: list[list[pa.Table]] = [[], []]
    observe(spec, tables[0].append)
    observe(
        spec,
        tables[1].append,
        Spool(spec.starts_ms, spec.length_ms, slice_ms=60_000 * 17, held=5_000),
    )
    one, other = (pa.concat_tables(each).unify_dictionaries() for each in tables)

    assert one.num_rows == other.num_rows
    for name in one.column_names:
        column = one[name], other[name]
        assert pc.all(pc.equal(*(each.cast(each.type.value_type) if
            pa.types.is_dictionary(each.type) else each for each in column))).as_py()  # fmt: skip


def test_the_world_says_what_it_is(spec: WorldSpec, folder: Path) -> None:
    """Seed, kind, split, versions and every parameter."""
    said = json.loads((folder / "world.json").read_text("utf-8"))

    assert (said["kind"], said["split"], said["seed"]) == ("tiny", "development", spec.seed)
    assert said["spec"]["exporters"] == [1, 2, 5]
    assert set(said["versions"]) >= {"hinomi", "numpy"}
