"""A node comes in by its certificate and token together, and by what is in force now."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinomi.errors import NotPermitted
from hinomi.model.member import MemberState, Outlet
from hinomi.services.home import Home
from hinomi.services.hub.doors import Unknown, admit
from hinomi.store.casebook import CaseBook
from openhub import join, make_hub


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Home:
    """Give a hub's home."""
    return make_hub(tmp_path / "hub")


@pytest.fixture(name="book")
def a_book(home: Home) -> CaseBook:
    """Give its case book."""
    return home.casebook()


def test_certificate_and_token_together_are_a_node(home: Home, book: CaseBook) -> None:
    """Who it is comes from the case book, and from nothing that was sent."""
    node = join(book, "isp-a")

    found = admit(
        home, book, fingerprint=node.fingerprint, token=node.token, outlet=Outlet.SNAPSHOT
    )

    assert found.member.name == "isp-a"
    assert found.credential.fingerprint == node.fingerprint


def test_nobody_else_is_known_and_all_hear_the_same(home: Home, book: CaseBook) -> None:
    """No certificate, no token, an unknown certificate, another node's token."""
    mine, other = join(book, "isp-a"), join(book, "isp-b")
    told = set()
    for fingerprint, token in (
        (None, mine.token),
        (mine.fingerprint, None),
        (mine.fingerprint, ""),
        ("f" * 64, mine.token),
        (mine.fingerprint, other.token),
    ):
        with pytest.raises(Unknown) as refused:
            admit(home, book, fingerprint=fingerprint, token=token, outlet=Outlet.SNAPSHOT)
        told.add(str(refused.value))

    assert len(told) == 1


def test_a_door_for_anybody_is_for_whoever_has_any_leave(home: Home, book: CaseBook) -> None:
    """One outlet is enough; none is not."""
    one = join(book, "isp-a", outlets=(Outlet.SUBMIT,))
    none = join(book, "isp-b", outlets=())

    admit(home, book, fingerprint=one.fingerprint, token=one.token, outlet=None)
    with pytest.raises(NotPermitted):
        admit(home, book, fingerprint=none.fingerprint, token=none.token, outlet=None)


def test_a_suspension_counts_from_the_next_request_on(home: Home, book: CaseBook) -> None:
    """At every door, also at those for anybody."""
    node = join(book, "isp-a")
    admit(home, book, fingerprint=node.fingerprint, token=node.token, outlet=None)
    member = book.hub.members.get("isp-a")
    book.hub.members.put(replace(member, state=MemberState.SUSPENDED))

    for outlet in (None, *Outlet):
        with pytest.raises(NotPermitted, match="suspended"):
            admit(home, book, fingerprint=node.fingerprint, token=node.token, outlet=outlet)
