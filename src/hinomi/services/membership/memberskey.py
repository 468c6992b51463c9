"""
The key that members share and the hub does not have: drawn by one, taken by each.

It goes from member to member by a way that they trust, and never through the hub: whoever has it
together with the hub's tables can read them.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.errors import ConfigError, Conflict, HinomiError, NotFound
from hinomi.services.home import Home
from hinomi.services.listings import require_may_leave
from hinomi.services.mandates import Operation, record
from hinomi.services.membership.joining import KEYS
from hinomi.share.private.keys import KEY_BYTES
from hinomi.share.private.membersfile import check_of, parse_members_key, render_members_key
from hinomi.store.durable import on_disk, replace_durably, require_file_place, write_secret

MEMBERS_KEY: Final = f"{KEYS}/members.key"

_BYTES_MOST: Final = 4096
_SECRET: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """A key that was drawn or taken; the key itself is not in it."""

    path: Path
    check: str  # What members read out to each other, 24 hex digits.
    replaced: bool = False


def make_key(home: Home, out: Path) -> HandedOn:
    """
    Draw a key for all members and write it into the new file *out*, for its owner alone to read.

    This home does not hold it by that: it takes it as the others do.

    Raises:
        NotPermitted: If this home is a laboratory, or no mandate permits it.
        Conflict: If *out* exists.
        Unavailable: If the disk refuses.
    """
    mandate = require_may_leave(home, Operation.KEY)
    require_file_place(out)
    key = os.urandom(KEY_BYTES)
    record(home.journal(), Operation.KEY, mandate, {"act": "make", "check": check_of(key)})
    with on_disk(out):
        try:
            write_secret(out, render_members_key(key))
        except FileExistsError:
            raise Conflict(f"{out} exists; name another file") from None
    return HandedOn(path=out, check=check_of(key))


def take_key(home: Home, file: Path, *, replaces: bool = False) -> HandedOn:
    """
    Keep the members' key of *file*; the same again changes nothing.

    Args:
        home: The member's.
        file: What `make_key` wrote, at whichever member; to be deleted afterwards.
        replaces: Put it in place of another one. What waits for an answer under that is lost.

    Raises:
        NotPermitted: If this home is a laboratory, or no mandate permits it.
        NotFound: If *file* cannot be read.
        MalformedDocument: If it is no such file, or damaged.
        Conflict: If another key is here, and it is not to be replaced.
        Unavailable: If the disk refuses.
    """
    mandate = require_may_leave(home, Operation.KEY)
    try:
        with file.open("rb") as opened:
            content = opened.read(_BYTES_MOST)
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}; name the file of a members' key") from error
    key = parse_members_key(content, str(file))
    path = home.folder / MEMBERS_KEY
    is_other = path.exists() and _read(path) != key
    if is_other and not replaces:
        raise Conflict(
            "another members' key is here; --replace puts this one in its place, and every "
            "member has to do so"
        )
    facts = {"act": "replace" if is_other else "take", "check": check_of(key)}
    record(home.journal(), Operation.KEY, mandate, facts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_durably(path, render_members_key(key), mode=_SECRET)
    return HandedOn(path=path, check=check_of(key), replaced=is_other)


def read_key(home: Home) -> bytes:
    """
    Read the members' key of this home, 32 bytes.

    Raises:
        NotFound: If none was taken.
        ConfigError: If it is damaged.
    """
    path = home.folder / MEMBERS_KEY
    if not path.exists():
        raise NotFound(
            "no members' key is here: `hinomi listings key take FILE` keeps the one that members "
            "hand on"
        )
    found = _read(path)
    if found is None:
        raise ConfigError(f"{path} is damaged; take the members' key anew with --replace")
    return found


def _read(path: Path) -> bytes | None:
    """Give the key that a file of this home holds; None: it is damaged."""
    try:
        return parse_members_key(path.read_bytes(), str(path))
    except (OSError, HinomiError):
        return None
