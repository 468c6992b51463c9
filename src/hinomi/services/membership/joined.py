"""
What this home knows of the hub that it has joined, and the keys that it shows there.

====================================== ======================================================
``hub/membership.json``                the hub, its keys, the doors that are open to this node
``keys/membership/node.key``, ``.pem`` the node's certificate, by which TLS knows it
``keys/membership/authority.pem``      who signed the hub's certificate: nobody else is trusted
``keys/membership/token``              goes with every request
``keys/membership/statements.key``     signs what this house says
====================================== ======================================================
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hinomi.errors import ConfigError, NotFound
from hinomi.govern.note import BadNote, Signer, Verifier
from hinomi.model.listing import epoch_of, render_epoch
from hinomi.services.home import Home
from hinomi.services.journals import read_signer

FOLDER: Final = "hub"
MEMBERSHIP: Final = f"{FOLDER}/membership.json"
KEYS: Final = "keys/membership"
NODE_KEY: Final = f"{KEYS}/node.key"
CERTIFICATE: Final = f"{KEYS}/node.pem"
AUTHORITY: Final = f"{KEYS}/authority.pem"
TOKEN: Final = f"{KEYS}/token"
STATEMENTS_KEY: Final = f"{KEYS}/statements.key"


class _Hub(msgspec.Struct):
    url: str
    list_key: str
    envelope_key: str
    epoch_days: int


class _Membership(msgspec.Struct):
    member: str
    hub: _Hub
    outlets: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The hub as it was when this home joined it."""

    member: str  # What the hub calls this house.
    url: str  # https://HOST:PORT, without a slash at its end.
    list_key: Verifier  # Of snapshots and receipts; pinned.
    envelope_key: Verifier
    epoch_days: int
    outlets: frozenset[str]

    @property
    def hub(self) -> str:
        """Name the hub, as every signature does."""
        return self.list_key.name

    def epoch_at(self, time_ms: int) -> int:
        """Number the hub's epoch that *time_ms* lies in."""
        return epoch_of(time_ms, self.epoch_days)

    def day_of(self, epoch: int) -> str:
        """Name an epoch of the hub by its first day."""
        return render_epoch(epoch, self.epoch_days)


def is_member(home: Home) -> bool:
    """Tell whether this home has joined a hub."""
    return (home.folder / MEMBERSHIP).exists()


def read_membership(home: Home) -> Membership:
    """
    Read which hub this home has joined.

    Raises:
        NotFound: If it has joined none.
        ConfigError: If what is written of it is damaged.
    """
    path = home.folder / MEMBERSHIP
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Membership)
        list_key, envelope_key = map(Verifier.parse, (found.hub.list_key, found.hub.envelope_key))
    except FileNotFoundError as error:
        raise NotFound(
            "this home has joined no hub: `hinomi listings enrol` asks to, `hinomi listings join` "
            "takes the answer"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; restore it from backup") from error
    except (msgspec.DecodeError, BadNote) as error:
        raise ConfigError(f"{path} is damaged; restore it from backup, or join anew") from error
    if found.hub.epoch_days < 1 or not found.hub.url.startswith("https://"):
        raise ConfigError(f"{path} names no hub that can be reached; join anew")
    return Membership(
        member=found.member,
        url=found.hub.url.rstrip("/"),
        list_key=list_key,
        envelope_key=envelope_key,
        epoch_days=found.hub.epoch_days,
        outlets=frozenset(found.outlets),
    )


def statements_signer(home: Home) -> Signer:
    """
    Read the key that what this house says is signed with.

    Raises:
        ConfigError: If it is missing or damaged.
    """
    return read_signer(home.folder / STATEMENTS_KEY)


def read_token(home: Home) -> str:
    """
    Read the token that goes with every request.

    Raises:
        ConfigError: If it is missing.
    """
    path = home.folder / TOKEN
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is missing or damaged; restore it, or join anew") from error
    if not token or not token.isprintable() or " " in token:
        raise ConfigError(f"{path} is damaged; restore it, or join anew")
    return token


def spoken_of(home: Home, membership: Membership) -> int:
    """
    Give the epoch that is spoken of now: the last one that is over.

    Raises:
        ConfigError: If this home's epochs are not those of the hub.
    """
    days = home.register.integer("share.epoch_days")
    if days != membership.epoch_days:
        raise ConfigError(
            f"share.epoch_days is {days} here and {membership.epoch_days} at the hub: listings "
            "hold for other epochs than it can name; propose the hub's value"
        )
    return membership.epoch_at(home.clock()) - 1


def path_in(home: Home, *parts: str) -> Path:
    """Name a file of the membership, and make its folder."""
    path = home.folder.joinpath(FOLDER, *parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
