"""
Which servers enough lines of this network met until an epoch ended, as detection last counted.

Of the hub's list a yes or a no is kept for each place on it; of each server that this house lists,
and of the epoch as a whole, whether too few lines stand behind it, exactly enough, or more. No
count, no line, no time of a contact.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from hinomi.errors import ConfigError
from hinomi.services.home import Home
from hinomi.services.membership.joined import FOLDER, path_in
from hinomi.store.durable import replace_durably

MET: Final = "met.json"
NO_LIST: Final = 0
"""In place of a snapshot's number, where no list of the hub was there to look at."""


class Behind(StrEnum):
    """How many lines stand behind something, as far as anybody needs to know."""

    FEW = "few"
    EXACTLY = "exactly"  # As many as it takes.
    MORE = "more"


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of detection counted."""

    number: int  # Of the snapshot; `NO_LIST`: there was none.
    lines_least: int  # So many lines or more met those that follow.
    met: list[int]  # Places in the snapshot, from 0, ascending.
    at_least: int  # Exactly so many lines met so many of them.
    epoch: int = -1  # Counted until it ended; what came after it shows in nothing of this.
    watched: Behind = Behind.FEW  # So many lines show in the records of the epoch itself.
    listed: dict[int, Behind] = {}  # By case: servers that this house lists.
    counted: str = ""  # Digest of all that was counted: the same again need not be.


def read_met(home: Home) -> Met | None:
    """
    Give what detection last counted; None: it has not looked.

    Raises:
        ConfigError: If what was kept of it is damaged.
    """
    path = home.folder / FOLDER / MET
    try:
        return msgspec.json.decode(path.read_bytes(), type=Met)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; remove it: detection writes it anew") from error


def put_met(home: Home, met: Met) -> None:
    """
    Keep what detection saw, in the place of what it saw before.

    Raises:
        Unavailable: If the disk refuses.
    """
    replace_durably(path_in(home, MET), msgspec.json.encode(met), mode=0o600)


def counted_of(home: Home, epoch: int) -> Met | None:
    """
    Give what detection counted until *epoch* ended, by the rule that holds; None: it did not.

    Raises:
        ConfigError: As `read_met`.
    """
    met = read_met(home)
    least = home.register.integer("share.lines_least")
    return met if met is not None and (met.epoch, met.lines_least) == (epoch, least) else None


def lines_listed(home: Home, epoch: int) -> Mapping[int, int]:
    """
    Give, by case, how many lines met each server that this house lists, until *epoch* ended.

    Returns:
        0 for too few, the least number for exactly that, one more for all others; empty where
        detection did not count so far.

    Raises:
        ConfigError: As `read_met`.
    """
    met = counted_of(home, epoch)
    if met is None:
        return {}
    told = {Behind.FEW: 0, Behind.EXACTLY: met.lines_least, Behind.MORE: met.lines_least + 1}
    return {case: told[behind] for case, behind in met.listed.items()}
