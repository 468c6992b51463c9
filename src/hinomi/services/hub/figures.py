"""Figures of each list: counted when it is made, kept beside it, and told to whom they concern."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from hinomi.errors import NotFound
from hinomi.govern.coarsening import least_count
from hinomi.hub.figures import First, Material, measure, told_to
from hinomi.model.address import render_address
from hinomi.model.case import Finding
from hinomi.model.listed import ListKind
from hinomi.model.member import MemberState
from hinomi.model.protocol import render_protocol
from hinomi.model.service import Service
from hinomi.model.statement import Deed, Endpoint, Sighting
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.share.snapshot import read_head
from hinomi.share.submission import Profile, parse_sightings, parse_submission_csv
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch
from hinomi.store.hub.figures import Measured
from hinomi.store.hub.snapshots import Summary
from hinomi.verify.prefixes import ListIndex

_EVERY_FIELD: Final = Profile(frozenset({"class", "band", "methods", "register"}))
_BENIGN: Final = (ListKind.BENIGN, ListKind.SCANNERS, ListKind.SINKHOLES)

_Key = tuple[str, str, int]


class _Finding(msgspec.Struct):
    address: str
    protocol: str
    port: int


class _Submission(msgspec.Struct):
    findings: list[_Finding]


_SUBMISSION: Final = msgspec.json.Decoder(_Submission)
"""Reads what was checked when it was taken in, of which the servers alone are wanted."""


def keep_figures(home: Home, casebook: CaseBook) -> Measured | None:
    """Count what the newest list came to, and keep it; None: there is no list."""
    newest = casebook.hub.snapshots.summary()
    if newest is None:
        return None
    with casebook.snapshot():
        told = measure(_material(home, casebook, newest))
    measured = Measured(newest.number, newest.epoch, told)
    casebook.hub.figures.put(measured)
    return measured


def newest_figures(home: Home) -> Measured:
    """
    Give the figures of the newest list, of each member by itself: for the hub's own people.

    Raises:
        NotFound: If nothing was published.
    """
    mandate = home.mandate(Operation.WEIGH)
    record(home.journal(), Operation.WEIGH, mandate, {"act": "figures"})
    with home.casebook() as casebook:
        return _newest(home, casebook)


def figures_for(home: Home, casebook: CaseBook, member: str) -> dict[str, Any]:
    """
    Give what one member may know of the figures of the newest list.

    Raises:
        NotFound: If nothing was published.
    """
    found = _newest(home, casebook)
    shown = told_to(found.told, member, least_count(home.register))
    return {"number": found.number, **shown}


def _newest(home: Home, casebook: CaseBook) -> Measured:
    """Give the figures of the newest list; where its making was broken off, count them now."""
    found = casebook.hub.figures.newest()
    if found is None or found.number < casebook.hub.snapshots.newest_number():
        found = keep_figures(home, casebook)
    if found is None:
        raise NotFound("there are no figures: nothing was published")
    return found


def _material(home: Home, casebook: CaseBook, newest: Summary) -> Material:
    store = casebook.hub.snapshots
    standing = store.standing()
    days = read_head(newest.head).epoch_days
    new = frozenset(each.endpoint for each in standing if each.since == newest.epoch)
    since = newest.epoch - home.register.integer("hub.statement_epochs")
    admitted = [
        each.name for each in casebook.hub.members.all() if each.state is MemberState.ADMITTED
    ]
    acknowledged = store.acknowledged()
    kept = home.register.integer("retention.hub_statements_days") // days
    oldest = newest.epoch - max(kept, 1)
    keys = _keys(each.endpoint for each in standing)
    return Material(
        number=newest.number,
        epoch=newest.epoch,
        standing=standing,
        new=new,
        ended=store.ended_in(newest.epoch),
        first_named=_first_named(casebook, new, oldest, newest.epoch - 1),
        oldest=max(oldest, _first_epoch(casebook)),
        named={
            each.member: _named(each, keys)
            for each in casebook.hub.batches.newest(Deed.SUBMISSION, since, newest.epoch - 1)
            if each.member in admitted
        },
        seen={
            each.member: _seen(each, days)
            for each in casebook.hub.batches.newest(Deed.SIGHTINGS, since, newest.epoch - 1)
            if each.member in admitted
        },
        known=_covered(casebook, (ListKind.KNOWN_CC,), new),
        held=_covered(casebook, _BENIGN, [each.endpoint for each in standing]),
        checked=_checked(casebook),
        taken={name: acknowledged.get(name, 0) for name in admitted},
    )


def _first_epoch(casebook: CaseBook) -> int:
    """Give the epoch before the first one of which anything can be kept: the hub is that old."""
    first = casebook.hub.snapshots.summary(1)
    return -1 if first is None else first.epoch - 2


def _first_named(
    casebook: CaseBook, new: Collection[Endpoint], oldest: int, last: int
) -> Mapping[Endpoint, First]:
    """Look for the earliest epoch in which any member named each of *new*, and for who did."""
    found: dict[Endpoint, First] = {}
    left = _keys(new)
    for epoch in range(oldest, last + 1):
        if not left:
            break
        by: dict[Endpoint, set[str]] = {}
        for batch in casebook.hub.batches.of_epoch(Deed.SUBMISSION, epoch):
            for endpoint in _named(batch, left):
                by.setdefault(endpoint, set()).add(batch.member)
        found |= {each: First(epoch, frozenset(names)) for each, names in by.items()}
        left = {key: each for key, each in left.items() if each not in found}
    return found


def _keys(endpoints: Iterable[Endpoint]) -> Mapping[_Key, Endpoint]:
    """Give servers by what stands in a document: that one is in canonical form."""
    return {
        (render_address(each.address), render_protocol(each.proto), each.port): each
        for each in endpoints
    }


def _named(batch: Batch, among: Mapping[_Key, Endpoint]) -> frozenset[Endpoint]:
    """Give those of *among* that a batch names."""
    if batch.media == "csv":
        said = parse_submission_csv(batch.body, _EVERY_FIELD)
        return frozenset({each.endpoint for each in said} & {*among.values()})
    named = {
        (each.address, each.protocol, each.port) for each in _SUBMISSION.decode(batch.body).findings
    }
    return frozenset(among[each] for each in named & among.keys())


def _seen(batch: Batch, epoch_days: int) -> Mapping[Endpoint, Sighting]:
    _, said = parse_sightings(batch.body, epoch=batch.epoch, epoch_days=epoch_days)
    return {each.endpoint: each.sighting for each in said}


def _covered(
    casebook: CaseBook, kinds: Iterable[ListKind], endpoints: Collection[Endpoint]
) -> frozenset[Endpoint]:
    """Give those of *endpoints* that a list of one of *kinds* covers now."""
    index = ListIndex(
        (kind, each.source, each.entry) for kind in kinds for each in casebook.lists.entries(kind)
    )
    asked = list(endpoints)
    services = [Service(each.address, each.proto, each.port) for each in asked]
    covering = index.covering(services)
    return frozenset(each for each, lists in zip(asked, covering, strict=True) if lists)


def _checked(casebook: CaseBook) -> Mapping[Endpoint, bool]:
    """Give what people last found of each server that was ever listed."""
    listed = casebook.hub.snapshots.episodes().keys()
    return {
        endpoint: ruling.finding is Finding.CC
        for endpoint, ruling in casebook.hub.rulings.newest().items()
        if endpoint in listed and ruling.finding in {Finding.CC, Finding.NOT_CC}
    }
