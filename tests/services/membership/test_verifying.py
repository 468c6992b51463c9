"""A list is what its hub signed, or it is none; nobody is asked."""

from pathlib import Path

import pytest

from hinomi.errors import Conflict, MalformedDocument, NotFound
from hinomi.govern.note import BadNote, Signer
from hinomi.services.membership.pulling import pull
from hinomi.services.membership.verifying import verify_file, verify_held
from hinomi.share.canonical import digest
from hinomi.share.snapshot import Head, sign_head
from household import DAY_MS, Household
from standin import StandIn, epoch_at


@pytest.fixture(name="given")
def files_by_hand(hub: StandIn, tmp_path: Path) -> Path:
    """Give a folder with a list in both forms, its head, and the hub's key."""
    made = hub.list_servers(20_700)
    for name, content in {
        "list.json": made.json,
        "list.csv": made.csv,
        "head": made.head.encode(),
        "key": hub.list_key.verifier.render().encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_what_is_held_is_checked(house: Household, hub: StandIn) -> None:
    """List, head and chain; the hub is not asked."""
    for _ in range(3):
        house.later(DAY_MS)
        hub.list_servers(epoch_at(house.home()))
        pull(house.home())
    hub.asked.clear()

    found = verify_held(house.home())

    assert (found.head.number, found.listings, found.chain) == (3, 6, 3)
    assert hub.asked == []
    (house.folder / "hub" / "heads" / "000000002.note").unlink()
    with pytest.raises(Conflict):
        verify_held(house.home())


@pytest.mark.parametrize("name", ["list.json", "list.csv"])
def test_a_file_is_checked_against_its_head(given: Path, name: str) -> None:
    """In either form, by a key in a file or as it stands."""
    key = (given / "key").read_text("ascii")

    for said in (key, str(given / "key")):
        found = verify_file(given / name, given / "head", said)
        assert (found.head.number, found.listings) == (1, 6)


@pytest.mark.parametrize("name", ["list.json", "list.csv"])
def test_a_file_that_was_changed_is_none(given: Path, name: str) -> None:
    """By one byte."""
    path = given / name
    path.write_bytes(path.read_bytes().replace(b"203.0.113.21", b"203.0.113.91"))

    with pytest.raises(BadNote, match="not the list whose digest was signed"):
        verify_file(path, given / "head", str(given / "key"))


def test_another_key_signed_nothing(given: Path) -> None:
    """Nor does a name make a key."""
    other = Signer("hub.example/list", b"o" * 32).verifier.render()

    with pytest.raises(BadNote):
        verify_file(given / "list.json", given / "head", other)


def test_what_is_no_head_is_refused(given: Path) -> None:
    """Bytes, or another text that the hub signed."""
    (given / "head").write_bytes(b"\xff")
    with pytest.raises(BadNote, match="no signed note"):
        verify_file(given / "list.json", given / "head", str(given / "key"))


@pytest.mark.parametrize("name", ["list.json", "head"])
def test_what_is_not_there_is_not_found(given: Path, name: str) -> None:
    """With its name."""
    (given / name).unlink()

    with pytest.raises(NotFound, match=name):
        verify_file(given / "list.json", given / "head", str(given / "key"))


def test_signed_nonsense_is_malformed(given: Path, hub: StandIn) -> None:
    """A digest that fits makes no list of it."""
    body = b'{"format":"hinomi-snapshot-1"}'
    made = hub.made[1]
    head = Head(
        hub=hub.list_key.name, number=1, epoch=made.snapshot.epoch, epoch_days=1,
        previous=made.snapshot.previous, json_digest=digest(body), csv_digest="0" * 64,
    )  # fmt: skip
    (given / "list.json").write_bytes(body)
    (given / "head").write_text(sign_head(head, hub.list_key), "utf-8")

    with pytest.raises(MalformedDocument):
        verify_file(given / "list.json", given / "head", str(given / "key"))


def test_without_a_list_there_is_nothing_to_check(house: Household) -> None:
    """Pull first."""
    with pytest.raises(NotFound):
        verify_held(house.home())
