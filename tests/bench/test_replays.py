"""Real captures act from many lines; the truth says which servers are C&C."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from captured import capture_folder
from hinomi.bench.replays import Replayed, ReplaySpec, plain_flows, replay_world
from hinomi.bench.worldfiles import find_world, read_truth
from hinomi.bench.writing import make_replay

SPEC = ReplaySpec(seed=5, lines=1_000, days=1, interval=100)


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three infections and an office."""
    return capture_folder(tmp_path_factory.mktemp("captures"))


@pytest.fixture(scope="module")
def replayed(captures: Path) -> Replayed:
    """Them in a world."""
    return replay_world(captures, SPEC)


def _truth(replayed: Replayed) -> dict[str, dict[str, object]]:
    return {str(row["family"]): row for row in reversed(replayed.truth)}


def test_families_are_split_by_name(captures: Path, replayed: Replayed) -> None:
    """Development and held-out share none, and have all together."""
    held_out = replay_world(captures, ReplaySpec(lines=1_000, days=1, split="held-out"))

    assert set(_truth(replayed)) == {"loud", "read"}
    assert set(_truth(held_out)) == {"mute"}
    assert _truth(held_out)["mute"]["label"] == "dead-cc"


def test_the_truth_tells_what_is_certain(replayed: Replayed) -> None:
    """What somebody only read into a capture is no C&C server in the truth."""
    truth = _truth(replayed)

    assert (truth["loud"]["label"], truth["loud"]["tier"]) == ("cc", 1)
    assert (truth["read"]["label"], truth["read"]["tier"]) == ("unsure", None)
    assert truth["loud"]["detectable"] == 1


def test_only_bots_meet_the_server(replayed: Replayed) -> None:
    """As many lines as the truth counts, all of them ours; thinned, in the window, in order."""
    flows = plain_flows(replayed.records)
    row = _truth(replayed)["loud"]
    met = flows.filter(pc.equal(flows["dst_addr"].cast(pa.string()), row["address"]))
    lines = set(met["src_addr"].to_pylist())
    times_ms = flows["ts_ms"].to_numpy()

    assert 0 < len(lines) <= int(str(row["clients"])) <= int(str(row["members"]))
    assert all(line.startswith("198.1") for line in lines)
    assert (np.diff(times_ms) >= 0).all()
    begins_ms, ends_ms = SPEC.window_ms
    assert begins_ms <= times_ms[0] <= times_ms[-1] < ends_ms
    assert set(flows["sampling_interval"].to_pylist()) == {100}


def test_everyone_else_does_what_people_do(replayed: Replayed) -> None:
    """Far more lines than the bots are seen."""
    flows = plain_flows(replayed.records)
    outward = flows.filter(pc.equal(flows["ingress"], 1))

    assert len(set(outward["src_addr"].to_pylist())) > 300


def test_it_is_written_like_a_drawn_world(captures: Path, tmp_path: Path) -> None:
    """The benchmark finds its parts; the known list names what the truth calls known."""
    records = make_replay(captures, SPEC, tmp_path)
    files = find_world(tmp_path)

    assert sum(pq.read_metadata(path).num_rows for path in files.flows) == records
    truth = read_truth(files.truth).to_pylist()
    with (tmp_path / "known-cc.csv").open(encoding="utf-8") as file:
        listed = {row["address"] for row in csv.DictReader(file)}
    assert listed == {row["address"] for row in truth if row["known"]}


def test_too_few_lines_are_refused() -> None:
    """Bots need a background to hide in."""
    with pytest.raises(ValueError, match="200"):
        ReplaySpec(lines=100)


def test_of_two_certain_servers_one_is_listed(tmp_path: Path) -> None:
    """And one is left to find."""
    folder = capture_folder(tmp_path, third="certain")

    for seed in range(3):
        truth = _truth(replay_world(folder, ReplaySpec(seed=seed, lines=1_000, days=1)))
        assert truth["loud"]["known"] != truth["read"]["known"]
