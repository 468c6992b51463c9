"""The hub that a home has joined."""

from pathlib import Path

import pytest

from docket import At
from hinomi.errors import ConfigError, NotFound
from hinomi.services.membership.joined import is_member, path_in, read_joined, spoken_of
from hinomi.services.membership.joining import MEMBERSHIP
from household import DAY_MS, Household
from standin import MEMBER, StandIn


def test_a_member_knows_its_hub(house: Household, hub: StandIn) -> None:
    """By its pinned keys, its address and its epochs."""
    found = read_joined(house.home())

    assert (found.member, found.hub, found.url) == (MEMBER, "hub.example/list", hub.url)
    assert found.list_key == hub.list_key.verifier
    assert found.envelope_key == hub.envelope_key.verifier
    assert found.outlets == {"snapshot", "submit", "feedback"}
    assert found.day_of(found.epoch_at(house.clock())) == "2027-01-15"
    assert spoken_of(house.home(), found) == house.clock() // DAY_MS - 1
    assert is_member(house.home())


def test_who_joined_none_has_none(at: At) -> None:
    """It is told how to join."""
    home = at(None).home()

    assert not is_member(home)
    with pytest.raises(NotFound, match="listings enrol"):
        read_joined(home)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"https:', '"http:'), ('"epoch_days": 1', '"epoch_days": 0'), ("hub.example/list+", "hub+")],
)
def test_a_hub_that_cannot_be_one_is_refused(house: Household, old: str, new: str) -> None:
    """Whatever was done to the file."""
    path = house.folder / MEMBERSHIP
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")

    with pytest.raises(ConfigError):
        read_joined(house.home())


def test_its_files_are_its_own(house: Household) -> None:
    """Folders are made when they are needed, for the owner alone."""
    path = path_in(house.home(), "deep", "file")

    assert path == Path(house.folder / "hub" / "deep" / "file")
    assert path.parent.stat().st_mode & 0o777 == 0o700
