"""What a hub keeps, on every database: members, batches, snapshots, and forgetting them."""

import dataclasses
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebooks import Place, opened
from hinomi.errors import Conflict, NotFound, NotPermitted
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import DAY_MS, Held
from hinomi.model.address import Address
from hinomi.model.case import ServiceClass
from hinomi.model.member import Credential, Member, MemberState, Outlet, Use
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Deed, Endpoint
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch
from hinomi.store.hub.snapshots import Acknowledged, Published
from hubs import Node, server

EDGES = (-(2**63), 2**63 - 1)
EPOCH = 20_000


@pytest.fixture
def book(place: Place) -> Iterator[CaseBook]:
    """Open a new case book with two members."""
    with opened(place) as found:
        for name in ("isp-a", "isp-b"):
            found.hub.members.add(member(name))
        yield found


def member(name: str, state: MemberState = MemberState.ADMITTED) -> Member:
    """Describe a member."""
    return Node(name, state=state).member()


def batch(name: str = "isp-a", epoch: int = EPOCH, **changed: object) -> Batch:
    """Describe a batch."""
    given_: dict[str, object] = {
        "member": name, "deed": Deed.SUBMISSION, "epoch": epoch, "media": "json",
        "digest": f"{name} {epoch}", "note": "a note\n", "body": bytes(range(256)),
        "statements": 7, "entry": 2**40,
    }  # fmt: skip
    return Batch(**(given_ | changed))  # type: ignore[arg-type]


def entry(number: int = 1, modified: int = EPOCH, **changed: object) -> Entry:
    """Describe one version of an entry."""
    given_: dict[str, object] = {
        "endpoint": server(number), "episode": 1, "since": modified, "modified": modified,
        "service_class": ServiceClass.DEDICATED, "valid_until": modified + 3,
    }  # fmt: skip
    return Entry(**(given_ | changed))  # type: ignore[arg-type]


def snapshot(number: int, epoch: int | None = None, **changed: object) -> Published:
    """Describe a snapshot that follows on the one before."""
    given_: dict[str, object] = {
        "number": number, "epoch": EPOCH + number if epoch is None else epoch,
        "previous": f"digest {number - 1}" if number > 1 else NO_PREVIOUS,
        "digest": f"digest {number}", "head": f"head {number} \u706b\n",
        "json": b"{}\x00\xff", "csv": b"csv", "entry": number,
    }  # fmt: skip
    return Published(**(given_ | changed))  # type: ignore[arg-type]


# --- Members -------------------------------------------------------------------------------------


def test_a_member_comes_back_as_it_was_put(book: CaseBook) -> None:
    """With contacts, uses and dated attestations."""
    whole = dataclasses.replace(
        member("isp-c", MemberState.APPLIED),
        contacts=("窓口 <noc@isp-c.example>",),
        uses=(Use.DETECT, Use.OWN_SERVICES),
        page="https://isp-c.example/",
    )

    book.hub.members.add(whole)

    assert book.hub.members.get("isp-c") == whole
    assert [each.name for each in book.hub.members.all()] == ["isp-a", "isp-b", "isp-c"]


def test_a_member_is_added_once_and_changed_by_name(book: CaseBook) -> None:
    """Nobody overwrites another one, and nobody changes who is not there."""
    with pytest.raises(Conflict, match="isp-a"):
        book.hub.members.add(member("isp-a"))
    book.hub.members.put(member("isp-a", state=MemberState.SUSPENDED))

    assert book.hub.members.get("isp-a").state is MemberState.SUSPENDED
    for ask in (book.hub.members.get, lambda name: book.hub.members.put(member(name))):
        with pytest.raises(NotFound, match="isp-z"):
            ask("isp-z")


def test_a_credential_leads_to_its_member_as_it_is_now(book: CaseBook) -> None:
    """What was changed of the member since counts at once; a revoked one is told as such."""
    shown = Credential(
        fingerprint="ab" * 32, member="isp-a", token_digest="cd" * 32,
        outlets=(Outlet.SUBMIT, Outlet.TAXII), until=date(2027, 2, 28),
    )  # fmt: skip
    book.hub.members.add_credential(shown)
    book.hub.members.put(member("isp-a", state=MemberState.SUSPENDED))

    found = book.hub.members.credential("ab" * 32)

    assert found == (shown, member("isp-a", state=MemberState.SUSPENDED))
    assert book.hub.members.credential("00" * 32) is None
    book.hub.members.revoke("ab" * 32)
    assert [each.is_revoked for each in book.hub.members.credentials("isp-a")] == [True]
    with pytest.raises(NotFound, match="fingerprint"):
        book.hub.members.revoke("00" * 32)


# --- Batches -------------------------------------------------------------------------------------


def test_a_batch_comes_back_byte_by_byte(book: CaseBook) -> None:
    """The signature is over these bytes."""
    assert book.hub.batches.add(batch())

    assert book.hub.batches.find("isp-a", Deed.SUBMISSION, EPOCH) == batch()
    assert book.hub.batches.find("isp-a", Deed.SIGHTINGS, EPOCH) is None


def test_the_same_batch_again_changes_nothing_and_another_is_refused(book: CaseBook) -> None:
    """What a member said of an epoch stays; each kind and epoch is by itself."""
    book.hub.batches.add(batch())

    assert not book.hub.batches.add(batch(entry=9))
    with pytest.raises(Conflict, match="another batch"):
        book.hub.batches.add(batch(digest="other"))
    assert book.hub.batches.add(batch(deed=Deed.SIGHTINGS, digest="other"))
    assert book.hub.batches.find("isp-a", Deed.SUBMISSION, EPOCH) == batch()


def test_a_sealed_epoch_takes_no_batch_that_would_count_for_it(book: CaseBook) -> None:
    """Whoever asks again for one that is in is still told so."""
    book.hub.batches.add(batch())
    assert book.hub.snapshots.seal(EPOCH + 1)

    with pytest.raises(Conflict, match="being made"):
        book.hub.batches.add(batch("isp-b"))
    assert not book.hub.batches.add(batch())
    assert book.hub.batches.add(batch("isp-b", EPOCH + 1))


def test_the_newest_batch_of_each_member_counts(book: CaseBook) -> None:
    """Within the epochs that are asked for, by member and not by arrival."""
    for name, epoch in (("isp-b", EPOCH - 1), ("isp-a", EPOCH - 2), ("isp-b", EPOCH - 4),
                        ("isp-a", EPOCH)):  # fmt: skip
        book.hub.batches.add(batch(name, epoch))
    book.hub.batches.add(batch("isp-a", EPOCH - 1, deed=Deed.SIGHTINGS))

    found = book.hub.batches.newest(Deed.SUBMISSION, EPOCH - 3, EPOCH - 1)

    assert [(each.member, each.epoch) for each in found] == [
        ("isp-a", EPOCH - 2), ("isp-b", EPOCH - 1),
    ]  # fmt: skip


# --- Snapshots -----------------------------------------------------------------------------------


def test_an_epoch_is_sealed_once_and_stays_so(book: CaseBook) -> None:
    """The second one who begins learns that somebody began before."""
    assert book.hub.snapshots.seal(EPOCH)
    assert not book.hub.snapshots.seal(EPOCH)
    assert book.hub.snapshots.sealed() == {EPOCH}
    book.hub.snapshots.publish(snapshot(1), [])
    with pytest.raises(Conflict, match="later"):
        book.hub.snapshots.seal(EPOCH)


def test_a_snapshot_comes_back_byte_by_byte(book: CaseBook) -> None:
    """Whole, as the newest, and without its list."""
    assert book.hub.snapshots.newest() is None
    assert book.hub.snapshots.summary() is None
    assert book.hub.snapshots.newest_number() == 0
    for number in (1, 2):
        book.hub.snapshots.publish(snapshot(number), [])

    assert book.hub.snapshots.get(1) == snapshot(1)
    assert book.hub.snapshots.newest() == snapshot(2)
    assert [each.number for each in book.hub.snapshots.summaries()] == [1, 2]
    told = book.hub.snapshots.summary(1)
    assert told is not None
    assert (told.digest, told.head, told.entry) == ("digest 1", snapshot(1).head, 1)
    assert book.hub.snapshots.heads(0, 1) == ((1, snapshot(1).head),)
    assert book.hub.snapshots.heads(1, 9) == ((2, snapshot(2).head),)
    with pytest.raises(NotFound, match="3"):
        book.hub.snapshots.get(3)


@pytest.mark.parametrize(
    "wrong",
    [
        snapshot(1), snapshot(3), snapshot(2, EPOCH + 1), snapshot(2, EPOCH),
        snapshot(2, previous="digest 7"),
    ],
    ids=["number", "gap", "same epoch", "earlier epoch", "other history"],
)  # fmt: skip
def test_a_snapshot_that_does_not_follow_is_refused_whole(book: CaseBook, wrong: Published) -> None:
    """And none of its entries stays."""
    book.hub.snapshots.publish(snapshot(1), [entry(1)])

    with pytest.raises(Conflict, match="nothing was changed"):
        book.hub.snapshots.publish(wrong, [entry(2)])

    assert book.hub.snapshots.newest_number() == 1
    assert book.hub.snapshots.standing() == (entry(1),)


def versions() -> tuple[Entry, Entry, Entry, Entry, Entry]:
    """Give two entries, the first renewed, the other ended, and the other listed once more."""
    first, other = entry(1), entry(2)
    return (
        first,
        other,
        dataclasses.replace(first, modified=EPOCH + 1, valid_until=EPOCH + 6),
        dataclasses.replace(other, modified=EPOCH + 1, is_revoked=True),
        dataclasses.replace(other, episode=2, since=EPOCH + 2, modified=EPOCH + 2),
    )


def test_entries_stand_until_they_end(book: CaseBook) -> None:
    """Every version is kept, one of them is the newest, and the number of episodes is."""
    store = book.hub.snapshots
    first, other, later, ended, again = versions()

    store.publish(snapshot(1), [other, first])
    store.publish(snapshot(2), [later, ended])
    assert store.standing() == (later,)
    store.publish(snapshot(3), [again])

    assert store.standing() == (later, again)
    assert store.episodes() == {server(1): 1, server(2): 2}
    assert list(store.versions()) == [first, other, later, ended, again]


def test_versions_are_given_without_what_ended_long_ago(book: CaseBook) -> None:
    """Of early epochs only what still stood, as of the last epoch that is asked for."""
    store = book.hub.snapshots
    first, other, later, ended, again = versions()
    store.publish(snapshot(1), [other, first])
    store.publish(snapshot(2), [later, ended])
    store.publish(snapshot(3), [again])

    assert list(store.versions(least=EPOCH + 1)) == [later, ended, again]
    assert list(store.versions(least=EPOCH + 2)) == [later, again]
    assert list(store.versions(until=EPOCH + 1, least=EPOCH + 2)) == [later]
    assert list(store.versions(until=EPOCH, least=EPOCH + 9)) == [first, other]


def test_the_oldest_list_that_is_kept_is_known(book: CaseBook) -> None:
    """None before the first; the next one where the first was emptied."""
    store = book.hub.snapshots
    assert store.oldest_kept() is None
    store.publish(snapshot(1), [entry(1)])
    store.publish(snapshot(2), [])
    assert store.oldest_kept() == store.summary(1)

    book.hub.forgetting.forget(DataClass.PAST_LISTS, (EPOCH + 2) * DAY_MS, 1)
    assert store.oldest_kept() == store.summary(2)


def test_any_address_fits(book: CaseBook) -> None:
    """The least and the greatest halves, every port and protocol."""
    ends = [
        entry(endpoint=Endpoint(Address(hi, lo), proto, port))
        for hi in EDGES
        for lo in EDGES
        for proto, port in ((0, 1), (255, 65_535))
    ]

    book.hub.snapshots.publish(snapshot(1), ends)

    assert book.hub.snapshots.standing() == tuple(sorted(ends))


def test_the_first_word_on_an_acknowledgement_counts(book: CaseBook) -> None:
    """Of each member the highest number is told; of a snapshot that is not there, none."""
    store = book.hub.snapshots
    for number in (1, 2):
        store.publish(snapshot(number), [])
    for name, number, note in (("isp-a", 2, "x"), ("isp-a", 1, "y"), ("isp-a", 2, "z"),
                               ("isp-b", 1, "x")):  # fmt: skip
        store.acknowledge(Acknowledged(member=name, number=number, epoch=EPOCH, note=note))

    assert store.acknowledged() == {"isp-a": 2, "isp-b": 1}
    with pytest.raises(NotFound, match="3"):
        store.acknowledge(Acknowledged(member="isp-a", number=3, epoch=EPOCH, note=""))


def test_who_was_suspended_or_got_another_key_meanwhile_is_not_heard(book: CaseBook) -> None:
    """Looked at where it is kept, with nobody else writing; what is kept already stays so."""
    members, batches, store = book.hub.members, book.hub.batches, book.hub.snapshots
    store.publish(snapshot(1), [])
    before = members.get("isp-a")
    word = Acknowledged(member="isp-a", number=1, epoch=EPOCH, note="x")
    assert batches.add(batch(), before)
    for changed in (
        dataclasses.replace(before, state=MemberState.SUSPENDED),
        dataclasses.replace(before, signing_key=members.get("isp-b").signing_key),
    ):
        members.put(changed)
        with pytest.raises(NotPermitted, match="isp-a"):
            batches.add(batch(epoch=EPOCH + 1), before)
        with pytest.raises(NotPermitted, match="isp-a"):
            store.acknowledge(word, before)
        assert not batches.add(batch(), before)
    assert store.acknowledged() == {}
    assert batches.index() == (("isp-a", Deed.SUBMISSION, EPOCH),)

    members.put(dataclasses.replace(before, page="https://elsewhere.example/"))
    store.acknowledge(word, before)
    assert batches.add(batch(epoch=EPOCH + 1), before)


# --- Forgetting ----------------------------------------------------------------------------------


def test_what_is_past_goes_and_what_stands_stays(book: CaseBook) -> None:
    """Lists of old snapshots, versions that others followed, acknowledgements; never the newest."""
    store, forgetting = book.hub.snapshots, book.hub.forgetting
    store.publish(snapshot(1), [entry(1), entry(2)])
    ended = dataclasses.replace(entry(2), modified=EPOCH + 1, is_revoked=True)
    store.publish(snapshot(2), [ended])
    for number in (1, 2):
        store.acknowledge(
            Acknowledged(member="isp-a", number=number, epoch=EPOCH + number, note="")
        )
    held = list(forgetting.held(1))
    assert held == [
        Held(DataClass.PAST_LISTS, "hub_snapshots", EPOCH + 1),
        Held(DataClass.PAST_LISTS, "hub_entries", EPOCH),
        Held(DataClass.PAST_LISTS, "hub_acknowledgements", EPOCH + 1),
    ]

    assert forgetting.forget(DataClass.PAST_LISTS, (EPOCH + 99) * DAY_MS, 1) == 3

    assert list(forgetting.held(1)) == []
    assert store.find(1) is None
    assert [each.number for each in store.summaries()] == [1, 2]
    assert store.newest() == snapshot(2)
    assert store.standing() == (entry(1),)
    assert store.episodes() == {server(1): 1, server(2): 1}
    assert store.acknowledged() == {"isp-a": 2}


@pytest.mark.parametrize("days", [1, 7])
def test_what_members_said_goes_with_its_epoch(book: CaseBook, days: int) -> None:
    """It counts from the last day of the epoch, however long that is."""
    for epoch in (100, 101):
        book.hub.batches.add(batch(epoch=epoch))
    last_days = [each.day for each in book.hub.forgetting.held(days)]
    assert last_days == [101 * days - 1, 102 * days - 1]
    forget = book.hub.forgetting.forget

    assert forget(DataClass.MEMBER_STATEMENTS, last_days[0] * DAY_MS, days) == 0
    assert forget(DataClass.MEMBER_STATEMENTS, (last_days[0] + 1) * DAY_MS, days) == 1
    assert book.hub.batches.find("isp-a", Deed.SUBMISSION, 101) is not None


@given(day=st.integers(0, 10_000), epoch=st.integers(0, 2_000), days=st.integers(1, 10))
def test_held_and_forgotten_agree(day: int, epoch: int, days: int) -> None:
    """What a plan calls due is what a run takes, whatever the length of an epoch."""
    is_due = (epoch + 1) * days - 1 < day

    assert is_due == (epoch < day // days)
