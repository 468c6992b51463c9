"""The key keeper: one key a day, handed to mandates, written down, and destroyed for good."""

import multiprocessing
import os
from pathlib import Path

import pytest

from builders import NOON_MS, mandate
from hinomi.errors import NotPermitted, Unavailable
from hinomi.govern.matrix import Power
from hinomi.store.keeper import KeyKeeper, destroy_secret

DAY = "2026-01-01"
NEXT = "2026-01-02"


def keeper(root: Path, told: list[dict[str, object]] | None = None) -> KeyKeeper:
    """Give a keeper that tells its acts to *told*."""
    return KeyKeeper(root, lambda: NOON_MS, tell=None if told is None else told.append)


def test_a_day_has_one_key_whoever_makes_it(tmp_path: Path) -> None:
    """The second is handed what the first one made; another day has another one."""
    first = keeper(tmp_path / "keys").make(DAY, mandate(Power.STORE))
    again = keeper(tmp_path / "keys").make(DAY, mandate(Power.STORE))

    assert again == first
    assert keeper(tmp_path / "keys").make(NEXT, mandate(Power.STORE)).key != first.key
    assert keeper(tmp_path / "keys").days() == (DAY, NEXT)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "keys").iterdir()} == {0}


def _make(root: Path) -> bytes:
    return keeper(root).make(DAY, mandate(Power.STORE)).key


def test_processes_that_begin_a_day_at_once_share_its_key(tmp_path: Path) -> None:
    """Otherwise what one of them stores could never be read again."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        keys = pool.map(_make, [tmp_path / "keys"] * 16)

    assert len(set(keys)) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [f"{DAY}.key"]


def test_a_key_is_handed_to_a_mandate_and_that_is_written_down_once(tmp_path: Path) -> None:
    """Each mandate and day once; which days, for what and for whom."""
    told: list[dict[str, object]] = []
    keys = keeper(tmp_path, told)
    keys.make(DAY, mandate(Power.STORE))
    keys.make(DAY, mandate(Power.STORE))
    keys.hand([DAY], mandate(Power.ANALYSE), Power.ANALYSE)

    assert [(act["act"], act["power"], act["days"]) for act in told] == [
        ("handed", "store", [DAY]),
        ("handed", "analyse", [DAY]),
    ]
    assert told[0]["mandate"] == mandate().render()


@pytest.mark.parametrize("power", [each for each in Power if each is not Power.ANALYSE])
def test_without_the_power_no_key_is_handed_out(tmp_path: Path, power: Power) -> None:
    """The keeper is a door of its own."""
    told: list[dict[str, object]] = []
    keys = keeper(tmp_path, told)
    keys.make(DAY, mandate(Power.STORE))
    told.clear()

    with pytest.raises(NotPermitted):
        keys.hand([DAY], mandate(power), Power.ANALYSE)
    assert not told


def test_a_key_that_cannot_be_written_down_is_not_handed_out(tmp_path: Path) -> None:
    """Where the journal takes no line, nothing may be read."""

    def full(_: dict[str, object]) -> None:
        raise Unavailable("the disk is full")

    keeper(tmp_path).make(DAY, mandate(Power.STORE))
    with pytest.raises(Unavailable, match="full"):
        KeyKeeper(tmp_path, lambda: NOON_MS, tell=full).hand(
            [DAY], mandate(Power.ANALYSE), Power.ANALYSE
        )


def test_a_destroyed_key_is_gone(tmp_path: Path) -> None:
    """Its file was overwritten before it went; a second time is no failure."""
    keys = keeper(tmp_path)
    seal = keys.make(DAY, mandate(Power.STORE))
    kept_open = (tmp_path / f"{DAY}.key").open("rb")
    with pytest.raises(NotPermitted):
        keys.destroy(DAY, mandate(Power.ANALYSE))

    keys.destroy(DAY, mandate(Power.MAINTAIN))
    keys.destroy(DAY, mandate(Power.MAINTAIN))

    assert keys.days() == ()
    assert kept_open.read() != seal.key
    kept_open.close()
    with pytest.raises(Unavailable, match="was deleted"):
        keys.hand([DAY], mandate(Power.ANALYSE), Power.ANALYSE)


@pytest.mark.parametrize("day", ["", "../x", "2026-1-1", "today"])
def test_only_days_have_keys(tmp_path: Path, day: str) -> None:
    """Anything else is the caller's bug, and no path."""
    with pytest.raises(ValueError, match="no day"):
        keeper(tmp_path).make(day, mandate(Power.STORE))


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    """A key of another length would decrypt nothing."""
    (tmp_path / f"{DAY}.key").write_bytes(b"short")

    with pytest.raises(Unavailable, match=f"{DAY}.key has not 32 bytes"):
        keeper(tmp_path).hand([DAY], mandate(Power.ANALYSE), Power.ANALYSE)


def test_a_secret_that_is_not_there_needs_no_destruction(tmp_path: Path) -> None:
    """And one that is leaves no file."""
    destroy_secret(tmp_path / "none")
    (tmp_path / "one").write_bytes(os.urandom(3))
    destroy_secret(tmp_path / "one")
    assert not list(tmp_path.iterdir())
