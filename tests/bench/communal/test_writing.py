"""Communal worlds on disk."""

import csv
import ipaddress
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hinomi.bench.communal.kinds import STARTS_MS, WEEK_MS
from hinomi.bench.communal.writing import build
from hinomi.bench.recording import SCHEMA
from hinomi.bench.teachers import LISTS
from hinomi.bench.worldfiles import find_world, read_truth
from hinomi.collect.networks import parse_own_networks

SYNTHETIC = [
    ipaddress.ip_network(text)
    for text in ("198.18.0.0/15", "240.0.0.0/4", "2001:db8::/32", "3fff::/20")
]
NUMBERS = {"tcp": 6, "udp": 17}


@pytest.fixture(scope="module", params=["dense", "sparse"])
def paths(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A small world of each kind."""
    return build(request.param, 3, 0.01, tmp_path_factory.mktemp("made") / "world")


@pytest.fixture(scope="module")
def flows(paths: dict[str, Path]) -> pa.Table:
    """Its flow records."""
    return pq.read_table(paths["flows"])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _addresses(flows: pa.Table) -> list[str]:
    ends = pa.chunked_array([*flows["src_addr"].chunks, *flows["dst_addr"].chunks])
    texts: list[str] = pc.unique(ends).to_pylist()
    return texts


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    """To the last byte; old flow files are replaced."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "flows-01.parquet").write_bytes(b"old")
    made = [build("dense", 7, 0.01, tmp_path / name) for name in "ab"]

    assert made[0].keys() == made[1].keys()
    for name, path in made[0].items():
        assert path.read_bytes() == made[1][name].read_bytes(), name
    assert len(find_world(tmp_path / "b").flows) == 1


def test_flows_are_a_plain_flow_table(flows: pa.Table) -> None:
    """All columns, inside the week, ascending, each stating its N."""
    times_ms = flows["ts_ms"].to_numpy()

    assert flows.column_names == SCHEMA.names
    assert (np.diff(times_ms) >= 0).all()
    assert times_ms[0] >= STARTS_MS
    assert times_ms[-1] < STARTS_MS + WEEK_MS
    assert set(pc.unique(flows["sampling_interval"]).to_pylist()) == {10_000}
    assert pc.min(flows["bytes"]).as_py() >= 28
    for end in ("src_port", "dst_port"):
        assert pc.min(flows[end]).as_py() >= 0
        assert pc.max(flows[end]).as_py() < 65_536
    assert set(pc.unique(flows["ingress"]).to_pylist()) == {1, 3}
    assert pc.count_distinct(flows["exporter"]).as_py() == 7


def test_only_synthetic_addresses_are_named(flows: pa.Table, paths: dict[str, Path]) -> None:
    """In flows, truth and lists."""
    texts = set(_addresses(flows))
    for name in ("truth", *LISTS):
        texts |= {row["address"] for row in _rows(paths[name])}

    for text in texts:
        address = ipaddress.ip_address(text)
        assert any(address in network for network in SYNTHETIC), text


def test_every_record_has_an_own_end(flows: pa.Table, paths: dict[str, Path]) -> None:
    """Or entered from a subscriber under a forged source; few records have two."""
    text = paths["own-networks"].read_text(encoding="utf-8")
    parse_own_networks(text, "own-networks.txt")
    prefixes = [ipaddress.ip_network(line) for line in text.splitlines() if line[0] != "#"]
    own = pa.array([
        each
        for each in _addresses(flows)
        if any(ipaddress.ip_address(each) in prefix for prefix in prefixes)
    ])  # fmt: skip
    ends = [pc.is_in(flows[end], own) for end in ("src_addr", "dst_addr")]
    from_lines = pc.equal(flows["ingress"], 1)

    assert pc.all(pc.or_(pc.or_(*ends), from_lines)).as_py()
    assert pc.mean(pc.cast(pc.and_(*ends), "int8")).as_py() < 0.2
    assert pc.all(pc.or_(ends[1], from_lines)).as_py()  # What comes in is for us.


def test_each_service_is_named_once(paths: dict[str, Path]) -> None:
    """By address, IANA protocol name in lower case, and port; the house can read it."""
    rows = _rows(paths["truth"])
    keys = [(row["address"], row["protocol"], row["port"]) for row in rows]

    assert len(set(keys)) == len(keys)
    assert {row["protocol"] for row in rows} == {"tcp", "udp"}
    assert read_truth(paths["truth"]).num_rows == len(rows)
    assert {row["tier"] for row in rows if row["label"] == "cc"} == {"1", "2"}
    assert {row["tier"] for row in rows if row["label"] != "cc"} == {""}


def test_what_is_detectable_was_sampled_with_enough_lines(
    flows: pa.Table, paths: dict[str, Path]
) -> None:
    """Recounted from the records: distinct other ends in packets that answer."""
    flags, proto = flows["tcp_flags"].to_numpy(), flows["proto"].to_numpy()
    talking = (proto == 17) | ((flags & 16 > 0) & (flags & 4 == 0))
    table = flows.filter(pa.array(talking))
    met: dict[tuple[str, int, int], set[str]] = defaultdict(set)
    for end, peer in (("src", "dst"), ("dst", "src")):
        names = (f"{end}_addr", "proto", f"{end}_port", f"{peer}_addr")
        for address, number, port, other in zip(
            *(table[name].to_pylist() for name in names), strict=True
        ):
            met[address, number, port].add(other)

    servers = [row for row in _rows(paths["truth"]) if row["label"] == "cc"]
    assert sum(row["detectable"] == "1" for row in servers) > 2
    for row in servers:
        least = 3 if row["tier"] == "2" else 5
        others = met[row["address"], NUMBERS[row["protocol"]], int(row["port"])]
        assert (int(row["bots"]) >= least) == (row["detectable"] == "1")
        assert int(row["bots"]) <= int(row["clients"]) <= len(others)


def test_known_marks_what_the_list_names(paths: dict[str, Path]) -> None:
    """Each entry of the list is a row of the truth, and no other row is known."""
    listed = {tuple(row.values()) for row in _rows(paths["known-cc"])}
    known = {
        (row["address"], row["protocol"], row["port"])
        for row in _rows(paths["truth"])
        if row["known"] == "1"
    }

    assert known == listed
    assert set(_rows(paths["known-cc"])[0]) == {"address", "protocol", "port"}


def test_unknown_kinds_write_nothing(tmp_path: Path) -> None:
    """No folder is made."""
    with pytest.raises(ValueError, match="kind"):
        build("huge", 1, 0.01, tmp_path / "world")

    assert not (tmp_path / "world").exists()
