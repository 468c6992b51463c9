"""
What a member's node sends is checked, journalled and kept, or refused whole.

A batch is of the last epoch that is over, and taken until the list of the present one is made.
The same batch again gets the same receipt, whenever it comes: a node that was cut off asks again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotFound, NotPermitted
from hinomi.govern.mandate import Mandate
from hinomi.govern.note import BadNote, Verifier
from hinomi.model.listing import render_epoch
from hinomi.model.member import Member
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.hub.epochs import (
    Epoch,
    lease_epochs,
    present_epoch,
    require_not_ahead,
)
from hinomi.services.hub.founding import list_signer
from hinomi.services.mandates import Operation, record
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.share.snapshot import check_head
from hinomi.share.submission import (
    Profile,
    parse_sightings,
    parse_submission,
    parse_submission_csv,
    require_canonical_csv,
)
from hinomi.store.casebook import CaseBook
from hinomi.store.hub.batches import Batch
from hinomi.store.hub.snapshots import Acknowledged


class _Server(msgspec.Struct, frozen=True):
    address: str
    protocol: str
    port: int


class _List(msgspec.Struct, frozen=True):
    listings: list[_Server]


_LISTED: Final = msgspec.json.Decoder(_List)
"""Reads which servers stand on a list that this hub signed: to check it again takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came from a member's node."""

    deed: Deed  # A submission, or sightings.
    epoch: int
    media: str  # "json" or "csv".
    body: bytes
    note: str  # The member's signed note over it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the hub answers: it has kept this."""

    epoch: int
    digest: str
    statements: int
    note: str  # The hub's signed note.


def take(home: Home, casebook: CaseBook, member: Member, sent: Sent) -> Receipt:
    """
    Take in a batch of *member*.

    Args:
        home: The hub's.
        casebook: Its, open.
        member: Who sent it, as its certificate and token say; that it may is decided before.
        sent: What came.

    Returns:
        The receipt: once it is given, the batch is on disk and counts.

    Raises:
        NotPermitted: If it is not signed by this member, or over something else.
        MalformedDocument: If it is not of the schema, has fewer statements than registered, or
            speaks of what does not stand on the list, or of a list that is not there or older
            than a lease.
        Conflict: If its epoch is not the one that is spoken of now, its list was made already, or
            the member said something else of it before.
    """
    mandate = home.mandate(Operation.INTAKE)
    now = present_epoch(home)
    signed = signed_by(home, member, sent.deed, sent.epoch, digest(sent.body))
    known = casebook.hub.batches.find(member.name, sent.deed, sent.epoch)
    if known is None or (known.digest, known.note) != (signed.digest, sent.note):
        require_note(sent.note, member, signed)
    if known is not None and known.digest == signed.digest:
        return _receipt(home, signed, known.statements)
    statements = _count(home, casebook, sent, now)
    require_open(now, sent.epoch, max(casebook.hub.snapshots.sealed(), default=-1))
    if known is not None:
        raise Conflict(
            "another batch was taken for this epoch already; what has changed goes into the next "
            "one"
        )

    def keep(entry: int) -> None:
        casebook.hub.batches.add(
            Batch(
                member=member.name,
                deed=sent.deed,
                epoch=sent.epoch,
                media=sent.media,
                digest=signed.digest,
                note=sent.note,
                body=sent.body,
                statements=statements,
                entry=entry,
            ),
            member,
        )

    keep_journalled(home, mandate, signed, keep, statements=statements)
    return _receipt(home, signed, statements)


def acknowledge(home: Home, casebook: CaseBook, member: Member, number: int, note: str) -> None:
    """
    Note that *member* has put snapshot *number* to use; said again, it changes nothing.

    Args:
        home: The hub's.
        casebook: Its, open.
        member: Who says so, as its certificate and token say.
        number: Of the snapshot.
        note: Its signed note, over that snapshot.

    Raises:
        NotFound: If there is no such snapshot.
        NotPermitted: If it is not signed by this member, or over something else.
    """
    mandate = home.mandate(Operation.INTAKE)
    found = casebook.hub.snapshots.heads(number - 1, 1)
    if not found or found[0][0] != number:
        raise NotFound("there is no such snapshot")
    head = check_head(found[0][1], list_signer(home).verifier)
    now = present_epoch(home)
    wanted = Signed(
        deed=Deed.ACKNOWLEDGEMENT,
        hub=list_signer(home).name,
        member=member.name,
        epoch=head.epoch,
        epoch_days=head.epoch_days,
        digest=head.json_digest,
    )
    require_note(note, member, wanted)
    if casebook.hub.snapshots.has_acknowledged(member.name, number):
        return
    said = Acknowledged(member=member.name, number=number, epoch=now.number, note=note)

    def keep(_entry: int) -> None:
        casebook.hub.snapshots.acknowledge(said, member)

    keep_journalled(home, mandate, wanted, keep, number=number)


def signed_by(home: Home, member: Member, deed: Deed, epoch: int, body_digest: str) -> Signed:
    """Give what *member* has to put its name to, for a body with this digest (SHA-256, hex)."""
    return Signed(
        deed=deed,
        hub=list_signer(home).name,
        member=member.name,
        epoch=epoch,
        epoch_days=present_epoch(home).days,
        digest=body_digest,
    )


def keep_journalled(
    home: Home, mandate: Mandate, signed: Signed, keep: Callable[[int], None], **more: object
) -> None:
    """
    Write to the journal what came in, then keep it.

    Args:
        home: The hub's.
        mandate: To take it in.
        signed: What the member put its name to.
        keep: Keeps it, with the entry of the journal. Where it fails, because the list was begun
            meanwhile or the disk is full, the journal said too much, and is told so.
        more: What else the journal is told.

    Raises:
        HinomiError: What *keep* raises.
    """
    facts = {
        "member": signed.member,
        "deed": signed.deed.name.lower(),
        "epoch": render_epoch(signed.epoch, signed.epoch_days),
        "digest": signed.digest,
        **more,
    }
    entry = record(home.journal(), Operation.INTAKE, mandate, facts)
    try:
        keep(entry)
    except HinomiError:
        told = {**facts, "act": "refused", "of": entry}
        record(home.journal(), Operation.INTAKE, mandate, told)
        raise


def require_note(note: str, member: Member, wanted: Signed) -> None:
    """
    Refuse a note that this member did not sign, or that is over something else.

    Raises:
        NotPermitted: Then, in one line.
    """
    try:
        signed = Signed.check(note, Verifier.parse(member.signing_key), wanted.epoch_days)
    except BadNote as error:
        raise NotPermitted(f"it is not signed by {member.name}: {error}") from error
    if signed != wanted:
        raise NotPermitted(
            "the signature is under something else: another hub, member, epoch or document"
        )


def _count(home: Home, casebook: CaseBook, sent: Sent, now: Epoch) -> int:
    """Count the statements of a batch that is as it should be."""
    if sent.deed is Deed.SIGHTINGS:
        return _count_sightings(home, casebook, sent, now)
    profile = Profile.from_register(home.register)
    if sent.media == "csv":
        said = parse_submission_csv(sent.body, profile)
        require_canonical_csv(sent.body, said)
    else:
        said = parse_submission(sent.body, profile, epoch=sent.epoch, epoch_days=now.days)
    found = len(said)
    least = home.register.integer("share.batch_least")
    if 0 < found < least:
        raise MalformedDocument(
            f"has fewer findings than {least} (share.batch_least): they wait until there are "
            "enough, or none is sent",
            "submission",
        )
    return found


def _count_sightings(home: Home, casebook: CaseBook, sent: Sent, now: Epoch) -> int:
    """Count sightings of a list that was published lately, each of a server that stood on it."""
    number, said = parse_sightings(sent.body, epoch=sent.epoch, epoch_days=now.days)
    found = casebook.hub.snapshots.find(number)
    if found is None:
        raise MalformedDocument("speak of a snapshot whose list the hub does not have", "sightings")
    if now.number - found.epoch > lease_epochs(home):
        raise MalformedDocument(
            "speak of a list that is older than a lease (share.lease_days): pull the newest one",
            "sightings",
        )
    listed = _LISTED.decode(found.json).listings
    there = {(each.address, each.protocol, each.port) for each in listed}
    if any(tuple(each.endpoint.render().values()) not in there for each in said):
        raise MalformedDocument(
            f"speak of a server that does not stand on the list of snapshot {number}",
            "sightings",
        )
    return len(said)


def require_open(now: Epoch, epoch: int, sealed: int) -> None:
    """
    Return if what is said of *epoch* still counts for the list of *now*.

    Args:
        now: The present epoch.
        epoch: That is spoken of.
        sealed: The newest epoch whose list was begun; -1: none.

    Raises:
        Conflict: If it does not; or if the hub's clock cannot be right.
    """
    require_not_ahead(now, sealed, "the newest list of this hub")
    if epoch != now.spoken_of:
        raise Conflict(
            f"what is taken in now is of the epoch {render_epoch(now.spoken_of, now.days)}: the "
            "last one that is over"
        )
    if sealed >= now.number:
        raise Conflict(
            f"the list of {now} is made, or being made: what was found by then goes into the next "
            "batch"
        )


def _receipt(home: Home, signed: Signed, statements: int) -> Receipt:
    return Receipt(
        epoch=signed.epoch,
        digest=signed.digest,
        statements=statements,
        note=signed.receipt().sign(list_signer(home)),
    )
