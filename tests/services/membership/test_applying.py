"""The hub's list is a list of known C&Cs like others, and ends by itself."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from docket import At
from hinomi.errors import ConfigError, Unavailable, UsageError
from hinomi.govern.note import Signer
from hinomi.hub.authority import Authority
from hinomi.model.listed import HUB_LIST, ListKind
from hinomi.services.listing import add_list, show_lists
from hinomi.services.membership.applying import lapse
from hinomi.services.membership.holding import check_chain, require_held
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.pulling import pull
from household import DAY_MS, Household
from roundhubs import with_values
from standin import SERVERS, StandIn, answering, epoch_at, listing


def entries(house: Household) -> int:
    """Count what stands on the hub's list here."""
    found = [each for each in show_lists(house.home()) if each.source == HUB_LIST]
    return found[0].entries if found else 0


def test_a_home_without_a_hub_has_nothing_that_lapses(at: At) -> None:
    """Nor one that has not pulled yet."""
    assert lapse(at(None).home()) == 0


def test_before_the_first_list_nothing_lapses(house: Household) -> None:
    """A member without a list has none to shorten."""
    assert lapse(house.home()) == 0


def test_whoever_uses_the_list_lets_it_lapse(house: Household, hub: StandIn) -> None:
    """Without the hub, without a timer: detection does."""
    now = epoch_at(house.home())
    hub.publish([listing(each, now + at) for at, each in enumerate(SERVERS)], now)
    pull(house.home())
    assert lapse(house.home()) == 0
    house.later(2 * DAY_MS)
    begun = len(house.entries())

    assert (lapse(house.home()), entries(house)) == (2, 4)
    assert lapse(house.home()) == 0
    (told,) = house.entries()[begun:]
    assert (told["operation"], told["act"], told["ended"]) == ("lists", "lapse", 2)


def test_what_lapsed_was_confirmed_when_the_list_came(house: Household, hub: StandIn) -> None:
    """That the list grew shorter here says nothing new of what is left on it."""
    now = epoch_at(house.home())
    hub.publish([listing(each, now + at) for at, each in enumerate(SERVERS)], now)
    pull(house.home())
    held = require_held(house.home(), read_joined(house.home()))
    house.later(3 * DAY_MS)

    lapse(house.home())

    (shown,) = [each for each in show_lists(house.home()) if each.source == HUB_LIST]
    assert shown.added_ms == held.pulled_ms


LOSSES: Final[Mapping[str, tuple[str, ...]]] = {
    "the list": ("lists",),
    "the heads": ("heads",),
    "what is held": ("held.json",),
    "that and the heads": ("held.json", "heads"),
    "all": ("",),
}
DAMAGES: Final = ("lists/000000001.json", "heads/000000001.note", "held.json", "membership.json")


def loses(house: Household, lost: str) -> None:
    """Let go of some of what was kept, or damage it."""
    hub = house.folder / "hub"
    if lost in DAMAGES:
        (hub / lost).write_bytes(b"{")
        return
    for name in LOSSES[lost]:
        path = hub / name
        path.unlink() if path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("lost", [*LOSSES, *DAMAGES])
def test_leases_end_whatever_was_lost(house: Household, hub: StandIn, lost: str) -> None:
    """Where it cannot be told any more what holds, nothing of the hub's list is in use."""
    hub.list_servers(epoch_at(house.home()), lease=0)
    pull(house.home())
    loses(house, lost)
    house.later(DAY_MS)
    begun = len(house.entries())

    with suppress(ConfigError):  # Whoever detects is told.
        lapse(house.home())

    assert entries(house) == 0
    (told,) = house.entries()[begun:]
    assert (told["act"], told["ended"]) == ("lapse", 6)


@pytest.mark.parametrize("lost", ["the list", "what is held", "that and the heads"])
def test_what_was_lost_is_fetched_anew(house: Household, hub: StandIn, lost: str) -> None:
    """By the next pull that reaches the hub; one that does not lets the list end."""
    hub.list_servers(epoch_at(house.home()), lease=1)
    pull(house.home())
    loses(house, lost)
    house.later(DAY_MS)
    hub.busy = 9
    with pytest.raises(Unavailable):
        pull(house.home())
    assert entries(house) == (6 if lost == "the list" else 0)  # Of that, it is known until when.
    hub.busy = 0

    assert (pull(house.home()).number, entries(house)) == (1, 6)


def test_a_damaged_note_of_what_is_held_ends_the_list_with_a_pull_too(
    house: Household, hub: StandIn
) -> None:
    """And the pull says what is damaged; without it, the next goes on from the newest head."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    loses(house, "held.json")

    with pytest.raises(ConfigError, match=r"is damaged; restore both from backup, or remove"):
        pull(house.home())
    assert entries(house) == 0

    (house.folder / "hub" / "held.json").unlink()
    assert (pull(house.home()).number, entries(house)) == (1, 6)


def test_the_list_of_a_former_hub_ends(
    house: Household, hub: StandIn, signs: Authority, tmp_path: Path
) -> None:
    """Who joins another hub begins anew there: its first list may have any number."""
    hub.list_servers(epoch_at(house.home()))
    hub.list_servers(epoch_at(house.home()) + 1)
    house.later(DAY_MS)
    pull(house.home())
    folder = tmp_path / "other"
    folder.mkdir()
    other = StandIn(signs, list_key=Signer("other.example/list", b"o" * 32))
    other.envelope_key = Signer("other.example/envelope", b"f" * 32)
    with answering(other, folder):
        other.let_in(house.home(), folder)
        assert (lapse(house.home()), entries(house)) == (6, 0)
        assert lapse(house.home()) == 0
        other.publish([listing(SERVERS[0], epoch_at(house.home()))], epoch_at(house.home()))
        done = pull(house.home())

    assert (done.number, done.is_new, entries(house)) == (1, True, 1)
    joined = read_joined(house.home())
    assert [each.hub for each in check_chain(house.home(), joined)] == ["other.example/list"]


def test_no_other_list_passes_for_the_hubs(house: Household) -> None:
    """Its name is taken."""
    path = house.folder / "mine.csv"
    path.write_text("address,protocol,port\n203.0.113.9,tcp,443\n", "utf-8")

    for name in ("hub", " Hub "):
        with pytest.raises(UsageError, match="listings pull"):
            add_list(house.home(), ListKind.KNOWN_CC, path, name)


@pytest.mark.parametrize("lost", ["the list", "lists/000000001.json"])
def test_a_list_that_was_lost_is_told_of_while_it_is_in_use(
    house: Household, hub: StandIn, lost: str
) -> None:
    """Detection goes on with it, and says from which day on it does not."""
    hub.list_servers(epoch_at(house.home()), lease=3)
    pull(house.home())
    assert lapse(house.home()) == 0
    loses(house, lost)

    with pytest.raises(ConfigError, match=r"is in use until .*listings pull` fetches it anew"):
        lapse(house.home())
    assert entries(house) == 6

    pull(house.home())
    assert (lapse(house.home()), entries(house)) == (0, 6)


def test_nothing_holds_for_longer_than_a_lease(house: Household, hub: StandIn) -> None:
    """Whatever the hub signs (R7): who hears nothing for a week lists nothing."""
    now = epoch_at(house.home())
    far = listing(SERVERS[0], now + 100_000)
    hub.publish([far, *(listing(each, now + 6) for each in SERVERS[1:])], now)
    assert pull(house.home()).applied.shortened == 1
    house.later(6 * DAY_MS)
    assert (lapse(house.home()), entries(house)) == (0, 6)
    house.later(DAY_MS)

    assert (lapse(house.home()), entries(house)) == (6, 0)


def test_a_shorter_lease_counts_at_once(house: Household, hub: StandIn) -> None:
    """It is the register in force that says how long a list holds, not that of the pull."""
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    house.later(2 * DAY_MS)
    assert lapse(house.home()) == 0
    shorter = with_values(house.home(), {"share.lease_days": 2})

    assert (lapse(shorter), entries(house)) == (6, 0)
