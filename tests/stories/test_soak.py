"""
A short soak: exporters that churn, a collector that restarts, and every record accounted for.

`make soak` does the same for half an hour, at 200,000 records a second, with a kill as well.
"""

import json
import subprocess
import sys

from tree import ROOT


def test_every_record_is_stored_left_out_or_missing_by_number() -> None:
    """Whatever happens meanwhile, sent = stored + left out by reason + lost by sequence number."""
    options = ["--minutes", "0.2", "--rate", "4000", "--restarts", "2", "--change-every", "0.4"]

    done = subprocess.run(
        [sys.executable, "soak.py", *options, "--json"],
        cwd=ROOT / "benchmarks",
        check=False,
        stdout=subprocess.PIPE,
    )

    account = json.loads(done.stdout)
    left_out = account["left_out"]
    assert account["sent"] == account["stored"] + sum(left_out.values()) + account["lost"]
    assert account["unaccounted"] == 0
    # All of it happened: three runs, with losses between them, under exporters that churned.
    assert account["runs"] == 3
    assert account["lost"] > 0
    assert account["exporter_restarts"] == 2
    assert account["changes"] > 50
    assert left_out["refused-sampling-dense"] > 0
    assert done.returncode == 0
