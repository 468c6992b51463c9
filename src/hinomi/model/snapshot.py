"""Snapshots: the whole list of one epoch, numbered, chained and signed."""

from dataclasses import dataclass
from typing import Final

from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing
from hinomi.model.statement import Endpoint

NO_PREVIOUS: Final = "0" * 64
"""In place of the hash of the previous snapshot where there is none."""

NUMBER_MOST: Final = 2**31 - 1
"""The highest number that a snapshot may have: a list an hour would take 245,000 years to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    All listings that hold in one epoch.

    It is whole: what does not stand in it is not listed any more.
    """

    hub: str  # Name of the hub's key.
    number: int  # From 1, without gaps.
    epoch: int  # As `model.listing.epoch_of` numbers them.
    epoch_days: int
    previous: str  # SHA-256 of the previous snapshot's canonical JSON, 64 hex digits.
    listings: tuple[Listing, ...]  # In order of address, protocol and port.

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError(f"a snapshot has no number {self.number}")
        keys = [(each.address, each.proto, each.port) for each in self.listings]
        if keys != sorted(set(keys)):
            raise ValueError("listings of a snapshot are ascending, each server once")


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Entry:
    """
    One version of one listing of the hub: what changed of it in which epoch.

    A server that was removed and comes back is a new episode. Of an episode each version has an
    epoch of its own, since nothing changes twice within one.
    """

    endpoint: Endpoint
    episode: int  # From 1.
    since: int  # Epoch in which this episode was first published.
    modified: int  # Epoch in which this version was published.
    service_class: ServiceClass
    valid_until: int  # Last epoch in which it holds.
    is_revoked: bool = False  # Published no more, from *modified* on.

    def listing(self) -> Listing:
        """Give the five facts."""
        address, proto, port = self.endpoint.address, self.endpoint.proto, self.endpoint.port
        return Listing(address, proto, port, self.service_class, self.valid_until)
