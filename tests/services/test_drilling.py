"""Drills over a home: what is found of what was planted, and what is kept of it."""

from typing import Any

import pyarrow as pa
import pytest

from builders import NOON_MS, mandate
from drills import drill_record, drilled_home, registered
from hinomi.errors import Unavailable
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.services import drilling
from hinomi.services.detecting import Opened, judge_opened
from hinomi.services.drilling import run_drill
from hinomi.services.drillresult import Drill
from hinomi.services.home import Home
from hinomi.store.sealing import opened

TEACHING: dict[str, float | str] = {
    "sizes": "20",
    "botnets": 1,
    "lines_share": 0.2,
    "scanning_share": 1.0,
    "listed_share": 1.0,
    "rounds": 2,
}


@pytest.fixture(name="home", scope="module")
def a_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a network too small for the learned model: what is found is known beforehand."""
    return drilled_home(tmp_path_factory.mktemp("drilling") / "home", lines=480)


@pytest.fixture(name="found", scope="module")
def a_drill(home: Home) -> Drill:
    """Drill once with botnets of twenty scanning lines that a listed server betrays too."""
    return run_drill(registered(home, **TEACHING), Window(), seed=1)


def test_what_is_plain_is_found(found: Drill) -> None:
    """Minute and five-minute calls; of hourly ones sampling leaves too little."""
    told = {cell.pace: (cell.botnets, cell.found) for cell in found.cells}

    assert told["60 s keep-alive"] == (1, 1)
    assert told["5 min beacon"] == (1, 1)
    assert (found.record.listed, found.record.confirmed) == (3, 3)
    assert found.record.wrong == 0
    limits = {each.pace: (each.half, each.possible_half) for each in found.pace_limits}
    assert limits["60 s keep-alive"] == (20, 20)
    assert limits["hourly beacon"][1] is None
    assert found.played == 60
    assert found.left_out == 0


def test_without_evidence_nothing_is_found(home: Home) -> None:
    """The drill finds what the detector finds: silent bots of one server leave no trace here."""
    silent = TEACHING | {"scanning_share": 0.0, "listed_share": 0.0}

    drill = run_drill(registered(home, **silent), Window(), seed=1)

    assert drill.record.found == 0
    assert drill.record.possible > 1.5
    assert [cell.silent for cell in drill.cells] == [1, 1, 1]


def test_the_same_seed_finds_the_same(home: Home, found: Drill) -> None:
    """Lines, addresses, packets and so the result come from the seed."""
    again = run_drill(registered(home, **TEACHING), Window(), seed=1)

    assert again.cells == found.cells
    assert again.record.possible == found.record.possible


def test_the_journal_tells_begin_and_end(home: Home) -> None:
    """Purpose, basis and counts; no address, no line."""
    run_drill(registered(home, **TEACHING), Window(), rounds=1, seed=2)

    entries = [each for each in home.journal().entries() if each["operation"] != "key"]
    begins, done = entries[-2:]
    assert begins["operation"] == done["operation"] == "drill"
    assert done["stage"] == "done"
    assert done["botnets"] == 3
    assert done["rounds"] == 1
    assert "240." not in str(done)


def test_a_drop_against_earlier_drills_is_an_alarm(home: Home) -> None:
    """Four drills found nearly all; one without any evidence finds nothing."""
    changed = registered(home, **TEACHING, earlier_min=2)
    usual = run_drill(changed, Window(), seed=3)
    with home.casebook() as casebook:
        for _ in range(6):
            casebook.drills.add(
                drill_record(
                    plan=usual.record.plan,
                    sampling_interval=usual.record.sampling_interval,
                    hours=usual.record.hours,
                    botnets=3,
                    found=3,
                    possible=3.0,
                )
            )
    blind = pytest.MonkeyPatch()
    with blind.context() as patched:
        patched.setattr(drilling, "judge_opened", _judge_blindly(judge_opened))
        drill = run_drill(changed, Window(), seed=4)

    assert drill.record.found == 0
    assert drill.watched.median == 1.0
    assert drill.record.alarm
    with home.casebook() as casebook:
        assert casebook.drills.all()[-1].alarm


def _judge_blindly(judge: Any) -> Any:
    """Judge the window as if its overlay were not there: an exporter that lost a network."""

    def blind(home: Home, opened: Opened, *rest: Any, **more: Any) -> Any:
        records = opened.records
        real = records.filter(records.remote_lo // 2**28 != 0xFFFFF)
        return judge(home, Opened(opened.engine, real, opened.lists, opened.sources), *rest, **more)

    return blind


def test_a_window_without_lines_is_refused(home: Home) -> None:
    """Nobody could play: said plainly, and nothing is kept."""
    before = _kept(home)

    with pytest.raises(Unavailable, match="could play bots"):
        run_drill(home, Window(until_ms=NOON_MS - 1))
    assert _kept(home) == before


def test_a_network_too_small_for_its_share_is_told(home: Home) -> None:
    """One in a hundred of 480 lines is fewer than five."""
    with pytest.raises(Unavailable, match=r"drill\.lines_share"):
        run_drill(home, Window())


def test_the_overlay_is_gone_from_the_scratch_folder(home: Home, found: Drill) -> None:
    """Nothing of it lies anywhere in the home, nor in the lake's records."""
    assert found.record.botnets == 3
    assert list(home.folder.glob("scratch-*")) == []
    stored = pa.concat_tables(
        [opened(file).read() for file in home.lake().files(Window(), mandate(Power.ANALYSE))]
    )
    reserved = [low for low in stored.column("remote_lo").to_pylist() if low >> 28 == 0xFFFFF]
    assert reserved == []


def _kept(home: Home) -> int:
    with home.casebook() as casebook:
        return len(casebook.drills.all())
