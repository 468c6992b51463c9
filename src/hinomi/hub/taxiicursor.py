"""
Where a page ended, as one word that a TAXII client hands back: nothing is remembered here for it.

The word bears the snapshot that was read, the last object that was given, and the filters. So the
next page is of the same snapshot also when a newer one was published meanwhile, on whichever
process of the hub, and whether or not the client repeats its filters.
"""

import base64
import binascii
import hmac
from typing import Final

import msgspec

from hinomi.errors import UsageError
from hinomi.hub.taxiiquery import Query

PURPOSE: Final = "hinomi taxii cursor"
"""What its key is derived for."""

_MARK_BYTES: Final = 16
_LONGEST: Final = 16_384


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    resource: str  # Which is paged: one's cursor is no other's.
    number: int  # Of the snapshot that was read; 0: there was none.
    epoch: int  # Of that snapshot.
    added: int  # Of the last object that was given, in microseconds since 1970.
    id: str  # Of that object.
    query: Query


class CursorSeal:
    """Makes and reads the words; *key* is derived from the hub's identity key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def render(self, cursor: Cursor) -> str:
        """Render *cursor*: of the same one always the same word."""
        body = msgspec.json.encode(cursor)
        return base64.urlsafe_b64encode(self._mark(body) + body).decode("ascii").rstrip("=")

    def parse(self, word: str, resource: str) -> Cursor:
        """
        Read what `render` made for *resource*.

        Raises:
            UsageError: If it is none of this hub's, or another resource's.
        """
        if len(word) > _LONGEST:
            raise _refusal()
        try:
            found = base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refusal() from None
        mark, body = found[:_MARK_BYTES], found[_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(body)):
            raise _refusal()
        try:
            cursor = msgspec.json.decode(body, type=Cursor)
        except msgspec.DecodeError:
            raise _refusal() from None  # An older release's.
        if cursor.resource != resource:
            raise UsageError("next is of another resource; ask that one, or begin anew without it")
        return cursor

    def _mark(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_MARK_BYTES]


def _refusal() -> UsageError:
    return UsageError("next is no word of this hub; begin anew without it")
