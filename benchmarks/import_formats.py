"""
The import of every format: rows per second, CPU, memory for a file and one four times as large.

    python benchmarks/import_formats.py --rows 1000000

Each file goes through `hinomi import` in a process of its own, into a fresh laboratory.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flow_files import OWN_PREFIX, WRITERS, Flows, draw
from measuring import peak_rss_mib

from hinomi.cli.running import run

LARGER: Final = 4

_READ_CSV: Final = """
import sys, duckdb
duckdb.sql("SET memory_limit = '1GiB'")
duckdb.sql(f"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (COMPRESSION zstd)")
"""

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every format, and print a table or JSON."""
    chosen = _parser().parse_args(arguments)
    if chosen.worker:
        _work(chosen.worker)
        return
    flows = draw(chosen.rows)
    figures = {}
    for name in chosen.formats or WRITERS:
        if name == "nfcapd" and not (shutil.which("nfcapd") and shutil.which("nfdump")):
            print("nfcapd is left out: nfdump is not installed", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="hinomi-bench-") as folder:
            figures[name] = measure(name, flows, Path(folder))
        if not chosen.json:
            print(render(name, figures[name]), flush=True)
    if chosen.json:
        print(json.dumps(figures))


def measure(name: str, flows: Flows, folder: Path) -> Figures:
    """Import one kind of file at both sizes, and let its peer read the smaller one."""
    home = folder / "home"
    (folder / "own.txt").write_text(OWN_PREFIX + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "hinomi", "--home", str(home), "init", "--sampling", "1"]
    subprocess.run(
        [*command, "--own-prefixes", str(folder / "own.txt")], check=True, capture_output=True
    )
    suffix = ".pcap" if name == "capture" else ".parquet" if name == "table-parquet" else ".txt"
    sizes = {}
    peers = {}
    for times in (1, LARGER):
        path = folder / f"flows-{times}{suffix}"
        WRITERS[name](flows, path, times)
        sizes[times] = _import(home, path)
        if times == 1:
            peers = _peers(name, path, folder)
        path.unlink()
    small, large = sizes[1], sizes[LARGER]
    return {
        "rows": large["records"],
        "rows_per_s": round(large["records"] / large["wall_s"]),
        "cpu_s_per_million": round(large["cpu_s"] / large["records"] * 1e6, 2),
        "peak_mib": round(small["peak_mib"]),
        "peak_mib_larger": round(large["peak_mib"]),
    } | {peer: round(small["cpu_s"] / cpu_s, 2) if cpu_s else 0.0 for peer, cpu_s in peers.items()}


def render(name: str, figures: Figures) -> str:
    """Lay one format's figures out as a line."""
    peers = ", ".join(
        f"{value:.1f} x the CPU of {peer}" for peer, value in figures.items() if " " in peer
    )
    return (
        f"{name:<14}{figures['rows_per_s']:>10,.0f} rows/s"
        f"{figures['cpu_s_per_million']:>7.2f} s of CPU per million"
        f"{figures['peak_mib']:>6.0f} MiB,{figures['peak_mib_larger']:>5.0f} MiB at "
        f"{LARGER} times the size  {peers}"
    )


def _import(home: Path, path: Path) -> Figures:
    command = ["--home", str(home), "--json", "import", str(path)]
    done = subprocess.run(
        [sys.executable, __file__, "--worker", *command], check=True, stdout=subprocess.PIPE
    )
    printed, _, used = done.stdout.decode().rstrip().rpartition("\n")
    (file,) = json.loads(printed)["files"]
    figures: Figures = json.loads(used)
    if not file["stored"] or file["malformed"]:
        raise SystemExit(f"{path.name}: {file}")
    return figures | {"records": file["records"]}


def _work(command: Sequence[str]) -> None:
    """Run the program in this process, and print what it used on a line of its own."""
    began = time.perf_counter()
    code = run(list(command))
    wall_s = time.perf_counter() - began
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu_s = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "peak_mib": peak_rss_mib()}))
    sys.exit(code)


def _peers(name: str, path: Path, folder: Path) -> Figures:
    """Measure the CPU seconds of programs that read the same file."""
    if name == "nfcapd":
        return {
            f"nfdump -o {form}": _cpu_of(["nfdump", "-q", "-r", str(path), "-o", form])
            for form in ("csv", "json")
        }
    if name == "table-csv":
        out = str(folder / "peer.parquet")
        return {"DuckDB read_csv": _cpu_of([sys.executable, "-c", _READ_CSV, str(path), out])}
    return {}


def _cpu_of(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the smaller file")
    parser.add_argument("--formats", nargs="*", choices=tuple(WRITERS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
