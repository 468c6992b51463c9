"""What tuned the baselines can be run again, on worlds that nothing is judged on."""

import runpy
from typing import Any

import pytest

from hinomi.bench.baselines.catalogue import BASELINES
from hinomi.bench.baselines.interface import Baseline
from tree import ROOT


@pytest.fixture(scope="module", name="script")
def the_script() -> dict[str, Any]:
    """Give the functions of benchmarks/tune_baselines.py."""
    return runpy.run_path(str(ROOT / "benchmarks" / "tune_baselines.py"))


def test_no_world_is_drawn_that_anything_is_judged_on(script: dict[str, Any]) -> None:
    """Of this generator's development split alone, both kinds, no seed from 100 on."""
    drawn = [
        dict(zip(options[::2], options[1::2], strict=True))
        for lines in (script["LINES"], script["QUICK_LINES"])
        for options in script["worlds"](lines).values()
    ]

    assert {each["--kind"] for each in drawn} == {"dense", "sparse"}
    assert {each["--split"] for each in drawn} == {"development"}
    assert all(int(each["--seed"]) < 100 for each in drawn)
    assert not any("--school" in each for each in drawn)


@pytest.mark.parametrize("baseline", BASELINES, ids=[each.name for each in BASELINES])
def test_every_setting_that_is_tried_is_told_by_a_constant(
    script: dict[str, Any], baseline: Baseline
) -> None:
    """Else the best one could not be copied; the one that ships is among those tried."""
    told = [script["constants"](each) for each in baseline.alternatives()]

    assert baseline in baseline.alternatives()
    assert len({tuple(each.items()) for each in told}) == len(told) > 1
