"""The file in which members hand on the key that they share, and what they compare of it."""

import base64
import binascii
from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hinomi.errors import MalformedDocument
from hinomi.share.canonical import render_canonical
from hinomi.share.private.keys import KEY_BYTES

FORMAT: Final = "hinomi-members-key-1"
CHECK_DIGITS: Final = 24
"""Of what people read out to each other: 96 bits."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    key: str  # Base64.
    check: str


def check_of(key: bytes) -> str:
    """
    Give the digits that are the same for the same key, and tell nothing else of it.

    Source:
        RFC 5869 (HKDF).
    """
    kdf = HKDF(hashes.SHA256(), CHECK_DIGITS // 2, salt=None, info=b"hinomi members key")
    return kdf.derive(key).hex()


def render_members_key(key: bytes) -> bytes:
    """Render the file of a key of 32 bytes."""
    told = {
        "format": FORMAT,
        "key": base64.b64encode(key).decode("ascii"),
        "check": check_of(key),
    }
    return render_canonical(told)


def parse_members_key(content: bytes, path: str) -> bytes:
    """
    Read the key that a file holds.

    Args:
        content: Of the file.
        path: Its name, for messages.

    Raises:
        MalformedDocument: If it is no such file, or was changed on its way.
    """
    try:
        found = msgspec.json.decode(content, type=_Document)
        key = base64.b64decode(found.key, validate=True)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise MalformedDocument("is no members' key", path) from error
    if found.format != FORMAT or len(key) != KEY_BYTES:
        raise MalformedDocument(f"is no members' key of the format {FORMAT}", path)
    if found.check != check_of(key):
        raise MalformedDocument("was damaged on its way: its digits are not those of its key", path)
    return key
