"""
The list in each form that tools ask for: made once for each snapshot, and kept while it is newest.

What is made is a pure function of what was published and of the hub's keys: two processes of a hub
give the same bytes, and so does one that was started anew.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from hinomi.hub.taxii import TaxiiResources, render_resources
from hinomi.hub.taxiicollection import PAGE_MOST, TaxiiCollection
from hinomi.hub.taxiicursor import PURPOSE, CursorSeal
from hinomi.model.snapshot import Entry
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.hub.founding import identity_key, list_signer
from hinomi.share.identity import Identities
from hinomi.share.misp import MispFeed, MispProfile
from hinomi.share.plain import render_plain
from hinomi.share.rpz import render_zone
from hinomi.share.snapshot import parse_json
from hinomi.share.stix import StixProfile
from hinomi.store.casebook import CaseBook

Form = TypeVar("Form")

KEPT_S: Final = 3600.0
"""A form is made anew after so long: what the case book has forgotten must go here as well."""

_MIB: Final = 1 << 20
_LIST: Final = "/list"  # What the name of the list's key has after the hub's.


class Editions:
    """
    The forms of one running hub's list; threads may share it.

    Args:
        home: Gives the hub's home as it is now.
        casebook: Its, open.
        ticks: Seconds that never go back.
    """

    def __init__(
        self,
        home: Callable[[], Home],
        casebook: CaseBook,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home, self._snapshots = home, casebook.hub.snapshots
        self._identities = Identities(identity_key(home()))
        self._seal = CursorSeal(self._identities.key_for(PURPOSE))
        self._hub = list_signer(home()).name.removesuffix(_LIST)
        self._taxii = _Kept[TaxiiCollection](ticks)
        self._misp = _Kept[MispFeed](ticks)

    def newest_number(self) -> int:
        """Give the number of the newest snapshot; 0: there is none."""
        return self._snapshots.newest_number()

    def taxii_resources(self) -> TaxiiResources:
        """Give the documents that say what TAXII clients find here."""
        return render_resources(
            hub=self._hub,
            collection_id=self._identities.named("collection"),
            max_content_length=self._home().config.hub.body_most_mib * _MIB,
            page=PAGE_MOST,
        )

    def taxii(self, number: int) -> TaxiiCollection:
        """
        Give the collection of a snapshot: of the newest, or it is made anew each time.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        return self._taxii.get(number, self._make_taxii)

    def misp(self, number: int) -> MispFeed:
        """
        Give the feed of a snapshot: of the newest, or it is made anew each time.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        return self._misp.get(number, self._make_misp)

    def plain(self, number: int) -> bytes:
        """
        Render the listings of a snapshot as plain text.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        return render_plain(parse_json(self._snapshots.get(number).json).listings)

    def zone(self, number: int) -> bytes:
        """
        Render the response policy zone of a snapshot.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        listings = parse_json(self._snapshots.get(number).json).listings
        return render_zone(listings, serial=number)

    def _make_taxii(self, number: int) -> TaxiiCollection:
        epoch, entries = self._published(number)
        profile = StixProfile(self._identities, hub=self._hub, epoch_days=self._epoch_days)
        return TaxiiCollection(profile, entries, self._seal, number=number, epoch=epoch)

    def _make_misp(self, number: int) -> MispFeed:
        _, entries = self._published(number)
        newest: dict[tuple[Endpoint, int], Entry] = {}
        for each in entries:  # By epoch: the last one of an episode stays.
            newest[each.endpoint, each.episode] = each
        profile = MispProfile(self._identities, hub=self._hub, epoch_days=self._epoch_days)
        return profile.render_feed(newest.values())

    def _published(self, number: int) -> tuple[int, tuple[Entry, ...]]:
        """Give the epoch of a snapshot, and every version up to it, though a newer one may come."""
        if number == 0:
            return 0, ()
        epoch = self._snapshots.get(number).epoch
        return epoch, tuple(self._snapshots.versions(until=epoch))

    @property
    def _epoch_days(self) -> int:
        return self._home().register.integer("share.epoch_days")


class _Kept(Generic[Form]):
    """The form that was made last; whoever comes while one is made waits for it."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._lock, self._ticks = Lock(), ticks
        self._made: tuple[int, float, Form] | None = None  # Number, until when, and form.

    def get(self, number: int, make: Callable[[int], Form]) -> Form:
        """Give the form of one snapshot; *make* makes it where it is not kept."""
        with self._lock:
            now_s = self._ticks()
            if self._made is None or self._made[0] != number or now_s >= self._made[1]:
                self._made = number, now_s + KEPT_S, make(number)
            return self._made[2]
