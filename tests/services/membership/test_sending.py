"""A batch goes as it was signed, until the hub has given its receipt."""

from pathlib import Path

import pytest

from hinomi.errors import ConfigError, Conflict, Unavailable
from hinomi.govern.note import Signer
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.membership import holding
from hinomi.services.membership.asking import HubClient
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.joining import enrol
from hinomi.services.membership.sending import (
    KEPT_SENT,
    Parcel,
    all_waiting,
    alone_sending,
    begun,
    deliver,
    deliver_earlier,
    find_sent,
    find_waiting,
    last_sent,
    make_parcel,
    put_out,
)
from hinomi.services.membership.sighting import give_feedback
from hinomi.services.membership.submitting import submit
from hinomi.share.submission import render_submission
from household import Household
from standin import MEMBER, StandIn


def parcel(home: Home, epoch: int) -> Parcel:
    """Make an empty batch of an epoch."""
    joined = read_joined(home)
    body = render_submission((), epoch, 1)
    return make_parcel(home, joined, Deed.SUBMISSION, epoch=epoch, body=body, statements=0)


def send(home: Home, made: Parcel) -> Parcel:
    """Send a batch."""
    joined = read_joined(home)
    with HubClient(home, joined) as client:
        return deliver(home, joined, put_out(home, joined, made), client)


def test_the_same_batch_is_signed_alike(house: Household, hub: StandIn) -> None:
    """Ed25519: the same text always gets the same signature."""
    assert parcel(house.home(), hub.spoken_of) == parcel(house.home(), hub.spoken_of)


def test_what_lies_there_first_goes(house: Household, hub: StandIn) -> None:
    """A second batch of an epoch does not take its place."""
    home = house.home()
    joined = read_joined(home)
    first = parcel(home, hub.spoken_of)
    other = make_parcel(
        home, joined, Deed.SUBMISSION, epoch=hub.spoken_of, body=b"{}", statements=9
    )

    assert put_out(home, joined, first) == first
    assert put_out(home, joined, other) == first
    assert find_waiting(home, joined, Deed.SUBMISSION, hub.spoken_of) == first


def test_the_receipt_is_kept(house: Household, hub: StandIn) -> None:
    """With what it is for."""
    home = house.home()
    done = send(home, parcel(home, hub.spoken_of))

    assert done.receipt is not None
    assert "hinomi receipt" in done.receipt
    assert find_sent(home, read_joined(home), Deed.SUBMISSION, hub.spoken_of) == done
    assert last_sent(home, Deed.SUBMISSION) == done
    assert last_sent(home, Deed.SIGHTINGS) is None
    assert all_waiting(home) == []


def test_old_receipts_go(house: Household, hub: StandIn) -> None:
    """The newest stay."""
    home = house.home()
    for epoch in range(hub.spoken_of, hub.spoken_of + KEPT_SENT + 2):
        hub.spoken_of = epoch
        send(home, parcel(home, epoch))

    assert len([*(house.folder / "hub" / "sent").iterdir()]) == KEPT_SENT
    newest = last_sent(home, Deed.SUBMISSION)
    assert newest is not None
    assert newest.epoch == hub.spoken_of


def test_earlier_ones_go_first(house: Household, hub: StandIn) -> None:
    """In their order; those of the present epoch and of another kind stay."""
    home = house.home()
    joined = read_joined(home)
    for epoch in (hub.spoken_of, hub.spoken_of - 1, hub.spoken_of - 2):
        put_out(home, joined, parcel(home, epoch))
    hub.asked.clear()

    with HubClient(home, joined) as client:
        refused = deliver_earlier(home, joined, Deed.SUBMISSION, hub.spoken_of, client)
        none = deliver_earlier(home, joined, Deed.SIGHTINGS, hub.spoken_of, client)

    assert [each.parcel.epoch - hub.spoken_of for each in refused] == [-2, -1]
    assert none == ()
    assert [each.epoch for each in all_waiting(home)] == [hub.spoken_of]


def test_what_was_for_a_former_hub_is_let_go(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """Another one would refuse it for ever."""
    home = house.home()
    for epoch in (hub.spoken_of - 1, hub.spoken_of):
        put_out(home, read_joined(home), parcel(home, epoch))
    hub.list_key = Signer("other.example/list", b"o" * 32)
    hub.envelope_key = Signer("other.example/envelope", b"f" * 32)
    hub.let_in(home, tmp_path)
    hub.asked.clear()

    joined = read_joined(home)
    with HubClient(home, joined) as client:
        assert deliver_earlier(home, joined, Deed.SUBMISSION, hub.spoken_of, client) == ()
    assert hub.asked == []
    assert send(home, parcel(home, hub.spoken_of)).receipt is not None
    assert all_waiting(home) == []


def test_a_hub_that_is_away_finds_it_waiting(house: Household, hub: StandIn) -> None:
    """Nothing is let go."""
    home = house.home()
    hub.busy = 3
    with pytest.raises(Unavailable):
        send(home, parcel(home, hub.spoken_of))

    assert len(all_waiting(home, Deed.SUBMISSION)) == 1
    assert all_waiting(home, Deed.SIGHTINGS) == []


@pytest.mark.parametrize("damage", [b"{", b"", None])
def test_a_damaged_batch_is_not_sent(house: Household, hub: StandIn, damage: bytes | None) -> None:
    """It would not be what was signed."""
    home = house.home()
    put_out(home, read_joined(home), parcel(home, hub.spoken_of))
    (path,) = (house.folder / "hub" / "outbox").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"findings", b"fundings") if damage is None else damage)

    with pytest.raises(ConfigError, match="damaged"):
        all_waiting(home)


def test_what_a_former_key_signed_is_signed_anew(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """A batch that waits while a node gets new keys does not stand in the way for ever."""
    home = house.home()
    for epoch in (hub.spoken_of - 1, hub.spoken_of):
        put_out(home, read_joined(home), parcel(home, epoch))
    old = parcel(home, hub.spoken_of).note
    enrol(home, MEMBER, tmp_path / "again.json", new_keys=True)
    hub.let_in(home, tmp_path)

    joined = read_joined(home)
    waiting = find_waiting(home, joined, Deed.SUBMISSION, hub.spoken_of)
    assert waiting is not None
    with HubClient(home, joined) as client:
        refused = deliver_earlier(home, joined, Deed.SUBMISSION, hub.spoken_of, client)
        done = deliver(home, joined, waiting, client)

    assert [each.parcel.epoch - hub.spoken_of for each in refused] == [-1]
    assert done.note != old
    assert done.body == waiting.body
    assert find_sent(home, joined, Deed.SUBMISSION, hub.spoken_of) == done


def test_a_hub_founded_anew_has_nothing(house: Household, hub: StandIn, tmp_path: Path) -> None:
    """Its name may be the old one: its key is not, and the receipt was the old hub's."""
    home = house.home()
    send(home, parcel(home, hub.spoken_of))
    hub.list_key = Signer(hub.list_key.name, b"n" * 32)
    hub.let_in(home, tmp_path)

    assert begun(home, read_joined(home), Deed.SUBMISSION, hub.spoken_of) is None
    assert send(home, parcel(home, hub.spoken_of)).receipt is not None


def test_what_a_clock_made_that_ran_ahead_is_let_go(house: Household, hub: StandIn) -> None:
    """When its epoch is over, other things will have been found."""
    home = house.home()
    joined = read_joined(home)
    now = hub.spoken_of
    for epoch in (now - 1, now, now + 1, now + 3):
        put_out(home, joined, parcel(home, epoch))

    found = begun(home, joined, Deed.SUBMISSION, now)

    assert found == parcel(home, now)
    assert [each.epoch - now for each in all_waiting(home)] == [-1, 0]


def test_one_process_sends_at_a_time(
    house: Household, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other waits for it, and says so where that lasts too long."""
    monkeypatch.setattr(holding, "_WAIT_S", 0.05)
    home = house.home()
    with alone_sending(home):
        for act in (submit, give_feedback):
            with pytest.raises(Conflict, match="another process makes or sends a batch"):
                act(home)
    assert hub.asked == []
