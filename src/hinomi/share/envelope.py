"""
Envelopes: whom a copy of the list was made for, signed apart from the list itself.

The list is the same bytes for all, so that members can compare what they were given. What names
the member stands in a note of its own beside it, by another key. A file that turns up where it
should not be, with its envelope or with no more than the envelope's mark, leads back to the member
it was given to; the mark tells that to nobody but the hub.

Notes:
    A list that was copied by hand without envelope and mark leads nowhere: that is the price of
    equal bytes. What remains for it is the hub's journal of who took which number.

Source:
    C2SP signed-note; RFC 2104 (HMAC) with SHA-256, cut to 128 bits.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from hinomi.govern.note import BadNote, Note, Signer, Verifier, parse_note, parse_signatures
from hinomi.model.member import MEMBER_NAME

_FIRST_LINE: Final = "hinomi envelope"
_LINES: Final = 6
_LIST: Final = "/list"
_ENVELOPE: Final = "/envelope"
_PURPOSE: Final = b"hinomi envelope mark 1"
_MARK_BYTES: Final = 16
_HEX: Final = re.compile(r"[0-9a-f]+")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,9}")
_DIGEST_LETTERS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is signed of one member's copy of one snapshot."""

    hub: str  # Name of the key that signs the list.
    number: int  # Of the snapshot.
    digest: str  # Of its JSON, 64 hex digits.
    member: str
    mark: str  # `mark_of`, 32 hex digits.

    def text(self) -> str:
        """Render the text that is signed."""
        told = (_FIRST_LINE, self.hub, str(self.number), self.digest, self.member, self.mark)
        return "\n".join([*told, ""])

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read what `text` rendered.

        Raises:
            BadNote: If it is none.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) != _LINES or lines[0] != _FIRST_LINE or not _NUMBER.fullmatch(lines[2]):
            raise BadNote("this is no envelope of a snapshot")
        _, hub, number, digest, member, mark = lines
        sizes = ((digest, _DIGEST_LETTERS), (mark, 2 * _MARK_BYTES))
        if any(not _HEX.fullmatch(each) or len(each) != size for each, size in sizes):
            raise BadNote("the envelope has a digest or a mark that is none")
        if not MEMBER_NAME.fullmatch(member):
            raise BadNote("the envelope names no member")
        return cls(hub=hub, number=int(number), digest=digest, member=member, mark=mark)


def mark_of(key: bytes, member: str, number: int) -> str:
    """
    Make the mark of one member's copy of one snapshot.

    Args:
        key: The hub's secret, 32 bytes; what else is made with it is made for another purpose.
        member: Its name.
        number: Of the snapshot.

    Returns:
        32 hex digits: of the same copy always the same, and without the key nobody's.
    """
    return _mark(_own_key(key), member, number)


def trace(
    mark: str, key: bytes, members: Iterable[str], numbers: Iterable[int]
) -> tuple[str, int] | None:
    """
    Find the copy that a mark was made for.

    Args:
        mark: As it was found, in any case.
        key: As of `mark_of`.
        members: Who may have had it, also those that have left.
        numbers: Of the snapshots that come into question.

    Returns:
        The member and the number; None: it was made for none of these.
    """
    wanted = mark.strip().lower()
    names = tuple(members)
    copies = ((member, number) for number in numbers for member in names)
    own = _own_key(key)
    return next((each for each in copies if _mark(own, *each) == wanted), None)


def _own_key(key: bytes) -> bytes:
    """Give the key that marks alone are made with."""
    return hmac.digest(key, _PURPOSE, "sha256")


def _mark(own: bytes, member: str, number: int) -> str:
    return hmac.digest(own, f"{member}|{number}".encode(), "sha256")[:_MARK_BYTES].hex()


def sign_envelope(envelope: Envelope, signer: Signer) -> str:
    """Render the signed note over *envelope*: of the same facts always the same bytes."""
    text = envelope.text()
    return Note(text, parse_signatures(signer.sign(text))).render()


def check_envelope(rendered: str, verifier: Verifier) -> Envelope:
    """
    Read an envelope, and make sure that the envelope key of its own hub signed it.

    Raises:
        BadNote: If it is none, or signed by somebody else.
    """
    note = parse_note(rendered)
    note.require(verifier)
    envelope = Envelope.parse(note.text)
    if envelope.hub.removesuffix(_LIST) + _ENVELOPE != verifier.name:
        raise BadNote("the envelope is of another hub than its signature")
    return envelope
