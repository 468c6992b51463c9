"""
Make the model that ships with hinomi: draw the worlds, learn from them, write model and card.

Usage: train_model.py [--worlds FOLDER] [--out FOLDER] [--examine]

Worlds that lie in FOLDER already are taken as they are, so that a run can be taken up again.
Schools of generators weigh as `lessons` says. Families and operators of the held-out split, all
seeds from 100 on, and the examiner's worlds are never drawn here.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
from examine_model import examine
from scipy import special

from hinomi.detect.lessons import Lesson
from hinomi.detect.model import Model
from hinomi.services.models import write_model
from hinomi.services.teaching import teach

OUT = Path(__file__).parents[1] / "src" / "hinomi" / "models" / "default"
SEEDS = (31, 32, 33, 34, 41, 42, 43)
OTHERS = ("communal", "profiled")
SCALES = {"dense": "0.35", "sparse": "0.15"}
MOTLEY = range(61, 77)
MOTLEY_SCALES = {"dense": "0.3", "sparse": "0.15"}
LINES = {"dense": "16000", "sparse": "50000"}
ODD = {  # Other sampling and other windows, so that neither is taken for granted.
    "hinomi-thick-35": ["--kind", "dense", "--lines", "5000", "--days", "3", "--interval", "1000"],
    "hinomi-thick-36": ["--kind", "sparse", "--lines", "8000", "--days", "2", "--interval", "1000"],
    "hinomi-short-37": ["--kind", "dense", "--lines", "30000", "--days", "2"],
    "hinomi-short-38": ["--kind", "sparse", "--lines", "80000", "--days", "3"],
    "hinomi-small-51": ["--kind", "dense", "--lines", "2500", "--interval", "5000"],
    "hinomi-small-52": ["--kind", "dense", "--lines", "4000"],
    "hinomi-small-53": ["--kind", "dense", "--lines", "6000"],
    "hinomi-small-54": ["--kind", "sparse", "--lines", "6000", "--interval", "2000"],
}
LIMITS = [
    "Learned on made-up worlds alone: no real botnet's traffic at 1 in 10,000 is public.",
    "Fewer than 5,000 talking lines, no TCP flags, or 1 in 10 and denser: it does not judge.",
    "Sinkholes look like C&Cs; beacons of clean machines on port 443 are often missed.",
]


def worlds() -> dict[str, list[str]]:
    """Name every world and how it is drawn."""
    drawn: dict[str, list[str]] = {}
    for seed in SEEDS:
        for kind in ("dense", "sparse"):
            common = ["--kind", kind, "--seed", str(seed)]
            for school in OTHERS:
                drawn[f"{school}-{kind}-{seed}"] = [
                    "--school", school, *common, "--scale", SCALES[kind],
                ]  # fmt: skip
            drawn[f"hinomi-{kind}-{seed}"] = [*common, "--lines", LINES[kind]]
    for name, options in ODD.items():
        drawn[name] = [*options, "--seed", name.rsplit("-", 1)[1]]
    for seed in MOTLEY:
        for kind, scale in MOTLEY_SCALES.items():
            drawn[f"motley-{kind}-{seed}"] = [
                "--school", "motley", "--kind", kind, "--seed", str(seed), "--scale", scale,
            ]  # fmt: skip
    return drawn


def main() -> None:
    """Draw, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=Path, default=Path("build") / "worlds")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--examine", action="store_true", help="see examine_model.py")
    asked = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", flush=True)

    lessons = []
    for name, options in worlds().items():
        folder = asked.worlds / name
        if not (folder / "truth.csv").exists():
            tell(f"drawing {name}")
            command = [sys.executable, "-m", "hinomi", "bench", "world", *options, str(folder)]
            subprocess.run(command, check=True, capture_output=True)
        lessons.append((folder, name.split("-", 1)[0]))
    model, learned, seen = teach(lessons, "default", tell)
    card = msgspec.structs.replace(
        model.card, scores=held_out_scores(seen, learned.held_out), limits=LIMITS
    )
    write_model(Model(card, model.first, model.second), asked.out)
    tell(
        f"{card.positives} C&Cs among {card.services} services; temperature {card.temperature:.2f}"
    )
    for name, value in card.scores.items():
        print(f"  {name}: {value}")
    if asked.examine:
        print(examine(seen))


def held_out_scores(
    lessons: list[Lesson], ratios: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
) -> dict[str, float]:
    """Score what trees said of worlds that they had not seen, all C&Cs together."""
    precision, right, shown = [], 0, 0
    for lesson in lessons:
        rows = lesson.rows()
        is_cc = lesson.is_cc[rows]
        ratio = ratios[lesson.name][rows]
        order = np.argsort(-ratio, kind="stable")
        hits = np.cumsum(is_cc[order])
        at = np.arange(1, hits.size + 1)
        precision.append(float((hits / at)[is_cc[order]].sum() / max(is_cc.sum(), 1)))
        rate = (is_cc.sum() + 0.5) / (rows.size + 1.0)
        sure = special.expit(special.logit(rate) + ratio) >= 0.9
        right, shown = right + int(is_cc[sure].sum()), shown + int(sure.sum())
    return {
        "average precision, mean over worlds held out of the folds": round(
            float(np.mean(precision)), 3
        ),
        "worst world": round(min(precision), 3),
        "right at probability 0.9": round(right / max(shown, 1), 3),
    }


if __name__ == "__main__":
    main()
