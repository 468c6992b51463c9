"""Builders of what a method reached on a world, with defaults where a test does not care."""

import numpy as np

from hinomi.bench.calibration import calibrate
from hinomi.bench.detectability import Server
from hinomi.bench.result import ALL, SHIFTED, UNKNOWN, Cost, Result
from hinomi.bench.score import FIGURES, Score, Share

STATED = np.array([0.95, 0.92, 0.6, 0.4, 0.15, 0.0])
TRUE = np.array([True, True, True, False, False, False])


def result(method: str = "hinomi", world: str = "w1", **changed: float | None) -> Result:
    """Describe one result; *changed* are figures, all others are 0.5."""
    figures: dict[str, float | None] = dict.fromkeys(FIGURES, 0.5)
    sums = calibrate(STATED, TRUE)
    names = (ALL, UNKNOWN, ALL + SHIFTED, UNKNOWN + SHIFTED) if method == "hinomi" else ()
    return Result(
        method=method,
        source="made up",
        world=world,
        interval=10_000,
        days=7.0,
        services=5_000,
        sought=12,
        score=Score(
            figures=figures | changed,
            groups={
                "family": {"moth": Share(1, 2), "wasp": Share(0, 1)},
                "size": {"5-9": Share(0, 1), "50-199": Share(1, 2)},
                "tier": {"1": Share(1, 3)},
            },
            traps={"loader": 2, "unnamed": 1},
            likely_traps={"loader": 1},
            curve=[(0.1, 1.0), (0.5, 0.75)],
            found=[0],
        ),
        cost=Cost(cpu_s=2.0, peak_mib=300.0, records=500_000, beyond_survey=method != "hinomi"),
        calibration=dict.fromkeys(names, sums),
        servers=[
            Server(
                members=members,
                packets_a_day=packets,
                days=7.0,
                interval=10_000,
                detectable=members > 6,
                found=members > 20,
            )
            for members in (6, 9, 30, 200)
            for packets in (240.0, 4_320.0)
        ],
    )
