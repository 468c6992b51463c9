"""The newest list comes in whole and checked, or the last good one stays."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docket import bodies
from hinomi.errors import (
    ConfigError,
    Conflict,
    HinomiError,
    MalformedDocument,
    NotFound,
    Unavailable,
)
from hinomi.govern.note import BadNote, Signer
from hinomi.model.listed import HUB_LIST, ListKind
from hinomi.services.home import Home
from hinomi.services.membership.holding import read_held
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.pulling import Pulled, pull
from hinomi.share.envelope import check_envelope, sign_envelope
from household import DAY_MS, Household
from standin import SERVERS, StandIn, epoch_at, listing


def in_use(home: Home) -> set[str]:
    """Give the addresses of the hub's list that detection sees."""
    with home.casebook() as casebook:
        found = casebook.lists.entries(ListKind.KNOWN_CC)
    return {str(each.entry.base) for each in found if each.source == HUB_LIST}


def addresses(*texts: str) -> set[str]:
    """Give addresses as `in_use` does."""
    return {str(listing(each, 1).address) for each in texts}


def number_held(home: Home) -> int:
    """Give which snapshot is in use; 0: none."""
    held = read_held(home, read_joined(home))
    return 0 if held is None else held.number


def pulled_first(house: Household, hub: StandIn) -> Pulled:
    """Let a house take in a first list of this epoch."""
    hub.list_servers(epoch_at(house.home()))
    return pull(house.home())


def test_the_first_list_is_put_to_use(house: Household, hub: StandIn) -> None:
    """As known C&Cs, each with port; the hub learns which list is in use; the journal counts."""
    done = pulled_first(house, hub)

    assert (done.number, done.is_new, done.acknowledged, done.warnings) == (1, True, True, ())
    assert (done.applied.entries, done.applied.added, done.applied.lapsed) == (6, 6, 0)
    assert (done.age_epochs, done.lease_epochs) == (0, 6)
    assert in_use(house.home()) == addresses(*SERVERS)
    assert hub.acknowledged == [1]
    last = [each for each in bodies(house) if each["operation"] == "listings pull"]
    assert [each["act"] for each in last] == ["pull", "acknowledge"]
    assert not any(server in json.dumps(bodies(house)) for server in SERVERS)


def test_the_same_list_again_changes_nothing(house: Household, hub: StandIn) -> None:
    """Neither a list, nor the journal, nor what the hub is told; that it is the same is asked."""
    pulled_first(house, hub)
    begun = len(house.entries())
    hub.asked.clear()

    done = pull(house.home())

    assert (done.is_new, done.applied.added, done.applied.ended) == (False, 0, 0)
    assert len(house.entries()) == begun
    assert [path for _, path in hub.asked] == [
        "/v1/snapshots?after=1&most=100", "/v1/snapshots/1/head",
    ]  # fmt: skip


def test_who_was_away_takes_in_the_heads_and_one_list(house: Household, hub: StandIn) -> None:
    """However many lists were made meanwhile: they come a hundred heads at a time."""
    pulled_first(house, hub)
    house.later(230 * DAY_MS)
    now = epoch_at(house.home())
    for epoch in range(now - 220, now):
        hub.publish([listing(SERVERS[0], epoch)], epoch)
    hub.publish([listing(SERVERS[1], now + 6)], now)
    hub.asked.clear()

    done = pull(house.home())

    assert (done.number, done.applied.added, done.applied.ended) == (222, 0, 5)
    assert in_use(house.home()) == addresses(SERVERS[1])
    assert sum(path.endswith("listings.json") for _, path in hub.asked) == 1
    assert sum("after=" in path for _, path in hub.asked) == 3


def test_what_the_hub_removed_is_gone(house: Household, hub: StandIn) -> None:
    """With the next list."""
    pulled_first(house, hub)
    house.later(DAY_MS)
    now = epoch_at(house.home())
    hub.publish([listing(each, now + 6) for each in SERVERS[1:]], now)

    done = pull(house.home())

    assert (done.applied.added, done.applied.ended) == (0, 1)
    assert in_use(house.home()) == addresses(*SERVERS[1:])


def went_back(hub: StandIn, _epoch: int) -> None:
    """Forget the newest list."""
    del hub.made[2]


def tells_another(hub: StandIn, epoch: int) -> None:
    """Show another list under the newest number."""
    del hub.made[2]
    hub.publish([listing(SERVERS[0], epoch + 5)], epoch)


def leaves_one_out(hub: StandIn, epoch: int) -> None:
    """Skip a number."""
    hub.list_servers(epoch)
    hub.list_servers(epoch)
    del hub.made[3]


def names_more(hub: StandIn, epoch: int) -> None:
    """Show no head after one that is missing."""
    hub.publish((), epoch, number=9)
    hub.made = {number: made for number, made in hub.made.items() if number < 4}
    hub.mend = lambda _path, body: body.replace(b'"newest": 2', b'"newest": 9')


def forks(hub: StandIn, epoch: int) -> None:
    """Follow on something else."""
    hub.publish((), epoch, previous="f" * 64)


def tells_two(hub: StandIn, _epoch: int) -> None:
    """Show another list under the same number."""
    hub.publish((), hub.made[2].snapshot.epoch, number=2)


def is_ahead(hub: StandIn, epoch: int) -> None:
    """Speak of an epoch that has not begun."""
    hub.list_servers(epoch + 1)


def stands_still(hub: StandIn, epoch: int) -> None:
    """Make two lists in one epoch."""
    hub.list_servers(epoch - 1)


def is_somebody_else(hub: StandIn, epoch: int) -> None:
    """Sign with a key of the same name."""
    hub.publish((), epoch, signer=Signer(hub.list_key.name, b"x" * 32))


def another_number(hub: StandIn, epoch: int) -> None:
    """Give a head under another number than it was signed with."""
    hub.list_servers(epoch)
    hub.mend = lambda _path, body: body.replace(b'"number": 3', b'"number": 4')


def another_length(hub: StandIn, epoch: int) -> None:
    """Have longer epochs than it said."""
    hub.epoch_days = 2
    hub.publish((), epoch // 2)


def another_list(hub: StandIn, epoch: int) -> None:
    """Give another list than the one that was signed."""
    hub.list_servers(epoch)
    hub.mend = lambda path, body: (
        body.replace(b"203.0.113.21", b"203.0.113.99") if path.endswith(".json") else body
    )


def another_envelope(hub: StandIn, epoch: int) -> None:
    """Give a copy that was made for somebody else."""
    hub.list_servers(epoch)
    made = hub.envelope(2)
    hub.mend = lambda path, body: made if path.endswith("3/envelope") else body


def no_envelope(hub: StandIn, epoch: int) -> None:
    """Give no envelope."""
    hub.list_servers(epoch)
    hub.refuse = lambda path: (404, b"{}") if path.endswith("envelope") else None


def cuts(hub: StandIn, epoch: int) -> None:
    """End the list early, each time."""
    hub.list_servers(epoch)
    hub.cut = True


def is_busy(hub: StandIn, epoch: int) -> None:
    """Have no time for long."""
    hub.list_servers(epoch)
    hub.busy = 99


def talks_nonsense(hub: StandIn, epoch: int) -> None:
    """Answer something else."""
    hub.list_servers(epoch)
    hub.mend = lambda _path, _body: b"<html>"


FAULTS: dict[Callable[[StandIn, int], None], type[HinomiError]] = {
    went_back: Conflict,
    leaves_one_out: Conflict,
    names_more: Conflict,
    forks: Conflict,
    tells_two: Conflict,
    is_ahead: Conflict,
    stands_still: Conflict,
    is_somebody_else: BadNote,
    another_number: BadNote,
    another_length: BadNote,
    another_list: BadNote,
    another_envelope: BadNote,
    no_envelope: NotFound,
    cuts: Unavailable,
    is_busy: Unavailable,
    talks_nonsense: MalformedDocument,
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_whatever_is_wrong_the_last_good_list_stays(
    house: Household, hub: StandIn, fault: Callable[[StandIn, int], None]
) -> None:
    """And once it is mended, the next pull goes on from there."""
    pulled_first(house, hub)
    house.later(DAY_MS)
    hub.list_servers(epoch_at(house.home()))
    pull(house.home())
    house.later(DAY_MS)
    now = epoch_at(house.home())
    begun, good = len(house.entries()), dict(hub.made)
    fault(hub, now)

    with pytest.raises(FAULTS[fault]) as caught:
        pull(house.home())

    assert "\n" not in str(caught.value)
    assert number_held(house.home()) == 2
    assert in_use(house.home()) == addresses(*SERVERS)
    refused = [each for each in bodies(house, since=begun) if "refused" in each]
    assert len(refused) == (FAULTS[fault] in {Conflict, BadNote})
    hub.made, hub.busy, hub.cut, hub.epoch_days = good, 0, False, 1
    hub.mend, hub.refuse = (lambda _path, body: body), (lambda _path: None)
    hub.list_servers(now)
    assert pull(house.home()).number == 3


def test_a_hub_that_is_busy_for_a_moment_is_asked_again(house: Household, hub: StandIn) -> None:
    """Two attempts later it has time."""
    hub.busy = 2

    assert pulled_first(house, hub).number == 1


def test_leases_end_while_the_hub_is_away(house: Household, hub: StandIn) -> None:
    """Epoch by epoch, until nothing is left; the journal counts what went."""
    now = epoch_at(house.home())
    hub.publish([listing(each, now + at) for at, each in enumerate(SERVERS)], now)
    pull(house.home())
    hub.busy = 999
    left: list[int] = []
    for _ in range(len(SERVERS)):
        house.later(DAY_MS)
        with pytest.raises(Unavailable, match="is away: too many requests at once"):
            pull(house.home())
        left.append(len(in_use(house.home())))

    assert left == [5, 4, 3, 2, 1, 0]
    assert number_held(house.home()) == 1
    ended = [each["ended"] for each in bodies(house) if each.get("act") == "lapse"]
    assert ended == [1] * 6


def test_an_old_list_is_told_of(house: Household, hub: StandIn) -> None:
    """A hub that makes no new one looks alive and is not."""
    pulled_first(house, hub)
    house.later(2 * DAY_MS)

    done = pull(house.home())

    (said,) = done.warnings
    assert said == (
        "the hub's list is 2 epochs old: ask the hub; without a newer one the last of it ends "
        "after 4 more"
    )


def test_a_hub_that_gives_more_than_a_lease_is_told_of(house: Household, hub: StandIn) -> None:
    """In one line, with the day on which it ends here; what was signed is kept as it is."""
    now = epoch_at(house.home())
    servers = [listing(SERVERS[0], now + 7), listing(SERVERS[1], now + 100_000)]
    made = hub.publish([*servers, listing(SERVERS[2], now + 6)], now)

    done = pull(house.home())

    (said,) = done.warnings
    day = read_joined(house.home()).day_of(now + 6)
    assert said == (
        "the hub lets 2 of its servers stand for longer than share.lease_days (7) here: they end "
        f"here after {day}; ask the hub"
    )
    assert (done.lease_epochs, done.applied.shortened) == (6, 2)
    assert (house.folder / "hub" / "lists" / "000000001.json").read_bytes() == made.json
    (told,) = [each for each in bodies(house) if each.get("act") == "pull"]
    assert told["shortened"] == 2


def test_a_certificate_that_ends_is_told_of(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """In its last month; after it a pull says what to do, and lists end all the same."""
    pulled_first(house, hub)
    hub.lasts_days = 400
    hub.let_in(house.home(), tmp_path)

    (said,) = pull(house.home()).warnings

    assert "this node's certificate ends on 2027-02-0" in said
    house.later(30 * DAY_MS)
    with pytest.raises(ConfigError, match="certificate ended on 2027-02-0"):
        pull(house.home())
    assert in_use(house.home()) == set()


def test_a_list_in_use_that_is_ahead_of_the_clock_is_told_of(
    house: Household, hub: StandIn
) -> None:
    """As one that is offered is; it stays in use, and the journal says so."""
    pulled_first(house, hub)
    house.later(-3 * DAY_MS)
    begun = len(house.entries())

    with pytest.raises(Conflict, match=r"has not begun\. Set this node's clock; if it is right"):
        pull(house.home())

    (told,) = bodies(house, since=begun)
    assert "has not begun" in str(told["refused"])
    assert in_use(house.home()) == addresses(*SERVERS)
    (house.folder / "hub" / "held.json").unlink()
    with pytest.raises(Conflict, match=r"has not begun\. Set this node's clock"):
        pull(house.home())
    house.later(3 * DAY_MS)
    assert (pull(house.home()).number, len(in_use(house.home()))) == (1, 6)


def test_a_list_that_was_lost_here_comes_again(house: Household, hub: StandIn) -> None:
    """Its head stays, so nothing else passes for it."""
    pulled_first(house, hub)
    for each in (house.folder / "hub" / "lists").iterdir():
        each.write_bytes(b"{}")

    assert pull(house.home()).number == 1
    assert in_use(house.home()) == addresses(*SERVERS)


def loses(house: Household, *names: str) -> None:
    """Let go of what was kept of the list."""
    for name in names:
        path = house.folder / "hub" / name
        path.unlink() if path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("lost", [("held.json",), ("held.json", "heads")], ids=" ".join)
@pytest.mark.parametrize("fault", [went_back, tells_another], ids=lambda fault: fault.__name__)
def test_who_lost_what_was_held_takes_no_older_list(
    house: Household,
    hub: StandIn,
    lost: tuple[str, ...],
    fault: Callable[[StandIn, int], None],
) -> None:
    """The newest head that is here, or else the journal, says what had come."""
    pulled_first(house, hub)
    house.later(DAY_MS)
    now = epoch_at(house.home())
    hub.list_servers(now)
    pull(house.home())
    loses(house, *lost)
    good = dict(hub.made)
    fault(hub, now)

    with pytest.raises(Conflict):
        pull(house.home())
    assert not (house.folder / "hub" / "held.json").exists()

    hub.made = good
    assert (pull(house.home()).number, number_held(house.home())) == (2, 2)
    house.later(DAY_MS)
    hub.list_servers(epoch_at(house.home()))
    assert pull(house.home()).number == 3


def test_a_list_for_another_member_is_refused(house: Household, hub: StandIn) -> None:
    """Its envelope says for whom the copy was made; that the hub signed it does not suffice."""
    pulled_first(house, hub)
    house.later(DAY_MS)
    hub.list_servers(epoch_at(house.home()))
    other = check_envelope(hub.envelope(2).decode(), hub.envelope_key.verifier)
    signed = sign_envelope(replace(other, member="isp-b"), hub.envelope_key).encode()
    hub.mend = lambda path, body: signed if path.endswith("2/envelope") else body

    with pytest.raises(BadNote, match="of another list or member"):
        pull(house.home())
    assert number_held(house.home()) == 1


def test_a_server_inside_the_own_network_is_kept_as_a_pseudonym(
    house: Household, hub: StandIn
) -> None:
    """As on every list: detection finds it by that, and its address stands in no table."""
    now = epoch_at(house.home())
    hub.publish([listing("192.0.2.77", now + 6), listing("127.0.0.1", now + 6)], now)

    done = pull(house.home())

    with house.home().casebook() as casebook:
        (found,) = casebook.lists.entries(ListKind.KNOWN_CC)
    plain = listing("192.0.2.77", now).address
    assert (done.applied.entries, done.applied.ignored) == (1, 1)
    assert found.entry.own
    assert found.entry.base == house.home().cipher().tokenise_one(plain)


def test_the_hub_need_not_know_at_once(house: Household, hub: StandIn) -> None:
    """A list is in use although the hub does not take the acknowledgement; it is told later."""
    hub.refuse = lambda path: (500, b"") if path.endswith("acknowledgement") else None

    done = pulled_first(house, hub)

    assert not done.acknowledged
    assert any("was not told" in each for each in done.warnings)
    hub.refuse = lambda _path: None
    assert pull(house.home()).acknowledged
    assert hub.acknowledged == [1]


def test_only_a_member_pulls(at: Any) -> None:
    """A home that has joined no hub says how to join one."""
    with pytest.raises(NotFound, match="hinomi listings enrol"):
        pull(at(None).home())


def test_before_the_first_list_there_is_nothing(house: Household) -> None:
    """The hub says so."""
    with pytest.raises(NotFound):
        pull(house.home())
