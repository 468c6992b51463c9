"""Checking the hub's list without the hub: signature, digest, chain; any file with any key too."""

from dataclasses import dataclass
from pathlib import Path

from hinomi.errors import NotFound
from hinomi.govern.note import BadNote
from hinomi.services.home import Home
from hinomi.services.journals import read_verifier
from hinomi.services.membership.holding import check_chain, read_list, require_held
from hinomi.services.membership.joined import read_joined
from hinomi.share.canonical import digest
from hinomi.share.snapshot import Head, check_head, head_of, require_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A list that is what its hub signed."""

    head: Head
    listings: int
    chain: int  # Heads that were checked, each as following on the one before.


def verify_held(home: Home) -> Verified:
    """
    Check the list in use and all heads that are here; nobody is asked.

    Raises:
        NotFound: If this home has joined no hub, or no list is here yet.
        BadNote, MalformedDocument: If something is not what the hub signed.
        Conflict: If a head is missing, or does not follow.
    """
    membership = read_joined(home)
    held = require_held(home, membership)
    snapshot = read_list(home, membership, held.number)
    if head_of(snapshot) != held.head:
        raise BadNote("the list says something else of itself than its signed head")
    heads = check_chain(home, membership)
    return Verified(head=held.head, listings=len(snapshot.listings), chain=len(heads))


def verify_file(path: Path, head_path: Path, key: str) -> Verified:
    """
    Check a list in a file, JSON or CSV, against its signed head and the hub's public key.

    Args:
        path: The list.
        head_path: The signed head.
        key: The public key, or a file that holds it.

    Raises:
        NotFound: If a file cannot be read.
        BadNote, MalformedDocument: If it is not what the key's owner signed.
    """
    body = _read(path)
    try:
        rendered = _read(head_path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadNote(f"{head_path} is no signed note") from error
    head = check_head(rendered, read_verifier(key))
    if digest(body) == head.csv_digest:
        return Verified(head=head, listings=max(body.count(b"\n") - 1, 0), chain=1)
    if digest(body) != head.json_digest:
        raise BadNote("the file is not the list whose digest was signed")
    snapshot = require_body(head, body, str(path))
    return Verified(head=head, listings=len(snapshot.listings), chain=1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from error
