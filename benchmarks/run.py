"""
All benchmarks at a moderate size: what ``make bench`` prints.

    python benchmarks/run.py --rows 250000 --records 5000000
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import detect_records
import hand_sql
import import_formats
from made_up_lake import MadeUp, write_lake
from measuring import this_machine


def main(arguments: Sequence[str] | None = None) -> None:
    """Name the machine, then measure import, detection, and detection beside SQL."""
    parser = argparse.ArgumentParser(description="Measure import and detection on this machine.")
    parser.add_argument("--rows", type=int, default=250_000, help="of the smaller flow files")
    parser.add_argument("--records", type=int, default=5_000_000, help="of the lake")
    chosen = parser.parse_args(arguments)
    print(this_machine(), flush=True)
    print(f"\nimport of {chosen.rows:,} and of {4 * chosen.rows:,} rows", flush=True)
    import_formats.main(["--rows", str(chosen.rows)])
    with tempfile.TemporaryDirectory(prefix="hinomi-bench-") as folder:
        lake = Path(folder, "lake")
        print(f"\nwriting a lake of {chosen.records:,} records", file=sys.stderr)
        write_lake(lake, MadeUp(chosen.records))
        print(flush=True)
        options = ["--lake", str(lake), "--records", str(chosen.records)]
        detect_records.main(options)
        print(flush=True)
        hand_sql.main(options)


if __name__ == "__main__":
    main()
