"""
Kill -9 of the hub, and of its database, at random moments of intake and publication.

    PYTHONPATH=tests .venv/bin/python benchmarks/hubkill.py --kills 50

A process lives as a hub: five members submit and send sightings, the list is made, an epoch goes
by, as fast as it can. It is killed, or its database with all processes, or both. After each kill
everything is looked at: receipts that were given, snapshots that were told of, signatures, chain,
lists, entries, journal. At the end each snapshot is compared with that of a twin that lived through
the same epochs undisturbed. Exits 1 if anything was lost, doubled, half or different.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from measuring import this_machine

from hubkills import Ordeal, Score
from postgres import killable_server


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill so often on each database, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=50, help="on each database")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    print(this_machine())
    print("| database | killed | receipts | snapshots told | epochs | in the middle | s | faults |")
    print("|---|---|---|---|---|---|---|---|")
    faults: list[str] = []
    for kind in ("sqlite", "postgresql"):
        if chosen.database not in {kind, "both"}:
            continue
        began_s = time.monotonic()
        score = _ordeal(kind, chosen.kills, chosen.seed)
        print(_row(kind, score, time.monotonic() - began_s), flush=True)
        faults += score.faults
    for each in faults:
        print(each)
    sys.exit(1 if faults else 0)


def _ordeal(kind: str, kills: int, seed: int) -> Score:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubkill-")))
        server = stack.enter_context(killable_server("hub")) if kind == "postgresql" else None
        return Ordeal.prepare(folder, server, seed).kill(kills)


def _row(kind: str, score: Score, took_s: float) -> str:
    killed = ", ".join(f"{count} {what}" for what, count in sorted(score.kills.items()))
    cells = (
        kind, killed, score.steps["receipt"], score.steps["published"], score.epochs,
        score.half_made, f"{took_s:.0f}", len(score.faults),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
