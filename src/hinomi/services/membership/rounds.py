"""
What this home keeps of private corroboration: what it brought into rounds, and what came of it.

====================== ====================================================================
``hub/private/DAY``    what the hub offered for the round of that day, and what was brought into
                       it: enough to make the same tables again, and to open the answer; it goes
                       when the answer is opened, and is emptied when the round comes to nothing
                       here
``hub/private/opened`` which of the own servers enough members have, by the newest answer
====================== ====================================================================

All of it is this house's own servers, and no key.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hinomi.errors import ConfigError
from hinomi.model.service import Service
from hinomi.model.statement import Endpoint
from hinomi.services.home import Home
from hinomi.services.membership.joined import FOLDER, JoinedHub, path_in
from hinomi.share.private.elements import pack, unpack
from hinomi.share.private.rounds import Round
from hinomi.store.durable import on_disk, replace_durably

PRIVATE: Final = "private"
OPENED: Final = "opened.json"

_SECRET: Final = 0o600

T = TypeVar("T")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings went into a round, and what was counted beside them."""

    brought: int
    at_least: int  # Findings behind which exactly as many lines stand as it takes.
    left_out: int  # Findings that are more than the round takes.

    @property
    def facts(self) -> dict[str, int]:
        """What is told of it, to people and to the journal: counts, and no server."""
        return {
            "brought": self.brought,
            "at_lines_least": self.at_least,
            "left_out": self.left_out,
        }


NOTHING: Final = Counts(brought=0, at_least=0, left_out=0)
"""Where nothing went in."""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What this home was offered of one round, and what it brought into it."""

    hub: str  # The key of its list: one that was founded anew under the same name is another.
    member: str
    epoch: int
    threshold: int
    capacity: int
    number: int  # This member's, in this round.
    check: bytes = b""  # Of the round's keys: under another key nothing of it can be opened.
    seed: bytes = b""  # Makes the same tables again; empty: nothing was brought.
    elements: tuple[bytes, ...] = ()  # The own servers that went in, packed.
    counts: Counts | None = None  # None: nothing was brought.
    digest: str = ""  # Of the tables.
    receipt: str = ""  # The hub's; empty: it has not said yet that it took them.
    is_lost: bool = False  # It comes to nothing; that it was there keeps others from being made.

    @property
    def offer(self) -> tuple[int, int, int]:
        """What the hub said of the round: threshold, capacity, number."""
        return self.threshold, self.capacity, self.number

    @property
    def agreed(self) -> Round:
        """
        The round that it is of.

        Raises:
            ConfigError: If it is none that can be.
        """
        return Round(self.hub, self.epoch, self.threshold, self.capacity)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer proved."""

    hub: str  # The key of its list.
    member: str
    epoch: int
    threshold: int
    elements: tuple[bytes, ...]  # The own servers that so many members have, packed.
    counts: Counts  # Of what went in.
    unproven: int  # Bins that the hub named without enough proof.

    @property
    def servers(self) -> frozenset[Endpoint]:
        """The servers that enough members have."""
        return frozenset(_endpoint(each) for each in self.elements)


def packed(servers: Iterable[Endpoint]) -> tuple[bytes, ...]:
    """Give servers as rounds compare them, ascending."""
    return tuple(sorted(pack(Service(each.address, each.proto, each.port)) for each in servers))


def all_brought(home: Home, membership: JoinedHub) -> list[Brought]:
    """
    Give what is known of rounds without an answer, oldest first; of a former hub it is let go.

    Raises:
        ConfigError: If something of it is damaged.
    """
    found = []
    for path in sorted((home.folder / FOLDER / PRIVATE).glob("[0-9]*.json")):
        brought = _read(path, Brought)
        if _is_of(brought, membership):
            found.append(brought)
        else:
            _remove(path)
    return sorted(found, key=lambda each: each.epoch)


def put_brought(home: Home, membership: JoinedHub, brought: Brought) -> None:
    """Keep what was offered, or what goes into a round, before it goes."""
    path = _path(home, membership, brought.epoch)
    replace_durably(path, msgspec.json.encode(brought), mode=_SECRET)


def lose_brought(home: Home, membership: JoinedHub, brought: Brought) -> None:
    """
    Let go of what was brought into a round, and remember that there was something.

    Tables that were made a second time would differ from the first in all bins but those that hold
    a finding: a hub that has both could count them. So a round that is lost stays lost.
    """
    lost = msgspec.structs.replace(brought, seed=b"", elements=(), counts=None, is_lost=True)
    put_brought(home, membership, lost)


def forget_brought(home: Home, membership: JoinedHub, epoch: int) -> None:
    """Delete what was brought into a round, and with it what made its tables."""
    _remove(_path(home, membership, epoch))


def put_opened(home: Home, opened: Opened) -> None:
    """Keep what an answer proved, in the place of an earlier one."""
    replace_durably(path_in(home, PRIVATE, OPENED), msgspec.json.encode(opened), mode=_SECRET)


def read_opened(home: Home, membership: JoinedHub) -> Opened | None:
    """
    Give what the newest answer proved; None: there is none of this hub.

    Raises:
        ConfigError: If it is damaged.
    """
    path = home.folder / FOLDER / PRIVATE / OPENED
    if not path.exists():
        return None
    found = _read(path, Opened)
    return found if _is_of(found, membership) else None


def corroborated(home: Home, membership: JoinedHub, epoch: int) -> frozenset[Endpoint] | None:
    """
    Give the servers that may go to the hub in what is said of *epoch*; None: all may.

    Without an answer that is new enough it is none of them, not all.

    Raises:
        ConfigError: If what was kept of the newest answer is damaged.
    """
    if not home.register.integer("share.only_corroborated"):
        return None
    opened = read_opened(home, membership)
    most = home.register.integer("share.corroborated_epochs")
    if opened is None or not 0 <= epoch - opened.epoch <= most:
        return frozenset()
    return opened.servers


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; remove it: the next round makes it anew") from error


def _is_of(kept: Brought | Opened, membership: JoinedHub) -> bool:
    return (kept.hub, kept.member) == (membership.list_key.render(), membership.member)


def _endpoint(element: bytes) -> Endpoint:
    service = unpack(element)
    return Endpoint(service.address, service.proto, service.port)


def _path(home: Home, membership: JoinedHub, epoch: int) -> Path:
    return path_in(home, PRIVATE, f"{membership.day_of(epoch)}.json")


def _remove(path: Path) -> None:
    with on_disk(path):
        path.unlink(missing_ok=True)
