"""Files say what the world is: the same each time, in synthetic ranges, by the one rule."""

import csv
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hinomi.bench.addressing import render_code
from hinomi.bench.profiled.world import World, compose
from hinomi.bench.profiled.writing import build
from hinomi.bench.recording import SCHEMA
from hinomi.bench.teachers import LISTS
from hinomi.bench.worldfiles import find_world, read_truth
from hinomi.collect.networks import parse_own_networks
from hinomi.model.address import parse_address

KIND, SEED, SCALE = "dense", 7, 0.02
RANGES = [
    ipaddress.ip_network(text)
    for text in ("240.0.0.0/5", "248.0.0.0/5", "3fff:800::/24", "2001:db8:f000::/36")
]
Row = dict[str, str]


@dataclass(frozen=True)
class Written:
    """A world on disk, and read again."""

    folder: Path
    paths: dict[str, Path]
    flows: dict[str, list[int | str]]
    truth: list[Row]
    world: World


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """One world."""
    folder = tmp_path_factory.mktemp("profiled")
    paths = build(KIND, SEED, SCALE, folder)
    with paths["truth"].open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    flows = pq.read_table(paths["flows"]).to_pydict()
    return Written(folder, paths, flows, truth, compose(KIND, SEED, SCALE))


def test_files_are_the_same_each_time(written: Written, tmp_path: Path) -> None:
    """Byte for byte; flows of before go away."""
    (tmp_path / "flows-01.parquet").write_bytes(b"old")
    again = build(KIND, SEED, SCALE, tmp_path)

    assert {path.name for path in again.values()} == {path.name for path in tmp_path.iterdir()}
    assert set(again) == {"flows", "own-networks", "truth", "world", *LISTS}
    for name, path in again.items():
        assert path.read_bytes() == written.paths[name].read_bytes(), name


def test_flows_are_a_plain_table_in_order_of_time(written: Written) -> None:
    """Columns of the plain flow table, addresses as text, a week of them."""
    schema = pq.read_schema(written.paths["flows"])
    times = np.array(written.flows["ts_ms"])

    assert schema.names == SCHEMA.names
    assert str(schema.field("src_addr").type) == "string"
    assert (np.diff(times) >= 0).all()
    assert 6 * 86_400_000 < times[-1] - times[0] <= 7 * 86_400_000
    assert set(written.flows["sampling_interval"]) == {10_000}
    assert len(set(written.flows["exporter"])) == 3


def test_addresses_are_nobodys(written: Written) -> None:
    """All lie in the synthetic ranges, written the one way; own ones in the own networks."""
    networks = parse_own_networks(written.paths["own-networks"].read_text("utf-8"), "own")
    own = [ipaddress.ip_network(line) for line in _lines(written.paths["own-networks"])]
    addresses = {*map(str, written.flows["src_addr"]), *map(str, written.flows["dst_addr"])}
    for text in [*addresses, *(row["address"] for row in written.truth)]:
        address = ipaddress.ip_address(text)
        parse_address(text)
        assert str(address) == text
        assert any(address in network for network in RANGES)
        is_line = address in RANGES[1] or address in RANGES[2]
        assert any(address in network for network in own) == is_line

    assert len(networks) == len(own) == 9


def test_truth_names_each_service_once(written: Written) -> None:
    """Protocols by their lower-case names; tiers for C&C servers alone."""
    named = [(row["address"], row["protocol"], row["port"]) for row in written.truth]

    assert len(set(named)) == len(named)
    assert {row["protocol"] for row in written.truth} == {"tcp", "udp"}
    assert {row["tier"] for row in written.truth if row["label"] == "cc"} == {"1", "2"}
    assert {row["tier"] for row in written.truth if row["label"] != "cc"} == {""}
    assert read_truth(find_world(written.folder).truth).num_rows == len(named)


def test_known_is_what_the_list_says(written: Written) -> None:
    """A row is known if, and only if, known-cc has it."""
    listed = {tuple(line.split(",")) for line in _lines(written.paths["known-cc"])[1:]}
    for row in written.truth:
        stands = (row["address"], row["protocol"], row["port"]) in listed
        assert row["known"] == str(int(stands))


def test_detectable_can_be_recounted_from_the_flows(written: Written) -> None:
    """Five lines of bots for the first tier, three of fronts for the second, nothing else."""
    met = _met(written)
    counted = 0
    for row in written.truth:
        if row["label"] != "cc":
            assert row["detectable"] == "0"
            continue
        lines = met.get(_service(row), set()) & _members(written, row)
        assert row["bots"] == str(len(lines))
        assert row["detectable"] == str(int(len(lines) >= (3 if row["tier"] == "2" else 5)))
        counted += row["detectable"] == "1"

    assert counted > 5


def test_a_wrong_kind_leaves_nothing(tmp_path: Path) -> None:
    """A caller's mistake is told before anything is written."""
    with pytest.raises(ValueError, match="kind"):
        build("tiny", 1, SCALE, tmp_path / "world")

    assert not (tmp_path / "world").exists()


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _members(written: Written, row: Row) -> set[int]:
    """Give the lines that belong to a C&C server, by the book of the same world."""
    book = written.world.scene.book
    for code, proto, port in book.entries:
        if (render_code(code), proto, port) == _service(row):
            return set(book.members((code, proto, port)).tolist())
    return set()


def _service(row: Row) -> tuple[str, int, int]:
    return row["address"], {"tcp": 6, "udp": 17}[row["protocol"]], int(row["port"])


def _met(written: Written) -> dict[tuple[str, int, int], set[int]]:
    """Find the lines that exchanged anything with each C&C server."""
    servers = {row["address"] for row in written.truth if row["label"] == "cc"}
    found: dict[tuple[str, int, int], set[int]] = {}
    for near, near_port, far, far_port, proto in _both_ways(written):
        if near in servers:
            found.setdefault((near, proto, near_port), set()).update(
                _line(written.world, far, far_port)
            )
    return found


def _both_ways(written: Written) -> Iterator[tuple[str, int, str, int, int]]:
    names = ("src_addr", "src_port", "dst_addr", "dst_port")
    src, src_port, dst, dst_port = (written.flows[name] for name in names)
    for row, proto in enumerate(written.flows["proto"]):
        one = str(src[row]), int(src_port[row])
        other = str(dst[row]), int(dst_port[row])
        yield (*one, *other, int(proto))
        yield (*other, *one, int(proto))


def _line(world: World, text: str, port: int) -> set[int]:
    """Give the line at an address: by its IPv6 prefix, its IPv4 address, or its ports there."""
    lines, address = world.scene.lines, ipaddress.ip_address(text)
    if address.version == 6:
        return {(int(address) >> 72) & ((1 << 32) - 1)} if address in RANGES[2] else set()
    here = np.flatnonzero(lines.v4 == int(address))
    if here.size and lines.shared[here[0]]:
        behind = port - lines.port_base[here]
        here = here[(behind >= 0) & (behind < lines.port_span[here])]
    return set(here.tolist())
