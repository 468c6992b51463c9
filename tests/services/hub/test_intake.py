"""What a member's node sends is checked, journalled and kept, or refused whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundedhubs import FoundedHub
from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotPermitted
from hinomi.model.listing import render_epoch
from hinomi.model.member import MemberState
from hinomi.model.snapshot import NUMBER_MOST
from hinomi.model.statement import Deed, Sighting, Statement
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.intake import Sent, take
from hinomi.share.signing import Signed
from hinomi.share.submission import render_submission
from hubs import server

SERVERS = [server(each) for each in range(1, 7)]


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> FoundedHub:
    """Give a hub with members."""
    return FoundedHub.with_members(tmp_path / "hub")


@pytest.fixture(name="listing")
def a_hub_that_lists(hub: FoundedHub) -> FoundedHub:
    """Give a hub whose snapshot 1 lists all `SERVERS`, an epoch later."""
    hub.runs(SERVERS)
    return hub


def body(hub: FoundedHub, count: int = 6, epoch: int | None = None) -> bytes:
    """Render a submission."""
    said = [Statement(endpoint=each) for each in SERVERS[:count]]
    return render_submission(said, hub.spoken_of if epoch is None else epoch, 1)


def told(hub: FoundedHub) -> list[dict[str, object]]:
    """Give what the journal says of intake."""
    return [each for each in hub.home().journal().entries() if each["operation"] == "hub intake"]


def test_a_receipt_is_signed_by_the_hub_and_names_what_it_took(hub: FoundedHub) -> None:
    """Member, epoch and digest: it can be shown to others."""
    receipt = hub.submits("isp-a", SERVERS)

    signed = Signed.check(receipt.note, list_signer(hub.home()).verifier, 1)
    assert (signed.deed, signed.member, signed.epoch) == (Deed.RECEIPT, "isp-a", hub.spoken_of)
    assert signed.digest == receipt.digest
    assert receipt.statements == 6
    with hub.home().casebook() as casebook:
        batch = casebook.hub.batches.find("isp-a", Deed.SUBMISSION, hub.spoken_of)
    assert batch is not None
    assert batch.body == body(hub)


def test_the_journal_names_no_server(hub: FoundedHub) -> None:
    """Who, which epoch, how many: the entry is one of the receipts' own facts."""
    receipt = hub.submits("isp-a", SERVERS)

    (entry,) = told(hub)

    assert {each: entry[each] for each in ("member", "deed", "epoch", "digest", "statements")} == {
        "member": "isp-a", "deed": "submission", "epoch": render_epoch(hub.spoken_of, 1),
        "digest": receipt.digest, "statements": 6,
    }  # fmt: skip
    assert "198.51.100" not in str(entry)


def test_the_same_again_gets_the_same_receipt_whenever_it_comes(hub: FoundedHub) -> None:
    """After the list is made, too, and in a later epoch; nothing is journalled twice."""
    sent = hub.sent("isp-a", body(hub))
    first = hub.takes("isp-a", sent)
    hub.publishes()

    assert hub.takes("isp-a", sent) == first
    hub.epoch += 3
    assert hub.takes("isp-a", sent) == first
    assert len(told(hub)) == 1


def test_something_else_for_the_same_epoch_is_refused(hub: FoundedHub) -> None:
    """What was said stays said."""
    hub.submits("isp-a", SERVERS)

    with pytest.raises(Conflict, match="next"):
        hub.submits("isp-a", SERVERS[:5])


def test_what_comes_while_the_list_is_made_waits(hub: FoundedHub) -> None:
    """A sealed epoch takes nothing, before anything was published, and journals nothing."""
    with hub.home().casebook() as casebook:
        casebook.hub.snapshots.seal(hub.epoch)

    with pytest.raises(Conflict, match="being made"):
        hub.submits("isp-a", SERVERS)

    assert told(hub) == []


@pytest.mark.parametrize("change", [{"state": MemberState.SUSPENDED}, {"signing_key": "another"}])
def test_who_is_changed_while_it_is_heard_is_not_kept(
    hub: FoundedHub, change: dict[str, Any]
) -> None:
    """The journal, which had been told of the batch, is told that it was refused."""
    home, sent = hub.home(), hub.sent("isp-a", body(hub))
    with home.casebook() as casebook:
        before = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(before, **change))
        with pytest.raises(NotPermitted, match="by now"):
            take(home, casebook, before, sent)
        assert casebook.hub.batches.index() == ()

    assert [each.get("act") for each in told(hub)] == [None, "refused"]


Change = Callable[[FoundedHub, Sent], Sent]

WRONG: dict[str, tuple[Change, type[HinomiError]]] = {
    "another body": (lambda hub, sent: replace(sent, body=body(hub, 5)), NotPermitted),
    "another epoch": (lambda _, sent: replace(sent, epoch=sent.epoch - 1), NotPermitted),
    "another deed": (lambda _, sent: replace(sent, deed=Deed.SIGHTINGS), NotPermitted),
    "another member's note": (
        lambda hub, sent: replace(sent, note=hub.sent("isp-b", sent.body).note),
        NotPermitted,
    ),
    "no note": (lambda _, sent: replace(sent, note="isp-a was here"), NotPermitted),
    "too few": (lambda hub, _: hub.sent("isp-a", body(hub, 4)), MalformedDocument),
    "of another day inside": (
        lambda hub, _: hub.sent("isp-a", body(hub, epoch=hub.epoch)),
        MalformedDocument,
    ),
    "no document": (lambda hub, _: hub.sent("isp-a", b"[]"), MalformedDocument),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_right_is_refused_whole(hub: FoundedHub, name: str) -> None:
    """Nothing of it is kept, and the refusal repeats no address."""
    change, error = WRONG[name]
    sent = change(hub, hub.sent("isp-a", body(hub)))

    with pytest.raises(error) as caught:
        hub.takes("isp-a", sent)

    assert "198.51.100" not in str(caught.value)
    with hub.home().casebook() as casebook:
        assert casebook.hub.batches.find("isp-a", sent.deed, sent.epoch) is None


def test_a_table_is_taken_in_its_one_form_alone(hub: FoundedHub) -> None:
    """Any other order of rows would tell in which order they were found."""
    rows = [b"198.51.100.%d,tcp,443\n" % number for number in range(1, 6)]
    head = b"address,protocol,port\n"
    wrong = replace(hub.sent("isp-a", head + b"".join(rows[::-1])), media="csv")
    with pytest.raises(MalformedDocument, match="listings submit --file"):
        hub.takes("isp-a", wrong)

    right = replace(hub.sent("isp-a", head + b"".join(rows)), media="csv")
    assert hub.takes("isp-a", right).statements == 5


def test_an_empty_batch_takes_all_back(hub: FoundedHub) -> None:
    """To have found nothing can be said; one or two servers cannot."""
    assert hub.submits("isp-a", []).statements == 0


def test_sightings_may_be_few(listing: FoundedHub) -> None:
    """They speak of what stands on the list, and tell of nothing new."""
    assert listing.sights("isp-a", 1, {server(1): Sighting.CONFIRMED}).statements == 1


@pytest.mark.parametrize("number", [2, 999_999, NUMBER_MOST])
def test_sightings_are_of_a_snapshot_that_exists(listing: FoundedHub, number: int) -> None:
    """Nobody has seen another one."""
    with pytest.raises(MalformedDocument, match="does not have"):
        listing.sights("isp-a", number, {server(1): Sighting.WRONG})


@pytest.mark.parametrize("number", [-5, 0, NUMBER_MOST + 1, 2**63, 2**64, 10**40])
def test_sightings_are_of_a_number_that_a_snapshot_can_have(
    listing: FoundedHub, number: int
) -> None:
    """No database is asked for another one: it could not even hold the number."""
    with pytest.raises(MalformedDocument, match="snapshot"):
        listing.sights("isp-a", number, {server(1): Sighting.WRONG})


def test_sightings_are_of_what_is_listed(listing: FoundedHub) -> None:
    """Another address would be a finding below the least number of them; it is not repeated."""
    with pytest.raises(MalformedDocument, match="snapshot 1") as caught:
        listing.sights("isp-a", 1, {server(77): Sighting.CONFIRMED})

    assert "198.51.100" not in str(caught.value)


def test_sightings_are_of_a_list_that_is_no_older_than_a_lease(listing: FoundedHub) -> None:
    """What was wrong of an old list was told then."""
    listing.epoch += 6
    assert listing.sights("isp-a", 1, {server(1): Sighting.GONE}).statements == 1

    listing.epoch += 1
    with pytest.raises(MalformedDocument, match="older than a lease"):
        listing.sights("isp-a", 1, {server(1): Sighting.GONE})


def test_the_journal_takes_back_what_was_refused_at_last(hub: FoundedHub) -> None:
    """The list is begun between the entry and the batch: a further entry says so."""
    seen: list[int] = []
    seals_at = 0

    def clock() -> int:
        seen.append(len(seen) + 1)
        if seen[-1] == seals_at:
            with hub.home().casebook() as casebook:
                casebook.hub.snapshots.seal(hub.epoch)
        return hub.clock()

    home = replace(hub.home(), clock=clock)
    with home.casebook() as casebook:
        members = casebook.hub.members
        take(home, casebook, members.get("isp-b"), hub.sent("isp-b", body(hub)))
        seals_at = 2 * len(seen)  # As the last look at the clock is that of the journal.
        with pytest.raises(Conflict, match="being made"):
            take(home, casebook, members.get("isp-a"), hub.sent("isp-a", body(hub)))

    _, taken, refused = told(hub)
    assert "act" not in taken
    assert refused["act"] == "refused"
    assert (refused["of"], refused["digest"]) == (taken["index"], taken["digest"])


def test_a_known_batch_with_another_note_is_refused(hub: FoundedHub) -> None:
    """A receipt is for whoever signed it."""
    sent = hub.sent("isp-a", body(hub))
    hub.takes("isp-a", sent)

    with pytest.raises(NotPermitted):
        hub.takes("isp-a", replace(sent, note="isp-a was here"))


def test_what_is_of_another_epoch_is_refused(hub: FoundedHub) -> None:
    """Members speak of the last epoch that is over."""
    sent = hub.sent("isp-a", body(hub))
    hub.epoch += 1

    with pytest.raises(Conflict, match="2026-11-23"):
        hub.takes("isp-a", sent)
