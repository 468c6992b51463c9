"""What a process used: wall time, CPU time, memory at its peak, scratch on disk."""

import platform
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

MIB: Final = 2**20
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")
_MODEL: Final = re.compile(r"model name\s*:\s*(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one step used, of all threads of this process."""

    wall_s: float
    cpu_s: float


class Stopwatch:
    """Measures the steps of a run by name."""

    def __init__(self) -> None:
        self.steps: dict[str, Used] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure the body as *name*; the same name again adds up."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            before = self.steps.get(name, Used(wall_s=0.0, cpu_s=0.0))
            self.steps[name] = Used(
                wall_s=before.wall_s + time.perf_counter() - wall,
                cpu_s=before.cpu_s + time.process_time() - cpu,
            )


class FolderWatch:
    """Samples the size of a folder; `peak_mib` is the largest seen."""

    def __init__(self, folder: Path, *, every_s: float = 0.5) -> None:
        self._folder = folder
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mib = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_mib = max(self.peak_mib, _size(self._folder) / MIB)
            if self._stop.wait(self._every_s):
                self.peak_mib = max(self.peak_mib, _size(self._folder) / MIB)
                return


def _size(folder: Path) -> int:
    """Sum the blocks of all files; those that go meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def peak_rss_mib(pid: int | str = "self") -> float:
    """
    Give the largest resident memory of a process so far.

    Taken from the memory map of the program itself: what its parent held before it does not
    count, unlike with getrusage(2).
    """
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def this_machine() -> str:
    """Name the machine, the versions that matter, and the day."""
    model = _MODEL.search(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    cores = len([line for line in _lines("/proc/cpuinfo") if line.startswith("processor")])
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if "MemTotal" in line)
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "pyarrow", "numpy")
    )
    return (
        f"{datetime.now(UTC).date().isoformat()}, {model[1] if model else 'unknown CPU'}, "
        f"{cores} cores, {memory / 2**20:.0f} GiB; Python {platform.python_version()}, {packages}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
