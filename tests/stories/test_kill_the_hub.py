"""Kill -9 of the hub and its database: nothing acknowledged is lost, no epoch is twice or half."""

from pathlib import Path

import pytest

from hubkills import Ordeal, Score
from postgres import killable_server

KILLS = 3
"""The benchmark (benchmarks/hubkill.py) does it 50 times."""


def require_nothing_lost(score: Score) -> None:
    """Hold a score against the promise."""
    assert score.faults == []
    assert sum(score.kills.values()) == KILLS
    assert score.steps["receipt"] > 0
    assert score.epochs > 0


def test_a_killed_hub_loses_nothing(tmp_path: Path) -> None:
    """Receipts and snapshots outlive it, and the bytes are those of an undisturbed twin."""
    require_nothing_lost(Ordeal.prepare(tmp_path, None, seed=3).kill(KILLS))


def test_a_killed_database_loses_nothing(tmp_path: Path) -> None:
    """The same where PostgreSQL is killed as well, in the middle of what it writes."""
    with killable_server("hub") as server:
        require_nothing_lost(Ordeal.prepare(tmp_path, server, seed=4).kill(KILLS))


def test_what_was_lost_would_be_noticed(tmp_path: Path) -> None:
    """The ordeal can fail: a receipt without its batch is a fault."""
    ordeal = Ordeal.prepare(tmp_path, None, seed=5)
    ordeal.receipts.add(("isp-a", "hinomi submission", 1, "0" * 64))
    ordeal.published[9] = 9

    score = ordeal.kill(1)

    lost = {each.partition(": ")[2] for each in score.faults}
    assert lost == {"lost: hinomi submission of isp-a, epoch 1", "lost: snapshot 9"}


@pytest.fixture(autouse=True)
def unpatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children find what the tests import."""
    tests = Path(__file__).resolve().parent.parent
    monkeypatch.setenv("PYTHONPATH", f"{tests}:{tests.parent / 'src'}")
