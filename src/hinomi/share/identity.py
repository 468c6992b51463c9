"""
Ids of what the hub publishes: stable, unguessable, and free of time.

A random id would have to be kept, and one made of the address alone could be tried out by anybody
who wants to know whether an address is listed. So each id is a keyed hash, in the form of a random
UUID: whoever lacks the key cannot tell it from one.
"""

import hmac
import uuid
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hinomi.model.address import render_address
from hinomi.model.protocol import render_protocol
from hinomi.model.statement import Endpoint

_KEY_BYTES: Final = 32
_UUID_BYTES: Final = 16


class Identities:
    """
    Makes the ids of one hub.

    Source:
        RFC 2104 (HMAC), with SHA-256; RFC 9562, section 5.4 (form of a UUIDv4).
    """

    def __init__(self, key: bytes) -> None:
        """
        Take the hub's identity key.

        Raises:
            ValueError: If it has not 32 bytes.
        """
        if len(key) != _KEY_BYTES:
            raise ValueError("an identity key has 32 bytes")
        self._key = key

    def listing(self, endpoint: Endpoint, episode: int) -> str:
        """
        Give the id of one episode of a listing: all its versions bear it.

        Args:
            endpoint: The server.
            episode: Which time it is listed, from 1.
        """
        address, protocol = render_address(endpoint.address), render_protocol(endpoint.proto)
        return self._uuid(f"{address}|{protocol}|{endpoint.port}|{episode}")

    def named(self, *words: str) -> str:
        """Give the id of something else that is published, by what it is called."""
        # No address begins like this, so that no listing has the id of something else.
        return self._uuid("|".join(("named", *words)))

    def key_for(self, purpose: str) -> bytes:
        """
        Derive a key of 32 bytes that is good for *purpose* alone.

        Source:
            RFC 5869 (HKDF), with SHA-256.
        """
        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode("utf-8"))
        return derived.derive(self._key)

    def _uuid(self, text: str) -> str:
        made = hmac.digest(self._key, text.encode("utf-8"), "sha256")
        return str(uuid.UUID(bytes=made[:_UUID_BYTES], version=4))
