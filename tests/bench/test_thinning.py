"""A world sampled again is one that was sampled more sparsely."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinomi.bench.thinning import thin_records, thin_world
from hinomi.bench.worldfiles import TRUTH
from hinomi.errors import MalformedDocument


def _records(count: int, packets: int = 1, **changed: object) -> pa.Table:
    """Describe records of own lines 198.18.0.0, .1, ... to one C&C."""
    columns: dict[str, object] = {
        "src_addr": [f"198.18.{place // 250}.{place % 250}" for place in range(count)],
        "dst_addr": ["192.0.2.1"] * count,
        "src_port": pa.array([40_000] * count, pa.int32()),
        "dst_port": pa.array([443] * count, pa.int32()),
        "proto": pa.array([6] * count, pa.int16()),
        "sampling_interval": pa.array([1_000] * count, pa.int32()),
        "packets": pa.array([packets] * count, pa.int64()),
        "bytes": pa.array([packets * 100] * count, pa.int64()),
    }
    return pa.table(columns | changed)


def _truth(**changed: object) -> pa.Table:
    row = {"address": "192.0.2.1", "protocol": "tcp", "port": 443, "family": "moth", "tier": 1}
    row |= {"label": "cc", "known": False, "detectable": True, "bots": 900} | changed
    return pa.Table.from_pylist([row], schema=TRUTH)


def _own(address: str) -> str | None:
    return address if address.startswith("198.18.") else None


def test_packets_are_kept_with_the_chance_that_was_asked() -> None:
    """Of 40,000 packets a quarter is left, in records of one as in records of eight."""
    for each in (_records(20_000, 2), _records(5_000, 8)):
        left = thin_records(each, 4, np.random.default_rng(1))

        assert sum(left.column("packets").to_pylist()) == pytest.approx(10_000, rel=0.03)
        assert min(left.column("packets").to_pylist()) == 1
        assert set(left.column("sampling_interval").to_pylist()) == {4_000}
        assert left.schema == each.schema


def test_bytes_shrink_with_the_packets() -> None:
    """What is left of a record has its mean packet size."""
    left = thin_records(_records(500, 10), 2, np.random.default_rng(1))

    assert left.column("bytes").to_pylist() == [
        100 * packets for packets in left.column("packets").to_pylist()
    ]


def test_keeping_every_packet_changes_nothing() -> None:
    """One in one is the world itself."""
    assert thin_records(_records(50, 3), 1, np.random.default_rng(1)).equals(_records(50, 3))


def test_what_is_detectable_is_counted_again(tmp_path: Path) -> None:
    """A C&C of many lines stays, one of six does not; none becomes detectable."""
    for count, expected in ((1_000, True), (6, False)):
        pq.write_table(_records(count), tmp_path / "flows.parquet")
        (row,) = _thinned(tmp_path, _truth()).to_pylist()

        assert row["detectable"] is expected
        assert row["clients"] == row["bots"] < count
    (before,) = _thinned(tmp_path, _truth(detectable=False)).to_pylist()
    assert before["detectable"] is False


def test_three_fronts_make_an_upper_tier_server_detectable(tmp_path: Path) -> None:
    """It is met by few, and needs few."""
    pq.write_table(_records(4, 500), tmp_path / "flows.parquet")

    assert _thinned(tmp_path, _truth(tier=2)).column("detectable").to_pylist() == [True]
    assert _thinned(tmp_path, _truth()).column("detectable").to_pylist() == [False]


def test_another_seed_is_another_sample(tmp_path: Path) -> None:
    """The same seed gives the same records, another one others."""
    pq.write_table(_records(1_000), tmp_path / "flows.parquet")
    files = []
    for seed in (1, 1, 2):
        _thinned(tmp_path, _truth(), seed)
        files.append(pq.read_table(tmp_path / "thinned.parquet"))

    assert files[0].equals(files[1])
    assert not files[0].equals(files[2])


def test_flows_without_packets_cannot_be_thinned(tmp_path: Path) -> None:
    """The column that lacks is named."""
    pq.write_table(_records(5).drop_columns(["packets"]), tmp_path / "flows.parquet")

    with pytest.raises(MalformedDocument, match="packets"):
        _thinned(tmp_path, _truth())


def _thinned(folder: Path, truth: pa.Table, seed: int = 1) -> pa.Table:
    return thin_world(
        [folder / "flows.parquet"],
        folder / "thinned.parquet",
        truth,
        _own,
        factor=3,
        seed=seed,
    )
