"""
Snapshots as bytes: canonical JSON, CSV of the same facts, and a signed head over both.

The head chains each snapshot to the one before it, so that a member who was away takes in the
heads that it missed and one list, and still sees that nothing was taken back, left out or told
differently to others.
"""

import csv
import io
import re
from dataclasses import dataclass
from typing import Final, Self

import msgspec

from hinomi.errors import Conflict, MalformedDocument
from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note, parse_signatures
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.listing import Listing, parse_epoch, render_epoch
from hinomi.model.protocol import PORT_MOST, parse_protocol
from hinomi.model.snapshot import NUMBER_MOST, Snapshot
from hinomi.share.canonical import digest, render_canonical, require_canonical

FORMAT: Final = "hinomi-snapshot-1"
FIELDS: Final = ("address", "protocol", "port", "class", "valid_until_epoch")

EPOCH_DAYS_MOST: Final = 99_999
"""No epoch is longer: 273 years."""

_FIRST_LINE: Final = "hinomi snapshot"
_NUMBER: Final = re.compile(r"[1-9][0-9]*")
_HEAD_LINES: Final = 7
_HEX: Final = frozenset("0123456789abcdef")
_DIGEST_LETTERS: Final = 64


class _Listing(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    protocol: str
    port: int
    service_class: ServiceClass = msgspec.field(name="class")
    valid_until_epoch: str


class _Snapshot(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    hub: str
    number: int
    epoch: str
    epoch_days: int
    previous: str
    listings: list[_Listing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is signed of a snapshot."""

    hub: str
    number: int
    epoch: int
    epoch_days: int
    previous: str  # Digest of the JSON of the snapshot before, 64 hex digits.
    json_digest: str
    csv_digest: str

    def text(self) -> str:
        """Render the text that is signed."""
        day = render_epoch(self.epoch, self.epoch_days)
        told = (self.hub, self.number, f"{day} {self.epoch_days}", self.previous)
        return "\n".join([_FIRST_LINE, *map(str, told), self.json_digest, self.csv_digest, ""])

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read what `text` rendered.

        Raises:
            BadNote: If it is none.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) != _HEAD_LINES or lines[0] != _FIRST_LINE:
            raise BadNote("this is no head of a snapshot")
        number = _whole(lines[2], NUMBER_MOST)
        if number is None:
            raise BadNote("the head of the snapshot has a number that none has")
        day, _, length = lines[3].partition(" ")
        days = _whole(length, EPOCH_DAYS_MOST)
        if days is None:
            raise BadNote("the head of the snapshot names no length of its epoch")
        if any(len(each) != _DIGEST_LETTERS or set(each) - _HEX for each in lines[4:]):
            raise BadNote("the head of the snapshot has a digest that is none")
        try:
            epoch = parse_epoch(day, days)
        except ValueError as error:
            raise BadNote(f"the epoch of the snapshot is {error}") from error
        return cls(
            hub=lines[1],
            number=number,
            epoch=epoch,
            epoch_days=days,
            previous=lines[4],
            json_digest=lines[5],
            csv_digest=lines[6],
        )


def head_of(snapshot: Snapshot) -> Head:
    """Give what is signed of *snapshot*."""
    return head_over(snapshot, render_json(snapshot), render_csv(snapshot))


def head_over(snapshot: Snapshot, as_json: bytes, as_csv: bytes) -> Head:
    """Do as `head_of`, where both of its forms are at hand: to render them takes seconds."""
    return Head(
        hub=snapshot.hub,
        number=snapshot.number,
        epoch=snapshot.epoch,
        epoch_days=snapshot.epoch_days,
        previous=snapshot.previous,
        json_digest=digest(as_json),
        csv_digest=digest(as_csv),
    )


def sign_head(head: Head, signer: Signer) -> str:
    """Render the signed note over *head*: of the same facts always the same bytes."""
    text = head.text()
    return Note(text, parse_signatures(signer.sign(text))).render()


def check_head(rendered: str, verifier: Verifier) -> Head:
    """
    Read a signed head, and make sure that *verifier* signed it for its own hub.

    Raises:
        BadNote: If it is none, or signed by somebody else.
    """
    note = parse_note(rendered)
    note.require(verifier)
    head = Head.parse(note.text)
    if head.hub != verifier.name:
        raise BadNote("the head of the snapshot is of another hub than its signature")
    return head


def read_head(rendered: str) -> Head:
    """
    Read a signed head of one's own, whose signature is not in question.

    Raises:
        BadNote: If it is none.
    """
    return Head.parse(parse_note(rendered).text)


def render_json(snapshot: Snapshot) -> bytes:
    """Render *snapshot* as canonical JSON: what the head's first digest is over."""
    return render_canonical(
        {
            "format": FORMAT,
            "hub": snapshot.hub,
            "number": snapshot.number,
            "epoch": render_epoch(snapshot.epoch, snapshot.epoch_days),
            "epoch_days": snapshot.epoch_days,
            "previous": snapshot.previous,
            "listings": [each.render(snapshot.epoch_days) for each in snapshot.listings],
        }
    )


def render_csv(snapshot: Snapshot) -> bytes:
    """Render the listings of *snapshot* as CSV with a header: the head's second digest."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(each.render(snapshot.epoch_days) for each in snapshot.listings)
    return text.getvalue().encode("utf-8")


def parse_json(body: bytes, path: str = "snapshot") -> Snapshot:
    """
    Read a snapshot; that it is the one of a signed head is for `require_body` to say.

    Raises:
        MalformedDocument: If it is none, has a further field, or is not in canonical form.
    """
    try:
        found = msgspec.json.decode(body, type=_Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument("is no snapshot, or has a field that none has", path) from error
    if found.format != FORMAT:
        raise MalformedDocument(f"its format is not {FORMAT}", path)
    if not 1 <= found.epoch_days <= EPOCH_DAYS_MOST or not 1 <= found.number <= NUMBER_MOST:
        raise MalformedDocument("has a number, or a length of epochs, that none has", path)
    try:
        snapshot = Snapshot(
            hub=found.hub,
            number=found.number,
            epoch=parse_epoch(found.epoch, found.epoch_days),
            epoch_days=found.epoch_days,
            previous=found.previous,
            listings=tuple(_listing(each, found.epoch_days) for each in found.listings),
        )
    except ValueError as error:
        raise MalformedDocument(f"is no snapshot: {error}", path) from error
    require_canonical(body, render_json(snapshot), path)
    return snapshot


def require_body(head: Head, body: bytes, path: str = "snapshot") -> Snapshot:
    """
    Give the snapshot in *body*, which must be the one that *head* was signed over.

    Raises:
        BadNote: If it is another one.
        MalformedDocument: If it is none.
    """
    if digest(body) != head.json_digest:
        raise BadNote("the list is not the one whose digest was signed")
    snapshot = parse_json(body, path)
    if head_of(snapshot) != head:
        raise BadNote("the list says something else of itself than its signed head")
    return snapshot


def require_next(held: Head | None, heads: tuple[Head, ...]) -> None:
    """
    Return if *heads* lead from the snapshot that is held to a newer one, without a gap.

    Args:
        held: Of the list that is in use; None: there is none yet.
        heads: Every one after it, by number; where none is held, the newest alone will do.

    Raises:
        Conflict: If the hub went back, left one out, or tells another history than before.
    """
    before = held
    for head in heads:
        if before is not None:
            if head.hub != before.hub:
                raise Conflict(f"snapshot {head.number} is of another hub than the list in use")
            if head.number <= before.number:
                raise Conflict(
                    f"the hub offers snapshot {head.number}, and {before.number} is in use: it "
                    "went back; ask the hub, and keep the list in use"
                )
            if head.number != before.number + 1:
                raise Conflict(f"snapshot {before.number + 1} is missing before {head.number}")
            if head.previous != before.json_digest:
                raise Conflict(
                    f"snapshot {head.number} does not follow on snapshot {before.number} as it was "
                    "given here: the hub tells another history; ask it, and keep the list in use"
                )
            if head.epoch <= before.epoch:
                raise Conflict(f"snapshot {head.number} is of no later epoch than the one before")
        before = head


def _whole(digits: str, most: int) -> int | None:
    """Read a whole number from 1 to *most* in the one form that it is written in; None: none."""
    # Lengths are looked at before digits: `int` refuses some thousand of them with a ValueError.
    if len(digits) > len(str(most)) or not _NUMBER.fullmatch(digits) or int(digits) > most:
        return None
    return int(digits)


def _listing(found: _Listing, epoch_days: int) -> Listing:
    if not 0 <= found.port <= PORT_MOST:
        raise ValueError("a listing has a port that none has")
    return Listing(
        parse_address(found.address),
        parse_protocol(found.protocol),
        found.port,
        found.service_class,
        parse_epoch(found.valid_until_epoch, epoch_days),
    )
