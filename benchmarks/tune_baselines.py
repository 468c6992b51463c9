"""
Tune the baselines and train the forest that ships: draw worlds, try every setting, tell the best.

Usage: tune_baselines.py [--worlds FOLDER] [--out FOLDER] [--method NAME] [--quick]

For each baseline the constants of its module are printed as they should stand there, with the
mean average precision of the best setting and of the one that ships. The forest lies in the out
folder afterwards, to be copied over the one beside `forest.py`. Nothing in src is changed.

`fused` joins the others as they ship: after their constants were copied, tune it again by
``--method fused``. Worlds that lie in the folder already are taken as they are. The held-out
split and all seeds from 100 on are never drawn here. ``--quick`` takes tiny worlds, only to see
that everything runs.
"""

import argparse
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

import structlog

from hinomi.bench.baselines.catalogue import BASELINES
from hinomi.bench.baselines.forest import ListedForest, TrueForest
from hinomi.bench.baselines.interface import Baseline, Observed
from hinomi.bench.baselines.tuning import tune
from hinomi.services.benching import observe

SEEDS = {"dense": (31, 32, 33), "sparse": (41, 42)}
LINES = {"dense": 20_000, "sparse": 60_000}
QUICK_LINES = {"dense": 600, "sparse": 2_500}


def worlds(lines: dict[str, int]) -> dict[str, list[str]]:
    """Name every world and how it is drawn, with so many lines a kind."""
    return {
        f"{kind}-{seed}-{lines[kind]}": [
            "--kind", kind, "--split", "development", "--seed", str(seed),
            "--lines", str(lines[kind]),
        ]
        for kind, seeds in SEEDS.items()
        for seed in seeds
    }  # fmt: skip


def constants(baseline: Baseline) -> dict[str, object]:
    """Give the setting of *baseline* as the constants of its module, by name."""
    module = sys.modules[type(baseline).__module__]
    end = "_LISTED" if isinstance(baseline, ListedForest) else ""
    setting = {
        f"{each.name.upper()}{end}": getattr(baseline, each.name)
        for each in fields(baseline)  # type: ignore[arg-type]  # All are dataclasses.
    }
    return {name: value for name, value in setting.items() if hasattr(module, name)}


def tuned(
    baseline: Baseline, observed: Sequence[Observed], tell: Callable[[str], None]
) -> Baseline:
    """Tell the best setting of *baseline*, how it compares with what ships, and return it."""
    tell(f"tuning {baseline.name}, {len(baseline.alternatives())} settings")
    tried = tune(baseline, observed)
    best = tried[0]
    ships = next(each.mean for each in tried if each.baseline == baseline)
    print(f"\n# src/{type(baseline).__module__.replace('.', '/')}.py, {baseline.name}")
    print(f"# Average precision {best.mean:.3f}, mean over {len(observed)} worlds: ", end="")
    print(", ".join(f"{each:.3f}" for each in best.precision), f"(what ships: {ships:.3f})")
    for name, value in constants(best.baseline).items():
        print(f"{name}: Final = {value!r}")
    print(flush=True)
    return best.baseline


def main() -> None:
    """Draw, tune, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=Path, default=Path("build") / "tuning-worlds")
    parser.add_argument("--out", type=Path, default=Path("build") / "baselines")
    parser.add_argument("--method", choices=[each.name for each in BASELINES])
    parser.add_argument("--quick", action="store_true", help="tiny worlds: tells nothing")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.0f} s  {text}", file=sys.stderr, flush=True)

    with ExitStack() as stack:
        observed = []
        for name, options in worlds(QUICK_LINES if asked.quick else LINES).items():
            folder = asked.worlds / name
            if not (folder / "truth.csv").exists():
                tell(f"drawing {name}")
                command = [sys.executable, "-m", "hinomi", "bench", "world", *options, str(folder)]
                subprocess.run(command, check=True, capture_output=True)
            tell(f"observing {name}")
            observed.append(stack.enter_context(observe(folder, lambda _: None)))
        for baseline in BASELINES:
            if asked.method not in (None, baseline.name):
                continue
            best = tuned(baseline, observed, tell)
            if isinstance(best, TrueForest):
                asked.out.mkdir(parents=True, exist_ok=True)
                path = asked.out / "forest.txt"
                path.write_text(best.trained(observed).model, encoding="utf-8")
                tell(f"the forest, trained on all {len(observed)} worlds, lies at {path}")


if __name__ == "__main__":
    main()
