"""A batch goes as it was signed, until the hub has given its receipt."""

import re
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace

from docket import SERVER
from hinomi.cli.servers import read_endpoint
from hinomi.errors import ConfigError, Conflict, Unavailable
from hinomi.govern.note import Signer
from hinomi.govern.plainwords import Language, plain_words
from hinomi.model.statement import Deed
from hinomi.services.approvals import approve
from hinomi.services.home import Home
from hinomi.services.listings import export_listings
from hinomi.services.mandates import Operation
from hinomi.services.membership import holding
from hinomi.services.membership.asking import HubClient
from hinomi.services.membership.corroborating import corroborate
from hinomi.services.membership.joined import read_joined
from hinomi.services.membership.joining import enrol
from hinomi.services.membership.memberskey import take_key
from hinomi.services.membership.met import Behind, put_met, read_met
from hinomi.services.membership.pulling import pull
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
from hinomi.services.membership.submitting import plan_submission, submit
from hinomi.services.membership.uploading import submit_due, submit_file
from hinomi.services.transparency import publish_page
from hinomi.share.private.membersfile import render_members_key
from hinomi.share.submission import render_submission
from household import DAY_MS, Household
from listedmany import MANY, counted
from roundhubs import KEY, StandInRounds
from standin import MEMBER, StandIn, epoch_at


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
        refused = deliver_earlier(home, joined, Operation.SUBMIT, hub.spoken_of, client)
        none = deliver_earlier(home, joined, Operation.FEEDBACK, hub.spoken_of, client)

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
        assert deliver_earlier(home, joined, Operation.SUBMIT, hub.spoken_of, client) == ()
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
        refused = deliver_earlier(home, joined, Operation.SUBMIT, hub.spoken_of, client)
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
        for act in (submit_due, give_feedback):
            with pytest.raises(Conflict, match="another process makes or sends a batch"):
                act(home)
    assert hub.asked == []


HANDED_ON = ("handed_on", "listings", "submitted", "sighted", "confirmed", "compared")
"""Rows of the subscribers' page about what was handed on."""


def told_subscribers(house: Household) -> list[tuple[str, str]]:
    """Give the numbers of `HANDED_ON` on the page of today, in English and in Japanese."""
    home = house.home()
    today_ms = home.clock() // DAY_MS * DAY_MS
    columns = []
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        page = publish_page(home, language, since_ms=today_ms, until_ms=today_ms + DAY_MS)
        html = unescape(page.html)
        labels = [plain_words().texts[f"n_{key}"].render(language) for key in HANDED_ON]
        found = [re.findall(rf"{re.escape(each)}</th><td[^>]*>([^<]*)", html) for each in labels]
        columns.append([number for (number,) in found])
    return list(zip(*columns, strict=True))


NONE, FEW = ("none", "0"), ("fewer than 10", "10未満")


def test_each_way_out_counts_on_the_page_for_subscribers(
    many: Household, hub: StandIn, tmp_path: Path
) -> None:
    """On the day on which it went, in both languages; a plan and what was not sent do not."""
    hub.list_servers(epoch_at(many.home()))
    pull(many.home())
    plan_submission(many.home())
    with pytest.raises(Unavailable):
        give_feedback(many.home())
    assert told_subscribers(many) == [NONE] * 6

    submit(many.home())
    assert told_subscribers(many) == [FEW, NONE, FEW, NONE, NONE, NONE]
    met = read_met(many.home())
    assert met is not None
    put_met(many.home(), replace(met, number=1, met=[0], watched=Behind.MORE))
    give_feedback(many.home())
    assert told_subscribers(many) == [FEW, NONE, FEW, FEW, FEW, NONE]
    hub.rounds = StandInRounds(hub, (read_endpoint(SERVER, "tcp", 443),)).answer
    (tmp_path / "members.key").write_bytes(render_members_key(KEY))
    take_key(many.home(), tmp_path / "members.key")
    corroborate(many.home())
    assert told_subscribers(many) == [FEW, NONE, FEW, FEW, FEW, FEW]
    export_listings(many.home())
    assert told_subscribers(many) == [FEW] * 6


def test_what_goes_from_a_file_counts_on_the_page_for_subscribers(
    house: Household, hub: StandIn, tmp_path: Path
) -> None:
    """As many servers as stand in it: fewer than ten are not told exactly, more are."""
    path = tmp_path / "findings.csv"
    rows = [f"203.0.113.{last},tcp,443" for last in range(41)]
    path.write_text("\n".join(["address,protocol,port", *rows]) + "\n", "utf-8")
    with pytest.raises(Conflict, match="request 2 waits"):
        submit_file(house.act_as("anna"), path, lines_checked=True, reason="our CERT saw them")
    approve(house.act_as("olga"), 2)
    assert told_subscribers(house)[2] == NONE
    submit_file(house.act_as("anna"), path, lines_checked=True)

    house.act_as(None)
    assert told_subscribers(house) == [FEW, NONE, ("41", "41"), NONE, NONE, NONE]


def test_a_batch_counts_on_the_day_it_was_made_and_on_the_day_it_went(
    many: Household, hub: StandIn
) -> None:
    """The hub may have taken what it gave no receipt for; days later it gave one."""
    hub.drop_after_taking = 9
    with pytest.raises(Unavailable, match="is away"):
        submit(many.home())
    assert told_subscribers(many)[2] == FEW

    hub.drop_after_taking = 0
    many.later(DAY_MS)
    hub.spoken_of += 1
    counted(many, dict.fromkeys(MANY, 0))
    assert told_subscribers(many)[2] == NONE
    assert submit(many.home()).facts["submitted"] == 0  # What is told is the batch of before.

    assert told_subscribers(many) == [FEW, NONE, FEW, NONE, NONE, NONE]
