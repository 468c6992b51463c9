"""
How fast the journal takes entries, and how fast it is checked.

    python benchmarks/journal.py --seconds 20 --entries 1000000
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import Stopwatch, peak_rss_mib, this_machine

from hinomi.clock import wall_clock
from hinomi.services.auditing import audit_folder
from hinomi.services.journals import new_signer
from hinomi.store.journal import FileJournal

ENTRY = {
    "operation": "import",
    "mandate": {"purpose": "detect-cc", "basis": "legitimate-business-act", "who": "operator"},
    "register": "0" * 64,
    "stage": "done",
    "stored": 1_234_567,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Append one by one and in batches for a while each, fill up, and check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each size of batch")
    parser.add_argument("--entries", type=int, default=100_000, help="to check in the end")
    parser.add_argument("--folder", type=Path, help="where the journal lies")
    chosen = parser.parse_args(arguments)
    print(this_machine())
    with tempfile.TemporaryDirectory(prefix="hinomi-journal-", dir=chosen.folder) as folder:
        signer = new_signer()
        journal = FileJournal.create(Path(folder) / "journal", signer, wall_clock)
        for batch in (1, 16, 64, 256):
            print(f"batches of {batch:4}: {_rate(journal, batch, chosen.seconds):9,.0f} entries/s")
        while (size := journal.head().size) < chosen.entries:
            journal.append_many([ENTRY] * min(65_536, chosen.entries - size))
        watch = Stopwatch()
        with watch.step("check"):
            found = audit_folder(journal.folder, signer.verifier, [], [])
        used = watch.steps["check"]
        print(
            f"checked {found.entries:,} entries in {used.wall_s:.1f} s ({used.cpu_s:.1f} s of CPU, "
            f"{peak_rss_mib():,.0f} MiB): {'whole' if found.is_whole else 'NOT WHOLE'}"
        )


def _rate(journal: FileJournal, batch: int, seconds: float) -> float:
    started, written = time.monotonic(), 0
    while (passed := time.monotonic() - started) < seconds:
        written += len(journal.append_many([ENTRY] * batch))
    return written / passed


if __name__ == "__main__":
    main()
