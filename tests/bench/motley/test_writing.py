"""Files say what the world is: the same each time, in synthetic ranges, by the one rule."""

import csv
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hinomi.bench.addressing import render_code
from hinomi.bench.motley.world import World
from hinomi.bench.motley.writing import build
from hinomi.bench.teachers import LISTS

RANGES = [
    ipaddress.ip_network(text)
    for text in ("240.0.0.0/5", "248.0.0.0/5", "3fff:800::/24", "2001:db8:f000::/36")
]
Row = dict[str, str]
Service = tuple[str, int, int]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world `dense`, on disk."""
    path = tmp_path_factory.mktemp("motley")
    build("dense", 7, 0.03, path)
    return path


def test_files_are_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    """Byte for byte; flows of before go away."""
    (tmp_path / "flows-01.parquet").write_bytes(b"old")
    again = build("dense", 7, 0.03, tmp_path)

    assert {path.name for path in again.values()} == {path.name for path in tmp_path.iterdir()}
    assert set(again) == {"flows", "own-networks", "truth", "world", *LISTS}
    for path in again.values():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_flows_keep_to_the_laws(folder: Path, dense: World) -> None:
    """In order of time, as many days as were drawn, at the interval that was drawn."""
    flows = pq.read_table(folder / "flows.parquet")
    ts_ms, laws = flows["ts_ms"].to_numpy(), dense.scene.laws
    said = json.loads((folder / "world.json").read_text("utf-8"))

    assert (np.diff(ts_ms) >= 0).all()
    assert laws.days - 1 < (ts_ms[-1] - ts_ms[0]) / 86_400_000 <= laws.days
    assert set(flows["sampling_interval"].to_pylist()) == {laws.interval}
    assert said["school"] == "motley"
    assert said["laws"]["overlap"] == laws.overlap


def test_addresses_are_nobodys(folder: Path) -> None:
    """All lie in the synthetic ranges; the truth names each service once."""
    flows = pq.read_table(folder / "flows.parquet")
    truth = _truth(folder)
    addresses = {*flows["src_addr"].to_pylist(), *flows["dst_addr"].to_pylist()}
    for text in addresses | {row["address"] for row in truth}:
        address = ipaddress.ip_address(text)
        assert any(address in network for network in RANGES)

    named = [(row["address"], row["protocol"], row["port"]) for row in truth]
    assert len(set(named)) == len(named)


def test_known_is_what_the_list_says(folder: Path) -> None:
    """A row is known if, and only if, known-cc has it."""
    listed = {
        tuple(line.split(",")) for line in (folder / "known-cc.csv").read_text("utf-8").splitlines()
    }
    for row in _truth(folder):
        stands = (row["address"], row["protocol"], row["port"]) in listed
        assert row["known"] == str(int(stands))


def test_detectable_can_be_recounted_from_the_flows(folder: Path, dense: World) -> None:
    """Five lines of bots for the first tier, three of fronts for the second, nothing else."""
    book = dense.scene.book
    members = {
        (render_code(code), proto, port): set(book.members((code, proto, port)).tolist())
        for code, proto, port in book.entries
    }
    truth = _truth(folder)
    met = _met(folder, dense, {row["address"] for row in truth if row["label"] == "cc"})
    counted = 0
    for row in truth:
        if row["label"] != "cc":
            assert row["detectable"] == "0"
            continue
        service = row["address"], {"tcp": 6, "udp": 17}[row["protocol"]], int(row["port"])
        lines = met.get(service, set()) & members[service]
        assert row["bots"] == str(len(lines))
        assert row["detectable"] == str(int(len(lines) >= (3 if row["tier"] == "2" else 5)))
        counted += row["detectable"] == "1"

    assert counted >= 5


def test_a_wrong_kind_leaves_nothing(tmp_path: Path) -> None:
    """A caller's mistake is told before anything is written."""
    with pytest.raises(ValueError, match="kind"):
        build("tiny", 1, 0.1, tmp_path / "world")

    assert not (tmp_path / "world").exists()


def _truth(folder: Path) -> list[Row]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _met(folder: Path, world: World, servers: set[str]) -> dict[Service, set[int]]:
    """Find the lines that exchanged anything with each C&C server, from the file alone."""
    lines = world.scene.lines
    line_at: dict[str, list[int]] = {}
    for line, code in enumerate(lines.v4.tolist()):
        line_at.setdefault(render_code(code), []).append(line)
    found: dict[Service, set[int]] = {}
    for near, near_port, far, far_port, proto in _both_ways(folder):
        if near not in servers:
            continue
        address = ipaddress.ip_address(far)
        if address in RANGES[2]:
            mine = [(int(address) >> 72) & ((1 << 32) - 1)]
        else:
            mine = line_at.get(far, [])
        if len(mine) > 1:
            mine = [
                each for each in mine
                if lines.port_base[each] <= far_port < lines.port_base[each] + lines.port_span[each]
            ]  # fmt: skip
        found.setdefault((near, proto, near_port), set()).update(mine)
    return found


def _both_ways(folder: Path) -> Iterator[tuple[str, int, str, int, int]]:
    table = pq.read_table(folder / "flows.parquet")
    names = ("src_addr", "src_port", "dst_addr", "dst_port", "proto")
    for src, src_port, dst, dst_port, proto in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        yield src, src_port, dst, dst_port, proto
        yield dst, dst_port, src, src_port, proto
