"""What was deleted stays deleted: copies without the keys are unreadable, copies with them go."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinomi.errors import ConfigError, Unavailable
from hinomi.govern.holdings import DataClass
from hinomi.govern.parameters import read_register, render_register
from hinomi.govern.retention import CAME_BACK
from hinomi.model.window import Window
from hinomi.services.detecting import run_detection
from hinomi.services.incremental import judge_in_parts
from hinomi.services.mandates import Operation
from hinomi.services.retention import plan_retention, run_retention, unknown_files
from hinomi.services.upkeep import store_status
from retained import START_MS, Ageing
from terminal import hinomi, table_row

INTERVAL = 10_000
FLOWS = 30
"""As registered: retention.flow_records_days."""


def rows(day: int) -> list[str]:
    """Give sampled records of one day."""
    return [
        table_row(ts_ms=START_MS + day * 86_400_000 + n, src_port=n, sampling_interval=INTERVAL)
        for n in range(4)
    ]


@pytest.fixture(name="backup")
def a_copy_of_the_home(ageing: Ageing, tmp_path: Path) -> Path:
    """Copy the home while its first day was still kept, keys and all."""
    backup = tmp_path / "backup"
    shutil.copytree(ageing.folder, backup)
    # Later the home goes on, and forgets its first day.
    ageing.days = FLOWS + 1
    assert run_retention(ageing.home).removed["day-keys"] == 1
    return backup


@pytest.fixture(name="ageing")
def a_home_of_two_days(tmp_path: Path) -> Ageing:
    """Give a home with records of day 0 and of day 10, and partial results of both."""
    ageing = Ageing.make(tmp_path / "home").take_in(*rows(0))
    ageing.days = 10
    ageing.take_in(*rows(10))
    ageing.days = 12
    run_detection(ageing.home, Window(), top=5, judge_with=judge_in_parts)
    return ageing


def put_back(backup: Path, ageing: Ageing, *names: str) -> None:
    """Put folders of the backup in place of those of the home."""
    for name in names:
        shutil.rmtree(ageing.folder / name)
        shutil.copytree(backup / name, ageing.folder / name)


def read(ageing: Ageing) -> int:
    """Read every record, as detection would."""
    home = ageing.home
    found = home.lake().scan(Window(), home.mandate(Operation.DETECT))
    return sum(batch.num_rows for batch in found)


def test_without_the_destroyed_key_copies_stay_unreadable(ageing: Ageing, backup: Path) -> None:
    """Files of the forgotten day lie there again: nobody reads them, and the run removes them."""
    put_back(backup, ageing, "lake", "partials")
    assert store_status(ageing.home)["records"] == 8
    (old,) = (ageing.folder / "lake").rglob("date=2026-01-01/*/*.parquet")
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(old)
    with pytest.raises(Unavailable, match=r"key of 2026-01-01 is gone.*hinomi retention run"):
        read(ageing)

    outcome = run_retention(ageing.home)

    assert outcome.removed["flow-records"] == 4
    assert outcome.removed["day-keys"] == 0
    assert not old.exists()
    assert read(ageing) == 4
    run_detection(ageing.home, Window(), top=5, judge_with=judge_in_parts)
    assert unknown_files(ageing.home) == []


def test_copies_that_come_back_with_their_keys_are_forgotten_again(
    ageing: Ageing, backup: Path
) -> None:
    """A backup that holds keys must not undo a deletion for longer than to the next run."""
    put_back(backup, ageing, "lake", "partials", "keys/days")
    assert read(ageing) == 8
    assert ageing.home.keeper.days() == ("2026-01-01", "2026-01-11")

    outcome = run_retention(ageing.home)

    assert (outcome.removed["flow-records"], outcome.removed["day-keys"]) == (4, 1)
    assert ageing.home.keeper.days() == ("2026-01-11",)
    assert read(ageing) == 4


def test_a_longer_retention_brings_nothing_back(ageing: Ageing, backup: Path) -> None:
    """Who lengthens retention and then restores a backup finds that what was destroyed goes."""
    put_back(backup, ageing, "lake", "partials", "keys/days")
    path = ageing.folder / "register.toml"
    longer = read_register(path).with_value("retention.flow_records_days", 90, decided_by="me")
    path.write_text(render_register(longer), "utf-8")

    due = {each.held.data_class: each.reason for each in plan_retention(ageing.home).due}

    assert due[DataClass.FLOW_RECORDS] == due[DataClass.DAY_KEYS] == CAME_BACK
    assert run_retention(ageing.home).removed["day-keys"] == 1
    assert read(ageing) == 4


def test_a_whole_home_that_is_put_back_forgets_as_well(
    ageing: Ageing, backup: Path, tmp_path: Path
) -> None:
    """With its journal of then; who noted a checkpoint sees that it was put back."""
    seen = tmp_path / "seen"
    shutil.copy(ageing.folder / "journal" / "checkpoint", seen)
    restored = Ageing(backup, FLOWS + 2)

    run_retention(restored.home)

    assert read(restored) == 4
    assert hinomi("journal", "verify", home=backup).code == 0
    said = hinomi("journal", "verify", "--seen", seen, home=backup)
    assert (said.code, "view" in said.out) == (65, True)


def test_a_single_file_of_a_copy_is_found_and_removed(ageing: Ageing, backup: Path) -> None:
    """Also where nothing names it."""
    (old,) = (backup / "lake").rglob("date=2026-01-01/*/*.parquet")
    place = ageing.folder / old.relative_to(backup)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(old, place)

    run_retention(ageing.home)

    assert not place.exists()
    assert read(ageing) == 4


def test_a_lake_of_a_former_key_period_needs_its_key(ageing: Ageing, backup: Path) -> None:
    """One line says which is missing; with it the home goes on, and changes the key anew."""
    ageing.days = FLOWS + 3
    run_retention(ageing.home)  # Destroys the key of the period that the backup is under.
    put_back(backup, ageing, "lake", "partials")
    said = hinomi("lists", "show", home=ageing.folder)
    with pytest.raises(ConfigError, match=r"period-0001\.key: No such file"):
        run_retention(ageing.home)
    assert said.code == 0
    assert ageing.home.keeper.days() == ("2026-01-11",), "what was due went all the same"

    shutil.copy(backup / "keys" / "period-0001.key", ageing.folder / "keys")

    run_retention(ageing.home)
    assert read(ageing) == 4
    assert ageing.home.key_period == "period-0002"
    ageing.days += 1
    run_retention(ageing.home)
    assert not (ageing.folder / "keys" / "period-0001.key").exists()
