"""Kill -9 while following a spool, and stop by SIGTERM: each record is stored once."""

import json
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
from terminal import TABLE_HEADER, hinomi, make_home, table_row
from thorough import kills

KILLS = kills(6)
FILES = 40
ROWS = 50
PATIENCE_S = 120.0


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Killed at random moments while files rotate, then stopped: every record once."""
    home, spool = make_home(tmp_path / "home"), tmp_path / "spool"
    spool.mkdir()
    chance = random.Random(6)  # noqa: S311 - moments, not secrets.
    written = 0
    for _ in range(KILLS):
        process = _follow(home, spool)
        until = time.monotonic() + PATIENCE_S
        before = _journal_size(home)
        while _journal_size(home) == before and time.monotonic() < until:
            written = _rotate(spool, written)
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    while written < FILES:
        written = _rotate(spool, written)
    process = _follow(home, spool)
    until = time.monotonic() + PATIENCE_S
    while sum(_stored(home).values()) < written * ROWS and time.monotonic() < until:
        time.sleep(0.1)
    while not _ends_by_itself(process.pid) and time.monotonic() < until:
        time.sleep(0.05)  # Everything may be stored before it is ready to be asked to end.
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0
    assert all(json.loads(line)["format"] == "table" for line in out.splitlines())
    assert _stored(home) == Counter((row, n) for n in range(written) for row in range(ROWS))
    assert hinomi("journal", "verify", home=home).code == 0


def _follow(home: Path, spool: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hinomi", "--home", str(home), "import", "--follow", "--json"]
    command += [str(spool), "--settle", "0", "--interval", "0.1"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )


def _rotate(spool: Path, number: int) -> int:
    """Write a file as nfcapd does: under a name of its own, then renamed."""
    if number >= FILES:
        return number
    rows = "".join(table_row(src_port=row, dst_port=number) for row in range(ROWS))
    current = spool / "nfcapd.current.1"
    current.write_text(TABLE_HEADER + rows, "utf-8")
    current.rename(spool / f"nfcapd.{number:04}")
    return number + 1


def _journal_size(home: Path) -> int:
    return int((home / "journal" / "checkpoint").read_text("utf-8").split("\n")[1])


def _stored(home: Path) -> Counter[tuple[int, int]]:
    opened = open_home(home)
    found: Counter[tuple[int, int]] = Counter()
    for batch in opened.lake().scan(Window(), mandate_for(Operation.DETECT, opened.clock)):
        ports = (batch.column(name).to_pylist() for name in ("line_port", "remote_port"))
        found.update(zip(*ports, strict=True))
    return found


def _ends_by_itself(process: int) -> bool:
    """Tell whether a process catches SIGTERM (proc_pid_status(5), SigCgt)."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
