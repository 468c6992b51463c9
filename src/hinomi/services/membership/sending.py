"""
What goes to the hub: kept as it was signed, sent until the hub has given its receipt.

================ ==========================================================================
``hub/outbox/``  what was made and not yet acknowledged: a repeated sending is the same bytes
``hub/sent/``    the same with the hub's receipt; the newest few of each kind stay
``hub/sending``  the lock of whoever changes these
================ ==========================================================================

There is one batch of a kind in an epoch. Once it lies in the outbox, what changes in the house
goes into the next one.
"""

import base64
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import ConfigError, Conflict
from hinomi.govern.note import BadNote
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.asking import HubClient, NotTaken
from hinomi.services.membership.holding import alone
from hinomi.services.membership.joined import FOLDER, JoinedHub, path_in
from hinomi.services.membership.joining import statements_signer
from hinomi.share.canonical import digest
from hinomi.share.signing import Signed
from hinomi.store.durable import on_disk, replace_durably, write_durably

KEPT_SENT: Final = 30
"""So many batches of a kind stay with their receipts; the journal has the digests of all."""

OUTBOX: Final = "outbox"
SENT: Final = "sent"
DOORS: Final = {Deed.SUBMISSION: "submission", Deed.SIGHTINGS: "sightings"}
"""What each kind of batch is called in paths, of the hub and here."""

DEEDS: Final = {Operation.SUBMIT: Deed.SUBMISSION, Operation.FEEDBACK: Deed.SIGHTINGS}
"""Which kind of batch an act sends."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One batch as it was signed, and the hub's receipt where it gave one."""

    deed: Deed
    epoch: int
    digest: str
    statements: int
    body: str
    note: str
    hub_key: str  # Of the hub's list: a hub founded anew under the old name has nothing of this.
    receipt: str | None = None


class _Receipt(msgspec.Struct):
    epoch: str
    digest: str
    statements: int
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A batch of an earlier epoch that the hub does not take any more."""

    parcel: Parcel
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What came of sending a batch."""

    parcel: Parcel | None  # With the receipt; None: there was nothing to send.
    was_sent: bool  # It had been sent before.
    refused: tuple[Refused, ...]  # Batches of earlier epochs that came too late.


def make_parcel(
    home: Home, membership: JoinedHub, deed: Deed, *, epoch: int, body: bytes, statements: int
) -> Parcel:
    """Sign a batch; the same body is always signed alike."""
    signed = membership.signed(deed, epoch, digest(body))
    return Parcel(
        deed=deed,
        epoch=epoch,
        digest=signed.digest,
        statements=statements,
        body=body.decode("utf-8"),
        note=signed.sign(statements_signer(home)),
        hub_key=membership.list_key.render(),
    )


def alone_sending(home: Home) -> AbstractContextManager[None]:
    """
    Keep other processes from making or sending a batch.

    Raises:
        Conflict: If one is at it for too long.
    """
    return alone(home, "sending", "makes or sends a batch")


def put_out(home: Home, membership: JoinedHub, parcel: Parcel) -> Parcel:
    """
    Lay a batch into the outbox, and give what lies there: where one was there already, that one.

    Raises:
        Unavailable: If the disk refuses.
    """
    path = _path(home, OUTBOX, membership, parcel.deed, parcel.epoch)
    found = _find(membership, path)
    if found is not None:
        return found
    with on_disk(path), suppress(FileExistsError):
        write_durably(path, msgspec.json.encode(parcel))
    return _read(path)


def find_sent(home: Home, membership: JoinedHub, deed: Deed, epoch: int) -> Parcel | None:
    """Give the batch of an epoch of which the hub gave its receipt; None: there is none."""
    return _find(membership, _path(home, SENT, membership, deed, epoch))


def find_waiting(home: Home, membership: JoinedHub, deed: Deed, epoch: int) -> Parcel | None:
    """Give the batch of an epoch that waits to be sent; None: there is none."""
    return _find(membership, _path(home, OUTBOX, membership, deed, epoch))


def begun(home: Home, membership: JoinedHub, deed: Deed, epoch: int) -> Parcel | None:
    """
    Give the batch of *epoch*, the last one that is over, sent or waiting; None: there is none.

    What waits of a later one was made by a clock that ran ahead. It is let go: when its epoch is
    over, other things will have been found.
    """
    for each in all_waiting(home, deed):
        if each.epoch > epoch:
            _let_go(_path(home, OUTBOX, membership, deed, each.epoch))
    found = find_sent(home, membership, deed, epoch)
    return found or find_waiting(home, membership, deed, epoch)


def all_waiting(home: Home, deed: Deed | None = None) -> list[Parcel]:
    """Give everything that waits to be sent, oldest first."""
    found = [_read(path) for path in sorted((home.folder / FOLDER / OUTBOX).glob("*.json"))]
    return sorted(
        (each for each in found if deed in {None, each.deed}), key=lambda each: each.epoch
    )


def last_sent(home: Home, deed: Deed) -> Parcel | None:
    """Give the newest batch of a kind of which the hub gave its receipt; None: there is none."""
    paths = sorted((home.folder / FOLDER / SENT).glob(f"{DOORS[deed]}-*.json"))
    return _read(paths[-1]) if paths else None


def deliver(home: Home, membership: JoinedHub, parcel: Parcel, client: HubClient) -> Parcel:
    """
    Send a batch that lies in the outbox, check the receipt, and keep both.

    What was signed with a key that this node had before is signed anew.

    Raises:
        Unavailable: If the hub is away: it stays in the outbox.
        NotPermitted: If the hub does not let this node: likewise.
        BadNote, MalformedDocument: If the receipt is none: likewise.
        Conflict, NotTaken: If the hub does not take it, now or ever: it is let go, and
            what it held goes into the next batch.
    """
    parcel = _signed_now(home, membership, parcel)
    day = membership.day_of(parcel.epoch)
    path = f"/v1/epochs/{day}/{DOORS[parcel.deed]}"
    note = base64.b64encode(parcel.note.encode()).decode()
    headers = {"Content-Type": "application/json", "Hinomi-Note": note}
    try:
        answer = client.put_json(path, parcel.body.encode(), _Receipt, headers)
    except (Conflict, NotTaken):
        _let_go(_path(home, OUTBOX, membership, parcel.deed, parcel.epoch))
        raise
    _require_receipt(membership, parcel, answer)
    done = msgspec.structs.replace(parcel, receipt=answer.note)
    sent = _path(home, SENT, membership, parcel.deed, parcel.epoch)
    with on_disk(sent), suppress(FileExistsError):
        write_durably(sent, msgspec.json.encode(done))
    _let_go(_path(home, OUTBOX, membership, parcel.deed, parcel.epoch))
    for old in sorted(sent.parent.glob(f"{DOORS[parcel.deed]}-*.json"))[:-KEPT_SENT]:
        _let_go(old)
    return done


def deliver_earlier(
    home: Home, membership: JoinedHub, operation: Operation, epoch: int, client: HubClient
) -> tuple[Refused, ...]:
    """
    Send what waits of epochs before *epoch*: the hub may have taken it, and its receipt was lost.

    Each that it takes stands in the journal: it went now, whenever it was made.

    Returns:
        Those that the hub does not take any more; they are let go.

    Raises:
        As `deliver`, but for what the hub does not take.
    """
    refused, deed = [], DEEDS[operation]
    for each in all_waiting(home, deed):
        if each.epoch >= epoch or find_waiting(home, membership, deed, each.epoch) is None:
            continue
        try:
            deliver(home, membership, each, client)
        except (Conflict, NotTaken) as error:
            refused.append(Refused(each, str(error)))
            continue
        told = {"stage": "done", "epoch": membership.day_of(each.epoch), "digest": each.digest}
        record(home.journal(), operation, home.mandate(operation), told)
    return tuple(refused)


def dispatch(
    home: Home, membership: JoinedHub, operation: Operation, epoch: int, parcel: Parcel | None
) -> Dispatched:
    """
    Send a batch unless the hub gave its receipt for it, and what waits of epochs before *epoch*.

    Args:
        home: The member's.
        membership: The hub that it joined.
        operation: Whose batches: of `DEEDS`. What came of it stands in the journal.
        epoch: That is spoken of now.
        parcel: The batch of *epoch*; None: there is none.

    Raises:
        As `deliver`.
    """
    was_sent = parcel is not None and parcel.receipt is not None
    with HubClient(home, membership) as client:
        refused = deliver_earlier(home, membership, operation, epoch, client)
        if parcel is not None and not was_sent:
            parcel = deliver(home, membership, parcel, client)
    if refused or (parcel is not None and not was_sent):
        told: dict[str, object] = {"stage": "done", "refused_late": len(refused)}
        if parcel is not None:
            told |= {"epoch": membership.day_of(epoch), "digest": parcel.digest}
        record(home.journal(), operation, home.mandate(operation), told)
    return Dispatched(parcel=parcel, was_sent=was_sent, refused=refused)


def _signed_now(home: Home, membership: JoinedHub, parcel: Parcel) -> Parcel:
    """Give *parcel* as the key signs it that this node has now; the outbox gets it as well."""
    anew = make_parcel(
        home,
        membership,
        parcel.deed,
        epoch=parcel.epoch,
        body=parcel.body.encode(),
        statements=parcel.statements,
    )
    if anew != parcel:
        path = _path(home, OUTBOX, membership, parcel.deed, parcel.epoch)
        replace_durably(path, msgspec.json.encode(anew))
    return anew


def _require_receipt(membership: JoinedHub, parcel: Parcel, answer: _Receipt) -> None:
    """Refuse a receipt that is not the hub's word for this very batch."""
    wanted = membership.signed(parcel.deed, parcel.epoch, parcel.digest).receipt()
    told = (answer.epoch, answer.digest, answer.statements)
    if told != (membership.day_of(parcel.epoch), parcel.digest, parcel.statements):
        raise BadNote("the hub's receipt speaks of another batch: this one stays in the outbox")
    if Signed.check(answer.note, membership.list_key, membership.epoch_days) != wanted:
        raise BadNote("the hub's receipt is under another batch: this one stays in the outbox")


def _path(home: Home, folder: str, membership: JoinedHub, deed: Deed, epoch: int) -> Path:
    return path_in(home, folder, f"{DOORS[deed]}-{membership.day_of(epoch)}.json")


def _find(membership: JoinedHub, path: Path) -> Parcel | None:
    """Read a batch; one that was made for a former hub, or by another name, is let go."""
    if not path.exists():
        return None
    found = _read(path)
    named = [*found.note.split("\n")[1:3], found.hub_key]
    if named == [membership.hub, membership.member, membership.list_key.render()]:
        return found
    _let_go(path)
    return None


def _read(path: Path) -> Parcel:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Parcel)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; restore it from backup, or remove it") from error
    if digest(found.body.encode()) != found.digest:
        raise ConfigError(f"{path} is damaged; restore it from backup, or remove it")
    return found


def _let_go(path: Path) -> None:
    with on_disk(path):
        path.unlink(missing_ok=True)
