"""A snapshot is whole and in order; an entry is a listing with its history."""

from dataclasses import replace

import pytest

from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing
from hinomi.model.snapshot import NO_PREVIOUS, Entry, Snapshot
from hubs import server

FIRST, SECOND = (
    Listing(server(each).address, 6, 443, ServiceClass.DEDICATED, 20_005) for each in (1, 2)
)
SNAPSHOT = Snapshot(
    hub="hub.example/list", number=1, epoch=20_000, epoch_days=1, previous=NO_PREVIOUS,
    listings=(FIRST, SECOND),
)  # fmt: skip


@pytest.mark.parametrize("listings", [(SECOND, FIRST), (FIRST, FIRST)])
def test_listings_are_ascending_and_each_server_stands_once(
    listings: tuple[Listing, ...],
) -> None:
    """Else the same list would have two texts, or two answers on one server."""
    with pytest.raises(ValueError, match="ascending"):
        replace(SNAPSHOT, listings=listings)


def test_a_server_stands_once_whatever_its_class() -> None:
    """Another class of the same server is no other listing."""
    other = replace(FIRST, service_class=ServiceClass.COMPROMISED)

    with pytest.raises(ValueError, match="once"):
        replace(SNAPSHOT, listings=(FIRST, other))


def test_numbers_begin_with_one() -> None:
    """0 stands for no snapshot at all."""
    with pytest.raises(ValueError, match="0"):
        replace(SNAPSHOT, number=0)


def test_an_entry_gives_its_listing() -> None:
    """Its history stays behind: in which epochs it came and changed."""
    entry = Entry(
        endpoint=server(1), episode=2, since=19_000, modified=20_000,
        service_class=ServiceClass.DEDICATED, valid_until=20_005,
    )  # fmt: skip

    assert entry.listing() == FIRST
