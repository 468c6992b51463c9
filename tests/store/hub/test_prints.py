"""Digests of the hub's tables tell one content from another, the same on every database."""

from pathlib import Path

from casebooks import Place, SqlitePlace, opened
from hinomi.model.case import ServiceClass
from hinomi.model.statement import Endpoint
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.figures import Measured
from hinomi.store.hub.weighings import Weighing
from hubs import Node, server


def fill(book: CaseBook, *, posterior: float = 0.987654) -> None:
    """Let a few tables have rows, of each kind of cell."""
    for name in ("isp-b", "isp-a"):
        book.hub.members.add(Node(name).member())
        book.hub.members.add_credential(Node(name).credential())
    weighings = [weighing(server(each), posterior) for each in (2, 1)]
    book.hub.weighings.put(weighings, forget_before=0)
    book.hub.figures.put(Measured(1, 7, {"b": [1, 2.5], "a": {"z": None, "y": "\u00fc"}}))


def weighing(endpoint: Endpoint, posterior: float) -> Weighing:
    """Give a weighing."""
    return Weighing(
        endpoint=endpoint,
        epoch=7,
        outcome="list",
        posterior=posterior,
        members=3,
        methods=1,
        against=0,
        service_class=ServiceClass.COMPROMISED,
        reasons=({"code": "agreed", "left": 0.9},),
        carried=7,
        contested=-1,
    )


def test_the_same_content_has_the_same_digests(place: Place, tmp_path: Path) -> None:
    """On whichever database it lies."""
    with opened(place) as book, opened(SqlitePlace(tmp_path / "other")) as other:
        fill(book)
        fill(other)

        assert book.hub.prints.tables() == other.hub.prints.tables()
        assert book.hub.prints.members() == other.hub.prints.members()
        found = {each.table: each.oldest for each in book.hub.prints.tables()}
        assert (found["hub_weighings"], found["hub_figures"], found["hub_rulings"]) == (7, 7, None)


def test_whatever_differs_has_another_digest(place: Place) -> None:
    """A sixth decimal place, or a certificate that lets nobody in any more."""
    with opened(place) as book:
        fill(book)
        before = {each.table: each.digest for each in book.hub.prints.tables()}
        members = book.hub.prints.members()
        book.hub.weighings.put([weighing(server(1), 0.987655)], forget_before=0)
        book.hub.members.revoke(Node("isp-a").fingerprint)
        after = {each.table: each.digest for each in book.hub.prints.tables()}
        now = book.hub.prints.members()

    assert {each for each in before if before[each] != after[each]} == {"hub_weighings"}
    assert {each for each in members if members[each] != now[each]} == {"isp-a"}
