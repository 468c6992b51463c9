"""
The list in each form that tools ask for: made once for each snapshot, and kept while it is newest.

What is made is a pure function of what was published, of the register and of the hub's keys: two
processes of a hub give the same bytes, and so does one that was started anew. A form is made
beside the one that is given, and takes its place when it is whole: who asks waits for neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from hinomi.errors import NotFound
from hinomi.govern.holdings import DataClass
from hinomi.govern.retention import days_of
from hinomi.hub.taxii import TaxiiResources, render_resources
from hinomi.hub.taxiicollection import NOTHING, PAGE_MOST, TaxiiCollection
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
from hinomi.store.hub.snapshots import Published

_MIB: Final = 1 << 20
_LIST: Final = "/list"  # What the name of the list's key has after the hub's.


@dataclass(frozen=True, slots=True)
class Basis:
    """What the forms of a hub rest on: of the same one they are the same bytes."""

    number: int  # Of the snapshot; 0: there is none yet.
    epoch: int  # Of the snapshot.
    least: int  # What ended or was followed before this epoch is given no more.
    epoch_days: int


@dataclass(frozen=True, slots=True)
class Edition:
    """The forms that hold every version, of one snapshot."""

    basis: Basis
    taxii: TaxiiCollection
    misp: MispFeed


def first_given(epoch: int, *, epoch_days: int, kept_days: int) -> int:
    """
    Tell from which epoch on what ended is still given out, in the list of *epoch*.

    It counts by epochs, so that no byte depends on when in its epoch a list is asked for: from the
    last day of *epoch*, so that what retention deletes within it is left out from its beginning.

    Args:
        epoch: Of the list.
        epoch_days: Length of an epoch.
        kept_days: How long past lists are kept, in days after their epoch.
    """
    last_day = (epoch + 1) * epoch_days - 1
    return max((last_day - kept_days) // epoch_days, 0)


class Editions:
    """
    The forms of one running hub's list; threads may share it.

    As long as nobody has called `keep`, they are made for whoever asks first after a new list,
    and the others wait for that one. From then on they are made by `keep` alone.

    Args:
        home: Gives the hub's home as it is now.
        casebook: Its, open.
    """

    def __init__(self, home: Callable[[], Home], casebook: CaseBook) -> None:
        self._home, self._snapshots = home, casebook.hub.snapshots
        self._identities = Identities(identity_key(home()))
        self._seal = CursorSeal(self._identities.key_for(PURPOSE))
        self._hub = list_signer(home()).name.removesuffix(_LIST)
        self._making = Lock()  # Nobody who only asks takes it, once `keep` was called.
        self._made: Edition | None = None
        self._is_kept = False

    def keep(self, ready: Callable[[Edition], None] = lambda _edition: None) -> None:
        """
        Make the forms of the newest list, if they are others than those that are given.

        Args:
            ready: Is told what was made, before anybody else gets it.

        Raises:
            Unavailable: If the case book does not answer; what was given stays.
        """
        with self._making:
            basis = self._basis()
            made = self._made
            if made is None or made.basis != basis:
                made = self._make(basis)
            ready(made)
            self._made, self._is_kept = made, True

    def newest(self) -> Edition:
        """
        Give the forms of the newest list; while they are made, those of the list before.

        Raises:
            Unavailable: If the case book does not answer.
        """
        made = self._made
        if made is not None and self._is_kept:
            return made
        with self._making:
            basis = self._basis()
            if self._made is None or self._made.basis != basis:
                self._made = self._make(basis)
            return self._made

    def require_given(self, number: int) -> None:
        """
        Return if the list of a snapshot is still given out: it is the newest, or not too old.

        Raises:
            NotFound: If it is not, whether or not it was deleted already; or there is none.
        """
        basis, found = self._basis(), self._snapshots.summary(number)
        if found is None or (number < basis.number and found.epoch < basis.least):
            raise NotFound(f"no list is here of a snapshot with the number {number}")

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

    def small_forms(self, published: Published) -> tuple[bytes, bytes]:
        """Render the listings of a snapshot as plain text, and as response policy zone."""
        listings = parse_json(published.json).listings
        return render_plain(listings), render_zone(listings, serial=published.number)

    def _basis(self) -> Basis:
        home = self._home()
        days = home.register.integer("share.epoch_days")
        newest, oldest = self._snapshots.summary(), self._snapshots.oldest_kept()
        if newest is None:
            return Basis(0, 0, 0, days)
        kept_days = days_of(DataClass.PAST_LISTS, home.register)
        least = first_given(newest.epoch, epoch_days=days, kept_days=kept_days)
        # What retention took away stays away: it goes by the clock, which may be ahead of the list.
        return Basis(newest.number, newest.epoch, max(least, oldest.epoch if oldest else 0), days)

    def _make(self, basis: Basis) -> Edition:
        # Up to the epoch of this snapshot, though a newer one may come meanwhile.
        entries = tuple(self._snapshots.versions(until=basis.epoch, least=basis.least))
        return Edition(basis, self._make_taxii(basis, entries), self._make_misp(basis, entries))

    def _make_taxii(self, basis: Basis, entries: tuple[Entry, ...]) -> TaxiiCollection:
        profile = StixProfile(self._identities, hub=self._hub, epoch_days=basis.epoch_days)
        before = self._made
        is_same = before is not None and before.basis.epoch_days == basis.epoch_days
        return TaxiiCollection(
            profile,
            entries,
            self._seal,
            number=basis.number,
            epoch=basis.epoch,
            known=before.taxii.rendered if before is not None and is_same else NOTHING,
        )

    def _make_misp(self, basis: Basis, entries: tuple[Entry, ...]) -> MispFeed:
        newest: dict[tuple[Endpoint, int], Entry] = {}
        for each in entries:  # By epoch: the last one of an episode stays.
            newest[each.endpoint, each.episode] = each
        profile = MispProfile(self._identities, hub=self._hub, epoch_days=basis.epoch_days)
        return profile.render_feed(newest.values())
