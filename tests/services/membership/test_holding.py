"""What is held is whole, checked each time it is read, and locked while it changes."""

import shutil
import threading

import pytest

from hinomi.errors import ConfigError, Conflict, NotFound
from hinomi.govern.note import BadNote
from hinomi.services.membership import holding
from hinomi.services.membership.holding import (
    KEPT_LISTS,
    alone,
    check_chain,
    read_head,
    read_held,
    read_list,
    require_held,
)
from hinomi.services.membership.joined import JoinedHub, read_joined
from hinomi.services.membership.pulling import pull
from household import DAY_MS, Household
from standin import StandIn, epoch_at


@pytest.fixture(name="joined")
def a_house_with_lists(house: Household, hub: StandIn) -> JoinedHub:
    """Let a house take in one more list than it keeps, and give the hub it joined."""
    for _ in range(KEPT_LISTS + 1):
        house.later(DAY_MS)
        hub.list_servers(epoch_at(house.home()))
        pull(house.home())
    return read_joined(house.home())


def test_heads_stay_and_old_lists_go(house: Household, joined: JoinedHub) -> None:
    """The chain is whole; of the lists the newest few are here."""
    home = house.home()

    assert [each.number for each in check_chain(home, joined)] == [1, 2, 3, 4, 5]
    assert read_list(home, joined, 2).number == 2
    with pytest.raises(NotFound, match="snapshot 1 is not here"):
        read_list(home, joined, 1)
    assert len([*(house.folder / "hub" / "envelopes").iterdir()]) == 5


def test_a_chain_with_a_gap_is_none(house: Household, joined: JoinedHub) -> None:
    """A head that somebody took away is missed."""
    (house.folder / "hub" / "heads" / "000000003.note").unlink()

    with pytest.raises(Conflict, match="snapshot 3 is missing"):
        check_chain(house.home(), joined)


def test_a_damaged_list_is_none(house: Household, joined: JoinedHub) -> None:
    """Its digest was signed."""
    path = house.folder / "hub" / "lists" / "000000005.json"
    path.write_bytes(path.read_bytes().replace(b"203.0.113.20", b"203.0.113.19"))

    with pytest.raises(BadNote, match="not the list whose digest"):
        read_list(house.home(), joined, 5)


def test_a_head_under_another_number_is_none(house: Household, joined: JoinedHub) -> None:
    """Nor one that is no text."""
    folder = house.folder / "hub" / "heads"
    (folder / "000000005.note").write_bytes((folder / "000000004.note").read_bytes())
    with pytest.raises(BadNote, match="another snapshot"):
        read_head(house.home(), joined, 5)

    (folder / "000000005.note").write_bytes(b"\xff")
    with pytest.raises(BadNote, match="damaged"):
        read_head(house.home(), joined, 5)


@pytest.mark.parametrize("lost", ["held.json", "heads/000000005.note"])
def test_what_is_damaged_is_not_passed_over(house: Household, joined: JoinedHub, lost: str) -> None:
    """Else a hub that goes back would not be noticed."""
    (house.folder / "hub" / lost).write_bytes(b"{")

    with pytest.raises(ConfigError, match="restore both from backup"):
        read_held(house.home(), joined)
    with pytest.raises(ConfigError):
        pull(house.home())


@pytest.mark.parametrize("gone", [("held.json",), ("held.json", "heads", "lists")], ids=len)
def test_what_is_gone_is_said_to_be(
    house: Household, joined: JoinedHub, gone: tuple[str, ...]
) -> None:
    """By the heads that are here, or by the journal, it is known what had come."""
    for name in gone:
        path = house.folder / "hub" / name
        path.unlink() if path.is_file() else shutil.rmtree(path)

    with pytest.raises(ConfigError, match=r"held.json is gone, and snapshot 5 had come"):
        read_held(house.home(), joined)


def test_a_new_member_holds_nothing(house: Household) -> None:
    """Until it pulls."""
    joined = read_joined(house.home())

    assert read_held(house.home(), joined) is None
    with pytest.raises(NotFound, match="listings pull"):
        require_held(house.home(), joined)


def test_one_at_a_time(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pulls at once could put the older list in the newer one's place."""
    monkeypatch.setattr(holding, "_WAIT_S", 0.0)
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with alone(house.home()):
            inside.set()
            done.wait(60)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert inside.wait(60)
        with pytest.raises(Conflict, match="another process"), alone(house.home()):
            pass
    finally:
        done.set()
        other.join()
    with alone(house.home()):
        pass
