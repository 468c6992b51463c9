"""What members' batches say, as columns: their statements, and what they saw of the list."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from hinomi.errors import MalformedDocument
from hinomi.hub.rule import CLASSES
from hinomi.hub.servers import Columns, Ints
from hinomi.hub.voices import MEMBERS_METHOD, METHODS
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.listing import render_epoch
from hinomi.model.protocol import parse_protocol
from hinomi.model.statement import Deed, Endpoint, Sighting, Statement
from hinomi.services.home import Home
from hinomi.services.hub.epochs import Epoch
from hinomi.share.canonical import digest
from hinomi.share.submission import (
    Profile,
    parse_sightings,
    parse_submission_csv,
)
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch

NO_CLASS: Final = -1
"""In place of a class where a member gives none."""

SIGHTINGS: Final = tuple(Sighting)

_EVERY_FIELD: Final = Profile(frozenset({"class", "band", "methods", "register"}))
"""What was taken in stays readable when the register turns a field off again."""

_OWN_KIND: Final = (Method.MALWARE, Method.HONEYPOT, Method.DARKNET, Method.LIST)
"""How a member may know without flow; the surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The newest batch of one member, as columns of shape (n,)."""

    member: str
    epoch: int  # Of the batch.
    columns: Columns
    service_class: Ints  # Place in `CLASSES`, or `NO_CLASS`; of sightings nothing.
    method: Ints  # Place in `METHODS`; of sightings nothing.
    sighting: Ints  # Place in `SIGHTINGS`; of statements nothing.


def spoken(
    home: Home, casebook: CaseBook, now: Epoch, members: Collection[str], deed: Deed
) -> tuple[Spoken, ...]:
    """
    Read the newest batches of *members*, by member.

    Args:
        home: Its register says how old a batch may be, and which judgements count.
        casebook: The hub's, open.
        now: The present epoch: later batches are for later lists.
        members: Whose words count.
        deed: Statements, or sightings.

    Raises:
        MalformedDocument: If a batch is not the one that was signed.
    """
    profile = Profile.from_register(home.register)
    heard = [each for each in _counting(home, casebook, now, deed) if each.member in members]
    if deed is Deed.SIGHTINGS:
        published = casebook.hub.snapshots.summaries()
        epochs = {each.number: each.epoch for each in published}
        since_of = {each.endpoint: each.since for each in casebook.hub.snapshots.standing()}
        return tuple(_sightings(each, now.days, epochs, since_of) for each in heard)
    return tuple(_statements(each, profile) for each in heard)


def require_whole(home: Home, casebook: CaseBook, now: Epoch) -> None:
    """
    Return if all batches that count in the epoch *now* are as they were signed.

    Raises:
        MalformedDocument: If one is not.
    """
    for deed in (Deed.SUBMISSION, Deed.SIGHTINGS):
        _counting(home, casebook, now, deed)


def _counting(home: Home, casebook: CaseBook, now: Epoch, deed: Deed) -> tuple[Batch, ...]:
    """Give each member's newest batch that counts, and has the digest that its note is under."""
    since = now.spoken_of - home.register.integer("hub.statement_epochs") + 1
    found = casebook.hub.batches.newest(deed, since, now.spoken_of)
    for each in found:
        if digest(each.body) != each.digest or each.digest not in each.note.split("\n"):
            day = render_epoch(each.epoch, now.days)
            raise MalformedDocument(
                "is not as it was signed, and nothing is weighed by it: `hinomi hub verify` tells "
                "what else is damaged; restore the database",
                f"batch of {each.member}, {each.deed.name.lower()} of {day}",
            )
    return found


class _Finding(msgspec.Struct):
    address: str
    protocol: str
    port: int
    service_class: ServiceClass | None = msgspec.field(default=None, name="class")
    methods: list[Method] | None = None


class _Submission(msgspec.Struct):
    findings: list[_Finding]


_SUBMISSION: Final = msgspec.json.Decoder(_Submission)
"""Reads what was checked when it was taken in; to check it once more takes four times as long."""


def _statements(batch: Batch, profile: Profile) -> Spoken:
    if batch.media == "csv":
        found: Sequence[Statement | _Finding] = parse_submission_csv(batch.body, _EVERY_FIELD)
        columns = Columns.of(each.endpoint for each in found if isinstance(each, Statement))
    else:
        found = _SUBMISSION.decode(batch.body).findings
        columns = _columns(found)
    return Spoken(
        member=batch.member,
        epoch=batch.epoch,
        columns=columns,
        service_class=_classes(found, profile),
        method=_methods(found, profile),
        sighting=_nothing(),
    )


def _columns(findings: Sequence[_Finding]) -> Columns:
    protocols = {each: parse_protocol(each) for each in {one.protocol for one in findings}}
    rows = [
        (*parse_address(each.address), protocols[each.protocol], each.port) for each in findings
    ]
    return Columns(*np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy())


def _sightings(
    batch: Batch,
    epoch_days: int,
    epochs: Mapping[int, int],
    since_of: Mapping[Endpoint, int],
) -> Spoken:
    """
    Read sightings that are of the present listing of their server.

    Args:
        batch: Of sightings.
        epoch_days: Length of an epoch.
        epochs: Of each snapshot, by number.
        since_of: Epoch in which the present episode of each standing entry began: that a server
            was gone before says nothing of it.
    """
    number, given = parse_sightings(batch.body, epoch=batch.epoch, epoch_days=epoch_days)
    seen_in = epochs.get(number, -1)
    said = [each for each in given if since_of.get(each.endpoint, seen_in) <= seen_in]
    places = {each: place for place, each in enumerate(SIGHTINGS)}
    return Spoken(
        member=batch.member,
        epoch=batch.epoch,
        columns=Columns.of(each.endpoint for each in said),
        service_class=_nothing(),
        method=_nothing(),
        sighting=np.array([places[each.sighting] for each in said], dtype=np.int64),
    )


def _classes(said: Sequence[Statement | _Finding], profile: Profile) -> Ints:
    if "class" not in profile.fields:
        return np.full(len(said), NO_CLASS, dtype=np.int64)
    places = {each: place for place, each in enumerate(CLASSES)}
    given = [
        NO_CLASS if each.service_class is None else places[each.service_class] for each in said
    ]
    return np.array(given, dtype=np.int64)


def _methods(said: Sequence[Statement | _Finding], profile: Profile) -> Ints:
    """Tell how members know: by flow, unless they say that it was otherwise."""
    flow = METHODS.index(MEMBERS_METHOD)
    if "methods" not in profile.fields:
        return np.full(len(said), flow, dtype=np.int64)
    return np.array([_method(each.methods, flow) for each in said], dtype=np.int64)


def _method(given: Sequence[Method] | None, flow: int) -> int:
    if not given or Method.FLOW in given:
        return flow
    return next((METHODS.index(each) for each in _OWN_KIND if each in given), flow)


def _nothing() -> Ints:
    return np.zeros(0, dtype=np.int64)
