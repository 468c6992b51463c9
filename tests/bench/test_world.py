"""A world is the same for the same seed, and its files fit together."""

import csv
import ipaddress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hinomi.bench.spec import WorldSpec, tiny_spec
from hinomi.bench.teachers import LISTS
from hinomi.bench.world import World, build_world
from hinomi.bench.writing import TRUTH_COLUMNS, write_world

FLOW_COLUMNS = {
    "ts_ms", "exporter", "sampling_interval", "proto", "src_addr", "dst_addr", "src_port",
    "dst_port", "tcp_flags", "packets", "bytes", "duration_ms", "ingress",
}  # fmt: skip
NUMBERS = {"tcp": 6, "udp": 17}


@pytest.fixture(scope="module")
def files(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tiny world on disk."""
    return write_world(world, tmp_path_factory.mktemp("world") / "made")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_the_same_seed_gives_the_same_world(tiny: WorldSpec, world: World) -> None:
    """To the last record and list entry."""
    again = build_world(tiny)

    assert again.flows.equals(world.flows)
    assert again.truth.equals(world.truth)
    assert again.lists == world.lists


def test_another_seed_gives_another_world(world: World) -> None:
    """Addresses and times change."""
    other = build_world(tiny_spec(seed=4))

    assert not other.flows.equals(world.flows)
    assert other.truth["address"] != world.truth["address"]


def test_flows_are_a_plain_flow_table(world: World, files: dict[str, Path]) -> None:
    """The columns of design.md section 2, inside the window, ascending, each stating its N."""
    flows = pq.read_table(files["flows"])
    times_ms = flows["ts_ms"].to_numpy()

    assert set(flows.column_names) == FLOW_COLUMNS
    assert (np.diff(times_ms) >= 0).all()
    assert times_ms[0] >= world.spec.starts_ms
    assert times_ms[-1] < world.spec.starts_ms + world.spec.length_ms
    assert set(pc.unique(flows["sampling_interval"]).to_pylist()) == {100}
    assert pc.min(flows["packets"]).as_py() == 1
    assert pc.min(flows["bytes"]).as_py() >= 28
    assert set(pc.unique(flows["exporter"]).to_pylist()) == {"edge-1", "edge-2"}


def test_a_router_sees_all_of_a_line(world: World) -> None:
    """Both directions of an own IPv4 address pass the same exporter."""
    flows = world.flows.filter(pc.not_equal(world.flows["ingress"], 1))
    inward = set(zip(flows["dst_addr"].to_pylist(), flows["exporter"].to_pylist(), strict=True))
    flows = world.flows.filter(pc.equal(world.flows["ingress"], 1))
    outward = set(zip(flows["src_addr"].to_pylist(), flows["exporter"].to_pylist(), strict=True))

    addresses = [address for address, _ in inward | outward]
    assert len(addresses) == len(set(addresses))


def test_every_record_has_an_end_in_the_own_networks(world: World, files: dict[str, Path]) -> None:
    """No transit: own prefixes as written hold the source or the destination of each record."""
    lines = files["own-networks"].read_text(encoding="utf-8").splitlines()
    prefixes = [ipaddress.ip_network(line.split(",")[0]) for line in lines if line[0] != "#"]
    addresses = pa.chunked_array([*world.flows["src_addr"].chunks, *world.flows["dst_addr"].chunks])
    own = {
        text
        for text in pc.unique(addresses).to_pylist()
        if any(ipaddress.ip_address(text) in prefix for prefix in prefixes)
    }
    value_set = pa.array(sorted(own))

    for end in ("src_addr", "dst_addr"):
        assert 0.1 < pc.mean(pc.cast(pc.is_in(world.flows[end], value_set), "int8")).as_py() < 0.9
    either = pc.or_(
        pc.is_in(world.flows["src_addr"], value_set), pc.is_in(world.flows["dst_addr"], value_set)
    )
    assert pc.all(either).as_py()


def test_what_the_truth_calls_detectable_is_in_the_flows(
    world: World, files: dict[str, Path]
) -> None:
    """Each detectable service is an end of at least five records."""
    met: dict[tuple[str, int, int], int] = {}
    for end in ("src", "dst"):
        columns = [
            world.flows[name].to_pylist() for name in (f"{end}_addr", "proto", f"{end}_port")
        ]
        for key in zip(*columns, strict=True):
            met[key] = met.get(key, 0) + 1

    rows = _rows(files["truth"])
    detectable = [row for row in rows if row["detectable"] == "1"]
    assert len(detectable) > 50
    for row in detectable:
        key = (row["address"], NUMBERS[row["protocol"]], int(row["port"]))
        assert met.get(key, 0) >= 5, row["label"]


def test_truth_has_its_columns_and_every_kind_of_trap(files: dict[str, Path]) -> None:
    """Header as documented; each service once; bots, clouds and traps all there."""
    rows = _rows(files["truth"])
    keys = [(row["address"], row["protocol"], row["port"]) for row in rows]

    assert tuple(rows[0])[: len(TRUTH_COLUMNS)] == TRUTH_COLUMNS
    assert len(set(keys)) == len(keys)
    assert {row["label"] for row in rows} >= {
        "cc", "dead-cc", "sinkhole", "loader", "scan-target", "ddos-victim", "vendor-cloud",
        "update-server", "dns", "ntp", "stun", "tracker", "mail-server", "mining-pool",
        "research-scanner", "telemetry", "installer",
    }  # fmt: skip
    assert {row["tier"] for row in rows if row["label"] == "cc"} == {"1", "2"}


def test_known_marks_exactly_what_the_known_list_names(files: dict[str, Path]) -> None:
    """About half of the C&C servers, one sinkhole, one wrong entry; the dead are not in truth."""
    listed = [(row["address"], row["protocol"], row["port"]) for row in _rows(files["known-cc"])]
    rows = _rows(files["truth"])
    known = [row for row in rows if row["known"] == "1"]

    assert {(row["address"], row["protocol"], row["port"]) for row in known} <= set(listed)
    assert len(listed) == len(known) + 14
    assert {row["label"] for row in known} == {"cc", "dead-cc", "sinkhole", "vendor-cloud"}
    servers = [row for row in rows if row["label"] == "cc" and row["tier"] == "1"]
    assert 0.2 < sum(row["known"] == "1" for row in servers) / len(servers) < 0.7


def test_lists_are_csv_with_the_usual_header(world: World, files: dict[str, Path]) -> None:
    """Each list reads back as it was made."""
    for name in LISTS:
        rows = _rows(files[name])

        assert [tuple(row.values()) for row in rows] == list(world.lists[name])
        assert tuple(rows[0]) == ("address", "protocol", "port")


def test_no_list_of_benign_services_names_a_c_and_c(files: dict[str, Path]) -> None:
    """Lists forget, but this one does not acquit the guilty."""
    guilty = {row["address"] for row in _rows(files["truth"]) if row["label"] == "cc"}

    assert not guilty & {row["address"] for row in _rows(files["benign"])}


def test_sparser_sampling_sees_less_in_proportion() -> None:
    """At 1 in 400 a quarter of the packets of 1 in 100 is left."""
    sampled = []
    for interval in (100, 400):
        spec = WorldSpec(
            lines=500, days=1, interval=interval, volume=0.05, botnets=(), telemetry=5,
            researcher_pps=0.1, forged_pps=0, flood_pps=0,
        )  # fmt: skip
        sampled.append(pc.sum(build_world(spec).flows["packets"]).as_py())

    assert sampled[0] / sampled[1] == pytest.approx(4, rel=0.12)
