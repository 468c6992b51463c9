"""Kill -9 during import: nothing acknowledged is lost, nothing is doubled."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation, mandate_for
from hinomi.store.sealing import opened
from terminal import NOON_MS, TABLE_HEADER, hinomi, make_home, table_row
from thorough import kills

KILLS = kills(20)
ROWS = 20_000
HOURS = 5
HOUR_MS = 3_600_000
PATIENCE_S = 60.0


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Killed at random moments and run again, the lake holds each record once."""
    files = [_write_flows(tmp_path / f"flows-{n}.csv", n) for n in range(KILLS + 1)]
    home = make_home(tmp_path / "home")
    # The quicker of two: on a busy machine one alone may be far too long.
    work_s = min(_time_work(make_home(tmp_path / f"timed-{n}"), files[0]) for n in (1, 2))
    chance = random.Random(20)  # noqa: S311 - moments, not secrets.

    killed = 0
    for number, path in enumerate(files[:-1]):
        before = _acknowledged(home)
        # The file of the round before goes first, so that what was half done is done again.
        tried = [files[number - 1], path] if number else [path]
        killed += _import_and_kill(home, tried, (number + chance.random()) / KILLS * work_s)
        assert before <= _acknowledged(home)
        opened = open_home(home)
        assert all(opened.lake().has(content) for content in _acknowledged(home))
        _require_readable(home)

    # The last file is new: this import writes in any case, and so cleans up.
    said = hinomi("import", *files, "--json", home=home)
    assert said.code == 0, said.err
    assert killed > KILLS // 2
    expected = Counter((row, number) for number in range(KILLS + 1) for row in range(ROWS))
    assert _stored(home) == expected
    assert _leftovers(home) == []
    assert hinomi("journal", "verify", home=home).code == 0


def _write_flows(path: Path, number: int) -> Path:
    """Write records that differ in their ports, over five hours."""
    rows = (
        table_row(ts_ms=NOON_MS + (row % HOURS) * HOUR_MS, src_port=row, dst_port=number)
        for row in range(ROWS)
    )
    path.write_text(TABLE_HEADER + "".join(rows), "utf-8")
    return path


def _start(home: Path, files: list[Path]) -> subprocess.Popen[bytes]:
    """Start an import, and wait until the journal says that it begins."""
    before = _entries(home)
    command = [sys.executable, "-m", "hinomi", "--home", str(home), "import", *map(str, files)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while _entries(home) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    return process


def _time_work(home: Path, path: Path) -> float:
    """Measure how long the import of one file takes from its beginning to the end."""
    with _start(home, [path]) as process:
        started = time.monotonic()
        assert process.wait(PATIENCE_S) == 0
        return time.monotonic() - started


def _import_and_kill(home: Path, files: list[Path], after_s: float) -> bool:
    """Import, kill *after_s* into the work, and tell whether it was still going on."""
    with _start(home, files) as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        return process.returncode == -signal.SIGKILL


def _acknowledged(home: Path) -> set[str]:
    """Give the contents whose import the journal says was done."""
    entries = open_home(home).journal().entries()
    return {str(entry["content"]) for entry in entries if entry.get("stage") == "done"}


def _entries(home: Path) -> int:
    """Tell how many entries the signed journal has."""
    return int((home / "journal" / "checkpoint").read_text("utf-8").split("\n")[1])


def _require_readable(home: Path) -> None:
    node = open_home(home)
    for file in node.lake().files(Window(), node.mandate(Operation.DETECT)):
        opened(file).read()


def _stored(home: Path) -> Counter[tuple[int, int]]:
    opened = open_home(home)
    found: Counter[tuple[int, int]] = Counter()
    for batch in opened.lake().scan(Window(), mandate_for(Operation.DETECT, opened.clock)):
        found.update(
            zip(
                batch.column("line_port").to_pylist(),
                batch.column("remote_port").to_pylist(),
                strict=True,
            )
        )
    return found


def _leftovers(home: Path) -> list[str]:
    """Name the files of the lake that nothing refers to."""
    opened = open_home(home)
    known = {
        file.path
        for file in opened.lake().files(Window(), mandate_for(Operation.DETECT, opened.clock))
    }
    return [
        str(path.relative_to(home))
        for path in (home / "lake").rglob("*")
        if path.is_file()
        and ((path.suffix == ".parquet" and path not in known) or path.name.endswith(".tmp"))
    ]
