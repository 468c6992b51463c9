"""
The list in each form that tools ask for: made once for each snapshot, and kept while it is newest.

What is made is a pure function of what was published and of the hub's keys: two processes of a hub
give the same bytes, and so does one that was started anew.
"""

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

_MIB: Final = 1 << 20
_OLDER: Final = 4  # Snapshots whose small forms are kept: members may be some behind.
_LIST: Final = "/list"  # What the name of the list's key has after the hub's.


class Editions:
    """
    The forms of one running hub's list; threads may share it.

    Args:
        home: The hub's.
        casebook: Its, open.
    """

    def __init__(self, home: Home, casebook: CaseBook) -> None:
        self._home, self._snapshots = home, casebook.hub.snapshots
        self._identities = Identities(identity_key(home))
        self._seal = CursorSeal(self._identities.key_for(PURPOSE))
        self._hub = list_signer(home).name.removesuffix(_LIST)
        self._taxii = _Kept[TaxiiCollection]()
        self._misp = _Kept[MispFeed]()
        self._plain = _Kept[bytes](_OLDER)
        self._zone = _Kept[bytes](_OLDER)

    def taxii_resources(self) -> TaxiiResources:
        """Give the documents that say what TAXII clients find here."""
        return render_resources(
            hub=self._hub,
            collection_id=self._identities.named("collection"),
            max_content_length=self._home.config.hub.body_most_mib * _MIB,
            page=PAGE_MOST,
        )

    def taxii(self) -> TaxiiCollection:
        """Give the collection of the newest snapshot."""
        return self._taxii.get(self._snapshots.newest_number(), self._make_taxii)

    def misp(self) -> MispFeed:
        """Give the feed of the newest snapshot."""
        return self._misp.get(self._snapshots.newest_number(), self._make_misp)

    def plain(self, number: int) -> bytes:
        """
        Give the listings of a snapshot as plain text.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        return self._plain.get(number, self._make_plain)

    def zone(self, number: int) -> bytes:
        """
        Give the response policy zone of a snapshot.

        Raises:
            NotFound: If there is no such snapshot (any more).
        """
        return self._zone.get(number, self._make_zone)

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

    def _make_plain(self, number: int) -> bytes:
        return render_plain(parse_json(self._snapshots.get(number).json).listings)

    def _make_zone(self, number: int) -> bytes:
        listings = parse_json(self._snapshots.get(number).json).listings
        return render_zone(listings, serial=number)

    def _published(self, number: int) -> tuple[int, tuple[Entry, ...]]:
        """Give the epoch of a snapshot, and every version up to it, though a newer one may come."""
        if number == 0:
            return 0, ()
        epoch = self._snapshots.get(number).epoch
        return epoch, tuple(self._snapshots.versions(until=epoch))

    @property
    def _epoch_days(self) -> int:
        return self._home.register.integer("share.epoch_days")


class _Kept(Generic[Form]):
    """The forms that were asked for last; whoever comes while one is made waits for it."""

    def __init__(self, most: int = 1) -> None:
        self._lock, self._most = Lock(), most
        self._forms: dict[int, Form] = {}  # By number of the snapshot, in order of their making.

    def get(self, number: int, make: Callable[[int], Form]) -> Form:
        """Give the form of one snapshot; *make* makes it where it is not kept."""
        with self._lock:
            if number not in self._forms:
                self._forms[number] = make(number)
                if len(self._forms) > self._most:
                    del self._forms[next(iter(self._forms))]
            return self._forms[number]
