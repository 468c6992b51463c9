"""The list of an epoch is made once, from the same statements to the same bytes."""

from pathlib import Path

import pytest

from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import Conflict
from hinomi.services.hub.backup import back_up, restore
from hinomi.services.hub.checking import check
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.publishing import preview, publish, require_window_over
from hinomi.services.hub.restored import resume
from hinomi.share.snapshot import check_head, require_body
from hubs import server

SERVERS = [server(each) for each in range(1, 7)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub to which every member said the same."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    for name in MEMBERS:
        hub.submits(name, SERVERS)
    return hub


def test_a_snapshot_is_signed_and_holds_what_members_said(hub: FoundedHub) -> None:
    """Its entries are its listings, and its head is over its bytes."""
    made = hub.publishes()

    with hub.home().casebook() as casebook:
        found = casebook.hub.snapshots.get(1)
        standing = casebook.hub.snapshots.standing()
    head = check_head(found.head, list_signer(hub.home()).verifier)
    snapshot = require_body(head, found.json)
    assert (made.number, made.listed, made.new, made.ended) == (1, 6, 6, 0)
    assert [each.listing() for each in standing] == list(snapshot.listings)
    assert [each.endpoint for each in standing] == SERVERS


def test_the_journal_says_first_what_and_afterwards_that(hub: FoundedHub) -> None:
    """Two entries with the same digest; the snapshot points to the first. Then what lies beside."""
    hub.publishes()

    said = [each for each in hub.home().journal().entries() if each["operation"] == "hub publish"]
    with hub.home().casebook() as casebook:
        found = casebook.hub.snapshots.get(1)
    assert [each.get("stage", each.get("act")) for each in said] == [None, "done", "state"]
    assert {each["digest"] for each in said[:2]} == {found.digest}
    assert said[0]["index"] == found.entry


def test_an_epoch_is_published_once(hub: FoundedHub) -> None:
    """The second attempt changes nothing, and leaves no entry."""
    hub.publishes()
    size = hub.home().journal().head().size

    with pytest.raises(Conflict, match="snapshot 1"):
        hub.publishes()

    assert hub.home().journal().head().size == size


def test_order_and_clock_within_the_epoch_do_not_matter(hub: FoundedHub, tmp_path: Path) -> None:
    """The same bytes, signature and all, from the same statements."""
    twin = FoundedHub.at(tmp_path / "twin")
    HubCopy = hub.copy(tmp_path / "twin")  # noqa: N806 - its folder is what is wanted.
    assert HubCopy.folder == twin.folder
    twin.past_ms = 22 * 3_600_000
    hub.publishes()
    twin.publishes()

    with hub.home().casebook() as one, twin.home().casebook() as other:
        assert one.hub.snapshots.get(1).json == other.hub.snapshots.get(1).json
        assert one.hub.snapshots.get(1).head == other.hub.snapshots.get(1).head


def test_snapshots_follow_on_each_other(hub: FoundedHub) -> None:
    """What nobody carries for a lease ends; days without a list leave no gap in the numbers."""
    hub.publishes()
    hub.epoch += 8
    for name in MEMBERS:
        hub.submits(name, SERVERS[1:])

    made = hub.publishes()

    assert (made.number, made.listed) == (2, 5)
    assert check(hub.home()).faults == ()


def test_a_preview_changes_nothing(hub: FoundedHub) -> None:
    """It tells what would be made from what was said so far."""
    size = hub.home().journal().head().size

    assert preview(hub.home()).listed == 6

    assert hub.home().journal().head().size == size
    with hub.home().casebook() as casebook:
        assert casebook.hub.snapshots.sealed() == frozenset()
    assert hub.publishes().listed == 6


def test_members_have_their_time(hub: FoundedHub) -> None:
    """Two hours of the epoch, as registered."""
    hub.past_ms = 119 * 60_000
    with pytest.raises(Conflict, match="2026-11-23T02:00:00Z"):
        require_window_over(hub.home())
    hub.past_ms = 120 * 60_000
    require_window_over(hub.home())


def test_another_length_of_the_epoch_is_refused(hub: FoundedHub) -> None:
    """Numbers of epochs would go back, and members follow nobody who goes back."""
    hub.publishes()
    hub.epoch += 7
    home = hub.home()
    longer = home.register.with_value("share.epoch_days", 7, decided_by="test")
    object.__setattr__(home, "register", longer)

    with pytest.raises(Conflict, match="1 days long"):
        publish(home)


def test_long_after_the_last_list_a_person_has_to_say_that_the_clock_is_right(
    hub: FoundedHub,
) -> None:
    """As registered: two weeks are few enough. Nothing is sealed before; then the journal knows."""
    hub.publishes()
    hub.epoch += 15
    for make in (publish, preview):
        with pytest.raises(Conflict, match=r"is 2026-12-08.* of 2026-11-23: 15 epochs, more than"):
            make(hub.home())
    with hub.home().casebook() as casebook:
        assert casebook.hub.snapshots.sealed() == {hub.epoch - 15}

    assert preview(hub.home(), after_pause=True).number == 2
    assert publish(hub.home(), after_pause=True).number == 2
    told = [each["after_pause"] for each in hub.home().journal().entries() if "after_pause" in each]
    assert told == [15, 15]  # Before, and done.
    hub.epoch += 14
    assert hub.publishes().number == 3
    assert check(hub.home()).faults == ()


def test_after_a_list_of_a_later_epoch_the_clock_is_named(hub: FoundedHub) -> None:
    """And not that today's list is made: it is not. Members' batches are told the same."""
    hub.publishes()
    hub.epoch += 10
    hub.publishes()
    hub.epoch -= 9
    for make in (publish, preview):
        with pytest.raises(Conflict, match="snapshot 2 is of 2026-12-03, which is after today"):
            make(hub.home())
    with pytest.raises(Conflict, match=r"is after today.*look at the hub's clock"):
        hub.submits(MEMBERS[0], SERVERS)


def test_a_backup_of_before_leads_out_of_a_future_list(hub: FoundedHub, tmp_path: Path) -> None:
    """No member has that list: none takes a list of an epoch that has not begun."""
    hub.publishes()
    back_up(hub.home(), tmp_path / "hub.backup")
    hub.epoch += 10
    hub.publishes()
    hub.epoch -= 9
    restore(tmp_path / "hub.backup", tmp_path / "new")
    again = FoundedHub.at(tmp_path / "new")
    again.epoch = hub.epoch

    resume(again.home(), 1)

    made = again.publishes()
    assert (made.number, str(made.epoch)) == (2, "2026-11-24")
    assert check(again.home()).faults == ()


def test_a_broken_off_publication_is_made_again(hub: FoundedHub) -> None:
    """Sealed and announced, and never kept: the next attempt does it, with the same bytes."""
    with hub.home().casebook() as casebook:
        casebook.hub.snapshots.seal(hub.epoch)

    assert hub.publishes().listed == 6
    assert check(hub.home()).faults == ()
