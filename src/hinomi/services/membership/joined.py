"""The hub that this home has joined, as whoever exchanges with it needs to know it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.errors import ConfigError
from hinomi.govern.note import BadNote, Verifier
from hinomi.model.listing import epoch_of, render_epoch
from hinomi.model.statement import Deed
from hinomi.services.home import Home
from hinomi.services.membership.joining import MEMBERSHIP, read_membership
from hinomi.share.signing import Signed

FOLDER: Final = "hub"
"""Where all of it lies in the home, but for the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedHub:
    """The hub as it was when this home joined it."""

    member: str  # What the hub calls this house.
    url: str  # Such as https://hub.example:8443, without a slash at its end.
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

    def signed(self, deed: Deed, epoch: int, digest: str) -> Signed:
        """Give what this house puts its name to: a deed over bytes with this digest (SHA-256)."""
        return Signed(
            deed=deed,
            hub=self.hub,
            member=self.member,
            epoch=epoch,
            epoch_days=self.epoch_days,
            digest=digest,
        )

    def day_of(self, epoch: int) -> str:
        """Name an epoch of the hub by its first day."""
        return render_epoch(epoch, self.epoch_days)


def is_member(home: Home) -> bool:
    """Tell whether this home has joined a hub."""
    return (home.folder / MEMBERSHIP).exists()


def read_joined(home: Home) -> JoinedHub:
    """
    Read which hub this home has joined.

    Raises:
        NotFound: If it has joined none.
        ConfigError: If what is written of it is damaged.
    """
    found = read_membership(home)
    try:
        list_key, envelope_key = map(Verifier.parse, (found.hub.list_key, found.hub.envelope_key))
    except BadNote as error:
        raise ConfigError(f"{home.folder / MEMBERSHIP} is damaged: {error}; join anew") from error
    if found.hub.epoch_days < 1 or not found.hub.url.startswith("https://"):
        raise ConfigError(f"{home.folder / MEMBERSHIP} names no hub that can be reached; join anew")
    return JoinedHub(
        member=found.member,
        url=found.hub.url.rstrip("/"),
        list_key=list_key,
        envelope_key=envelope_key,
        epoch_days=found.hub.epoch_days,
        outlets=frozenset(each.value for each in found.outlets),
    )


def spoken_of(home: Home, membership: JoinedHub) -> int:
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
