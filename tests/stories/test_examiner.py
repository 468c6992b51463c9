"""The examiner's worlds: drawn apart from the detector, the same for the same seed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hinomi.bench.worldfiles import find_world, read_truth
from tree import ROOT


def test_a_seed_draws_one_world_that_the_benchmark_reads(tmp_path: Path) -> None:
    """The same seed gives the same bytes; every wanted C&C has members enough; half never scan."""
    told, again = (draw(tmp_path / name) for name in ("one", "two"))

    assert told == again
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    truth = read_truth(find_world(tmp_path / "one").truth).to_pylist()
    wanted = [row for row in truth if row["detectable"]]
    assert len(wanted) >= told["unknown detectable"] > 0
    assert all(row["label"] == "cc" for row in wanted)
    assert all(row["bots"] >= (3 if row["tier"] == 2 else 5) for row in wanted)
    assert {"vendor-cloud", "installer", "dead-cc", "telemetry"} <= {row["label"] for row in truth}
    assert 2 * told["silent"] >= told["families"]


def draw(folder: Path) -> dict[str, Any]:
    """Draw a tiny dense world as the command does."""
    script = ROOT / "benchmarks" / "examiner" / "draw.py"
    options = ["--kind", "dense", "--seed", "7", "--lines", "1500", str(folder)]
    done = subprocess.run(
        [sys.executable, str(script), *options], check=True, capture_output=True, text=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
