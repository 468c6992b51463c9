"""
Draw one ISP world of the examiner and write it as a folder that `hinomi bench run` reads.

    .venv/bin/python benchmarks/examiner/draw.py --kind dense --seed 1 --lines 20000 FOLDER

Nothing here follows the detector or its own generator: the detector must never learn from
these worlds, and nobody should tune anything on them. Seven days at exactly 1 in 10,000,
records of sampled packets only, no context tables. A line is a household: one that changed its
address counts once in `clients`; those behind one CGNAT address without port blocks count as
one. Detectable is a C&C server with five members sampled, an upper one with three of its
fronts on own lines. Honest services and C&C servers draw their packets from the same shapes
(`profiles.py`), so that no length or port betrays the generator.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

# A script finds its own folder only; the package lies one above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from examiner import answers, botnets, daily, deeds, niche, noise  # noqa: E402
from examiner.profiles import TCP  # noqa: E402
from examiner.rows import DAY  # noqa: E402
from examiner.world import OTHER, World  # noqa: E402

_MONDAY_MS = 1_767_571_200_000  # 2026-01-05, 00:00 UTC.
LINES = {"dense": 60_000, "sparse": 400_000}
INFECTED = {"dense": 0.11, "sparse": 0.008}
RECORDS = {"dense": 200, "sparse": 50}
"""Of a line in the week."""


def draw(kind: str, seed: int, lines: int, folder: Path) -> dict[str, object]:
    """Draw the world of *seed* into *folder* and tell what it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, lines, sorted(LINES).index(kind)])
    w = World(rng, lines)
    niche.clouds(w)
    infected = lines * INFECTED[kind] * rng.uniform(0.85, 1.15)
    count = max(10, round(0.86 * infected**0.45 * rng.uniform(0.9, 1.1)))
    families = botnets.draw_families(w, int(infected), count)
    mail = w.serve("mail", w.far(OTHER, 2_500), TCP, 25)
    for family in families:
        botnets.raise_servers(w, family)
    for family in families:
        deeds.commit(w, family, mail)
    niche.installers(
        w,
        np.unique(
            np.concatenate([each.members for each in families if each.design in botnets.IOT])
        ),
    )
    niche.small_services(w)
    niche.communities(w)
    niche.telemetry(w)
    daily.plumbing(w)
    daily.peers(w)
    daily.games(w)
    daily.tunnels(w)
    noise.scanners(w)
    noise.backscatter(w)
    noise.control(w)
    noise.own_servers(w)
    for family in families:  # Members elsewhere call at servers inside.
        for each in family.controllers:
            host = int(w.services.host[each])
            if host >= 0:
                noise.visit(
                    w, host, int(w.services.port[each]), int(rng.lognormal(4.5, 1)), family.shape
                )
    noise.transit(w, rng.uniform(0.005, 0.03))
    daily.pages(w, max(RECORDS[kind] * lines - w.rows.count, 10 * lines))
    answers.write_lists(w, families, folder)
    (folder / "own-networks.txt").write_text("\n".join(w.lines.networks) + "\n", encoding="utf-8")
    found = answers.write_truth(w, folder / "truth.csv")
    week = int(rng.integers(0, 40))
    records = w.rows.write(
        folder / "flows.parquet", _MONDAY_MS + week * 7 * DAY, int(rng.integers(2, 7))
    )
    told: dict[str, object] = {
        "generator": "examiner", "kind": kind, "seed": seed, "lines": lines, "records": records,
        "infected": int(np.unique(np.concatenate([each.members for each in families])).size),
        "families": len(families), "silent": sum(not each.scans for each in families), **found,
    }  # fmt: skip
    (folder / "world.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return told


def main() -> None:
    """Read the options and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=sorted(LINES), default="dense")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int)
    options = parser.parse_args()
    began = time.process_time()
    lines = options.lines or LINES[options.kind]
    told = draw(options.kind, options.seed, lines, options.folder)
    print(json.dumps(told), file=sys.stdout)
    print(f"{time.process_time() - began:.1f} CPU s", file=sys.stderr)


if __name__ == "__main__":
    main()
