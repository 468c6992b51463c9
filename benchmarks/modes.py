"""
Writes docs/reference/detection-modes.md: one world, as poorer exporters record it.

Run from the root of the project:

    PYTHONPATH=tests .venv/bin/python benchmarks/modes.py > docs/reference/detection-modes.md
"""

import tempfile
from pathlib import Path
from typing import Final

from hinomi.bench.spec import demo_spec
from hinomi.telemetry import set_up_logging
from recordings import Recording, record

SEEDS: Final = (1, 2)

HEAD: Final = """\
# Detection without flags, and with multiplied counters

Made by `benchmarks/modes.py`; do not edit. The [made-up world](../explanation/made-up-world.md)
of the demo, 20,000 lines in a week at 1 in 10,000, as four kinds of exporters would record it:

- *full records*: TCP flags, counters as sampled, interval stated;
- *without TCP flags*, as some exporters and collectors leave them out;
- *counters multiplied* by the interval on receipt, as nfdump does: divided back exactly, so that
  nothing may change;
- *counters multiplied, interval unknown*: they cannot be divided back, only ratios are used.

*Precision at 20* is the share of C&C servers, listed or not, among the first 20 candidates.
*Found* are those of the C&C servers on no list, with five members sampled or more, that reach
even odds. *Accused* are candidates at even odds that are none. *Median rank* is over all C&C
servers with five members sampled or more; those that nothing speaks for count as last.
*Suspects* are lines suspected for contact with listed servers, for scanning, and for spam.

**Without TCP flags probabilities are not calibrated.** No model speaks where flags are missing in
more than `learned.flagless_most` of the TCP records, and terms that a person set are added up: of
what is stated at 0.9, clearly fewer than nine in ten may be right. Go by the order there, not by
the number. `hinomi detect` and the report say so among the limits of the run.

"""

COLUMNS: Final = "| seed | mode | precision at 20 | found | accused | median rank | suspects |"


def main() -> None:
    """Print the page."""
    set_up_logging("warning")  # To standard error: standard output is the page.
    print(HEAD, end="")
    print(COLUMNS)
    print("|--:|---|--:|--:|--:|--:|--:|")
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as scratch:
            for mode, recording in record(Path(scratch), demo_spec(seed)).items():
                print(f"| {seed} | {mode} {_row(recording)}")


def _row(recording: Recording) -> str:
    found, wanted = recording.found()
    ranks = sorted(rank or 10**9 for rank in recording.ranks().values())
    middle = ranks[len(ranks) // 2]
    kinds = recording.detection.suspects
    suspects = ", ".join(str(kinds[kind]) for kind in ("known", "scan", "spam"))
    return (
        f"| {recording.precision():.2f} | {found} of {wanted} | {recording.accused()} "
        f"| {middle if middle < 10**9 else 'last'} | {suspects} |"
    )


if __name__ == "__main__":
    main()
