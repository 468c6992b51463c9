"""
Detection over a made-up lake: records per second, CPU, memory and scratch at the peak.

    python benchmarks/detect_records.py --records 10000000 --hours 24 --lines 100000
    python benchmarks/detect_records.py --records 28000000 --hours 336 --lines 100000 --partials
    python benchmarks/detect_records.py --series 10000000 50000000 100000000 200000000 --plot s.png

The work is done in a process of its own, so that its memory is its own. Memory and CPU are
those of that process: what Spark's Java uses is not in them. Writing the lake is not measured.
The window is detected as `hinomi detect` does, from one unit; with --records-twice by two
passes over its records, as with a report or with Spark. With --partials each of its days is
made a partial result first, then the window is put together, as `hinomi detect --partials`
does it: a run after a new day is the steps `last day`, `survey` and `judge`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
from made_up_lake import HOURS, MadeUp, write_lake
from measuring import FolderWatch, Stopwatch, peak_rss_mib

from hinomi.config import EngineConfig
from hinomi.detect import partials, passes
from hinomi.detect.judge import judge, worth_judging
from hinomi.detect.observe import Lists
from hinomi.detect.together import Engine
from hinomi.engine.duckdb import BUCKET_ROWS
from hinomi.govern.parameters import default_register
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.engines import EngineKind, open_engine

Figures = dict[str, object]

HOURS_OF_DAY: Final = 24


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the figures as text or JSON."""
    chosen = _parser().parse_args(arguments)
    if chosen.worker:
        figures = _detect(chosen.worker, chosen)
        json.dump(figures, sys.stdout)
        return
    if chosen.series:
        rows = []
        for records in chosen.series:
            chosen.records = records
            rows.append(_measured(chosen))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        print(json.dumps(rows) if chosen.json else render_series(rows))
        if chosen.plot:
            draw_series(rows, chosen.plot)
        return
    figures = _measured(chosen)
    print(json.dumps(figures) if chosen.json else render(figures))


def _measured(chosen: argparse.Namespace) -> Figures:
    if chosen.lake:
        return measure(chosen.lake, chosen)
    with tempfile.TemporaryDirectory(prefix="hinomi-bench-", dir=chosen.folder) as folder:
        write_lake(Path(folder, "lake"), _made_up(chosen))
        return measure(Path(folder, "lake"), chosen)


def measure(lake: Path, chosen: argparse.Namespace) -> Figures:
    """Detect over the files in *lake*, in a child process."""
    command = [sys.executable, __file__, "--worker", str(lake)]
    for name in ("records", "hours", "lines", "sites", "engine", "bucket_rows", "memory_mib",
                 "threads"):  # fmt: skip
        command += [f"--{name.replace('_', '-')}", str(getattr(chosen, name))]
    for name in ("partials", "records_twice"):
        if getattr(chosen, name):
            command.append(f"--{name.replace('_', '-')}")
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: Figures = json.loads(done.stdout)
    return figures


def _made_up(chosen: argparse.Namespace) -> MadeUp:
    return MadeUp(chosen.records, chosen.hours, chosen.lines, chosen.sites)


def render(figures: Figures) -> str:
    """Lay the figures out as lines."""
    steps = figures.pop("steps")
    lines = [f"  {name:<18}{value:>16,}" for name, value in figures.items()]
    lines += [
        f"  {name:<18}{used['wall_s']:>14.1f} s{used['cpu_s']:>12.1f} s of CPU"
        for name, used in (steps.items() if isinstance(steps, dict) else ())
    ]
    return "\n".join(["detection", *lines])


def render_series(rows: Sequence[Figures]) -> str:
    """Lay several sizes out as a Markdown table, with the slope between neighbours."""
    names = ("records", "buckets", "cpu_s", "wall_s", "peak_mib", "scratch_mib", "services")
    lines = [
        f"| {' | '.join(names)} | CPU s per million | slope |",
        f"|{'---|' * (len(names) + 2)}",
    ]
    before: tuple[float, float] | None = None
    for row in rows:
        records, cpu_s = float(str(row["records"])), float(str(row["cpu_s"]))
        slope = "" if before is None else f"{(cpu_s - before[1]) / (records - before[0]) * 1e6:.2f}"
        cells = [f"{row[name]:,}" for name in names]
        lines.append(f"| {' | '.join(cells)} | {cpu_s / records * 1e6:.2f} | {slope} |")
        before = (records, cpu_s)
    return "\n".join(lines)


def draw_series(rows: Sequence[Figures], path: Path) -> None:
    """Draw CPU and memory against the number of records, with the straight line through both."""
    # Needed here alone (extra `bench`).
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8.0, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    millions = np.array([float(str(row["records"])) / 1e6 for row in rows])
    for axes, name, what in zip(
        figure.subplots(1, 2), ("cpu_s", "peak_mib"), ("CPU, seconds", "peak memory, MiB"),
        strict=True,
    ):  # fmt: skip
        value = np.array([float(str(row[name])) for row in rows])
        slope, start = np.polyfit(millions, value, 1)
        axes.plot(millions, value, "o")
        axes.plot(millions, start + slope * millions, lw=1)
        axes.set(xlabel="records, millions", ylabel=what, xlim=(0, None), ylim=(0, None),
                 title=f"{start:.0f} + {slope:.2f} a million")  # fmt: skip
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Software": None})


def _detect(lake: Path, chosen: argparse.Namespace) -> Figures:
    register = default_register()
    made_up = _made_up(chosen)
    files = sorted(lake.glob("*.parquet"))
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="hinomi-scratch-", dir=lake.parent) as scratch:
        folder = Path(scratch)
        with watch.step("start"):
            engine = open_engine(
                EngineKind(chosen.engine),
                folder,
                EngineConfig(memory_mib=chosen.memory_mib, threads=chosen.threads),
            )
        idle = peak_rss_mib()
        with FolderWatch(folder) as disk, engine:
            lists = made_up.lists()
            if chosen.partials:
                survey = _from_days(engine, files, lists, watch, chosen)
            elif chosen.records_twice or chosen.engine != EngineKind.DUCKDB.value:
                survey = _from_records(engine, files, lists, watch, chosen)
            else:
                survey = _at_once(engine, files, lists, watch, chosen)
            after_survey = peak_rss_mib()
            with watch.step("judge"):
                judged = judge(engine, survey, lists, register)
            largest = max(_bytes_of(_pairs_of(part)) for part in survey.parts)
    wall = sum(used.wall_s for used in watch.steps.values())
    cpu = sum(used.cpu_s for used in watch.steps.values())
    return {
        "records": survey.extent.rows,
        "buckets": len(survey.parts),
        "services": survey.met,
        "services_judged": len(survey.services),
        "lines": len(survey.lines),
        "probable": int((judged.probability() >= 0.5).sum()),
        "records_per_s": round(survey.extent.rows / wall),
        "cpu_s": round(cpu, 1),
        "wall_s": round(wall, 1),
        "idle_mib": round(idle),
        "survey_peak_mib": round(after_survey),
        "peak_mib": round(peak_rss_mib()),
        "scratch_mib": round(disk.peak_mib),
        "largest_part_mib": round(largest / 2**20, 1),
        "steps": {name: asdict(used) for name, used in watch.steps.items()},
    }


def _from_records(
    engine: passes.Engine,
    files: Sequence[Path],
    lists: Lists,
    watch: Stopwatch,
    chosen: argparse.Namespace,
) -> passes.Survey:
    """Make the first pass over the records."""
    records = engine.table(files, CONVERSATIONS)
    with watch.step("extent"):
        extent = passes.extent(engine, records)
    with watch.step("survey"):
        return passes.survey(
            engine,
            records,
            extent,
            buckets=_buckets(extent.rows, chosen),
            register=default_register(),
            tell=_tell,
            choose=worth_judging(extent, lists),
        )


def _at_once(
    engine: Engine,
    files: Sequence[Path],
    lists: Lists,
    watch: Stopwatch,
    chosen: argparse.Namespace,
) -> passes.Survey:
    """Make one unit of all, and the window of it."""
    with watch.step("unit"):
        unit = _unit(engine, files, chosen)
    return _put_together(engine, [unit], lists, watch, chosen)


def _from_days(
    engine: Engine,
    files: Sequence[Path],
    lists: Lists,
    watch: Stopwatch,
    chosen: argparse.Namespace,
) -> passes.Survey:
    """Make a unit of each day, the last one in a step of its own, and put them together."""
    units = []
    for first in range(0, len(files), HOURS_OF_DAY):
        last = first + HOURS_OF_DAY >= len(files)
        with watch.step("last day" if last else "earlier days"):
            units.append(_unit(engine, files[first : first + HOURS_OF_DAY], chosen))
    return _put_together(engine, units, lists, watch, chosen)


def _unit(engine: Engine, files: Sequence[Path], chosen: argparse.Namespace) -> partials.Unit:
    records = engine.table(files, CONVERSATIONS)
    found = partials.facts_of(engine, records)
    buckets = _buckets(found.rows, chosen)
    return partials.make(engine, records, default_register(), buckets=buckets, found=found)


def _put_together(
    engine: Engine,
    units: Sequence[partials.Unit],
    lists: Lists,
    watch: Stopwatch,
    chosen: argparse.Namespace,
) -> passes.Survey:
    extent = partials.extent_of([unit.facts for unit in units])
    with watch.step("survey"):
        return partials.survey(
            engine,
            units,
            buckets=_buckets(extent.rows, chosen),
            tell=_tell,
            choose=worth_judging(extent, lists),
        )


def _buckets(rows: int, chosen: argparse.Namespace) -> int:
    most: int = chosen.bucket_rows
    return max(1, -(-rows // most))


def _pairs_of(part: passes.Part) -> Path:
    return part.pairs if part.edges is None else part.edges.spoken


def _bytes_of(path: Path) -> int:
    return sum(each.stat().st_size for each in [path, *path.rglob("*")] if each.is_file())


def _tell(share: float) -> None:
    print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--series", type=int, nargs="+", metavar="RECORDS")
    parser.add_argument("--hours", type=int, default=HOURS, help="that the lake covers")
    parser.add_argument("--lines", type=int, default=0, help="that the network has")
    parser.add_argument("--sites", type=int, default=0, help="that they may visit")
    parser.add_argument("--partials", action="store_true")
    parser.add_argument("--records-twice", action="store_true")
    parser.add_argument("--plot", type=Path, help="draws a series into a PNG file")
    parser.add_argument("--folder", type=Path, help="where the lake is written")
    parser.add_argument("--engine", choices=[each.value for each in EngineKind], default="duckdb")
    parser.add_argument("--bucket-rows", type=int, default=BUCKET_ROWS)
    parser.add_argument("--memory-mib", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--lake", type=Path, help="a folder written before")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
