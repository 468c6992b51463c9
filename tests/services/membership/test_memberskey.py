"""The members' key goes from hand to hand, and is compared by its digits."""

import stat
from pathlib import Path

import pytest

from docket import bodies, manned
from hinomi.clock import wall_clock
from hinomi.errors import ConfigError, Conflict, MalformedDocument, NotFound, NotPermitted
from hinomi.services.home import open_home
from hinomi.services.membership.memberskey import MEMBERS_KEY, make_key, read_key, take_key
from hinomi.services.retention import unknown_files
from household import Household
from terminal import make_home


@pytest.fixture(name="house")
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a provider's home; to have a key it needs no hub."""
    return manned(tmp_path / "home", monkeypatch, wall_clock)


def test_a_key_is_taken_by_all_alike(house: Household, tmp_path: Path) -> None:
    """Files and key are for their owner alone; the journal has the digits, and not the key."""
    out = tmp_path / "members.key"
    made = make_key(house.home(), out)
    assert not (house.folder / MEMBERS_KEY).exists()
    taken = take_key(house.home(), out)

    assert taken.check == made.check
    assert len(read_key(house.home())) == 32
    for path in (out, house.folder / MEMBERS_KEY):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    acts = [each for each in bodies(house) if each["operation"] == "listings key"]
    assert [(each["act"], each["check"]) for each in acts] == [
        ("make", made.check), ("take", made.check),
    ]  # fmt: skip
    assert read_key(house.home()).hex() not in str(acts)
    assert unknown_files(house.home()) == []


def test_another_key_is_taken_where_that_is_said(house: Household, tmp_path: Path) -> None:
    """The same again changes nothing; an existing file is not written over."""
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    one, other = make_key(house.home(), first), make_key(house.home(), second)
    take_key(house.home(), first)
    assert not take_key(house.home(), first).replaced
    with pytest.raises(Conflict, match="--replace"):
        take_key(house.home(), second)
    with pytest.raises(Conflict, match="exists"):
        make_key(house.home(), first)

    assert take_key(house.home(), second, replaces=True).replaced
    assert one.check != other.check
    assert take_key(house.home(), second).check == other.check


def test_a_damaged_key_is_told_of(house: Household, tmp_path: Path) -> None:
    """At home, and on its way; and one that is missing."""
    out = tmp_path / "members.key"
    with pytest.raises(NotFound, match="key take"):
        read_key(house.home())
    with pytest.raises(NotFound, match="name the file"):
        take_key(house.home(), out)
    out.write_text("{}", "utf-8")
    with pytest.raises(MalformedDocument):
        take_key(house.home(), out)
    out.unlink()
    make_key(house.home(), out)
    take_key(house.home(), out)
    (house.folder / MEMBERS_KEY).write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match="anew"):
        read_key(house.home())
    assert take_key(house.home(), out, replaces=True).replaced


def test_a_laboratory_has_none(tmp_path: Path) -> None:
    """It can share nothing (R3)."""
    laboratory = open_home(make_home(tmp_path / "lab"))
    with pytest.raises(NotPermitted):
        make_key(laboratory, tmp_path / "members.key")
    with pytest.raises(NotPermitted):
        take_key(laboratory, tmp_path / "members.key")
    assert not (tmp_path / "members.key").exists()
