"""Who named a server before it was listed is kept while it is listed, on every database."""

import pytest

from casebooks import Place, opened
from hinomi.model.case import ServiceClass
from hinomi.model.snapshot import NO_PREVIOUS, Entry
from hinomi.model.statement import Endpoint
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.namings import Naming
from hinomi.store.hub.snapshots import Published
from hubs import server

A, B, C = (server(each) for each in (1, 2, 3))


def version(endpoint: Endpoint, since: int, modified: int, *, gone: bool = False) -> Entry:
    """Give a version of an entry."""
    return Entry(
        endpoint=endpoint,
        episode=since,
        since=since,
        modified=modified,
        service_class=ServiceClass.COMPROMISED,
        valid_until=modified + 3,
        is_revoked=gone,
    )


def publish(
    book: CaseBook, number: int, versions: list[Entry], named: dict[Endpoint, tuple[str, ...]]
) -> None:
    """Publish a snapshot of the epoch that bears its number."""
    book.hub.snapshots.publish(
        Published(
            number=number,
            epoch=number,
            previous=NO_PREVIOUS if number == 1 else str(number - 1),
            digest=str(number),
            head="head",
            json=b"{}",
            csv=b"",
            entry=number,
        ),
        versions,
        named,
    )


def kept(book: CaseBook) -> dict[Endpoint, tuple[int, tuple[str, ...]]]:
    """Give what is kept, by server."""
    return {each.endpoint: (each.since, each.members) for each in book.hub.namings.all()}


def test_who_named_it_first_is_kept_until_the_listing_ends(place: Place) -> None:
    """What changes of an entry meanwhile changes nothing of that; a new listing begins anew."""
    with opened(place) as book:
        first = {A: ("isp-b", "isp-a"), B: (), C: ("isp-c",)}
        publish(book, 1, [version(each, 1, 1) for each in (A, B, C)], first)
        assert book.hub.namings.all()[0] == Naming(endpoint=A, since=1, members=("isp-a", "isp-b"))
        publish(book, 2, [version(A, 1, 2), version(C, 1, 2, gone=True)], {})
        assert kept(book) == {A: (1, ("isp-a", "isp-b")), B: (1, ())}
        publish(book, 3, [version(C, 3, 3)], {C: ("isp-d",)})
        assert kept(book)[C] == (3, ("isp-d",))


def test_what_comes_back_from_a_copy_has_no_beginning(place: Place) -> None:
    """Nobody knows who named it before."""
    with opened(place) as book:
        publish(book, 1, [version(A, 1, 1)], {})

        assert kept(book) == {}


@pytest.mark.parametrize("number", [1, 2])
def test_all_of_it_is_of_the_newest_list(place: Place, number: int) -> None:
    """So that what stands never falls due by its age."""
    with opened(place) as book:
        publish(book, 1, [version(A, 1, 1)], {A: ("isp-a",)})
        if number > 1:
            publish(book, 2, [], {})
        held = [each for each in book.hub.forgetting.held(1) if each.what == "hub_namings"]

        assert [(each.day, each.count) for each in held] == [(number, 1)]
