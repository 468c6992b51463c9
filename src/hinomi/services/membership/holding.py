"""
The hub's list as this home holds it: the last good one, whatever happens to the next.

===================== =====================================================================
``hub/held.json``     which snapshot is in use; written last, so that it names a whole one
``hub/heads/``        the signed head of each that came, a chain
``hub/lists/``        the lists themselves; the newest few stay
``hub/envelopes/``    what says for whom each copy was made
``hub/pulling``       the lock of whoever changes these
===================== =====================================================================
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import ConfigError, Conflict, HinomiError, NotFound
from hinomi.govern.note import BadNote
from hinomi.model.snapshot import Snapshot
from hinomi.services.home import Home
from hinomi.services.membership.joined import FOLDER, JoinedHub, path_in
from hinomi.share.canonical import digest
from hinomi.share.snapshot import Head, check_head, parse_json, require_next
from hinomi.store.durable import on_disk, replace_durably
from hinomi.store.locking import taken

KEPT_LISTS: Final = 4
"""So many lists stay: what detection looked at may be one or two before the newest."""

HELD: Final = "held.json"
PULL: Final = "listings pull"
"""What entries of the journal on lists that came are called."""

_WAIT_S: Final = 60.0
_ANEW: Final = "`hinomi listings pull` fetches it anew"
_DIGITS: Final = 9


class _Held(msgspec.Struct, frozen=True):
    number: int
    key: str  # Of the hub that it is of: a home may join another one.
    pulled_ms: int
    ends: int  # First epoch that is the last one of some listing.
    acknowledged: int = 0  # Number of the newest snapshot of which the hub knows that it is here.


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Which snapshot is in use here, by its checked head."""

    head: Head
    pulled_ms: int
    ends: int  # First epoch that is the last one of some listing: until then none lapses.
    acknowledged: int

    @property
    def number(self) -> int:
        """Its number."""
        return self.head.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A snapshot that came, as far as it is still known."""

    number: int
    digest: str  # Of its JSON.
    head: Head | None = None  # None: the journal alone tells of it.


@contextmanager
def alone(
    home: Home, lock: str = "pulling", does: str = "takes in the hub's list"
) -> Iterator[None]:
    """
    Keep other processes from changing what is held.

    Args:
        home: Where.
        lock: The file that stands for it.
        does: What another process that has it does.

    Raises:
        Conflict: If one is at it for too long.
    """
    path = path_in(home, lock)
    with on_disk(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not taken(descriptor, _WAIT_S):
            raise Conflict(f"another process {does}; try again when it has ended")
        yield
    finally:
        os.close(descriptor)


def read_held(home: Home, membership: JoinedHub) -> Held | None:
    """
    Give which snapshot is in use; None: there is none of this hub yet.

    Raises:
        ConfigError: If what was kept of it is damaged, or gone.
    """
    held = find_held(home, membership)
    if held is None and not (home.folder / FOLDER / HELD).exists():
        known = newest_known(home, membership)
        if known is not None:
            raise ConfigError(
                f"{home.folder / FOLDER / HELD} is gone, and snapshot {known.number} had come: "
                "restore it from backup, or let `hinomi listings pull` go on from there"
            )
    return held


def find_held(home: Home, membership: JoinedHub) -> Held | None:
    """
    Give which snapshot is said to be in use; None: nothing is said, or of another hub.

    Raises:
        ConfigError: If what was kept of it is damaged.
    """
    path = home.folder / FOLDER / HELD
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Held)
        if found.key != membership.list_key.render():
            return None
        head = read_head(home, membership, found.number)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, HinomiError) as error:
        raise ConfigError(
            f"{path}, or the head that it names, is damaged; restore both from backup, or remove "
            f"{HELD}: `hinomi listings pull` then goes on from the newest head that is known"
        ) from error
    return Held(
        head=head, pulled_ms=found.pulled_ms, ends=found.ends, acknowledged=found.acknowledged
    )


def newest_known(home: Home, membership: JoinedHub) -> Known | None:
    """
    Tell which snapshot of this hub came last, by the heads that are here and by the journal.

    For a home that does not know any more what it held: a hub must not go back behind that.
    None: none ever came.
    """
    key = membership.list_key.render()
    known = None
    for body in home.journal().bodies():
        told = body.parse()
        if (told.get("operation"), told.get("act"), told.get("key")) == (PULL, "pull", key):
            number, digest_said = told.get("number"), told.get("digest")
            if isinstance(number, int) and (known is None or number >= known.number):
                known = Known(number=number, digest=str(digest_said))
    for number in sorted(_numbers(home), reverse=True):
        if known is not None and number < known.number:
            break
        with suppress(HinomiError):  # Damaged, or of a former hub.
            head = read_head(home, membership, number)
            return Known(number=number, digest=head.json_digest, head=head)
    return known


def require_held(home: Home, membership: JoinedHub) -> Held:
    """
    Give which snapshot is in use.

    Raises:
        NotFound: If there is none yet.
        ConfigError: As `read_held`.
    """
    held = read_held(home, membership)
    if held is None:
        raise NotFound("no list of the hub is here yet: `hinomi listings pull` fetches it")
    return held


def put_held(home: Home, membership: JoinedHub, held: Held) -> None:
    """Say which snapshot is in use; its head and list are on disk already."""
    told = _Held(
        number=held.number,
        key=membership.list_key.render(),
        pulled_ms=held.pulled_ms,
        ends=held.ends,
        acknowledged=held.acknowledged,
    )
    replace_durably(path_in(home, HELD), msgspec.json.encode(told), mode=0o600)


def put_head(home: Home, number: int, note: str) -> None:
    """Keep the signed head of a snapshot."""
    replace_durably(_path(home, "heads", number, "note"), note.encode(), mode=0o600)


def put_list(home: Home, number: int, body: bytes) -> None:
    """Keep a list."""
    replace_durably(_path(home, "lists", number, "json"), body, mode=0o600)


def put_envelope(home: Home, number: int, note: str) -> None:
    """Keep what says for whom a copy was made."""
    replace_durably(_path(home, "envelopes", number, "note"), note.encode(), mode=0o600)


def read_head(home: Home, membership: JoinedHub, number: int) -> Head:
    """
    Read the head of a snapshot, and check its signature.

    Raises:
        NotFound: If it is not here.
        BadNote: If it is damaged, or of another snapshot.
    """
    path = _path(home, "heads", number, "note")
    try:
        head = check_head(path.read_text("utf-8"), membership.list_key)
    except OSError as error:
        raise NotFound(f"the head of snapshot {number} is not here") from error
    except UnicodeDecodeError as error:
        raise BadNote(f"{path} is damaged") from error
    if head.number != number:
        raise BadNote(f"{path} is the head of another snapshot")
    return head


def read_list(home: Home, membership: JoinedHub, number: int) -> Snapshot:
    """
    Read a list, and check that it is the one that the hub signed.

    Raises:
        NotFound: If it is not here (any more).
        BadNote, MalformedDocument: If it is damaged.
    """
    path, body = _body(home, membership, number)
    return parse_json(body, str(path))


def require_whole(home: Home, membership: JoinedHub, held: Held) -> None:
    """
    Return if the list that is in use is here as it was signed.

    Raises:
        ConfigError: If it is gone or damaged.
    """
    try:
        _body(home, membership, held.number)
    except HinomiError as error:
        raise ConfigError(f"{error}; {_ANEW}") from error


def read_in_use(home: Home, membership: JoinedHub, held: Held) -> Snapshot:
    """
    Give the list that is in use.

    Raises:
        ConfigError: If it is gone or damaged.
    """
    try:
        return read_list(home, membership, held.number)
    except HinomiError as error:
        raise ConfigError(f"{error}; {_ANEW}") from error


def check_chain(home: Home, membership: JoinedHub) -> tuple[Head, ...]:
    """
    Check every head that is here, and that each follows on the one before.

    Raises:
        BadNote: If one is damaged.
        Conflict: If one is missing, or does not follow.
    """
    heads = tuple(read_head(home, membership, number) for number in sorted(_numbers(home)))
    require_next(None, heads)
    return heads


def sweep_lists(home: Home, newest: int) -> None:
    """Let go of lists that are older than the newest few."""
    for each in (home.folder / FOLDER / "lists").glob("*.json"):
        if each.stem.isdecimal() and int(each.stem) <= newest - KEPT_LISTS:
            with on_disk(each):
                each.unlink(missing_ok=True)


def sweep_former(home: Home) -> None:
    """Let go of heads, lists and envelopes before the first ones of a hub come."""
    for folder in ("heads", "lists", "envelopes"):
        for each in (home.folder / FOLDER / folder).glob("*"):
            with on_disk(each):
                each.unlink(missing_ok=True)


def _numbers(home: Home) -> list[int]:
    """Number the snapshots whose heads are here."""
    folder = home.folder / FOLDER / "heads"
    return [int(each.stem) for each in folder.glob("*.note") if each.stem.isdecimal()]


def _body(home: Home, membership: JoinedHub, number: int) -> tuple[Path, bytes]:
    """Read the bytes of a list, and check that they are those that the hub signed."""
    head = read_head(home, membership, number)
    path = _path(home, "lists", number, "json")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise NotFound(f"the list of snapshot {number} is not here") from error
    if digest(body) != head.json_digest:  # Whatever else there is to it was checked as it came.
        raise BadNote(f"{path} is not the list whose digest was signed")
    return path, body


def _path(home: Home, folder: str, number: int, suffix: str) -> Path:
    return path_in(home, folder, f"{number:0{_DIGITS}}.{suffix}")
