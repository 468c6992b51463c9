"""
One day of a large network, once, from end to end: hours, memory and disk.

    python benchmarks/one_day.py --records 1350000000 --lines 1000000 --sites 3000000
    python benchmarks/one_day.py --records 10000000 --lines 7400 --sites 22000

1.35 billion records a day is 1 Tb/s at 1 in 10,000 (docs/howto/size-a-cluster.md). The day is
drawn an hour at a time (`made_up_lake`), each hour is made a partial result in view of the
hours before it and its records are deleted, as retention would, since a day of records and all
that is made of it would not fit a small disk. Then the day is put together and judged with the
model that hinomi ships, as `hinomi detect --hourly` does at midnight. Another process draws, the
next hour while one is made a partial result, and is not measured.

It prints a line an hour on standard error and the figures at the end. Disk is the most that
lay in the folder at once, records of two hours included; memory is the peak of the process.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from made_up_lake import MadeUp, write_hour
from measuring import FolderWatch, Stopwatch, peak_rss_mib, this_machine

from hinomi.detect import partials
from hinomi.detect.judge import judge, worth_judging
from hinomi.detect.partials import Unit
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.flow import CONVERSATIONS
from hinomi.services.models import shipped_model

HOURS_OF_DAY: Final = 24
_SECONDS: Final = 3600


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, detect, print."""
    chosen = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hinomi-day-", dir=chosen.folder) as folder:
        figures = measure(Path(folder), chosen)
    print(json.dumps(figures) if chosen.json else render(figures))


def measure(folder: Path, chosen: argparse.Namespace) -> dict[str, float]:
    """Make the day of *folder*, hour by hour, and judge it."""
    made_up = MadeUp(chosen.records, HOURS_OF_DAY, chosen.lines, chosen.sites, chosen.infected)
    register, lists = default_register(), made_up.lists()
    scratch = folder / "scratch"
    scratch.mkdir()
    watch = Stopwatch()
    with (
        FolderWatch(folder, every_s=2.0) as disk,
        DuckEngine(scratch, memory_mib=chosen.memory_mib, threads=chosen.threads) as engine,
    ):
        units: list[Unit] = []
        for hour, path in _drawn(folder, made_up):
            with watch.step("hours"):
                units.append(_unit(engine, path, units))
            path.unlink()
            _tell(f"hour {hour + 1}", watch, disk)
        kept_mib = sum(
            _mib(file)
            for unit in units
            for each in unit.files.values()
            for file in each
            if isinstance(file, Path)
        )
        extent = partials.extent_of([unit.facts for unit in units])
        with watch.step("survey"):
            survey = partials.survey(
                engine,
                units,
                buckets=engine.buckets(extent.rows),
                tell=lambda _: None,
                choose=worth_judging(extent, lists),
            )
        _tell("survey", watch, disk)
        with watch.step("judge"):
            judged = judge(engine, survey, lists, register, shipped_model().model)
        _tell("judged", watch, disk)
    return {
        "records": extent.rows,
        "lines": len(survey.lines),
        "services": survey.met,
        "services_judged": len(survey.services),
        "probable": int((judged.probability() >= 0.5).sum()),
        "wall_h": sum(used.wall_s for used in watch.steps.values()) / _SECONDS,
        "cpu_h": sum(used.cpu_s for used in watch.steps.values()) / _SECONDS,
        **{f"{name}_cpu_h": used.cpu_s / _SECONDS for name, used in watch.steps.items()},
        "memory_gib": peak_rss_mib() / 1024,
        "disk_gib": disk.peak_mib / 1024,
        "partials_gib": kept_mib / 1024,
    }


def _drawn(folder: Path, made_up: MadeUp) -> Iterator[tuple[int, Path]]:
    """Draw hour by hour, one ahead, where the memory of drawing is not this process's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        coming = pool.submit(write_hour, folder, made_up, 0)
        for hour in range(HOURS_OF_DAY):
            path = coming.result()
            if hour + 1 < HOURS_OF_DAY:
                coming = pool.submit(write_hour, folder, made_up, hour + 1)
            yield hour, path


def render(figures: dict[str, float]) -> str:
    """Lay the figures out as lines, with the machine."""
    lines = [f"  {name:<18}{value:>18,.{0 if value == int(value) else 3}f}"
             for name, value in figures.items()]  # fmt: skip
    return "\n".join([this_machine(), "one day", *lines])


def _unit(engine: DuckEngine, path: Path, before: Sequence[Unit]) -> Unit:
    records = engine.table([path], CONVERSATIONS)
    found = partials.facts_of(engine, records)
    buckets = engine.buckets(found.rows)
    return partials.make(
        engine, records, default_register(), buckets=buckets, before=before, found=found
    )


def _tell(what: str, watch: Stopwatch, disk: FolderWatch) -> None:
    cpu_s = sum(used.cpu_s for used in watch.steps.values())
    wall_s = sum(used.wall_s for used in watch.steps.values())
    print(
        f"{what}: {wall_s:,.0f} s, {cpu_s:,.0f} s of CPU, {peak_rss_mib():,.0f} MiB of memory, "
        f"{disk.peak_mib:,.0f} MiB of disk",
        file=sys.stderr,
        flush=True,
    )


def _mib(path: Path) -> float:
    return path.stat().st_size / 2**20


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--lines", type=int, default=0, help="0: a 15th of the records")
    parser.add_argument("--sites", type=int, default=0, help="0: two fifths of the records")
    parser.add_argument("--infected", type=float, default=0.005, help="share of the lines")
    parser.add_argument("--folder", type=Path, help="where records and scratch lie")
    parser.add_argument("--memory-mib", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
