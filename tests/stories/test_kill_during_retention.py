"""Kill -9 during retention, before any change of the disk: the next run ends in the same state."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hinomi.model.listed import ListKind
from hinomi.services.retention import plan_retention, run_retention
from retained import Ageing, rows_of
from terminal import hinomi
from thorough import kills

DAYS = 1200
"""By then everything of day 0 is due, bodies of the journal too; what came on day 1190 is not."""

KILLS = kills(16)
PATIENCE_S = 60.0

CHILD = """
import os, pathlib, signal, sys
from hinomi.services.retention import run_retention
from hinomi.services.home import open_home

left = int(sys.argv[3])
done = 0

def counting(act):
    def counted(*arguments, **options):
        global left, done
        left, done = left - 1, done + 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*arguments, **options)
    return counted

for name in ("unlink", "rename", "rmdir", "fsync", "link", "mkdir"):
    setattr(os, name, counting(getattr(os, name)))
run_retention(open_home(pathlib.Path(sys.argv[1]), lambda: int(sys.argv[2])))
print(done)
"""


@pytest.fixture(name="ready", scope="module")
def a_home_with_everything_due(tmp_path_factory: pytest.TempPathFactory) -> Ageing:
    """Give a home in which each class that falls due has something due and something not."""
    ageing = Ageing.make(tmp_path_factory.mktemp("ready") / "home")
    ageing.take_in(*rows_of(0)).take_in(*rows_of(0, count=4))
    ageing.listed(ListKind.SUSPECTS, "address\n192.0.2.7\n203.0.113.9\n")
    ageing.leave("week.html")
    ageing.leave("scratch-1-ab/records")
    ageing.age(ageing.folder / "scratch-1-ab")
    ageing.leave("keys/days/.2026-01-01.1-2", bytes(32))
    ageing.days = 1190
    return ageing.take_in(*rows_of(1190))


def at(ready: Ageing, folder: Path) -> Ageing:
    """Give a copy of the home, on the day on which things are due."""
    shutil.copytree(ready.folder, folder)  # With the times of files.
    return Ageing(folder, DAYS)


def state(ageing: Ageing) -> tuple[object, ...]:
    """Give what is kept: files but for names that chance chose, rows, keys, bodies, the plan."""
    home = ageing.home
    with home.casebook() as casebook:
        rows = list(casebook.forgetting.held())
    files = sorted(
        path.relative_to(ageing.folder).as_posix()
        for path in ageing.folder.rglob("*")
        if path.is_file() and path.parts[len(ageing.folder.parts)] not in {"journal", "lake"}
    )
    flows = sorted(path.name for path in (ageing.folder / "lake" / "flows").rglob("*.parquet"))
    # A run that was killed and repeated has told more than once what it does.
    old = min(body.time_ms for body in home.journal().bodies())
    due = plan_retention(home).due
    return rows, files, flows, home.keeper.days(), old, due, home.lake().statistics().rows


def killed(ageing: Ageing, at_change: int) -> int:
    """Run retention in a process of its own, killed before its n-th change; 0: not killed."""
    command = [sys.executable, "-c", CHILD, str(ageing.folder), str(ageing.now_ms())]
    ended = subprocess.run(
        [*command, str(at_change)], capture_output=True, check=False, timeout=PATIENCE_S
    )
    if at_change:
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        return 0
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout)


def test_a_killed_run_is_finished_by_the_next(ready: Ageing, tmp_path: Path) -> None:
    """Wherever it was killed: what is kept is what an undisturbed run keeps."""
    whole = at(ready, tmp_path / "whole")
    changes = killed(whole, 0)
    expected = state(whole)
    assert changes > KILLS
    assert state(at(ready, tmp_path / "untouched")) != expected

    for number in range(KILLS):
        ageing = at(ready, tmp_path / f"killed-{number}")
        killed(ageing, 1 + number * changes // KILLS)
        run_retention(ageing.home)

        assert state(ageing) == expected, number
        said = hinomi("journal", "verify", home=ageing.folder)
        assert said.code == 0, (number, said.out)
        shutil.rmtree(ageing.folder)
