"""
Documents as canonical bytes: the same facts are always the same bytes, so that they can be signed.

Source:
    RFC 8785 (JSON Canonicalization Scheme), for what is written here: texts, whole numbers
    below 2**53, lists and objects with ASCII names.
"""

import hashlib
import json
from collections.abc import Mapping

from hinomi.errors import MalformedDocument


def render_canonical(document: Mapping[str, object]) -> bytes:
    """Render *document* as canonical JSON, without a newline at its end."""
    text = json.dumps(
        document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode("utf-8")


def require_canonical(body: bytes, again: bytes, path: str) -> None:
    """
    Return if *body* is what its facts render to, *again*.

    Raises:
        MalformedDocument: If it holds more than they: a name twice, another order, blanks.
    """
    if body != again:
        raise MalformedDocument(
            "is not in canonical form (RFC 8785), in the order of its servers", path
        )


def digest(body: bytes) -> str:
    """Give the SHA-256 of *body* as 64 hex digits."""
    return hashlib.sha256(body).hexdigest()
