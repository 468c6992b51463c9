"""
Detection needs memory for a part of the records, not for all of them.

The same lake is worked on as a whole and in eight hash buckets, in processes of their own
(`benchmarks/detect_records.py`, which does the same with fifty million records).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tree import ROOT

RECORDS: Final = 1_200_000
BUCKETS: Final = 8
MIB: Final = 2**20

Figures = dict[str, float]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a made-up lake, in a process of its own too."""
    folder = tmp_path_factory.mktemp("bound") / "lake"
    program = (
        "import sys; from pathlib import Path; from made_up_lake import MadeUp, write_lake; "
        "write_lake(Path(sys.argv[1]), MadeUp(int(sys.argv[2])))"
    )
    _run(["-c", program, str(folder), str(RECORDS)])
    return folder


@pytest.fixture(scope="module")
def whole(lake: Path) -> Figures:
    """Detect with all records in one bucket."""
    return _detect(lake, RECORDS)


@pytest.fixture(scope="module")
def parted(lake: Path) -> Figures:
    """Detect with the records in eight buckets."""
    return _detect(lake, RECORDS // BUCKETS)


def test_buckets_find_the_same(whole: Figures, parted: Figures) -> None:
    """Whatever the number of buckets, services, lines and candidates are the same."""
    assert (whole["buckets"], parted["buckets"]) == (1, BUCKETS)
    for name in ("records", "services", "services_judged", "lines", "probable"):
        assert whole[name] == parted[name] > 0


def test_buckets_bound_memory(whole: Figures, parted: Figures) -> None:
    """Above what an idle program needs, an eighth of the records takes clearly less."""
    alone = parted["idle_mib"]

    assert alone > 0
    assert parted["survey_peak_mib"] - alone < 0.75 * (whole["survey_peak_mib"] - alone)


def test_memory_stays_small_for_each_record_of_a_bucket(parted: Figures) -> None:
    """Four KiB for each record of a bucket and 200 bytes for each record of the window."""
    bound = (RECORDS // BUCKETS * 4096 + RECORDS * 200) / MIB

    assert parted["peak_mib"] - parted["idle_mib"] < bound


def test_buckets_bound_the_scratch_that_is_worked_on(whole: Figures, parted: Figures) -> None:
    """No bucket holds much more than its share; what is on disk at once stays as it was."""
    assert parted["largest_part_mib"] < 2 * whole["largest_part_mib"] / BUCKETS
    assert parted["scratch_mib"] < 1.5 * whole["scratch_mib"]


def _detect(lake: Path, bucket_rows: int) -> Figures:
    script = str(ROOT / "benchmarks" / "detect_records.py")
    options = ["--lake", str(lake), "--records", str(RECORDS), "--bucket-rows", str(bucket_rows)]
    figures: Figures = json.loads(_run([script, *options, "--threads", "2", "--json"]))
    return figures


def _run(arguments: list[str]) -> bytes:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT / "benchmarks", check=True, stdout=subprocess.PIPE
    )
    return done.stdout
